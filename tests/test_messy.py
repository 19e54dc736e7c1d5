"""Messy office files give back the sample's own tables, or name the rows that cannot be known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from messy import FORMS, Row, Told, grades_between, sample_rows, write_messy_office

import restructure as rs

SEEDS = range(5)
TEXTS = {
    "schools": [
        "school_id",
        "name",
        "tambon",
        "amphoe",
        "grades",
        "smis_id",
        "village_id",
        "special_area",
        "readiness",
    ],
    "villages": ["village_id", "name", "tambon", "amphoe", "point_source"],
    "ceilings": ["round", "letter", "date"],
}
COUNTS = {"schools": ["rooms", "teachers"], "villages": ["population"], "ceilings": ["baht"]}


def expected(sample: Path, told: Told, table: str) -> list[Row]:
    return told.kept.get(table) or sample_rows(sample, table)


def text_of(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def assert_plain_rows(found: pd.DataFrame, rows: list[Row], table: str, lost: set[str]) -> None:
    key = TEXTS[table][0] if table != "ceilings" else "letter"
    found = found.set_index(key, drop=False)
    assert sorted(found.index) == sorted(row[key] for row in rows)
    for row in rows:
        at = found.loc[row[key]]
        for name in TEXTS[table] + COUNTS[table]:
            if name not in lost:
                assert text_of(at[name]) == row[name], (row[key], name)


def assert_points(found: pd.DataFrame, rows: list[Row], key: str, tolerance_deg: float) -> None:
    found = found.set_index(key)
    for row in rows:
        for name in ("lat", "lon"):
            value = found.at[row[key], name]
            if row["lat"] and row["lon"]:
                assert abs(value - float(row[name])) <= tolerance_deg, (row[key], name, value)
            else:
                assert pd.isna(value)


def pupils(rows: list[Row]) -> Counter[tuple[str, ...]]:
    counted: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        counted[tuple(row[name] for name in ("school_id", "grade", "village_id", "as_of", "from_school_id"))] += int(
            row["count"]
        )
    return +counted


def by_grade(rows: list[Row]) -> set[tuple[str, ...]]:
    names = ("school_id", "from_term", "host_id", "kind", "programme")
    return {(*(row[name] for name in names), grade) for row in rows for grade in grades_between(row["grades"])}


def as_rows(table: pd.DataFrame) -> list[Row]:
    return [{str(name): text_of(value) for name, value in row.items()} for row in table.to_dict("records")]


def assert_means_the_sample(sample: Path, folder: Path, told: Told) -> None:
    cycle = rs.open_cycle(folder)
    tables = cycle.tables
    for table in ("schools", "villages", "ceilings"):
        lost = told.lost.get(table, set())
        assert_plain_rows(tables[table], expected(sample, told, table), table, lost)
        if table != "ceilings" and "lat" not in lost:
            assert_points(tables[table], expected(sample, told, table), TEXTS[table][0], told.tolerance_deg)
    found = [row | {"count": row["pupils"]} for row in as_rows(tables["students"])]
    assert pupils(found) == pupils(expected(sample, told, "students"))
    assert by_grade(as_rows(tables["mergers"])) == by_grade(expected(sample, told, "mergers"))
    enrolment = {(r["school_id"], r["year"], r["grade"]): r["count"] for r in as_rows(tables["enrolment"])}
    rows = expected(sample, told, "enrolment")
    assert enrolment == {(r["school_id"], r["year"], r["grade"]): r["count"] for r in rows}
    assert [p for p in cycle.problems if p.severity == "error"] == []
    if "villages" in told.lost:
        named = [p for p in cycle.problems if p.rule == "no-point" and p.file == cycle.files["villages"]]
        assert len({p.row for p in named}) == len(tables["villages"])


@pytest.mark.parametrize("seed", SEEDS)
def test_all_shapes_mixed_mean_the_sample(sample: Path, tmp_path: Path, seed: int) -> None:
    told = write_messy_office(sample, tmp_path / "office", seed)
    assert_means_the_sample(sample, tmp_path / "office", told)


@pytest.mark.parametrize(("table", "form"), [(table, form) for table in FORMS for form in FORMS[table]])
def test_each_shape_means_the_sample(sample: Path, tmp_path: Path, table: str, form: str) -> None:
    quick = {"schools": "table", "villages": "table", "students": "counts", "enrolment": "table"} | {table: form}
    told = write_messy_office(sample, tmp_path / "office", 99, **quick)
    assert_means_the_sample(sample, tmp_path / "office", told)


@pytest.mark.parametrize("form", ["dmc-long", "dmc-short"])
def test_nothing_private_is_left_in_any_output(sample: Path, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "office"
    told = write_messy_office(sample, folder, 5, students=form, villages="table", schools="table")
    measured = rs.measure(rs.open_cycle(folder))
    rs.write_check(measured)
    rs.write_distances(measured)
    rs.write_allocation(measured, "november")
    outputs = [path for path in folder.rglob("*") if path.is_file() and "inputs" not in path.parts]
    assert any(path.name == "problems.csv" for path in outputs)
    secrets = {secret.encode() for secret in told.secrets}
    for path in outputs:
        data = path.read_bytes()
        assert not any(secret in data for secret in secrets), path.name
    tables = measured.cycle.tables["students"].astype(str).to_csv()
    assert not any(secret in tables for secret in told.secrets)
