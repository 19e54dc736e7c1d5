"""Scenarios: what they refuse, what they warn of, and a pupil-by-pupil count of what they do."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from drawn import place
from hypothesis import given
from hypothesis import strategies as st
from small_office import merge, read_rows, write_rows, write_scenario, write_small_office

from restructure import Outcome, find_scenario, measure, open_cycle, read_scenario, simulate
from restructure._errors import ScenarioError
from restructure.cli import main
from restructure.comparison import with_present
from restructure.moves import weighted_quantile
from restructure.rolls import snapshot
from restructure.scenario import Merge, Scenario, scenario_text, spell_scenario
from restructure.seating import NONE, in_force, make_office, term_key
from restructure.thai import parse_term

GRADES = ["K1", "K2", "K3", "P1", "P2", "P3", "P4", "P5", "P6", "M1", "M2", "M3"]
THREE = {
    "schools": "A 0 P1-P6\nB 5000 P1-P6\nC 12000 P1-P6",
    "villages": "V1 100\nV2 4000",
    "students": "A P1 V1 5\nB P1 V2 3",
}


def outcome_of(folder: Path, merges: list[dict[str, str]] | None = None, stem: str = "x") -> Outcome:
    if merges is not None:
        write_scenario(folder, stem, merges)
    measured = measure(open_cycle(folder))
    scenario = find_scenario(folder, stem)
    return simulate(scenario, measured.office)


# -- one small office by hand ----
#     place on the road:  H1 0   V1 2,900   M1 3,200   V2 9,000   V3 10,001   M2 10,500   H2 14,000
#
#     M1 (P1–P3) → H1, M2 (P1) → H2
#     who          to H1    to H2      band  baht a day      a year of 200 days
#     M1 P1 V1 ×4  2,900               1     10              8,000
#     M1 P2 V2 ×2  9,000               2     15              6,000
#     M1 P3 V3 ×1  10,001              3     20              4,000
#     M2 P1 V2 ×3           5,000      2     15              9,000
#     M2 P1 VI ×2           –          –     –               (an island)
#     M2 P2 V3 ×9  stay: P2 does not move
BY_HAND = {
    "schools": "H1 0 P1-P6 rooms=6\nM1 3200 P1-P3 rooms=3\nM2 10500 P1-P6\nH2 14000 K1-M3 rooms=1",
    "villages": "V1 2900\nV2 9000\nV3 10001\nVI 9000,5000",
    "students": "M1 P1 V1 4\nM1 P2 V2 2\nM1 P3 V3 1\nM2 P1 V2 3\nM2 P1 VI 2\nM2 P2 V3 9\nH2 M1 V3 50\nH1 P4 V1 0",
    # An earlier merger that has nothing to do with the rest.
    "mergers": "M2 M1-M3 1/2560 H2 learn-together existing",
}


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = write_small_office(tmp_path_factory.mktemp("by-hand"), **BY_HAND)
    return outcome_of(folder, [merge("M1", "H1", programme="existing"), merge("M2", "H2", grades="ป.1")])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pupils_moved", 12),
        ("unreachable", 2),
        ("baht_per_year", 27_000),
        ("pupils_by_band", {"10": 4, "15": 5, "20": 1}),
        # Ten can be measured: 2,900 ×4, 5,000 ×3, 9,000 ×2, 10,001 ×1. The 5th of 10 is the lower of the two middles.
        ("median_m", 5_000),
        ("p90_m", 9_000),
        ("max_m", 10_001),
        ("over_6_km", 3),
        ("over_10_km", 1),
        ("over_20_km", 0),
        ("over_30_min", 0),  # 10,001 m at 40 km/h: 15 minutes
        ("schools_closed", 1),  # M2 keeps P2–P6
        ("schools_dissolved", 0),
        ("hosts", 2),
        ("hosts_over_capacity", 1),  # H2: 5 in P1 and 50 in M1 (40 and a rest of 10) need 3 rooms, has 1
        ("hosts_capacity_unknown", 0),
        ("days", 200),
        ("basis", "routed"),
        ("scenario", "x"),
    ],
)
def test_summary_by_hand(by_hand: Outcome, key: str, value: Any) -> None:
    assert by_hand.summary[key] == value


def test_subsidy_by_hand(by_hand: Outcome) -> None:
    assert list(by_hand.subsidy.astype(object).where(by_hand.subsidy.notna(), None).itertuples(index=False)) == [
        ("M1", "H1", "P1", "V1", "existing", 4, 2_900, 1, 10, 200, 8_000),
        ("M1", "H1", "P2", "V2", "existing", 2, 9_000, 2, 15, 200, 6_000),
        ("M1", "H1", "P3", "V3", "existing", 1, 10_001, 3, 20, 200, 4_000),
        ("M2", "H2", "P1", "V2", "unspecified", 3, 5_000, 2, 15, 200, 9_000),
        ("M2", "H2", "P1", "VI", "unspecified", 2, None, None, None, 200, None),
    ]


# -- pupil by pupil ----
class Pupil:
    """One child: the school on whose roll it is, its grade, where it lives and what it says of its past."""

    def __init__(self, row: dict[str, str]) -> None:
        self.roll, self.grade = row["school_id"], row["grade"]
        self.village, self.key = row.get("village_id", ""), row.get("student_key", "")
        self.old = row.get("from_school_id", "")
        self.has_home = bool(row.get("lat"))

    def seat(
        self, merges: dict[tuple[str, str], dict[str, str]], before: dict[tuple[str, str], dict[str, str]]
    ) -> tuple[str, str]:
        """Where the child learns, and the school that a merge took it from: also one of before the scenario."""
        if (self.roll, self.grade) in merges:
            return merges[self.roll, self.grade]["host"], self.roll
        past = [found[self.old, self.grade] for found in (merges, before) if (self.old, self.grade) in found]
        if any(entry["host"] == self.roll for entry in past):
            return self.roll, self.old
        return self.roll, ""


def order_of(term: str) -> tuple[int, int]:
    number, year = term.split("/")
    return int(year), int(number)


def span(text: str) -> list[str]:
    if text == "all":
        return GRADES
    first, _, last = text.partition("-")
    return GRADES[GRADES.index(first) : GRADES.index(last or first) + 1]


def last_begun(entries: list[dict[str, str]], term: str) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for entry in sorted(entries, key=lambda e: order_of(e["from_term"])):
        if order_of(entry["from_term"]) <= order_of(term):
            found |= {(entry["school"], grade): entry for grade in span(entry["grades"])}
    return found


def pupils_of(rows: list[dict[str, str]]) -> Iterator[Pupil]:
    newest = max((row.get("as_of", "") for row in rows), key=lambda text: order_of(text) if text else (0, 0))
    for row in rows:
        if row.get("as_of", "") in ("", newest):
            for _ in range(int(row.get("count", "1"))):
                yield Pupil(row)


def count_by_pupil(folder: Path, distances: dict[tuple[str, str], Any], homes: dict[tuple[str, str], Any]) -> Any:
    """The figures of the scenario ``x``, from the cells of the files."""
    scenario = yaml.safe_load((folder / "scenarios" / "x.yaml").read_text("utf-8"))["merges"]
    mergers = folder / "inputs" / "mergers.csv"
    existing = [row | {"school": row["school_id"], "host": row["host_id"]} for row in read_rows(mergers)]
    before = last_begun(existing, "1/2570")
    pupils = list(pupils_of(read_rows(folder / "inputs" / "students.csv")))
    offered = {row["school_id"]: span(row["grades"]) for row in read_rows(folder / "inputs" / "schools.csv")}
    # "All" grades of a scenario are those that the school has.
    had = {(code, grade) for code, grades in offered.items() for grade in grades}
    had |= {(pupil.roll, pupil.grade) for pupil in pupils}
    planned = {key: entry for key, entry in last_begun(scenario, "2/2599").items() if key in had}
    after = before | planned
    moved, rows = [], Counter()
    for pupil in pupils:
        seat, left = pupil.seat(after, before)
        seat_before = pupil.seat(before, before)[0]
        if seat == seat_before or planned.get((left, pupil.grade), {}).get("host") != seat:
            continue
        way, way_before = (way_of(pupil, school, distances, homes) for school in (seat, seat_before))
        moved.append((*way, *way_before))
        programme = after[left, pupil.grade].get("programme", "unspecified")
        rows[left, seat, pupil.grade, pupil.village, programme, way[0]] += 1
    metres = sorted(m for m, *_ in moved if m is not None)
    rates = [rate_of(m) for m in metres]
    known = [(m, b) for m, _, b, _ in moved if m is not None and b is not None]
    figures = {
        "pupils_moved": len(moved),
        "unreachable": sum(m is None for m, *_ in moved),
        "unreachable_before": sum(b is None for _, _, b, _ in moved),
        "nearer": sum(m < b for m, b in known),
        "farther": sum(m > b for m, b in known),
        "baht_per_year": sum(rates) * 200,
        "pupils_by_band": {str(rate): rates.count(rate) for rate in (10, 15, 20)},
        "pupil_km": half_up(sum(metres)),
        "pupil_km_before": half_up(sum(b for _, _, b, _ in moved if b is not None)),
    }
    for suffix, first in (("", 0), ("_before", 2)):
        for unit, column in (("m", first), ("minutes", first + 1)):
            values = sorted(way[column] for way in moved if way[column] is not None)
            figures[f"median_{unit}{suffix}"] = values[(len(values) + 1) // 2 - 1] if values else None
            figures[f"p90_{unit}{suffix}"] = values[-(-9 * len(values) // 10) - 1] if values else None
            figures[f"max_{unit}{suffix}"] = values[-1] if values else None
        for km in (6, 10, 20):
            figures[f"over_{km}_km{suffix}"] = sum(w[first] is not None and w[first] > km * 1000 for w in moved)
        figures[f"over_30_min{suffix}"] = sum(w[first + 1] is not None and w[first + 1] > 30 for w in moved)
    for merges, paid, when in ((after, "subsidy_total_baht", ""), (before, "subsidy_present_baht", "_before")):
        figures[paid] = 0
        here, registered = Counter(), Counter()
        for pupil in pupils:
            seat, left = pupil.seat(merges, before)
            here[seat] += 1
            if left and (way := way_of(pupil, seat, distances, homes))[0] is not None:
                figures[paid] += rate_of(way[0]) * 200
            registered[registered_school(pupil, merges, before)] += 1
        teaching = [code for code, grades in offered.items() if any((code, grade) not in merges for grade in grades)]
        # One that offers grades and has nobody is of a size of its own (domain.md 3a).
        figures[f"schools_teaching{when}"] = sum(here[code] > 0 for code in teaching)
        figures[f"small_schools{when}"] = sum(0 < here[code] <= 120 for code in teaching)
        figures[f"top_up_baht{when}"] = sum(
            top_up(pupil.grade, registered[registered_school(pupil, merges, before)]) for pupil in pupils
        )
        figures[f"per_head_baht{when}"] = sum({"K": 1836, "P": 2052, "M": 3780}[pupil.grade[0]] for pupil in pupils)
    figures["top_up_change_baht"] = figures["top_up_baht"] - figures["top_up_baht_before"]
    return figures, rows


def way_of(
    pupil: Pupil, school: str, distances: dict[Any, Any], homes: dict[Any, Any]
) -> tuple[int | None, int | None]:
    return homes[pupil.key, school] if pupil.has_home else distances.get((pupil.village, school), (None, None))


def rate_of(metres: int) -> int:
    return 10 if metres <= 3_000 else 15 if metres <= 10_000 else 20


def half_up(metres: int) -> int:
    """Kilometres of metres, a half upwards."""
    return metres // 1000 + (metres % 1000 >= 500)


def registered_school(
    pupil: Pupil, merges: dict[tuple[str, str], dict[str, str]], before: dict[tuple[str, str], dict[str, str]]
) -> str:
    """The school whose size counts for the top-up: who learns together stays on the roll, as the policy has it."""
    seat, left = pupil.seat(merges, before)
    if left == pupil.roll and merges[left, pupil.grade]["kind"] == "learn-together":
        return pupil.roll
    return seat


def top_up(grade: str, size: int) -> int:
    if grade[0] == "P":
        return 500 if size <= 120 else 0
    return 1000 if grade[0] == "M" and size <= 300 else 0


def random_office(folder: Path, seed: int) -> None:
    """Hosts H…, schools M… that merged before, schools S… that the scenario moves; odd seeds: a child a row."""
    rng = random.Random(seed)
    one_a_row = seed % 2 == 1
    with_homes = seed % 4 == 3
    hosts = [f"H{i}" for i in range(3)]
    old, new = [f"M{i}" for i in range(3)], [f"S{i}" for i in range(4)]
    schools = [f"{s} {rng.randrange(-20_000, 20_000)} K1-M3" for s in hosts]
    schools += [f"{s} {rng.randrange(-20_000, 20_000)} {rng.choice(['K2-P6', 'P1-P6', 'K1-P3'])}" for s in old + new]
    villages = [f"V{i} {rng.randrange(-25_000, 25_000)}" for i in range(8)] + ["V8 1000,6000"]
    mergers = []
    for school in old:
        # Some moved twice, some by stages to two hosts.
        parts = rng.choice([["K1-M3"], ["K1-P3", "P4-M3"], ["P4-P6"]])
        for part in parts:
            for year in rng.choice([["2560"], ["2560", "2565"], ["2571"]]):
                kind = rng.choice(["learn-together", "dissolve"])
                programme = rng.choice(["existing", "second-decade"])
                mergers.append(f"{school} {part} 1/{year} {rng.choice(hosts)} {kind} {programme}")
    merges = []
    for school in rng.sample(new, 3) + rng.sample(old, 1):
        for part in rng.choice([["all"], ["K1-P3", "P4-P6"], ["P1-P3"]]):
            grades = span(part)
            offered = next(span(line.split()[2]) for line in schools if line.startswith(f"{school} "))
            if set(grades) & set(offered):
                more = {"programme": rng.choice(["existing", "second-decade"])} if rng.random() < 0.7 else {}
                term = rng.choice(["1/2570", "1/2570", "2/2570"])
                merges.append(merge(school, rng.choice(hosts), grades=part, from_term=term, **more))
    head = "school_id grade village_id as_of from_school_id" + (" student_key" if one_a_row else " count")
    head += " lat lon" if with_homes else ""
    rows, taken = [], set()
    at_home = {f"k{i}": rng.uniform(-0.2, 0.2) for i in range(160) if rng.random() < 0.6}
    for i in range(160 if one_a_row else 80):
        key = f"k{i}"
        school, village = rng.choice(hosts + old + new), f"V{rng.randrange(9)}"
        came = rng.choice([*old, *new]) if school in hosts and rng.random() < 0.5 else ""
        grade = rng.choice(GRADES[:9])
        for as_of in rng.choice([["2/2569"], ["2/2569", "2/2568"], ["2/2568"], [""] if not one_a_row else ["2/2569"]]):
            last = key if one_a_row else str(rng.randrange(6))
            row = [school, grade, village, as_of, came, last]
            if with_homes:
                # Some live by the road, some by the island's, some are known by their village alone.
                far = i % 10 == 0
                home = ["16.85" if far else "16.8", f"{100.3 + at_home[key] * (not far):.6f}"] if key in at_home else []
                row += home or ["", ""]
                if home and rng.random() < 0.3:
                    row[2] = ""
            if one_a_row or (*row[:3], as_of or "2/2569", came) not in taken:
                taken.add((*row[:3], as_of or "2/2569", came))
                rows.append(" ".join(cell or "." for cell in row))
    rows.append(f"H0 P1 V0 2/2569 . {'last' if one_a_row else 0}" + (" . ." if with_homes else ""))
    if with_homes:
        villages.append("VH 1,5540")  # an island road near latitude 16.85
    rng.shuffle(rows)
    write_small_office(
        folder,
        schools="\n".join(schools),
        villages="\n".join(villages),
        students="\n".join(rows),
        student_head=head,
        mergers="\n".join(mergers),
        scenarios={"x": merges},
    )


def lookup(table: pd.DataFrame | None, key: str) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    if table is None:
        return {}
    known = table.astype(object).where(table.notna(), None)
    return {(row[key], row["school_id"]): (row["road_m"], row["minutes"]) for row in known.to_dict("records")}


@pytest.mark.parametrize("seed", range(24))
def test_random_offices_pupil_by_pupil(tmp_path: Path, seed: int) -> None:
    random_office(tmp_path, seed)
    measured = measure(open_cycle(tmp_path))
    assert not (measured.problems["severity"] == "error").any(), measured.problems.to_dict("records")
    assert (measured.homes is not None) == (seed % 4 == 3)
    homes = lookup(measured.homes, "student_key")
    expected, rows = count_by_pupil(tmp_path, lookup(measured.distances, "village_id"), homes)
    tables, policy = measured.cycle.tables, measured.cycle.policy
    outcome = simulate(find_scenario(tmp_path, "x"), make_office(tables, measured.distances, policy, measured.homes))
    assert {key: outcome.summary[key] for key in expected} == expected
    assert expected["pupils_moved"] > 10, "a draw that shows something"
    table = outcome.subsidy.astype(object).where(outcome.subsidy.notna(), None)
    keys = ["school_id", "host_id", "grade", "village_id", "programme", "road_m"]
    assert {tuple(row[key] for key in keys): row["pupils"] for row in table.to_dict("records")} == rows
    for row in table.itertuples():
        rate = None if row.road_m is None else 10 if row.road_m <= 3_000 else 15 if row.road_m <= 10_000 else 20
        assert row.baht_per_day == rate
        assert row.baht == (None if rate is None else rate * row.pupils * 200)
    assert table[keys[:5]].apply(tuple, axis=1).is_monotonic_increasing


def test_random_offices_show_every_case(tmp_path: Path) -> None:
    """The draws above have islands, homes, two snapshots, undated rows and children of dissolved schools."""
    seen = Counter()
    for seed in range(24):
        random_office(tmp_path / str(seed), seed)
        rows = read_rows(tmp_path / str(seed) / "inputs" / "students.csv")
        seen["homes"] += sum(bool(row.get("lat")) for row in rows)
        seen["snapshots"] += len({row["as_of"] for row in rows} - {""}) == 2
        seen["from"] += sum(bool(row["from_school_id"]) for row in rows)
        seen["undated"] += sum(not row["as_of"] for row in rows)
        seen["island"] += sum(row["village_id"] == "V8" for row in rows)
    assert all(seen[case] >= 20 for case in ("homes", "snapshots", "from", "undated", "island")), seen


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_child_that_moved_house_is_measured_from_its_newest_home(tmp_path: Path, newest_first: bool) -> None:
    """The host is at 100.3 degrees east; 0.1 degrees are 10.7 km. The child lived far away and moved near."""
    rows = ["M P1 16.8 100.3001 k1 2/2569", "M P1 16.8 100.4 k1 2/2568"]
    folder = write_small_office(
        tmp_path,
        schools="H 0 P1-P6\nM 5000 P1-P6",
        villages="V 0",
        students="\n".join(rows if newest_first else rows[::-1]),
        student_head="school_id grade lat lon student_key as_of",
        mergers="M M1 1/2560 H merge existing",
    )
    summary = outcome_of(folder, [merge("M", "H")]).summary
    assert summary["pupils_by_band"] == {"10": 1, "15": 0, "20": 0}


# -- what is refused ----
CODES = "ไม่มีโรงเรียนรหัส"
REFUSED = [
    ("unknown school", {}, [merge("A", "B"), merge("Z", "B")], 2, CODES),
    ("unknown host", {}, [merge("A", "Z")], 1, CODES),
    ("own host", {}, [merge("A", "A")], 1, "รวมกับตัวเอง"),
    ("host closed", {"schools": "A 0 P1-P6\nB 5000 P1-P6 status=closed\nC 9000 P1-P6"}, [merge("A", "B")], 1, "ปิดแล้ว"),
    ("host closed in Thai", {"schools": "A 0 P1-P6\nB 5000 P1-P6 status=ยุบ"}, [merge("A", "B")], 1, "ปิดแล้ว"),
    ("host moves in the scenario", {}, [merge("C", "B"), merge("A", "C", grades="P3")], 2, "ย้ายชั้น"),
    ("host moves earlier", {}, [merge("B", "C", from_term="1/2569"), merge("A", "B", grades="P3")], 2, "ย้ายชั้น"),
    ("host moves later", {}, [merge("A", "B", grades="P3"), merge("B", "C", from_term="2/2571")], 1, "ย้ายชั้น"),
    ("host moved by mergers.csv", {"mergers": "B P1-P6 1/2560 C merge existing"}, [merge("A", "B")], 1, "ย้ายชั้น"),
    (
        "host will move by mergers.csv",
        {"mergers": "B P1-P6 1/2572 C merge existing"},
        [merge("A", "B", from_term="1/2571")],
        1,
        "ย้ายชั้น",
    ),
    ("a merged school's host moves", {"mergers": "A P1-P6 1/2560 B merge existing"}, [merge("B", "C")], 1, "mergers"),
    ("host lacks a grade", {"schools": "A 0 P1-P6\nB 5000 P1-P5"}, [merge("A", "B")], 1, "ไม่ได้เปิดชั้น ป.6"),
    ("host lacks all", {"schools": "A 0 P1-P6\nB 5000 M1-M3"}, [merge("A", "B", grades="P2-P3")], 1, "ป.2–ป.3"),
    ("school lacks the grades", {}, [merge("A", "B", grades="M1-M3")], 1, "ไม่มีชั้น ม.1–ม.3"),
    ("circle of two", {}, [merge("A", "B"), merge("B", "A")], None, "ย้ายชั้น"),
    ("circle of three", {}, [merge("A", "B"), merge("B", "C"), merge("C", "A")], None, "ย้ายชั้น"),
    ("circle with mergers.csv", {"mergers": "B P1-P6 1/2560 A merge existing"}, [merge("A", "B")], 1, "ย้ายชั้น"),
    ("one grade twice", {}, [merge("A", "B", grades="P1-P3"), merge("A", "C", grades="P3-P6")], 2, "สองครั้ง"),
    ("the same twice", {}, [merge("A", "B"), merge("A", "B")], 2, "สองครั้ง"),
    ("no grade", {}, [merge("A", "B", grades="Q9")], 1, "ไม่เข้าใจชั้น"),
    ("no term", {}, [merge("A", "B"), merge("B", "C", from_term="2570")], 2, "ไม่เข้าใจภาคเรียน"),
    ("no kind", {}, [merge("A", "B", kind="close")], 1, "kind"),
    ("no programme", {}, [merge("A", "B", programme="1.3")], 1, "programme"),
    ("a word too many", {}, [merge("A", "B"), merge("B", "C", hots="C")], 2, "hots"),
    ("no host", {}, [{"school": "A", "from_term": "1/2570"}], 1, "host"),
]


@pytest.mark.parametrize(
    ("changed", "merges", "number", "words"),
    [pytest.param(*case, id=name.replace(" ", "-")) for name, *case in REFUSED],
)
def test_structural_faults_are_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    merges: list[dict[str, str]],
    number: int | None,
    words: str,
) -> None:
    """Exit code 1, a Thai sentence with file and entry, then an English one; no output is made."""
    folder = write_small_office(tmp_path / "office", **THREE | changed)
    write_scenario(folder, "ทางเลือก-1", merges)
    assert main(["simulate", str(folder), "ทางเลือก-1"]) == 1
    thai, english = capsys.readouterr().err.splitlines()
    assert "scenarios/ทางเลือก-1.yaml" in thai
    assert "รายการที่ " in thai
    if number is not None:
        assert f"รายการที่ {number}" in thai
    assert words in thai
    assert english.isprintable()
    assert "scenarios/ทางเลือก-1.yaml" in english
    assert not (folder / "outputs").exists()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "x", "name: [", "name: x", "merges: []", "name: x\nmerges: {}", "name: x\nmerges: [1]", "\0",
        "name: 2569-02-29\nmerges: []", "{" * 3000, "name: x\nmerges: []\nother: 1", "1: 2",
        "name: &a [*a]\nmerges: []",
    ],
)  # fmt: skip
def test_a_file_that_is_no_scenario_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScenarioError, match=r"x\.yaml"):
        read_scenario(path)


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes("name: ทางเลือก\nmerges: []".encode("cp874"))
    with pytest.raises(ScenarioError, match="UTF-8"):
        read_scenario(tmp_path / "x.yaml")


@pytest.mark.parametrize("code", ["0123", "01234567", "0099", "00", "1:30", "0x1F", "0b11", "1_099"])
def test_a_plain_code_that_yaml_1_1_takes_for_another_number_is_text(tmp_path: Path, code: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"name: ก\nmerges:\n- {{school: {code}, host: [1099000002, {code}], from_term: 1/2570}}\n", "utf-8")
    [merge] = read_scenario(path).merges
    assert (merge.school, merge.host) == (code, ["1099000002", code])


@pytest.mark.parametrize("code", ["0123", "1099000001"])
def test_codes_are_written_so_that_they_are_read_as_text(tmp_path: Path, code: str) -> None:
    scenario = Scenario(name="ก", stem="a", merges=[Merge(school=code, host=[code, "x"], from_term="1/2570")])
    text = scenario_text(scenario)
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    assert f"school: '{code}'" in text
    assert yaml.safe_load(text)["merges"][0]["host"] == [code, "x"]
    assert read_scenario(tmp_path / "a.yaml") == scenario


@pytest.mark.parametrize("name", ["present.yaml", "Present.yml"])
def test_the_name_of_the_present_state_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("name: ของฉัน\nmerges: []\n", "utf-8")
    with pytest.raises(ScenarioError, match=rf"scenarios/{name} .*เปลี่ยนชื่อไฟล์"):
        read_scenario(tmp_path / name)


def test_a_scenario_as_design_md_writes_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "name: ทางเลือก ก\nmerges:\n"
        '  - {school: "1099000001", host: "1099000002", grades: all, kind: learn-together, from_term: "1/2570"}\n'
        "  - {school: 1099000003, host: 1099000002, grades: P1-P3, kind: dissolve, from_term: 1/2570}\n",
        "utf-8",
    )
    scenario = read_scenario(tmp_path / "a.yaml")
    assert (scenario.name, scenario.stem) == ("ทางเลือก ก", "a")
    assert [(m.school, m.host, m.grades, m.kind, m.from_term, m.programme) for m in scenario.merges] == [
        ("1099000001", "1099000002", "all", "learn-together", "1/2570", "unspecified"),
        ("1099000003", "1099000002", "P1-P3", "dissolve", "1/2570", "unspecified"),
    ]


@pytest.mark.parametrize(
    ("changed", "merges"),
    [
        pytest.param({}, [merge("A", "C"), merge("B", "C")], id="one host for two"),
        pytest.param({}, [merge("A", "B", grades="P1-P3"), merge("B", "C", grades="P4-P6")], id="other grades"),
        pytest.param(
            {"mergers": "A P1-P6 1/2560 B merge existing"}, [merge("B", "C"), merge("A", "C")], id="all move on"
        ),
        pytest.param(
            {"mergers": "B P1-P3 1/2560 C merge existing"}, [merge("A", "B", grades="P4")], id="not those grades"
        ),
        pytest.param(
            {"schools": "A 0 P1-P6\nB 5000 P1-P6 status=closed\nC 9000 P1-P6"}, [merge("B", "C")], id="closed"
        ),
    ],
)
def test_what_is_sound_is_not_refused(tmp_path: Path, changed: dict[str, str], merges: list[dict[str, str]]) -> None:
    outcome_of(write_small_office(tmp_path, **THREE | changed), merges)


# -- learn together first, dissolve later (domain.md 2.11) ----
#     สามัคคีประชาราษฎร์ (16 pupils) → วัดท่าหมื่นราม from 2/2561, dissolved from 1/2563
#     วัดใหม่ราษฎร์ทรงธรรม (10 pupils) → วัดโคกสลุด from 1/2562, dissolved from 1/2563
SAMAKKHI, THA_MUEN_RAM, WAT_MAI, KHOK_SALUT = "1065000001", "1065000002", "1065000003", "1065000004"
PHASES = [
    merge(SAMAKKHI, THA_MUEN_RAM, from_term="2/2561", note="เรียนรวม"),
    merge(SAMAKKHI, THA_MUEN_RAM, from_term="1/2563", kind="dissolve"),
    merge(WAT_MAI, KHOK_SALUT, from_term="1/2562"),
    merge(WAT_MAI, KHOK_SALUT, from_term="1/2563", kind="dissolve"),
]


@pytest.fixture
def two_cases(tmp_path: Path) -> Path:
    folder = write_small_office(
        tmp_path,
        schools=f"{SAMAKKHI} 0 P1-P6\n{THA_MUEN_RAM} 4000 K2-P6\n{WAT_MAI} 8000 P1-P6\n{KHOK_SALUT} 13000 K2-P6",
        villages="V1 500\nV2 8200",
        students=f"{SAMAKKHI} P1 V1 16\n{WAT_MAI} P4 V2 10",
        policy="fiscal_year: 2563\n",
    )
    write_scenario(folder, "real", PHASES)
    return folder


def test_learn_together_first_and_dissolved_later(two_cases: Path) -> None:
    scenario = read_scenario(two_cases / "scenarios" / "real.yaml")
    assert [m.model_dump(exclude_defaults=True) | {"kind": m.kind} for m in scenario.merges] == [
        {k: v for k, v in phase.items() if k != "grades"} for phase in PHASES
    ]
    outcome = outcome_of(two_cases, stem="real")
    # 16 pupils over 3,500 m and 10 over 4,800 m, both of 15 baht: each child once, though two entries name it.
    assert outcome.summary["pupils_moved"] == 26
    assert outcome.summary["baht_per_year"] == 26 * 15 * 200
    assert (outcome.summary["schools_closed"], outcome.summary["schools_dissolved"]) == (2, 2)


@pytest.mark.parametrize(
    ("term", "kinds"),
    [
        ("1/2561", {}),
        ("2/2561", {SAMAKKHI: "learn-together"}),
        ("1/2562", {SAMAKKHI: "learn-together", WAT_MAI: "learn-together"}),
        ("2/2562", {SAMAKKHI: "learn-together", WAT_MAI: "learn-together"}),
        ("1/2563", {SAMAKKHI: "dissolve", WAT_MAI: "dissolve"}),
        ("1/2570", {SAMAKKHI: "dissolve", WAT_MAI: "dissolve"}),
    ],
)
def test_the_phase_of_a_term(two_cases: Path, term: str, kinds: dict[str, str]) -> None:
    office = measure(open_cycle(two_cases)).office
    entries = spell_scenario(find_scenario(two_cases, "real"), office)
    held = in_force(entries, term_key(parse_term(term)), len(office.codes))
    found = {(office.codes[school], entries[held[school, grade]].kind) for school, grade in np.argwhere(held != NONE)}
    assert found == set(kinds.items())


# -- what is already so ----
@pytest.mark.parametrize("kind", ["learn-together", "merge", "dissolve"])
@pytest.mark.parametrize(
    ("mergers", "from_term"),
    [
        ("A P1-P6 1/2560 B learn-together existing", "1/2570"),
        ("A P1-P6 1/2570 B learn-together existing", "1/2570"),
        ("A P1-P6 2/2570 B learn-together existing", "1/2571"),
    ],
    ids=["long-ago", "this-term", "next-term"],
)
def test_pupils_merged_to_the_same_host_before_do_not_move(
    tmp_path: Path, mergers: str, from_term: str, kind: str
) -> None:
    folder = write_small_office(tmp_path, **THREE, mergers=mergers)
    outcome = outcome_of(folder, [merge("A", "B", kind=kind, from_term=from_term)])
    assert (outcome.summary["pupils_moved"], outcome.summary["baht_per_year"]) == (0, 0)
    assert outcome.subsidy.empty
    assert outcome.summary["median_m"] is outcome.summary["max_m"] is None


def test_only_the_part_that_is_new_moves(tmp_path: Path) -> None:
    """P1 sits at B already; P2 (2 pupils, 4,900 m) moves; P3 moves from B on to C (1 pupil, 11,900 m)."""
    folder = write_small_office(
        tmp_path,
        **THREE | {"students": "A P1 V1 5\nA P2 V1 2\nA P3 V1 1"},
        mergers="A P1 1/2560 B merge existing\nA P3 1/2560 B merge existing",
    )
    outcome = outcome_of(folder, [merge("A", "B", grades="P1-P2"), merge("A", "C", grades="P3")])
    assert outcome.subsidy[["grade", "host_id", "pupils", "road_m"]].values.tolist() == [
        ["P2", "B", 2, 4_900],
        ["P3", "C", 1, 11_900],
    ]


def test_a_child_of_a_dissolved_school_moves_with_its_roll_school(tmp_path: Path) -> None:
    """A was dissolved into B. When B and A move on to C, the child on B's roll that came from A moves once, from B."""
    folder = write_small_office(
        tmp_path,
        **THREE | {"students": "B P1 V1 5 A\nB P1 V2 3 ."},
        student_head="school_id grade village_id count from_school_id",
        mergers="A P1-P6 1/2560 B dissolve existing",
    )
    outcome = outcome_of(folder, [merge("B", "C"), merge("A", "C")])
    assert outcome.summary["pupils_moved"] == 8
    assert outcome.subsidy[["school_id", "host_id", "pupils"]].values.tolist() == [["B", "C", 5], ["B", "C", 3]]


