"""Rules of points: on top of one another, outside their tambon or the area, far from where they are wanted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from restructure.checks.codes import tambon_of_schools
from restructure.checks.telling import HIDDEN, Office, Tables, warning
from restructure.intake import Problem
from restructure.intake.coordinates import read_points, reading_problems
from restructure.roads import GEOD, Floats, RoadNetwork
from restructure.rolls import snapshot
from restructure.snapping import road_index, snap


def same_point(office: Office) -> Iterator[Problem]:
    """Doubt schools that share a point to the last digit."""
    schools = office.tables["schools"].dropna(subset=["lat", "lon"])
    for row in schools.index[schools.duplicated(["lat", "lon"])]:
        yield warning(
            office.files["schools"], row, "same-point", "lat", f"{schools.at[row, 'lat']}, {schools.at[row, 'lon']}",
            "พิกัดตรงกับโรงเรียนอื่นทุกหลัก", "ตรวจพิกัดของโรงเรียนทั้งสอง",
        )  # fmt: skip


def close_schools(office: Office, network: RoadNetwork) -> Iterator[Problem]:
    """Doubt schools that stand closer together than two schools do."""
    schools, file = office.tables["schools"].dropna(subset=["lat", "lon"]), office.files["schools"]
    plane = road_index(network)[0]
    points = shapely.points(*plane.transform(schools["lon"].to_numpy(), schools["lat"].to_numpy()))
    limit = office.settings.schools_apart_m
    pairs = shapely.STRtree(points).query(points, predicate="dwithin", distance=limit)
    for first, second in sorted(pairs[:, pairs[0] < pairs[1]].T.tolist()):
        one, other = schools.iloc[first], schools.iloc[second]
        if (one["lat"], one["lon"]) == (other["lat"], other["lon"]):  # which same_point says
            continue
        metres = round(GEOD.inv(one["lon"], one["lat"], other["lon"], other["lat"])[2])
        text = (
            f"จุดของโรงเรียน {other['name']} ({other['school_id']}) ห่างจาก {one['name']} ({one['school_id']}) "
            f"แถว {schools.index[first]} เพียง {metres} เมตร"
        )
        if one["name"] == other["name"]:
            remedy = "ชื่อตรงกัน ถ้าเป็นโรงเรียนเดียวกันให้เหลือรหัสเดียว"
        else:
            remedy = "ตรวจว่าจุดใดผิด หรือปล่อยไว้ถ้าอยู่ติดกันจริง"
        yield warning(file, schools.index[second], "close-schools", "lat", f"{metres}", text, remedy)


def outside_tambon(office: Office, network: RoadNetwork) -> Iterator[Problem]:
    """Doubt villages and schools that stand outside the outline of their tambon, by more than the tolerance."""
    if office.tambons is None:
        return
    drawn = office.tambons[shapely.get_dimensions(office.tambons.geometry.to_numpy()) == 2].set_index("tambon_code")
    if drawn.empty:
        return
    plane = road_index(network)[0]
    villages, schools = office.tables["villages"], office.tables["schools"]
    for name, key, table, tambon in (
        ("villages", "village_id", villages, villages["village_id"].str[:6]),
        ("schools", "school_id", schools, tambon_of_schools(schools, office.tambons)),
    ):
        known = table["lat"].notna() & table["lon"].notna() & tambon.isin(drawn.index)
        table, tambon = table[known], tambon[known]
        outlines = shapely.transform(drawn.geometry.reindex(tambon).to_numpy(), plane.transform, interleaved=False)
        points = shapely.points(*plane.transform(table["lon"].to_numpy(), table["lat"].to_numpy()))
        away = shapely.distance(outlines, points)
        thai = "หมู่บ้าน" if name == "villages" else "โรงเรียน"
        for row, metres, code in zip(table.index, away, tambon, strict=True):
            if metres > office.settings.tambon_tolerance_m:
                place, own = f"{thai} {table.at[row, 'name']} ({table.at[row, key]})", drawn.at[code, "tambon"]
                yield warning(
                    office.files[name], row, "outside-tambon", "lat",
                    f"{table.at[row, 'lat']}, {table.at[row, 'lon']}",
                    f"จุดของ{place} อยู่นอกตำบล{own} ({code}) {metres:,.0f} เมตร",
                    "ตรวจพิกัด หรือตรวจรหัสและชื่อตำบล",
                )  # fmt: skip


def mend_points(
    table: pd.DataFrame, file: str, network: RoadNetwork, *, private: bool
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read each point the one way that puts it into the area; forget one that cannot belong to it."""

    def road_m(lat: Floats, lon: Floats) -> Floats:
        return np.asarray(snap(network, lat, lon)["snap_m"], dtype=np.float64)

    readings = read_points(table, network.bounds(), road_m)
    problems = reading_problems(table, readings, file, private)
    return table.drop(columns=["zone", "datum"], errors="ignore").assign(**readings[["lat", "lon"]]), problems


