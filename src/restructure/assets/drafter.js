// The plan's draft: steps of the three rounds, texts, schools with their figures, what is left, versions, documents.
function start(root, act) {
  let shown = null;
  let chosen = ""; // the step that is looked at
  const {
    typed, fields, byId, off, decide, section, drawn, bullets, table, details, formField, take, place, fill, whoFields,
    stepButton, doneBox, certifyBox, attached, forget, begin,
  } = desk(root, act, () => draw({ ...shown, error: "" }), []);
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
    who: drawn(whoBox), glance: drawn(glance), panel: drawn(panel), texts: drawn(textsBox),
    whole: drawn(whole), trace: drawn(traced), schools: drawn(list), blanks: drawn(section("blanks", "④ ข้อความที่ยังว่าง")),
    versions: drawn(section("versions", "⑤ ฉบับที่คณะกรรมการเห็น")), documents: drawn(section("documents", "⑥ ทำเอกสาร")),
  };

  function show(path) {
    const [kind, code] = path.split("/");
    if (kind === "schools") byId(`school-${code}`).open = true;
    fields[path].input.scrollIntoView({ block: "center" });
    fields[path].input.focus({ preventScroll: true });
  }

  // --- ⓪ Who, scenario, kind ---
  function drawWho(view) {
    const choose = (id, words, entries, now, does) => {
      const label = chooser(id, words, entries, now, does);
      if (view.viewer) label.querySelector("select").disabled = true;
      return label;
    };
    return [
      ...whoFields(view),
      make("div", "", { class: "fields" }, [
        choose("scenario", "ทางเลือกของแผน", view.scenarios.length ? view.scenarios : [[view.scenario, "ยังไม่มีทางเลือก ทำในสมุดงาน 03"]], view.scenario, (stem) => act("choose_scenario", { stem, was: view.scenario })),
        choose("kind", "ประเภทงาน", view.kinds, view.kind, (kind) => act("choose_kind", { kind, was: view.kind })),
      ]),
      make("p", view.who ? `กำลังทำงานในชื่อ ${view.who} · ${view.office}` : "พิมพ์ข้อความได้เลย บันทึกเองเมื่อออกจากช่อง ส่วนการรับรองขั้นและเก็บฉบับต้องมีชื่อ", { id: "working" }),
    ];
  }

  // --- ① Steps ---
  function drawGlance(view) {
    return view.rounds.map((round) => make("div", "", { id: `round-${round.key}` }, [
      make("h3", `${round.thai} ${number(round.done)}/${number(round.steps.length)}`),
      ...round.steps.map((one) => {
        const words = one.state === "done" ? `${one.done_words} · ${one.who}`
          : [one.owner || "ยังไม่มีผู้รับผิดชอบ", one.due_words ? `ภายใน ${one.due_words}` : "ยังไม่กำหนดวัน"].join(" · ");
        const warned = one.changed ? "ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง" : one.state === "done" && one.missing.length ? one.missing[0] : "";
        return stepButton(one, words, warned, one.key === chosen, () => { look(one.key === chosen ? "" : one.key); });
      }),
    ]));
  }
  function look(key) {
    chosen = key;
    forget();
    draw({ ...shown, error: "" });
    byId("step")?.scrollIntoView({ block: "nearest" });
  }
  function drawStep(one) {
    const done = one.state === "done";
    const at = (name) => `steps/${one.key}/${name}`;
    const complete = (form) => decide("complete", { key: one.key, ...form });
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
      ...(done ? [doneBox(one, revoke)] : shown.viewer ? []
        : [certifyBox(one.before.length ? "เหตุผลที่ข้ามขั้น (ต้องมี)" : "หมายเหตุ (ต้องมีถ้าไม่มีหลักฐาน)", complete)]),
      make("p", "", { class: "actions" }, [button("close-step", "ปิด", () => look(""))]),
    ]);
  }
  // --- ② ③ Texts and schools ---
  const drawTexts = (view) => [
    make("p", "บันทึกเองเมื่อออกจากช่อง ช่องพื้นเหลืองยังว่าง เว้นไว้ได้: เอกสารจะเว้นช่องให้เห็นชัด โปรแกรมไม่แต่งมติ วันที่ หรือกฎหมายให้", { class: "faint" }),
    make("div", "", { class: "two" }, view.texts.map((one) => place(one.path, one.thai, "textarea", {}, true))),
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
        make("div", "", {}, view.school_texts[one.id].map((text) => place(text.path, text.thai, "textarea", {}, true))),
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
    if (shown && shown.versions.rows.length !== view.versions.rows.length) delete typed["keep-why"];
    shown = view;
    begin(view);
    draws.who([view.who, view.scenario, view.scenarios, view.kind], () => drawWho(view));
    draws.glance([view.rounds, chosen], () => drawGlance(view));
    const steps = view.rounds.flatMap((round) => round.steps);
    const step = steps.find((one) => one.key === chosen);
    // What is typed in its own fields does not draw the panel anew.
    const { owner, due, note, due_words, ...rest } = step ?? {};
    draws.panel([rest, attached()], () => (step ? [drawStep(step)] : []));
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
    for (const one of [...view.texts, ...Object.values(view.school_texts).flat()]) fill(one.path, one.text);
    if (step) for (const name of ["owner", "due", "note"]) fill(`steps/${step.key}/${name}`, step[name]);
    for (const [school, texts] of Object.entries(view.school_texts)) {
      const left = texts.filter((one) => !one.text.trim()).length;
      byId(`left-${school}`).textContent = left ? `ยังว่าง ${number(left)} ช่อง` : "ครบ";
    }
  }
  return draw;
}
