"""Small schools as they are published, read back and attacked: no roll of few children may come out of what is printed.

The attacker shares no code with the package: takes every number in the workbook and the paper as a sum of rolls, knows
of each school what size is printed beside it, in past years too, and asks for the least and the most that each small
roll, and each small sum of rolls, could be.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import attacking
import numpy as np
import openpyxl
import pandas as pd
import pytest
from small_office import write_rows, write_small_office
from test_smallschools import POLICY, sheet_rows, tables_of, text_of

from restructure import suppression
from restructure._errors import PolicyError
from restructure.cycle import measure, open_cycle
from restructure.documents.smallschools import write_public_small_plan
from restructure.public import SUPPRESSED
from restructure.smallbook import write_public_small_book
from restructure.smallpublic import public_bounds, public_small
from restructure.smallschools import SmallSchools, duty_steps, small_schools
from restructure.smalltexts import SmallTexts
from restructure.thai import parse_whole

THRESHOLD = 10
NEWEST = 2569
ROLLS = [0, 1, 2, 3, 5, 7, 8, 9, 9, 10, 11, 12, 19, 20, 21, 22, 30, 40, 41, 44, 60, 61, 81, 101, 119, 120, 121, 200]


class Roll(NamedTuple):
    """The roll of a school in a year; unknown to the reader but for the bounds of its size."""

    year: int
    school: str
    amphoe: str
    least: int
    most: int


def write_random_office(folder: Path, seed: int) -> Path:
    """Write an office of few schools in which small rolls abound, with two years behind it."""
    draw = random.Random(seed)
    codes = [f"S{number}" for number in range(draw.randint(3, 9))]
    amphoes = {code: draw.choice(["ก", "ข", "ค"]) for code in codes}
    rolls = {code: draw.choice(ROLLS) for code in codes}
    rolls[codes[0]] = draw.randint(1, 9)
    rows = [f"{code} P1 V {count} 2/{NEWEST}" for code, count in rolls.items() if count]
    write_small_office(
        folder,
        schools="\n".join(f"{code} {draw.randrange(0, 20_000, 100)} P1-P6 amphoe={amphoes[code]}" for code in codes),
        villages="V 1000",
        students="\n".join(rows),
        student_head="school_id grade village_id count as_of",
        policy=POLICY,
    )
    past = [[code, str(year), "P1", str(draw.choice(ROLLS))] for year in (NEWEST - 2, NEWEST - 1) for code in codes]
    write_rows(folder / "inputs" / "enrolment.csv", ["school_id", "year", "grade", "count"], past)
    return folder


def look(folder: Path) -> SmallSchools:
    return small_schools(measure(open_cycle(folder)))


def publish(small: SmallSchools, folder: Path, *, paper: bool = True) -> Path:
    """Write the public files; return where they are. The paper takes a second to draw."""
    public = public_small(small)
    folder.mkdir(exist_ok=True)
    write_public_small_book(small, public, folder / "small-schools.xlsx")
    if paper:
        steps = duty_steps(small.cycle.folder)
        version = metadata.version("restructure")
        write_public_small_plan(small, public, SmallTexts(), steps, version, folder / "plan.docx")
    return folder


def truth_of(folder: Path) -> dict[Roll, int]:
    """Count the small schools' rolls again from the files alone, with the bounds of the size of each."""

    def read(name: str) -> list[dict[str, str]]:
        return pd.read_csv(folder / "inputs" / f"{name}.csv", dtype=str, encoding="utf-8-sig").to_dict("records")

    amphoes = {row["school_id"]: row["amphoe"] for row in read("schools")}
    counts = {(NEWEST, code): 0 for code in amphoes}
    for row in read("students"):
        counts[NEWEST, row["school_id"]] += int(row["count"])
    for row in read("enrolment"):
        counts[int(row["year"]), row["school_id"]] = int(row["count"])
    found = {}
    for (year, code), count in counts.items():
        if 1 <= count <= 120:
            step = (count - 1) // 20
            found[Roll(year, code, amphoes[code], 20 * step + 1, 20 * step + 20)] = count
    return found


def value(text: Any) -> Any:
    return text if text in (SUPPRESSED, None) or isinstance(text, int) else parse_whole(str(text))


