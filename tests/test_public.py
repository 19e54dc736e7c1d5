"""What leaves the office, read back and attacked: no small count of children may come out of all that is published.

The attacker here shares no code with the package but the writer of the files: counts pupils from the raw inputs by
plain loops, measures along the straight road of the small offices, and asks for the least and the most that each small
count could be while agreeing with every printed figure.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import attacking
import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml
from docx import Document
from docx.oxml.ns import qn
from small_office import merge, write_small_office

from restructure import DataError, documents, suppression
from restructure.cycle import Measured, find_scenario, measure, open_cycle
from restructure.documents.defaults import default_templates
from restructure.drafting import TEXTS, Draft, StepPlan
from restructure.paper import BLANK_PATTERN
from restructure.plan import Plan
from restructure.procedure import progress, steps_of
from restructure.public import READ_FIRST, SUPPRESSED, PublicFigures, public_figures, write_public_annexes
from restructure.scenario import PRESENT
from restructure.steps import draft_plan
from restructure.templates import write_templates
from restructure.thai import parse_whole
from restructure.webmap import write_public_map

THRESHOLD = 10
BAHT = {1: 2000, 2: 3000, 3: 4000}
ITEMS = {
    "merges": "การรวม", "schools": "โรงเรียนมารวม", "hosts": "โรงเรียนหลัก", "pupils_moved": "นักเรียนที่ย้าย",
    "band_1": "บ้านถึงโรงเรียนหลัก ไม่เกิน ๓ กม. (๑๐ บาท/วัน)",
    "band_2": "บ้านถึงโรงเรียนหลัก เกิน ๓ แต่ไม่เกิน ๑๐ กม. (๑๕ บาท/วัน)",
    "band_3": "บ้านถึงโรงเรียนหลัก เกิน ๑๐ กม. (๒๐ บาท/วัน)", "unmeasured": "ยังวัดระยะทางไม่ได้",
}  # fmt: skip
SHEETS = ["สารบัญ", "สรุป", "การรวม", "โรงเรียน", "หมู่บ้าน", "ค่าที่ใช้", "พจนานุกรมข้อมูล"]


class Group(NamedTuple):
    """Pupils who cannot be told apart; ``band`` is 4 where no way is known, and 0 of those who stay."""

    before: str
    after: str
    village: str
    band: int


class Published(NamedTuple):
    """What a reader has: cells of the workbook, ``SUPPRESSED`` where nothing is told, and all that the map holds."""

    summary: dict[str, Any]
    merges: dict[tuple[str, str], Any]
    schools: dict[str, dict[str, Any]]
    villages: dict[tuple[str, str, str], int]
    map: dict[str, Any]
    paper: Paper


class Paper(NamedTuple):
    """The same read out of the tables of the paper; figures by their words."""

    summary: dict[str, Any]
    merges: dict[tuple[str, str], Any]
    schools: dict[str, dict[str, Any]]


def publish(plan: Plan, folder: Path) -> Published:
    """Write the public files and read them back."""
    figures = public_figures(plan)
    write_public_annexes(plan, figures, folder / "public.xlsx")
    write_public_map(plan, figures, folder / "map.html")
    write_paper(plan, figures, folder / "plan.docx")
    page = (folder / "map.html").read_text("utf-8")
    book = openpyxl.load_workbook(folder / "public.xlsx")
    assert book.sheetnames == SHEETS

    def rows(name: str) -> Iterator[dict[str, Any]]:
        cells = list(book[name].iter_rows(values_only=True))
        head = next(i for i, row in enumerate(cells) if row[0] and re.fullmatch("[a-z_]+", str(row[0])))
        for row in cells[head + 1 :]:
            if row[0] != "ไม่มีรายการ":
                yield dict(zip(cells[head], row, strict=True))

    return Published(
        {row["key"]: row["value"] for row in rows("สรุป")},
        {(row["school_id"], row["host_id"]): row["pupils"] for row in rows("การรวม")},
        {row["school_id"]: row for row in rows("โรงเรียน")},
        {(row["village_id"], row["school_id"], row["host_id"]): row["pupils"] for row in rows("หมู่บ้าน")},
        json.loads(re.findall('<script type="application/json" id="data">(.*?)</script>', page)[0]),
        read_paper(folder / "plan.docx"),
    )


def write_paper(
    plan: Plan, figures: PublicFigures, path: Path, draft: Draft | None = None, **more: Any
) -> pd.DataFrame:
    """Write the paper of a plan whose procedure has not begun; return the blanks."""
    draft = draft or Draft()
    rows = pd.DataFrame(columns=["seq", "kind", "subject", "content", "revokes"])
    return documents.write_public(plan, figures, path, draft, progress(draft, rows, path.parent), **more)


def read_paper(path: Path) -> Paper:
    """Read the tables of the paper back."""
    tables: dict[str, list[list[str]]] = {}
    for table in Document(str(path)).tables:
        head, *rows = [[cell.text for cell in row.cells] for row in table.rows]
        tables[" ".join(head)] = rows

    def value(text: str) -> Any:
        return text if text == SUPPRESSED else parse_whole(text)

    def code(text: str) -> str:
        return re.findall(r"\((\w+)\)$", text)[0]

    merges = tables.get("ที่ โรงเรียนมารวม ไปโรงเรียนหลัก ชั้น ลักษณะ โครงการ ตั้งแต่ภาคเรียน นักเรียน (คน)", [])
    schools = tables.get("โรงเรียน ที่ตั้ง ผู้มาเรียน ก่อนรวม (คน) ผู้มาเรียน หลังรวม (คน)", [])
    summary = {row[0]: value(row[1]) for row in tables["รายการ จำนวน หน่วย"]}
    return Paper(
        {key: summary[item] for key, item in ITEMS.items()}
        | {"baht_per_year": next(number for item, number in summary.items() if item.startswith("ค่าพาหนะ"))},
        {(code(row[1].split("\n")[0]), code(row[1])): value(row[4]) for row in merges},
        {code(row[0]): {"before": value(row[2]), "after": value(row[3])} for row in schools},
    )


def text_of(path: Path) -> str:
    """Return all that is written in a paper, a line a paragraph, running lines too."""
    document = Document(str(path))
    running = document.sections[0]
    parts = [document.element.body, running.header._element, running.footer._element]
    lines = [line for part in parts for line in part.iter(qn("w:p"))]
    return "\n".join("".join(piece.text or "" for piece in line.iter(qn("w:t"))) for line in lines)


def equations(truth: Counter[Group], seen: Published) -> list[attacking.Said]:
    """Return all that is printed as sums of the groups, each between two bounds."""
    groups = list(truth)
    found: list[attacking.Said] = []

    def say(value: Any, of: Any, weight: Any = lambda _: 1) -> None:
        part = [float(weight(group)) if of(group) else 0.0 for group in groups]
        if value == SUPPRESSED:
            found.append((part, 1, np.inf))  # a mark where it is not 0
        elif value is not None:
            found.append((part, value, value))

    def moves(group: Group) -> bool:
        return group.before != group.after

    for told in (seen, seen.paper):
        say(told.summary["pupils_moved"], moves)
        for band in BAHT:
            say(told.summary[f"band_{band}"], lambda group, band=band: moves(group) and group.band == band)
        say(told.summary["unmeasured"], lambda group: moves(group) and group.band == 4)
        say(told.summary["baht_per_year"], lambda group: group.band in BAHT, lambda group: BAHT[group.band])
        for (school, host), value in told.merges.items():
            say(value, lambda group, pair=(school, host): group[:2] == pair)
        for school, row in told.schools.items():
            say(row["before"], lambda group, school=school: group.before == school)
            say(row["after"], lambda group, school=school: group.after == school)
    for (village, school, host), value in seen.villages.items():
        say(value, lambda group, place=(school, host, village): moves(group) and group[:3] == place)
    # The map says the same, or more.
    say(seen.map["summary"]["pupils_moved"], moves)
    say(seen.map["summary"]["baht_per_year"], lambda group: group.band in BAHT, lambda group: BAHT[group.band])
    schools = [school["id"] for school in seen.map["schools"]]
    for school in seen.map["schools"]:
        say(school["before"]["pupils"], lambda group, code=school["id"]: group.before == code)
        say(school["after"]["pupils"], lambda group, code=school["id"]: group.after == code)
    for move in seen.map["moves"]:
        pair = (schools[move["school"]], schools[move["host"]])
        say(move["pupils"], lambda group, pair=pair: group[:2] == pair)
    for village in seen.map["villages"]:
        listed = {place[1:] for place in seen.villages if place[0] == village["id"]}
        say(village["pupils"], lambda group, code=village["id"], listed=listed: (
            moves(group) and group.village == code and group[:2] in listed))  # fmt: skip
    return found


def targets(truth: Counter[Group]) -> dict[str, list[float]]:
    """Return what must not come out: counts of fewer children than the threshold, as sums of groups."""
    groups = list(truth)
    keys: dict[str, Any] = {"all who move": lambda g: g.before != g.after}
    for group in groups:
        pair, village = group[:2], group.village
        keys[f"{pair}"] = lambda g, pair=pair: g[:2] == pair
        keys[f"before {group.before}"] = lambda g, school=group.before: g.before == school
        keys[f"after {group.after}"] = lambda g, school=group.after: g.after == school
        if group.before != group.after:
            keys[f"left {group.before}"] = lambda g, s=group.before: g.before == s != g.after
            keys[f"joined {group.after}"] = lambda g, s=group.after: g.after == s != g.before
            keys[f"village {village}"] = lambda g, v=village: g.village == v
            keys[f"village {village} {pair}"] = lambda g, p=pair, v=village: g[:2] == p and g.village == v
            keys[f"band {group.band}"] = lambda g, band=group.band: g.band == band
    parts = {name: [float(of(group)) for group in groups] for name, of in keys.items()}
    counts = np.array(list(truth.values()))
    return {name: part for name, part in parts.items() if 0 < np.dot(part, counts) < THRESHOLD}


def widths(truth: Counter[Group], said: list[attacking.Said]) -> dict[str, float]:
    """Return how many whole pupils each small count could be, less one; infinite where nothing bounds it."""
    # Far more than there are: a reader has no such bound.
    return attacking.widths(targets(truth), said, sum(truth.values()) + 10 * THRESHOLD)


def exactly_told(truth: Counter[Group], said: list[attacking.Said]) -> set[str]:
    """Return the small counts that additions and subtractions of printed figures give, found without any solver."""
    return attacking.exactly_told(targets(truth), said)


# --- small offices on one straight road -----------------------------------------------------------------------------

PLACES = [0, 1500, 2800, 4200, 6500, 9000, 12_000, 15_500]
GRADES = ["P1", "P2", "P3", "P4", "P5", "P6"]


def random_office(folder: Path, seed: int) -> Path:
    """Write an office with a scenario in which small counts abound."""
    draw = random.Random(seed)
    schools = [str(number) for number in range(1, draw.randint(3, 6) + 1)]
    villages = [str(number) for number in range(1, draw.randint(3, 8) + 1)]
    rows = []
    for school in schools:
        for village in draw.sample(villages, draw.randint(1, min(4, len(villages)))):
            for grade in draw.sample(GRADES, draw.randint(1, 4)):
                rows.append(f"{school} {grade} {village} {draw.choice([1, 1, 2, 3, 5, 8, 12, 20])}")
    hosts = schools[: draw.randint(1, len(schools) - 1)]
    leaving = draw.sample(schools[len(hosts) :], draw.randint(1, len(schools) - len(hosts)))
    merges = [merge(s, draw.choice(hosts), grades=draw.choice(["all", "all", "P1-P3", "P4-P6"])) for s in leaving]
    return write_small_office(
        folder,
        schools="\n".join(f"{code} {draw.choice(PLACES)} P1-P6" for code in schools),
        villages="\n".join(f"{code} {draw.choice(PLACES) + 100 * int(code)}" for code in villages),
        students="\n".join(rows),
        scenarios={"plan": merges},
    )


def counted(folder: Path) -> Counter[Group]:
    """Count the pupils of a small office again, from its files alone, those of the schools concerned."""

    def read(name: str) -> list[dict[str, str]]:
        with (folder / "inputs" / f"{name}.csv").open(encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))

    # One degree of longitude is as long everywhere on the road, and a school stands on it.
    east = {f"s{row['school_id']}": float(row["lon"]) for row in read("schools")}
    east |= {f"v{row['village_id']}": float(row["lon"]) for row in read("villages")}
    merges = yaml.safe_load((folder / "scenarios" / "plan.yaml").read_text("utf-8"))["merges"]
    metres = metres_a_degree(folder)
    truth: Counter[Group] = Counter()
    for row in read("students"):
        school, number = row["school_id"], int(row["grade"][1])
        hosts = [m["host"] for m in merges if m["school"] == school
                 and (m["grades"] == "all" or int(m["grades"][1]) <= number <= int(m["grades"][-1]))]  # fmt: skip
        if hosts:
            way = abs(east[f"v{row['village_id']}"] - east[f"s{hosts[0]}"]) * metres
            group = Group(school, hosts[0], row["village_id"], 1 if way < 3000.5 else 2 if way < 10_000.5 else 3)
        else:
            group = Group(school, school, "", 0)
        truth[group] += int(row["count"])
    concerned = {code for group in truth if group.before != group.after for code in group[:2]}
    return Counter({group: n for group, n in truth.items() if {group.before, group.after} & concerned})


def metres_a_degree(folder: Path) -> float:
    """Return metres of the road a degree of longitude: its ends are 60 km apart."""
    lons = [float(text) for text in re.findall('lon="([0-9.]+)"', (folder / "inputs/roads.osm").read_text("utf-8"))]
    return 60_000 / (max(lons) - min(lons))


@pytest.fixture(scope="session")
def small_plans(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Plan]:
    """Return the plans of fifty random small offices, by their folders."""
    root = tmp_path_factory.mktemp("offices")
    folders = [random_office(root / str(seed), seed) for seed in range(50)]
    return {folder: draft_plan(measure(open_cycle(folder)), find_scenario(folder, "plan")) for folder in folders}


def attacked(folder: Path, plan: Plan) -> dict[str, float]:
    truth = counted(folder)
    # The attacker counts as the package does, or nothing of this means anything.
    assert sum(n for group, n in truth.items() if group.before != group.after) == plan.outcome.summary["pupils_moved"]
    baht = sum(n * BAHT[group.band] for group, n in truth.items() if group.band)
    assert baht == plan.outcome.summary["baht_per_year"]
    said = equations(truth, publish(plan, folder))
    values = np.array(list(truth.values()))
    assert all(low <= np.dot(part, values) <= high for part, low, high in said), "something printed is not true"
    assert not exactly_told(truth, said)
    return widths(truth, said)


@pytest.mark.soak
def test_fifty_small_offices_tell_no_small_count(small_plans: dict[Path, Plan]) -> None:
    tried = 0
    for folder, plan in small_plans.items():
        found = attacked(folder, plan)
        tried += len(found)
        assert all(width >= THRESHOLD for width in found.values()), (folder.name, found)
    assert tried > 200


@pytest.mark.soak
def test_the_attack_succeeds_without_the_complementary_step(
    small_plans: dict[Path, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression, "_complement", lambda system, *_: np.zeros_like(system.shown))
    told = 0
    offices = list(small_plans.items())[:20]
    for folder, plan in offices:
        truth = counted(folder)
        told += bool(exactly_told(truth, equations(truth, publish(plan, folder))))
    assert told > 10


@pytest.mark.soak
def test_most_of_what_is_safe_is_told(small_plans: dict[Path, Plan]) -> None:
    """Suppressing everything would be safe and of no use."""
    told = [public_figures(plan) for plan in list(small_plans.values())[:20]]
    totals = [figures.office.set_index("key")["value"].notna()["pupils_moved"] for figures in told]
    merges = [((figures.merges["pupils"] > 0).fillna(value=False)).sum() for figures in told]
    assert sum(totals) > 10
    assert sum(merges) > 12


# --- the sample office ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def measured(sample: Path) -> Measured:
    return measure(open_cycle(sample))


def counted_in(plan: Plan) -> Counter[Group]:
    """Count the pupils of the sample office from the table of who sits where."""
    outcome = plan.outcome
    truth: Counter[Group] = Counter()
    rows = outcome.seats_table
    before = [outcome.office.codes[place] for place in outcome.seats_before.sits]
    moved = set(outcome.moved.tolist())
    limits = [band.up_to_m for band in plan.policy.settings.bands]
    for i, (old, new, village, n) in enumerate(
        zip(before, rows["sits_at"], rows["village_id"], rows["pupils"], strict=True)
    ):
        if i in moved:
            way = outcome.road_m[i]
            band = 4 if way < 0 else 1 + sum(limit is not None and way > limit for limit in limits)
            truth[Group(old, new, village, band)] += n
        else:
            truth[Group(old, new, "", 0)] += n
    concerned = {code for group in truth if group.before != group.after for code in group[:2]}
    return Counter({group: n for group, n in truth.items() if {group.before, group.after} & concerned})


@pytest.mark.parametrize("stem", ["option-a", "option-b"])
def test_the_sample_office_tells_no_small_count(measured: Measured, sample: Path, tmp_path: Path, stem: str) -> None:
    plan = draft_plan(measured, find_scenario(sample, stem))
    seen, truth = publish(plan, tmp_path), counted_in(plan)
    said = equations(truth, seen)
    values = np.array(list(truth.values()))
    assert all(low <= np.dot(part, values) <= high for part, low, high in said)
    assert not exactly_told(truth, said)
    found = widths(truth, said)
    assert len(found) > 20
    assert min(found.values()) >= THRESHOLD, found
    # Whoever looks up the rolls that the ministry publishes finds out no more of a village.
    rolls = Counter[str]()
    for group, n in truth.items():
        rolls[group.before] += n
    assert plan.outcome.office.existing
    for school, n in rolls.items():
        said.append(([float(group.before == school) for group in truth], n, n))
    villages = {name: width for name, width in widths(truth, said).items() if name.startswith("village ")}
    pinned = {name for name, width in villages.items() if width < THRESHOLD}
    lone = [(part, low, high) for part, low, high in said[-len(rolls) :]]
    by_rolls = {name for name, width in widths(truth, lone).items() if width < THRESHOLD}
    assert pinned <= by_rolls, "the published figures add nothing to what the rolls tell by themselves"


def test_villages_that_may_not_be_told_all_look_alike(measured: Measured, sample: Path, tmp_path: Path) -> None:
    plan = draft_plan(measured, find_scenario(sample, "option-b"))
    seen = publish(plan, tmp_path)
    truth: Counter[str] = Counter()
    for group, n in counted_in(plan).items():
        if group.before != group.after:
            truth[group.village] += n
    told = {village["id"] for village in seen.map["villages"] if village["pupils"] is not None}
    assert told == {place[0] for place in seen.villages}
    assert all(truth[code] >= THRESHOLD for code in told)
    assert {tuple(village) for village in seen.map["villages"]} == {("id", "name", "at", "pupils", "go", "before")}
    assert not any(village["go"] or village["before"] for village in seen.map["villages"]), "lines tell of children"
    assert len(seen.map["villages"]) == len(plan.tables["villages"])
    with zipfile.ZipFile(tmp_path / "public.xlsx") as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml"))
    silent = [code for code, n in truth.items() if code and code not in told and n]
    assert silent
    assert not [code for code in silent if code in text]


def test_nothing_else_is_published(measured: Measured, sample: Path, tmp_path: Path) -> None:
    plan = draft_plan(measured, find_scenario(sample, "option-b"))
    seen = publish(plan, tmp_path)
    assert set(seen.summary) == {
        "merges", "schools", "hosts", "pupils_moved", "band_1", "band_2", "band_3", "unmeasured", "baht_per_year"
    }  # fmt: skip
    assert set(seen.map["summary"]) == {"pupils_moved", "baht_per_year", "baht_item"}
    assert {key for school in seen.map["schools"] for key in school} == {
        "id", "name", "place", "at", "grades", "special", "concerned", "before", "after"
    }  # fmt: skip
    assert {key for move in seen.map["moves"] for key in move} == {
        "school", "host", "grades", "kind", "programme", "term", "pupils"
    }  # fmt: skip
    # What the page of the office fills beside these is empty; the rest is ground, words and colours.
    assert not any(seen.map[key] for key in ("ways", "former", "closures", "limits"))
    assert set(seen.map) == {
        *("schools", "villages", "moves", "earlier", "summary", "ways", "former", "closures", "limits", "public"),
        *("name", "office", "year", "foot", "internal", "synthetic", "bands", "states", "special"),
        *("roads", "waters", "credit", "waterColour"),
    }
    book = openpyxl.load_workbook(tmp_path / "public.xlsx")
    for sheet in book.worksheets:
        assert sheet.sheet_state == "visible"
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", "a sum over suppressed cells is no sum"
                assert cell.comment is None
    words = " ".join(
        str(cell) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) for cell in row
    )
    for word in ("median", "max_m", "confirmed_by", "warning"):
        assert word not in words
    assert SUPPRESSED in words


def test_a_larger_threshold_of_the_office_holds(tmp_path: Path) -> None:
    folder = tmp_path / "office"
    random_office(folder, 3)
    text = "settings: {public_min_pupils: {value: 25, source: มติ, date: 2026-11-01}}"
    (folder / "policy.yaml").write_text(text, "utf-8")
    plan = draft_plan(measure(open_cycle(folder)), find_scenario(folder, "plan"))
    figures = public_figures(plan)
    assert figures.threshold == 25
    told = [
        figures.schools["before"],
        figures.schools["after"],
        *(f["pupils"] for f in (figures.merges, figures.villages)),
    ]
    assert not any(values.between(1, 24).any() for values in told)


def test_a_plan_in_which_nobody_moves_publishes_nothing_of_children(measured: Measured, tmp_path: Path) -> None:
    seen = publish(draft_plan(measured, PRESENT), tmp_path)
    assert (seen.summary["pupils_moved"], seen.summary["baht_per_year"]) == (0, 0)
    assert not seen.merges
    assert not seen.schools
    assert not seen.villages
    assert (seen.paper.merges, seen.paper.schools) == ({}, {})
    assert "ทางเลือกนี้ไม่มีการรวมเพิ่ม" in text_of(tmp_path / "plan.docx")


def test_the_same_plan_publishes_the_same_bytes(measured: Measured, sample: Path, tmp_path: Path) -> None:
    plan = draft_plan(measured, find_scenario(sample, "option-a"))
    books = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        publish(plan, tmp_path / name)
        books.append(b"".join((tmp_path / name / n).read_bytes() for n in ("public.xlsx", "map.html", "plan.docx")))
    assert books[0] == books[1]


# --- the paper ------------------------------------------------------------------------------------------------------


def numbers_in(path: Path) -> Counter[str]:
    """Return every whole number that stands in a paper, however often; codes and versions are in other digits."""
    return Counter(re.findall("[๐-๙][๐-๙,]*", text_of(path)))


def told_by(figures: PublicFigures) -> Counter[int]:
    """Return the figures that may be published, as often as the paper tells them."""
    office = figures.office.set_index("key")["value"]
    columns = [office, office[["schools", "hosts"]], figures.merges["pupils"], figures.schools[["before", "after"]]]
    return Counter(int(value) for column in columns for value in column.to_numpy().ravel() if not pd.isna(value))


def silenced(figures: PublicFigures) -> PublicFigures:
    """Return figures of which nothing may be told."""
    return replace(
        figures,
        office=figures.office.assign(value=pd.NA),
        merges=figures.merges.assign(pupils=pd.NA),
        schools=figures.schools.assign(before=pd.NA, after=pd.NA),
    )


HAND = """A P1 V1 12
A P2 V2 3
B P1 V3 20
H P1 V1 30"""


def write_hand_office(folder: Path, students: str = HAND) -> Plan:
    """Draft a plan by hand: 2,000 m from V1 to H, 4,000 from V2, 12,000 from V3."""
    write_small_office(
        folder,
        schools="A 2500 P1-P6\nB 9000 P1-P6\nH 0 P1-P6",
        villages="V1 2000\nV2 4000\nV3 12000",
        students=students,
        scenarios={"plan": [merge("A", "H"), merge("B", "H")]},
    )
    return draft_plan(measure(open_cycle(folder)), find_scenario(folder, "plan"))


def test_the_paper_by_hand(tmp_path: Path) -> None:
    """The 3 of V2 must not come out: with the rolls, 15 of A and 20 of B, the 12 of V1 or the money would tell them."""
    seen = publish(write_hand_office(tmp_path / "office"), tmp_path)
    assert seen.paper.summary == {
        "merges": 2, "schools": 2, "hosts": 1, "pupils_moved": 35,
        "band_1": SUPPRESSED, "band_2": SUPPRESSED, "band_3": 20, "unmeasured": 0, "baht_per_year": SUPPRESSED,
    }  # fmt: skip
    assert seen.paper.merges == {("A", "H"): 15, ("B", "H"): 20}
    assert seen.paper.schools == {
        "A": {"before": 15, "after": 0}, "B": {"before": 20, "after": 0}, "H": {"before": 30, "after": 65}
    }  # fmt: skip
    assert "โรงเรียน ๒ แห่ง ไปเรียนรวมที่โรงเรียนหลัก ๑ แห่ง ตั้งแต่ภาคเรียนที่ ๑/๒๕๗๐" in text_of(tmp_path / "plan.docx")


def test_the_paper_holds_no_other_figure_of_pupils(tmp_path: Path) -> None:
    plan = write_hand_office(tmp_path / "office")
    figures = public_figures(plan)
    write_paper(plan, figures, tmp_path / "told.docx")
    # Of an office in which all is the same but the children, the same figures give the same paper to the byte.
    other = write_hand_office(tmp_path / "other", "A P1 V1 1\nA P3 V3 88\nB P2 V2 7\nH P6 V3 41")
    assert other.outcome.summary["baht_per_year"] != plan.outcome.summary["baht_per_year"]
    write_paper(other, figures, tmp_path / "other.docx")
    assert (tmp_path / "other.docx").read_bytes() == (tmp_path / "told.docx").read_bytes()


@pytest.mark.parametrize("stem", ["option-a", "option-b"])
def test_every_number_in_the_paper_is_published_or_of_no_pupil(
    measured: Measured, sample: Path, tmp_path: Path, stem: str
) -> None:
    plan = draft_plan(measured, find_scenario(sample, stem))
    figures = public_figures(plan)
    write_paper(plan, figures, tmp_path / "told.docx")
    write_paper(plan, silenced(figures), tmp_path / "silent.docx")
    told, silent = numbers_in(tmp_path / "told.docx"), numbers_in(tmp_path / "silent.docx")
    assert not silent - told
    more = Counter[int]()
    for text, count in (told - silent).items():
        more[parse_whole(text)] += count
    assert more == told_by(figures)
    paper = read_paper(tmp_path / "told.docx")
    assert paper == publish(plan, tmp_path).paper
    assert paper.summary["pupils_moved"] == plan.outcome.summary["pupils_moved"]
    assert SUPPRESSED in paper.merges.values()


def test_what_is_typed_for_everybody_and_no_name_of_an_officer(
    measured: Measured, sample: Path, tmp_path: Path
) -> None:
    plan = draft_plan(measured, find_scenario(sample, "option-a"))
    draft = Draft(
        texts={key: f"พิมพ์-{key}" for key in TEXTS},
        steps={step.key: StepPlan(owner="นายเจ้าหน้าที่", note="ลับเฉพาะ") for step in steps_of("merge")},
    )
    blanks = write_paper(plan, public_figures(plan), tmp_path / "plan.docx", draft)
    text = text_of(tmp_path / "plan.docx")
    assert set(re.findall(r"พิมพ์-(\w+)", text)) == {"earlier", "law", "directives", "purpose", "follow_up"}
    assert "นายเจ้าหน้าที่" not in text
    assert "ลับเฉพาะ" not in text
    assert READ_FIRST in text
    assert blanks.empty
    # What nobody has typed is left out, and what is final tells the office nothing more.
    write_paper(plan, public_figures(plan), tmp_path / "final.docx", final=True)
    text = text_of(tmp_path / "final.docx")
    assert not BLANK_PATTERN.search(text)
    assert not {"กฎหมายและระเบียบ", "วัตถุประสงค์", "ความเป็นมา"} & set(text.splitlines())
    assert READ_FIRST not in text
    assert "ร่าง" not in text
    assert "ข้อมูลสมมุติ" in text


def test_a_written_template_gives_the_packaged_paper(tmp_path: Path) -> None:
    plan = write_hand_office(tmp_path / "office")
    write_templates(tmp_path)
    write_paper(plan, public_figures(plan), tmp_path / "packaged.docx")
    write_paper(plan, public_figures(plan), tmp_path / "written.docx", templates=tmp_path / "templates")
    assert (tmp_path / "packaged.docx").read_bytes() == (tmp_path / "written.docx").read_bytes()


@pytest.mark.parametrize(
    "tag", ["moved.median", "note", "texts.opinions", "steps[0].steps[0].owner", "schools[0].on_roll"]
)
def test_a_template_of_the_office_gets_no_other_figure(tmp_path: Path, tag: str) -> None:
    plan = write_hand_office(tmp_path / "office")
    document = Document(io.BytesIO(default_templates()["plan-public"]))
    document.add_paragraph(f"{{{{ {tag} }}}}")
    document.save(str(tmp_path / "plan-public.docx"))
    with pytest.raises(DataError, match="unknown tag"):
        write_paper(plan, public_figures(plan), tmp_path / "public" / "plan.docx", templates=tmp_path)


def test_every_public_file_says_at_least_alike(measured: Measured, sample: Path, tmp_path: Path) -> None:
    for plan, least in (
        (draft_plan(measured, find_scenario(sample, "option-a")), True),
        (write_hand_office(tmp_path / "office"), False),
    ):
        (item,) = public_figures(plan).office.set_index("key").loc[["baht_per_year"], "item"]
        assert ("อย่างน้อย" in item) == least
        assert publish(plan, tmp_path).map["summary"]["baht_item"] == item
        assert item in text_of(tmp_path / "plan.docx")
        sheet = openpyxl.load_workbook(tmp_path / "public.xlsx")["สรุป"]
        assert item in [row[0] for row in sheet.iter_rows(values_only=True)]