@pytest.mark.parametrize("mergers", ["", "C P1-P6 1/2560 B merge existing"], ids=["without-mergers", "with-mergers"])
def test_a_scenario_of_no_merges_moves_nobody(tmp_path: Path, mergers: str) -> None:
    outcome = outcome_of(write_small_office(tmp_path, **THREE, mergers=mergers), [])
    assert outcome.summary["pupils_moved"] == outcome.summary["baht_per_year"] == outcome.summary["schools_closed"] == 0
    assert outcome.summary["pupils_by_band"] == {"10": 0, "15": 0, "20": 0}
    assert outcome.summary["median_m"] is None
    assert outcome.summary["warnings"] == []


# -- warnings that stay ----
WARNED = [
    ("special-area", {"schools": "A 0 P1-P6 special_area=highland rooms=9\nB 5000 P1-P6 rooms=9"}, "พื้นที่ลักษณะพิเศษ"),
    ("far-road_m", {"villages": "V1 -1001\nV2 4000"}, "เกิน 6 กม."),
    ("far-minutes", {"villages": "V1 -15500\nV2 4000"}, "เกิน 30 นาที"),  # 20,500 m at 40 km/h: 30.75 minutes
    ("over-capacity", {"schools": "A 0 P1-P6 rooms=9\nB 5000 P1-P6 rooms=0"}, "ต้องใช้ 1 ห้อง แต่มี 0 ห้อง"),
    ("capacity-unknown", {"schools": "A 0 P1-P6 rooms=9\nB 5000 P1-P6"}, "ไม่ทราบจำนวนห้องเรียน"),
    ("unreachable", {"villages": "V1 0,9000\nV2 4000"}, "5 คน ไม่มีทางรถ"),
    ("unreachable", {"students": "A P1 . 5"}, "5 คน ไม่มีทางรถ"),
    ("amphoe-empty", {"schools": "A 0 P1-P6 amphoe=เหนือ rooms=9\nB 5000 P1-P6 rooms=9"}, "อำเภอ เหนือ"),
    (
        "amphoe-empty",
        {"schools": "A 0 P1-P6 amphoe=เหนือ rooms=9\nB 5000 P1-P6 rooms=9\nC 9000 P1-P6 amphoe=เหนือ status=closed"},
        "อำเภอ เหนือ",
    ),
    (
        "amphoe-empty",  # the other school of the amphoe learns elsewhere since 2560
        {
            "schools": "A 0 P1-P6 amphoe=เหนือ rooms=9\nB 5000 P1-P6 rooms=9\nC 9000 P1-P6 amphoe=เหนือ",
            "mergers": "C P1-P6 1/2560 B learn-together existing",
        },
        "อำเภอ เหนือ",
    ),
]
PLAIN = THREE | {"schools": "A 0 P1-P6 rooms=9\nB 5000 P1-P6 rooms=9"}


