"""A whole invented country as one national set of tables and its roads, to try ``restructure national`` with.

At full scale 183 offices, 29,600 schools, about half of them small, and 75,000 villages, in the open sea and in
provinces that do not exist. Same scale and seed, same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from restructure.files import staged
from restructure.grades import GRADES
from restructure.sample.countryland import ISLAND, Land, degrees, is_hilly, lay_roads, make_land, write_roads
from restructure.sample.land import AS_OF, ENDS, HILLS, PLAIN, REMARK, Bools, Floats, Ints

_OFFICES, _SCHOOLS, _VILLAGES = 183, 29_600, 75_000
#: Codes that no province of Thailand has.
_PROVINCES = (28, 29, 59, 68, 69, 78, 79, 87, 88, 89, 97, 98, 99)
_AMPHOES, _OFFICES_OF_PROVINCE, _TAMBON_VILLAGES = 6, 15, 8
_SMALL = 120
_YEARS = (2565, 2566, 2567, 2568)
_FIRST_NAMES = (*PLAIN, *HILLS)


@dataclass(frozen=True, eq=False)
class _Villages:
    """Villages by code; ``site`` is the place of each among those of the land."""

    site: Ints
    xy: Floats
    office: Ints
    amphoe: Ints  # 0 … of the office
    tambon: Ints  # 0 … of the amphoe
    moo: Ints
    code: list[str]
    name: list[str]
    kids: Floats


@dataclass(frozen=True, eq=False)
class _Schools:
    """Schools by code; ``pupils`` by grade, ``host`` -1 where no grades learn elsewhere."""

    village: Ints
    xy: Floats
    first: Ints  # of GRADES
    last: Ints
    pupils: Ints
    special: Bools
    code: list[str]
    host: Ints


def make_country(directory: Path, scale: float = 1.0, seed: int = 2570) -> None:
    """Write a synthetic national set: schools, villages, students, mergers, enrolment and the country's roads.

    Parameters
    ----------
    directory
        The country's folder; made if it does not exist. Files of the same name are replaced once all are written.
    scale
        Share of the whole country: 1 for 183 offices, 0.02 for four.
    seed
        Same seed, same bytes in every file.
    """
    rng = np.random.default_rng(seed)
    offices = max(2, round(_OFFICES * scale))
    land = make_land(rng, max(offices * 2 * _TAMBON_VILLAGES, round(_VILLAGES * scale)))
    villages = _make_villages(rng, land, offices)
    schools, rolls = _make_schools(rng, land, villages, max(offices * 4, round(_SCHOOLS * scale)))
    with staged(directory) as stage:
        inputs = stage / "inputs"
        inputs.mkdir()
        write_roads(inputs / "roads.osm.pbf", lay_roads(rng, land))
        names = [f"{province}{k:02d}" for province, k in map(_office_number, range(offices))]
        _write(inputs / "schools.csv", _school_table(rng, villages, schools, names))
        _write(inputs / "villages.csv", _village_table(rng, villages, names))
        _write(inputs / "students.csv", _student_table(villages, schools, rolls))
        _write(inputs / "mergers.csv", _merger_table(rng, schools))
        _write(inputs / "enrolment.csv", _enrolment_table(rng, schools))
        (stage / "policy.yaml").write_text("fiscal_year: 2570\nsynthetic: true\n", "utf-8")
        text = "ข้อมูลสมมุติทั้งหมด: สถานที่ สำนักงานเขต โรงเรียน หมู่บ้าน และจำนวนนักเรียนในโฟลเดอร์นี้ไม่มีอยู่จริง\n"
        text += "สร้างด้วยคำสั่ง restructure sample --national เพื่อทดลองใช้และทดสอบ ห้ามใช้อ้างอิงในราชการ\n"
        (stage / "README.txt").write_text(text, "utf-8")


def _write(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _office_number(office: int) -> tuple[int, int]:
    return _PROVINCES[office // _OFFICES_OF_PROVINCE], office % _OFFICES_OF_PROVINCE + 1


def _parts(xy: Floats, count: int) -> Ints:
    """Divide points into compact parts of nearly one size, neighbouring parts with neighbouring numbers."""
    part = np.zeros(len(xy), np.int64)
    open_parts = [(np.arange(len(xy)), 0, count)]
    while open_parts:
        points, number, parts = open_parts.pop()
        if parts == 1:
            part[points] = number
            continue
        x = xy[points]
        order = np.argsort(x[:, int(np.argmax(np.ptp(x, axis=0)))], kind="stable")
        half, cut = parts // 2, round(len(points) * (parts // 2) / parts)
        open_parts += [(points[order[:cut]], number, half), (points[order[cut:]], number + half, parts - half)]
    return part


def _make_villages(rng: np.random.Generator, land: Land, offices: int) -> _Villages:
    xy = land.sites
    office = _parts(xy, offices)
    amphoe, tambon, moo = (np.zeros(len(xy), np.int64) for _ in range(3))
    name = np.empty(len(xy), object)
    names = np.array([first + end for first in _FIRST_NAMES for end in ENDS], object)
    for number in range(offices):
        mine = np.flatnonzero(office == number)
        tambons = max(1, len(mine) // _TAMBON_VILLAGES)
        part = _parts(xy[mine], tambons)
        amphoe[mine] = part * _AMPHOES // tambons
        tambon[mine] = part - -(-amphoe[mine] * tambons // _AMPHOES)
        middle = np.column_stack([np.bincount(part, xy[mine, i]) for i in (0, 1)]) / np.bincount(part)[:, None]
        # The village in the middle of its tambon is the first.
        order = np.lexsort([np.hypot(*(xy[mine] - middle[part]).T), part])
        begin = np.searchsorted(part[order], np.arange(tambons))
        moo[mine[order]] = np.arange(len(mine)) - begin[part[order]] + 1
        name[mine] = names[rng.permutation(len(names))[: len(mine)]]
    kids = rng.lognormal(0, 0.6, len(xy)) * np.where(is_hilly(xy), 0.6, 1.0) * np.array([1.0, 1.8, 3.5])[land.town]
    order = np.lexsort([moo, tambon, amphoe, office])
    spread = rng.normal(0, 1, (len(xy), 2)) * np.where(rng.random(len(xy)) < 0.06, 420, 90)[:, None]
    code = [
        f"{_office_number(o)[0]}{(_office_number(o)[1] - 1) * _AMPHOES + a + 1:02d}{t + 1:02d}{m:02d}"
        for o, a, t, m in np.column_stack([office, amphoe, tambon, moo])[order].tolist()
    ]
    return _Villages(
        order, (xy + spread)[order], office[order], amphoe[order], tambon[order], moo[order], code,
        name[order].tolist(), kids[order],
    )  # fmt: skip


def _make_schools(
    rng: np.random.Generator, land: Land, villages: _Villages, count: int
) -> tuple[_Schools, tuple[Ints, Ints, Ints]]:
    """Place schools, fill them from the villages around, and give a few the mergers of earlier years.

    The rolls are village, school and pupils by grade, shape (pairs, grades), of every pair with pupils.
    """
    main = villages.moo == 1
    # The first village of each tambon has a school, others some way from one another as it falls out.
    village = np.sort(np.argsort(np.where(main, -1.0, rng.random(len(main))), kind="stable")[:count])
    xy = villages.xy[village] + rng.normal(0, 130, (count, 2))
    bank = land.bank[villages.site]
    pull = (
        np.exp(rng.normal(0, 0.6, count)) * np.where(main[village], 2.0, 1.0) * (1 + land.town[villages.site[village]])
    )

    # Nobody goes to school across water.
    away, near = cKDTree(xy).query(villages.xy, k=min(6, count))
    same = bank[village[near]] == bank[:, None]
    weight = np.where(same, pull[near] * np.exp(-away / 1_100), 0)
    weight *= np.cumsum(same, axis=1) <= 3
    lost = ~same.any(axis=1)  # an island without a school: the children stay at a boarding place by the nearest one
    weight[lost, 0] = 1
    share = villages.kids[:, None] * weight / weight.sum(axis=1, keepdims=True)
    expected = np.bincount(near.ravel(), share.ravel(), count)
    scale = 0.985 * _SMALL / np.median(expected)  # half of the schools are small
    size = expected * scale

    draw = rng.random(count)
    first = np.where((draw < 0.12) | (size > 400), 0, np.where(draw < 0.94, 1, 3))
    last = np.where((size > 140) & (rng.random(count) < 0.24), 11, 8)
    grade = np.arange(len(GRADES))
    of_grade = ((grade >= first[:, None]) & (grade <= last[:, None])) * np.where(
        grade < 3, 0.8, np.where(grade > 8, 1.1, 1.0)
    )
    of_grade = of_grade * np.exp(rng.normal(0, 0.12, of_grade.shape))
    of_grade = of_grade / of_grade.sum(axis=1, keepdims=True)
    pair_village, slot = np.nonzero(share * scale > 0.6)
    pair_school = near[pair_village, slot]
    pupils = rng.poisson((share[pair_village, slot] * scale)[:, None] * of_grade[pair_school])
    by_grade = np.zeros((count, len(GRADES)), np.int64)
    np.add.at(by_grade, pair_school, pupils)

    special = ((is_hilly(xy) & (rng.random(count) < 0.05)) | (bank[village] >= ISLAND)) & (
        by_grade.sum(axis=1) <= _SMALL
    )
    number = np.arange(count) + 1
    province = villages.office[village] // _OFFICES_OF_PROVINCE
    code = [f"10{_PROVINCES[p]}{n:06d}" for p, n in zip(province.tolist(), number.tolist(), strict=True)]
    schools = _Schools(village, xy, first, last, by_grade, special, code, np.full(count, -1))
    _merge_some(rng, schools, villages.office[village], bank[village])
    return schools, (pair_village, pair_school, pupils)


def _merge_some(rng: np.random.Generator, schools: _Schools, office: Ints, bank: Ints) -> None:
    """Let a few small schools learn at the nearest larger one of its office that has its grades."""
    size = schools.pupils.sum(axis=1)
    chosen = np.flatnonzero((size > 0) & (size <= 80) & ~schools.special & (rng.random(len(size)) < 0.3))
    near = cKDTree(schools.xy).query(schools.xy[chosen], k=min(12, len(size)))[1]
    fit = (size[near] > _SMALL) & (office[near] == office[chosen][:, None]) & (bank[near] == bank[chosen][:, None])
    fit &= (schools.first[near] <= schools.first[chosen][:, None]) & (
        schools.last[near] >= schools.last[chosen][:, None]
    )
    found = fit.any(axis=1)
    schools.host[chosen[found]] = near[found, fit[found].argmax(axis=1)]


# -- the tables ----
def _place_names(villages: _Villages) -> tuple[list[str], list[str]]:
    """Return tambon and amphoe of each village, called after the first village of each."""
    key = villages.office * _AMPHOES + villages.amphoe
    amphoe = np.unique(key, return_index=True)[1]
    of_amphoe = np.searchsorted(key[amphoe], key)
    tambon = np.flatnonzero(villages.moo == 1)
    of_tambon = np.searchsorted(tambon, np.arange(len(key)), "right") - 1
    return [villages.name[v] for v in tambon[of_tambon]], [f"สมมุติ{villages.name[v]}" for v in amphoe[of_amphoe]]


def _points(xy: Floats) -> dict[str, list[str]]:
    place = degrees(xy)
    return {
        "lat": [f"{lat:.6f}" for lat in place[:, 0].tolist()],
        "lon": [f"{lon:.6f}" for lon in place[:, 1].tolist()],
    }


def _school_table(rng: np.random.Generator, villages: _Villages, schools: _Schools, names: list[str]) -> pd.DataFrame:
    at = schools.village.tolist()
    size = schools.pupils.sum(axis=1)
    classes = np.maximum(np.ceil(schools.pupils / 38).sum(axis=1), schools.last - schools.first + 1).astype(np.int64)
    teachers = np.where(size <= _SMALL, -(-size // 20), classes + size // _SMALL)
    rooms = np.maximum(6, classes + rng.integers(-1, 4, len(at))).astype(str).astype(object)
    rooms[rng.random(len(at)) < 0.05] = ""
    tambon, amphoe = _place_names(villages)
    temple = rng.random(len(at)) < 0.22
    main = villages.moo[schools.village] == 1
    return pd.DataFrame(
        {
            "office": [names[villages.office[v]] for v in at],
            "school_id": schools.code,
            "name": [
                f"{'ชุมชนบ้าน' if first else 'วัด' if holy else 'บ้าน'}{villages.name[v]}"
                for v, first, holy in zip(at, main.tolist(), temple.tolist(), strict=True)
            ],
            "tambon": [tambon[v] for v in at],
            "amphoe": [amphoe[v] for v in at],
            **_points(schools.xy),
            "grades": [f"{GRADES[a]}-{GRADES[b]}" for a, b in zip(schools.first, schools.last, strict=True)],
            "village_id": [villages.code[v] for v in at],
            "rooms": rooms,
            "teachers": teachers,
            "special_area": np.where(schools.special, "highland", ""),
            "status": "open",
            "remark": REMARK,
        }
    )


def _village_table(rng: np.random.Generator, villages: _Villages, names: list[str]) -> pd.DataFrame:
    tambon, amphoe = _place_names(villages)
    return pd.DataFrame(
        {
            "office": [names[o] for o in villages.office],
            "village_id": villages.code,
            "name": [f"บ้าน{name}" for name in villages.name],
            **_points(villages.xy),
            "point_source": rng.choice(["survey", "osm", "digitised"], len(villages.code), p=[0.6, 0.22, 0.18]),
            "tambon": tambon,
            "amphoe": amphoe,
            "population": np.maximum(40, 420 * villages.kids).astype(np.int64),
            "remark": REMARK,
        }
    )


def _student_table(villages: _Villages, schools: _Schools, rolls: tuple[Ints, Ints, Ints]) -> pd.DataFrame:
    village, school, pupils = rolls
    pair, grade = np.nonzero(pupils)
    order = np.lexsort([village[pair], grade, school[pair]])
    pair, grade = pair[order], grade[order]
    return pd.DataFrame(
        {
            "school_id": np.array(schools.code, object)[school[pair]],
            "grade": np.array(GRADES, object)[grade],
            "village_id": np.array(villages.code, object)[village[pair]],
            "as_of": AS_OF,
            "count": pupils[pair, grade],
        }
    )


def _merger_table(rng: np.random.Generator, schools: _Schools) -> pd.DataFrame:
    moved = np.flatnonzero(schools.host >= 0)
    year = rng.integers(2553, 2571, len(moved))
    return pd.DataFrame(
        {
            "school_id": [schools.code[s] for s in moved],
            "grades": [f"{GRADES[schools.first[s]]}-{GRADES[schools.last[s]]}" for s in moved],
            "from_term": [f"1/{y}" for y in year],
            "host_id": [schools.code[s] for s in schools.host[moved]],
            "kind": "learn-together",
            "programme": np.where(year < 2561, "existing", "second-decade"),
            "remark": REMARK,
        }
    )


def _enrolment_table(rng: np.random.Generator, schools: _Schools) -> pd.DataFrame:
    """Four past years: the classes of now, some grades lower, in years when there were more children."""
    now = schools.pupils.astype(np.float64)
    grade = np.arange(len(GRADES))
    offered = (grade >= schools.first[:, None]) & (grade <= schools.last[:, None])
    usual = now.sum(axis=1) / offered.sum(axis=1)
    past = np.zeros((len(now), len(_YEARS), len(GRADES)), np.int64)
    for k, year in enumerate(_YEARS):
        back = 2569 - year
        later = np.minimum(grade + back, schools.last[:, None])
        there = 0.6 * np.take_along_axis(now, later, axis=1) + 0.4 * usual[:, None]
        past[:, k] = np.maximum(0, np.round(there * 1.027**back + rng.normal(0, 0.35, there.shape)))
    school, year_at, at = np.nonzero(np.broadcast_to(offered[:, None], past.shape))
    return pd.DataFrame(
        {
            "school_id": np.array(schools.code, object)[school],
            "year": np.array(_YEARS)[year_at],
            "grade": np.array(GRADES, object)[at],
            "count": past[school, year_at, at],
        }
    )
