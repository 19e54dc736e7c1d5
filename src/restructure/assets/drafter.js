// The plan's draft: steps of the three rounds, texts, schools with their figures, what is left, versions, documents.
// A text is written when its field is left. Fields are made once and only filled anew, so that nobody loses a word
// while the rest of the page changes; other parts are drawn again only when what they show has changed.
function start(root, act) {
  const typed = {}; // what stands in the fields of a form that is sent by a button
  const fields = {}; // every field of the draft by its place in it
  let shown = null;
  let chosen = ""; // the step that is looked at
  let sent = false; // a decision is on its way: a button that is pressed twice decides once
  const byId = (id) => root.getRootNode().getElementById(id);
  const off = (can) => (can ? {} : { disabled: "" });
  const frozen = () => (shown.viewer ? { readonly: "" } : {});
  function decide(name, args = {}) {
    if (sent) return;
    sent = true;
    act(name, { ...args, seen: shown.seen });
  }

  const bar = make("div", "", { id: "bar" });
  const toast = make("div", "", { id: "toast", popover: "manual" });
  const doubt = make("div", "");
  root.append(bar, toast, doubt);
  function section(id, words) {
    const box = make("div", "", { class: "body" });
    root.append(make("section", "", { id, "aria-label": words }, [make("h2", words), box]));
    return box;
  }
  function drawn(box) {
    let seen = "";
    return (data, draw) => {
      const now = JSON.stringify(data);
      if (now === seen) return;
      seen = now;
      redraw(box, draw());
    };
  }
  const whoBox = section("who", "⓪ ผู้ทำงาน ทางเลือก และประเภทงาน");
  const stepsBox = section("steps", "① ขั้นตอนตามมาตรฐานการปฏิบัติงาน");
  const glance = make("div", "", { class: "rounds" });
  const panel = make("div", "");
  stepsBox.append(glance, panel);
  const textsBox = section("texts", "② ข้อความของแผน");
  const schoolsBox = section("schools", "③ รายโรงเรียน");
  const whole = make("div", "");
  const traced = make("div", "");
  const list = make("div", "");
  schoolsBox.append(whole, traced, list);
  const draws = {
    bar: drawn(bar), doubt: drawn(doubt), who: drawn(whoBox), glance: drawn(glance), panel: drawn(panel), texts: drawn(textsBox),
    whole: drawn(whole), trace: drawn(traced), schools: drawn(list), blanks: drawn(section("blanks", "④ ข้อความที่ยังว่าง")),
    versions: drawn(section("versions", "⑤ ฉบับที่คณะกรรมการเห็น")), documents: drawn(section("documents", "⑥ ทำเอกสาร")),
  };

  // --- parts ---
  const bullets = (texts, attributes = {}) => make("ul", "", { class: "bullets", ...attributes }, texts.map((text) => make("li", text)));
  const table = (heads, rows, attributes = {}) => make("table", "", attributes, [
    make("thead", "", {}, [make("tr", "", {}, heads.map((head) => make("th", head, { scope: "col" })))]),
    make("tbody", "", {}, rows.map((cells) => make("tr", "", {}, cells.map((cell) => (typeof cell === "string" ? make("td", cell) : cell))))),
  ]);
  const opened = new Set();
  function details(id, words, children, attributes = {}) {
    return make("details", "", {
      id, ...attributes, ...(opened.has(id) ? { open: "" } : {}), ontoggle: (event) => { opened[event.target.open ? "add" : "delete"](id); },
    }, [make("summary", "", {}, words), ...children]);
  }
  // A field of a form.
  function formField(id, words, attributes = {}, does = null) {
    return make("label", words, { class: "field" }, [make("input", "", {
      id, type: "text", autocomplete: "off", value: typed[id] ?? "", oninput: (event) => { typed[id] = event.target.value; },
      onkeydown: (event) => { if (event.key === "Enter" && does) does(); }, ...attributes,
    })]);
  }
  const take = (id) => typed[id] ?? "";
  // A field of the draft; `was` is what stood there when somebody began to type.
  function place(path, words, tag = "textarea", attributes = {}) {
    const input = make(tag, "", {
      id: `at-${path}`, autocomplete: "off", spellcheck: "false", ...(tag === "input" ? { type: "text" } : { rows: "2" }), ...frozen(), ...attributes,
      oninput: () => { mine.dirty = true; },
      onchange: () => { if (mine.dirty) act("write", { path, text: input.value, was: mine.was }); },
      ...(tag === "input" ? { onkeydown: (event) => { if (event.key === "Enter") input.blur(); } } : {}),
    });
    const mine = { input, was: fields[path]?.was ?? "", dirty: false };
    if (fields[path]?.dirty) { // made anew while somebody types in it
      input.value = fields[path].input.value;
      mine.dirty = true;
    } else {
      input.value = mine.was;
    }
    fields[path] = mine;
    return make("label", "", { class: "typed" }, [make("span", words), input]);
  }
  // Fill what nobody is typing in; what has been written is no longer being typed.
  function fill(path, text, conflict) {
    const field = fields[path];
    if (!field) return;
    if (field.dirty && (field.input.value === text || conflict?.path === path)) field.dirty = false;
    if (conflict?.path === path) return; // what was typed stays in sight until one is chosen
    if (field.dirty) return;
    field.was = text;
    if (field.input.value !== text) field.input.value = text;
    field.input.classList.toggle("blank", !path.startsWith("steps/") && !text.trim());
  }
  function show(path) {
    const [kind, code] = path.split("/");
    if (kind === "schools") byId(`school-${code}`).open = true;
    fields[path].input.scrollIntoView({ block: "center" });
    fields[path].input.focus({ preventScroll: true });
  }

  // --- what comes next, what was done ---
  const SHOWN_MS = 8000;
  let hides = 0;
  let told = "";
  function tell(view) {
    const words = view.error || view.said;
    if ((!view.error && words === told) || !toast.isConnected) return;
    told = words;
    clearTimeout(hides);
    const hide = () => toast.hidePopover();
    toast.className = view.error ? "refused" : "";
    toast.setAttribute("role", view.error ? "alert" : "status");
    const again = !view.error && view.undo && view.said.includes(view.undo) ? [button("undo-now", "เลิกทำ", () => act("undo"))] : [];
    toast.replaceChildren(make("span", words), ...again, button("hide", "ปิด", hide));
    if (toast.matches(":popover-open") !== Boolean(words)) toast.togglePopover();
    if (words && !view.error) hides = setTimeout(hide, SHOWN_MS);
  }
  function drawBar(view) {
    return [
      make("p", "", { id: "next" }, [make("b", "ต่อไป: "), view.next]),
      ...(view.fault ? [make("p", view.fault, { id: "fault", class: "warn strong", role: "alert" })] : []),
      ...(view.stale ? [button("reread", "ไฟล์ในโฟลเดอร์เปลี่ยน: อ่านข้อมูลใหม่", () => act("reread"), { class: "warn" })] : []),
      ...(view.said && !view.error ? [make("span", view.said, { id: "said" })] : []),
      ...(view.viewer ? [make("b", "ดูอย่างเดียว ไม่บันทึก", { class: "warn" })] : [
        button("undo", view.undo ? `เลิกทำ: ${view.undo}` : "เลิกทำ", () => act("undo"), off(view.undo)),
        button("redo", view.redo ? `ทำซ้ำ: ${view.redo}` : "ทำซ้ำ", () => act("redo"), off(view.redo)),
      ]),
    ];
  }
  // The keys of every editor, where no field has them for its own text.
  root.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea")) return;
    const key = event.key.toLowerCase();
    const does = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : "";
    if (!does || !shown[does]) return;
    event.preventDefault();
    act(does);
  });
  function drawDoubt({ conflict }) {
    if (!conflict) return [];
    const settle = (mine) => {
      fields[conflict.path].dirty = false;
      act("settle", { mine });
    };
    return [make("div", "", { id: "conflict", role: "alert" }, [
      make("h3", `${conflict.thai}: ถูกแก้จากอีกหน้าต่าง เลือกข้อความที่จะใช้`),
      make("div", "", { class: "two" }, [
        make("div", "", {}, [make("h4", "ที่พิมพ์ในหน้านี้"), make("pre", conflict.mine || "(ว่าง)"), button("take-mine", "ใช้ของหน้านี้", () => settle(true))]),
        make("div", "", {}, [make("h4", "ที่บันทึกอยู่"), make("pre", conflict.theirs || "(ว่าง)"), button("take-theirs", "ใช้ที่บันทึกอยู่", () => settle(false))]),
      ]),
    ])];
  }

  // --- ⓪ Who, scenario, kind ---
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
      remember(byId("remember").checked ? take("who-name") : "");
      act("work_as", { who: take("who-name") });
    };
    const choose = (id, words, entries, now, does) => {
      const label = chooser(id, words, entries, now, does);
      if (view.viewer) label.querySelector("select").disabled = true;
      return label;
    };
    return [
      ...(view.synthetic ? [make("p", "ข้อมูลสมมุติ ห้ามใช้จริง", { class: "warn strong" })] : []),
      make("div", "", { class: "fields" }, [
        formField("who-name", "ชื่อผู้ทำงาน", { placeholder: "ชื่อและตำแหน่ง", ...frozen() }, work),
        make("label", "", {}, [make("input", "", { id: "remember", type: "checkbox", ...(remembered() ? { checked: "" } : {}) }), " จำชื่อไว้ในหน้านี้"]),
        button("work", "ใช้ชื่อนี้", work, { ...off(!view.viewer), ...(view.who ? {} : { class: "main" }) }),
      ]),
      make("div", "", { class: "fields" }, [
        choose("scenario", "ทางเลือกของแผน", view.scenarios.length ? view.scenarios : [[view.scenario, "ยังไม่มีทางเลือก ทำในสมุดงาน 03"]], view.scenario, (stem) => act("choose_scenario", { stem, was: view.scenario })),
        choose("kind", "ประเภทงาน", view.kinds, view.kind, (kind) => act("choose_kind", { kind, was: view.kind })),
      ]),
      make("p", view.who ? `กำลังทำงานในชื่อ ${view.who} · ${view.office}` : "พิมพ์ข้อความได้เลย บันทึกเองเมื่อออกจากช่อง ส่วนการรับรองขั้นและเก็บฉบับต้องมีชื่อ", { id: "working" }),
    ];
  }

  // --- ① Steps ---
  const MARKS = { done: "✓", late: "!", ready: "▸", waiting: "" };
  function drawGlance(view) {
    return view.rounds.map((round) => make("div", "", { id: `round-${round.key}` }, [
      make("h3", `${round.thai} ${number(round.done)}/${number(round.steps.length)}`),
      ...round.steps.map((one) => {
        const words = one.state === "done" ? `${one.done_words} · ${one.who}`
          : [one.owner || "ยังไม่มีผู้รับผิดชอบ", one.due_words ? `ภายใน ${one.due_words}` : "ยังไม่กำหนดวัน"].join(" · ");
        const warned = one.changed ? "ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง" : one.state === "done" && one.missing.length ? one.missing[0] : "";
        return make("button", "", {
          id: `step-${one.key}`, type: "button", class: `step ${one.state} ${one.changed ? "changed" : ""}`, "aria-pressed": String(one.key === chosen),
          onclick: () => { look(one.key === chosen ? "" : one.key); },
        }, [
          make("span", one.changed ? "!" : MARKS[one.state], { class: "mark", "aria-hidden": "true" }),
          make("span", "", {}, [make("span", one.thai), make("small", `${one.words} · ${words}`, one.state === "late" ? { class: "warn" } : {}), ...(warned ? [make("small", warned, { class: "warn" })] : [])]),
        ]);
      }),
    ]));
  }
  const FORM = ["done-on", "done-words", "done-why", "done-file", "revoke-why"];
  function look(key) {
    chosen = key;
    FORM.forEach((id) => delete typed[id]);
    draw({ ...shown, error: "" });
    byId("step")?.scrollIntoView({ block: "nearest" });
  }
  function drawStep(one) {
    const done = one.state === "done";
    const at = (name) => `steps/${one.key}/${name}`;
    const complete = () => decide("complete", {
      key: one.key, on: take("done-on"), words: take("done-words"), why: take("done-why"), file: typed["done-file"] ?? null,
    });
    const proof = fileField("evidence-file", "ไฟล์หลักฐาน");
    const revoke = () => decide("revoke", { key: one.key, why: take("revoke-why") });
    return make("div", "", { id: "step", role: "group", "aria-label": one.thai }, [
      make("h3", `${one.thai}: ${one.words}`),
      make("div", "", { class: "two" }, [
        make("div", "", {}, [
          place(at("owner"), "ผู้รับผิดชอบ", "input"), place(at("due"), "กำหนดเสร็จ (วัน/เดือน/พ.ศ.)", "input", { placeholder: "เช่น 15/12/2569" }), place(at("note"), "หมายเหตุ"),
        ]),
        make("div", "", {}, [
          ...(one.role ? [make("p", `ผู้ร่วม: ${one.role}`)] : []),
          make("h4", "ต้องมี"), bullets(one.needs),
          ...(one.usual.length ? [make("h4", "มักอยู่ในเรื่องแบบนี้ (ไม่มีระเบียบกำหนด)"), bullets(one.usual)] : []),
          make("h4", "หลักฐานที่ควรเก็บ"), make("p", one.expected),
          ...(one.missing.length ? [make("h4", "ยังขาด"), bullets(one.missing, { id: "missing", class: "bullets warn" })] : []),
        ]),
      ]),
      ...(done ? [make("fieldset", "", { id: "done" }, [
        make("legend", "รับรองแล้ว"),
        make("p", `ทำเมื่อ ${one.done_words} รับรองโดย ${one.who} ${one.at}`),
        ...(one.why ? [make("p", `เหตุผล: ${one.why}`)] : []),
        make("p", `หลักฐาน: ${one.evidence || "ไม่มี"}`),
        ...(one.sha256 ? [make("p", `SHA-256 ${one.sha256}`, { class: "faint" })] : []),
        ...(one.changed ? [make("p", "ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง: นำไฟล์เดิมกลับมา หรือเพิกถอนแล้วรับรองใหม่", { class: "warn strong", role: "alert" })] : []),
        ...(shown.viewer ? [] : [make("div", "", { class: "fields" }, [formField("revoke-why", "เหตุผลที่เพิกถอน", {}, revoke), button("revoke", "เพิกถอนการรับรอง", revoke)])]),
      ])] : shown.viewer ? [] : [make("fieldset", "", {}, [
        make("legend", "รับรองว่าทำแล้ว"),
        make("div", "", { class: "fields" }, [
          formField("done-on", "ทำเมื่อ", { placeholder: "วัน/เดือน/พ.ศ." }), formField("done-words", "หลักฐาน เช่น เลขหนังสือ"),
          proof, button("attach", typed["done-file"] ? `แนบแล้ว: ${typed["done-file"][0]}` : "แนบไฟล์หลักฐาน", () => proof.click()),
          formField("done-why", one.before.length ? "เหตุผลที่ข้ามขั้น (ต้องมี)" : "หมายเหตุ (ต้องมีถ้าไม่มีหลักฐาน)"),
          button("complete", "รับรองขั้นนี้", complete, { class: "main" }),
        ]),
        ...(typed["done-fault"] ? [make("p", typed["done-fault"], { class: "warn", role: "alert" })] : []),
      ])]),
      make("p", "", { class: "actions" }, [button("close-step", "ปิด", () => look(""))]),
    ]);
  }
  // A browser labels its fields for files in its own language: this one is hidden, and opened by a button of ours.
  const MOST_BYTES = 2e7; // what a page may send at once
  function fileField(id, words) {
    const read = (file) => {
      if (!file) return;
      typed["done-fault"] = file.size > MOST_BYTES ? `${file.name} ใหญ่เกิน 20 MB: ย่อหรือเลือกไฟล์อื่น` : "";
      const again = () => draw({ ...shown, error: "" });
      if (typed["done-fault"]) return again();
      const reader = new FileReader();
      reader.onload = () => {
        typed["done-file"] = [file.name, reader.result.slice(reader.result.indexOf(",") + 1)];
        again();
      };
      reader.readAsDataURL(file);
    };
    return make("input", "", { id, type: "file", hidden: "", "aria-label": words, onchange: (event) => read(event.target.files[0]) });
  }

  // --- ② ③ Texts and schools ---
  const drawTexts = (view) => [
    make("p", "บันทึกเองเมื่อออกจากช่อง ช่องพื้นเหลืองยังว่าง เว้นไว้ได้: เอกสารจะเว้นช่องให้เห็นชัด โปรแกรมไม่แต่งมติ วันที่ หรือกฎหมายให้", { class: "faint" }),
    make("div", "", { class: "two" }, view.texts.map((one) => place(one.path, one.thai))),
  ];
  const figures = (rows, words) => table(["ตัวเลขที่คำนวณ แก้ที่นี่ไม่ได้", "", ""], rows.map((one) => [
    one.thai, make("td", one.words, { class: "value" }),
    make("td", "", {}, [button(`trace-${one.school}-${one.host}-${one.key}`, "ตามรอย", (event) => {
      asked = one.thai;
      event.target.closest("table").after(traced); // where one is looking
      act("trace", { question: one.question });
    }, { "aria-label": `ตามรอย ${one.thai} ${words}` })]),
  ]), { class: "figures" });
  let asked = "";
  const OPEN_TO = 1; // so many levels of a tree stand open at first
  function branch(step, depth) {
    const source = step.source ? [make("small", `← ${step.source}`)] : [];
    if (!step.parts.length) return make("li", "", {}, [make("span", step.words), ...source]);
    return make("li", "", {}, [make("details", "", depth < OPEN_TO ? { open: "" } : {}, [
      make("summary", step.words), ...source, make("ul", "", {}, step.parts.map((part) => branch(part, depth + 1))),
    ])]);
  }
  function drawTrace({ trace }) {
    if (!trace) return [];
    return [make("div", "", { id: "trace", role: "region", "aria-label": "ที่มาของตัวเลข", tabindex: "-1" }, [
      make("h3", asked ? `ที่มาของ${asked}` : "ที่มาของตัวเลข"), make("ul", "", { class: "tree" }, [branch(trace, 0)]),
      make("p", "", { class: "actions" }, [button("close-trace", "ปิด", () => act("trace", { question: "" }))]),
    ])];
  }
  function drawSchools(view) {
    whole.after(traced); // which may stand in a school's card
    if (!view.schools.length) return [make("p", "ทางเลือกนี้ไม่มีการรวม")];
    return view.schools.map((one) => details(`school-${one.id}`, [
      `${one.name} → ${one.to} `, make("span", "", { id: `left-${one.id}`, class: "faint" }),
    ], [
      make("div", "", { class: "two" }, [
        make("div", "", {}, [
          ...one.groups.flatMap((group) => [make("h4", group.thai), figures(group.figures, `${one.name} ${group.thai}`)]),
          ...(one.warnings.length ? [make("h4", "ข้อควรระวังจากการคำนวณ"), bullets(one.warnings)] : []),
        ]),
        make("div", "", {}, view.school_texts[one.id].map((text) => place(text.path, text.thai))),
      ]),
    ], { class: "school" }));
  }

  // --- ④ ⑤ ⑥ Blanks, versions, documents ---
  function drawBlanks({ blanks }) {
    const groups = [...new Set(blanks.map((one) => one.where))].map((where) => blanks.filter((one) => one.where === where));
    return [
      make("p", blanks.length ? `ยังว่าง ${number(blanks.length)} แห่ง เปิดดูแล้วคลิกเพื่อไปที่ช่อง` : "ไม่มีข้อความว่างแล้ว", { id: "left" }),
      ...groups.map((mine) => details(`blanks-${mine[0].path.split("/").slice(0, -1).join("-")}`, [`${mine[0].where}: ${number(mine.length)} ช่อง`], [
        make("ul", "", { class: "bullets" }, mine.map((one) => make("li", "", {}, [button(`go-${one.path}`, one.thai, () => show(one.path))]))),
      ])),
    ];
  }
  const wordy = (text) => make("td", "", {}, [make("pre", text || "–")]);
  function drawVersions({ versions, viewer }, running) {
    const keep = () => act("keep", { why: take("keep-why") });
    return [
      make("p", "ทำเอกสารใหม่ แล้วเก็บเอกสาร ตัวเลข และข้อความไว้ เพื่อบอกได้ว่าเปลี่ยนอะไรหลังจากคณะกรรมการเห็น", { class: "faint" }),
      ...(viewer ? [] : [make("div", "", { class: "fields" }, [
        formField("keep-why", "ฉบับนี้ใช้ทำอะไร", { placeholder: "เช่น เสนอที่ประชุม กศจ." }, keep), button("keep", "เก็บฉบับที่คณะกรรมการเห็น", keep, off(!running)),
      ])]),
      ...(versions.rows.length ? [
        table(["ฉบับ", "เก็บเมื่อ", "ผู้เก็บ", "ใช้ทำอะไร", "ทางเลือก", "ไฟล์"], versions.rows.map((one) => [
          String(one.number), one.at, one.who, one.why, one.scenario, make("td", one.intact ? "ครบ ไม่ถูกแก้" : "หายหรือถูกแก้หลังเก็บ", one.intact ? {} : { class: "warn" }),
        ]), { id: "kept" }),
        make("div", "", { class: "fields" }, [chooser("against", "เทียบกับฉบับที่", versions.rows.map((one) => [String(one.number), `${one.number} ${one.why}`]), String(versions.number),
          (value) => act("compare_with", { number: Number(value) }))]),
        versions.fault ? make("p", versions.fault, { id: "changes", class: "warn", role: "alert" }) : versions.changes.length ? make("div", "", { id: "changes", class: "scroll", tabindex: "0", role: "region", "aria-label": "สิ่งที่เปลี่ยน" }, [
          table(["เรื่อง", "โรงเรียน", "รายการ", `ฉบับที่ ${versions.number}`, "ตอนนี้"], versions.changes.map((one) => [one.part, one.where, one.item, wordy(one.then), wordy(one.now)])),
        ]) : make("p", `ไม่มีอะไรเปลี่ยนจากฉบับที่ ${versions.number}`, { id: "changes" }),
      ] : [make("p", "ยังไม่เก็บฉบับใด", { id: "kept" })]),
    ];
  }
  function drawDocuments({ documents, viewer }) {
    return [
      ...(viewer ? [] : [make("p", "", { class: "actions" }, [
        button("make", "ทำเอกสาร ภาคผนวก และแผนที่", () => act("make", { final: byId("final").checked }), { class: "main", ...off(!documents.running) }),
        make("label", "", {}, [make("input", "", { id: "final", type: "checkbox" }), " ฉบับสมบูรณ์ (ทำได้เมื่อไม่มีช่องว่าง)"]),
      ])]),
      ...(documents.running ? [make("p", "", { role: "status" }, [
        make("progress", "", { "aria-label": documents.told, ...(documents.progress[1] ? { value: documents.progress[0], max: documents.progress[1] } : {}) }), ` ${documents.told}`,
      ])] : []),
      ...(documents.fault ? [make("p", documents.fault, { class: "warn", role: "alert" })] : []),
      ...(documents.files.length ? [bullets(documents.files, { id: "files" })] : [make("p", "ยังไม่มีเอกสาร")]),
    ];
  }

  function draw(view) {
    if (!shown && !view.who && !view.viewer && remembered()) act("work_as", { who: remembered() });
    if (shown?.who !== view.who) typed["who-name"] = view.who || remembered();
    if (shown && shown.seen !== view.seen && !view.error) FORM.forEach((id) => delete typed[id]);
    if (shown && shown.versions.rows.length !== view.versions.rows.length) delete typed["keep-why"];
    shown = view;
    sent = false;
    tell(view);
    draws.bar([view.next, view.fault, view.stale, view.undo, view.redo, view.error ? "" : view.said], () => drawBar(view));
    draws.doubt(view.conflict, () => drawDoubt(view));
    draws.who([view.who, view.scenario, view.scenarios, view.kind], () => drawWho(view));
    draws.glance([view.rounds, chosen], () => drawGlance(view));
    const steps = view.rounds.flatMap((round) => round.steps);
    const step = steps.find((one) => one.key === chosen);
    // What is typed in its own fields does not draw the panel anew.
    const { owner, due, note, due_words, ...rest } = step ?? {};
    draws.panel([rest, typed["done-file"]?.[0], typed["done-fault"]], () => (step ? [drawStep(step)] : []));
    draws.texts(view.texts.map((one) => one.path), () => drawTexts(view));
    draws.whole(view.whole, () => [make("h3", "ทั้งแผน"), figures(view.whole, "ทั้งแผน")]);
    const before = view.trace && JSON.stringify(view.trace);
    draws.trace(view.trace, () => drawTrace(view));
    if (before && before !== draw.traced) byId("trace").scrollIntoView({ block: "nearest" });
    draw.traced = before;
    draws.schools(view.schools, () => drawSchools(view));
    draws.blanks(view.blanks, () => drawBlanks(view));
    draws.versions([view.versions, view.documents.running], () => drawVersions(view, view.documents.running));
    draws.documents(view.documents, () => drawDocuments(view));
    for (const one of [...view.texts, ...Object.values(view.school_texts).flat()]) fill(one.path, one.text, view.conflict);
    if (step) for (const name of ["owner", "due", "note"]) fill(`steps/${step.key}/${name}`, step[name], view.conflict);
    for (const [school, texts] of Object.entries(view.school_texts)) {
      const left = texts.filter((one) => !one.text.trim()).length;
      byId(`left-${school}`).textContent = left ? `ยังว่าง ${number(left)} ช่อง` : "ครบ";
    }
  }
  return draw;
}
