"""Where villages without a point may lie: candidates from what the office has, best first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from restructure.gazetteer import plain_name
from restructure.places import PLACE_COLUMNS, Spoken, likeness, mentions, spoken
from restructure.roads import Floats, RoadNetwork
from restructure.snapping import road_index

CANDIDATE_COLUMNS = ["village_id", "lat", "lon", "source", "why", "score", "sure"]
#: A point that only says which tambon; a village that has such a one is still to be placed.
ROUGH = "tambon-centroid"
#: More than these nobody looks through.
_MOST = 8
#: Two candidates this close are one place: what is drawn as a point and as an area, the hall beside the school.
_SAME_PLACE_M = 150
#: Outlines of tambons, and what stands in for them, are coarse: so far outside counts as at the edge.
_EDGE_M = 2_000
_FAR_M = 10_000
_FARTHEST_M = 30_000
#: What a sign of a village is worth when name and place agree.
_SETTLEMENT, _LOCATED, _MOO, _AMENITY, _POLLING, _BESIDE, _MIDDLE = 1.0, 0.85, 0.8, 0.75, 0.7, 0.2, 0.1
#: A name of a school or hall that agrees less than this names something else.
_LEAST_LIKE = 0.8
_KINDS = {
    "city": "เมือง", "town": "เมือง", "village": "หมู่บ้าน", "hamlet": "หมู่บ้านเล็ก", "isolated_dwelling": "กลุ่มบ้าน",
    "suburb": "ย่าน", "quarter": "ย่าน", "neighbourhood": "ย่าน", "locality": "ชื่อพื้นที่", "school": "โรงเรียน",
    "temple": "วัดหรือศาสนสถาน", "town hall": "ที่ทำการ", "community centre": "ศาลาประชาคม", "health centre": "สถานพยาบาล",
}  # fmt: skip
_BUILT = ("school", "temple", "town hall", "community centre", "health centre")
_RULES = {
    "same": "ชื่อตรงกัน",
    "tone": "ชื่อต่างกันที่วรรณยุกต์",
    "bracket": "ตรงกับชื่อในวงเล็บ",
    "part": "ชื่อต่างกันที่คำท้าย",
    "near": "ชื่อใกล้เคียง",
}

#: Of settlements whose names agree by these the village may be any.
_MEANT = ("same", "tone", "bracket", "near")


class _Find(NamedTuple):
    """One sign of a village: ``outside_m`` from its tambon (NaN where not known), ``moo`` that it names.

    ``rule`` by which the name of a settlement is the village's.
    """

    x: float
    y: float
    source: str
    why: str
    worth: float
    outside_m: float
    moo: tuple[int, ...] = ()
    rule: str = ""


def candidates(
    wanted: pd.DataFrame,
    villages: pd.DataFrame,
    network: RoadNetwork,
    *,
    places: pd.DataFrame | None = None,
    schools: pd.DataFrame | None = None,
    polling: pd.DataFrame | None = None,
    tambons: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """List where each village may lie, best first; of several places of one name all, none chosen.

    Parameters
    ----------
    wanted
        Villages to place: rows of ``villages``.
    villages
        All villages: ``village_id``, ``name``, ``lat``, ``lon`` (NaN where not known), ``point_source``, maybe
        ``tambon``, ``amphoe``, ``moo``. Those with a point that is not rough tell where their tambon is.
    places
        What :func:`restructure.places.read_places` returns.
    schools
        ``name``, ``tambon``, ``amphoe``, ``lat``, ``lon``, maybe ``village_id``.
    polling
        ``tambon``, ``name`` (what the place is), ``lat``, ``lon``, maybe ``registrar``.
    tambons
        What :func:`restructure.gazetteer.tambon_list` returns: outlines, or points, of those that the office has drawn.

    Returns
    -------
    DataFrame
        ``village_id``, ``lat``, ``lon``, ``source`` (the ``point_source`` that the point would have), ``why`` (Thai),
        ``score`` (0 to 1), ``sure``: the one settlement of exactly this name in its tambon, where no other village has
        that name. A polling place, and a school of the office, are points that somebody chose on a map for another
        purpose: ``digitised``. What only says near which place or in which tambon is rough: ``tambon-centroid``.
    """
    land = Land(network, villages, schools, tambons)
    named = _Named(land, places)
    bare = pd.Series([spoken(name).bare for name in villages["name"]], index=villages.index)
    namesakes = bare.groupby([villages["village_id"].map(land.label_of), bare]).transform("size")
    shared = dict(zip(villages["village_id"], namesakes > 1, strict=True))
    rows: list[list[Any]] = []
    for village in wanted.to_dict("records"):
        code, moo = village["village_id"], moo_of(village)
        label, name = land.label_of[code], spoken(village["name"])
        found = [
            *named.find(name, label),
            *_at_schools(code, name, schools, land),
            *_at_polling(name, moo, label, polling, land),
            *_beside(moo, label, land),
            *land.middle(label),
        ]
        ranked = _merge(sorted(((_score(f, moo), f) for f in found), key=lambda pair: (-pair[0], pair[1])))
        meant = [f for _, f in ranked if f.rule in _MEANT and not f.outside_m > _EDGE_M]
        single = meant[0] if len(meant) == 1 and meant[0].rule == "same" and not shared[code] else None
        for score, f in ranked[:_MOST]:
            sure = (
                f is single and f.outside_m == 0 and (not f.moo or moo in f.moo) and not land.is_taken(f.x, f.y, code)
            )
            rows.append([code, *land.degrees(f.x, f.y), f.source, f.why, round(score, 3), sure])
    types = {"lat": float, "lon": float, "score": float, "sure": bool}
    return pd.DataFrame(rows, columns=CANDIDATE_COLUMNS).astype(types)


def moo_of(village: dict[Any, Any]) -> int | None:
    """Return a village's number in its tambon: its own column, else the end of its 8-digit code, else its name."""
    text = str(village.get("moo") or "")
    if text.isdecimal():
        return int(text)
    if re.fullmatch(r"\d{8}", village["village_id"]):
        return int(village["village_id"][6:])
    return next(iter(spoken(village["name"]).moo), None)