@pytest.mark.parametrize(
    ("rule", "changed", "words"), WARNED, ids=[f"{rule}-{i}" for i, (rule, *_) in enumerate(WARNED)]
)
def test_warnings_stay_with_the_result(tmp_path: Path, rule: str, changed: dict[str, str], words: str) -> None:
    folder = write_small_office(tmp_path, **PLAIN | changed)
    write_scenario(folder, "x", [merge("A", "B")])
    assert main(["simulate", str(folder), "x"]) == 0
    made = folder / "outputs" / "scenarios" / "x"
    warnings = read_rows(made / "warnings.csv")
    assert [w for w in warnings if w["rule"] == rule], warnings
    said = json.loads((made / "summary.json").read_text("utf-8"))["warnings"]
    assert any(words in text for text in said), said
    assert said == [w["message"] for w in warnings]


def test_nothing_is_warned_of_without_cause(tmp_path: Path) -> None:
    outcome = outcome_of(write_small_office(tmp_path, **PLAIN), [merge("A", "B")])
    assert outcome.summary["warnings"] == []
    assert outcome.warnings.empty


def test_limits_are_inclusive(tmp_path: Path) -> None:
    """Exactly 6,000 m is not farther than 6 km; B with a room for its one class is not over capacity."""
    changed = {"villages": "V1 -1000\nV2 4000", "schools": "A 0 P1-P6 rooms=1\nB 5000 P1-P6 rooms=1"}
    outcome = outcome_of(write_small_office(tmp_path, **THREE | changed), [merge("A", "B")])
    assert outcome.summary["max_m"] == 6_000
    assert outcome.summary["warnings"] == []


