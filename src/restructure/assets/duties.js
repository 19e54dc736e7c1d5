// The office's eight duties: what comes first, the year by duty, owner and month, and an item with its steps.
function start(root, act) {
  let shown = null;
  let taken = 0; // the last file that was handed over
  const {
    byId, off, decide, section, drawn, bullets, table, scroller, details, formField, take, typed, place, fill, whoFields,
    stepButton, doneBox, certifyBox, attached, forget, begin,
  } = desk(root, act, () => draw({ ...shown, error: "" }), ["back-text", "back-step-text", "order-text", "order-giver", "order-on", "result-text", "history-why", "round-name", "skip"]);
  const tablesBox = section("tables", "② ภาพรวมของปี");
  const [tabs, overview, list] = ["tabs", "overview", "list"].map((id) => make("div", "", { id }));
  tablesBox.append(tabs, overview, list);
  const whoBox = section("who", "⓪ ผู้ทำงาน และการตั้งเรื่อง");
  const urgentBox = section("urgent", "① ต้องทำก่อน");
  const itemBox = section("item", "③ เรื่องที่เปิดอยู่");
  const [head, steps, panel, rest] = ["item-head", "item-steps", "item-panel", "item-rest"].map((id) => make("div", "", { id }));
  itemBox.append(head, make("div", "", { id: "item-work" }, [steps, panel]), rest);
  // In the order of their numbers.
  for (const box of [whoBox, urgentBox, tablesBox, itemBox]) root.append(box.parentElement);
  const draws = {
    who: drawn(whoBox), urgent: drawn(urgentBox), tabs: drawn(tabs), overview: drawn(overview), list: drawn(list),
    head: drawn(head), steps: drawn(steps), panel: drawn(panel), rest: drawn(rest),
    collections: drawn(section("collections", "④ แบบเก็บข้อมูลจากโรงเรียน")), files: drawn(section("files", "⑤ ปฏิทินและตาราง")),
  };
  const figure = (text) => make("td", text, { class: "figure" });
  const amount = (text) => make("th", text, { scope: "col", class: "figure" });
  const cell = (children, attributes = {}) => make("td", "", attributes, children);
  const WORDS = { returned: "ส่งคืน", late: "เกิน", soon: "ใกล้", open: "รอ", done: "เสร็จ", named: "เดือน" };

  // --- ⓪ Who, and what is on the register ---
  function drawWho(view) {
    const chosen = view.duties.find((one) => one.key === typed.duty) ?? view.duties[0];
    const one = () => decide("make_one", { duty: chosen.key, round_name: take("round-name") });
    return [
      ...whoFields(view),
      make("p", view.who ? `กำลังทำงานในชื่อ ${view.who} · ${view.office} · ปีงบประมาณ ${view.year}` : "ดูได้ทุกอย่าง แต่ต้องใส่ชื่อก่อนกำหนดงานหรือรับรองขั้น: ทุกรายการบันทึกชื่อ เวลา และเหตุผล",
        { id: "working", ...(view.who || view.viewer ? {} : { class: "warn" }) }),
      ...(view.viewer ? [] : [
        make("div", "", { class: "fields" }, [
          button("make", "ตั้งเรื่องประจำปี", () => decide("make_recurring"), view.who && !view.by_duty.some((row) => row.items) ? { class: "main" } : {}),
          make("span", "จากแม่แบบของงานที่ทำทุกปี เรื่องที่มีแล้วไม่เปลี่ยน", { class: "faint" }),
        ]),
        details("more-items", ["ตั้งเรื่องอื่น เช่น การตรวจราชการหรือนโยบายเร่งด่วนที่ได้รับแจ้ง"], [
          make("div", "", { class: "fields" }, [
            chooser("duty", "งาน", view.duties.map((duty) => [duty.key, duty.thai]), chosen?.key, (key) => { typed.duty = key; draw({ ...shown, error: "" }); }),
            formField("round-name", "ชื่อรอบ", { placeholder: chosen?.hint ?? "" }, one), button("make-one", "ตั้งเรื่องนี้", one),
          ]),
          make("p", chosen ? `ชื่อรอบ: ${chosen.hint}` : "", { class: "faint" }),
        ]),
      ]),
    ];
  }

  // --- ① What comes first; ② tables and a list ---
  const open = (subject, step = "") => {
    forget();
    act("open", { subject, step });
    itemBox.parentElement.dataset.called = "yes";
  };
  const stateWord = (row) => make("span", row.words, { class: `state ${row.state}` });
  function rowButton(row, at) {
    return button(`${at}-${row.subject}/${row.step}`, row.thai, () => open(row.subject, row.step), { class: "link" });
  }
  function drawUrgent({ urgent }) {
    return [make("div", "", { class: "three" }, urgent.map((group) => make("div", "", { id: `first-${group.key}`, class: group.count ? `group ${group.key}` : "group" }, [
      make("h3", `${group.thai}: ${number(group.count)}`),
      make("ul", "", {}, group.rows.map((row) => make("li", "", {}, [
        rowButton(row, group.key),
        make("small", [row.left, row.due, row.owner || "ยังไม่มีผู้รับผิดชอบ", row.told].filter(Boolean).join(" · ")),
      ]))),
      ...(group.count > group.rows.length ? [button(`all-${group.key}`, `ดูทั้งหมด ${number(group.count)} รายการ`, () => show("urgent", group.key))] : []),
      ...(group.count ? [] : [make("p", "ไม่มี", { class: "faint" })]),
    ])))];
  }
  let tab = "duty";
  const TABS = [["duty", "ตามหน้าที่"], ["owner", "ตามผู้รับผิดชอบ"], ["month", "ตามเดือน"]];
  function drawTabs() {
    return [make("div", "", { class: "tabs", role: "group", "aria-label": "ดูปีงานตาม" }, TABS.map(([key, words]) => button(`by-${key}`, words, () => {
      tab = key;
      draw({ ...shown, error: "" });
    }, { "aria-pressed": String(key === tab) })))];
  }
  const show = (by, key) => {
    act("show", { by, key });
    list.dataset.called = "yes";
  };
  const pressed = (by, key) => ({ "aria-pressed": String(shown.by === by && shown.key === key) });
  const counts = (states) => Object.entries(states).map(([state, n]) => make("span", `${WORDS[state]} ${number(n)}`, { class: `state ${state}` }));
  const drawings = {
    duty: (view) => [table(
      ["งาน", amount("เรื่อง"), "สถานะ", amount("ขั้นที่เสร็จ"), amount("มาตรฐานที่ถึง"), "ระดับ"],
      view.by_duty.map((row) => [
        cell([button(`duty-${row.key}`, row.thai, () => show("duty", row.key), { class: "link", ...pressed("duty", row.key) })]),
        figure(number(row.items)), cell(row.items ? counts(row.states) : [make("span", "ยังไม่มีเรื่อง", { class: "faint" })], { class: "states" }),
        figure(row.items ? row.steps : "–"), figure(row.items ? row.standards : "–"), cell(row.levels.map((words) => make("div", words))),
      ]), { id: "duties" })],
    owner: (view) => (view.by_owner.length ? [
      table(
        ["ผู้รับผิดชอบ", amount("เรื่อง"), amount("ขั้นที่ยังไม่เสร็จ"), "", amount("เกินกำหนด"), amount("ใกล้กำหนด"), amount("ส่งคืน")],
        view.by_owner.map((row) => [
          cell([button(`owner-${row.owner}`, row.owner || "ยังไม่กำหนดผู้รับผิดชอบ", () => show("owner", row.owner), { class: "link", ...pressed("owner", row.owner) })]),
          figure(number(row.items)), figure(number(row.open)),
          cell([make("span", "", { class: "share", style: `width: ${100 * row.share}%` })], { class: "shares", "aria-hidden": "true" }),
          ...["late", "soon", "returned"].map((name) => make("td", number(row[name]), { class: row[name] && name !== "soon" ? "figure warn strong" : "figure" })),
        ]), { id: "owners" }),
      make("p", "เรียงจากผู้ที่มีงานเร่งที่สุด ไม่มีระเบียบใดบอกว่าเท่าใดมากไป", { class: "faint" }),
    ] : [make("p", "ไม่มีขั้นที่ยังไม่เสร็จ")]),
    month: (view) => {
      const slots = [...view.months, ["none", "ไม่มีวัน"], ...(view.by_month[""].other ? [["other", "นอกปี"]] : [])];
      const rows = [["", "ทุกงาน"], ...view.by_duty.map((row) => [row.key, row.thai])];
      return [scroller("months-scroll", "ปีงานตามเดือน", table(
        ["งาน", ...slots.map(([, words]) => make("th", words, { scope: "col", class: "month" }))],
        rows.map(([key, words]) => [make("th", words, { scope: "row" }), ...slots.map(([slot, month]) => {
          const found = view.by_month[key]?.[slot];
          if (!found) return make("td", "");
          const said = Object.entries(found).map(([state, n]) => `${WORDS[state]} ${number(n)}`).join(" ");
          return cell([make("button", "", {
            id: `month-${key}|${slot}`, type: "button", class: "month", onclick: () => show("month", `${key}|${slot}`),
            "aria-label": `${words} ${month}: ${said}`, ...pressed("month", `${key}|${slot}`),
          }, counts(found))]);
        })]), { id: "months" })),
      make("p", "นับวันที่กำหนดไว้ของเรื่องและของขั้น “เดือน” คือเดือนตามมาตรฐานการปฏิบัติงาน ที่ยังไม่มีผู้กำหนดวัน", { class: "faint" })];
    },
  };
  function drawList(view) {
    const named = {
      duty: () => view.by_duty.find((row) => row.key === view.key)?.thai ?? "ทุกงาน", owner: () => view.key || "ยังไม่กำหนดผู้รับผิดชอบ",
      urgent: () => view.urgent.find((group) => group.key === view.key).thai,
      month: () => {
        const [duty, slot] = view.key.split("|");
        const month = view.months.find(([key]) => key === slot)?.[1] ?? { none: "ไม่มีวัน", other: "นอกปีงบประมาณ" }[slot];
        return `${month} ${view.by_duty.find((row) => row.key === duty)?.thai ?? "ทุกงาน"}`;
      },
    };
    if (!view.count) return [make("p", view.by === "duty" && !view.key ? "ยังไม่มีเรื่องในทะเบียน" : `${named[view.by]()}: ไม่มีรายการ`, { id: "rows-none" })];
    return [
      make("h3", `${named[view.by]()}: ${number(view.count)} รายการ`, { id: "rows-name" }),
      scroller("rows-scroll", "รายการ", table(["รายการ", "สถานะ", "ผู้รับผิดชอบ", "ภายใน"], view.rows.map((row) => [
        cell([rowButton(row, "row"), ...(row.told ? [make("small", row.told)] : [])]), cell([stateWord(row)]),
        row.owner || "–", [row.due || "–", row.left].filter(Boolean).join(" "),
      ]), { id: "rows" })),
      ...(view.count > view.rows.length ? [make("p", "", { class: "actions" }, [
        make("span", `แสดง ${number(view.rows.length)} จาก ${number(view.count)} รายการ`), button("more", "แสดงเพิ่ม", () => act("more")),
      ])] : []),
    ];
  }

  // --- ③ An item ---
  const FIELDS = [["ผู้รับผิดชอบ", "input"], ["กำหนดเสร็จ (วัน/เดือน/พ.ศ.)", "input"], ["หมายเหตุ", "textarea"]];
  const plan = (texts, hints = []) => texts.map((text, i) => place(text.path, FIELDS[i][0], FIELDS[i][1], { placeholder: hints[i] ?? (i === 1 ? "เช่น 15/12/2569" : "") }));
  function drawHead({ item, viewer }) {
    if (!item) return [make("p", "คลิกเรื่องหรือขั้นในข้อ ① หรือ ② เพื่อเปิด", { class: "faint" })];
    const back = () => decide("send_back", { subject: item.subject, remark: take("back-text") });
    return [
      make("div", "", { class: "actions" }, [make("h3", item.title, { id: "item-name" }), stateWord(item), button("close-item", "ปิดเรื่องนี้", () => open(""))]),
      make("p", `ขั้นที่เสร็จ ${item.count}${item.level ? ` · ${item.level}` : ""} · แม่แบบรุ่น ${item.version} · ตั้งเรื่องโดย ${item.made_by} ${item.made_at}`, { class: "faint" }),
      ...(item.returned_for ? [make("p", `ส่งคืนแก้ไข: ${item.returned_for}`, { id: "returned", class: "warn strong", role: "alert" })] : []),
      make("div", "", { class: "plan" }, plan(item.texts)),
      ...(viewer ? [] : [details("back", ["ส่งคืนทั้งเรื่องให้แก้ไข"], [make("div", "", { class: "fields" }, [
        formField("back-text", "ข้อที่ต้องแก้ไข", {}, back), button("send-back", "ส่งคืนเรื่องนี้", back),
      ])])]),
    ];
  }
  function drawSteps({ item }) {
    if (!item) return [];
    const parts = [...new Set(item.steps.map((one) => one.part))];
    return [
      make("h3", "ขั้นตอน"), make("div", "", { class: "rounds" }, parts.map((part) => make("div", "", {}, [
        ...(part ? [make("h4", item.levels.find((one) => one.thai.startsWith(`ส่วน ${part} `))?.thai ?? `ส่วน ${part}`)] : []),
        ...item.steps.filter((one) => one.part === part).map((one) => {
          const chosen = one.key === item.step?.key;
          return stepButton(one, one.told, one.warned, chosen, () => {
            forget();
            act("open", { subject: item.subject, step: chosen ? "" : one.key });
          });
        }),
      ]))),
    ];
  }
  function drawStep({ item, viewer }) {
    const one = item?.step;
    if (!one) return [];
    const complete = (form) => decide("complete", { subject: one.subject, ...form, skip: Boolean(typed.skip) });
    const back = () => decide("send_back", { subject: one.subject, remark: take("back-step-text") });
    const skip = make("label", "", {}, [make("input", "", {
      id: "skip", type: "checkbox", ...(typed.skip ? { checked: "" } : {}), onchange: (event) => { typed.skip = event.target.checked; },
    }), ` ไม่ต้องทำขั้นนี้ (${one.only_if})`]);
    return [make("div", "", { id: "step", role: "group", "aria-label": one.thai }, [
      make("h3", `${one.thai}: ${one.words}`),
      ...(one.returned_for ? [make("p", `ส่งคืนแก้ไข: ${one.returned_for}`, { id: "step-returned", class: "warn strong", role: "alert" })] : []),
      make("div", "", { class: "two" }, [
        make("div", "", {}, plan(one.texts, [one.else_owner && `ตามเรื่อง: ${one.else_owner}`, one.else_due ? `ตามเรื่อง: ${one.else_due}` : "เช่น 15/12/2569"])),
        make("div", "", {}, [
          ...(one.needs.length ? [make("h4", "ต้องมี"), bullets(one.needs)] : []),
          ...(one.expected ? [make("h4", "หลักฐานที่ควรเก็บ"), make("p", one.expected)] : []),
          ...(one.recipients.length ? [make("h4", "ส่งให้"), bullets(one.recipients)] : []),
          ...(one.only_if ? [make("p", `ทำ${one.only_if}`)] : []),
          ...(one.where ? [make("p", `ทำในโปรแกรม: ${one.where}`)] : []),
          make("p", `มาตรฐานการปฏิบัติงาน ข้อ ${one.seed}`, { class: "faint" }),
          ...(one.missing.length ? [make("h4", "ยังขาด"), bullets(one.missing, { id: "missing", class: "bullets warn" })] : []),
        ]),
      ]),
      ...(one.state === "done" ? [doneBox(one, () => decide("revoke", { seq: one.seq, why: take("revoke-why") }))] : viewer ? []
        : [certifyBox("หมายเหตุ (ต้องมีถ้าไม่มีหลักฐาน)", complete, one.only_if ? [skip] : [])]),
      ...(viewer ? [] : [make("div", "", { class: "fields" }, [formField("back-step-text", "ข้อที่ต้องแก้ไข", {}, back), button("send-back-step", "ส่งคืนขั้นนี้ให้แก้ไข", back)])]),
      make("p", "", { class: "actions" }, [button("close-step", "ปิด", () => act("open", { subject: item.subject }))]),
    ])];
  }
  function drawRest({ item, viewer }) {
    if (!item) return [];
    const order = () => decide("order", { subject: item.subject, text: take("order-text"), giver: take("order-giver"), on: take("order-on") });
    const result = () => decide("result", { subject: item.subject, text: take("result-text") });
    const area = (id, words) => make("label", "", { class: "typed" }, [make("span", words), make("textarea", take(id), {
      id, rows: "2", oninput: (event) => { typed[id] = event.target.value; },
    })]);
    const met = item.standards.filter((one) => one.met).length;
    return [
      make("div", "", { class: "two" }, [
        make("div", "", {}, [
          make("h3", `มาตรฐาน ${number(met)}/${number(item.standards.length)}`),
          ...(item.levels.length ? [bullets(item.levels.map((one) => `${one.thai}: ระดับ ${one.level} จาก ${one.of}`), { id: "levels" })] : []),
          make("ul", "", { id: "standards" }, item.standards.map((one) => make("li", "", { class: one.met ? "met" : "" }, [
            make("span", `${one.met ? "✔" : "○"} ${one.thai}${one.level ? ` (${one.level})` : ""}`), ...(one.missing ? [make("small", one.missing)] : []),
          ]))),
        ]),
        make("div", "", {}, [
          make("h3", "ข้อสั่งการของผู้บังคับบัญชา"),
          make("ul", "", { id: "orders" }, item.orders.map((one) => make("li", "", {}, [
            make("pre", one.text), make("small", [`ข้อที่ ${one.number}`, one.giver, one.on, `บันทึกโดย ${one.who}`].filter(Boolean).join(" · ")),
          ]))),
          ...(viewer ? [] : [area("order-text", "ข้อสั่งการ ตามตัวอักษร"), make("div", "", { class: "fields" }, [
            formField("order-giver", "ผู้สั่งการ"), formField("order-on", "วันที่สั่งการ", { placeholder: "วัน/เดือน/พ.ศ." }), button("order", "บันทึกข้อสั่งการ", order),
          ])]),
          make("h3", "ผล"),
          item.result ? make("pre", item.result, { id: "result-now" }) : make("p", "ยังไม่บันทึกผล", { id: "result-now", class: "faint" }),
          ...(viewer ? [] : [area("result-text", item.result ? "ผลใหม่แทนข้อความเดิม" : "ผลการดำเนินงาน"), make("p", "", { class: "actions" }, [button("result", "บันทึกผล", result)])]),
        ]),
      ]),
      details("history", [`ประวัติ ${number(item.history.length)} รายการ`], [
        ...(viewer ? [] : [formField("history-why", "เหตุผลที่เพิกถอน")]),
        scroller("history-scroll", "ประวัติ", table(["ที่", "เมื่อ", "ผู้บันทึก", "รายการ", ""], item.history.map((one) => [
          String(one.seq), one.at, one.who, cell([
            make("span", `${one.kind}: ${[one.step, one.told].filter(Boolean).join(" · ")}`), ...(one.why ? [make("small", `เหตุผล: ${one.why}`)] : []),
            ...(one.revoked ? [make("small", "เพิกถอนแล้ว", { class: "warn" })] : []),
          ]), cell(one.can && !viewer ? [button(`revoke-${one.seq}`, "เพิกถอน", () => decide("revoke", { seq: one.seq, why: take("history-why") }), { "aria-label": `เพิกถอนรายการที่ ${one.seq}` })] : []),
        ]))),
      ]),
    ];
  }

  // --- ④ ⑤ Collections, files ---
  function drawCollections({ collections, by_duty: duties }) {
    const again = button("read-collections", "อ่านแบบที่ส่งกลับใหม่", () => act("read_collections"), off(!collections.running));
    if (!collections.there) return [make("p", "ยังไม่มีแบบเก็บข้อมูล: ทำด้วยคำสั่ง restructure collect", { class: "faint" })];
    return [
      ...(collections.fault ? [make("p", collections.fault, { class: "warn", role: "alert" })] : []),
      ...(collections.rows.length ? [scroller("collected", "แบบเก็บข้อมูลจากโรงเรียน", table(
        ["เรื่อง", "ภายใน", ...["ถาม", "ตอบครบ", "บางส่วน", "ยังไม่ตอบ", "เกินกำหนด", "คำตอบขัดกัน", "ปัญหา"].map(amount)],
        collections.rows.map((one) => (one.fault ? [one.name, make("td", one.fault, { class: "warn", colspan: "8" })] : [
          cell([make("span", one.title), make("small", [duties.find((row) => row.key === one.duty)?.thai, `รอบ ${one.round}`, `collections/${one.name}`].filter(Boolean).join(" · ")),
            ...(one.chased.length ? [details(`chase-${one.name}`, [`ต้องตาม ${number(one.chased.length)} โรงเรียน`], [bullets(one.chased)])] : [])]),
          one.due || "–", ...["asked", "answered", "partly", "not", "late", "waiting", "problems"].map((name) =>
            make("td", number(one[name]), { class: one[name] && ["late", "waiting"].includes(name) ? "figure warn strong" : "figure" })),
        ]))))] : []),
      make("p", "", { class: "actions" }, [again, ...(collections.running ? [make("span", "กำลังอ่านแบบที่ส่งกลับ", { role: "status" })] : [])]),
    ];
  }
  function drawFiles({ small, viewer }) {
    return [
      make("div", "", { class: "fields" }, [
        button("calendar", "ดาวน์โหลดปฏิทิน (.ics)", () => act("calendar")), make("span", "ทุกวันที่กำหนดไว้ เปิดในโปรแกรมปฏิทินของท่าน", { class: "faint" }),
      ]),
      make("div", "", { class: "fields" }, [
        ...(viewer ? [] : [button("small", "ดาวน์โหลดตารางโรงเรียนขนาดเล็ก (.xlsx)", () => act("small_schools"), off(small.there))]),
        make("span", small.there ? `ตารางโรงเรียนขนาดเล็กอยู่ใน ${small.path}` : "ยังไม่มีตารางโรงเรียนขนาดเล็ก: ทำด้วยคำสั่ง restructure small-schools", { class: "faint" }),
      ]),
      ...(viewer ? [] : [make("p", "ตัวชี้วัด เป้าหมาย และการประเมินรายบุคคลไม่อยู่ในหน้านี้: ใช้คำสั่ง restructure appraisal บนเครื่องของผู้มีสิทธิ", { class: "faint" })]),
    ];
  }
  function hand({ sent }) {
    if (sent.number <= taken || !sent.data) return; // its content comes once
    taken = sent.number;
    const bytes = Uint8Array.from(atob(sent.data), (letter) => letter.charCodeAt(0));
    const address = URL.createObjectURL(new Blob([bytes], { type: sent.kind }));
    const link = make("a", "", { href: address, download: sent.name, hidden: "" });
    root.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }
  // What was asked for is brought into sight when it is there.
  function bring(box, block) {
    if (!box.dataset.called) return;
    delete box.dataset.called;
    box.scrollIntoView({ block });
  }

  function draw(view) {
    if (!shown) taken = view.sent.number;
    shown = view;
    begin(view);
    draws.who([view.who, view.duties, typed.duty, view.by_duty.some((row) => row.items)], () => drawWho(view));
    draws.urgent(view.urgent, () => drawUrgent(view));
    draws.tabs(tab, drawTabs);
    draws.overview([tab, view.by, view.key, { duty: view.by_duty, owner: view.by_owner, month: [view.by_month, view.months] }[tab]], () => drawings[tab](view));
    draws.list([view.by, view.key, view.rows, view.count], () => drawList(view));
    // What is typed in its own fields does not draw a part anew.
    const { texts, step, ...item } = view.item ?? {};
    const { texts: own, ...looked } = step ?? {};
    draws.head([item.subject, item.title, item.state, item.count, item.level, item.returned_for, view.frozen], () => drawHead(view));
    draws.steps([item.subject, item.steps, looked.key], () => drawSteps(view));
    draws.panel([looked, attached(), view.frozen], () => drawStep(view));
    draws.rest([item.subject, item.standards, item.orders, item.result, item.history], () => drawRest(view));
    draws.collections([view.collections, view.duties], () => drawCollections(view));
    draws.files(view.small, () => drawFiles(view));
    for (const one of [...(texts ?? []), ...(own ?? [])]) fill(one.path, one.text);
    hand(view);
    bring(list, "nearest");
    bring(itemBox.parentElement, "start");
  }
  return draw;
}
