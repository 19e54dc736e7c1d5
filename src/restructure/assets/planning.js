// Planning: rules, search, the curve, plans side by side, why, saving. Each section is drawn again only when what it shows
// has changed: a search goes on behind while somebody types.

// What stands in fields that are left goes along with the next action, and is done before it. Where the mouse leaves a
// field for a button, nothing is sent or drawn until the button is let go: it must still be there to be clicked.
function makePage(root, send, drawAll) {
  const left = new Map(); // field → [action, its arguments]
  let shown = null;
  let held = false; // a view that waits to be drawn
  function flush() {
    if (!left.size) return;
    const [last, ...before] = [...left.values()].reverse();
    left.clear();
    if (before.length) send("in_turn", { actions: [...before.reverse(), last] });
    else send(...last);
  }
  const presses = watchPresses(root, () => {
    flush();
    if (held) page.again();
  });
  const page = {
    typed: {}, // what stands in the fields for schools and names
    opened: new Set(), // details that are open
    act(name, args = {}) {
      if (!left.size) return send(name, args);
      const actions = [...left.values(), [name, args]];
      left.clear();
      return send("in_turn", { actions });
    },
    leave(id, name, args) {
      left.set(id, [name, args]);
      if (!presses.down) flush();
    },
    draw(view) {
      shown = view;
      held = presses.down;
      if (!held) drawAll(view);
    },
    again: () => page.draw(shown),
  };
  return page;
}

const MERGE_HEADS = ["โรงเรียน", "ชั้น", "ไปที่", "แบบ", "ตั้งแต่"];

// The parts that sections are made of.
function makeParts(root, page, offered) {
  const { typed, opened, leave } = page;
  const off = (can) => (can ? {} : { disabled: "" });
  const list = make("datalist", "", { id: "schools" }, offered.map((value) => make("option", "", { value })));
  root.append(list);

  // Returns what draws a box again when what it shows has changed; parts of a view that are the same need no looking into.
  function drawer(box) {
    let [seen, words] = [[], ""];
    return (view, data, draw) => {
      if (!view.error && data.length === seen.length && data.every((one, i) => one === seen[i])) return;
      seen = data;
      const now = JSON.stringify(data);
      if (now === words && !view.error) return;
      words = now;
      redraw(box, draw());
    };
  }
  // A section with its head; returns what draws it.
  function section(id, words) {
    const box = make("div", "", { class: "body" });
    root.append(make("section", "", { id, "aria-label": words }, [make("h2", words), box]));
    return drawer(box);
  }
  // A field for a school, with completion; Enter does what the button beside it does.
  function schoolField(id, words, does) {
    const input = make("input", "", {
      id, type: "search", list: "schools", autocomplete: "off", value: typed[id] ?? "", placeholder: "ชื่อหรือรหัสโรงเรียน",
      oninput: (event) => { typed[id] = event.target.value; },
      onkeydown: (event) => { if (event.key === "Enter" && does) does(); },
    });
    return make("label", words, { class: "field" }, [input]);
  }
  const take = (id) => typed[id] ?? "";
  function details(id, words, children) {
    return make("details", "", {
      id, ...(opened.has(id) ? { open: "" } : {}), ontoggle: (event) => { opened[event.target.open ? "add" : "delete"](id); },
    }, [make("summary", words), ...children]);
  }
  const table = (heads, rows, attributes = {}) => make("table", "", attributes, [
    ...(heads.length ? [make("thead", "", {}, [make("tr", "", {}, heads.map((text) => make("th", text, { scope: "col" })))])] : []),
    make("tbody", "", {}, rows.map((cells) => make("tr", "", {}, cells.map((cell) => (typeof cell === "string" ? make("td", cell) : cell))))),
  ]);
  const scroller = (id, words, child) => make("div", "", { id, class: "scroll", tabindex: "0", role: "region", "aria-label": words }, [child]);
  const cellOf = (children) => make("td", "", {}, children);
  const bullets = (texts, attributes = {}) => make("ul", "", { class: "bullets", ...attributes }, texts.map((text) => make("li", text)));

  // A field for a term; what is wrong with what was typed stands beside it.
  function termField(id, { from_term: value, term_fault: fault, term_warning: warning }, action) {
    const said = fault || warning;
    const input = make("input", "", {
      id, type: "text", size: "8", value, onchange: (event) => leave(id, ...action(event.target.value)),
      ...(fault ? { "aria-invalid": "true" } : {}), ...(said ? { "aria-describedby": `${id}-said` } : {}),
    });
    return [
      make("label", "ตั้งแต่ภาคเรียน", { class: "field" }, [input]),
      ...(said ? [make("p", said, { id: `${id}-said`, class: "warn", role: "alert" })] : []),
    ];
  }
  const warned = (id, { count, groups }) => make("details", "", { id, open: "" }, [
    make("summary", `ข้อควรระวัง ${number(count)} ข้อ`),
    ...groups.flatMap(([kind, texts]) => [make("h4", `${kind} (${number(texts.length)})`), bullets(texts)]),
  ]);
  const signed = (n) => (n > 0 ? "+" : "−") + number(Math.abs(n));
  return { off, drawer, section, schoolField, details, table, scroller, cellOf, bullets, termField, warned, signed, take };
}