class Land:
    """Which tambon each village is of, and where the tambons are: by outlines, else by what is known to be in them.

    A tambon's label is the six digits that its villages' codes begin with, or amphoe and tambon by name.
    """

    def __init__(
        self,
        network: RoadNetwork,
        villages: pd.DataFrame,
        schools: pd.DataFrame | None,
        tambons: gpd.GeoDataFrame | None,
    ) -> None:
        self.plane = road_index(network)[0]
        drawn = pd.DataFrame([], columns=["tambon_code", "amphoe", "tambon", "geometry"])
        if tambons is not None:  # of the whole country only what is drawn, or has villages here, may be meant
            here = tambons["tambon_code"].isin(villages["village_id"].str[:6]) | tambons.geometry.notna()
            drawn = pd.DataFrame(tambons[here])
        self.codes: dict[tuple[str, str], str] = {}
        for table, column in ((drawn, "tambon_code"), (villages, "village_id")):
            if {"tambon", "amphoe"} <= set(table):
                for code, *names in table[[column, "amphoe", "tambon"]].itertuples(index=False):
                    if re.fullmatch(r"\d{6}(\d\d)?", code):
                        self.codes.setdefault((plain_name(names[0]), plain_name(names[1])), code[:6])
        self.label_of = {row["village_id"]: self._label(row) for row in villages.to_dict("records")}
        placed = villages["lat"].notna() & villages["lon"].notna() & (villages["point_source"] != ROUGH)
        self.known = villages[placed]
        self.known_xy = self.xy(self.known)
        labels = [*self.known["village_id"].map(self.label_of)]
        points = [self.known_xy]
        #: Of tambons that are drawn: in metres of the plane.
        self.outlines: dict[str, Any] = {}
        self.middles: dict[str, list[float]] = {}
        drawn = drawn[drawn["geometry"].notna()]
        for label, shape in zip(drawn["tambon_code"], drawn["geometry"], strict=True):
            flat = shapely.transform(shape, self.plane.transform, interleaved=False)
            middle = shapely.get_coordinates(shapely.point_on_surface(flat))
            self.middles[label] = middle[0].tolist()
            if shapely.get_dimensions(shape) == 2:
                self.outlines[label] = flat
            else:
                labels.append(label)
                points.append(middle)
        self.school_labels: list[str] = []
        if schools is not None:
            self.school_labels = [self._label(row) for row in schools.to_dict("records")]
            placed = (schools["lat"].notna() & schools["lon"].notna()).to_numpy()
            labels += [label for label, has in zip(self.school_labels, placed, strict=True) if has]
            points.append(self.xy(schools[placed]))
        self.labels, self.points = np.array(labels, dtype=object), np.vstack(points)

    def xy(self, table: pd.DataFrame) -> Floats:
        """Return points in metres, shape (rows, 2)."""
        return np.column_stack(self.plane.transform(table["lon"].to_numpy(float), table["lat"].to_numpy(float)))

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        """Return latitude and longitude to 1e-6 degree, a decimetre."""
        lon, lat = self.plane.transform(x, y, direction="INVERSE")
        return round(float(lat), 6), round(float(lon), 6)

    def outside_m(self, label: str, xy: Floats) -> Floats:
        """Return how far each point lies outside a tambon, 0 inside, NaN where nothing says where the tambon is.

        Without an outline a point is inside when what is nearest to it, of what is known, is of the tambon.
        """
        if label in self.outlines:
            return np.asarray(shapely.distance(self.outlines[label], shapely.points(xy)))
        mine = self.labels == label
        if not mine.any() or not len(xy):
            return np.full(len(xy), np.nan)
        to_own = cKDTree(self.points[mine]).query(xy)[0]
        to_other = cKDTree(self.points[~mine]).query(xy)[0] if not mine.all() else np.full(len(xy), np.inf)
        # Half the difference is about the way to the line between the two; far off at the rim nothing is inside.
        return np.asarray(np.maximum(np.maximum(to_own - to_other, 0) / 2, to_own - _FAR_M).clip(min=0))

    def labels_named(self, tambon: str, amphoe: str) -> set[str]:
        """Return the tambons of a name, in one amphoe or, where that is not said, in any."""
        name, around = plain_name(tambon), plain_name(amphoe)
        found = {label for (here, own), label in self.codes.items() if own == name and here in (around or here,)}
        return found or {label for label in self.label_of.values() if label == f"{around}/{name}"}

    def is_taken(self, x: float, y: float, code: str) -> bool:
        """Tell whether another village stands at a point."""
        others = (self.known["village_id"] != code).to_numpy()
        return bool((np.hypot(*(self.known_xy[others] - (x, y)).T) < _SAME_PLACE_M).any())

    def middle(self, label: str) -> Iterator[_Find]:
        """Give the middle of a tambon, or of what is known to be in it."""
        mine = self.labels == label
        if label in self.middles:
            x, y = self.middles[label]
            yield _Find(x, y, ROUGH, "กลางตำบล (หยาบ)", _MIDDLE, 0.0)
        elif mine.any():
            x, y = np.median(self.points[mine], axis=0).tolist()
            yield _Find(x, y, ROUGH, "กลางของจุดที่ทราบในตำบล (หยาบ)", _MIDDLE, 0.0)

    def _label(self, row: dict[Any, Any]) -> str:
        # Of a school the code says who runs it, not where it is.
        if re.fullmatch(r"\d{8}", code := str(row.get("village_id") or "")) and "school_id" not in row:
            return code[:6]
        names = plain_name(row.get("amphoe") or ""), plain_name(row.get("tambon") or "")
        return self.codes.get(names, "/".join(names))


