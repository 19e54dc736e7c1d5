"""The section of a plan that shows the office's scenarios side by side, the present state first."""

from __future__ import annotations

from docx.shared import Cm, Emu

from restructure.comparison import side_by_side, with_present
from restructure.comparisonprint import chart_picture
from restructure.documents.parts import shrunk
from restructure.paper import Cell, Paper, computed
from restructure.simulate import Outcome

#: The figures that a committee decides by; the others stand in the annexes.
_COMMITTEE = {
    *("pupils_moved", "farther", "nearer", "unreachable", "cut_off_in_wet_season"),
    *("all_median_m", "all_p90_m", "all_max_minutes", "all_unmeasured", "median_m", "p90_m", "max_m", "max_minutes"),
    *("subsidy_total_baht", "baht_per_year", "pupils_by_band", "top_up_baht", "net_change_baht"),
    *("directors_freed", "teachers_freed", "posts_beyond_need"),
    *("schools_teaching", "small_schools", "schools_closed", "schools_dissolved"),
    *("hosts", "hosts_over_capacity", "hosts_capacity_unknown", "years"),
}
NET_NOTE = (
    "สุทธิเท่าที่ทราบ = ค่าพาหนะ เงินรายหัว และเงินเพิ่มโรงเรียนขนาดเล็กที่เปลี่ยนไปรวมกัน บวก = จ่ายเพิ่ม "
    "อัตรากำลังที่ลดลงเป็นจำนวนอัตรา ค่าใช้จ่ายต่ออัตราไม่มีในแหล่งข้อมูลใด จึงไม่รวม"
)
#: Width and height of a picture that has a page across for itself, with a heading and a line above it.
ACROSS = Cm(24.7), Cm(14.2)
#: Scenarios beside the present state that fit on a page.
_MOST = 4


def for_committee(key: str) -> bool:
    """Return whether a committee decides by a figure."""
    return key.startswith(("over_", "all_over_")) or key.partition(".")[0] in _COMMITTEE


def write_alternatives(paper: Paper, outcomes: list[Outcome]) -> None:
    """Write charts and tables of several outcomes of one office, some scenarios at a time, for pages across."""
    outcomes = with_present(outcomes)
    table = side_by_side(outcomes)
    names = list(table.columns[3:])
    table = table[[for_committee(key) for key in table.index]]
    for first in range(1, len(names), _MOST):
        picture, ratio = shrunk(chart_picture([outcomes[0], *outcomes[first : first + _MOST]]))
        size = min(ACROSS[0], Emu(int(ACROSS[1] * ratio)))
        paper.picture(picture, size, "แผนภูมิเทียบทางเลือกกับสภาพปัจจุบัน")
        shown = [names[0], *names[first : first + _MOST]]
        rows: list[list[Cell]] = []
        for _, row in table.iterrows():
            rows += [[row["group"]]] if row["group"] else []
            rows.append([row["item"], *(computed(row[name]) for name in shown), row["unit"]])
        room = (ACROSS[0].cm - 8.2) / len(shown)
        widths = [6.6, *[room] * len(shown), 1.6]
        paper.table(["รายการ", *shown, "หน่วย"], rows, widths, numeric=range(1, len(shown) + 1))
