// Where villages are: one after the other on the map, with what is known of each; every step is kept by Python at once.
function start(root, act, ground) {
  const STATES = {
    none: ["ไม่มีจุด", "○"], "to-check": ["จุดหยาบ", "△"], skipped: ["ข้ามไว้", "↷"], rough: ["วางแล้ว (หยาบ)", "▲"], placed: ["วางแล้ว", "✓"],
  };
  const WIDEST = 3000;
  const top = make("div", "", { id: "top" });
  const list = make("div", "", { id: "side" });
  const mapBox = make("div", "", { class: "map", id: "map" });
  const panel = make("div", "", { id: "panel" });
  const sign = (look, words) => make("span", "", {}, [make("i", "", { class: look }), words]);
  const legend = make("p", "", { id: "legend" }, [
    sign("goal", "จุดที่เลือก วงคือบริเวณบ้าน"), sign("pin", "ตำแหน่งที่เสนอ"), sign("dot", "หมู่บ้านที่มีจุดแล้ว"),
    sign("dot placed", "วางในหน้านี้"), sign("dot school", "โรงเรียน"), sign("outline", "ขอบเขตตำบล (ถ้ามี)"),
  ]);
  const box = make("div", "", { id: "placing", tabindex: "-1" }, [top, make("div", "", { id: "work" }, [list, mapBox, panel]), legend]);
  root.append(box);

  const { map, see } = groundMap(mapBox, ground, [["outline", 355, "none"], ["dots", 400, "auto"], ["spread", 410, "none"]]);
  map.doubleClickZoom.disable(); // its first click would place the village
  const dots = L.canvas({ pane: "dots", padding: 0.3 });
  const dot = (at, name, look) => L.circleMarker(at, { renderer: dots, pane: "dots", ...look })
    .bindTooltip(() => make("span", name), ABOVE);
  const GREY = { radius: 4, weight: 1, color: "#fff", fillColor: "#8a6d3b", fillOpacity: 0.9 };
  const GREEN = { ...GREY, fillColor: "#007a5a" };
  const SCHOOL = { radius: 5, weight: 2, color: "#0072b2", fillColor: "#fff", fillOpacity: 1 };
  for (const [name, at] of ground.others) dot(at, `หมู่บ้าน ${name}`, GREY).addTo(map);
  for (const [name, at] of ground.schools) dot(at, `โรงเรียน ${name}`, SCHOOL).addTo(map);
  const layers = L.layerGroup().addTo(map);

  let shown = null; // the village that the map was last moved for
  let now = null; // the view
  let reviewing = false;
  let left = new Set(); // of the sure ones, those that are not wanted
  const busy = () => root.getAttribute("aria-busy") === "true";

  // What goes on to another point or village leaves the focus where Enter accepts.
  function step(action, args) {
    if (busy()) return;
    act(action, args);
    wantsFocus = true;
  }
  let wantsFocus = false;

  map.on("click", (event) => {
    if (now?.current && !reviewing) step("click", { lat: event.latlng.lat, lon: event.latlng.lng });
  });
  const KEYS = {
    Enter: () => now.current?.draft && step("accept"),
    s: () => now.current && step("skip"), z: () => now.canUndo && step("undo"), b: () => now.canGoBack && step("back"),
  };
  // The letters lie on these keys of a Thai keyboard too.
  const SAME_KEY = { KeyS: "s", KeyZ: "z", KeyB: "b" };
  box.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "SELECT"].includes(event.target.tagName);
    if (typing || reviewing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.target.tagName === "BUTTON") return; // the button does what it says
    const number = Number(event.code.match(/^(?:Digit|Numpad)([1-8])$/)?.[1]);
    const does = number && number <= (now.current?.candidates.length ?? 0)
      ? () => step("choose", { number }) : KEYS[SAME_KEY[event.code] ?? event.key];
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  });

  // --- The map ---
  const numbered = (number) => L.divIcon({ className: "pin", html: String(number), iconSize: [30, 30], iconAnchor: [15, 15] });
  const GOAL = L.divIcon({ className: "goal", html: "<b></b>", iconSize: [34, 34], iconAnchor: [17, 17] });

  function drawCurrent(village) {
    for (const ring of village.outline) {
      L.polygon(points(ring), { pane: "outline", color: "#6a3d9a", weight: 2.5, dashArray: "8 5", fillOpacity: 0.03, interactive: false }).addTo(layers);
    }
    village.candidates.forEach((found, i) => {
      if (village.draft?.number === i + 1) return; // the goal stands there
      const marker = L.marker(found.at, { icon: numbered(i + 1), keyboard: false, alt: `ตำแหน่งที่ ${i + 1}` });
      marker.bindTooltip(() => make("span", found.why), ABOVE);
      marker.on("click", () => step("choose", { number: i + 1 }));
      marker.addTo(layers);
    });
    if (!village.draft) return;
    const circle = L.circle(village.draft.at, {
      pane: "spread", radius: village.draft.spread, color: "#d55e00", weight: 2, fillOpacity: 0.08, interactive: false,
    }).addTo(layers);
    if (village.draft.foot) line([village.draft.at, village.draft.foot], { pane: "spread", color: "#1a1a1a", weight: 2, dashArray: "4 4" }).addTo(layers);
    const marker = L.marker(village.draft.at, { icon: GOAL, draggable: true, keyboard: false, zIndexOffset: 1000, alt: "จุดที่เลือก" });
    marker.on("drag", (event) => circle.setLatLng(event.latlng));
    marker.on("dragend", () => step("click", { lat: marker.getLatLng().lat, lon: marker.getLatLng().lng }));
    marker.addTo(layers);
    spreadCircle = circle;
  }
  let spreadCircle = null;

  function drawMap(view) {
    layers.clearLayers();
    for (const village of view.villages) {
      if (village.at && village.id !== view.current?.id) dot(village.at, `หมู่บ้าน ${village.name}`, village.state === "placed" ? GREEN : GREY).addTo(layers);
    }
    if (reviewing) {
      for (const row of view.sure) {
        if (!left.has(row.id)) dot(row.at, row.name, { ...GREY, radius: 7, fillColor: "#d55e00" }).addTo(layers);
      }
      if (shown !== "sure") see(view.sure.map((row) => row.at));
      shown = "sure";
      return;
    }
    const village = view.current;
    if (!village) return;
    drawCurrent(village);
    // Before the page has a place for it the map shows nothing yet.
    const away = village.draft && map.getZoom() !== undefined && !map.getBounds().contains(village.draft.at);
    if (shown !== village.id || away) {
      // Far namesakes would make the map too small to see anything on it: they are there for whoever looks for them.
      const around = village.outline.length ? village.outline.flatMap(points) : village.candidates.map((found) => found.at);
      const near = village.draft ? [village.draft.at, ...village.candidates.map((found) => found.at).filter((at) => map.distance(at, village.draft.at) < 3000)] : around;
      const places = near.length ? near : village.at ? [village.at] : [];
      see(places.length === 1 ? corners(places[0]) : places);
    }
    shown = village.id;
  }
  const corners = (at) => {
    const around = L.latLng(at).toBounds(2500);
    return [around.getSouthWest(), around.getNorthEast()];
  };

  // --- The words ---
  function drawTop(view) {
    const words = `วางแล้ว ${number(view.done)} จาก ${number(view.total)} หมู่บ้าน`;
    const single = view.sure.length;
    redraw(top, [
      make("label", words, { for: "progress", id: "count" }),
      make("progress", "", { id: "progress", max: Math.max(view.total, 1), value: view.done }),
      ...(single ? [button("review", reviewing ? "กลับไปทีละหมู่บ้าน" : `ชื่อตรงกันแห่งเดียวในตำบล ${number(single)} หมู่บ้าน: ดูรายการก่อนรับ`, () => {
        reviewing = !reviewing;
        shown = null;
        draw(now);
      })] : []),
    ]);
  }

  function drawList(view) {
    const rows = view.villages.map((village) => {
      const [words, mark] = STATES[village.state];
      const node = button(`village-${village.id}`, "", () => step("go", { village: village.id }), {
        "aria-pressed": String(village.id === view.current?.id), class: `state-${village.state}`,
      });
      node.append(make("span", mark, { class: "mark", "aria-hidden": "true" }), make("span", village.name),
        make("small", `${village.tambon ? `ต.${village.tambon} · ` : ""}${number(village.pupils)} คน · `, {}, [make("span", words)]));
      return make("li", "", {}, [node]);
    });
    redraw(list, [make("ul", "", { id: "list", "aria-label": "หมู่บ้านที่ต้องวางจุด", tabindex: "-1" }, rows)]);
    if (shown !== view.current?.id) list.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  }

  function candidate(village, found, i) {
    const node = button(`choose-${i + 1}`, "", () => step("choose", { number: i + 1 }), {
      class: "candidate", "aria-pressed": String(village.draft?.number === i + 1),
    });
    node.append(make("span", String(i + 1), { class: "pin" }), make("span", found.why));
    return make("li", "", {}, [node]);
  }

  function spreadPart(draft) {
    const words = make("output", `${number(draft.spread)} ม.`, { id: "spread-words" });
    const slider = make("input", "", {
      type: "range", id: "spread", min: 0, max: Math.max(WIDEST, draft.spread), step: 50, value: draft.spread,
      oninput: () => {
        words.textContent = `${number(Number(slider.value))} ม.`;
        spreadCircle.setRadius(Number(slider.value));
      },
      onchange: () => act("set_spread", { metres: Number(slider.value) }),
    });
    slider.value = draft.spread; // the attribute is held to the usual most before this is known
    return make("div", "", { class: "part" }, [
      make("label", "บ้านอยู่ห่างจากจุดไม่เกิน ", { for: "spread" }, [words, make("span", draft.ownSpread ? "" : " ตามนโยบาย", { class: "faint" })]),
      slider,
      ...(draft.ownSpread ? [button("policy-spread", "ใช้ค่าตามนโยบาย", () => act("set_spread", { metres: null }))] : []),
    ]);
  }

  function draftPart(view, draft) {
    return [
      make("p", `${draft.at[0].toFixed(5)}, ${draft.at[1].toFixed(5)} · ห่าง${draft.road} ${number(draft.snap)} ม.`, { id: "where" }),
      ...draft.warnings.map((text) => make("p", text, { class: "warn" })),
      spreadPart(draft),
      chooser("source", "ที่มา", Object.entries(view.sources), draft.source, (source) => act("set_source", { source })),
    ];
  }

  function drawCard(view) {
    const village = view.current;
    if (!village) {
      const words = view.total ? "วางครบทุกหมู่บ้านแล้ว: เลือกหมู่บ้านจากรายการเพื่อแก้" : "ทุกหมู่บ้านมีจุดแล้ว ไม่มีอะไรต้องวาง";
      redraw(panel, [make("p", words, { id: "finished" }), actions(view)]);
      return;
    }
    const place = [village.moo && `หมู่ ${village.moo}`, village.tambon && `ต.${village.tambon}`, `นักเรียน ${number(village.pupils)} คน`];
    const text = make("input", "", { type: "text", id: "typed", placeholder: "16.8123, 100.4567", autocomplete: "off", "aria-label": "พิมพ์พิกัด" });
    const typed = make("form", "", { id: "type" }, [text, make("button", "ใช้พิกัดนี้", { id: "use-typed" })]);
    typed.addEventListener("submit", (event) => {
      event.preventDefault();
      if (text.value.trim()) step("type_point", { text: text.value });
    });
    redraw(panel, [
      make("div", "", { id: "scroll" }, [
        make("h2", village.name, { id: "village" }),
        make("p", place.filter(Boolean).join(" · "), { class: "faint" }),
        ...(village.at ? [make("p", `จุดที่มีอยู่: ${village.source}`, { class: "faint" })] : []),
        make("p", village.candidates.length ? "คลิกแผนที่ ลากจุด หรือเลือกที่เสนอ" : "ไม่มีที่เสนอ: คลิกแผนที่ หรือพิมพ์พิกัด"),
        make("ol", "", { id: "candidates", "aria-label": "ตำแหน่งที่เสนอ" }, village.candidates.map((found, i) => candidate(village, found, i))),
      ]),
      typed,
      ...(village.draft ? draftPart(view, village.draft) : []),
      actions(view),
    ]);
  }

  function actions(view) {
    const off = (can) => (can ? {} : { disabled: "" });
    return make("div", "", { id: "actions" }, [
      button("accept", "รับจุดนี้ (Enter)", () => step("accept"), { class: "main", ...off(view.current?.draft) }),
      button("skip", "ข้ามไว้ (S)", () => step("skip"), off(view.current)),
      button("undo", "เลิกทำ (Z)", () => step("undo"), off(view.canUndo)),
      button("back", "ย้อนกลับ (B)", () => step("back"), off(view.canGoBack)),
    ]);
  }

  function drawReview(view) {
    const chosen = view.sure.filter((row) => !left.has(row.id));
    const rows = view.sure.map((row) => {
      const tick = make("input", "", { type: "checkbox", id: `sure-${row.id}`, onchange: () => {
        if (!left.delete(row.id)) left.add(row.id);
        draw(now);
      } });
      tick.checked = !left.has(row.id);
      const words = make("label", "", { for: `sure-${row.id}` }, [
        make("b", row.name), make("span", row.tambon ? ` ต.${row.tambon}` : ""), make("small", row.why),
      ]);
      return make("li", "", {}, [tick, words, button(`look-${row.id}`, "ดู", () => see(corners(row.at)), { "aria-label": `ดู ${row.name} บนแผนที่` })]);
    });
    redraw(panel, [
      make("h2", "ชื่อตรงกันแห่งเดียวในตำบล"),
      make("p", "หมู่บ้านใน OSM ที่มีชื่อนี้แห่งเดียวในตำบล และอยู่ติดถนน ตรวจบนแผนที่ แล้วเอาเครื่องหมายออกจากที่ไม่แน่ใจ"),
      make("ul", "", { id: "sure", tabindex: "0", "aria-label": "รายการก่อนรับ" }, rows),
      make("div", "", { id: "actions" }, [
        button("accept-sure", `รับ ${number(chosen.length)} หมู่บ้าน`, () => {
          reviewing = false;
          shown = null;
          step("accept_sure", { villages: chosen.map((row) => row.id) });
        }, { class: "main", ...(chosen.length ? {} : { disabled: "" }) }),
        button("no-sure", "ไม่รับ", () => {
          reviewing = false;
          shown = null;
          draw(now);
        }),
      ]),
    ]);
  }

  function draw(view) {
    now = view;
    if (!view.sure.length) reviewing = false;
    drawTop(view);
    drawList(view);
    if (reviewing) drawReview(view);
    else drawCard(view);
    drawMap(view);
    if (wantsFocus) {
      wantsFocus = false;
      const accept = panel.querySelector("#accept");
      (accept && !accept.disabled ? accept : box).focus({ preventScroll: true });
    }
  }
  return draw;
}