def test_a_partly_closed_school_keeps_its_amphoe(tmp_path: Path) -> None:
    changed = {"schools": "A 0 P1-P6 amphoe=เหนือ rooms=9\nB 5000 P1-P6 rooms=9"}
    outcome = outcome_of(write_small_office(tmp_path, **THREE | changed), [merge("A", "B", grades="P1-P5")])
    assert outcome.summary["schools_closed"] == 0
    # It offers one more grade, which nobody is in.
    assert outcome.warnings[["rule", "school_id"]].to_numpy().tolist() == [["emptied", "A"]]
    assert "ป.6" in outcome.warnings.loc[0, "message"]


@pytest.mark.parametrize("village", ["VI", "."])
def test_unreachable_pupils_are_counted_and_never_priced(tmp_path: Path, village: str) -> None:
    changed = {"villages": "V1 100\nVI 100,9000", "students": f"A P1 V1 2\nA P1 {village} 3"}
    outcome = outcome_of(write_small_office(tmp_path, **PLAIN | changed), [merge("A", "B")])
    assert (outcome.summary["pupils_moved"], outcome.summary["unreachable"]) == (5, 3)
    assert outcome.summary["baht_per_year"] == 2 * 15 * 200
    assert sum(outcome.summary["pupils_by_band"].values()) == 2
    assert outcome.summary["median_m"] == outcome.summary["max_m"] == 4_900
    lost = outcome.subsidy[outcome.subsidy["road_m"].isna()]
    assert lost["pupils"].tolist() == [3]
    assert lost[["band", "baht_per_day", "baht"]].isna().all(axis=None)


