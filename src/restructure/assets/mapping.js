// Which column is which: the files, the columns of the chosen one, and what is remembered.
function start(root, act) {
  const AGAIN = "?"; // no field has this name: the choice to go back to what the program recognises
  const box = make("div", "", { id: "mapping" });
  root.append(box);

  function fileButton(view, row) {
    const press = { "aria-pressed": String(row.file === view.chosen.file) };
    const state = row.state ? [make("small", row.state, { class: "warn" })] : [];
    const node = button(`file-${row.file}`, row.file, () => act("choose", { file: row.file }), press);
    node.append(make("small", row.words), ...state);
    return node;
  }

  function columnRow(card, column) {
    const id = `column-${column.place}`;
    const fields = [["", "ไม่อ่าน"], ...card.fields, ...(column.told ? [[AGAIN, "ตามที่โปรแกรมรู้จักเอง"]] : [])];
    const set = (field) => act(field === AGAIN ? "forget" : "set_field",
      { file: card.file, place: column.place, ...(field === AGAIN ? {} : { field }) });
    const choice = column.private
      ? make("span", "ไม่อ่าน (ข้อมูลส่วนบุคคล)", { class: "private" })
      : chooser(id, "", fields, column.field, set);
    if (!column.private) choice.querySelector("select").setAttribute("aria-label", `ช่องของคอลัมน์ ${column.letter} ${column.head}`);
    const samples = column.samples === null
      ? [make("span", column.read ? "ไม่แสดง" : "ไม่อ่าน", { class: "faint" })]
      : column.samples.length ? column.samples.map((text) => make("span", text)) : [make("span", "ว่าง", { class: "faint" })];
    return make("tr", "", {}, [
      make("td", column.letter, { class: "letter" }), make("td", column.head), make("td", "", {}, [choice]),
      make("td", column.how, { class: column.doubtful ? "how doubtful" : "how" }),
      make("td", "", { class: column.samples?.length ? "samples" : "" }, samples),
    ]);
  }

  function cardOf(card) {
    const where = [
      card.rows && `หัวตารางอยู่แถวที่ ${[...new Set(card.rows)].join("–")}`,
      card.sheet && `แผ่นงาน “${card.sheet}”`,
    ].filter(Boolean).join(" · ");
    const parts = [
      make("h2", card.file),
      chooser("table", "ไฟล์นี้คือตาราง", card.tables, card.table, (table) => act("set_table", { file: card.file, table })),
    ];
    if (!card.sure && card.table) {
      const words = card.tables.find(([table]) => table === card.table)[1];
      parts.push(make("div", "", { class: "actions" }, [
        make("span", `ไฟล์ไม่ได้ตั้งชื่อตามตาราง จากหัวตารางน่าจะเป็น ${words}`, { class: "warn" }),
        button("sure", "ใช่ อ่านเป็นตารางนี้", () => act("set_table", { file: card.file, table: card.table }), { class: "main" }),
        button("leave-out", "ไม่ใช้ไฟล์นี้", () => act("set_table", { file: card.file, table: "" })),
      ]));
    }
    if (where) parts.push(make("p", where, { class: "faint" }));
    if (card.fault) parts.push(make("p", card.fault, { class: "warn" }));
    if (card.missing.length) parts.push(make("p", `ยังขาดช่องที่ต้องมี: ${card.missing.join(", ")}`, { id: "missing" }));
    if (card.columns.length) {
      const heads = ["", "หัวตารางในไฟล์", "ช่องของเรา", "รู้จักอย่างไร", "ตัวอย่างค่า"].map((text) => make("th", text, { scope: "col" }));
      parts.push(make("div", "", { id: "columns", tabindex: "0", role: "region", "aria-label": "คอลัมน์ของไฟล์" }, [
        make("table", "", {}, [make("thead", "", {}, [make("tr", "", {}, heads)]),
          make("tbody", "", {}, card.columns.map((column) => columnRow(card, column)))]),
      ]));
    }
    return parts;
  }

  return (view) => {
    if (!view.chosen) {
      redraw(box, [make("p", "ยังไม่มีไฟล์ตารางใน inputs/: วางไฟล์ไว้ แล้วเปิดหน้านี้ใหม่")]);
      return;
    }
    const files = make("ul", "", { id: "files", "aria-label": "ไฟล์ใน inputs" },
      view.files.map((row) => make("li", "", {}, [fileButton(view, row)])));
    const actions = make("div", "", { class: "actions" }, [
      button("remember", "จำไว้", () => act("remember"), { class: "main", ...(view.unsaved ? {} : { disabled: "" }) }),
      button("undo", view.undo ? `เลิกทำ: ${view.undo}` : "เลิกทำ", () => act("undo"), view.undo ? {} : { disabled: "" }),
      make("span", view.unsaved ? "มีการแก้ที่ยังไม่จำ" : "จำไว้ครบแล้ว ใช้กับรอบนี้ และคัดลอก mapping.yaml ไปใช้รอบหน้าได้"),
    ]);
    const absent = view.absent.length
      ? [make("p", `ยังไม่มีไฟล์ของตารางที่ต้องมี: ${view.absent.join(", ")}`, { id: "absent", class: "warn" })] : [];
    redraw(box, [files, make("div", "", { id: "card" }, [...absent, ...cardOf(view.chosen), actions])]);
  };
}
