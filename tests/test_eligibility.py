"""Who may claim: each rule by itself, the order of reasons, and what pupils' tables tell of boarding and travel."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_office import write_small_office

from restructure import Measured, measure, open_cycle
from restructure.eligibility import REASONS, unknowns
from restructure.intake import read_table
from restructure.seating import make_office
from restructure.subsidy import claim_rows, claims, need
from restructure.thai import round_term
from restructure.words import NOT_ELIGIBLE

# A learns together with H since 1/2565; B (K2–P6) was dissolved into H from 1/2567, its pupils are on H's roll.
HEAD = "school_id grade village_id count as_of from_school_id boarding mode"
OFFICE = {
    "schools": "A 5000 K2-P6\nB 9000 K2-P6 status=closed\nH 0 K1-P6",
    "villages": "V 4000",
    "student_head": HEAD,
    "mergers": "A K1-P6 1/2565 H learn-together existing\nB K1-P6 1/2567 H dissolve second-decade",
}


def judged(folder: Path, students: str, **rules: object) -> list[tuple[object, ...]]:
    measured = measured_office(folder, students, **rules)
    table = claims(office_of(measured), "may")
    return list(table[["school_id", "grade", "pupils", "reason"]].itertuples(index=False, name=None))


def measured_office(folder: Path, students: str, **rules: object) -> Measured:
    lines = "".join(f"  {key}: {{value: {value}, source: ทดสอบ}}\n" for key, value in rules.items())
    policy = f"fiscal_year: 2570\nsettings:\n{lines}" if rules else ""
    return measure(open_cycle(write_small_office(folder, **OFFICE, students=students, policy=policy)))


def office_of(measured: Measured):  # type: ignore[no-untyped-def]
    term = round_term(2570, "may")
    return make_office(measured.cycle.tables, measured.distances, measured.cycle.policy, measured.homes, term=term)


def test_as_packaged_every_pupil_who_travels_because_of_a_merger_may_claim(tmp_path: Path) -> None:
    students = "A K2 V 1 1/2570 . yes ไม่เสียค่าโดยสาร\nH K1 V 2 1/2570 B . .\nH P1 V 4 1/2570 . no ."
    assert judged(tmp_path, students) == [("A", "K2", 1, ""), ("B", "K1", 2, "")]


@pytest.mark.parametrize(
    ("rule", "value", "reasons"),
    [
        ("eligible_grades", "P1-P6", ["grade", "", "", "", ""]),
        ("eligible_kinds", "[dissolve]", ["kind", "kind", "kind", "kind", ""]),
        ("boarders", "refuse", ["", "boards", "", "", ""]),
        ("free_transport", "refuse", ["", "", "free-transport", "", ""]),
    ],
)
def test_each_rule_by_itself(tmp_path: Path, rule: str, value: str, reasons: list[str]) -> None:
    students = """
        A K2 V 1 1/2570 . no walk
        A P1 V 1 1/2570 . yes walk
        A P2 V 1 1/2570 . no พาหนะไม่เสียค่าโดยสาร
        A P3 V 1 1/2570 . . พาหนะเสียค่าโดยสาร
        H P4 V 1 1/2570 B . .
    """
    assert [row[3] for row in judged(tmp_path, students, **{rule: value})] == reasons


@pytest.mark.parametrize(
    ("grade", "reason"),
    [
        # In 1/2570: K2 began this year, K3 in 2569, P1 in 2568, P2 in 1/2567, when B was no more; P3 in 2566 at B.
        ("K1", "new-entrant"),
        ("K2", "new-entrant"),
        ("P1", "new-entrant"),
        ("P2", "new-entrant"),
        ("P3", ""),
        ("P6", ""),
    ],
)
def test_who_began_school_after_the_merger_never_went_to_the_old_one(tmp_path: Path, grade: str, reason: str) -> None:
    rows = judged(tmp_path, f"H {grade} V 3 1/2570 B . .\nA {grade} V 2 1/2570 . . .", new_entrants="refuse")
    assert rows == [("A", grade, 2, ""), ("B", grade, 3, reason)], "who is on the old school's roll is no entrant"


@pytest.mark.parametrize(
    ("mergers", "grade", "reason"),
    [
        # P1–P6 left in 1/2567, kindergarten in 1/2569 only: P1 in 2570 began K2 in 2568, still at B.
        ("B P1-P6 1/2567 H dissolve existing\nB K2-K3 1/2569 H dissolve existing", "P1", ""),
        ("B P1-P6 1/2567 H dissolve existing\nB K2-K3 1/2569 H dissolve existing", "K3", "new-entrant"),
        # Kindergarten left first: who began K2 at H in 2568 was in P1 at B in 2570's last year but one.
        ("B K2-K3 1/2567 H dissolve existing\nB P1-P6 1/2570 H dissolve existing", "P1", ""),
        # P1 has never left B, so who is in P2 may have been there.
        ("B K2-K3 1/2560 H dissolve existing\nB P2-P6 1/2560 H dissolve existing", "P2", ""),
        # From the middle of a year on: who began in its first term began at B.
        ("B K2-P6 2/2568 H dissolve existing", "P1", ""),
        ("B K2-P6 2/2568 H dissolve existing", "K3", "new-entrant"),
    ],
)
def test_grades_that_left_at_different_times(tmp_path: Path, mergers: str, grade: str, reason: str) -> None:
    office = OFFICE | {"mergers": mergers}
    policy = "settings:\n  new_entrants: {value: refuse, source: ทดสอบ}\n"
    folder = write_small_office(tmp_path, **office, students=f"H {grade} V 3 1/2570 B . .", policy=policy)
    assert claims(office_of(measure(open_cycle(folder))), "may")["reason"].tolist() == [reason]


def test_of_several_reasons_the_first_in_their_order_is_told(tmp_path: Path) -> None:
    everything = {
        "eligible_grades": "P1-P6", "eligible_kinds": "[merge]", "new_entrants": "refuse", "boarders": "refuse",
        "free_transport": "refuse",
    }  # fmt: skip
    students = "H K2 V 1 1/2570 B yes free\nH P1 V 1 1/2570 B yes free"
    found = []
    for number, skipped in enumerate([None, *everything]):
        rules = {key: value for place, (key, value) in enumerate(everything.items()) if place >= number}
        if rules:
            found.append(judged(tmp_path / str(skipped), students, **rules)[0][3])
    assert found == list(REASONS)
    assert set(NOT_ELIGIBLE) == set(REASONS)


def test_what_is_not_known_speaks_for_the_pupil_and_is_counted(tmp_path: Path) -> None:
    students = "A P1 V 2 1/2570 . . free\nA P2 V 3 1/2570 . no .\nA P3 V 4 1/2570 . . .\nA P4 V 5 1/2570 . yes walk"
    measured = measured_office(tmp_path, students, boarders="refuse")
    office, settings = office_of(measured), measured.cycle.policy.settings
    assert int(need(office, "may")["pupils"].sum()) == 9
    assert unknowns(office.pupils, settings) == {"boards": 6}
    both = settings.model_copy(update={"free_transport": "refuse"})
    assert unknowns(office.pupils, both) == {"boards": 6, "free-transport": 7}
    assert unknowns(office.pupils, settings.model_copy(update={"boarders": "pay"})) == {}


def test_pupils_who_differ_in_boarding_or_travel_only_are_no_repetition(tmp_path: Path) -> None:
    measured = measured_office(
        tmp_path, "A P1 V 2 1/2570 . yes walk\nA P1 V 3 1/2570 . no walk\nA P1 V 4 1/2570 . no free"
    )
    assert not (measured.problems["severity"] == "error").any()
    assert sorted(claim_rows(office_of(measured), "may")["pupils"]) == [2, 3, 4]


# -- the two columns of the pupils' table ----
@pytest.mark.parametrize(
    ("head", "cells"),
    [
        (
            "การพักนอนประจำ",
            {
                "พักนอน": "yes", "ไม่พักนอน": "no", "พักนอนประจำ": "yes", "ไป-กลับ": "no", "": "", "-": "", "ใช่": "yes",
                "1": "yes",
            },
        ),
        ("boards", {"yes": "yes", "NO": "no", "ไม่ใช่": "no"}),
        (
            "ลักษณะการเดินทางมาโรงเรียน",
            {
                "เดินเท้า": "walk", "พาหนะไม่เสียค่าโดยสาร": "free", "พาหนะเสียค่าโดยสาร": "paid", "จักรยานยืมเรียน": "bicycle",
                "รถจักรยานยนต์": "other", "อื่นๆ": "other", "": "", "-": "", "เดินทางโดยเรือ": "other",
                "พาหนะ ไม่เสียค่าโดยสาร": "free",
            },
        ),
        ("mode", {"walk": "walk", "free": "free", "paid": "paid", "Bicycle": "bicycle", "motorbike": "other"}),
    ],
)  # fmt: skip
def test_cells_of_boarding_and_travel(tmp_path: Path, head: str, cells: dict[str, str]) -> None:
    rows = "\n".join(f'1099000001,P1,65010101,1,"{cell}"' for cell in cells)
    path = tmp_path / "students.csv"
    path.write_text(f"school_id,grade,village_id,count,{head}\n{rows}\n", "utf-8-sig")
    table, problems = read_table(path, "students")
    column = "mode" if head in ("mode", "ลักษณะการเดินทางมาโรงเรียน") else "boards"
    assert table[column].tolist() == list(cells.values())
    assert not [p for p in problems if p.column in ("mode", "boards")]


def test_what_cannot_be_read_is_unknown_and_the_pupil_still_counts(tmp_path: Path) -> None:
    path = tmp_path / "students.csv"
    path.write_text("school_id,grade,village_id,count,boards,mode\n1099000001,P1,65010101,1,อาจจะ,7\n", "utf-8-sig")
    table, problems = read_table(path, "students")
    assert table[["count", "boards", "mode"]].iloc[0].tolist() == [1, "", ""]
    assert [(p.severity, p.rule) for p in problems] == [("warning", "bad-mode"), ("warning", "bad-yes_no")]
