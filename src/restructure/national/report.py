"""The country's report: one or two pages in Thai, with its map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docx.shared import Cm

from restructure.documents.parts import kilometres, shrunk
from restructure.documents.smalltemplate import fine_table
from restructure.national.country import TWO_ANSWERS, Country, baht_each
from restructure.national.maps import curve_chart
from restructure.paper import Cell, Paper, computed
from restructure.words import ROUTED, SYNTHETIC

#: So many offices are named.
_NAMED = 8
_SAME_MONEY = (
    "เงินสุทธิเท่ากับค่าพาหนะที่เพิ่ม เพราะเงินรายหัวตามตัวนักเรียนไป "
    "และเงินเพิ่มของโรงเรียนขนาดเล็กในแผนเหล่านี้รวมแล้วไม่เปลี่ยน (คิดตาม top_up_follows ใน policy.yaml ของสำนักงาน)"
)


def write_report(country: Country, picture: Path, path: Path) -> None:
    """Write the report: what there is, what is needed, what best plans would do, where most, the curve, the map."""
    of, done, planned, all_ = country.totals(), country.done, country.planned, country.offices
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
    paper.table(["เรื่อง", "ทั้งประเทศ"], _figures(country), [11.5, 4.5], numeric=[1])
    for line in country.spell_without_plan():
        paper.body(line)
    if len(planned) and of["net_baht"] == of["subsidy_baht"]:
        paper.body(_SAME_MONEY)
    if len(country.curve) > 1:
        paper.body(TWO_ANSWERS)
    most = planned[planned["schools_closed"] > 0].sort_values(["schools_closed", "office"], ascending=[False, True])
    if len(most):
        paper.heading("ทุกสำนักงานที่แผนย้ายโรงเรียน" if len(most) <= _NAMED else "สำนักงานที่แผนย้ายโรงเรียนมากที่สุด", 2)
        named = most.head(_NAMED)
        fine_table(
            paper,
            ["สำนักงานเขต", "โรงเรียน ขนาดเล็ก", "ย้ายทุกชั้น (แห่ง)", "นักเรียน ที่ย้าย", "ผู้ย้ายไกลสุด (กม.)",
             "ค่าพาหนะเพิ่ม (บาทต่อปี)", "ค่าพาหนะ ต่อแห่ง (บาท)"],
            [_office(row) for row in named.assign(baht_each=baht_each(named)).to_dict("records")],
            [3.4, 2.0, 1.8, 1.8, 2.0, 2.8, 2.2],
            numeric=range(1, 7),
            together=True,
        )  # fmt: skip
    if len(country.curve) > 1:
        paper.heading("ยิ่งย้ายมาก ค่าพาหนะยิ่งเพิ่มเร็ว", 2)
        words = "เส้นแลกเปลี่ยนของทั้งประเทศ: จำนวนโรงเรียนกับค่าพาหนะ และคน-กิโลเมตรของการแบ่งเดียวกัน"
        paper.picture(curve_chart(country), Cm(16), words)
        paper.body(
            "เส้นซ้ายแบ่งจำนวนโรงเรียนระหว่างสำนักงานให้ค่าพาหนะรวมน้อยที่สุด จากจุดที่แต่ละสำนักงานคิดไว้ "
            "รูปขวาเป็นคน-กิโลเมตรของการแบ่งเดียวกัน ไม่ใช่ค่าน้อยที่สุด"
        )
    small_map, _ = shrunk(picture)
    paper.picture(small_map, Cm(14), "แผนที่สำนักงานเขต สีตามร้อยละของโรงเรียนขนาดเล็กที่ย้ายทุกชั้น")
    paper.save(path)


def _figures(country: Country) -> list[list[Cell]]:
    """Return the rows of the country's figures; none of plans where no office has one."""
    of = country.totals()
    rows = {
        "โรงเรียนที่เปิดสอน (แห่ง)": "schools",
        "โรงเรียนขนาดเล็ก (แห่ง)": "small_schools",
        "นักเรียน (คน)": "pupils",
        "นักเรียนที่เดินทางเกินเวลาที่กำหนดในปัจจุบัน (คน)": "over_30_min",
        "ความต้องการค่าพาหนะรอบพฤศจิกายน (บาท)": "need_november_baht",
        "ความต้องการค่าพาหนะรอบพฤษภาคม (บาท)": "need_may_baht",
    }
    if len(country.planned):
        rows |= {
            f"แผนดีที่สุดของ{country.name_planned()}: โรงเรียนที่ย้ายทุกชั้น (แห่ง)": "schools_closed",
            "นักเรียนที่ย้าย (คน)": "pupils_moved",
            "ผู้ย้ายที่เดินทางเกินเวลาที่กำหนด (คน)": "moved_over_30_min",
            "ค่าพาหนะที่เพิ่ม (บาทต่อปี)": "subsidy_baht",
            "เงินสุทธิที่เปลี่ยน: ค่าพาหนะ เงินรายหัว เงินเพิ่ม (บาทต่อปี)": "net_baht",
            "อัตราผู้บริหารที่ลดลงตามเกณฑ์ (อัตรา)": "directors_freed",
        }
    return [[words, [computed(of[name])]] for words, name in rows.items()]


def _office(row: dict[str, Any]) -> list[Cell]:
    figures = [row["small_schools"], row["schools_closed"], row["pupils_moved"], kilometres(row["moved_longest_m"])]
    return [row["name"], *([computed(figure)] for figure in [*figures, row["subsidy_baht"], row["baht_each"]])]