def test_all_unreachable(tmp_path: Path) -> None:
    outcome = outcome_of(write_small_office(tmp_path, **PLAIN | {"villages": "V1 0,9000\nV2 0"}), [merge("A", "B")])
    assert outcome.summary["pupils_moved"] == outcome.summary["unreachable"] == 5
    assert outcome.summary["baht_per_year"] == 0
    assert outcome.summary["median_m"] is outcome.summary["p90_m"] is outcome.summary["max_m"] is None


# -- parts ----
@pytest.mark.parametrize(
    ("values", "weights", "part", "whole", "expected"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 1, 2, 2),  # the lower of the two middles
        ([1, 2, 3], [1, 1, 1], 1, 2, 2),
        ([5, 1], [1, 3], 1, 2, 1),
        ([5, 1], [3, 3], 1, 2, 1),
        ([5, 1], [4, 3], 1, 2, 5),
        (list(range(1, 11)), [1] * 10, 9, 10, 9),
        (list(range(1, 12)), [1] * 11, 9, 10, 10),
        ([7], [1], 9, 10, 7),
        ([3, None, 9], [1, 50, 1], 1, 2, 3),  # who cannot be measured has no weight
        ([None], [4], 1, 2, None),
        ([], [], 1, 2, None),
    ],
)
def test_weighted_quantile(
    values: list[int | None], weights: list[int], part: int, whole: int, expected: int | None
) -> None:
    got = weighted_quantile(
        np.array([NONE if v is None else v for v in values], int), np.array(weights, int), part, whole
    )
    assert got == expected