class _Named:
    """Places of the road file, to be found by name."""

    def __init__(self, land: Land, places: pd.DataFrame | None) -> None:
        self.land = land
        table = pd.DataFrame([], columns=PLACE_COLUMNS) if places is None else places
        self.rows = table.to_dict("records")
        self.xy = land.xy(table)
        self.names: list[list[Spoken]] = []
        self.by_form: dict[str, set[int]] = {}
        for i, row in enumerate(self.rows):
            texts = [row["name"], *filter(None, row["name_alt"].split(";"))]
            self.names.append([spoken(text, row["kind"] not in _BUILT) for text in texts])
            for form in (form for n in self.names[-1] for form in (n.bare, n.loose, *n.others)):
                self.by_form.setdefault(form, set()).add(i)
        self.outside: dict[str, Floats] = {}

    def find(self, name: Spoken, label: str) -> Iterator[_Find]:
        """Give the places whose names are a village's or nearly so; of the latter those in its tambon."""
        if label not in self.outside:
            self.outside[label] = self.land.outside_m(label, self.xy)
        outside = self.outside[label]
        near = set(np.flatnonzero(outside <= _EDGE_M).tolist())
        for form in (name.bare, name.loose, *name.others):
            near |= self.by_form.get(form, set())
        for i in sorted(near):
            row, built = self.rows[i], self.rows[i]["kind"] in _BUILT
            (like, rule), at = max((likeness(name, other), -k) for k, other in enumerate(self.names[i]))
            if like < (_LEAST_LIKE if built else 0.01) or outside[i] > _FARTHEST_M:
                continue
            why = f"{_KINDS[row['kind']]} “{row['name']}” ในแผนที่ OSM {_RULES[rule]}{_where(outside[i])}"
            worth = like * (_AMENITY if built else _SETTLEMENT)
            x, y = self.xy[i].tolist()
            yield _Find(x, y, "osm", why, worth, float(outside[i]), self.names[i][-at].moo, "" if built else rule)


