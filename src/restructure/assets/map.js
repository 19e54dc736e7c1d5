// Draws the page from the JSON inside it. Names are data: they reach the page as text only, never as markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const number = (n) => n.toLocaleString("en-US");
  const km = (m) => (m === null ? "ยังวัดไม่ได้" : `${(m / 1000).toFixed(3)} กม.`);
  const farthest = (move) => (move.pupils ? ` · ไกลสุด ${km(move.max_m)}` : "");
  const baht = (n) => `${number(n)} บาทต่อปี`;
  const missing = (n) => `ยังวัดระยะทางไม่ได้ ${number(n)} คน`;

  // An element with text, attributes and children; the only way that this page makes one.
  function make(tag, text, attributes = {}, children = []) {
    const node = document.createElement(tag);
    if (text) node.textContent = text;
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  // Lines come as the first point and steps from point to point, in units of 1e-5 degree.
  function points(steps) {
    const line = [];
    for (let i = 0, lat = 0, lon = 0; i < steps.length; i += 2) {
      lat += steps[i];
      lon += steps[i + 1];
      line.push([lat / 1e5, lon / 1e5]);
    }
    return line;
  }

  // --- Symbols: the same shapes and colours as on the printed map ---
  const SHAPES = {
    circle: '<circle cx="12" cy="12" r="8"/>',
    square: '<rect x="4" y="4" width="16" height="16"/>',
    triangle: '<path d="M2 4H22L12 21z"/>',
    diamond: '<path d="M12 2L22 12L12 22L2 12z"/>',
    cross: '<path d="M5 2L12 9L19 2L22 5L15 12L22 19L19 22L12 15L5 22L2 19L9 12L2 5z"/>',
    ring: "",
  };
  const size = (pupils) => Math.max(16, Math.min(34, 10 + Math.sqrt(pupils) * 1.05));

  function symbol(look, pixels, ringed, chosen) {
    const fill = look.filled ? look.colour : "#fff";
    const edge = look.filled ? "#fff" : look.colour;
    const ring = ringed ? `<circle cx="12" cy="12" r="14" fill="none" stroke="${data.special.colour}" stroke-width="2.5"/>` : "";
    const halo = chosen ? '<circle cx="12" cy="12" r="16" fill="none" stroke="#1a1a1a" stroke-width="3"/>' : "";
    return `<svg width="${pixels * 1.5}" height="${pixels * 1.5}" viewBox="-6 -6 36 36" aria-hidden="true">${halo}${ring}` +
      `<g fill="${fill}" stroke="${edge}" stroke-width="${look.filled ? 1.2 : 2.5}">${SHAPES[look.shape]}</g></svg>`;
  }

  // --- The map: roads and villages on canvas, ways and moves as SVG above, schools as buttons on top ---
  const map = L.map("map", { attributionControl: false, zoomControl: false, minZoom: 8, maxZoom: 17, zoomSnap: 0.5 });
  L.control.zoom({ zoomInTitle: "ขยาย", zoomOutTitle: "ย่อ" }).addTo(map);
  // Leaflet has no setting for the scale's words.
  const Scale = L.Control.Scale.extend({
    _updateScale(bar, text, ratio) {
      L.Control.Scale.prototype._updateScale.call(this, bar, text.replace("km", "กม.").replace(/m$/, "ม."), ratio);
    },
  });
  new Scale({ imperial: false, maxWidth: 160 }).addTo(map);
  for (const [name, order, clicks] of [["ground", 350, "none"], ["ways", 360, "none"], ["dots", 400, "auto"], ["moves", 420, "none"]]) {
    map.createPane(name).style.zIndex = order;
    map.getPane(name).style.pointerEvents = clicks;
  }
  const ground = L.canvas({ pane: "ground", padding: 0.3 });
  const dots = L.canvas({ pane: "dots", padding: 0.3, tolerance: 6 });
  const waysSvg = L.svg({ pane: "ways", padding: 0.5 });
  const movesSvg = L.svg({ pane: "moves", padding: 0.5 });
  const line = (latlngs, options) => L.polyline(latlngs, { interactive: false, ...options });

  const roads = L.layerGroup(
    data.roads.filter((group) => group.lines.length).reverse().map((group) => line(group.lines.map(points), {
      renderer: ground, pane: "ground", color: group.colour, weight: group.width * 1.6, smoothFactor: 1.2,
    })),
  );
  const waters = L.layerGroup([line(data.waters.map(points), { renderer: ground, pane: "ground", color: data.waterColour, weight: 4 })]);
  // Roads lie above rivers whichever is switched on last.
  waters.on("add", () => waters.eachLayer((layer) => layer.bringToBack()));

  const ABOVE = { direction: "top", offset: [0, -14] };
  const villages = L.layerGroup();
  data.villages.forEach((village, i) => {
    if (!village.at) return;
    const dot = L.circleMarker(village.at, {
      renderer: dots, pane: "dots", radius: 1.5 + Math.sqrt(village.pupils) * 0.35,
      stroke: true, weight: 0.5, color: "#fff", fillColor: "#8a6d3b", fillOpacity: 0.85,
    });
    dot.bindTooltip(() => make("span", `หมู่บ้าน ${village.name} · ${number(village.pupils)} คน`), ABOVE);
    dot.on("click", () => showVillage(i));
    villages.addLayer(dot);
  });

  // The farthest band lies widest and lowest: where ways share a road, each band still shows.
  const wayStyle = (way) => ({ color: data.bands[way.band - 1].colour, weight: 3 + 2 * (way.band - 1), opacity: 0.9 });
  const wayLines = data.ways.map((way) => line(points(way.line), { renderer: waysSvg, pane: "ways", ...wayStyle(way) }));
  const byBand = data.ways.map((_, i) => i).sort((a, b) => data.ways[b].band - data.ways[a].band);
  const ways = L.layerGroup(byBand.map((i) => wayLines[i]));

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
    marker.bindTooltip(() => make("span", `${school.name} · ${number(school[when].pupils)} คน`), ABOVE);
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
    return L.divIcon({ className: "school", html: symbol(look, pixels, school.special, i === chosen), iconSize: [pixels * 1.5, pixels * 1.5] });
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
    const close = make("button", "ปิด", { type: "button", class: "close", onclick: () => { byId("card").hidden = true; choose(null); } });
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
    const mine = data.moves.map((move, k) => ({ ...move, k }));
    const item = (move, other, word) => {
      const lost = move.unreachable ? ` · ${missing(move.unreachable)}` : "";
      const text = `${word} ${data.schools[other].name} · ชั้น ${move.grades} · ${number(move.pupils)} คน${farthest(move)}` +
        ` · ${baht(move.baht)}${lost} · ${move.kind} ตั้งแต่ภาคเรียน ${move.term} (โครงการ: ${move.programme})`;
      return make("li", text, {}, [make("br"), make("button", "แสดงเส้นทาง", { type: "button", onclick: () => showMove(move.k) })]);
    };
    const out = mine.filter((move) => move.school === i);
    const into = mine.filter((move) => move.host === i);
    const old = data.earlier.filter((pair) => pair.includes(i)).map(([a, b]) =>
      make("li", a === i ? `ไปเรียนที่ ${data.schools[b].name}` : `รับจาก ${data.schools[a].name}`));
    const pairs = [
      ["รหัส", school.id], ["ที่ตั้ง", school.place], ["ชั้นที่เปิดสอน", school.grades],
      ["นักเรียนในทะเบียน", `${number(school.roll)} คน`],
      ["นักเรียนที่มาเรียน", `ก่อน ${number(school.before.pupils)} คน · หลัง ${number(school.after.pupils)} คน`],
      ["ห้องเรียนที่ใช้ได้", school.rooms === null ? "ไม่ทราบ" : `${number(school.rooms)} ห้อง`],
      ["ตามแผนนี้", data.states[school.after.state].label],
    ];
    if (into.length) pairs.push(["ค่าพาหนะรวม", baht(into.reduce((sum, move) => sum + move.baht, 0))]);
    if (school.special) pairs.push(["พื้นที่", data.special.label]);
    if (!school.at) pairs.push(["พิกัด", "ไม่ทราบ จึงไม่มีบนแผนที่"]);
    showCard(school.name, [
      facts(pairs),
      ...list("ย้ายออก", out.map((move) => item(move, move.host, "ไปเรียนที่"))),
      ...list("รับเข้า", into.map((move) => item(move, move.school, "จาก"))),
      ...list("การรวมที่มีอยู่เดิม", old),
      ...list("ข้อควรระวัง", school.warnings.map((text) => make("li", text, { class: "warn" }))),
    ]);
  }

  function showVillage(i) {
    const village = data.villages[i];
    choose(null);
    const rows = village.go.map(([roll, sits, pupils, metres, bandNumber]) => {
      const name = sits === null ? "โรงเรียนนอกตาราง" : data.schools[sits].name;
      const from = roll !== sits && roll !== null ? ` (ทะเบียน ${data.schools[roll].name})` : "";
      const band = metres === null ? "" : ` · ${data.bands[bandNumber - 1].label}`;
      return make("li", `${name}${from} · ${number(pupils)} คน · ${km(metres)}${band}`);
    });
    showCard(`หมู่บ้าน ${village.name}`, [
      facts([["รหัส", village.id], ["นักเรียน", `${number(village.pupils)} คน`]]),
      ...(village.at ? [] : [make("p", "ไม่ทราบพิกัด จึงไม่มีบนแผนที่", { class: "warn" })]),
      ...list("ที่เรียนตามแผนนี้ (ระยะทางจากจุดหมู่บ้าน)", rows),
    ]);
  }

  // --- Highlighting of a move's measured ways ---
  function showMove(k) {
    const move = k === null ? null : data.moves[k];
    const mine = (way) => move !== null && way.school === move.school && way.host === move.host;
    const lit = wayLines.filter((way, i) => mine(data.ways[i]));
    wayLines.forEach((way, i) => {
      const style = wayStyle(data.ways[i]);
      way.setStyle(move === null ? style : mine(data.ways[i]) ? { ...style, weight: style.weight + 2, opacity: 1 } : { opacity: 0.15 });
    });
    // The tip of an arrow does not follow the line's own opacity, the element's does.
    for (const one of moveLines.flat()) {
      one.getElement()?.style.setProperty("opacity", move === null || moveLines[k].includes(one) ? 1 : 0.2);
    }
    byId("moves").querySelectorAll("button").forEach((button, i) => button.setAttribute("aria-pressed", String(i === k)));
    byId("clear").hidden = move === null;
    if (move === null) return;
    if (lit.length) setLayer("ways", true);
    const seen = [...lit, ...moveLines[k]];
    if (seen.length) map.fitBounds(L.featureGroup(seen).getBounds().pad(0.15), { maxZoom: 14 });
  }

  // --- Panel ---
  const LAYERS = {
    roads: ["ถนน", roads], waters: ["แม่น้ำ", waters], villages: ["หมู่บ้าน", villages], schools: ["โรงเรียน", schools],
    moves: ["การย้าย", moves], ways: ["เส้นทางจริง", ways], earlier: ["การรวมเดิม", earlier],
  };
  function setLayer(key, on) {
    byId(`layer-${key}`).checked = on;
    if (on) map.addLayer(LAYERS[key][1]);
    else map.removeLayer(LAYERS[key][1]);
  }
  for (const [key, [word]] of Object.entries(LAYERS)) {
    const box = make("input", "", { type: "checkbox", id: `layer-${key}`, onchange: (event) => setLayer(key, event.target.checked) });
    byId("layers").append(make("label", "", {}, [box, ` ${word}`]));
  }
  byId("when").addEventListener("change", (event) => {
    when = event.target.value;
    data.schools.forEach((_, i) => redraw(i));
    legend();
  });

  function legend() {
    const entry = (markup, text) => {
      const item = make("li", "", {}, [make("span", text)]);
      item.insertAdjacentHTML("afterbegin", markup); // constants and colours of this file only
      return item;
    };
    const stroke = (colour, weight, more = "") =>
      `<svg width="28" height="14" aria-hidden="true"><path d="M1 7H27" stroke="${colour}" stroke-width="${weight}" ${more}/></svg>`;
    const used = Object.entries(data.states).filter(([state]) => data.schools.some((school) => school[when].state === state));
    byId("legend").replaceChildren(
      ...used.map(([state, look]) => entry(symbol(look, 19, false), `${look.label} (${data.schools.filter((s) => s[when].state === state).length})`)),
      entry(symbol(data.special, 19, true), data.special.label),
      ...data.bands.map((band, i) => entry(stroke(band.colour, 3 + 2 * i), `เส้นทางจริง ${band.label}`)),
      entry(stroke("#1a1a1a", 2), "ย้ายตามแผนนี้ (ลูกศรชี้โรงเรียนหลัก)"),
      entry(stroke("#666", 1.5, 'stroke-dasharray="5 4"'), "รวมอยู่เดิม"),
      make("li", "", {}, [make("span", `ขนาดสัญลักษณ์ตามนักเรียนในทะเบียน โรงเรียนขนาดเล็กคือไม่เกิน ${data.smallSchool} คน จุดน้ำตาลคือหมู่บ้าน`)]),
    );
  }

  data.moves.forEach((move, k) => {
    const text = `${k + 1}. ${data.schools[move.school].name} → ${data.schools[move.host].name}`;
    const detail = `${move.grades} · ${number(move.pupils)} คน${farthest(move)} · ${baht(move.baht)}`;
    const lost = move.unreachable ? [make("small", missing(move.unreachable), { class: "warn" })] : [];
    const button = make("button", text, { type: "button", "aria-pressed": "false" }, [make("small", detail), ...lost]);
    button.addEventListener("click", () => showMove(button.getAttribute("aria-pressed") === "true" ? null : k));
    byId("moves").append(make("li", "", {}, [button]));
  });
  byId("clear").addEventListener("click", () => showMove(null));
  byId("count").textContent = data.moves.length ? `(${data.moves.length})` : "";
  byId("none").hidden = data.moves.length > 0;

  const places = [
    ...data.schools.map((school, i) => ({ ...school, kind: "โรงเรียน", open: () => showSchool(i) })),
    ...data.villages.map((village, i) => ({ ...village, kind: "หมู่บ้าน", open: () => showVillage(i) })),
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

  // --- Words around the map ---
  const total = data.summary;
  byId("name").textContent = data.name;
  byId("office").textContent = `${data.office} ปีงบประมาณ ${data.year}`;
  byId("synthetic").textContent = data.synthetic;
  byId("synthetic").hidden = !data.synthetic;
  byId("internal").textContent = data.internal;
  byId("foot").append(data.foot.join(" · "));
  if (data.credit) byId("foot").append(" · ", make("a", data.credit, { href: "https://www.openstreetmap.org/copyright", rel: "noreferrer" }));
  byId("summary").textContent = data.moves.length
    ? `นักเรียนย้าย ${number(total.pupils_moved)} คน · ค่าพาหนะประมาณ ${baht(total.baht_per_year)} · ไกลที่สุด ${km(total.max_m)}` +
      (total.unreachable ? ` · ${missing(total.unreachable)}` : "")
    : "ทางเลือกนี้ไม่มีการย้าย";

  const seen = places.filter((place) => place.at).map((place) => place.at);
  const all = L.latLngBounds(seen.length ? seen : data.roads.flatMap((group) => group.lines.flatMap(points)));
  map.fitBounds(all, { padding: [12, 12] });
  for (const key of ["waters", "roads", "villages", "ways", "earlier", "moves", "schools"]) setLayer(key, true);
  data.schools.forEach((_, i) => redraw(i));
  legend();
  // Paper gets the view that is on the screen, made smaller where it is too large: canvas is not drawn anew in time.
  const box = byId("map");
  window.addEventListener("beforeprint", () => {
    const { clientWidth: width, clientHeight: height } = box;
    Object.assign(box.style, { width: `${width}px`, height: `${height}px`, zoom: Math.min(1, 1030 / width, 560 / height) });
  });
  window.addEventListener("afterprint", () => Object.assign(box.style, { width: "", height: "", zoom: "" }));
})();