def places_at_roads(
    distances: pd.DataFrame, snaps: pd.DataFrame, links: pd.DataFrame, tables: Tables, files: dict[str, str]
) -> Iterator[Problem]:
    """Name each village and school that no road joins to the others, and each that may stand at the wrong road."""
    snaps = snaps.set_index(["kind", "code"])
    for name, key in (("villages", "village_id"), ("schools", "school_id")):
        kind = name[:-1]
        reached = distances.groupby(key)["reachable"].any()
        thai = "หมู่บ้าน" if name == "villages" else "โรงเรียน"
        table = tables[name]
        for row, place in table[key].items():
            if (kind, place) not in snaps.index:  # its point is not known, which has been said
                continue
            label = f"{thai} {table.at[row, 'name']} ({place})"
            at = snaps.loc[kind, place]
            found = []
            if not reached.get(place, False):
                text = f"{label} ไม่มีถนนเชื่อมกับ{'โรงเรียนใดเลย' if name == 'villages' else 'หมู่บ้านใดเลย'}"
                remedy = "ตรวจแผนที่ว่าขาดถนนช่วงใด หรือเป็นพื้นที่ที่รถเข้าไม่ถึงจริง แล้วแก้ข้อมูลถนนหรือพิกัด"
                for link in links[[place in codes.split(",") for codes in links["codes"]]].itertuples():
                    lon, lat = link.geometry.coords[0]
                    text += f" ขาดช่วงสั้นที่สุด {link.gap_m:,} เมตร ที่ละติจูด {lat:.5f} ลองจิจูด {lon:.5f}"
                    remedy = link.remedy
                found.append(("unreachable", text, remedy))
            if at["far"]:
                text = f"จุดของ{label} ห่างถนนที่รถใช้ได้ {at['snap_m']:,} เมตร"
                found.append(("far-from-road", text, "ตรวจพิกัดหรือเพิ่มถนนที่ขาดในแผนที่"))
            if at["across_water"]:
                text = f"ช่วง {at['snap_m']:,} เมตร จากจุดของ{label} ถึงถนนที่ใกล้ที่สุดข้ามแม่น้ำหรือคลอง"
                found.append(("across-water", text, "ตรวจว่าจุดจริงอยู่ฝั่งใด แล้วย้ายไปไว้ฝั่งนั้น"))
            if at["rival"]:
                known = pd.notna(at["change_m"])
                change = f"ระยะทางต่างไปถึง {at['change_m']:,} เมตร" if known else "การไปถึงหรือไปไม่ถึงจะต่างกัน"
                text = f"จุดของ{label} ใกล้ถนนสองสายพอกัน ถ้าใช้อีกสาย {change}"
                found.append(("rival-road", text, "ตรวจว่าเข้าออกทางถนนสายใด แล้วย้ายจุดไปชิดสายนั้น"))
            for rule, text, remedy in found:
                yield warning(files[name], row, rule, key, place, text, remedy)


def far_homes(
    distances: pd.DataFrame, homes: pd.DataFrame | None, tables: Tables, file: str, limit_m: int
) -> Iterator[Problem]:
    """Doubt pupils on the roll of a school far from their home: by road, or in a straight line where there is none."""
    students = snapshot(tables["students"])
    students = students[students["pupils"] > 0]
    own = pd.Series(False, index=students.index)
    if {"student_key", "lat", "lon"} <= set(students):
        own = students["lat"].notna() & students["lon"].notna()
        ways = homes if homes is not None else pd.DataFrame(columns=["student_key", "school_id", "road_m"])
        far = _far(
            students[own].reset_index(names="row"), ways, "student_key", students[own], tables["schools"], limit_m
        )
        for row, school, metres, by in far[["row", "school_id", "metres", "by"]].itertuples(index=False):
            text = f"บ้านของนักเรียนแถวนี้ห่างจากโรงเรียน {school} ถึง {metres / 1000:,.1f} กม. ({by})"
            yield warning(file, row, "far-home", "lat", HIDDEN, text, _FAR_REMEDY)
    by_village = students[~own & (students["village_id"] != "")].reset_index(names="row")
    pairs = by_village.groupby(["school_id", "village_id"], as_index=False).agg({"row": "first", "pupils": "sum"})
    far = _far(pairs, distances, "village_id", tables["villages"], tables["schools"], limit_m)
    for row, school, village, pupils, metres, by in far[
        ["row", "school_id", "village_id", "pupils", "metres", "by"]
    ].itertuples(index=False):
        text = (
            f"นักเรียน {pupils:,} คนของโรงเรียน {school} อยู่หมู่บ้าน {village} ซึ่งห่างจากโรงเรียน {metres / 1000:,.1f} กม. ({by})"
        )
        yield warning(file, row, "far-home", "village_id", village, text, _FAR_REMEDY)


_FAR_REMEDY = "ตรวจรหัสหมู่บ้าน หรือใช้ที่อยู่ปัจจุบันแทนที่อยู่ตามทะเบียนบ้าน ปล่อยไว้ถ้าพักนอนหรือมาจากที่ไกลจริง"


def _far(
    pairs: pd.DataFrame, ways: pd.DataFrame, key: str, origins: pd.DataFrame, schools: pd.DataFrame, limit_m: int
) -> pd.DataFrame:
    """Return the pairs of home and school that are farther apart than the limit, with ``metres`` and ``by``."""
    pairs = pairs.merge(ways[[key, "school_id", "road_m"]], how="left", on=[key, "school_id"])
    ends = [
        table.drop_duplicates(code).set_index(code)[["lat", "lon"]].reindex(pairs[code]).to_numpy(float)
        for table, code in ((origins, key), (schools, "school_id"))
    ]
    known = np.isfinite(np.hstack(ends)).all(axis=1)
    (lat, lon), (to_lat, to_lon) = (np.where(known[:, None], end, 0.0).T for end in ends)
    straight = np.where(known, GEOD.inv(lon, lat, to_lon, to_lat)[2], np.nan)
    road = pairs["road_m"].astype("Float64").to_numpy(float, na_value=np.nan)
    by_road = np.isfinite(road)
    pairs = pairs.assign(metres=np.where(by_road, road, straight), by=np.where(by_road, "ทางรถ", "เส้นตรง"))
    return pairs[pairs["metres"] > limit_m]