def _at_schools(code: str, name: Spoken, schools: pd.DataFrame | None, land: Land) -> Iterator[_Find]:
    """Give the office's schools that are in the village, or of its tambon and named after it."""
    if schools is None:
        return
    label = land.label_of[code]
    for row, own, (x, y) in zip(schools.to_dict("records"), land.school_labels, land.xy(schools).tolist(), strict=True):
        if not np.isfinite(x + y):
            continue
        like = likeness(name, spoken(row["name"], settlement=False))[0] if own == label else 0.0
        if row.get("village_id") == code:
            yield _Find(x, y, "digitised", f"โรงเรียน{row['name']} อยู่ในหมู่บ้านนี้", _LOCATED, 0.0)
        elif like >= _LEAST_LIKE:
            why = f"โรงเรียน{row['name']} ชื่อตามหมู่บ้าน ในตำบลเดียวกัน"
            yield _Find(x, y, "digitised", why, like * _AMENITY, 0.0)


def _at_polling(name: Spoken, moo: int | None, label: str, polling: pd.DataFrame | None, land: Land) -> Iterator[_Find]:
    """Give the polling places of the tambon whose description names the village or its number."""
    if polling is None:
        return
    rows = polling.dropna(subset=["lat", "lon"])
    for row, (x, y) in zip(rows.to_dict("records"), land.xy(rows).tolist(), strict=True):
        registrar = str(row.get("registrar") or "")
        amphoe = registrar if registrar.startswith(("อำเภอ", "อ.")) else ""
        if label not in land.labels_named(row["tambon"], amphoe):
            continue
        said = spoken(row["name"], settlement=False)
        like = max(likeness(name, other)[0] for other in (said, *mentions(row["name"])))
        by_moo = moo is not None and moo in said.moo
        if by_moo or like >= _LEAST_LIKE:
            worth = max(_MOO * by_moo, _POLLING * like)
            # Tambon, and name or number, agree by what is written: no place on the map is needed to say so.
            yield _Find(x, y, "digitised", f"ที่เลือกตั้ง “{row['name']}”", worth, 0.0, said.moo)


def _beside(moo: int | None, label: str, land: Land) -> Iterator[_Find]:
    """Give the point between the villages of the numbers before and after, or at the one of them that is known."""
    if moo is None:
        return
    points = {
        number: xy
        for row, xy in zip(land.known.to_dict("records"), land.known_xy.tolist(), strict=True)
        if land.label_of[row["village_id"]] == label and (number := moo_of(row)) in (moo - 1, moo + 1)
    }
    if points:
        x, y = np.mean(list(points.values()), axis=0).tolist()
        text = " และ ".join(f"หมู่ {number}" for number in sorted(points))
        yield _Find(x, y, ROUGH, f"ข้าง{text} (หยาบ)", _BESIDE, 0.0)


def _score(find: _Find, moo: int | None) -> float:
    away = find.outside_m
    near = 0.6 if np.isnan(away) else 1.0 if away == 0 else 0.8 if away <= _EDGE_M else 0.3 if away <= _FAR_M else 0.1
    # A name that says another number is most likely the village next door.
    return find.worth * near * (0.5 if find.moo and moo is not None and moo not in find.moo else 1.0)


def _merge(ranked: Iterable[tuple[float, _Find]]) -> list[tuple[float, _Find]]:
    """Take what lies at the place of a better one into its reasons."""
    kept: list[tuple[float, _Find]] = []
    for score, find in ranked:
        for k, (better, other) in enumerate(kept):
            if np.hypot(find.x - other.x, find.y - other.y) < _SAME_PLACE_M and ROUGH not in (
                find.source,
                other.source,
            ):
                kept[k] = better, other._replace(why=f"{other.why}; {find.why}")
                break
        else:
            kept.append((score, find))
    return kept


def _where(outside_m: float) -> str:
    if np.isnan(outside_m):
        return ""
    return " ในตำบล" if outside_m == 0 else f" นอกตำบลราว {outside_m / 1000:.1f} กม."
