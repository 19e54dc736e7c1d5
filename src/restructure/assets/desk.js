// What pages share on which people type, sign and take back: the page's side of restructure/widgets/desk.py.
// A text is written when its field is left. Fields are made once and only filled anew, so that nobody loses a word
// while the rest of the page changes; other parts are drawn again only when what they show has changed.
// `again` draws the page as it was shown last; `form` names the fields of forms that are empty after a decision.
function desk(root, act, again, form) {
  const FORM = ["done-on", "done-words", "done-why", "done-file", "revoke-why", ...form];
  const typed = {}; // what stands in the fields of a form that is sent by a button
  const fields = {}; // every field that is written when it is left, by its place
  let shown = null;
  let sent = false; // a decision is on its way: a button that is pressed twice decides once
  const byId = (id) => root.getRootNode().getElementById(id);
  const off = (can) => (can ? {} : { disabled: "" });
  const frozen = () => (shown.frozen ? { readonly: "" } : {});
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
  const draws = { bar: drawn(bar), doubt: drawn(doubt) };

  // --- parts ---
  const bullets = (texts, attributes = {}) => make("ul", "", { class: "bullets", ...attributes }, texts.map((text) => make("li", text)));
  const table = (heads, rows, attributes = {}) => make("table", "", attributes, [
    make("thead", "", {}, [make("tr", "", {}, heads.map((head) => (head instanceof Node ? head : make("th", head, { scope: "col" }))))]),
    make("tbody", "", {}, rows.map((cells) => make("tr", "", {}, cells.map((cell) => (typeof cell === "string" ? make("td", cell) : cell))))),
  ]);
  const scroller = (id, words, child) =>
    make("div", "", { id, class: "scroll", tabindex: "0", role: "region", "aria-label": words }, [child]);
  const opened = new Set();
  function details(id, words, children, attributes = {}) {
    return make("details", "", {
      id, ...attributes, ...(opened.has(id) ? { open: "" } : {}), ontoggle: (event) => { opened[event.target.open ? "add" : "delete"](id); },
      // The event comes after the click: what is drawn in between must know already.
    }, [make("summary", "", { onclick: (event) => { opened[event.currentTarget.parentElement.open ? "delete" : "add"](id); } }, words), ...children]);
  }
  // A field of a form.
  function formField(id, words, attributes = {}, does = null) {
    return make("label", words, { class: "field" }, [make("input", "", {
      id, type: "text", autocomplete: "off", value: typed[id] ?? "", oninput: (event) => { typed[id] = event.target.value; },
      onkeydown: (event) => { if (event.key === "Enter" && does) does(); }, ...attributes,
    })]);
  }
  const take = (id) => typed[id] ?? "";
  // A field that is written when it is left; `was` is what stood there when somebody began to type. One that `marks`
  // shows that it is blank.
  function place(path, words, tag = "textarea", attributes = {}, marks = false) {
    const input = make(tag, "", {
      id: `at-${path}`, autocomplete: "off", spellcheck: "false", ...(tag === "input" ? { type: "text" } : { rows: "2" }), ...frozen(), ...attributes,
      oninput: () => { Object.assign(mine, { dirty: true, sent: false }); },
      onchange: () => {
        if (!mine.dirty) return;
        mine.sent = true;
        act("write", { path, text: input.value, was: mine.was });
      },
      ...(tag === "input" ? { onkeydown: (event) => { if (event.key === "Enter") input.blur(); } } : {}),
    });
    const mine = { input, was: fields[path]?.was ?? "", dirty: false, marks };
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
  function fill(path, text) {
    const field = fields[path];
    if (!field) return;
    const disputed = shown.conflict?.path === path;
    if (field.dirty && (field.input.value === text || disputed)) field.dirty = false;
    if (disputed) return; // what was typed stays in sight until one is chosen
    if (field.dirty) return;
    field.was = text;
    if (field.input.value !== text) field.input.value = text;
    field.input.classList.toggle("blank", field.marks && !text.trim());
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
    const back = !view.error && view.undo && view.said.includes(view.undo) ? [button("undo-now", "เลิกทำ", () => act("undo"))] : [];
    toast.replaceChildren(make("span", words), ...back, button("hide", "ปิด", hide));
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
      if (fields[conflict.path]) fields[conflict.path].dirty = false;
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

  // --- who ---
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
  function whoFields(view) {
    const work = () => {
      remember(byId("remember").checked ? take("who-name") : "");
      act("work_as", { who: take("who-name") });
    };
    return [
      ...(view.synthetic ? [make("p", "ข้อมูลสมมุติ ห้ามใช้จริง", { class: "warn strong" })] : []),
      make("div", "", { class: "fields" }, [
        formField("who-name", "ชื่อผู้ทำงาน", { placeholder: "ชื่อและตำแหน่ง", ...(view.viewer ? { readonly: "" } : {}) }, work),
        make("label", "", {}, [make("input", "", { id: "remember", type: "checkbox", ...(remembered() ? { checked: "" } : {}) }), " จำชื่อไว้ในหน้านี้"]),
        button("work", "ใช้ชื่อนี้", work, { ...off(!view.viewer), ...(view.who ? {} : { class: "main" }) }),
      ]),
    ];
  }

  // --- steps: done by whom, with what evidence ---
  const MARKS = { done: "✓", late: "!", returned: "↩", soon: "◔", ready: "▸", waiting: "", open: "" };
  function stepButton(one, words, warned, chosen, onclick) {
    return make("button", "", {
      id: `step-${one.key}`, type: "button", class: `step ${one.state} ${one.changed ? "changed" : ""}`, "aria-pressed": String(chosen), onclick,
    }, [
      make("span", one.changed ? "!" : MARKS[one.state], { class: "mark", "aria-hidden": "true" }),
      make("span", "", {}, [
        make("span", one.thai), make("small", `${one.words} · ${words}`, one.state === "late" || one.state === "returned" ? { class: "warn" } : {}),
        ...(warned ? [make("small", warned, { class: "warn" })] : []),
      ]),
    ]);
  }
  // What was certified, and the way to take it back.
  function doneBox(one, revoke) {
    return make("fieldset", "", { id: "done" }, [
      make("legend", "รับรองแล้ว"),
      make("p", `${one.skipped ? "ไม่ต้องทำ ลงวันที่" : "ทำเมื่อ"} ${one.done_words} รับรองโดย ${one.who} ${one.at}`),
      ...(one.why ? [make("p", `เหตุผล: ${one.why}`)] : []),
      make("p", `หลักฐาน: ${one.evidence || "ไม่มี"}`),
      ...(one.sha256 ? [make("p", `SHA-256 ${one.sha256}`, { class: "faint" })] : []),
      ...(one.changed ? [make("p", "ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง: นำไฟล์เดิมกลับมา หรือเพิกถอนแล้วรับรองใหม่", { class: "warn strong", role: "alert" })] : []),
      ...(shown.viewer ? [] : [make("div", "", { class: "fields" }, [formField("revoke-why", "เหตุผลที่เพิกถอน", {}, revoke), button("revoke", "เพิกถอนการรับรอง", revoke)])]),
    ]);
  }
  // The form that certifies; `complete` is given what was filled in.
  function certifyBox(whyWords, complete, more = []) {
    const proof = fileField("evidence-file", "ไฟล์หลักฐาน");
    const send = () => complete({ on: take("done-on"), words: take("done-words"), why: take("done-why"), file: typed["done-file"] ?? null });
    return make("fieldset", "", {}, [
      make("legend", "รับรองว่าทำแล้ว"),
      make("div", "", { class: "fields" }, [
        formField("done-on", "ทำเมื่อ", { placeholder: "วัน/เดือน/พ.ศ." }), formField("done-words", "หลักฐาน เช่น เลขหนังสือ"),
        proof, button("attach", typed["done-file"] ? `แนบแล้ว: ${typed["done-file"][0]}` : "แนบไฟล์หลักฐาน", () => proof.click()),
        formField("done-why", whyWords), ...more,
        button("complete", "รับรองขั้นนี้", send, { class: "main" }),
      ]),
      ...(typed["done-fault"] ? [make("p", typed["done-fault"], { class: "warn", role: "alert" })] : []),
    ]);
  }
  // A browser labels its fields for files in its own language: this one is hidden, and opened by a button of ours.
  const MOST_BYTES = 2e7; // what a page may send at once
  function fileField(id, words) {
    const read = (file) => {
      if (!file) return;
      typed["done-fault"] = file.size > MOST_BYTES ? `${file.name} ใหญ่เกิน 20 MB: ย่อหรือเลือกไฟล์อื่น` : "";
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
  const attached = () => [typed["done-file"]?.[0], typed["done-fault"]];
  const forget = () => FORM.forEach((id) => delete typed[id]);

  // What comes first of every view.
  function begin(view) {
    if (!shown && !view.who && !view.viewer && remembered()) act("work_as", { who: remembered() });
    if (shown?.who !== view.who) typed["who-name"] = view.who || remembered();
    if (shown && shown.seen !== view.seen && !view.error) forget();
    const asked = view.conflict && !shown?.conflict;
    shown = view;
    sent = false;
    // What was written may be spelt otherwise there, as days are; what was refused stays to be mended.
    for (const field of Object.values(fields).filter((one) => one.sent)) Object.assign(field, { sent: false, dirty: Boolean(view.error) });
    tell(view);
    draws.bar([view.next, view.fault, view.stale, view.undo, view.redo, view.error ? "" : view.said], () => drawBar(view));
    draws.doubt(view.conflict, () => drawDoubt(view));
    if (asked) byId("conflict").scrollIntoView({ block: "center" });
  }
  return {
    typed, fields, byId, off, frozen, decide, section, drawn, bullets, table, scroller, details, formField, take, place, fill, whoFields,
    stepButton, doneBox, certifyBox, attached, forget, begin,
  };
}
