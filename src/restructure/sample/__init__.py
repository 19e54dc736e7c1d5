"""A complete, invented budget cycle to try the workbench with, and to test it against.

Everything is made up from a seed: an office in the open sea of the Gulf of Thailand, in a province (99) that does not
exist, with roads, some of them closed, villages, schools, pupils, earlier mergers, money and two options. Same seed,
same bytes.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from restructure.files import staged
from restructure.sample.land import Land, Network
from restructure.sample.outlines import tambon_outlines
from restructure.sample.people import (
    Pupils,
    Schools,
    Villages,
    ceiling_rows,
    enrolment_rows,
    make_students,
    merger_rows,
    option_a,
    option_b,
    population_rows,
    school_rows,
    student_rows,
    total_rows,
    village_rows,
)
from restructure.sample.ways import DECLARED_HEADS, Ways, closure_rows, declared_rows


def make_sample(directory: Path, seed: int = 2570) -> None:
    """Write a complete synthetic budget cycle.

    Parameters
    ----------
    directory
        The cycle folder; made if it does not exist. Files of the same name are replaced once all are written.
    seed
        Same seed, same bytes in every file.
    """
    rng = np.random.default_rng(seed)
    land = Land.make(rng)
    net = Network(rng, land)
    villages = Villages.make(rng, land, net)
    schools = Schools.make(rng, villages, net)
    students = make_students(rng, villages, schools)
    with staged(directory) as stage:
        # What came later draws by itself, so that all else stays as it was.
        _write_all(stage, rng, np.random.default_rng([seed, 1]), net, villages, schools, students)


def _write_all(
    directory: Path,
    rng: np.random.Generator,
    own_rng: np.random.Generator,
    net: Network,
    villages: Villages,
    schools: Schools,
    students: list[Pupils],
) -> None:
    inputs, scenarios = directory / "inputs", directory / "scenarios"
    inputs.mkdir()
    scenarios.mkdir()
    net.write(inputs / "roads.osm.pbf", villages, schools)
    _write(inputs / "schools.csv", _csv(school_rows(rng, villages, schools)), bom=True)
    _write(inputs / "villages.csv", _csv(village_rows(villages, schools, students)), bom=True)
    ways = Ways.read(inputs / "roads.osm.pbf", villages, schools)
    declared = declared_rows(own_rng, ways, villages, schools, students)
    rows = student_rows(villages, schools, students, DECLARED_HEADS, declared)
    _write(inputs / "students.csv", _csv(rows), bom=True)
    _write(inputs / "closures.csv", _csv(closure_rows(own_rng, net, ways, schools, students)), bom=True)
    _write(inputs / "mergers.csv", _csv(merger_rows(schools)), bom=True)
    _write(inputs / "enrolment.csv", _csv(enrolment_rows(rng, schools)), bom=True)
    _write(inputs / "ceilings.csv", _csv(ceiling_rows(villages, schools, students)), bom=True)
    _write(inputs / "population.csv", _csv(population_rows(own_rng, villages, students)), bom=True)
    _write(inputs / "totals.csv", _csv(total_rows(schools)), bom=True)
    _write(inputs / "tambons.geojson", tambon_outlines(villages, schools))
    _write(scenarios / "option-a.yaml", option_a(schools))
    _write(scenarios / "option-b.yaml", option_b(schools))
    _write(directory / "plan.yaml", "scenario: option-a\n")
    office = "สำนักงานเขตพื้นที่การศึกษาประถมศึกษาสมมุติ เขต 1"
    _write(directory / "policy.yaml", f"office: {office}\nfiscal_year: 2570\nsynthetic: true\n")
    _write(
        directory / "README.txt",
        "ข้อมูลสมมุติทั้งหมด: สถานที่ โรงเรียน หมู่บ้าน จำนวนนักเรียน หนังสือ และจำนวนเงินในโฟลเดอร์นี้ไม่มีอยู่จริง\n"
        "สร้างด้วยคำสั่ง restructure sample เพื่อทดลองใช้และทดสอบ ห้ามใช้อ้างอิงในราชการ\n",
    )


def _write(path: Path, text: str, bom: bool = False) -> None:
    path.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