@given(
    st.lists(st.tuples(st.integers(0, 9) | st.none(), st.integers(1, 6)), max_size=12),
    st.sampled_from([(1, 2), (9, 10), (1, 1), (1, 4)]),
)
def test_weighted_quantile_against_a_list_of_pupils(
    pairs: list[tuple[int | None, int]], share: tuple[int, int]
) -> None:
    pupils = sorted(value for value, weight in pairs if value is not None for _ in range(weight))
    place = -(-len(pupils) * share[0] // share[1])
    values = np.array([NONE if value is None else value for value, _ in pairs], int)
    got = weighted_quantile(values, np.array([weight for _, weight in pairs], int), *share)
    assert got == (pupils[place - 1] if pupils else None)


@pytest.mark.parametrize(
    ("term", "newest"),
    [
        (None, {"e"}),
        ("1/2570", {"e"}),
        ("2/2569", {"d"}),
        ("1/2569", {"c"}),
        ("2/2568", {"b"}),
        ("1/2568", {"a"}),
    ],
)
def test_the_snapshot_that_a_term_rests_on(term: str | None, newest: set[str]) -> None:
    """Counts of 10 June and 10 November speak for the term that they lie in."""
    dates = ["1/2568", "2025-11-10", "2026-06-10", "2026-11-10", "2027-06-10"]
    students = pd.DataFrame({"as_of": dates, "who": list("abcde"), "school_id": "A"})
    assert set(snapshot(students, parse_term(term) if term else None)["who"]) == newest


def test_a_term_before_all_counts_rests_on_what_there_is() -> None:
    students = pd.DataFrame({"as_of": ["2/2569", "2/2569"], "who": ["a", "b"], "school_id": "A"})
    assert len(snapshot(students, parse_term("1/2550"))) == 2
    undated = pd.DataFrame({"as_of": ["", ""], "who": ["a", "b"], "school_id": "A"})
    assert len(snapshot(undated, parse_term("1/2550"))) == 2


def test_who_has_left_a_list_is_not_kept_and_who_is_on_two_is_at_the_newer() -> None:
    """A lists a and b, then only b and c; B, which lists later, has c and its own d."""
    rows = ["A a 10", "A b 10", "A b 20", "A c 20", "B c 25", "B d 25"]
    students = pd.DataFrame([row.split() for row in rows], columns=["school_id", "student_key", "day"])
    students["as_of"] = "2026-11-" + students["day"]
    chosen = snapshot(students)
    assert list(zip(chosen["school_id"], chosen["student_key"], strict=True)) == [("A", "b"), ("B", "c"), ("B", "d")]


# -- a school that has ended ----
ENDED = {
    "schools": "H 0 P1-P6\nM 5000 P1-P6 status=closed\nX 9000 P1-P6",
    "villages": "V1 100\nV2 6000",
    "students": "H P1 V1 3 .\nH P2 V2 4 M",
    "student_head": "school_id grade village_id count from_school_id",
    "mergers": "M P1-P6 1/2565 H dissolve existing",
}


def test_a_school_that_has_ended_moves_nobody_and_takes_no_money_away(tmp_path: Path) -> None:
    outcome = outcome_of(write_small_office(tmp_path, **ENDED), [merge("M", "X")])
    assert outcome.summary["pupils_moved"] == 0
    assert outcome.summary["subsidy_total_baht"] == outcome.summary["subsidy_present_baht"] == 4 * 15 * 200
    assert outcome.warnings[["rule", "school_id", "host_id"]].to_numpy().tolist()[0] == ["nobody-moves", "M", "X"]
    assert "เลิกหรือยุบแล้ว" in outcome.warnings.loc[0, "message"]


def test_children_of_an_ended_school_go_on_with_the_host_that_took_them(tmp_path: Path) -> None:
    """V2 is 6,000 m east of H, 3,000 m west of X: 15 baht a day before, 10 after; the three of V1 8,900 m, 15 baht."""
    folder = write_small_office(tmp_path, **ENDED)
    summary = outcome_of(folder, [merge("H", "X"), merge("M", "X")]).summary
    assert (summary["pupils_moved"], summary["nearer"], summary["farther"]) == (7, 4, 3)
    assert summary["subsidy_present_baht"] == 4 * 15 * 200
    assert summary["subsidy_total_baht"] == summary["baht_per_year"] == (4 * 10 + 3 * 15) * 200


def test_whom_an_earlier_merger_brought_stays_merged_whatever_moves_nobody(tmp_path: Path) -> None:
    """M learns together with H; four who have been on H's roll since stay there when the rest of M is sent to X."""
    office = {
        **ENDED,
        "schools": ENDED["schools"].replace(" status=closed", ""),
        "mergers": "M P1-P6 1/2565 H learn-together existing",
    }
    folder = write_small_office(tmp_path, **office)
    summary = outcome_of(folder, [merge("M", "X")]).summary
    assert summary["pupils_moved"] == 0
    assert summary["subsidy_total_baht"] == summary["subsidy_present_baht"] == 4 * 15 * 200


# -- phases ----
def test_a_first_phase_is_warned_of_as_well(tmp_path: Path) -> None:
    """A learns together with FAR, 20 km away and one room, before it is dissolved into NEAR."""
    folder = write_small_office(
        tmp_path,
        schools="A 0 P1-P6 rooms=6\nNEAR 400 P1-P6 rooms=6\nFAR 20000 P1-P6 rooms=1",
        villages="V 100\nW 20000",
        students="A P1 V 1\nA P2 V 1\nNEAR P1 V 1\nFAR P1 W 1",
    )
    phases = [merge("A", "FAR"), merge("A", "NEAR", from_term="1/2572", kind="dissolve")]
    warnings = outcome_of(folder, phases).warnings
    assert set(warnings["rule"]) == {"far-road_m", "over-capacity"}
    assert set(warnings["host_id"]) == {"FAR"}
    assert warnings["message"].str.contains("ช่วงตั้งแต่ภาคเรียน 1/2570").all()


def test_unknown_homes_go_where_their_schoolmates_go(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path,
        schools="AAA 25000 P1-P6\nB 0 P1-P6\nC 500 P1-P6",
        villages="V 100\nW 25000",
        students="AAA P1 W 1\nB P1 V 10\nB P1 . 5\nC P1 V 1",
    )
    outcome = outcome_of(folder, [merge("B", "nearest")])
    assert outcome.summary["hosts"] == 1
    assert outcome.summary["pupils_moved"] == 15
    assert set(outcome.subsidy["host_id"]) == {"C"}


def test_homes_of_their_own_are_cut_off_in_the_wet_season_too(tmp_path: Path) -> None:
    """The road is closed by a flood at 2,500 m: the child lives beyond, 100 m from the village's point."""
    office = {
        "schools": "A 0 P1-P6\nB 5000 P1-P6",
        "villages": "V 1000",
        "student_head": "student_key school_id grade village_id lat lon",
        "students": "k1 A P1 V 16.8 100.3100",
    }
    folder = write_small_office(tmp_path, **office)
    lat, lon = place(2500, 0)
    rows = [["น้ำท่วม", "ฤดูฝน", "ฤดูฝน", "น้ำท่วมทาง", str(lat), str(lon)]]
    write_rows(folder / "inputs" / "closures.csv", ["closure_id", "from", "to", "reason", "lat", "lon"], rows)
    outcome = outcome_of(folder, [merge("A", "B")])
    assert outcome.summary["cut_off_in_wet_season"] == 1
    assert "wet-season" in set(outcome.warnings["rule"])


def test_side_by_side_means_in_one_term(tmp_path: Path) -> None:
    """An earlier merger of D begins in 1/2571, the plan's own too: the present is then with it."""
    folder = write_small_office(
        tmp_path,
        schools="A 0 P1-P6\nB 5000 P1-P6\nC 9000 P1-P6\nD 12000 P1-P6",
        villages="V 100\nW 12000",
        students="A P1 V 2\nB P1 V 1\nC P1 W 1\nD P1 W 4",
        mergers="D P1-P6 1/2571 C learn-together existing",
    )
    outcome = outcome_of(folder, [merge("A", "B", from_term="1/2571")])
    present, plan = (one.summary["subsidy_total_baht"] for one in with_present([outcome]))
    assert (present, plan) == (4 * 10 * 200, 4 * 10 * 200 + 2 * 15 * 200)
