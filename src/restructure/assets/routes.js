// Routes one by one: a list, the chosen route strong on the map, and its legs. Shared parts are in common.js.
(() => {
  const { routes } = data;
  const metres = (m) => (m === null ? "ไม่ทราบ" : `${number(m)} ม.`);
  const schoolName = (name) => (name.startsWith("โรงเรียน") ? name : `ร.ร.${name}`);
  const share = (part, whole) => (whole ? `${((part / whole) * 100).toFixed(part && part < whole ? 1 : 0)}%` : "0%");
  const addressOf = (route) => `#${encodeURIComponent(route.village)}/${encodeURIComponent(route.hostId)}`;
  const length = (route) => (route.m === null ? "ไม่มีทางรถ" : km(route.m));
  const title = (route) => `${route.name} → ${schoolName(route.host)}`;
  // The length says itself where there is no way.
  const why = (route) => [...route.states, route.note].filter((words) => words && words !== length(route)).join(" · ");

  // --- The map: thin routes on canvas, the chosen one as SVG above, marks on top ---
  const map = makeMap(byId("map"), [["ground", 350, "none"], ["thin", 380, "auto"], ["closures", 410, "auto"], ["strong", 430, "none"]]);
  const { roads, waters } = drawGround(data);
  const thin = L.canvas({ pane: "thin", padding: 0.3, tolerance: 8 });
  const closuresSvg = L.svg({ pane: "closures", padding: 0.5 });
  const strongSvg = L.svg({ pane: "strong", padding: 1 });
  const CLOSED = "#b00020";
  const LINK = "#c2007a";
  const VILLAGE = "#8a6d3b";
  const colourOf = (route) => (route.band === null ? "#1a1a1a" : data.bands[route.band - 1].colour);

  // The nearest lie highest: where routes share a road, each band still shows.
  const byBand = routes.map((_, i) => i).sort((a, b) => (routes[b].band ?? 0) - (routes[a].band ?? 0));
  const all = L.layerGroup(byBand.filter((i) => routes[i].line.length).map((i) => {
    const route = routes[i];
    const drawn = L.polyline(points(route.line), {
      renderer: thin, pane: "thin", color: colourOf(route), weight: 2.5, opacity: 0.75, smoothFactor: 1.5,
    });
    drawn.bindTooltip(() => make("span", `${title(route)} · ${length(route)}`), { sticky: true });
    return drawn.on("click", () => choose(i));
  }));

  const icon = (markup, pixels) => L.divIcon({ className: "end", html: markup, iconSize: [pixels, pixels] });
  const schools = L.layerGroup(data.schools.filter(([, at]) => at).map(([name, at, host]) => {
    const look = host ? data.looks.host : data.looks.school;
    const pixels = host ? 18 : 12;
    const marker = L.marker(at, { icon: icon(symbol(look, pixels), pixels * 1.5), keyboard: false, zIndexOffset: host ? 300 : 0 });
    return marker.bindTooltip(() => make("span", schoolName(name)), ABOVE);
  }));

  const CROSS = { shape: "cross", colour: CLOSED, filled: true };
  const closures = L.layerGroup(data.closures.flatMap((closure) => {
    const words = () => make("span", `ปิด: ${closure.reason}${closure.when ? ` (${closure.when})` : ""}`);
    const lines = closure.lines.map(points);
    const middles = lines.map((latlngs) => latlngs[Math.floor(latlngs.length / 2)]);
    return [
      ...lines.map((latlngs) => L.polyline(latlngs, { renderer: closuresSvg, pane: "closures", color: CLOSED, weight: 6, className: "closure" })),
      ...[...middles, ...closure.points].map((at) => L.marker(at, { icon: icon(symbol(CROSS, 18), 27), title: "", alt: closure.reason })),
    ].map((layer) => layer.bindTooltip(words, { ...ABOVE, sticky: layer instanceof L.Polyline }));
  }));

  // What the line says always is its metres; what to do about it, whoever points at it.
  const links = L.layerGroup(data.links.flatMap((link) => {
    const draw = (options) => L.polyline(points(link.line), { renderer: closuresSvg, pane: "closures", color: LINK, ...options });
    return [
      draw({ weight: 4, dashArray: "7 6", className: "link" }).bindTooltip(() => make("span", metres(link.m)), {
        permanent: true, direction: "right", className: "gap",
      }),
      draw({ weight: 18, opacity: 0 }).bindTooltip(() => make("span", `ถนนอาจขาด ${metres(link.m)} ${link.note}`), { sticky: true, className: "long" }),
    ];
  }));

  // --- The chosen route ---
  const strong = L.layerGroup().addTo(map);
  const draw = (latlngs, options) => strong.addLayer(line(latlngs, { renderer: strongSvg, pane: "strong", ...options }));

  function mark(end, words, look, up) {
    if (!end.at) return;
    if (end.foot) {
      draw([end.at, end.foot], { color: "#fff", weight: 6 });
      draw([end.at, end.foot], { color: "#1a1a1a", weight: 3, dashArray: "4 6", className: "stretch" });
      strong.addLayer(L.circleMarker(end.foot, {
        renderer: strongSvg, pane: "strong", radius: 5, color: "#1a1a1a", weight: 2, fillColor: "#fff", fillOpacity: 1, interactive: false, className: "foot",
      }));
    }
    const marker = L.marker(end.at, { icon: icon(symbol(look, 20), 30), keyboard: false, interactive: false, zIndexOffset: 900 });
    const label = make("span", words, {}, [make("small", `จุดถึงถนน ${metres(end.m)}`)]);
    marker.bindTooltip(label, { permanent: true, direction: up ? "top" : "bottom", offset: [0, up ? -14 : 14], className: "place" });
    strong.addLayer(marker);
  }

  function show(route) {
    strong.clearLayers();
    const way = points(route.line);
    const around = route.closed && route.closed.m !== route.m ? points(route.closed.line) : [];
    if (way.length) {
      draw(way, { color: "#1a1a1a", weight: 10 });
      draw(way, { color: "#fff", weight: 8 });
      draw(way, { color: colourOf(route), weight: 6, className: "chosen" });
    }
    // Above the route as it is: where the two part is what is looked for.
    if (around.length) draw(around, { color: "#1a1a1a", weight: 3, dashArray: "2 8", className: "around" });
    const up = !route.home.at || !route.school.at || route.home.at[0] >= route.school.at[0];
    mark(route.home, route.name, { shape: "circle", colour: VILLAGE, filled: true }, up);
    mark(route.school, schoolName(route.host), data.looks.host, !up);
    const seen = [...way, ...around, ...[route.home.at, route.school.at].filter(Boolean)];
    if (!seen.length) return;
    const key = byId("key");
    const right = key.open && map.getSize().x > 3 * key.offsetWidth ? key.offsetWidth + 90 : 80;
    map.fitBounds(L.latLngBounds(seen), { paddingTopLeft: [80, 80], paddingBottomRight: [right, 80], maxZoom: 16, animate: false });
  }

  function details(route) {
    const facts = [];
    const fact = (term, value, warn = false) => facts.push(
      make("div", "", {}, [make("dt", term), make("dd", value, warn ? { class: "warn" } : {})]),
    );
    if (route.minutes !== null) fact("เวลาโดยประมาณ", `${number(route.minutes)} นาที`);
    fact("นักเรียน", `${number(route.pupils)} คน`);
    if (route.atHome) fact("ในนี้วัดจากจุดบ้าน (ไม่แสดง)", `${number(route.atHome)} คน`);
    const here = route.pupils - (route.atHome ?? 0);
    if (route.baht !== null && here) fact(`ค่าพาหนะ ${number(here)} คน ${data.days} วัน`, `${number(route.baht * here * data.days)} บาท`);
    if (route.m !== null) {
      fact("ไม่ลาดยาง (ลูกรัง ดิน)", share(route.unpaved, route.m));
      fact("ทางเกวียน", share(route.track, route.m));
    }
    fact("จุดหมู่บ้านถึงถนน (ไม่นับ)", metres(route.home.m));
    fact("ถนนถึงจุดโรงเรียน (ไม่นับ)", metres(route.school.m));
    if (route.closed) {
      const { m } = route.closed;
      const longer = m === null || route.m === null ? "" : m === route.m ? " (เท่าเดิม)" : ` (+${number(m - route.m)} ม.)`;
      fact("เมื่อใช้ทางที่ปิดไม่ได้", m === null ? "ไม่มีทางรถ" : `${km(m)}${longer}`, m !== route.m);
    }
    const rate = route.band === null ? [] : [make("p", "", { class: "rate" }, [
      make("span", "", { class: "swatch", style: `background:${colourOf(route)}` }), `ช่วงที่ ${route.band} · ${number(route.baht)} บาท/วัน`,
    ])];
    const legs = route.legs.map(([words, m, kind]) => make("li", "", {}, [
      make("span", words, {}, kind ? [make("span", kind, { class: "mark" })] : []), make("span", metres(m)),
    ]));
    return [
      make("h2", title(route)),
      make("p", `หมู่บ้าน ${route.village || "–"} · โรงเรียน ${route.hostId}`, { class: "codes" }),
      ...(why(route) ? [make("p", why(route), { class: "note" })] : []),
      make("p", length(route), { class: route.m === null ? "total warn" : "total" }),
      ...rate,
      make("dl", "", {}, facts),
      make("div", "", { id: "buttons" }, [
        ...(route.home.at ? [make("button", "ซูมจุดหมู่บ้าน", { type: "button", onclick: () => map.setView(route.home.at, 17) })] : []),
        ...(route.school.at ? [make("button", "ซูมโรงเรียน", { type: "button", onclick: () => map.setView(route.school.at, 17) })] : []),
        make("button", "ดูทั้งเส้น", { type: "button", onclick: () => show(route) }),
        make("button", "พิมพ์ A4", { type: "button", onclick: () => window.print() }),
      ]),
      ...(legs.length ? [
        make("h3", `ทางที่ไป ${number(legs.length)} ช่วง จากบ้านถึงโรงเรียน`),
        make("ol", "", { id: "legs", class: legs.length > 60 ? "long longer" : legs.length > 24 ? "long" : "" }, legs),
        make("p", "แต่ละช่วงปัดเป็นเมตรเต็ม ผลบวกจึงอาจต่างจากระยะรวมได้เล็กน้อย", { class: "small" }),
      ] : []),
    ];
  }

  // --- The list ---
  const ORDERS = {
    far: (a, b) => (b.m ?? Infinity) - (a.m ?? Infinity),
    near: (a, b) => (a.m ?? Infinity) - (b.m ?? Infinity),
    pupils: (a, b) => b.pupils - a.pupils,
    stake: (a, b) => (b.stake ?? -1) - (a.stake ?? -1),
    code: () => 0,
  };
  const byCode = (a, b) => (a.village + a.hostId < b.village + b.hostId ? -1 : 1);
  const wanted = new Set();
  let chosen = null;
  let listed = [];

  const items = routes.map((route, i) => {
    const money = route.stake === null ? "" : ` · ${data.stake} ${number(route.stake)} บาท/ปี`;
    return make("li", title(route), { role: "option", id: `route-${i}`, "aria-selected": "false", onclick: () => choose(i) }, [
      make("small", `${length(route)} · ${number(route.pupils)} คน${money}`),
      ...(why(route) ? [make("small", why(route), { class: "why" })] : []),
    ]);
  });

  function list() {
    const text = byId("query").value.trim().toLowerCase();
    const found = (route) => !text || [route.name, route.host].some((name) => name.toLowerCase().includes(text)) ||
      [route.village, route.hostId].some((code) => code.startsWith(text));
    const right = (route) => !wanted.size || route.states.some((state) => wanted.has(state));
    listed = routes.map((_, i) => i).filter((i) => right(routes[i]) && found(routes[i]));
    const order = ORDERS[byId("sort").value];
    // Infinity − Infinity is no number: two without a way are alike.
    listed.sort((a, b) => order(routes[a], routes[b]) || byCode(routes[a], routes[b]));
    byId("list").replaceChildren(...listed.map((i) => items[i]));
    const pupils = listed.reduce((sum, i) => sum + routes[i].pupils, 0);
    byId("count").textContent = listed.length ? `${number(listed.length)} เส้นทาง · ${number(pupils)} คน` : "ไม่พบ";
    place();
  }

  // What depends on where the chosen route stands in the list.
  function place() {
    const at = listed.indexOf(chosen);
    byId("list").setAttribute("aria-activedescendant", at < 0 ? "" : `route-${chosen}`);
    if (chosen === null) return;
    byId("place").textContent = at < 0 ? `– / ${number(listed.length)}` : `${number(at + 1)} / ${number(listed.length)}`;
    byId("previous").disabled = at === 0 || !listed.length;
    byId("next").disabled = at === listed.length - 1;
  }

  function choose(i) {
    if (chosen !== null) items[chosen].setAttribute("aria-selected", "false");
    chosen = i;
    items[i].setAttribute("aria-selected", "true");
    // Inside a notebook the page has no address of its own.
    if (location.protocol !== "about:" && location.hash !== addressOf(routes[i])) history.replaceState(null, "", addressOf(routes[i]));
    const walk = make("div", "", { class: "walk" }, [
      make("button", "‹ ก่อนหน้า", { type: "button", id: "previous", onclick: () => step(-1, "previous") }),
      make("span", "", { id: "place" }),
      make("button", "ถัดไป ›", { type: "button", id: "next", onclick: () => step(1, "next") }),
    ]);
    byId("card").replaceChildren(walk, ...details(routes[i]));
    byId("card").scrollTop = 0;
    place();
    items[i].scrollIntoView({ block: "nearest" });
    show(routes[i]);
  }

  function step(by, button = "") {
    const at = listed.indexOf(chosen);
    const next = listed[at < 0 ? 0 : at + by];
    if (next === undefined) return;
    choose(next);
    // The buttons are new with each route: whoever pressed one by keyboard stays on it.
    if (button) byId(byId(button).disabled ? (button === "next" ? "previous" : "next") : button).focus();
  }

  byId("list").addEventListener("keydown", (event) => {
    const acts = {
      ArrowDown: () => step(1), ArrowUp: () => step(-1), Enter: () => byId("card").focus(),
      Home: () => listed.length && choose(listed[0]), End: () => listed.length && choose(listed.at(-1)),
    };
    if (!(event.key in acts)) return;
    event.preventDefault();
    acts[event.key]();
  });
  byId("query").addEventListener("input", list);
  byId("query").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !listed.length) return;
    event.preventDefault();
    byId("list").focus();
    if (!listed.includes(chosen)) choose(listed[0]);
  });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!listed.length) return;
    choose(listed[0]);
    byId("list").focus();
  });
  byId("sort").addEventListener("change", list);

  const states = new Map();
  for (const state of routes.flatMap((route) => route.states)) states.set(state, (states.get(state) ?? 0) + 1);
  for (const [state, count] of states) {
    const chip = make("button", `${state} (${number(count)})`, { type: "button", "aria-pressed": "false" });
    chip.addEventListener("click", () => {
      const on = !wanted.has(state);
      if (on) wanted.add(state);
      else wanted.delete(state);
      chip.setAttribute("aria-pressed", String(on));
      list();
    });
    byId("chips").append(chip);
  }
  byId("chips").hidden = !states.size;

  // --- Layers ---
  const LAYERS = {
    roads: ["ถนน", roads, stroke("#8c8c8c", 2.5)],
    waters: ["แม่น้ำ", waters, stroke(data.waterColour, 4)],
    routes: ["เส้นทางทั้งหมด", all, stroke("#009e73", 2.5)],
    schools: ["โรงเรียน", schools, symbol(data.looks.school, 13)],
    ...(data.closures.length ? { closures: ["ทางปิด", closures, symbol(CROSS, 13)] } : {}),
    ...(data.links.length ? { links: ["ถนนที่อาจขาด", links, stroke(LINK, 4, 'stroke-dasharray="7 6"')] } : {}),
  };
  const setLayer = offerLayers(map, byId("layers"), LAYERS);
  byId("legend").append(
    ...data.bands.map((band) => legendEntry(stroke(band.colour, 6), band.label)),
    legendEntry(symbol(data.looks.host, 17), "โรงเรียนหลัก"),
    legendEntry(symbol({ shape: "circle", colour: VILLAGE, filled: true }, 17), "จุดหมู่บ้าน"),
    legendEntry(stroke("#1a1a1a", 3, 'stroke-dasharray="4 6"'), "จากจุดถึงถนน (ไม่นับเป็นระยะทาง)"),
    ...(routes.some((route) => route.closed) ? [legendEntry(stroke("#1a1a1a", 3, 'stroke-dasharray="2 8"'), "ทางที่ใช้เมื่อทางปิด")] : []),
  );
  byId("key").open = window.innerWidth >= 1600;

  // --- The beginning ---
  function open() {
    const i = routes.findIndex((route) => addressOf(route) === location.hash || `#${route.village}/${route.hostId}` === location.hash);
    if (i < 0) return false;
    if (!listed.includes(i)) {
      wanted.clear();
      byId("chips").querySelectorAll("button").forEach((chip) => chip.setAttribute("aria-pressed", "false"));
      byId("query").value = "";
      list();
    }
    if (i !== chosen) choose(i);
    return true;
  }
  window.addEventListener("hashchange", open);
  const places = [...data.schools.map(([, at]) => at), ...routes.map((route) => route.home.at)].filter(Boolean);
  map.fitBounds(L.latLngBounds(places.length ? places : data.roads.flatMap((group) => group.lines.flatMap(points))), { padding: [12, 12] });
  for (const key of Object.keys(LAYERS)) setLayer(key, true);
  list();
  if (!open()) {
    if (listed.length) choose(listed[0]);
    else byId("card").append(make("p", "ไม่มีเส้นทางให้แสดง"));
  }
  // The more legs, the less is left of the page for the map.
  printAsSeen(715, () => Math.max(260, 520 - 9 * (routes[chosen]?.legs.length ?? 0)));
})();
