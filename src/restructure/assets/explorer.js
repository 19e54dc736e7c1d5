// The office's map with plans on it: a school's card, hosts for its children and their ways, closed roads, and the effects
// at once beside the map. Below it the sections of planning.js; one view for all.
function start(root, send, ground) {
  const page = makePage(root, send, drawAll);
  const { typed, act, leave } = page;
  const parts = makeParts(root, page, ground.offered);
  const { off, drawer, schoolField, details, table, scroller, cellOf, bullets, termField, warned, signed, take } = parts;
  const schoolAt = new Map(ground.schools.map((school, i) => [school.id, i]));
  const bandOf = (m) => ground.bands.findIndex((band) => band.upTo === null || m <= band.upTo);
  const far = (m, minutes) => (m === null ? "ไม่มีทาง" : `${(m / 1000).toFixed(1)} กม. ${number(minutes)} นาที`);
  const short = (m) => (m === null ? "ยังวัดไม่ได้" : `${(m / 1000).toFixed(1)} กม.`);

  // --- The frame: filled once ---
  const boxes = Object.fromEntries(["drafts", "bar", "effects", "card", "legend", "merges", "closures"].map((id) => [id, make("div", "", { id })]));
  const mapBox = make("div", "", { class: "map", id: "office-map", "aria-label": "แผนที่สำนักงานเขต" });
  const told = make("p", "", { id: "told-map", role: "status" });
  const arrows = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  arrows.setAttribute("width", "0");
  arrows.setAttribute("height", "0");
  arrows.setAttribute("aria-hidden", "true");
  arrows.innerHTML = '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="6" markerHeight="6" orient="auto">' +
    '<path d="M0 0L10 5L0 10z" fill="#1a1a1a"/></marker></defs>'; // constants only
  root.append(make("section", "", { id: "explore", "aria-label": "แผนที่และแผนด้วยมือ" }, [
    make("h2", "① แผนที่ และแผนด้วยมือ"), boxes.drafts, boxes.bar,
    make("div", "", { id: "stage" }, [make("div", "", { id: "map-side" }, [mapBox, told]), boxes.card]),
    boxes.effects, make("p", [ground.synthetic, ground.internal].filter(Boolean).join(" · "), { class: "warn" }), boxes.legend, boxes.merges, boxes.closures, arrows,
  ]));
  const drawers = Object.fromEntries(Object.entries(boxes).map(([id, box]) => [id, drawer(box)]));
  const drawSections = planningSections(page, parts);

  // --- The map: roads and villages on canvas, joins and moves as SVG above, schools as buttons on top ---
  const { map, see } = groundMap(mapBox, ground, [
    ["dots", 400, "auto"], ["closed", 405, "none"], ["joins", 410, "none"], ["moves", 420, "none"],
  ]);
  const renderers = { dots: L.canvas({ pane: "dots", padding: 0.3, tolerance: 6 }), ...Object.fromEntries(["closed", "joins", "moves"].map((pane) => [pane, L.svg({ pane, padding: 0.5 })])) };
  const layers = { villages: L.layerGroup(), moves: L.layerGroup(), earlier: L.layerGroup(), closed: L.layerGroup() };
  const joins = L.layerGroup().addTo(map);
  const LAYERS = { villages: "หมู่บ้าน", moves: "การย้าย", earlier: "รวมอยู่เดิม", closed: "ถนนที่ปิด" };
  for (const [name, at, pupils] of ground.villages) {
    if (!at) continue;
    L.circleMarker(at, {
      renderer: renderers.dots, pane: "dots", radius: 2 + Math.sqrt(pupils) * 0.4, weight: 0.5, color: "#fff", fillColor: "#8a6d3b", fillOpacity: 0.85,
    }).bindTooltip(() => make("span", `หมู่บ้าน ${name} · นักเรียน ${number(pupils)} คน`), ABOVE).addTo(layers.villages);
  }
  const shownLayers = new Set(["villages", "moves", "closed"]);
  for (const name of shownLayers) layers[name].addTo(map);

  let view = null;
  let mode = "facts"; // of the card: facts or merge
  const total = (counts) => counts.reduce((sum, n) => sum + n, 0);
  const size = (pupils) => Math.max(16, Math.min(34, 10 + Math.sqrt(pupils) * 1.05));
  const choose = (i) => act("school", { school: ground.schools[i].id });
  const markers = ground.schools.map((school, i) => {
    if (!school.at) return null;
    const marker = L.marker(school.at, { keyboard: false, riseOnHover: true, icon: L.divIcon({ className: "school", html: "", iconSize: [24, 24] }) });
    marker.bindTooltip(() => make("span", `${school.name} · ${number(view.map.pupils[i])} คน · ${ground.looks[view.map.states[i]].label}`), ABOVE);
    marker.on("click", () => choose(i));
    marker.on("add", () => named(marker, i));
    return marker;
  });
  // An icon's element is new whenever it is shown anew, and none before the map has a place.
  function named(marker, i) {
    marker.getElement()?.setAttribute("aria-label", `${ground.schools[i].name} ${ground.looks[view.map.states[i]].label}`);
    marker.getElement()?.setAttribute("data-school", ground.schools[i].id);
  }
  const looks = ground.schools.map(() => "");
  function drawSchools() {
    const chosen = view.card ? schoolAt.get(view.card.code) : -1;
    const hosts = new Map(hostsShown().map((host, n) => [schoolAt.get(host.host_id), n + 1]));
    markers.forEach((marker, i) => {
      if (!marker) return;
      if (!map.hasLayer(marker)) marker.addTo(map);
      const state = view.map.states[i];
      const number = hosts.get(i) ?? "";
      const look = `${state} ${i === chosen} ${number}`;
      if (looks[i] === look) return; // what is as it was is not touched: nothing flickers
      looks[i] = look;
      const pixels = size(total(ground.schools[i].roll));
      // Only constants and numbers of this file go into this markup, never a name.
      const html = symbol(ground.looks[state], pixels, ground.schools[i].special && ground.special.colour, i === chosen) + (number && `<b>${number}</b>`);
      marker.setIcon(L.divIcon({ className: "school", html, iconSize: [pixels * 1.5, pixels * 1.5] }));
      // A small school that lies beside a large one is the one to be clicked.
      marker.setZIndexOffset((i === chosen ? 9000 : number ? 6000 : state === "stays" ? 0 : 3000) + Math.round((34 - pixels) * 100));
      named(marker, i);
    });
  }
  const arrow = ([a, b], options) => (ground.schools[a].at && ground.schools[b].at
    ? [line([ground.schools[a].at, ground.schools[b].at], { renderer: renderers.moves, pane: "moves", ...options })] : []);
  let drawnMap = null;
  function drawMoves() {
    if (drawnMap === view.map) return;
    drawnMap = view.map;
    for (const name of ["moves", "earlier"]) layers[name].clearLayers();
    for (const move of view.map.moves) {
      for (const one of arrow(move, { color: "#1a1a1a", weight: 2.5 })) {
        layers.moves.addLayer(one);
        tipped(one);
      }
    }
    for (const pair of view.map.earlier) {
      for (const one of arrow(pair, { color: "#5a5a5a", weight: 1.5, dashArray: "5 4" })) layers.earlier.addLayer(one);
    }
  }
  // A line has an element only while its layer is on the map.
  const tipped = (one) => one.getElement()?.setAttribute("marker-end", "url(#tip)");
  layers.moves.on("add", () => layers.moves.eachLayer(tipped));
  let drawnClosures = null;
  function drawClosed() {
    if (drawnClosures === view.closures.rows) return;
    drawnClosures = view.closures.rows;
    layers.closed.clearLayers();
    for (const shape of ground.closures) {
      const row = view.closures.rows.find((one) => one.id === shape.id);
      const look = { renderer: renderers.closed, pane: "closed", color: row?.on ? "#b00020" : "#8c8c8c", weight: 5, opacity: row?.on ? 1 : 0.6 };
      for (const steps of shape.lines) layers.closed.addLayer(line(points(steps), look));
      for (const [lat, lon] of shape.points) {
        const cross = L.divIcon({ className: `closed-at${row?.on ? " on" : ""}`, html: "✕", iconSize: [26, 26] });
        layers.closed.addLayer(L.marker([lat, lon], { icon: cross, keyboard: false, interactive: false }));
      }
    }
  }

  // Straight joins from villages to where their children go: of a host that is looked at, else of the card's school.
  let preview = "";
  const hostsShown = () => (mode === "merge" && view.card && view.edits ? view.hand.hosts : []);
  function drawJoins() {
    joins.clearLayers();
    if (!view.card) {
      told.textContent = "";
      return;
    }
    const join = (village, school, m) => {
      const ends = [ground.villages[village][1], ground.schools[school].at];
      if (!ends[0] || !ends[1]) return;
      const band = m === null ? null : ground.bands[bandOf(m)];
      joins.addLayer(line(ends, {
        renderer: renderers.joins, pane: "joins", color: band ? band.colour : "#b00020", weight: band ? 3 + ground.bands.indexOf(band) : 3,
        ...(band ? {} : { dashArray: "2 6" }),
      }));
      joins.addLayer(L.circleMarker(ends[0], { renderer: renderers.joins, pane: "joins", radius: 6, weight: 2, color: "#1a1a1a", fillColor: "#fff", fillOpacity: 1, interactive: false }));
    };
    const { homes } = view.hand;
    const host = hostsShown().find((one) => one.host_id === preview);
    if (host) {
      homes.villages.forEach((village, i) => join(village, schoolAt.get(preview), homes.metres[preview][i]));
      told.textContent = `ถ้าไป${host.name}: ${number(total(homes.pupils))} คนจาก ${number(homes.villages.length)} หมู่บ้าน ครึ่งหนึ่งไม่เกิน ${short(host.median_m)} ไกลสุด ${short(host.max_m)}`;
      return;
    }
    const here = schoolAt.get(view.card.code);
    const mine = view.card.villages.filter((one) => one.village !== null && (one.before === here || one.after === here));
    for (const one of mine) join(one.village, one.after, one.after_m);
    told.textContent = `เส้นโยง = หมู่บ้านของเด็ก${ground.schools[here].name}กับที่เรียนตามแผนบนแผนที่ สีตามระยะทาง`;
  }
  function look(host) {
    if (preview === host) return;
    preview = host;
    drawJoins();
  }

  // --- Above the map ---
  function drawDrafts({ drafts, save }) {
    const offered = drafts.offered.map((one) => make("li", "", {}, [
      make("span", `ร่างที่ทำค้างไว้เมื่อ ${one.at}: ${number(one.merges)} รายการ${one.note ? ` · ${one.note}` : ""}`),
      button(`resume-${one.stem}`, "ทำต่อจากร่างนี้", () => act("resume", { stem: one.stem })),
      button(`forget-${one.stem}`, "ทิ้งร่าง", () => act("forget", { stem: one.stem })),
    ]));
    const apart = make("input", "", { id: "apart-name", type: "text", placeholder: "เช่น ร่างของฉัน", value: take("apart-name"), oninput: (event) => { typed["apart-name"] = event.target.value; } });
    return [
      ...(save.viewer ? [make("p", "หน้านี้เปิดให้ดูและลองเท่านั้น ไม่บันทึกอะไร คนอื่นไม่เห็นสิ่งที่ลองในหน้านี้", { class: "notice" })] : []),
      ...(drafts.conflict ? [make("div", "", { id: "conflict", class: "notice warn", role: "alert" }, [
        make("p", drafts.conflict),
        make("div", "", { class: "fields" }, [
          make("label", "ชื่อฉบับของหน้านี้", { class: "field" }, [apart]),
          button("keep-apart", "เก็บของหน้านี้เป็นอีกฉบับ", () => act("keep_apart", { name: take("apart-name") })),
          button("take-theirs", "เปิดของหน้าต่างนั้น", () => act("take_theirs")),
        ]),
      ])] : []),
      ...(offered.length ? [make("ul", "", { id: "offered", class: "rows notice" }, offered)] : []),
    ];
  }
  function drawBar(now) {
    const find = () => act("school", { school: take("hand-school") });
    const plans = now.plans.map((plan) => [plan.key, plan.name]);
    return [
      make("div", "", { class: "fields" }, [
        schoolField("hand-school", "โรงเรียน", find), button("find", "ดู", find),
        chooser("plan-shown", "แผนบนแผนที่", plans, now.looked.key, (key) => act("look", { key })),
        button("undo", "↶ เลิกทำ", () => act("undo"), off(now.hand.can_undo)), button("redo", "↷ ทำซ้ำ", () => act("redo"), off(now.hand.can_redo)),
        button("whole", "ทั้งสำนักงานเขต", () => see(everywhere)),
      ]),
    ];
  }
  function drawLegend(now) {
    const boxesOf = Object.entries(LAYERS).map(([name, words]) => make("label", "", { class: "layer" }, [
      make("input", "", {
        id: `layer-${name}`, type: "checkbox", ...(shownLayers.has(name) ? { checked: "" } : {}),
        onchange: (event) => {
          shownLayers[event.target.checked ? "add" : "delete"](name);
          layers[name][event.target.checked ? "addTo" : "removeFrom"](map);
        },
      }), ` ${words}`,
    ]));
    const used = Object.entries(ground.looks).filter(([state]) => now.map.states.includes(state));
    const entries = [
      ...used.map(([state, one]) => legendEntry(symbol(one, 19), `${one.label} (${number(now.map.states.filter((s) => s === state).length)})`)),
      legendEntry(symbol(ground.special, 19, ground.special.colour), ground.special.label),
      ...ground.bands.map((band, i) => legendEntry(stroke(band.colour, 3 + i), band.label)),
      legendEntry(stroke("#1a1a1a", 2.5), "ย้ายตามแผน (ลูกศรชี้โรงเรียนหลัก)"),
      legendEntry(stroke("#5a5a5a", 1.5, 'stroke-dasharray="5 4"'), "รวมอยู่เดิม"),
      make("li", `ขนาดสัญลักษณ์ตามนักเรียนในทะเบียน โรงเรียนขนาดเล็กคือไม่เกิน ${number(ground.smallSchool)} คน จุดน้ำตาลคือหมู่บ้าน`),
    ];
    return [details("legend-box", "ชั้นข้อมูล และความหมายของสัญลักษณ์", [
      make("div", "", { class: "layers", role: "group", "aria-label": "ชั้นข้อมูลบนแผนที่" }, boxesOf), make("ul", "", { id: "legend-list" }, entries)])];
  }

  // --- Beside the map: the effects of the plan, each with its change from the present ---
  function drawEffects({ effects, looked, closures }) {
    const usual = closures.changes?.figures ?? {};
    const rows = effects.map((one) => {
      const change = one.change ? [make("b", ` ${signed(one.change)}`, { class: "change" })] : [];
      const before = usual[one.key] && usual[one.key][0] !== one.value
        ? [make("small", `ถนนปกติ ${usual[one.key][0] === null ? "–" : number(usual[one.key][0])}`)] : [];
      const value = one.value === null ? "–" : `${one.least ? "≥ " : ""}${number(one.value)} ${one.unit}`;
      return make("div", "", { "data-key": one.key }, [make("dt", one.words), make("dd", value, {}, [...change, ...before])]);
    });
    return [
      make("h3", `ผลของ ${looked.name} ทั้งสำนักงานเขต (ตัวหนาสี = ต่างจากสภาพปัจจุบัน)`, { id: "effects-head" }),
      ...(closures.detoured ? [make("p", "วัดระยะทางใหม่ตามถนนที่ปิดในหน้านี้ ไม่ใช่ระยะที่ปีงบประมาณใช้", { class: "warn", id: "detoured" })] : []),
      make("dl", "", { id: "figures" }, rows),
    ];
  }

  // --- The card ---
  function trend(school) {
    const all = [...school.past.map(([year, n]) => [year, n, false]), ...school.ahead.map(([year, n]) => [year, n, true])];
    if (all.length < 2) return [];
    const [wide, high, low, top] = [460, 150, 118, 26];
    const most = Math.max(...all.map(([, n]) => n), 1);
    const step = wide / all.length;
    const NS = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(NS, "svg");
    const add = (tag, attributes, text = "") => {
      const node = document.createElementNS(NS, tag);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      node.textContent = text;
      svg.append(node);
    };
    const words = all.map(([year, n, ahead]) => `${year} ${n} คน${ahead ? " (คาดการณ์)" : ""}`).join(", ");
    for (const [key, value] of Object.entries({ id: "trend", viewBox: `0 0 ${wide} ${high}`, width: wide, height: high, role: "img", "aria-label": `นักเรียนในทะเบียนรายปี: ${words}` })) svg.setAttribute(key, value);
    all.forEach(([year, n, ahead], i) => {
      const tall = ((low - top) * n) / most;
      const middle = step * (i + 0.5);
      add("rect", { x: middle - step * 0.33, y: low - tall, width: step * 0.66, height: tall, class: ahead ? "ahead" : "past" });
      add("text", { x: middle, y: low - tall - 6, "text-anchor": "middle" }, String(n));
      add("text", { x: middle, y: high - 8, "text-anchor": "middle" }, String(year).slice(2));
    });
    return [make("h4", "นักเรียนในทะเบียนรายปี (พ.ศ. สองหลักท้าย แท่งโปร่ง = คาดการณ์)"), svg];
  }
  function gradesTable(school, card) {
    const shown = ground.grades.map(([, words], i) => [words, i]).filter(([, i]) => school.roll[i] || card.now[i] || card.plan[i]);
    const row = (words, counts) => make("tr", "", {}, [
      make("th", words, { scope: "row" }), ...shown.map(([, i]) => make("td", number(counts[i]), { class: "figure" })), make("td", number(total(counts)), { class: "figure strong" }),
    ]);
    const differs = card.now.some((n, i) => n !== card.plan[i]);
    const head = make("tr", "", {}, [make("td", ""), ...shown.map(([words]) => make("th", words, { scope: "col" })), make("th", "รวม", { scope: "col" })]);
    return scroller("by-grade", "นักเรียนตามชั้น", make("table", "", { class: "tight" }, [
      make("thead", "", {}, [head]),
      make("tbody", "", {}, [row("ทะเบียน", school.roll), row("มาเรียนเดิม", card.now), ...(differs ? [row("ตามแผน", card.plan)] : [])]),
    ]));
  }
  function villagesTable(card) {
    const here = schoolAt.get(card.code);
    const rows = card.villages.map((one) => {
      const moves = one.before !== one.after;
      const where = (i) => (i === here ? "ที่นี่" : ground.schools[i]?.name ?? "ที่อื่น");
      return [
        one.village === null ? "ไม่ทราบหมู่บ้าน" : ground.villages[one.village][0], make("td", number(one.pupils), { class: "figure" }),
        `${where(one.before)} ${short(one.before_m)}`, make("td", moves ? `${where(one.after)} ${short(one.after_m)}` : "เหมือนเดิม", moves ? { class: "differs" } : {}),
      ];
    });
    return scroller("homes", "หมู่บ้านของเด็ก", table(["หมู่บ้าน", "คน", "เดิมเรียน", "ตามแผน"], rows, { class: "tight" }));
  }
  function mergeRows(card, edits) {
    const item = (word) => ([i, school, grades, host, kind, term]) => make("li", "", {}, [
      make("span", word === "out" ? `ย้าย ${grades} ไป ${host} (${kind} ตั้งแต่ ${term})` : `รับ ${grades} จาก ${school} (${kind} ตั้งแต่ ${term})`),
      ...(edits ? [button(`remove-${i}`, "เอาออก", () => act("remove", { number: i }), { "aria-label": `เอาออกจากแผน: ${school} ไป ${host}` })] : []),
    ]);
    return [...card.out.map(item("out")), ...card.into.map(item("in"))];
  }
  function pinPart(now, code) {
    const pins = now.rules.pins.filter((one) => one.school === code);
    const pinned = (rule) => pins.find((one) => one.rule === rule);
    const toggle = (rule, words) => button(`card-${rule}`, pinned(rule) ? `✓ ${words} (เอาออก)` : words,
      () => (pinned(rule) ? act("unpin", { rule, school: code }) : act("pin", { rule, school: code })), { "aria-pressed": String(Boolean(pinned(rule))) });
    const host = pinned("hosts");
    return make("div", "", { id: "card-pins", class: "actions", role: "group", "aria-label": "กำหนดให้การค้นหาแผนดีที่สุด" }, [
      make("span", "ให้การค้นหา:"), ...now.rules.pinnable.filter(([rule]) => rule !== "hosts").map(([rule, words]) => toggle(rule, words)),
      ...(host ? [button("card-hosts", `✓ ${host.words} ${host.host} (เอาออก)`, () => act("unpin", { rule: "hosts", school: code }), { "aria-pressed": "true" })] : []),
    ]);
  }
  function facts(now) {
    const { card } = now;
    const school = ground.schools[schoolAt.get(card.code)];
    const pairs = [
      ["ห้องเรียน", `${school.rooms === null ? "ไม่ทราบจำนวน" : `มี ${number(school.rooms)} ห้อง`} ต้องใช้ ${number(card.rooms.now)}${card.rooms.plan === card.rooms.now ? "" : ` → ${number(card.rooms.plan)}`} ห้อง`],
      ["ครู", school.teachers === null ? "ไม่ทราบ" : `${number(school.teachers)} คน`],
      ...(school.special ? [["พื้นที่", `${ground.special.label}: ${school.special}`]] : []),
      ...(school.readiness ? [["ความพร้อม", school.readiness]] : []),
    ];
    return [
      make("dl", "", { class: "facts" }, pairs.flatMap(([term, value]) => [make("dt", term), make("dd", value)])),
      gradesTable(school, card), ...trend(school), make("h4", "เด็กมาจากหมู่บ้านใด (ระยะทางจากจุดหมู่บ้าน)"), villagesTable(card), pinPart(now, card.code),
    ];
  }
  // On the card of a school its name need not be said in every sentence.
  const aboutChildren = (text) => {
    const { name, id } = ground.schools[schoolAt.get(view.card.code)];
    return text.replace(`นักเรียนของ ${name} (${id}) `, "เด็ก ");
  };
  const picked = { school: "", hosts: new Set() }; // of the school that hosts are looked for
  function hostItem(host, n, now) {
    const seats = host.rooms === null ? "ไม่ทราบจำนวนห้อง" : host.rooms_needed === null ? `มี ${number(host.rooms)} ห้อง` : `ใช้ ${number(host.rooms_needed)} จาก ${number(host.rooms)} ห้อง`;
    const pinnedTo = now.rules.pins.some((one) => one.rule === "hosts" && one.school === now.hand.school && one.host.includes(`(${host.host_id})`));
    const planned = now.hand.sends.includes(host.host_id);
    const choose = typed["hand-way"] === "some"
      ? make("input", "", {
        id: `pick-${host.host_id}`, type: "checkbox", "aria-label": `เลือก ${host.name}`, ...off(host.can),
        ...(picked.hosts.has(host.host_id) ? { checked: "" } : {}),
        onchange: (event) => {
          picked.hosts[event.target.checked ? "add" : "delete"](host.host_id);
          page.again();
        },
      })
      : button(`add-${host.host_id}`, planned ? "✓ ในแผน" : "รวมที่นี่", () => planned || act("add", { host: host.host_id }), { class: "main", "aria-label": `${planned ? "อยู่ในแผนแล้ว" : "เพิ่ม"}การรวมไปที่ ${host.name}`, ...off(host.can), ...(planned ? { "aria-disabled": "true" } : {}) }); // it keeps the focus
    const pin = button(`pin-${host.host_id}`, pinnedTo ? "✓ ปักหมุด" : "ปักหมุด", () => (pinnedTo
      ? act("unpin", { rule: "hosts", school: now.hand.school }) : act("pin", { rule: "hosts", school: now.hand.school, host: host.host_id })),
    { "aria-label": `ให้การค้นหาใช้ ${host.name} ถ้าโรงเรียนนี้ย้าย`, "aria-pressed": String(pinnedTo) });
    const ways = `ครึ่งหนึ่งไม่เกิน ${far(host.median_m, host.median_minutes)} · ไกลสุด ${far(host.max_m, host.max_minutes)} · ${seats}`;
    return make("li", "", {
      "data-host": host.host_id, onpointerenter: () => look(host.host_id), onpointerleave: () => look(""), onfocusin: () => look(host.host_id), onfocusout: () => look(""),
    }, [
      make("div", "", { class: "host-head" }, [make("span", String(n + 1), { class: "rank" }), make("b", `${host.name} (${host.host_id})`), choose, pin]),
      make("p", host.median_m === null ? `ไม่มีทาง · ${seats}` : ways),
      ...(host.against.length ? [bullets(host.against.map(aboutChildren), { class: "bullets against" })] : [make("p", "ไม่พบข้อขัดข้อง", { class: "fine" })]),
    ]);
  }
  function mergePart(now) {
    const { hand } = now;
    if (!now.edits) {
      return [make("p", `แผนที่กำลังแสดง “${now.looked.name}” ซึ่งแก้ด้วยมือไม่ได้โดยตรง`), make("p", "", { class: "actions" }, [
        button("take-here", "ทำต่อด้วยมือจากแผนนี้", () => act("take", { key: now.looked.key })),
        hand.merges.length ? button("back-to-hand", "กลับไปแผนด้วยมือ", () => act("look", { key: "hand" }))
          : button("start-new", "เริ่มแผนใหม่จากสภาพปัจจุบัน", () => act("look", { key: "present" })),
      ])];
    }
    const of = (name) => (value) => act("of_merge", { name, value });
    if (picked.school !== hand.school) Object.assign(picked, { school: hand.school, hosts: new Set() });
    const way = (typed["hand-way"] ??= "one");
    const some = hand.hosts.filter((host) => host.can && picked.hosts.has(host.host_id)).map((host) => host.host_id);
    const add = {
      one: () => [],
      nearest: () => [button("add-nearest", "เพิ่ม: แต่ละหมู่บ้านไปโรงเรียนที่ใกล้ที่สุด", () => act("add", { host: hand.nearest }), { class: "main", ...off(hand.can) })],
      some: () => [
        button("add-some", `เพิ่ม: แต่ละหมู่บ้านไปที่ใกล้ที่สุดใน ${number(some.length)} แห่งที่เลือก`, () => act("add", { host: some }), { class: "main", ...off(some.length) }),
        ...(some.length ? [] : [make("p", "เลือกโรงเรียนหลักในตาราง", { class: "faint" })]),
      ],
    }[way];
    const stages = hand.stages.some(([key]) => key === hand.grades) ? hand.stages : [...hand.stages, [hand.grades, "ชั้นที่เลือกเอง"]];
    const single = hand.own.map((grade) => make("label", "", { class: "layer" }, [
      make("input", "", {
        id: `grade-${grade}`, type: "checkbox", ...(hand.named.includes(grade) ? { checked: "" } : {}),
        onchange: (event) => act("grades", { chosen: hand.own.filter((one) => (one === grade ? event.target.checked : hand.named.includes(one))) }),
      }), ` ${ground.grades.find(([key]) => key === grade)[1]}`,
    ]));
    return [
      make("p", hand.about, { id: "hand-name" }),
      make("div", "", { class: "fields" }, [
        chooser("hand-grades", "ชั้น", stages, hand.grades, of("grades")),
        chooser("hand-kind", "แบบ", hand.kinds, hand.kind, of("kind")),
        chooser("hand-programme", "โครงการ", hand.programmes, hand.programme, of("programme")),
        ...termField("hand-term", hand, (value) => ["of_merge", { name: "from_term", value }]),
      ]),
      details("single-grades", "เลือกทีละชั้น", [make("div", "", { class: "layers", role: "group", "aria-label": "ชั้นที่จะย้าย" }, single)]),
      make("div", "", { class: "fields" }, [
        chooser("hand-way", "ไปที่", hand.ways, way, (value) => {
          typed["hand-way"] = value;
          page.again();
        }),
        ...add(),
      ]),
      ...(hand.hosts.length && way !== "nearest" ? [make("h4", "โรงเรียนหลักที่เป็นไปได้ ใกล้เด็กที่สุดก่อน"), make("ol", "", { id: "hosts", tabindex: "-1" }, hand.hosts.map((host, n) => hostItem(host, n, now)))] : []),
    ];
  }
  function drawCard(now) {
    if (!now.card) {
      return [make("p", "คลิกโรงเรียนบนแผนที่ หรือพิมพ์ชื่อในช่อง “โรงเรียน” แล้วกด Enter เพื่อดูนักเรียน หมู่บ้าน และโรงเรียนหลักที่ใกล้เด็กที่สุด", { class: "faint" })];
    }
    const { card } = now;
    const i = schoolAt.get(card.code);
    const school = ground.schools[i];
    const state = ground.looks[now.map.states[i]];
    const tab = (key, words) => button(`tab-${key}`, words, () => {
      mode = key;
      preview = "";
      page.again();
      // All hosts that are offered, on the map at once.
      if (hostsShown().length) see([view.card.code, ...hostsShown().map((host) => host.host_id)].map((code) => ground.schools[schoolAt.get(code)].at).filter(Boolean));
    }, { "aria-pressed": String(mode === key), class: "tab" });
    const badge = make("p", "", { class: "badge" }, [make("span", state.label)]);
    badge.insertAdjacentHTML("afterbegin", symbol(state, 19, school.special && ground.special.colour)); // constants only
    const rows = mergeRows(card, now.edits);
    const { children } = card;
    return [
      make("div", "", { class: "card-head" }, [make("h3", `${school.name} (${card.code})`, { id: "card-name" }), button("close-card", "ปิด", () => act("leave"))]),
      make("p", `${school.place} · สอนชั้น ${school.grades}`, { class: "faint" }), badge,
      ...(rows.length ? [make("ul", "", { id: "card-merges", class: "rows" }, rows)] : []),
      ...(children ? [make("p", `เด็กที่ย้ายจากที่นี่ ${number(children.pupils)} คน: ไกลขึ้น ${number(children.farther)} ใกล้ขึ้น ${number(children.nearer)} ไกลสุด ${short(children.max_m)} ค่าพาหนะ ${number(children.baht)} บาทต่อปี${children.unmeasured ? ` ยังวัดไม่ได้ ${number(children.unmeasured)} คน` : ""}`, { id: "card-children", class: "strong" })] : []),
      ...(card.warnings.length ? [bullets(card.warnings.map(aboutChildren), { class: "bullets warn", id: "card-warnings" })] : []),
      make("div", "", { class: "actions", role: "group", "aria-label": "ส่วนของการ์ด" }, [tab("facts", "ข้อมูลโรงเรียน"), tab("merge", "รวมไปที่…")]),
      ...(mode === "merge" ? mergePart(now) : facts(now)),
    ];
  }

  // --- Below the map ---
  function drawMerges({ hand, looked }) {
    const merges = hand.merges.map((cells, i) => [
      ...cells, cellOf([button(`remove-row-${i}`, "เอาออก", () => act("remove", { number: i }), { "aria-label": `เอาออก ${cells[0]}` })]),
    ]);
    return [
      make("h3", `แผนด้วยมือ (${number(hand.merges.length)} รายการ)`),
      ...(merges.length ? [
        scroller("hand-merges", "การรวมของแผนด้วยมือ", table([...MERGE_HEADS, ""], merges)),
        make("p", "", { class: "actions" }, [button("look-at-hand", "ดูและบันทึกแผนนี้", () => act("look", { key: "hand" }), off(looked.key !== "hand"))]),
      ] : [make("p", "ยังไม่มีการรวม: คลิกโรงเรียน แล้วกด “รวมไปที่…”", { class: "faint" })]),
      ...(hand.warnings.count ? [warned("hand-warnings", hand.warnings)] : []),
    ];
  }
  function drawClosures({ closures }) {
    const rows = closures.rows.map((one) => make("li", "", {}, [
      make("label", "", {}, [
        make("input", "", {
          id: `close-${one.id}`, type: "checkbox", ...(one.on ? { checked: "" } : {}), ...(one.wet ? { disabled: "" } : {}),
          onchange: (event) => act("close_road", { closure: one.id, closed: event.target.checked }),
        }), ` ${one.id}: ${one.reason} (${one.when}) ${one.roads}${one.counts ? " · นับในระยะทางของปีนี้" : ""}`,
      ]),
    ]));
    const wet = make("label", "", { class: "strong" }, [
      make("input", "", { id: "wet", type: "checkbox", ...(closures.wet ? { checked: "" } : {}), onchange: (event) => act("wet_season", { wet: event.target.checked }) }),
      " ฤดูฝน: ปิดถนนที่ฤดูฝนไปไม่ได้ ตามตารางและนโยบาย",
    ]);
    const { changes } = closures;
    return [details("closures-box", `ถนนที่ปิด (${number(closures.rows.filter((one) => one.on).length)} จาก ${number(closures.rows.length)}${closures.wet ? " และฤดูฝน" : ""})`, [
      make("p", "เปิดปิดเพื่อลองเท่านั้น: วัดทุกระยะทางใหม่และแสดงผลของแผนบนแผนที่ทันที ไฟล์ที่บันทึกใช้ระยะทางของปีงบประมาณเสมอ", { class: "faint" }),
      wet, make("ul", "", { class: "rows" }, rows),
      button("usual-roads", "กลับไปถนนที่ปีงบประมาณใช้", () => act("usual_roads"), off(closures.detoured)),
      ...(changes ? [make("h4", "เทียบกับถนนที่ปีงบประมาณใช้ นักเรียนทุกคนตามแผนบนแผนที่"), table(
        ["ผลต่อทางไปโรงเรียน", "หมู่บ้าน", "นักเรียน"], changes.states.map(([words, villages, pupils]) => [words, number(villages), number(pupils)]), { id: "detours" })] : []),
    ])];
  }

  let seenCard = "";
  let fitted = false;
  function drawAll(now) {
    view = now;
    if (now.hand.school !== (picked.previewed ?? "")) {
      preview = "";
      picked.previewed = now.hand.school;
    }
    drawers.drafts(now, [now.drafts, now.save.viewer], () => drawDrafts(now));
    drawers.bar(now, [now.plans.map((plan) => [plan.key, plan.name]), now.looked.key, now.hand.can_undo, now.hand.can_redo], () => drawBar(now));
    drawers.effects(now, [now.effects, now.looked.name, now.closures], () => drawEffects(now));
    drawers.card(now, [now.card, now.hand, now.rules.pins, now.edits, now.map, mode, typed["hand-way"], [...picked.hosts]], () => drawCard(now));
    drawers.legend(now, [now.map.states], () => drawLegend(now));
    drawers.merges(now, [now.hand.merges, now.hand.warnings, now.looked.key], () => drawMerges(now));
    drawers.closures(now, [now.closures], () => drawClosures(now));
    drawSchools();
    drawMoves();
    drawClosed();
    drawJoins();
    showCard(now);
    drawSections(now);
    if (!fitted) see(everywhere); // once all around it has its height
    fitted = true;
  }
  // A school that is chosen by its name may lie outside what the map shows.
  function showCard({ card }) {
    const code = card?.code ?? "";
    if (code === seenCard) return;
    seenCard = code;
    boxes.card.scrollTop = 0;
    const at = code && ground.schools[schoolAt.get(code)].at;
    if (at && map.getZoom() !== undefined && !map.getBounds().pad(-0.05).contains(at)) map.panTo(at, { animate: false });
  }
  const everywhere = [...ground.schools.map((school) => school.at), ...ground.villages.map((village) => village[1])].filter(Boolean);
  return page.draw;
}
