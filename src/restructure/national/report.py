"""The country's report: one or two pages in Thai, with its map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docx.shared import Cm

from restructure.documents.parts import kilometres, shrunk
from restructure.documents.smalltemplate import fine_table
from restructure.national.country import Country
from restructure.national.maps import curve_chart
from restructure.paper import Cell, Paper, computed
from restructure.words import ROUTED, SYNTHETIC

#: So many offices are named.
_NAMED = 8


def write_report(country: Country, picture: Path, path: Path) -> None:
    """Write the report: what there is, what is needed, what best plans would do, where most, the curve, the map."""
    of, done, all_ = country.totals(), country.done, country.offices
    paper = Paper("การเรียนรวมของโรงเรียนขนาดเล็กทั้งประเทศ")
    if country.synthetic:
        paper.running_lines(SYNTHETIC)
    paper.title("การเรียนรวมของโรงเรียนขนาดเล็กทั้งประเทศ")
    years = ", ".join(map(str, country.fiscal_years))
    paper.body(f"ปีงบประมาณ พ.ศ. {years} จาก ", computed(len(done)), " สำนักงานเขตพื้นที่การศึกษาประถมศึกษา ", f"({ROUTED})")
    if len(done) < len(all_):
        broken = all_[all_["error"] != ""]
        names = broken["name"].where(broken["name"] != "", broken["office"])
        paper.body("ไม่รวมสำนักงานที่ทำไม่ได้: ", ", ".join(names))
    for line in country.spell_left_out():
        paper.body(line)
    rows: list[list[Cell]] = [
        ["โรงเรียนที่เปิดสอน (แห่ง)", [computed(of["schools"])]],
        ["โรงเรียนขนาดเล็ก (แห่ง)", [computed(of["small_schools"])]],
        ["นักเรียน (คน)", [computed(of["pupils"])]],
        ["นักเรียนที่เดินทางเกินเวลาที่กำหนดในปัจจุบัน (คน)", [computed(of["over_30_min"])]],
        ["ความต้องการค่าพาหนะรอบพฤศจิกายน (บาท)", [computed(of["need_november_baht"])]],
        ["ความต้องการค่าพาหนะรอบพฤษภาคม (บาท)", [computed(of["need_may_baht"])]],
        ["แผนดีที่สุดของทุกสำนักงาน: โรงเรียนที่ย้ายทุกชั้น (แห่ง)", [computed(of["schools_closed"])]],
        ["นักเรียนที่ย้าย (คน)", [computed(of["pupils_moved"])]],
        ["ผู้ย้ายที่เดินทางเกินเวลาที่กำหนด (คน)", [computed(of["moved_over_30_min"])]],
        ["ค่าพาหนะที่เพิ่ม (บาทต่อปี)", [computed(of["subsidy_baht"])]],
        ["เงินสุทธิที่เปลี่ยน: ค่าพาหนะ เงินรายหัว เงินเพิ่ม (บาทต่อปี)", [computed(of["net_baht"])]],
        ["อัตราผู้บริหารที่ลดลงตามเกณฑ์ (อัตรา)", [computed(of["directors_freed"])]],
    ]  # fmt: skip
    paper.table(["เรื่อง", "ทั้งประเทศ"], rows, [11.5, 4.5], numeric=[1])
    unproven = int((done["best"] == "feasible").sum())
    without = int((~done["best"].isin(["optimal", "feasible"])).sum())
    if unproven or without:
        words = (" สำนักงาน ไม่มีแผนตามเกณฑ์ ", computed(without), " สำนักงาน")
        paper.body("แผนที่ยังไม่พิสูจน์ว่าดีที่สุด ", computed(unproven), *words)
    paper.heading("สำนักงานที่ย้ายได้มากที่สุด", 2)
    most = done[done["schools_closed"].fillna(0) > 0].sort_values(["schools_closed", "office"], ascending=[False, True])
    fine_table(
        paper,
        ["สำนักงานเขต", "เล็ก", "ย้าย", "นักเรียน", "ไกลสุด (กม.)", "เพิ่ม (บาท/ปี)", "บาท/แห่ง"],
        [_office(row) for row in most.head(_NAMED).to_dict("records")],
        [3.8, 1.3, 1.3, 1.9, 2.0, 2.9, 2.8],
        numeric=range(1, 7),
    )
    paper.heading("ยิ่งย้ายมาก ภาระยิ่งเพิ่มเร็ว", 2)
    paper.picture(curve_chart(country), Cm(16), "เส้นแลกเปลี่ยนของทั้งประเทศ: จำนวนโรงเรียนกับค่าพาหนะ และกับคน-กิโลเมตร")
    paper.body("เส้นนี้แบ่งจำนวนโรงเรียนระหว่างสำนักงานให้ค่าพาหนะรวมน้อยที่สุด จากจุดที่แต่ละสำนักงานคิดไว้")
    small_map, _ = shrunk(picture)
    paper.picture(small_map, Cm(10.5), "แผนที่สำนักงานเขต สีตามสัดส่วนโรงเรียนขนาดเล็กที่ย้ายทุกชั้น")
    paper.save(path)


def _office(row: dict[str, Any]) -> list[Cell]:
    figures = [row["small_schools"], row["schools_closed"], row["pupils_moved"], kilometres(row["moved_longest_m"])]
    figures += [row["subsidy_baht"], row["subsidy_baht"] // row["schools_closed"]]
    return [row["name"], *([computed(figure)] for figure in figures)]
