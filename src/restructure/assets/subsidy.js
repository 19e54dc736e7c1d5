// The subsidy year: who and which round, what is missing, certifying, need, ceiling and rule, settlement, papers. Each
// section is drawn again only when what it shows has changed: papers are written behind while somebody types.
function start(root, act, ground) {
  const off = (can) => (can ? {} : { disabled: "" });
  const typed = {}; // what stands in fields
  const ticked = {}; // what is ticked or not, where it is not as usual
  let shown = null;
  // Nothing is decided twice by a button that is pressed twice, nor on anything else than what is shown.
  function decide(name, args = {}) {
    if (root.getAttribute("aria-busy") !== "true") act(name, { ...args, seen: shown.seen });
  }

  const bar = make("div", "", { id: "bar" });
  // What was done or refused lies above the page, in sight wherever on it one is.
  const toast = make("div", "", { id: "toast", popover: "manual" });
  root.append(bar, toast);
  const source = sourcePanel(root, act, ground);
  const { from, figures } = source;
  function section(id, words) {
    const box = make("div", "", { class: "body" });
    root.append(make("section", "", { id, "aria-label": words }, [make("h2", words), box]));
    return drawn(box);
  }
  // What draws a box again when what it shows has changed; fields also when something was refused.
  function drawn(box, fields = true) {
    let seen = "";
    return (view, data, draw) => {
      const now = JSON.stringify(data);
      if (now === seen && !(fields && view.error)) return;
      seen = now;
      redraw(box, draw());
    };
  }
  // Hundreds of pairs: the list stays as it is while one of them is looked at.
  function certifySection() {
    const [pairs, pair, field] = [0, 1, 2].map(() => make("div", "", { class: "body" }));
    const words = "② รับรองระยะทาง";
    root.append(make("section", "", { id: "certify", "aria-label": words }, [make("h2", words), pairs, pair, field]));
    return { pairs: drawn(pairs, false), pair: drawn(pair), field: drawn(field) };
  }
  const sections = {
    bar: drawn(bar), who: section("who", "⓪ ผู้ทำงานและรอบ"), glance: section("glance", "① ยังขาดอะไรก่อนยื่นขอ"),
    ...certifySection(), need: section("need", "③ ความต้องการ"),
    rule: section("rule", "④ วงเงินและวิธีแบ่ง"), settle: section("settle", "⑤ กระทบยอด"), papers: section("papers", "⑥ เอกสาร"),
  };

  // --- parts ---
  const baht = (n) => (n === null ? "ยังไม่ทราบ" : number(n));
  const metres = (n) => (n === null ? "–" : number(n));
  const figure = (text) => make("td", text, { class: "figure" });
  const amount = (text) => make("th", text, { scope: "col", class: "figure" }); // the head of figures
  const head = (place, what, words, kind = "") => make("th", "", { scope: "col", class: kind }, [from(place, what, words, "กฎที่ใช้")]);
  const cellOf = (children, attributes = {}) => make("td", "", attributes, children);
  const table = (heads, rows, attributes = {}) => make("table", "", attributes, [
    make("thead", "", {}, [make("tr", "", {}, heads.map((one) => (one instanceof Node ? one : make("th", one, { scope: "col" }))))]),
    make("tbody", "", {}, rows.map((cells) => (cells instanceof Node ? cells
      : make("tr", "", {}, cells.map((cell) => (typeof cell === "string" ? make("td", cell) : cell)))))),
  ]);
  const scroller = (id, words, child) =>
    make("div", "", { id, class: "scroll", tabindex: "0", role: "region", "aria-label": words }, [child]);
  const bullets = (texts, attributes = {}) => make("ul", "", { class: "bullets", ...attributes }, texts.map((text) => make("li", text)));
  const opened = new Set(); // details that are open
  function details(id, words, children) {
    return make("details", "", {
      id, ...(opened.has(id) ? { open: "" } : {}), ontoggle: (event) => { opened[event.target.open ? "add" : "delete"](id); },
    }, [make("summary", words), ...children]);
  }
  const actions = (...children) => make("p", "", { class: "actions" }, children);
  function field(id, words, attributes = {}, does = null) {
    return make("label", words, { class: "field" }, [make("input", "", {
      id, type: "text", autocomplete: "off", value: typed[id] ?? "", oninput: (event) => { typed[id] = event.target.value; },
      onkeydown: (event) => { if (event.key === "Enter" && does) does(); }, ...attributes,
    })]);
  }
  const take = (id) => typed[id] ?? "";
  function tick(id, words, usual, attributes = {}) {
    const input = make("input", "", {
      id, type: "checkbox", ...((ticked[id] ?? usual) ? { checked: "" } : {}), onchange: (event) => { ticked[id] = event.target.checked; },
      ...attributes,
    });
    return make("label", "", {}, [input, ` ${words}`]);
  }
  const isTicked = (id, usual) => ticked[id] ?? usual;

  // --- what comes next, what was done ---
  const back = () => act("undo", { batch: shown.undo.batch, why: take("undo-why") });
  const SHOWN_MS = 8000;
  let hides = 0;
  let told = "";
  function tell(view, decided) {
    const words = view.error || view.said;
    const again = view.error || words !== told;
    told = words;
    if (!again || !toast.isConnected) return;
    clearTimeout(hides);
    const hide = () => toast.hidePopover();
    toast.className = view.error ? "refused" : "";
    toast.setAttribute("role", view.error ? "alert" : "status");
    toast.replaceChildren(make("span", words), ...(decided && view.undo ? [button("undo-now", `เลิกทำ: ${view.undo.words}`, back)] : []), button("hide", "ปิด", hide));
    if (toast.matches(":popover-open") !== Boolean(words)) toast.togglePopover();
    if (words && !view.error) hides = setTimeout(hide, SHOWN_MS);
  }
  function drawBar(view) {
    return [
      make("p", "", { id: "next" }, [make("b", "ต่อไป: "), view.next]),
      ...(view.stale ? [make("p", "ไฟล์ในโฟลเดอร์เปลี่ยนหลังเปิดหน้านี้ ", { class: "warn", role: "alert" },
        [button("reread", "อ่านข้อมูลใหม่", () => act("reread"))])] : []),
      ...(view.said && !view.error ? [make("p", view.said, { id: "said" })] : []),
      ...(view.undo ? [button("undo", `เลิกทำ: ${view.undo.words}`, back), field("undo-why", "เหตุผลที่เลิกทำ (ไม่บังคับ)", {}, back)] : []),
    ];
  }

  // --- ⓪ Who and which round ---
  const KEY = "restructure-who";
  function remembered() { // a browser may refuse to keep anything
    try { return localStorage.getItem(KEY) ?? ""; } catch { return ""; }
  }
  function remember(name) {
    try {
      if (name) localStorage.setItem(KEY, name);
      else localStorage.removeItem(KEY);
    } catch { /* the name is asked for again */ }
  }
  function drawWho(view) {
    const work = () => {
      remember(isTicked("remember", remembered() !== "") ? take("who-name") : "");
      act("work_as", { who: take("who-name") });
    };
    return [
      ...(view.synthetic ? [make("p", "ข้อมูลสมมุติ ห้ามใช้จริง", { class: "warn strong" })] : []),
      make("div", "", { class: "fields" }, [
        field("who-name", "ชื่อผู้ทำงาน", { placeholder: "ชื่อและตำแหน่ง" }, work),
        tick("remember", "จำชื่อไว้ในหน้านี้", remembered() !== ""), button("work", "ใช้ชื่อนี้", work, view.who ? {} : { class: "main" }),
        chooser("round", "รอบ", view.rounds, view.round, (name) => act("take_round", { name })),
      ]),
      make("p", view.who ? `กำลังทำงานในชื่อ ${view.who} · ภาคเรียนที่ ${view.term} · ${view.office}` :
        "ยังไม่ใส่ชื่อ ดูได้ทุกอย่าง แต่ยังตัดสินใจไม่ได้: ทุกการตัดสินใจบันทึกชื่อ เวลา และเหตุผล", { id: "working", ...(view.who ? {} : { class: "warn" }) }),
      make("p", "คลิกตัวเลขหรือข้อความที่ขีดเส้นประ เพื่อดูว่ามาจากไฟล์และแถวใด ถนนใด กฎใด และใครรับรอง", { class: "faint" }),
    ];
  }

  // --- ① What is missing ---
  function drawGlance({ glance, round }) {
    const parts = glance.states.filter((one) => one.pairs);
    const said = parts.map((one) => `${one.words} ${number(one.pairs)} คู่`).join(", ");
    const due = glance.due.map((one) => make("li", "", { class: `due ${one.state}` }, [
      make("b", { done: "✔ ", late: "✘ ", open: "○ " }[one.state]), `${one.what} ${one.by}: `, from("due", one.from, one.words, one.what),
    ]));
    const counts = glance.counts.map(([words, there]) => make("li", `${there ? "✔" : "○"} ${words}: ${there ? "มีแล้ว" : "ยังไม่มี"}`));
    const sums = ["pairs", "pupils", "baht"].map((name) => glance.states.reduce((sum, one) => sum + one[name], 0));
    const rules = glance.rules.flatMap((rule) => rule.rows.map((cells, i) => [
      cells[0], cellOf([from(`rule-${i}`, `rule/${rule.key}`, cells[1], cells[0])]), ...cells.slice(2), cellOf(i ? [] : [button(`confirm-${rule.key}`, "ยืนยันค่านี้", () => decide("confirm_rule", { key: rule.key, why: take("confirm-why") }), { "aria-label": `ยืนยันค่านี้: ${cells[0]}` })]),
    ]));
    return [
      make("div", "", { id: "progress", role: "img", "aria-label": `ระยะทาง ${number(glance.pairs)} คู่: ${said}` },
        parts.map((one) => make("span", "", { class: `part ${one.state}`, style: `flex-grow: ${one.pairs}` }))),
      scroller("states", "ระยะทางแต่ละสถานะ", table(["สถานะ", amount("คู่"), amount("นักเรียน"), amount("บาท")], [...glance.states.map((one) => [
        cellOf([make("span", "", { class: `swatch ${one.state}` }), ` ${one.words}`]),
        figure(number(one.pairs)), figure(number(one.pupils)), figure(number(one.baht)),
      ]), make("tr", "", { class: "sum" }, [make("td", "รวม"), figure(number(sums[0])), ...figures("states", `round/${round}`, "รวมทั้งรอบ", sums.slice(1).map(number))])])),
      make("p", "คิดเงินจากระยะทางที่รับรอง คู่ที่ยังไม่รับรองคิดจากที่คำนวณ ยอดรวมเท่ากับความต้องการในข้อ ③", { class: "faint" }),
      make("div", "", { class: "columns" }, [
        make("div", "", {}, [make("h3", "กำหนดเวลา"), make("ul", "", { id: "due" }, due), make("h3", "ข้อมูลนักเรียน"), make("ul", "", {}, counts)]),
        make("div", "", {}, [
          make("h3", "วงเงิน"),
          make("p", "", { class: "strong" }, [
            glance.ceiling === null ? "ยังไม่มีหนังสือแจ้งวงเงิน" : from("glance", `ceiling/${round}`, `ได้รับ ${number(glance.ceiling)} บาท`, "วงเงินของรอบ"),
          ]),
          make("p", "", {}, [from("glance", `round/${round}`, `ต้องการ ${number(glance.need)} บาท นักเรียน ${number(glance.pupils)} คน`, "ความต้องการของรอบ")]),
          make("h3", "ผู้ที่ไม่มีสิทธิ"),
          glance.refused.length ? bullets(glance.refused.map(([why, pupils]) => `${why} ${number(pupils)} คน`), { id: "refused" }) : make("p", "ไม่มี"),
        ]),
      ]),
      details("rules-left", `กฎที่ยังไม่มีผู้ยืนยัน ${number(glance.rules.length)} ข้อ`, [
        make("p", "ค่าที่สำนักงานเขตเห็นชอบแล้ว กด “ยืนยันค่านี้” ถ้าไม่เห็นชอบ แก้ค่าใน policy.yaml แล้วอ่านข้อมูลใหม่", { class: "faint" }),
        field("confirm-why", "อ้างอิง เช่น มติที่ประชุม (ไม่บังคับ)"),
        scroller("rules-table", "กฎที่ยังไม่มีผู้ยืนยัน", table(["กฎ", "ค่าที่ใช้อยู่", "ที่มา", "ความแน่ชัด", ""], rules)),
        ...(glance.confirmed.length ? [make("h4", "ยืนยันแล้ว"), make("ul", "", { id: "rules-confirmed", class: "bullets" },
          glance.confirmed.map(([what, words]) => make("li", "", {}, [from("confirmed", what, words, "กฎที่ยืนยันแล้ว")])))] : []),
      ]),
      ...(glance.notes.length ? [make("h3", "ข้อที่ผู้อ่านต้องรู้"), bullets(glance.notes, { id: "notes" })] : []),
    ];
  }

  // --- ② Certify ---
  const FILTERS = { state: "สถานะ", host: "โรงเรียนหลัก", school: "โรงเรียนมารวม", village: "หมู่บ้าน" };
  function drawPairs({ certify }) {
    const narrow = Object.entries(FILTERS).map(([what, words]) =>
      chooser(`filter-${what}`, words, [["", "ทั้งหมด"], ...certify.options[what]], certify.filters[what], (value) => act("filter", { what, value })));
    const { clear } = certify;
    const narrowed = Object.values(certify.filters).some(Boolean) ? "ที่แสดง" : "";
    const rows = certify.rows.map((one) => make("tr", "", {}, [
      cellOf([button(`look-${one.key}`, one.state === "certified" ? "ดูการรับรอง" : "ดูและรับรอง", () => act("open", { key: one.key }), { "aria-label": `ดูและรับรอง ${one.village} ไป ${one.host}` })]),
      make("td", one.village), cellOf([make("span", one.host), ...one.schools.map((school) => make("small", `จาก ${school}`))]),
      figure(number(one.pupils)), ...pairFigures(one),
      make("td", one.band ?? "–", { class: "whole" }), cellOf([make("span", "", { class: `swatch ${one.state}` }), ` ${one.words}`]), make("td", one.why),
    ]));
    return [
      make("div", "", { class: "fields" }, narrow),
      actions(button("accept-clear", `รับรองทั้งหมดที่ชัดเจน${narrowed} ${number(clear.pairs)} คู่ นักเรียน ${number(clear.pupils)} คน ${number(clear.baht)} บาท`,
        () => decide("accept_clear"), { class: "main", ...off(clear.pairs) })),
      scroller("pairs", "คู่หมู่บ้านและโรงเรียนหลัก", table(
        ["", "หมู่บ้าน", "โรงเรียนหลัก", ...["คน", "คำนวณ (ม.)", "แจ้ง (ม.)", "รับรอง (ม.)"].map(amount), head("pairs", "rule/bands", "ช่วง · ต่อวัน"), "สถานะ", "เหตุ"], rows)),
      make("p", `แสดง ${number(rows.length)} คู่`, { id: "count", class: "faint" }),
    ];
  }
  // What was worked out and what was certified come from one place; what was declared is not known from where.
  function pairFigures(one) {
    const [routed, held] = figures("pair", one.from, `ระยะทาง ${one.village} ไป ${one.host}`, [metres(one.routed_m), metres(one.certified_m)]);
    return [routed, figure(metres(one.declared_m)), held];
  }
  // The row of the pair that is looked at.
  function mark(key) {
    for (const row of root.querySelectorAll("#pairs tr.looked")) row.classList.remove("looked");
    if (key) root.getRootNode().getElementById(`look-${key}`)?.closest("tr").classList.add("looked");
  }
  function drawField({ certify, papers }) {
    const { all } = certify;
    const bulk = () => decide("accept_all", { why: take("all-why") });
    const file = fileField("book-file", "สมุดที่กรอกกลับมา", ".xlsx", (name, content) => act("read_book", { name, content }), "book");
    return [
      details("more", "รับรองทุกคู่ที่แสดง รวมที่ต้องตรวจ (ต้องมีเหตุผล)", [
        make("div", "", { class: "fields" }, [
          field("all-why", "เหตุผล", {}, bulk),
          button("accept-all", `รับรองตามที่คำนวณ ${number(all.pairs)} คู่ ${number(all.baht)} บาท`, bulk, off(all.pairs)),
        ]),
      ]),
      make("h3", "ตรวจในพื้นที่"),
      actions(
        button("write-field", `เขียนใบตรวจ (PDF) และสมุดกรอก (Excel) ของทั้งปี (รอบนี้ต้องตรวจ ${number(certify.field)} คู่)`, () => act("write_field"), off(!papers.running)),
        file, button("read-book", "อ่านสมุดที่กรอกกลับมา (.xlsx)", () => file.click()),
      ),
      ...fault("book"),
      ...(papers.running ? [make("p", papers.told, { class: "faint" })] : []),
      ...(certify.files.length ? [bullets(certify.files)] : []),
      ...(certify.book ? [drawBook(certify.book)] : []),
    ];
  }
  function drawPair(one) {
    const close = () => act("open", { key: "" });
    const doubt = one.doubt;
    const enter = (sure) => () => decide("enter", {
      key: one.key, metres: take("enter-metres"), why: take("enter-why"), evidence: take("enter-evidence"), sure, file: typed["enter-file"] ?? null,
    });
    const proof = fileField("evidence-file", "ไฟล์หลักฐาน", "", (name, content) => {
      typed["enter-file"] = [name, content];
      again();
    }, "enter-file");
    const accept = () => decide("accept_one", { key: one.key, why: take("accept-why") });
    const past = one.history.map((row) => [
      cellOf([from("history", `decision/${row.seq}`, `${row.seq}${row.holds ? " (มีผล)" : ""}`, "แถวในบันทึก")]), row.at, row.who, row.words, [row.why, ...row.doubts].filter(Boolean).join(" · "), row.evidence,
    ]);
    return make("div", "", { id: "pair", role: "group", "aria-label": `${one.village} ไป ${one.host}` }, [
      make("h3", `${one.village} → ${one.host}`),
      make("p", "", {}, [`${one.words}${one.why ? `: ${one.why}` : ""} · `, from("open", one.from, `คำนวณ ${metres(one.routed_m)} ม.`, "ระยะทางของคู่นี้"),
        ` · แจ้ง ${metres(one.declared_m)} ม. · รับรอง ${metres(one.certified_m)} ม.`]),
      make("div", "", { class: "columns" }, [
        make("fieldset", "", {}, [
          make("legend", "รับรองตามที่คำนวณ"),
          field("accept-why", one.state === "clear" ? "เหตุผล (ไม่บังคับ)" : "เหตุผล (ต้องมี)", {}, accept),
          button("accept-one", `รับรอง ${metres(one.routed_m)} ม.`, accept, off(one.routed_m !== null)),
        ]),
        make("fieldset", "", {}, [
          make("legend", "ใช้ระยะทางอื่นที่วัดได้"),
          field("enter-metres", "ระยะทาง (เมตรเต็ม)", { inputmode: "numeric" }), field("enter-why", "เหตุผล: วัดอย่างไร เมื่อใด โดยใคร (ต้องมี)"),
          field("enter-evidence", "หลักฐาน เช่น เลขหนังสือ", {}, enter(false)), proof,
          actions(button("attach", typed["enter-file"] ? `แนบแล้ว: ${typed["enter-file"][0]}` : "แนบไฟล์หลักฐาน", () => proof.click()), button("enter", "รับรองระยะทางนี้", enter(false))),
          ...fault("enter-file"),
          ...(doubt ? [make("p", `${number(doubt.metres)} ม. ${doubt.words.join(", ")} ยังไม่บันทึก: ตรวจตัวเลข `,
            { id: "doubt", class: "warn", role: "alert" }, [button("sure", "ตรวจแล้ว ใช้ระยะทางนี้", enter(true))])] : []),
        ]),
      ]),
      past.length ? table(["แถวในบันทึก", "เมื่อ", "ผู้ตัดสินใจ", "ตัดสินใจ", "เหตุผล", "หลักฐาน"], past, { id: "history" })
        : make("p", "ยังไม่เคยมีการตัดสินใจ", { class: "faint" }),
      actions(button("close-pair", "ปิด", close)),
    ]);
  }
  // A browser labels its fields for files in its own language: these are hidden, and opened by a button of ours.
  const MOST_BYTES = 5e6; // what a page may send at once
  function fileField(id, words, accept, then, of) {
    const read = (file) => {
      if (!file) return;
      typed[`${of}-fault`] = file.size > MOST_BYTES ? `${file.name} ใหญ่เกิน 5 MB: ย่อหรือเลือกไฟล์อื่น` : "";
      if (typed[`${of}-fault`]) return again();
      const reader = new FileReader();
      reader.onload = () => then(file.name, reader.result.slice(reader.result.indexOf(",") + 1));
      reader.readAsDataURL(file);
    };
    return make("input", "", { id, type: "file", accept, hidden: "", "aria-label": words, onchange: (event) => read(event.target.files[0]) });
  }
  const fault = (of) => (typed[`${of}-fault`] ? [make("p", typed[`${of}-fault`], { class: "warn", role: "alert" })] : []);
  function drawBook(book) {
    const chosen = () => book.rows.filter((one) => isTicked(`row-${one.row}`, !one.doubts.length)).map((one) => one.row);
    const rows = book.rows.map((one) => [
      cellOf([tick(`row-${one.row}`, `แถว ${one.row}`, !one.doubts.length)]), one.village, one.host, figure(metres(one.routed_m)), figure(metres(one.certified_m)),
      figure(number(one.metres)), one.why, cellOf([one.doubts.length ? make("span", one.doubts.join(", "), { class: "warn" }) : "ไม่มี"]),
    ]);
    const faults = book.faults.map((one) => [one.row ? `แถว ${one.row}` : "ทั้งไฟล์", one.message, one.remedy]);
    return make("div", "", { id: "book" }, [
      make("h4", `${book.file}: เสนอ ${number(rows.length)} คู่ อ่านไม่ได้หรือไม่รับ ${number(faults.length)} รายการ`),
      ...(rows.length ? [scroller("proposals", "ระยะทางที่วัดมา", table(
        ["รับ", "หมู่บ้าน", "โรงเรียนหลัก", ...["คำนวณ (ม.)", "รับรองอยู่ (ม.)", "วัดได้ (ม.)"].map(amount), "วิธี เมื่อใด โดยใคร", "ข้อที่ควรดูอีกครั้ง"], rows))] : []),
      ...(faults.length ? [table(["ที่", "ปัญหา", "ทางแก้"], faults, { id: "faults" })] : []),
      actions(
        button("take-book", "รับรองแถวที่ทำเครื่องหมาย", () => decide("take_book", { rows: chosen() }), off(rows.length)),
        button("drop-book", "วางไว้ก่อน", () => act("drop_book")),
      ),
    ]);
  }

  // --- ③ Need ---
  const lineOf = (one) => `${one.host_id}/${one.school_id}/${one.programme}`;
  function drawNeed({ need, glance, round }) {
    const programmes = need.programmes.map((programme) => {
      const rows = programme.rows.map((one) => make("tr", "", {}, [
        make("td", one.host), make("td", one.school), ...one.bands.map((pupils) => figure(number(pupils))),
        ...figures("need", `allocation/${round}/${lineOf(one)}`, `${one.school} ไป ${one.host}`, [number(one.pupils), baht(one.need_baht), baht(one.allocated_baht)]),
        make("td", one.basis, one.certified ? {} : { class: "warn" }),
      ]));
      rows.push(make("tr", "", { class: "sum" }, [
        make("td", "รวม"), make("td", ""), ...need.bands.map(() => make("td", "")),
        ...figures(`need-${programme.name}`, `round/${round}`, `รวม ${programme.name}`, [number(programme.pupils ?? 0), baht(programme.need_baht), baht(programme.allocated_baht)]),
        make("td", ""),
      ]));
      const bands = need.bands.map((words, i) => head(`need-${programme.name}-${i}`, "rule/bands", `${words} (คน)`, "figure"));
      return [make("h3", programme.name), scroller(`need-${programme.name}`, `ความต้องการ ${programme.name}`, table(
        ["โรงเรียนหลัก", "โรงเรียนมารวม", ...bands, ...["รวม (คน)", "ต้องการ (บาท)", "จัดสรร (บาท)"].map(amount), "ฐานระยะทาง"], rows))];
    });
    return [
      ...(need.programmes.length ? programmes.flat() : [make("p", "รอบนี้ไม่มีรายการค่าพาหนะ")]),
      ...drawRequest(glance),
    ];
  }
  function drawRequest({ due: [due], pupils, need }) {
    const done = due.state === "done";
    return [
      make("h3", "ยื่นขอ"),
      make("p", "", { id: "asked-words" }, [done ? from("asked", due.from, due.words, due.what) : `ยังไม่บันทึก: ${due.what} ${due.by} (${due.words}) ชุดคำขอทำได้ในข้อ ⑥`]),
      make("div", "", { class: "fields" }, [
        field("asked-why", "เลขที่หนังสือหรือหมายเหตุ (ไม่บังคับ)"),
        button("asked", `${done ? "บันทึกใหม่ว่ายื่นขอ" : "บันทึกว่ายื่นขอแล้ว"}: ${number(pupils)} คน ${number(need)} บาท`, () => decide("asked", { why: take("asked-why") })),
      ]),
    ];
  }

  // --- ④ Ceiling and rule ---
  function drawRule({ rule, round }) {
    const chosen = typed.rule ?? rule.rule;
    const options = rule.rules.map((one) => make("tr", "", one.rule === rule.rule ? { class: "looked" } : {}, [
      cellOf([make("label", "", {}, [make("input", "", {
        id: `rule-${one.rule}`, type: "radio", name: "rule", ...(one.rule === chosen ? { checked: "" } : {}), onchange: () => { typed.rule = one.rule; },
      }), ` ${one.words}`])]),
      one.rule === rule.rule && rule.known ? cellOf([from("rules", `round/${round}`, baht(one.baht), one.words)], { class: "figure" }) : figure(baht(one.baht)),
      figure(one.least === null ? "–" : `${one.least}%`), figure(number(one.nothing)), figure(one.days === null ? "–" : number(one.days)),
    ]));
    const save = () => decide("choose_rule", { rule: typed.rule ?? shown.rule.rule, why: take("rule-why") });
    const look = () => act("what_if", { baht: rule.what_ifs.map((one, i) => typed[`ceiling-${i}`] ?? String(one.ceiling)) });
    const letters = rule.letters.map(([letter, day, money, after]) => make("li", `${letter} ลงวันที่ ${day}: ${number(money)} บาท`, {},
      after ? [make("b", " ลงวันที่หลังวันนี้: ตรวจวันที่ในตาราง ceilings", { class: "warn" })] : []));
    const again = rule.confirmed && rule.differs; // what was confirmed is not what is shown
    return [
      make("p", "", { id: "ceiling", class: "strong" }, rule.known ? [
        from("rule", `ceiling/${round}`, `วงเงิน ${number(rule.ceiling)} บาท`, "ของรอบ"), " ", from("rule", `round/${round}`, `ต้องการ ${number(rule.need)} บาท`, "ของรอบ"),
        ` ${rule.enough ? "พอ ทุกวิธีให้ผลเท่ากัน" : `ขาด ${number(rule.need - rule.ceiling)} บาท`}`,
      ] : [`ยังไม่มีหนังสือแจ้งวงเงิน ตารางนี้ลองด้วย ${number(rule.ceiling)} บาท`]),
      ...(letters.length ? [make("ul", "", { id: "letters", class: "bullets" }, letters)] : []),
      make("p", "ใช้อยู่: ", { id: "rule-now" }, [from("rule", rule.from, rule.words, "วิธีแบ่งที่ใช้อยู่"), ` (${rule.source})${rule.chosen ? "" : " ยังไม่มีผู้เลือกสำหรับรอบนี้"}`]),
      scroller("rules", "วิธีแบ่งสี่วิธี", table(["วิธีแบ่ง", ...["จัดสรรรวม (บาท)", "รายการที่ได้น้อยสุด", "รายการที่ไม่ได้เลย", "วันเต็มที่ทุกคนได้"].map(amount)], options)),
      make("p", `ไม่มีระเบียบใดกำหนดวิธีแบ่ง สำนักงานเขตเป็นผู้เลือก และทุกรายงานพิมพ์วิธีที่เลือก`, { class: "faint" }),
      make("div", "", { class: "fields" }, [field("rule-why", "เหตุผลที่เลือก (ต้องมี)", {}, save), button("choose-rule", "ใช้วิธีที่เลือก", save, { class: "main" })]),
      make("p", "", { id: "confirmed" }, [from("confirmed", rule.confirmed_from, rule.confirmed || "ยังไม่ยืนยันการจัดสรร", "การจัดสรร"), (again || !rule.confirmed) && rule.lacks ? `: ${rule.lacks}` : ""]),
      ...(again ? [make("p", rule.differs, { id: "differs", class: "warn strong", role: "alert" })] : []),
      ...(again || !rule.confirmed ? [actions(button("confirm", `${again ? "ยืนยันใหม่" : "ยืนยันการจัดสรร"} ${baht(rule.allocated)} บาท`,
        () => decide("confirm", { why: take("rule-why") }), off(!rule.lacks)))] : []),
      details("by-line", "เทียบรายโรงเรียน (บาท)", [scroller("rule-lines", "สี่วิธีรายโรงเรียน", table(
        ["โรงเรียนหลัก", "โรงเรียนมารวม", "โครงการ", ...["ต้องการ", ...rule.rules.map((one) => one.short)].map(amount)],
        rule.lines.map((one) => [one.host, one.school, one.programme_words,
          ...figures("rule", `allocation/${round}/${lineOf(one)}`, `${one.school} ไป ${one.host}`, [baht(one.need_baht)]), ...one.baht.map((n) => figure(baht(n)))])))]),
      make("h3", "ถ้าวงเงินเป็นอย่างอื่น"),
      make("div", "", { class: "fields" }, [
        ...rule.what_ifs.map((one, i) => field(`ceiling-${i}`, `วงเงินที่ ${i + 1} (บาท)`, { inputmode: "numeric", value: typed[`ceiling-${i}`] ?? number(one.ceiling) }, look)),
        button("look-ceilings", "คำนวณตามวงเงินที่ลอง", look),
      ]),
      bullets(rule.what_ifs.map((one) => `${number(one.ceiling)} บาท: จัดสรร ${baht(one.baht)} บาท ${one.lacks ? `ขาด ${number(one.lacks)} บาท` : "พอ"}`), { id: "what-ifs" }),
      details("by-ceiling", "รายโรงเรียนตามวงเงินที่ลอง (บาท)", [scroller("ceiling-lines", "วงเงินที่ลองรายโรงเรียน", table(
        ["โรงเรียนหลัก", "โรงเรียนมารวม", "โครงการ", ...rule.what_ifs.map((one) => amount(number(one.ceiling)))],
        rule.under.map((one) => [one.host, one.school, one.programme_words, ...one.baht.map((n) => figure(baht(n)))])))]),
      make("h3", "เพิ่มวันเรียนอีกหนึ่งวัน (", {}, [from("day", "rule/days_by_term", `ปัจจุบัน ${number(rule.days)} วัน`, "ที่จ่าย"), ")"]),
      bullets(rule.day.map(([words, pupils, money]) => `${words}: ${number(money)} บาท (นักเรียน ${number(pupils)} คน)`), { id: "day" }),
    ];
  }

  // --- ⑤ Settle ---
  function drawSettle({ settle, glance, round }) {
    if (!settle) {
      return [make("p", "ยังกระทบยอดไม่ได้: ต้องมีวงเงินหรือรายการจ่าย และข้อมูลนักเรียน ณ วันนับ", { id: "settle-none" }), bullets(glance.notes)];
    }
    const rows = settle.rows.map((one) => {
      const [before, counted, due, paid, ...rest] = figures("settle", `settlement/${round}/${lineOf(one)}`, `กระทบยอด ${one.school} ไป ${one.host}`, [
        one.pupils_estimate === null ? "–" : number(one.pupils_estimate), number(one.pupils_count),
        ...[one.due_baht, one.paid_baht ?? one.allocated_baht, one.carried_baht, one.additional_baht, one.return_baht].map(baht),
      ]);
      paid.append(make("small", one.paid_from));
      return make("tr", "", one.draft ? { class: "draft" } : {}, [
        cellOf([make("span", one.host), make("small", `จาก ${one.school}`), make("small", one.programme_words)]), before, counted,
        make("td", one.added === null ? "–" : `+${number(one.added)} −${number(one.left)} ย้าย ${number(one.moved)} ช่วง ${number(one.band_changed)}`),
        due, paid, ...rest, make("td", `${one.words}${one.draft ? " (ร่าง)" : ""}`),
      ]);
    });
    const { sums } = settle;
    rows.push(make("tr", "", { class: "sum" }, [
      make("td", "รวม"), make("td", ""), make("td", ""), make("td", ""), ...figures("settle-sum", `settlement/${round}`, "กระทบยอดรวมของรอบ",
        [sums.due_baht, sums.paid_baht ?? sums.allocated_baht, sums.carried_baht, sums.additional_baht, sums.return_baht].map(baht)), make("td", ""),
    ]));
    return [
      ...(settle.draft ? [make("p", "เป็นร่าง: ยังมีระยะทางที่ไม่รับรอง ใช้ขอเพิ่มหรือส่งคืนเงินไม่ได้", { id: "draft", class: "warn" })] : []),
      ...(settle.differs ? [make("p", `${settle.differs} การกระทบยอดนี้ใช้ยอดที่ยืนยันไว้: ยืนยันใหม่ในข้อ ④ ถ้ายอดใหม่ถูก`, { id: "settle-differs", class: "warn strong", role: "alert" })] : []),
      scroller("settled", "กระทบยอดรายโรงเรียน", table(
        ["โรงเรียน", amount("ประมาณ (คน)"), amount("นับได้ (คน)"), "เปลี่ยน", ...["ควรได้ (บาท)", "จ่ายหรือจัดสรร (บาท)", "ยกมาหรือยกไป", "ขอเพิ่ม", "ส่งคืน"].map(amount), "สถานะ"], rows)),
      ...(settle.changes.length ? [details("changes", `ผู้ที่เปลี่ยนจากประมาณการ: ${settle.changed.map(([words, pupils]) => `${words} ${number(pupils)} คน`).join(", ")}`, [
        scroller("change-rows", "ผู้ที่เปลี่ยน", table(["เปลี่ยน", amount("คน"), "หมู่บ้าน", "เดิม", "ใหม่", amount("บาท")], settle.changes.map((one) =>
          [one.words, figure(number(one.pupils)), one.village, one.before, one.after, figure(baht(one.baht))])))])] : []),
    ];
  }

  // --- ⑥ Papers ---
  function drawPapers({ papers }) {
    const kinds = papers.kinds.filter((one) => !one.lacks).map((one) => make("li", "", {}, [tick(`paper-${one.kind}`, one.words, true)]));
    const reasons = [...new Set(papers.kinds.map((one) => one.lacks).filter(Boolean))];
    const refused = reasons.map((why) => make("li", "", {}, [
      make("b", `✘ ${papers.kinds.filter((one) => one.lacks === why).map((one) => one.words).join(", ")}`), make("small", why),
    ]));
    const chosen = () => papers.kinds.filter((one) => !one.lacks && isTicked(`paper-${one.kind}`, true)).map((one) => one.kind);
    const [done, total] = papers.progress;
    return [
      make("h3", "ทำได้แล้ว"), kinds.length ? make("ul", "", { id: "kinds", class: "rows" }, kinds) : make("p", "ยังไม่มี"),
      actions(
        button("write-papers", "เขียนเอกสารที่เลือก", () => act("write_papers", { kinds: chosen() }), { class: "main", ...off(!papers.running && papers.kinds.some((one) => !one.lacks)) }),
        button("write-templates", "เขียนแม่แบบไว้แก้ใน Word และ Excel", () => act("write_templates"), off(!papers.running)),
      ),
      ...(papers.running ? [make("p", "", { id: "running", role: "status" }, [
        make("progress", "", { ...(total ? { value: done, max: total } : {}), "aria-label": "ความคืบหน้า" }), ` ${papers.told}${total ? ` (${done}/${total})` : ""}`,
      ])] : []),
      ...(refused.length ? [make("h3", "ยังทำไม่ได้"), make("ul", "", { id: "refusals", class: "rows" }, refused)] : []),
      ...(papers.fault ? [make("p", papers.fault, { class: "warn", role: "alert" })] : []),
      ...(papers.files.length ? [details("files", `ไฟล์ที่มีในโฟลเดอร์ ${number(papers.files.length)} ไฟล์`, [bullets(papers.files)])] : []),
    ];
  }

  // What was typed for a decision is done with once something was decided, or another pair is looked at.
  const OF_PAIR = ["accept-why", "enter-metres", "enter-why", "enter-evidence", "enter-file", "enter-file-fault"];
  function forget(before, view, decided) {
    if (decided || before.certify.open?.key !== view.certify.open?.key) OF_PAIR.forEach((id) => delete typed[id]);
    if (decided) ["all-why", "rule-why", "asked-why", "undo-why", "confirm-why", "rule"].forEach((id) => delete typed[id]);
    if (JSON.stringify(before.rule.what_ifs) !== JSON.stringify(view.rule.what_ifs)) [0, 1, 2].forEach((i) => delete typed[`ceiling-${i}`]);
    if (before.certify.book?.file !== view.certify.book?.file) Object.keys(ticked).filter((id) => id.startsWith("row-")).forEach((id) => delete ticked[id]);
  }
  const again = () => draw({ ...shown, error: "" });
  function draw(view) {
    const decided = shown !== null && shown.seen !== view.seen && !view.error;
    if (shown) forget(shown, view, decided);
    else if (!view.who && remembered()) act("work_as", { who: remembered() });
    if (shown?.who !== view.who) typed["who-name"] = view.who || remembered();
    shown = view;
    tell(view, decided);
    sections.bar(view, [view.next, view.stale, view.said, view.undo, view.error], () => drawBar(view));
    sections.who(view, [view.who, view.round, view.term], () => drawWho(view));
    sections.glance(view, [view.glance, view.round], () => drawGlance(view));
    const { rows, filters, options, clear, open, ...rest } = view.certify;
    sections.pairs(view, [rows, filters, options, clear], () => drawPairs(view));
    mark(open?.key);
    sections.pair(view, [open, typed["enter-file"]?.[0], typed["enter-file-fault"]], () => (open ? [drawPair(open)] : []));
    sections.field(view, [rest, view.papers.running && view.papers.told, typed["book-fault"]], () => drawField(view));
    sections.need(view, [view.need, view.glance.due[0], view.glance.need, view.round], () => drawNeed(view));
    sections.rule(view, [view.rule, view.round], () => drawRule(view));
    sections.settle(view, [view.settle, view.glance.notes, view.round], () => drawSettle(view));
    sections.papers(view, view.papers, () => drawPapers(view));
    source.draw(view.trace);
  }
  return draw;
}
