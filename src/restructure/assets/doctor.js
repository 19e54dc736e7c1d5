// The data doctor: groups of problems, the chosen one with its rows, map and mends, and the log of what was done.
function start(root, act, ground) {
  const SEVERITIES = { error: "ต้องแก้", warning: "ควรตรวจ" };
  const LOOKS = {
    school: { shape: "square", colour: "#0072b2", filled: true },
    village: { shape: "circle", colour: "#8a6d3b", filled: true },
  };
  const FEW = 6; // so many points have their names beside them always
  const off = (can) => (can ? {} : { disabled: "" });
  const top = make("div", "", { id: "top" });
  const box = make("div", "", { id: "doctor" });
  const log = make("div", "", { id: "log" });
  root.append(top, box, log);

  // One map for all groups: it is moved from card to card.
  const place = make("div", "", { class: "map", role: "application", "aria-label": "แผนที่โรงเรียนและหมู่บ้านที่เกี่ยวข้อง" });
  const drawn = ground.roads ? groundMap(place, ground) : null;
  const marks = L.layerGroup();
  if (drawn) marks.addTo(drawn.map);
  const legend = make("ul", "", { id: "legend", class: "beside" }, [
    legendEntry(symbol(LOOKS.school, 14), "โรงเรียน"), legendEntry(symbol(LOOKS.village, 14), "หมู่บ้าน (ไม่แสดงบ้านนักเรียน)"),
  ]);
  let seen = "";

  function showPoints(points) {
    marks.clearLayers();
    for (const { kind, name, code, lat, lon, row } of points) {
      const words = `${kind === "school" ? "โรงเรียน" : "หมู่บ้าน"} ${name} ${code}`;
      const icon = L.divIcon({ className: "point", html: symbol(LOOKS[kind], 18), iconSize: [27, 27] });
      const mark = L.marker([lat, lon], { icon, alt: words, keyboard: true });
      mark.bindTooltip(() => make("span", points.length > FEW ? words : name), { ...ABOVE, permanent: points.length <= FEW });
      mark.on("click", () => act("narrow", { row }));
      marks.addLayer(mark);
      mark.getElement()?.setAttribute("aria-label", words);
    }
    const now = JSON.stringify(points);
    // What somebody is looking at stays, unless the points are others.
    if (now !== seen) drawn.see(points.map(({ lat, lon }) => [lat, lon]));
    seen = now;
  }

  function filters(view) {
    const choices = {
      severity: ["ความรุนแรง", Object.entries(SEVERITIES)], table: ["ตาราง", view.tables], school: ["โรงเรียน", view.schools],
    };
    return Object.entries(choices).map(([what, [words, entries]]) =>
      chooser(`filter-${what}`, words, [["", "ทั้งหมด"], ...entries], view.filters[what], (value) => act("filter", { what, value })));
  }

  function groupButton(view, group) {
    const press = { "aria-pressed": String(group.group === view.chosen?.group) };
    const node = button(`group-${group.group}`, "", () => act("choose", { group: group.group }), press);
    const where = [group.file, group.value && `“${group.value}”`, group.schools && `${number(group.schools)} โรงเรียน`].filter(Boolean).join(" · ");
    node.append(
      make("span", `${SEVERITIES[group.severity]} `, { class: `${group.severity}-mark` }),
      `${group.label} (${number(group.count)})`, make("small", where),
    );
    return node;
  }

  function mendRow(mend, i) {
    const changes = mend.preview.map(({ row, before, after }) => make("small", `แถว ${row}: `, {}, [
      make("s", before || "(ว่าง)"), " → ", make("b", after || "(ว่าง)"),
    ]));
    if (mend.rows > mend.preview.length) changes.push(make("small", `และอีก ${number(mend.rows - mend.preview.length)} แถว`));
    return make("li", "", { class: "mend" }, [
      make("div", mend.label, {}, changes),
      button(`mend-${i}`, `แก้ ${number(mend.rows)} แถว`, () => act("mend", { number: i, label: mend.label }), {
        class: "main", "aria-label": `${mend.label} แก้ ${number(mend.rows)} แถว`,
      }),
    ]);
  }

  function problemRow(view, problem) {
    const only = view.row === problem.row;
    const pick = button(`row-${problem.row}-${problem.column}`, `แถว ${number(problem.row)}`, () => act("narrow", { row: only ? null : problem.row }), {
      "aria-pressed": String(only), "aria-label": only ? "ดูทุกแถว" : `ดูเฉพาะแถว ${problem.row}`,
    });
    return make("tr", "", {}, [
      make("td", "", {}, [pick]), make("td", problem.head), make("td", problem.value || "(ว่าง)"),
      make("td", problem.school), make("td", problem.message),
    ]);
  }

  function card(view) {
    const said = view.said || view.books ? [make("p", view.books || view.said, { id: "said", role: "status" })] : [];
    if (!view.chosen) return [...said, make("p", view.groups.length ? "เลือกกลุ่มปัญหาทางซ้าย" : "ไม่พบปัญหาตามที่กรอง")];
    const { chosen } = view;
    const heads = ["แถว", "ช่อง", "ค่าในไฟล์", "โรงเรียน", "ปัญหา"].map((text) => make("th", text, { scope: "col" }));
    const all = view.row === null ? [] : [button("all-rows", "ดูทุกแถวของกลุ่มนี้", () => act("narrow", { row: null }))];
    const mends = chosen.mends.map(mendRow);
    return [
      ...said,
      make("h2", `${chosen.label} (${number(chosen.count)})`),
      ...(chosen.meaning ? [make("p", chosen.meaning)] : []),
      make("p", `วิธีแก้: ${chosen.remedy}`),
      ...(mends.length ? [make("ul", "", { id: "mends", "aria-label": "แก้ได้ทันที" }, mends)] : []),
      ...(chosen.withdraw ? [button("withdraw", "เลิกใช้การแก้ไขนี้", () => act("withdraw"), { class: "main" })] : []),
      ...all,
      make("div", "", { id: "rows", tabindex: "0", role: "region", "aria-label": "แถวของกลุ่มนี้" }, [
        make("table", "", {}, [
          make("thead", "", {}, [make("tr", "", {}, heads)]),
          make("tbody", "", {}, chosen.problems.map((problem) => problemRow(view, problem))),
        ]),
      ]),
      ...(chosen.more ? [make("p", `และอีก ${number(chosen.more)} แถว ดูทั้งหมดใน outputs/problems.csv`)] : []),
      ...(drawn && chosen.points.length ? [place, legend] : []),
    ];
  }

  function logRow(action, i) {
    const applied = action.status === "applied";
    const time = new Date(action.made).toLocaleString("th-TH", { dateStyle: "medium", timeStyle: "short" });
    return make("tr", "", applied ? {} : { class: "undone" }, [
      make("td", time), make("td", action.note || action.rule), make("td", `${number(action.changes.length)} รายการ`),
      make("td", "", {}, [button(`log-${i}`, applied ? "เลิกใช้" : "ใช้อีกครั้ง",
        () => act("switch", { made: action.made, rule: action.rule, applied: !applied }))]),
    ]);
  }

  let open = false;
  return (view) => {
    const again = button("examine", "ตรวจใหม่", () => act("examine"));
    if (view.fault) {
      redraw(top, [again]);
      redraw(box, [make("p", view.fault, { class: "warn", role: "alert" })]);
      redraw(log, []);
      return;
    }
    const { errors, warnings, aside } = view.counts;
    redraw(top, [
      make("strong", `${SEVERITIES.error} ${number(errors)}`, { class: "errors" }),
      make("strong", `${SEVERITIES.warning} ${number(warnings)}`),
      make("span", `พักไว้ ${number(aside)} แถว`),
      ...filters(view), again,
      button("undo", "เลิกทำ", () => act("undo"), off(view.can_undo)),
      button("redo", "ทำซ้ำ", () => act("redo"), off(view.can_redo)),
      button("books", "เขียนสมุดส่งโรงเรียน", () => act("write_books")),
    ]);
    const groups = make("ul", "", { id: "groups", "aria-label": "กลุ่มปัญหา" },
      view.groups.map((group) => make("li", "", {}, [groupButton(view, group)])));
    redraw(box, [groups, make("div", "", { id: "card" }, card(view))]);
    if (drawn && view.chosen) showPoints(view.chosen.points);
    const details = make("details", "", { id: "done", ...(open ? { open: "" } : {}), ontoggle: (event) => { open = event.target.open; } }, [
      make("summary", `บันทึกการแก้ไข (${number(view.log.length)})`),
      make("table", "", {}, [make("tbody", "", {}, view.log.map(logRow))]),
    ]);
    redraw(log, view.log.length ? [details] : []);
  };
}
