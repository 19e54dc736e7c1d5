"""The draft on disk: what is typed comes back as typed, nobody's words are written over, old files stay valid."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from small_office import files_in

from restructure import DataError, UsageError
from restructure.drafting import (
    SCHOOL_TEXTS,
    TEXTS,
    Blank,
    Draft,
    SchoolTexts,
    StepPlan,
    blanks,
    draft_text,
    read_draft,
    write_draft,
)

#: Whatever can be typed in a page; browsers send every line end as one.
TYPED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=40)


def written(folder: Path, text: str) -> Path:
    (folder / "plan.yaml").write_text(text, "utf-8")
    return folder


def test_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    assert read_draft(tmp_path) == (Draft(), "")
    assert files_in(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "scenario"),
    [("scenario: option-a\n", "option-a"), ("scenario: b\nsteps: []\ntexts: {}\n", "b"), ("scenario: ''\n", "")],
)
def test_files_of_before_stay_valid(tmp_path: Path, text: str, scenario: str) -> None:
    assert read_draft(written(tmp_path, text))[0] == Draft(scenario=scenario)


def test_what_is_written_is_read_by_another_library_too(tmp_path: Path) -> None:
    draft = Draft(
        scenario="option-a",
        texts={"law": "ระเบียบ ข้อ ๑\n\nข้อ ๒ ", "phone": "0551"},
        schools={"0123": SchoolTexts(reason="= เหลือ ๗ คน"), "1099": SchoolTexts()},
        steps={"meetings": StepPlan(owner="สมศรี", due=date(2026, 12, 15)), "follow-up": StepPlan()},
    )
    revision = write_draft(tmp_path, draft, "")
    assert yaml.safe_load((tmp_path / "plan.yaml").read_text("utf-8")) == {
        "scenario": "option-a",
        "texts": {"law": "ระเบียบ ข้อ ๑\n\nข้อ ๒ ", "phone": "0551"},
        "schools": {"0123": {"reason": "= เหลือ ๗ คน"}},
        "steps": {"meetings": {"owner": "สมศรี", "due": date(2026, 12, 15)}},
    }
    back, seen = read_draft(tmp_path)
    assert seen == revision
    assert back.texts == draft.texts
    assert back.schools == {"0123": draft.schools["0123"]}


@given(law=TYPED, reason=TYPED, note=TYPED)
def test_every_text_comes_back_as_typed(
    tmp_path_factory: pytest.TempPathFactory, law: str, reason: str, note: str
) -> None:
    folder = tmp_path_factory.mktemp("draft")
    draft = Draft(
        scenario="a",
        texts={"law": law},
        schools={"1099000001": SchoolTexts(reason=reason)},
        steps={"meetings": StepPlan(note=note)},
    )
    write_draft(folder, draft, "")
    back, _ = read_draft(folder)
    assert back.texts.get("law", "") == law
    assert back.schools.get("1099000001", SchoolTexts()).reason == reason
    assert back.steps.get("meetings", StepPlan()).note == note
    assert draft_text(back).encode() == (folder / "plan.yaml").read_bytes()


def test_several_lines_stay_readable(tmp_path: Path) -> None:
    write_draft(tmp_path, Draft(scenario="a", texts={"law": "ข้อหนึ่ง\nข้อสอง"}), "")
    assert "law: |-\n    ข้อหนึ่ง\n    ข้อสอง\n" in (tmp_path / "plan.yaml").read_text("utf-8")


def test_codes_by_hand_need_no_quotes_and_comments_at_the_head_stay(tmp_path: Path) -> None:
    text = "# ของกลุ่มนโยบายและแผน\n\n# แก้ได้\nscenario: a\nschools:\n  1099000001: {reason: ใกล้}\n  0123: {staff: ย้าย}\n"
    draft, seen = read_draft(written(tmp_path, text))
    assert {code: texts.reason + texts.staff for code, texts in draft.schools.items()} == {
        "1099000001": "ใกล้",
        "0123": "ย้าย",
    }
    write_draft(tmp_path, draft, seen)
    now = (tmp_path / "plan.yaml").read_text("utf-8")
    assert now.startswith("# ของกลุ่มนโยบายและแผน\n\n# แก้ได้\nscenario: a\n")
    assert read_draft(tmp_path)[0] == draft


def test_a_file_that_has_changed_is_not_written_over(tmp_path: Path) -> None:
    first = write_draft(tmp_path, Draft(scenario="a"), "")
    second = write_draft(tmp_path, Draft(scenario="a", texts={"law": "ของอีกคน"}), first)
    for seen in (first, ""):
        with pytest.raises(UsageError, match="หน้าต่างหรือโปรแกรมอื่น"):
            write_draft(tmp_path, Draft(scenario="b"), seen)
    draft, seen = read_draft(tmp_path)
    assert (draft.texts, seen) == ({"law": "ของอีกคน"}, second)
    (tmp_path / "plan.yaml").unlink()
    with pytest.raises(UsageError):
        write_draft(tmp_path, draft, second)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("scenario: a\nother: x", "other: ไม่รู้จักหัวข้อนี้"),
        ("scenario: a\ntexts: {laws: x}", "texts: ไม่รู้จักหัวข้อ laws"),
        ("scenario: a\ntexts: {law: [x]}", "texts.law: ต้องเป็นข้อความ"),
        ("scenario: a\nschools: {'1': {why: x}}", "schools.1.why: ไม่รู้จักหัวข้อนี้"),
        ("scenario: a\nsteps: {meetings: {due: เมื่อไร}}", "steps.meetings.due: ต้องเป็นวันที่"),
        ("texts: {law: x}", "ต้องมีบรรทัด scenario"),
        ("[", "บรรทัด 1"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(DataError, match=re.escape(where)) as raised:
        read_draft(written(tmp_path, text))
    assert "plan.yaml" in str(raised.value)


def test_blanks_are_what_nobody_has_written() -> None:
    draft = Draft(
        texts=dict.fromkeys(TEXTS, "x") | {"law": " \n"}, schools={"1": SchoolTexts(**dict.fromkeys(SCHOOL_TEXTS, "x"))}
    )
    assert blanks(draft, ["1"]) == [Blank("", "law", TEXTS["law"])]
    assert [(blank.school_id, blank.key) for blank in blanks(draft, ["2"])[1:]] == [("2", key) for key in SCHOOL_TEXTS]
    assert len(blanks(Draft(), ["1", "2"])) == len(TEXTS) + 2 * 9