def equations(truth: dict[Roll, int], made: Path) -> list[attacking.Said]:
    """Return all that is printed of pupils as sums of the rolls, each between two bounds."""
    rolls, found = list(truth), []

    def say(told: Any, of: Callable[[Roll], bool]) -> None:
        part = [float(of(roll)) for roll in rolls]
        if told == SUPPRESSED:
            found.append((part, 1, np.inf))
        else:
            found.append((part, told, told))

    def now(roll: Roll) -> bool:
        return roll.year == NEWEST

    book = made / "small-schools.xlsx"
    for row in sheet_rows(book, "ขนาด"):
        high = int(re.findall(r"(\d+) คน", row["size_name"])[0]) if "คน" in row["size_name"] else 0
        say(value(row["pupils"]), lambda roll, high=high: now(roll) and roll.most == high)
    for row in sheet_rows(book, "โรงเรียน"):
        say(value(row["pupils"]), lambda roll, code=row["school_id"]: now(roll) and roll.school == code)
    for row in sheet_rows(book, "อำเภอ"):
        say(value(row["pupils"]), lambda roll, name=row["amphoe"]: now(roll) and roll.amphoe == name)
    for row in sheet_rows(book, "รายปี"):
        say(value(row["pupils"]), lambda roll, year=row["year"]: str(roll.year) == year)
    if not (made / "plan.docx").exists():
        return found
    # The paper says the same, or more.
    tables = tables_of(made / "plan.docx")
    *sizes, total = tables["จำนวนนักเรียน โรงเรียน (แห่ง) นักเรียน (คน)"]
    for name, _, told in sizes:
        high = parse_whole(re.findall(r"([๐-๙]+) คน", name)[0]) if "คน" in name else 0
        say(value(told), lambda roll, high=high: now(roll) and roll.most == high)
    say(value(total[2]), now)
    for head, rows in tables.items():
        if head.startswith("อำเภอ"):
            for row in rows:
                say(value(row[-1]), lambda roll, name=row[0]: now(roll) and roll.amphoe == name)
        elif head.startswith("ปีการศึกษา"):
            for row in rows:
                year = parse_whole(row[0])
                say(value(row[-1]), lambda roll, year=year: roll.year == year)
    for row in tables["ที่ โรงเรียน ตำบล อำเภอ ชั้น ขนาด (คน) นักเรียน (คน) พื้นที่พิเศษ"]:
        code = re.findall(r"\((\w+)\)$", row[1])[0]
        say(value(row[5]), lambda roll, code=code: now(roll) and roll.school == code)
    return found


def targets(truth: dict[Roll, int]) -> dict[str, list[float]]:
    """Return what must not come out: rolls of fewer pupils than the threshold, and such sums, as sums of rolls."""
    keys: dict[str, Callable[[Roll], bool]] = {}
    for roll in truth:
        year = roll.year
        keys[f"{year} {roll.school}"] = lambda r, one=roll: r == one
        keys[f"{year} {roll.amphoe}"] = lambda r, y=year, a=roll.amphoe: (r.year, r.amphoe) == (y, a)
        keys[f"{year} {roll.most}"] = lambda r, y=year, most=roll.most: (r.year, r.most) == (y, most)
        keys[f"{year}"] = lambda r, y=year: r.year == y
    parts = {name: [float(of(roll)) for roll in truth] for name, of in keys.items()}
    counts = np.array(list(truth.values()))
    return {name: part for name, part in parts.items() if 0 < np.dot(part, counts) < THRESHOLD}


def attacked(folder: Path, small: SmallSchools, made: Path, *, paper: bool) -> dict[str, float]:
    truth = truth_of(folder)
    now = {roll.school: count for roll, count in truth.items() if roll.year == NEWEST}
    assert now == small.small.set_index("school_id")["on_roll"].to_dict(), "the attacker counts as the package does"
    said = equations(truth, publish(small, made, paper=paper))
    counts = np.array(list(truth.values()))
    assert all(low <= np.dot(part, counts) <= high for part, low, high in said), "something printed is not true"
    assert not attacking.exactly_told(targets(truth), said)
    least, most = [float(roll.least) for roll in truth], [float(roll.most) for roll in truth]
    return attacking.widths(targets(truth), said, most, least)


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, SmallSchools]:
    root = tmp_path_factory.mktemp("small-offices")
    folders = [write_random_office(root / str(seed), seed) for seed in range(16)]
    return {folder: look(folder) for folder in folders}


@pytest.mark.soak
def test_small_offices_tell_no_small_roll(offices: dict[Path, SmallSchools], tmp_path: Path) -> None:
    tried = 0
    for place, (folder, small) in enumerate(offices.items()):
        found = attacked(folder, small, tmp_path / folder.name, paper=place < 3)
        tried += len(found)
        assert all(width >= THRESHOLD for width in found.values()), (folder.name, found)
    assert tried > 50


@pytest.mark.soak
def test_the_attack_succeeds_without_the_complementary_step(
    offices: dict[Path, SmallSchools], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression, "_complement", lambda system, *_: np.zeros_like(system.shown))
    told = 0
    for folder, small in list(offices.items())[:8]:
        truth = truth_of(folder)
        said = equations(truth, publish(small, tmp_path / folder.name, paper=False))
        told += bool(attacking.exactly_told(targets(truth), said))
    assert told > 3


