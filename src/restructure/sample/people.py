"""The invented people: villages, schools, pupils, earlier mergers, money and two options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from restructure.grades import GRADES
from restructure.sample.land import (
    AMPHOE,
    AS_OF,
    ENDS,
    ISLAND,
    N_CLOSED,
    N_SCHOOLS,
    N_TAMBON,
    PLAIN,
    REMARK,
    TOTALS,
    Bools,
    Floats,
    Ints,
    Land,
    Network,
    Row,
    degrees,
    is_hilly,
    nearest,
    on_east_bank,
    words,
)
from restructure.thai import thai_digits


@dataclass
class Villages:
    """Villages in the order of their codes; ``island`` is the one that is cut off."""

    xy: Floats
    codes: list[str]
    names: list[str]
    tambon: Ints
    tambon_names: list[str]
    population: Ints
    source: list[str]
    island: int

    @classmethod
    def make(cls, rng: np.random.Generator, land: Land, net: Network) -> Villages:
        around = np.vstack([land.sites, [net.xy[v] for v in net.ribbon]])
        spare = sorted({a + b for a in PLAIN for b in ENDS} - set(land.names))
        names = [*land.names, *(spare[k] for k in rng.choice(len(spare), len(net.ribbon), replace=False))]
        xy = net.near_road(around, (0, 330), (6, 148))
        far = rng.choice(len(land.sites) - 1, 10, replace=False)
        xy[far] = net.near_road(around[far], (300, 1_800), (310, 690), 200)
        centres = land.sites[land.centre]
        tambon = nearest(centres, around)
        order = np.lexsort([np.hypot(*(around - centres[tambon]).T), tambon])
        moo = np.concatenate([np.arange(1, c + 1) for c in np.bincount(tambon, minlength=N_TAMBON)])
        population = np.clip(rng.lognormal(6.15, 0.45, len(around)) * np.where(is_hilly(around), 0.7, 1.0), 60, 1_500)
        population[land.centre] *= 1.5
        population[land.towns] *= 2.5
        population[len(land.sites) - 1] = 46
        source = rng.choice(["survey", "osm", "digitised"], len(around), p=[0.6, 0.22, 0.18])
        sources = ["tambon-centroid" if v in far else str(source[v]) for v in range(len(around))]
        codes = [
            f"99{1 + t // 9:02d}{1 + t % 9:02d}{m:02d}"
            for t, m in zip(tambon[order].tolist(), moo.tolist(), strict=True)
        ]
        return cls(
            xy=xy[order],
            codes=codes,
            names=[names[v] for v in order],
            tambon=tambon[order],
            tambon_names=[land.names[c] for c in land.centre],
            population=population[order].astype(np.int64),
            source=[sources[v] for v in order],
            island=int(np.flatnonzero(order == len(land.sites) - 1)[0]),
        )


@dataclass
class Merge:
    """Grades of a school that sit at a host from a term on."""

    school: int
    grades: str
    host: int
    kind: str
    term: str
    programme: str = ""
    status: str = ""


@dataclass
class Schools:
    """Schools in the order of their codes, with their pupils by grade and the mergers of earlier years."""

    xy: Floats
    village: Ints
    names: list[str]
    first: Ints  # of GRADES
    last: Ints
    counts: Ints  # pupils by school and grade
    closed: Bools
    special: Bools
    cut_off: int  # the school that the children of the island go to
    empty: int
    mergers: list[Merge]

    @classmethod
    def make(cls, rng: np.random.Generator, villages: Villages, net: Network) -> Schools:
        village = _school_villages(rng, villages)
        xy = net.near_road(villages.xy[village], (80, 420), (8, 95))
        weight = np.exp(-np.hypot(*(villages.xy[village][:, None] - villages.xy[None]).transpose(2, 0, 1)) / 2_000)
        score = np.log(weight @ villages.population) + rng.normal(0, 0.32, N_SCHOOLS)
        moo_1 = np.array([villages.codes[v].endswith("01") for v in village])
        order = np.argsort(score + 1.3 * moo_1, kind="stable")
        tiers = ((7, 21, 8), (21, 41, 13), (41, 61, 16), (61, 121, 25))  # from, below, how many
        small = np.sort(np.concatenate([rng.integers(*tier) for tier in tiers]))
        rank = np.linspace(0, 1, N_SCHOOLS - N_CLOSED - 1 - len(small))
        large = 123 + 100 * rank + 730 * rank**8  # many of middling size, a few large
        target = np.zeros(N_SCHOOLS)
        target[order[N_CLOSED + 1 :]] = np.concatenate([small, large])
        # The children of the island go to the nearest village school, which is one of the smallest.
        nearest = np.argsort(np.hypot(*(xy - ISLAND).T))
        cut_off = int(next(s for s in nearest if 0 < target[s] <= 120))
        tiny = int(order[N_CLOSED + 7])
        if target[cut_off] > 20:
            target[[cut_off, tiny]] = target[[tiny, cut_off]]
        closed, empty = np.isin(np.arange(N_SCHOOLS), order[:N_CLOSED]), int(order[N_CLOSED])
        first, last, counts = _rolls(rng, target)
        highland = [s for s in np.argsort(-xy[:, 0]).tolist() if 0 < target[s] <= 120 and s != cut_off]
        chosen = [s for s in highland if target[s] > 20][:4] + [s for s in highland if target[s] <= 20][:1]
        special = np.isin(np.arange(N_SCHOOLS), chosen)
        names = [
            _school_name(villages, int(v), bool(draw < 0.22))
            for v, draw in zip(village, rng.random(N_SCHOOLS), strict=True)
        ]
        for a, amphoe in enumerate(AMPHOE):  # the largest of each amphoe is its nursery school
            names[int(np.argmax(np.where(villages.tambon[village] // 9 == a, target, 0)))] = f"อนุบาล{amphoe}"
        made = cls(xy, village, names, first, last, counts, closed, special, cut_off, empty, [])
        made.mergers = _earlier_mergers(rng, made)
        return made

    @property
    def size(self) -> Ints:
        return np.asarray(self.counts.sum(axis=1), dtype=np.int64)

    def code(self, s: int) -> str:
        return f"1099{s + 1:06d}"

    def grades(self, s: int) -> str:
        return f"{GRADES[self.first[s]]}-{GRADES[self.last[s]]}"

    def moving(self) -> set[int]:
        return {m.school for m in self.mergers}

    def hosts(self) -> set[int]:
        return {m.host for m in self.mergers}

    def host_for(self, s: int, not_: set[int], first: int, last: int, least: int = 1) -> int:
        """Find the nearest open school with pupils that offers the grades, is not on the list and no special area."""
        fit = ~self.closed & ~self.special & (self.size >= least) & (self.first <= first) & (self.last >= last)
        fit[[s, *sorted(not_)]] = False
        return int(np.argmin(np.where(fit, np.hypot(*(self.xy - self.xy[s]).T), np.inf)))


def _school_villages(rng: np.random.Generator, villages: Villages) -> Ints:
    """Take the chief village of each tambon and others some way from one another, in the order of their codes."""
    chosen = [v for v, code in enumerate(villages.codes) if code.endswith("01")]
    for apart in (2_900.0, 2_300.0, 1_700.0, 1_000.0, 0.0):
        for v in rng.permutation(len(villages.codes)).tolist():
            gap = np.min(np.hypot(*(villages.xy[chosen] - villages.xy[v]).T))
            if len(chosen) < N_SCHOOLS and gap > apart and v != villages.island:
                chosen.append(v)
    return np.sort(np.array(chosen, dtype=np.int64))


def _school_name(villages: Villages, v: int, temple: bool) -> str:
    if villages.codes[v].endswith("01"):
        return f"ชุมชนบ้าน{villages.names[v]}"
    return f"วัด{villages.names[v]}" if temple else f"บ้าน{villages.names[v]}"


def _shares(total: int, weights: Floats) -> Ints:
    """Share a total out in whole numbers (largest remainder)."""
    exact: Floats = weights / weights.sum() * total
    out = np.floor(exact).astype(np.int64)
    out[np.argsort(out - exact, kind="stable")[: total - int(out.sum())]] += 1
    return out


def _rolls(rng: np.random.Generator, target: Floats) -> tuple[Ints, Ints, Ints]:
    """First and last grade of each school, and pupils by grade: the totals of each stage hold exactly."""
    n = len(target)
    draw = rng.random(n)
    first = np.where(draw < 0.12, 0, np.where(draw < 0.94, 1, 3))
    first[target > 400] = 0
    last = np.full(n, 8)
    big = np.flatnonzero(target > 120)
    expanded = np.sort(rng.permutation(big[target[big] > 140])[:34])
    last[expanded] = 11
    stage = np.zeros((n, 3), dtype=np.int64)  # kindergarten, primary, secondary
    little = target <= 120
    kinder = np.where(first == 3, 0.0, np.where(first == 0, 0.27, 0.22))
    stage[little, 0] = np.round(target * kinder)[little]
    stage[little, 1] = target[little].astype(np.int64) - stage[little, 0]
    upper = (last == 11) * 0.33
    parts = np.column_stack([(1 - upper) * kinder * 0.95, (1 - upper) * (1 - kinder), upper]) * target[:, None]
    for k, total in enumerate(TOTALS.values()):
        stage[big, k] = _shares(total - int(stage[little, k].sum()), parts[big, k])
    counts = np.zeros((n, len(GRADES)), dtype=np.int64)
    for s in range(n):
        for k, (a, b) in enumerate(((0, 3), (3, 9), (9, 12))):
            grades = np.arange(max(a, first[s]), min(b, last[s] + 1))
            if len(grades):
                even = np.full(len(grades), 1 / len(grades))
                # Classes of one school differ, but not wildly.
                base = np.floor(stage[s, k] * even * 0.7).astype(np.int64)
                counts[s, grades] = base + rng.multinomial(stage[s, k] - base.sum(), even)
    return first.astype(np.int64), last.astype(np.int64), counts


def _earlier_mergers(rng: np.random.Generator, schools: Schools) -> list[Merge]:
    """Nine schools that moved before, of both programmes and of every shape; no host moves itself."""
    size = schools.size
    fixed = {schools.cut_off, schools.empty, *np.flatnonzero(schools.special).tolist()}
    free = [s for s in rng.permutation(N_SCHOOLS).tolist() if s not in fixed]
    closed = np.flatnonzero(schools.closed).tolist()
    old, new = "existing", "second-decade"
    out: list[Merge] = []
    moving: set[int] = {*closed, schools.empty}

    def take(least: int, most: int) -> int:
        s = next(s for s in free if s not in moving and least <= size[s] <= most)
        moving.add(s)
        return int(s)

    def move(s: int, first: int, last: int, term: str, programme: str, kind: str = "learn-together") -> None:
        taken = {m.host for m in out if kind == "dissolve" or m.school == s}  # two parts, or two dissolved, two hosts
        host = schools.host_for(s, moving | taken, first, last, 121)
        status = "ประกาศเลิกสถานศึกษาแล้ว" if kind == "dissolve" else "คงสถานภาพโรงเรียน"
        out.append(Merge(s, f"{GRADES[first]}-{GRADES[last]}", host, kind, term, programme, status))

    whole = ((24, 40, "1/2555", old), (41, 65, "1/2558", old), (35, 60, "2/2561", new), (45, 70, "1/2564", new))
    for least, most, term, programme in (*whole, (26, 40, "1/2570", new)):
        s = take(least, most)
        move(s, int(schools.first[s]), int(schools.last[s]), term, programme)
    move(take(75, 120), 6, 8, "1/2562", old)  # a stage only
    s = take(50, 80)
    move(s, int(schools.first[s]), 5, "1/2566", new)
    move(s, 6, 8, "1/2566", new)
    for s, term, programme in zip(closed, ("1/2565", "1/2568"), (old, new), strict=True):
        move(s, int(schools.first[s]), int(schools.last[s]), term, programme, "dissolve")
    return sorted(out, key=lambda m: (m.school, m.grades))


@dataclass(frozen=True, order=True)
class Pupils:
    """Some pupils of one roll, grade and village; ``old`` is the dissolved school they came from, or -1."""

    school: int
    grade: int
    village: int
    count: int
    old: int


def make_students(rng: np.random.Generator, villages: Villages, schools: Schools) -> list[Pupils]:
    """Where the pupils of each school live: near it, on its bank of the river, fewer with distance."""
    east = on_east_bank(villages.xy)
    size = schools.size
    came = {m.host: m.school for m in schools.mergers if m.kind == "dissolve"}
    out: list[Pupils] = []
    for s in np.flatnonzero(size > 0).tolist():
        away = np.hypot(*(villages.xy - schools.xy[s]).T)
        chance = villages.population * (
            np.exp(-away / (900 + 1_600 * min(size[s] / 700, 1.0))) + 0.004 * np.exp(-away / 5_000)
        )
        chance *= np.where(east == on_east_bank(schools.xy[s]), 1.0, 0.02)
        chance[villages.island] = 0
        chance[np.argsort(-chance)[16:]] = 0
        old = came.get(s, -1)
        theirs: list[int] = []
        if old >= 0:  # the villages round the dissolved school send their children here now
            far = np.hypot(*(villages.xy - schools.xy[old]).T)
            far[villages.island] = np.inf
            theirs = np.argsort(far)[:3].tolist()
            chance[theirs] = 0
            chance /= chance.sum() / (1 - 34 / size[s])
            chance[theirs] = 34 / size[s] / len(theirs)
        for g in np.flatnonzero(schools.counts[s]).tolist():
            spread = rng.multinomial(schools.counts[s, g], chance / chance.sum())
            if s == schools.cut_off and 3 <= g <= 5:  # three children of the island
                spread[np.argmax(spread)] -= 1
                spread[villages.island] += 1
            out += [
                Pupils(s, g, v, int(spread[v]), old if v in theirs else -1) for v in np.flatnonzero(spread).tolist()
            ]
    return sorted(out)


def concerned(merges: list[Merge], schools: Schools, students: list[Pupils]) -> Iterator[tuple[Pupils, Merge]]:
    """Pupils who sit at a host, or will, each with the merge that is the reason."""
    for p in students:
        for m in merges:
            if m.grades == "all":
                first, last = int(schools.first[m.school]), int(schools.last[m.school])
            else:
                first, last = (GRADES.index(g) for g in m.grades.split("-"))
            if p.old == m.school or (p.school == m.school and first <= p.grade <= last):
                yield p, m


# -- the tables ----
def _places(villages: Villages, v: int) -> list[str]:
    t = int(villages.tambon[v])
    return [villages.tambon_names[t], AMPHOE[t // 9]]


def school_rows(rng: np.random.Generator, villages: Villages, schools: Schools) -> list[Row]:
    head = words("school_id name tambon amphoe lat lon grades smis_id village_id rooms teachers special_area status")
    head += words("readiness remark")
    place = degrees(schools.xy)
    size = schools.size
    smis = rng.permutation(N_SCHOOLS) + 1
    unknown = rng.choice(N_SCHOOLS, 8, replace=False)
    ready = rng.choice(["พร้อม", "พร้อมบางส่วน", "ต้องปรับปรุงอาคาร", ""], N_SCHOOLS, p=[0.5, 0.2, 0.12, 0.18])
    rows: list[Row] = []
    for s, v in enumerate(schools.village.tolist()):
        classes = int(np.maximum(np.ceil(schools.counts[s] / 38), 0).sum()) or int(
            schools.last[s] - schools.first[s] + 1
        )
        rooms = "" if s in unknown else str(max(6, classes + int(rng.integers(0, 4))))
        teachers = 0 if size[s] == 0 else -(-int(size[s]) // 20) if size[s] <= 120 else classes + int(size[s]) // 120
        row = [schools.code(s), schools.names[s], *_places(villages, v), f"{place[s, 0]:.6f}", f"{place[s, 1]:.6f}"]
        row += [schools.grades(s), f"9901{smis[s]:04d}", villages.codes[v], rooms, str(teachers)]
        row += ["highland" if schools.special[s] else "", "closed" if schools.closed[s] else "open", str(ready[s])]
        rows.append([*row, REMARK])
    twice = int(np.argmax(size))
    return [
        head,
        *rows,
        [rows[twice][0], f"โรงเรียน{rows[twice][1]}", *rows[twice][2:]],
    ]  # a mistake: the code is there already


def _quiet(schools: Schools, students: list[Pupils], villages: Villages) -> list[Pupils]:
    """Pupils of schools that no merger and no option concerns: mistakes among them leave the other figures alone."""
    dull = [
        p
        for p in students
        if schools.size[p.school] > 200 and p.school not in schools.hosts() and p.village != villages.island
    ]
    return sorted(dull, key=lambda p: (p.count, p.school, p.village))


def village_rows(villages: Villages, schools: Schools, students: list[Pupils]) -> list[Row]:
    rows: list[Row] = [words("village_id name lat lon point_source tambon amphoe population remark")]
    busy = {p.village for p in students if p.old >= 0 or p.school in schools.moving() or schools.size[p.school] <= 40}
    pupils = np.bincount([p.village for p in students], [p.count for p in students], len(villages.codes))
    dull = {p.village for p in _quiet(schools, students, villages)} - busy
    swapped = min(sorted(dull), key=lambda v: (pupils[v] < 12, pupils[v]))
    for v, (lat, lon) in enumerate(degrees(villages.xy).tolist()):
        if v == swapped:  # a mistake: latitude and longitude the wrong way round
            lat, lon = lon, lat
        row = [villages.codes[v], f"บ้าน{villages.names[v]}", f"{lat:.6f}", f"{lon:.6f}", villages.source[v]]
        rows.append([*row, *_places(villages, v), str(villages.population[v]), REMARK])
    return rows


def student_rows(
    villages: Villages, schools: Schools, students: list[Pupils], declared_heads: Row, declared: list[Row]
) -> list[Row]:
    quiet = [p for p in _quiet(schools, students, villages) if p.count >= 10]
    thai, spaced, code = quiet[0], quiet[7], quiet[19]
    rows: list[Row] = [[*words("school_id grade village_id as_of count from_school_id"), *declared_heads, "remark"]]
    for p, ways in zip(students, declared, strict=True):
        count, village = str(p.count), villages.codes[p.village]
        if p is thai:  # three mistakes of the kind that people make
            count = thai_digits(count)
        if p is spaced:
            count = f" {count} "
        if p is code:
            village = thai_digits(village)
        old = schools.code(p.old) if p.old >= 0 else ""
        rows.append([schools.code(p.school), GRADES[p.grade], village, AS_OF, count, old, *ways, REMARK])
    return rows


def merger_rows(schools: Schools) -> list[Row]:
    rows: list[Row] = [words("school_id grades from_term host_id kind programme legal_status remark")]
    for m in schools.mergers:
        row = [schools.code(m.school), m.grades, m.term, schools.code(m.host), m.kind, m.programme, m.status]
        rows.append([*row, REMARK])
    return rows


def enrolment_rows(rng: np.random.Generator, schools: Schools) -> list[Row]:
    """Three past years: the classes of now, some grades lower, in years when there were more children."""
    rows: list[Row] = [words("school_id year grade count remark")]
    for s in range(N_SCHOOLS):
        now = schools.counts[s].astype(np.float64)
        gone = next((int(m.term[2:]) for m in schools.mergers if m.school == s and m.kind == "dissolve"), 9_999)
        inside = np.arange(schools.first[s], schools.last[s] + 1)
        for year in (2566, 2567, 2568):
            back = 2569 - year
            if schools.closed[s] or s == schools.empty:
                past = np.zeros(len(GRADES))
                past[inside[-1 - back * (2 if s == schools.empty else 4) :]] = 1 + back / 2
            else:
                later = np.minimum(np.arange(len(GRADES)) + back, schools.last[s])
                usual = now.sum() / len(inside)
                past = (0.6 * now[later] + 0.4 * usual) * 1.027**back + rng.normal(0, 0.35, len(GRADES))
            if year < gone:
                there = [(GRADES[g], str(max(0, round(float(past[g]))))) for g in inside.tolist()]
                rows += [[schools.code(s), str(year), grade, count, REMARK] for grade, count in there]
    return rows


def ceiling_rows(villages: Villages, schools: Schools, students: list[Pupils]) -> list[Row]:
    """Less than is needed: no road is shorter than the straight line, and of that price about 93 % is given."""
    need = {"november": 0, "may": 0}
    for p, m in concerned(schools.mergers, schools, students):
        away = float(np.hypot(*(villages.xy[p.village] - schools.xy[m.host]))) * 0.99 - 150
        baht = p.count * 100 * (10 if away <= 3_000 else 15 if away <= 10_000 else 20)
        need["may"] += baht
        need["november"] += baht if m.term != "1/2570" else 0
    first, total = int(need["november"] * 0.93 * 0.7), int(need["november"] * 0.93)
    rows: list[Row] = [words("round letter baht date remark")]
    rows.append(["november", "ศธ ๐๔๐๐๖/ว๙๙๙๑ (สมมุติ)", str(first), "2026-11-09", REMARK])
    rows.append(["november", "ศธ ๐๔๐๐๖/ว๙๙๙๔ (สมมุติ)", str(total - first), "2026-12-14", REMARK])
    rows.append(["may", "ศธ ๐๔๐๐๖/ว๙๙๙๗ (สมมุติ)", str(int(need["may"] * 0.93)), "2027-05-17", REMARK])
    return rows


def total_rows(schools: Schools) -> list[Row]:
    """Return what DMC shows in sum, but for one class of the largest school that was counted two short."""
    rows: list[Row] = [words("school_id grade count as_of remark")]
    wrong = int(np.argmax(schools.size))
    for s, g in np.argwhere(schools.counts).tolist():
        count = int(schools.counts[s, g]) + 2 * (s == wrong and g == schools.first[s])
        rows.append([schools.code(s), GRADES[g], str(count), AS_OF, REMARK])
    return rows


def population_rows(rng: np.random.Generator, villages: Villages, students: list[Pupils]) -> list[Row]:
    """Return the register of people by village; of one with few children everybody is registered elsewhere."""
    rows: list[Row] = [words("village_id name tambon amphoe population men women houses remark")]
    pupils = np.bincount([p.village for p in students], [p.count for p in students], len(villages.codes))
    left = min(
        (v for v in range(len(villages.codes)) if pupils[v] > 3 and v != villages.island), key=lambda v: pupils[v]
    )
    for v, code in enumerate(villages.codes):
        men, homes = rng.binomial(villages.population[v], 0.49), villages.population[v] / rng.uniform(2.4, 3.4)
        people = [int(villages.population[v]), int(men), int(villages.population[v] - men), round(homes)]
        row = [code, f"บ้าน{villages.names[v]}", *_places(villages, v)]
        rows.append([*row, *(str(n) for n in (people if v != left else [0, 0, 0, 0])), REMARK])
    return rows


# -- the options ----
def _movable(schools: Schools, most: int) -> list[int]:
    """Open schools of at most so many pupils that neither move nor receive yet and are no special area."""
    fixed = schools.moving() | schools.hosts()
    fit = (schools.size <= most) & ~schools.special & ~schools.closed
    return [s for s in np.flatnonzero(fit).tolist() if s not in fixed]


def _scenario(name: str, note: str, schools: Schools, merges: list[Merge]) -> str:
    lines = [f"name: {name}", f"note: {note}", "merges:"]
    for m in merges:
        text = f'school: "{schools.code(m.school)}", host: "{schools.code(m.host)}", grades: {m.grades}, '
        text += f'kind: {m.kind}, from_term: "{m.term}"' + (f", programme: {m.programme}" if m.programme else "")
        lines.append(f"  - {{{text}}}")
    return "\n".join(lines) + "\n"


def merges_a(schools: Schools) -> list[Merge]:
    moving = [s for s in _movable(schools, 20) if s != schools.empty]  # who has no pupils has nobody to learn together
    barred = schools.moving() | set(moving)
    merges = []
    for s in moving:
        host = schools.host_for(s, barred, int(schools.first[s]), int(schools.last[s]))
        merges.append(Merge(s, "all", host, "learn-together", "1/2570", "second-decade"))
    return merges


def option_a(schools: Schools) -> str:
    note = f"{REMARK} โรงเรียนที่มีนักเรียนไม่เกิน 20 คน เรียนรวมทั้งโรงเรียนกับโรงเรียนที่ใกล้ที่สุด"
    return _scenario("ทางเลือก ก", note, schools, merges_a(schools))


def merges_b(schools: Schools) -> list[Merge]:
    moving = _movable(schools, 40)
    barred = schools.moving() | set(moving)
    part = max(moving, key=lambda s: (schools.size[s], s))
    kinds = ("learn-together", "merge", "learn-together", "dissolve", "merge")
    merges = []
    for k, s in enumerate(moving):
        kind = "learn-together" if s == part else "dissolve" if s == schools.empty else kinds[k % len(kinds)]
        grades, first = ("P4-P6", 6) if s == part else ("all", int(schools.first[s]))
        host = schools.host_for(s, barred, first, int(schools.last[s]))
        term = "2/2570" if k == 3 else "1/2570"
        merges.append(Merge(s, grades, host, kind, term, "second-decade" if k % 3 else ""))
    return merges


def option_b(schools: Schools) -> str:
    note = f"{REMARK} โรงเรียนที่มีนักเรียนไม่เกิน 40 คน หลายรูปแบบ"
    return _scenario("ทางเลือก ข", note, schools, merges_b(schools))
