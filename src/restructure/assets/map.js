// The map of a plan. Schools, villages, moves, ways and closed roads; what it shares with other pages is in common.js.
// The form that may be published has the same parts: what it does not tell is null, or an empty list.
(() => {
  const people = (n) => (n === null ? "ปกปิด" : `${number(n)} คน`);
  const farthest = (move) => (move.pupils && !data.public ? ` · ไกลสุด ${km(move.max_m)}` : "");
  const baht = (n) => (n === null ? "ค่าพาหนะยังคิดไม่ได้" : `${number(n)} บาทต่อปี`);
  const paid = (move) => (data.public ? "" : ` · ${baht(move.baht)}`);
  const missing = (n) => `ยังวัดระยะทางไม่ได้ ${number(n)} คน`;

  // --- Symbols: sized by the pupils in the register ---
  const size = (pupils) => (data.public ? 20 : Math.max(16, Math.min(34, 10 + Math.sqrt(pupils) * 1.05)));
  const dotSize = (pupils) => 1.5 + Math.sqrt(pupils ?? 20) * 0.35;

  // --- The map: roads and villages on canvas, ways and moves as SVG above, schools as buttons on top ---
  const map = makeMap(byId("map"), [["ground", 350, "none"], ["ways", 360, "none"], ["former", 365, "none"], ["dots", 400, "auto"], ["moves", 420, "none"], ["closures", 430, "auto"]]);
  const { roads, waters } = drawGround(data);
  const dots = L.canvas({ pane: "dots", padding: 0.3, tolerance: 6 });
  const waysSvg = L.svg({ pane: "ways", padding: 0.5 });
  const movesSvg = L.svg({ pane: "moves", padding: 0.5 });
  const villages = L.layerGroup();
  data.villages.forEach((village, i) => {
    if (!village.at) return;
    const dot = L.circleMarker(village.at, {
      renderer: dots, pane: "dots", radius: dotSize(village.pupils),
      stroke: true, weight: 0.5, color: "#fff", fillColor: "#8a6d3b", fillOpacity: 0.85,
    });
    dot.bindTooltip(() => make("span", `หมู่บ้าน ${village.name}${data.public ? "" : ` · ${people(village.pupils)}`}`), ABOVE);
    dot.on("click", () => showVillage(i));
    villages.addLayer(dot);
  });

  // The farthest band lies widest and lowest: where ways share a road, each band still shows.
  const wayStyle = (way) => ({ color: data.bands[way.band - 1].colour, weight: 3 + 2 * (way.band - 1), opacity: 0.9 });
  const wayLines = data.ways.map((way) => line(points(way.line), { renderer: waysSvg, pane: "ways", ...wayStyle(way) }));
  const byBand = data.ways.map((_, i) => i).sort((a, b) => data.ways[b].band - data.ways[a].band);
  const ways = L.layerGroup(byBand.map((i) => wayLines[i]));

  // Where those who move went until now: dashed, for it is not what the plan measures.
  const formerSvg = L.svg({ pane: "former", padding: 0.5 });
  const FORMER = { color: "#1a1a1a", weight: 3, opacity: 0.75, dashArray: "2 7" };
  const formerLines = data.former.map((way) => line(points(way.line), { renderer: formerSvg, pane: "former", className: "former", ...FORMER }));
  const former = L.layerGroup(formerLines);

  // --- Closed roads: the sign of no entry at each place, a red line along each stretch ---
  const CLOSED = "#b00020";
  const noEntry = (pixels) => `<svg width="${pixels}" height="${pixels}" viewBox="0 0 24 24" aria-hidden="true">` +
    `<circle cx="12" cy="12" r="11" fill="${CLOSED}" stroke="#fff" stroke-width="1.5"/><path d="M5 12H19" stroke="#fff" stroke-width="4"/></svg>`;
  const closuresSvg = L.svg({ pane: "closures", padding: 0.5 });
  const middle = (closure) => closure.points[0] ?? points(closure.lines[0])[0];
  const closures = L.layerGroup(data.closures.flatMap((closure, i) => {
    const lines = closure.lines.map(points);
    const places = [...lines.map((latlngs) => latlngs[Math.floor(latlngs.length / 2)]), ...closure.points];
    return [
      ...lines.map((latlngs) => L.polyline(latlngs, { renderer: closuresSvg, pane: "closures", color: CLOSED, weight: 6, className: "closure" })),
      ...places.map((at) => L.marker(at, {
        icon: L.divIcon({ className: "closure-mark", html: noEntry(20), iconSize: [20, 20] }), alt: `ถนนปิด ${closure.reason}`,
      }).on("add", ({ target }) => target.getElement().setAttribute("aria-label", `ถนนปิด ${closure.reason}`))
        .on("keydown", ({ originalEvent: event }) => { if (event.key === "Enter") showClosure(i); })),
    ].map((layer) => layer.bindTooltip(() => make("span", `ถนนปิด: ${closure.reason}${closure.when ? ` (${closure.when})` : ""}`), ABOVE)
      .on("click", () => showClosure(i)));
  }));

  // --- Villages from which children go farther, or longer, than a line ---
  let limit = data.limits[0];
  const PART = { m: 3, minutes: 5 };
  const beyond = (village, then) => village[then === "before" ? "before" : "go"]
    .reduce((sum, row) => sum + (row[PART[limit.of]] > limit.over && (row[6] || !byId("movers").checked) ? row[2] : 0), 0);
  const far = L.layerGroup();
  function showFar() {
    if (!limit) return;
    far.clearLayers();
    const told = ["before", "after"].map((then) => {
      const pupils = data.villages.map((village) => beyond(village, then));
      return `${then === "before" ? "ก่อน" : "หลัง"} ${number(pupils.reduce((a, b) => a + b, 0))} คน จาก ${number(pupils.filter(Boolean).length)} หมู่บ้าน`;
    });
    for (const village of data.villages) {
      if (village.at && beyond(village, when)) far.addLayer(L.circleMarker(village.at, {
        renderer: dots, pane: "dots", radius: dotSize(village.pupils) + 5, color: CLOSED, weight: 2.5, fill: false, interactive: false,
      }));
    }
    byId("beyond").textContent = `${told.join(" · ")} (วัดจากจุดหมู่บ้าน ไม่นับที่ยังวัดไม่ได้)`;
  }

  const arrow = (from, to, options) => (from.at && to.at ? [line([from.at, to.at], { renderer: movesSvg, pane: "moves", ...options })] : []);
  const moveLines = data.moves.map((move) => arrow(data.schools[move.school], data.schools[move.host], {
    color: "#1a1a1a", weight: 2, className: "move",
  }));
  const moves = L.layerGroup(moveLines.flat());
  const earlier = L.layerGroup(data.earlier.flatMap(([a, b]) => arrow(data.schools[a], data.schools[b], {
    color: "#666", weight: 1.5, dashArray: "5 4", className: "earlier",
  })));

  let when = "after";
  let chosen = null;
  const schools = L.layerGroup();
  const markers = data.schools.map((school, i) => {
    if (!school.at) return null;
    const marker = L.marker(school.at, { icon: icon(i), riseOnHover: true });
    marker.bindTooltip(() => make("span", `${school.name}${data.public ? "" : ` · ${people(school[when].pupils)}`}`), ABOVE);
    marker.on("click", () => showSchool(i));
    marker.on("keydown", ({ originalEvent: event }) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      showSchool(i);
      byId("card").focus();
    });
    marker.on("add", () => redraw(i, marker));
    schools.addLayer(marker);
    return marker;
  });
  function icon(i) {
    const school = data.schools[i];
    const look = data.states[school[when].state];
    const pixels = size(school.roll);
    // Only constants and numbers of this file go into this markup, never a name.
    return L.divIcon({ className: "school", html: symbol(look, pixels, school.special && data.special.colour, i === chosen), iconSize: [pixels * 1.5, pixels * 1.5] });
  }
  function redraw(i, marker = markers[i]) {
    if (!marker) return;
    const school = data.schools[i];
    const { state } = school[when];
    marker.setIcon(icon(i)).setZIndexOffset(i === chosen ? 1000 : state === "stays" ? 0 : 500);
    // An icon's element is new whenever it is shown anew: its name for screen readers is put there each time.
    marker.getElement()?.setAttribute("aria-label", `${school.name} ${data.states[state].label}`);
    marker.getElement()?.setAttribute("data-school", school.id);
  }

  // --- Cards ---
  function showCard(title, children) {
    const close = make("button", "ปิด", { type: "button", class: "close", onclick: () => { byId("card").hidden = true; choose(null); light(null); } });
    byId("card").replaceChildren(close, make("h2", title), ...children);
    byId("card").hidden = false;
    byId("card").scrollIntoView({ block: "nearest" });
  }
  const facts = (pairs) => make("dl", "", {}, pairs.flatMap(([term, value]) => [make("dt", term), make("dd", value)]));
  const list = (title, items) => (items.length ? [make("h3", title), make("ul", "", {}, items)] : []);

  function choose(i) {
    const before = chosen;
    chosen = i;
    for (const one of [before, i]) if (one !== null) redraw(one);
  }

  function showSchool(i) {
    const school = data.schools[i];
    choose(i);
    light((way) => way.school === i || way.host === i, (move) => move.school === i || move.host === i);
    const mine = data.moves.map((move, k) => ({ ...move, k }));
    const item = (move, other, word) => {
      const lost = move.unreachable ? ` · ${missing(move.unreachable)}` : "";
      const text = `${word} ${data.schools[other].name} · ชั้น ${move.grades} · ${people(move.pupils)}${farthest(move)}` +
        `${paid(move)}${lost} · ${move.kind} ตั้งแต่ภาคเรียน ${move.term} (โครงการ: ${move.programme})`;
      return make("li", text, {}, data.public ? [] : [make("br"), make("button", "แสดงเส้นทาง", { type: "button", onclick: () => showMove(move.k) })]);
    };
    const out = mine.filter((move) => move.school === i);
    const into = mine.filter((move) => move.host === i);
    const old = data.earlier.filter((pair) => pair.includes(i)).map(([a, b]) =>
      make("li", a === i ? `ไปเรียนที่ ${data.schools[b].name}` : `รับจาก ${data.schools[a].name}`));
    const pairs = [
      ["รหัส", school.id], ["ที่ตั้ง", school.place], ["ชั้นที่เปิดสอน", school.grades],
      ...(data.public ? [] : [["นักเรียนในทะเบียน", people(school.roll)]]),
      ...(data.public && !school.concerned ? [] : [["นักเรียนที่มาเรียน", `ก่อน ${people(school.before.pupils)} · หลัง ${people(school.after.pupils)}`]]),
      ...(data.public ? [] : [["ห้องเรียนที่ใช้ได้", school.rooms === null ? "ไม่ทราบ" : `${number(school.rooms)} ห้อง`]]),
      ["ตามแผนนี้", data.states[school.after.state].label],
    ];
    if (into.length && !data.public) pairs.push(["ค่าพาหนะรวม", baht(into.reduce((sum, move) => sum + move.baht, 0))]);
    if (school.special) pairs.push(["พื้นที่", data.special.label]);
    if (!school.at) pairs.push(["พิกัด", "ไม่ทราบ จึงไม่มีบนแผนที่"]);
    showCard(school.name, [
      facts(pairs),
      ...list("ย้ายออก", out.map((move) => item(move, move.host, "ไปเรียนที่"))),
      ...list("รับเข้า", into.map((move) => item(move, move.school, "จาก"))),
      ...list("การรวมที่มีอยู่เดิม", old),
      ...list("ข้อควรระวัง", (school.warnings ?? []).map((text) => make("li", text, { class: "warn" }))),
    ]);
  }

  function showVillage(i) {
    const village = data.villages[i];
    choose(null);
    light(data.ways.some((way) => way.village === i) && ((way) => way.village === i));
    const rows = (list) => list.map(([roll, sits, pupils, metres, bandNumber, minutes]) => {
      const name = sits === null ? "โรงเรียนนอกตาราง" : data.schools[sits].name;
      const from = roll !== sits && roll !== null ? ` (ทะเบียน ${data.schools[roll].name})` : "";
      const band = metres === null ? "" : ` · ${data.bands[bandNumber - 1].label}`;
      const long = minutes === null ? "" : ` · ${number(minutes)} นาที`;
      return make("li", `${name}${from} · ${number(pupils)} คน · ${km(metres)}${long}${band}`);
    });
    const told = data.public ? (village.pupils === null ? [] : [["นักเรียนที่ย้าย", people(village.pupils)]]) : [["นักเรียน", people(village.pupils)]];
    showCard(`หมู่บ้าน ${village.name}`, [
      facts([["รหัส", village.id], ...told]),
      ...(village.at ? [] : [make("p", "ไม่ทราบพิกัด จึงไม่มีบนแผนที่", { class: "warn" })]),
      ...list("ที่เรียนตามแผนนี้ (ระยะทางจากจุดหมู่บ้าน)", rows(village.go)),
      ...list("ก่อนย้าย ผู้ที่ย้ายเรียนที่", rows(village.before.filter((row) => row[6]))),
    ]);
  }

  function showClosure(i) {
    const closure = data.closures[i];
    choose(null);
    light(null);
    showCard(`ถนนปิด ${closure.id}`, [facts([["เหตุ", closure.reason], ["เวลา", closure.when || "ไม่ระบุ"]])]);
  }

  // --- Highlighting: the measured ways, and the moves, that a test picks; where it picks none, all look as ever ---
  function light(way, move = () => false) {
    const ofWays = data.ways.map((one) => Boolean(way) && way(one));
    const ofMoves = data.moves.map((one) => Boolean(way) && move(one));
    const some = ofWays.includes(true) || ofMoves.includes(true);
    wayLines.forEach((one, i) => {
      const style = wayStyle(data.ways[i]);
      one.setStyle(!some ? style : ofWays[i] ? { ...style, weight: style.weight + 2, opacity: 1 } : { opacity: 0.15 });
    });
    const villagesLit = new Set(data.ways.filter((_, i) => ofWays[i]).map((one) => one.village));
    formerLines.forEach((one, i) => one.setStyle({ opacity: !some || villagesLit.has(data.former[i].village) ? FORMER.opacity : 0.15 }));
    // The tip of an arrow does not follow the line's own opacity, the element's does.
    moveLines.forEach((lines, i) => lines.forEach((one) =>
      one.getElement()?.style.setProperty("opacity", !some || ofMoves[i] || !ofMoves.includes(true) ? 1 : 0.2)));
    byId("moves").querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", "false"));
    byId("clear").hidden = !some;
    return wayLines.filter((_, i) => ofWays[i]);
  }

  function showMove(k) {
    const move = data.moves[k];
    const lit = light((way) => way.school === move.school && way.host === move.host, (one) => one === move);
    byId("moves").querySelectorAll("button")[k].setAttribute("aria-pressed", "true");
    if (lit.length) setLayer("ways", true);
    const seen = [...lit, ...moveLines[k]];
    if (seen.length) map.fitBounds(L.featureGroup(seen).getBounds().pad(0.15), { maxZoom: 14 });
  }

  // --- Panel ---
  const LAYERS = {
    roads: ["ถนน", roads], waters: ["แม่น้ำ", waters], villages: ["หมู่บ้าน", villages], schools: ["โรงเรียน", schools],
    moves: ["การย้าย", moves], ...(data.public ? {} : { ways: ["เส้นทางจริง", ways], former: ["เส้นทางก่อนย้าย", former] }),
    earlier: ["การรวมเดิม", earlier], ...(data.limits.length ? { far: ["เดินทางไกล", far] } : {}),
    ...(data.closures.length ? { closures: ["ถนนปิด", closures] } : {}),
  };
  const setLayer = offerLayers(map, byId("layers"), LAYERS);
  byId("when").addEventListener("change", (event) => {
    when = event.target.value;
    setLayer("moves", when === "after");
    if (!data.public) {
      setLayer("ways", when === "after");
      setLayer("former", when === "before");
    }
    data.schools.forEach((_, i) => redraw(i));
    showFar();
    legend();
  });

  function legend() {
    const used = Object.entries(data.states).filter(([state]) => data.schools.some((school) => school[when].state === state));
    byId("legend").replaceChildren(
      ...used.map(([state, look]) => legendEntry(symbol(look, 19), `${look.label} (${data.schools.filter((s) => s[when].state === state).length})`)),
      legendEntry(symbol(data.special, 19, data.special.colour), data.special.label),
      ...(data.public ? [] : data.bands.map((band, i) => legendEntry(stroke(band.colour, 3 + 2 * i), `เส้นทางจริง ${band.label}`))),
      ...(data.former.length ? [legendEntry(stroke(FORMER.color, 3, 'stroke-dasharray="2 7"'), "เส้นทางก่อนย้าย ของผู้ที่ย้าย")] : []),
      legendEntry(stroke("#1a1a1a", 2), "ย้ายตามแผนนี้ (ลูกศรชี้โรงเรียนหลัก)"),
      legendEntry(stroke("#666", 1.5, 'stroke-dasharray="5 4"'), "รวมอยู่เดิม"),
      ...(data.closures.length ? [legendEntry(`<span style="width:28px;text-align:center">${noEntry(18)}</span>`, "ถนนปิด")] : []),
      make("li", "", {}, [make("span", data.public ? "จุดน้ำตาลคือหมู่บ้านทั้งหมด ไม่ว่ามีนักเรียนย้ายหรือไม่"
        : `ขนาดสัญลักษณ์ตามนักเรียนในทะเบียน โรงเรียนขนาดเล็กคือไม่เกิน ${data.smallSchool} คน จุดน้ำตาลคือหมู่บ้าน`)]),
    );
  }

  data.moves.forEach((move, k) => {
    const text = `${k + 1}. ${data.schools[move.school].name} → ${data.schools[move.host].name}`;
    const detail = `${move.grades} · ${people(move.pupils)}${farthest(move)}${paid(move)}`;
    const lost = move.unreachable ? [make("small", missing(move.unreachable), { class: "warn" })] : [];
    const button = make("button", text, { type: "button", "aria-pressed": "false" }, [make("small", detail), ...lost]);
    button.addEventListener("click", () => (button.getAttribute("aria-pressed") === "true" ? light(null) : showMove(k)));
    byId("moves").append(make("li", "", {}, [button]));
  });
  byId("clear").addEventListener("click", () => light(null));
  byId("count").textContent = data.moves.length ? `(${data.moves.length})` : "";
  byId("none").hidden = data.moves.length > 0;

  const places = [
    ...data.schools.map((school, i) => ({ ...school, kind: "โรงเรียน", open: () => showSchool(i) })),
    ...data.villages.map((village, i) => ({ ...village, kind: "หมู่บ้าน", open: () => showVillage(i) })),
    ...data.closures.map((closure, i) => ({ id: closure.id, name: closure.reason, kind: "ถนนปิด", at: middle(closure), open: () => showClosure(i) })),
  ];
  function visit(place) {
    byId("found").replaceChildren();
    if (place.at) map.setView(place.at, Math.max(map.getZoom(), 13));
    place.open();
    byId("card").focus({ preventScroll: true });
  }
  const matches = () => {
    const wanted = byId("query").value.trim().toLowerCase();
    return wanted ? places.filter((place) => place.name.toLowerCase().includes(wanted) || place.id.startsWith(wanted)) : [];
  };
  byId("query").addEventListener("input", () => {
    const found = matches();
    const items = found.slice(0, 8).map((place) => make("li", "", {}, [
      make("button", `${place.kind} ${place.name}`, { type: "button", onclick: () => visit(place) }, [make("small", place.id)]),
    ]));
    if (found.length > 8) items.push(make("li", `และอีก ${number(found.length - 8)} แห่ง พิมพ์เพิ่มเพื่อให้แคบลง`));
    if (!found.length && byId("query").value.trim()) items.push(make("li", "ไม่พบ"));
    byId("found").replaceChildren(...items);
  });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const [first] = matches();
    if (first) visit(first);
  });

  // --- The beginning ---
  const total = data.summary;
  const money = data.public
    ? `${total.baht_item} ${total.baht_per_year === null ? "ปกปิด" : `${number(total.baht_per_year)} บาท`}`
    : `${total.baht_per_year === null ? "" : "ค่าพาหนะประมาณ "}${baht(total.baht_per_year)}`;
  byId("summary").textContent = data.moves.length
    ? `นักเรียนย้าย ${people(total.pupils_moved)} · ${money}` +
      (data.public ? "" : ` · ไกลที่สุด ${km(total.max_m)}`) + (total.unreachable ? ` · ${missing(total.unreachable)}` : "")
    : "ทางเลือกนี้ไม่มีการย้าย";

  const seen = places.filter((place) => place.at).map((place) => place.at);
  const all = L.latLngBounds(seen.length ? seen : data.roads.flatMap((group) => group.lines.flatMap(points)));
  map.fitBounds(all, { padding: [12, 12] });
  for (const key of ["waters", "roads", "villages", "ways", "earlier", "moves", "schools", "closures"]) if (LAYERS[key]) setLayer(key, true);
  byId("far").hidden = !data.limits.length;
  byId("limit").append(...data.limits.map((one, i) => make("option", one.label, { value: i })));
  byId("limit").addEventListener("change", (event) => {
    limit = data.limits[event.target.value];
    setLayer("far", true);
    showFar();
  });
  byId("movers").addEventListener("change", showFar);
  showFar();
  data.schools.forEach((_, i) => redraw(i));
  legend();
  printAsSeen(1030, () => 560);
})();