def test_the_size_of_a_school_is_part_of_what_is_known(tmp_path: Path) -> None:
    """Of 48 together 41 to 60 at one leave 1 to 7 at the other: the sum has to go, and the 41 may stay."""
    folder = write_small_office(
        tmp_path / "2570", schools="A 0 P1-P6\nB 2000 P1-P6", villages="V 1000",
        students=f"A P1 V 7 2/{NEWEST}\nB P1 V 41 2/{NEWEST}", student_head="school_id grade village_id count as_of",
        policy=POLICY,
    )  # fmt: skip
    public = public_small(look(folder))
    assert list(public.schools["size"]) == [1, 3]
    assert [None if pd.isna(pupils) else pupils for pupils in public.schools["pupils"]] == [None, 41]
    assert public.total is None


def test_larger_is_by_size_where_it_is_published(tmp_path: Path) -> None:
    """That 9 are more than 8 would be told by naming one school as the larger of two of one size."""
    folder = write_small_office(
        tmp_path / "2570", schools="A 0 P1-P6\nB 2000 P1-P6\nC 4000 P1-P6", villages="V 1000",
        students=f"A P1 V 8 2/{NEWEST}\nB P1 V 9 2/{NEWEST}\nC P1 V 60 2/{NEWEST}",
        student_head="school_id grade village_id count as_of", policy=POLICY,
    )  # fmt: skip
    small = look(folder)
    assert "B" in set(small.nearest["larger_id"])
    assert set(public_small(small).nearest["larger_id"]) == {"C"}


@pytest.mark.parametrize(
    ("threshold", "bounds"),
    [(10, (0, 20, 40, 60, 80, 100, 120)), (20, (0, 40, 60, 80, 100, 120)), (25, (0, 40, 60, 80, 100, 120)),
     (119, (0, 120))],
)  # fmt: skip
def test_sizes_are_put_together_until_they_tell_no_small_count(threshold: int, bounds: tuple[int, ...]) -> None:
    assert public_bounds((0, 20, 40, 60, 80, 100, 120), threshold) == bounds


def test_a_larger_threshold_of_the_office_holds(tmp_path: Path) -> None:
    folder = write_random_office(tmp_path / "office", 3)
    more = "settings: {public_min_pupils: {value: %s, source: มติ, date: 2026-11-01}}"
    (folder / "policy.yaml").write_text(POLICY + more % 25, "utf-8")
    public = public_small(look(folder))
    assert public.bounds[:2] == (0, 40)
    told = [public.schools["pupils"], public.sizes["pupils"], public.amphoes["pupils"], public.years["pupils"]]
    assert not any(values.between(1, 24).any() for values in told)
    (folder / "policy.yaml").write_text(POLICY + more % 120, "utf-8")
    with pytest.raises(PolicyError, match="public_min_pupils"):
        public_small(look(folder))


@pytest.mark.soak
def test_most_of_what_is_safe_is_told(offices: dict[Path, SmallSchools]) -> None:
    """Suppressing everything would be safe and of no use."""
    told = [public_small(small) for small in offices.values()]
    sure = [public.schools["pupils"][small.schools["on_roll"].ge(THRESHOLD)]
            for public, small in zip(told, offices.values(), strict=True)]  # fmt: skip
    assert pd.concat(sure).notna().mean() > 0.6
    assert sum(public.total is not None for public in told) >= len(told) / 2


def test_nothing_else_is_published(sample: Path, tmp_path: Path) -> None:
    """Of an office that differs in what is not published, the public files are the same to the byte."""
    small = look(sample)
    one = publish(small, tmp_path / "one")
    hidden = ["pupils_K", "pupils_P1-P3", "learners", "rooms", "teachers", "teachers_over", "in_1", "classes_together"]
    schools = small.schools.assign(**dict.fromkeys(hidden, 77), readiness="ลับ")
    years = small.years[~small.years["projected"]]
    other = SmallSchools(**{**vars(small), "schools": schools, "years": years,
                            "mergers": small.mergers.assign(pupils=77)})  # fmt: skip
    two = publish(other, tmp_path / "two")
    for name in ("plan.docx", "small-schools.xlsx"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    text = text_of(one / "plan.docx")
    assert SUPPRESSED in text
    assert "คาดการณ์" not in text
    assert "ครู" not in text
    book = openpyxl.load_workbook(one / "small-schools.xlsx")
    assert book.sheetnames == ["สารบัญ", "ขนาด", "โรงเรียน", "โรงเรียนใกล้เคียง", "อำเภอ", "ตำบล", "รายปี", "การรวม", "ค่าที่ใช้",
                               "พจนานุกรมข้อมูล"]  # fmt: skip
    heads = Counter(str(c.value) for sheet in book for row in sheet.iter_rows(max_row=8) for c in row)
    assert not {"teachers", "learners", "readiness", "in_1", "confirmed_by"} & set(heads)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" or cell.comment for cell in cells), "a sum over suppressed cells is no sum"
    rolls = small.small.set_index("school_id")["on_roll"]
    told = {row["school_id"]: row["pupils"] for row in sheet_rows(one / "small-schools.xlsx", "โรงเรียน")}
    assert all(told[code] == SUPPRESSED for code in rolls.index[rolls < THRESHOLD])
    assert all(told[code] in (SUPPRESSED, count) for code, count in rolls.items())