// The sections below the map; returns what draws them.
function planningSections(page, parts) {
  const { typed, act, leave, again } = page;
  const { off, section, schoolField, details, table, scroller, cellOf, bullets, termField, warned, signed, take } = parts;
  const sections = {
    rules: section("rules", "② เกณฑ์"), search: section("search", "③ ค้นหาแผนดีที่สุด"),
    curve: section("curve", "④ กี่โรงเรียนไม่เหลือการเรียนการสอน เสียค่าพาหนะเท่าไร"), plans: section("plans", "⑤ แผนทั้งหมด"),
    looked: section("looked", "แผนซึ่งกำลังดู"), why: section("why", "⑥ ทำไมโรงเรียนนี้"),
    save: section("save", "⑦ บันทึกเป็นทางเลือก"),
  };

  // --- ② Rules ---
  const limit = ([name, words, unit, value]) => make("label", words, { class: "field" }, [
    make("span", "", {}, [
      make("input", "", {
        id: `rule-${name}`, type: "text", inputmode: "numeric", value, placeholder: "ไม่จำกัด",
        onchange: (event) => leave(`rule-${name}`, "set_rule", { name, value: event.target.value }),
      }), ` ${unit}`,
    ]),
  ]);
  let pinned = 0;
  function drawRules(rules) {
    const order = rules.order.map(([key, words], i) => make("li", "", {}, [
      make("span", `${i + 1}. ${words}`),
      button(`up-${key}`, "▲", () => act("move", { objective: key, by: -1 }), { "aria-label": `${words} สำคัญขึ้น`, ...off(i > 0) }),
      button(`down-${key}`, "▼", () => act("move", { objective: key, by: 1 }), { "aria-label": `${words} สำคัญน้อยลง`, ...off(i < rules.order.length - 1) }),
      button(`drop-${key}`, "ไม่นับ", () => act("count", { objective: key, counts: false }), { "aria-label": `ไม่นับ ${words}`, ...off(rules.order.length > 1) }),
    ]));
    const unused = rules.unused.map(([key, words]) => make("li", "", {}, [
      make("span", words, { class: "faint" }),
      button(`use-${key}`, "นับด้วย", () => act("count", { objective: key, counts: true }), { "aria-label": `นับ ${words} ด้วย` }),
    ]));
    const switches = rules.switches.map(([name, words, on]) => make("label", "", {}, [
      make("input", "", {
        id: `rule-${name}`, type: "checkbox", ...(on ? { checked: "" } : {}),
        onchange: (event) => act("set_rule", { name, value: event.target.checked }),
      }), ` ${words}`,
    ]));
    const kind = typed["pin-rule"] ?? rules.pinnable[0][0];
    const pin = () => {
      act("pin", { rule: kind, school: take("pin-school"), host: kind === "hosts" ? take("pin-host") : "" });
    };
    if (rules.pins.length > pinned) typed["pin-school"] = typed["pin-host"] = "";
    pinned = rules.pins.length;
    const pins = rules.pins.map((one) => make("li", "", {}, [
      make("span", `${one.words}: ${one.name}${one.host ? ` → ${one.host}` : ""}`),
      button(`unpin-${one.rule}-${one.school}`, "เอาออก", () => act("unpin", { rule: one.rule, school: one.school }),
        { "aria-label": `เอาออก ${one.words} ${one.name}` }),
    ]));
    return [
      make("div", "", { class: "columns" }, [
        make("fieldset", "", {}, [
          make("legend", "เป้าหมาย ข้อบนสำคัญที่สุด ยิ่งน้อยยิ่งดี"), make("ol", "", { id: "order", class: "rows" }, order),
          ...(unused.length ? [make("ul", "", { class: "rows" }, unused)] : []),
        ]),
        make("fieldset", "", {}, [make("legend", "ขีดจำกัด"), ...rules.limits.map(limit), ...switches]),
        make("fieldset", "", {}, [
          make("legend", "กำหนดรายโรงเรียน"),
          chooser("pin-rule", "กำหนดว่า", rules.pinnable, kind, (value) => {
            typed["pin-rule"] = value;
            again();
          }),
          schoolField("pin-school", "โรงเรียน", kind === "hosts" ? null : pin),
          ...(kind === "hosts" ? [schoolField("pin-host", "โรงเรียนหลัก", pin)] : []),
          button("pin", "กำหนด", pin),
          make("ul", "", { id: "pins", class: "rows" }, pins),
        ]),
        make("fieldset", "", {}, [
          make("legend", "การรวมตามแผนที่ค้นพบ"),
          chooser("rule-kind", "แบบ", rules.kinds, rules.kind, (value) => act("set_rule", { name: "kind", value })),
          chooser("rule-programme", "โครงการ", rules.programmes, rules.programme, (value) => act("set_rule", { name: "programme", value })),
          ...termField("rule-from_term", rules, (value) => ["set_rule", { name: "from_term", value }]),
          limit(["seconds", "ค้นหาแต่ละขั้นไม่เกิน", "วินาที", rules.seconds]),
        ]),
      ]),
      make("p", "", { class: "actions" }, [
        button("write", rules.written ? "เกณฑ์ตรงกับ optimise.yaml แล้ว" : "จำเกณฑ์นี้ไว้ (optimise.yaml)", () => act("write"), off(!rules.written)),
        button("usual", "กลับไปเกณฑ์ปกติ", () => act("usual")),
      ]),
    ];
  }

  // --- ③ Search ---
  function drawSearch({ search, job }) {
    const state = job.running
      ? [make("p", `${job.told || "กำลังเริ่ม"} (${number(job.seconds)} วินาที)`, { id: "told", role: "status" })] : [];
    const fault = job.fault ? [make("p", job.fault, { class: "warn", role: "alert" })] : [];
    const buttons = make("p", "", { class: "actions" }, [
      button("start", "ค้นหา", () => act("search"), { class: "main", ...off(!job.running) }),
      button("stop", "หยุด เก็บที่พบแล้ว", () => act("stop"), off(job.running)),
    ]);
    if (!search) return [buttons, ...state, ...fault];
    const clash = search.clash.map((one) => make("li", "", {}, [
      make("span", `${one.words} → ${one.gives}`),
      button(`relax-${one.rule}`, "ผ่อนข้อนี้", () => act("relax", { rule: one.rule }),
        { "aria-label": `ผ่อนข้อนี้: ${one.words}`, ...off(one.possible && !job.running) }),
    ]));
    return [
      buttons, ...state, ...fault,
      ...(search.stale ? [make("p", "เกณฑ์เปลี่ยนไปหลังค้นหา ผลด้านล่างเป็นของเกณฑ์เดิม", { class: "warn" })] : []),
      make("p", search.told || `${search.words} ใน ${search.seconds} วินาที ${search.leave} ${number(search.closes.length)} โรงเรียน`, { id: "status-words" }),
      ...(clash.length ? [make("ul", "", { id: "clash", class: "rows" }, clash)] : []),
      ...(search.levels.length ? [table(["เป้าหมาย", "แผนที่พบ", "พิสูจน์แล้วว่าต่ำกว่านี้ไม่ได้", "ช่องว่าง"],
        search.levels.map((one) => [one.objective, one.value, one.bound, one.gap]), { id: "levels" })] : []),
      ...(search.beyond.length ? [bullets(search.beyond, { id: "beyond" })] : []),
      ...(search.closes.length ? [details("closes", `โรงเรียนที่${search.leave}`, [bullets(search.closes)])] : []),
    ];
  }

  // --- ④ The curve ---
  const SVG = "http://www.w3.org/2000/svg";
  function svg(tag, attributes, children = []) {
    const node = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }
  // Round numbers from below the least to above the most.
  function scale(least, most, wanted) {
    const rough = Math.max((most - least) / wanted, 1);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = Math.max(1, [1, 2, 5, 10].find((n) => n * power >= rough) * power);
    const ticks = [];
    for (let at = Math.floor(least / step) * step; ; at += step) {
      ticks.push(at);
      if (at >= most) return ticks;
    }
  }
  function drawCurve({ curve, curve_end: ends, looked, search }) {
    if (!curve.length) return [make("p", "กดค้นหาก่อน แล้วจุดบนเส้นจะแสดงแผนที่ค่าพาหนะต่ำสุดของแต่ละจำนวนโรงเรียน", { class: "faint" })];
    const [wide, high, left, right, top, bottom] = [900, 420, 130, 40, 34, 62];
    const closed = curve.map((one) => one.schools_closed);
    const baht = curve.map((one) => one.subsidy_baht);
    const xs = scale(0, Math.max(...closed, 1), 10);
    const ys = scale(Math.min(...baht), Math.max(...baht), 5);
    const x = (n) => left + ((wide - left - right) * n) / xs.at(-1);
    const y = (n) => high - bottom - ((high - top - bottom) * (n - ys[0])) / Math.max(ys.at(-1) - ys[0], 1);
    const far = Math.max(...curve.map((one) => one.p90_m ?? 0), 1);
    const r = (one) => 7 + (9 * (one.p90_m ?? 0)) / far;
    const { leave: leaves } = search;
    const words = (one) => `${leaves} ${number(one.schools_closed)} โรงเรียน ค่าพาหนะ ${number(one.subsidy_baht)} บาทต่อปี ` +
      (one.p90_m === null ? "ไม่มีผู้ย้าย" : `ผู้ย้ายร้อยละ 90 ไม่เกิน ${km(one.p90_m)}`) + (one.proven ? "" : ` ช่องว่าง ${one.gap}`);
    const text = (at, words, attributes = {}) => svg("text", { x: at[0], y: at[1], ...attributes }, [words]);
    const dots = curve.map((one) => {
      const see = () => act("look", { key: one.key });
      const circle = svg("circle", {
        id: `dot-${one.key}`, class: `dot${one.proven ? "" : " open"}${one.key === looked.key ? " looked" : ""}`,
        cx: x(one.schools_closed), cy: y(one.subsidy_baht), r: r(one), tabindex: "0", role: "button", "aria-label": words(one),
        "aria-pressed": String(one.key === looked.key), onclick: see,
        onkeydown: (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          see();
        },
      });
      const title = svg("title", {});
      title.textContent = words(one);
      circle.append(title);
      return circle;
    });
    const line = curve.map((one, i) => `${i ? "L" : "M"}${x(one.schools_closed)} ${y(one.subsidy_baht)}`).join("");
    const chart = svg("svg", { id: "chart", width: wide, height: high, role: "group", "aria-label": "จำนวนโรงเรียนกับค่าพาหนะ" }, [
      ...ys.map((n) => svg("path", { d: `M${left} ${y(n)}H${wide - right}`, class: "grid" })),
      ...ys.map((n) => text([left - 12, y(n) + 6], number(n), { "text-anchor": "end" })),
      ...xs.map((n) => text([x(n), high - bottom + 26], number(n), { "text-anchor": "middle" })),
      text([left, 18], "ค่าพาหนะทั้งเขต (บาทต่อปี)"),
      text([wide - right, high - 8], `โรงเรียนที่${leaves} (แห่ง)`, { "text-anchor": "end" }),
      svg("path", { d: line, class: "line" }), ...dots,
    ]);
    const shown = curve.find((one) => one.key === looked.key);
    return [
      make("div", "", { id: "chart-box", class: "scroll" }, [chart]),
      make("p", "คลิกจุดเพื่อดูแผนนั้น จุดใหญ่ = ผู้ย้ายร้อยละ 90 เดินทางไกลกว่า จุดกลวง = ยังไม่พิสูจน์ว่าต่ำสุด", { class: "faint" }),
      ...(ends ? [make("p", ends, { class: "warning" })] : []),
      ...(shown ? [make("p", words(shown), { id: "dot-words", role: "status" })] : []),
    ];
  }

  // --- ⑤ Plans side by side ---
  function figureCell({ value, change }, first) {
    const cell = make("td", value === null ? "–" : number(value), { class: "figure" });
    if (!first && change) cell.append(make("b", ` ${signed(change)}`, { class: "change" }));
    return cell;
  }
  function drawPlans({ plans, heads, looked, compare }) {
    const head = make("tr", "", {}, [make("td", ""), ...plans.map((plan) => {
      const label = make("label", "", {}, [
        make("input", "", {
          id: `compare-${plan.key}`, type: "checkbox", ...(plan.chosen ? { checked: "" } : {}),
          onchange: (event) => act("choose", { key: plan.key, compared: event.target.checked }),
        }), " เทียบ",
      ]);
      const look = button(`look-${plan.key}`, plan.key === looked.key ? "กำลังดู" : "ดู", () => act("look", { key: plan.key }),
        { "aria-pressed": String(plan.key === looked.key), "aria-label": `ดู ${plan.name}` });
      return make("th", plan.name, { scope: "col", ...(plan.key === looked.key ? { class: "looked" } : {}) }, [
        make("small", plan.source), ...(plan.key === "present" ? [] : [label]), look,
        ...(plan.found ? [button(`drop-plan-${plan.key}`, "เอาออก", () => act("drop", { key: plan.key }), { "aria-label": `เอาออก ${plan.name}` })] : []),
      ]);
    })]);
    const rows = heads.map((one, i) => make("tr", "", {}, [
      make("th", one.words, { scope: "row", title: one.description }, [make("small", one.unit)]),
      ...plans.map((plan) => figureCell(plan.figures[i], plan.key === "present")),
    ]));
    rows.push(make("tr", "", {}, [
      make("th", "ข้อควรระวัง", { scope: "row" }, [make("small", "ข้อ")]), ...plans.map((plan) => make("td", number(plan.warnings), { class: "figure" })),
    ]));
    const all = table(["เรื่อง", "ตัวเลข", "หน่วย", ...compare.heads], compare.rows.map((row) => row.map((text) => {
      const differs = / \([+−]/.test(text);
      return make("td", text, differs ? { class: "differs" } : {});
    })));
    return [
      scroller("plan-table", "ตัวเลขหลักของทุกแผน", make("table", "", {}, [make("thead", "", {}, [head]), make("tbody", "", {}, rows)])),
      make("p", "ตัวเลขหนา = ต่างจากสภาพปัจจุบันเท่าไร ระยะทางและเวลาเป็นของผู้ที่ย้าย เทียบกับทางเดิมของคนเดียวกัน", { class: "faint" }),
      ...looked.faults.map((text) => make("p", text, { class: "warn" })),
      details("all-figures", `เทียบทุกตัวเลข: สภาพปัจจุบันกับแผนที่เลือก ${number(compare.heads.length - 1)} แผน (เลือกได้ 3)`,
        [scroller("compare-table", "ทุกตัวเลขของแผนที่เลือก", all)]),
    ];
  }

  // What can be done to the file of a saved plan, and taken back.
  function fileActions({ looked, save }) {
    if (save.viewer) return [];
    const undo = save.undo ? [button("put-back", `เลิกทำ: ${save.undo}`, () => act("put_back"))] : [];
    if (typed["renamed-key"] !== looked.key) Object.assign(typed, { "renamed-key": looked.key, rename: save.name });
    const name = make("input", "", {
      id: "rename", type: "text", value: take("rename"), oninput: (event) => { typed.rename = event.target.value; },
      onkeydown: (event) => { if (event.key === "Enter") act("rename", { name: take("rename") }); },
    });
    const file = save.name ? [
      make("label", "ชื่อ", { class: "field" }, [name]),
      button("rename-it", "เปลี่ยนชื่อ", () => act("rename", { name: take("rename") })),
      button("duplicate", "ทำสำเนา", () => act("duplicate")), button("delete", "ลบ", () => act("delete")),
    ] : [];
    return file.length || undo.length ? [make("div", "", { class: "fields" }, [...file, ...undo])] : [];
  }
  function noteField({ save }) {
    if (!save.can_note) return [];
    const note = make("textarea", save.note, {
      id: "note", rows: "2", ...(save.viewer ? { readonly: "" } : {}), onchange: (event) => leave("note", "annotate", { note: event.target.value }),
    });
    return [make("label", "หมายเหตุของแผนนี้ (เก็บในไฟล์ของแผน)", { class: "note" }, [note])];
  }
  function drawLooked(view) {
    const { looked, job } = view;
    return [
      make("p", looked.name, { id: "looked-name" }),
      ...fileActions(view), ...noteField(view),
      looked.merges.length ? scroller("looked-merges", "การรวมของแผนซึ่งกำลังดู", table(MERGE_HEADS, looked.merges)) : make("p", "ไม่มีการรวมเพิ่ม"),
      ...(looked.warnings.count ? [warned("looked-warnings", looked.warnings)] : []),
      make("p", "", { class: "actions" }, [
        button("draw", "วาดแผนที่ก่อนและหลัง", () => act("draw"), off(!job.running && looked.key !== "present")),
        button("take", "ทำต่อด้วยมือ", () => act("take", { key: looked.key }), off(looked.key !== "hand")),
      ]),
      ...(looked.map ? [make("img", "", { id: "map", src: looked.map, alt: `แผนที่ก่อนและหลังของ ${looked.name}` })] : []),
    ];
  }

  // --- ⑥ Why ---
  function drawWhy({ why, job, search }) {
    const ask = () => act("ask", { school: take("why-school") });
    const can = !job.running && search?.levels.length;
    const waits = job.running ? `${job.told || "กำลังคิด"} (${number(job.seconds)} วินาที)` : "กดค้นหาใน ③ ให้พบแผนดีที่สุดก่อน จึงถามได้";
    return [
      make("div", "", { class: "fields" }, [
        schoolField("why-school", "โรงเรียนที่อยากรู้เหตุผลในแผนดีที่สุด", can ? ask : null), button("ask", "ถามเหตุผล", ask, off(can)),
      ]),
      ...(can ? [] : [make("p", waits, { id: "why-told", role: "status" })]),
      ...(job.fault ? [make("p", job.fault, { class: "warn" })] : []),
      ...(why ? [make("div", "", { id: "reasons" }, [
        make("p", `${why.name}: แผนดีที่สุดให้${why.closes ? search.leave : "คงอยู่"}`, { class: "strong" }),
        ...(why.hosts.length ? [table(["ชั้น", "ไปที่", "ที่รองลงมา", "ถ้าไปที่รองลงมา"],
          why.hosts.map((one) => [one.stage, one.host, one.instead, one.costs]))] : []),
        make("p", `ถ้า${why.closes ? "ไม่" : ""}${search.leave}: ${why.opposite}`, { id: "opposite" }),
        make("p", why.binding.length ? `เกณฑ์ที่ทำให้เป็นเช่นนี้: ${why.binding.join(" · ")}` : `ไม่มีเกณฑ์ข้อใดข้อเดียวที่ทำให้เป็นเช่นนี้ ${why.nearest}`),
      ])] : []),
    ];
  }

  // --- ⑦ Save ---
  function drawSave({ save }) {
    const keep = (replace) => () => act("save", { name: take("save-name"), replace });
    const name = make("input", "", {
      id: "save-name", type: "text", value: take("save-name"), placeholder: "เช่น ทางเลือก ค",
      oninput: (event) => { typed["save-name"] = event.target.value; },
      onkeydown: (event) => { if (event.key === "Enter") keep(false)(); },
    });
    return [
      make("div", "", { class: "fields" }, [
        make("label", "ชื่อทางเลือก", { class: "field" }, [name]), button("save-it", `บันทึก: ${save.plan}`, keep(false), { class: "main" }),
      ]),
      ...(save.exists ? [make("p", "", { class: "warn", role: "alert" }, [
        `มีทางเลือก “${save.exists}” อยู่แล้ว `, button("replace", "เขียนทับ", keep(true)), " หรือพิมพ์ชื่ออื่นแล้วบันทึก",
      ])] : []),
      ...(save.said ? [make("p", save.said, { id: "said", role: "status" })] : []),
    ];
  }

  return (view) => {
    const { running } = view.job;
    sections.rules(view, [view.rules, typed["pin-rule"]], () => drawRules(view.rules));
    sections.search(view, [view.search, view.job], () => drawSearch(view));
    sections.curve(view, [view.curve, view.curve_end, view.looked.key, view.search?.leave], () => drawCurve(view));
    sections.plans(view, [view.plans, view.compare, view.looked.key, view.looked.faults], () => drawPlans(view));
    sections.looked(view, [view.looked, view.save, running], () => drawLooked(view));
    sections.why(view, [view.why, view.job, view.search?.levels.length, view.search?.leave], () => drawWhy(view));
    sections.save(view, [view.save], () => drawSave(view));
  };
}
