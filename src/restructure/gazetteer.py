"""The tambons of the country: codes, names, and the outlines and points that the office has of its own.

The national list is GeoThai's (https://github.com/GeoThai/data, CC BY 4.0, from the Department of Provincial
Administration). It has no geometry; an office puts a file ``tambons`` into ``inputs/`` for that.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import geothai
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geothai.abolished import abolished_areas

from restructure._errors import DataError
from restructure.area import find_boundary
from restructure.intake import TABLE_SUFFIXES, Problem, cell_text, find_table, read_table
from restructure.intake.features import read_layers
from restructure.intake.schema import MAP_SUFFIXES
from restructure.thai import arabic_digits, thai_date

TAMBON_SUFFIXES = (*TABLE_SUFFIXES, *MAP_SUFFIXES)
_NAMES = ["tambon", "amphoe", "province"]
#: A tambon's code in a map file, also as the map makers of the United Nations write it.
_CODE = re.compile(r"(?:TH)?(\d{6})")
#: What map makers call the names of a tambon and of what it belongs to.
_MAP_NAMES = {
    "tambon": ("tambon", "tambon_th", "adm3_th", "tb_tn", "tam_nam_t", "tam_name", "t_name_t", "ตำบล"),
    "amphoe": ("amphoe", "amphoe_th", "adm2_th", "ap_tn", "amp_nam_t", "amp_name", "a_name_t", "อำเภอ"),
    "province": ("province", "province_th", "adm1_th", "pv_tn", "prov_nam_t", "prov_name", "p_name_t", "จังหวัด"),
}
_LEVEL = re.compile(r"^(?:(?:จังหวัด|กิ่งอำเภอ|อำเภอ|เขต|ตำบล|แขวง)|(?:จ|อ|ต)\.)")


class Abolished(NamedTuple):
    """A tambon that is no more.

    Attributes
    ----------
    day
        When it ended, in words; empty where that is not known.
    successors
        Codes that took its place.
    certain
        Whether a notice says so; otherwise they only have its name.
    """

    name: str
    day: str
    successors: tuple[str, ...]
    certain: bool


def tambon_list(inputs: Path, problems: list[Problem] | None = None) -> gpd.GeoDataFrame:
    """Return the tambons of the office's own file over the national list.

    Of a district (amphoe) that the office's file has, only what that file says counts; of all others the national list.

    Parameters
    ----------
    inputs
        The folder of raw files; ``tambons`` in it is a table (``tambon_code``, names, ``lat``, ``lon``) or a map file.
        Without it the file ``boundary`` serves where its polygons carry the codes of tambons.
    problems
        Takes what is wrong with single rows of the office's file.

    Returns
    -------
    GeoDataFrame
        ``tambon_code`` (six digits, no repeats, sorted), ``tambon``, ``amphoe``, ``province`` (Thai, without ตำบล and
        the like), ``geometry`` in degrees (polygon or point of the office's file, None elsewhere).

    Raises
    ------
    DataError
        When there are several files or the file cannot be read or has no codes.
    """
    national = _national_list()
    own = _read_own(inputs, [] if problems is None else problems)
    if own is None:
        return gpd.GeoDataFrame(national, geometry=[None] * len(national), crs="EPSG:4326")
    known = national.set_index("tambon_code")
    for name in _NAMES:  # what the office leaves out is taken from the list
        own[name] = own[name].where(own[name] != "", own["tambon_code"].map(known[name]).fillna(""))
    rest = national[~national["tambon_code"].str[:4].isin(own["tambon_code"].str[:4])]
    both = pd.concat([own, rest.assign(geometry=None)]).sort_values("tambon_code", ignore_index=True)
    return gpd.GeoDataFrame(both[["tambon_code", *_NAMES]], geometry=both["geometry"].tolist(), crs="EPSG:4326")


def abolished_tambons() -> dict[str, Abolished]:
    """Return the tambons that the Department of Provincial Administration abolished, by code."""
    return _abolished()


@cache
def plain_name(name: str) -> str:
    """Return a name of a tambon, amphoe or province without its level and spaces: ``อ. วังทอง`` is ``วังทอง``."""
    name = re.sub(r"\s", "", unicodedata.normalize("NFC", name)).replace("\u0e4d\u0e32", "\u0e33")
    return _LEVEL.sub("", name) or name


def tambon_of_point(
    tambons: gpd.GeoDataFrame, lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]
) -> npt.NDArray[np.object_]:
    """Return the code of the tambon whose outline holds each point, empty where none does or no point is known.

    Parameters
    ----------
    tambons
        As :func:`tambon_list` returns them.
    lat, lon
        Degrees, shape (points,), NaN where not known. On a border the lower code counts.
    """
    drawn = tambons[shapely.get_dimensions(tambons.geometry.to_numpy()) == 2]
    codes = np.full(len(lat), "", dtype=object)
    point, outline = shapely.STRtree(drawn.geometry.to_numpy()).query(shapely.points(lon, lat), predicate="intersects")
    # Written from the highest code down: the lowest stays.
    order = np.argsort(-outline, kind="stable")
    codes[point[order]] = drawn["tambon_code"].to_numpy()[outline[order]]
    return codes


def centroids(tambons: gpd.GeoDataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return a point in each tambon, for villages of which nothing better is known.

    Parameters
    ----------
    tambons
        As :func:`tambon_list` returns them.
    places
        ``tambon_code``, ``lat``, ``lon`` (NaN where not known) of the villages and schools that stand somewhere.

    Returns
    -------
    DataFrame
        ``tambon_code``, ``lat``, ``lon``, ``made_from`` (``polygon``: a point inside it, ``point``: the office's own,
        ``places``: the mean of the tambon's places), ``rough`` (of the mean of places), sorted; a row a tambon that has
        any of these.
    """
    shapes = tambons.geometry.to_numpy()
    dimension = shapely.get_dimensions(shapes)
    points = shapely.point_on_surface(shapes)
    made = pd.DataFrame(
        {
            "tambon_code": tambons["tambon_code"],
            "lat": shapely.get_y(points),
            "lon": shapely.get_x(points),
            "made_from": np.where(dimension == 2, "polygon", "point"),
        }
    )[dimension >= 0]
    stands = places.dropna(subset=["lat", "lon"])
    stands = stands[
        stands["tambon_code"].isin(tambons["tambon_code"]) & ~stands["tambon_code"].isin(made["tambon_code"])
    ]
    means = stands.groupby("tambon_code", as_index=False)[["lat", "lon"]].mean().assign(made_from="places")
    both = pd.concat([made, means]).sort_values("tambon_code", ignore_index=True)
    return both.assign(rough=both["made_from"] == "places").astype({"lat": float, "lon": float})


def _read_own(inputs: Path, problems: list[Problem]) -> pd.DataFrame | None:
    """Return the office's own tambons, None where it has no file that holds any."""
    path = find_table(inputs, "tambons", TAMBON_SUFFIXES)
    if path is None:
        boundary = find_boundary(inputs)
        return _read_map(boundary, [], needed=False) if boundary else None
    if path.suffix not in TABLE_SUFFIXES:
        return _read_map(path, problems, needed=True)
    table, found = read_table(path, "tambons")
    problems += found
    table["geometry"] = gpd.points_from_xy(table["lon"], table["lat"])
    table.loc[table["lat"].isna() | table["lon"].isna(), "geometry"] = None
    return _usable(table, f"inputs/{path.name}", problems)


def _read_map(path: Path, problems: list[Problem], *, needed: bool) -> pd.DataFrame | None:
    try:
        drawn = pd.concat(read_layers(path, f"inputs/{path.name}"), ignore_index=True)
        shapes = shapely.make_valid(shapely.force_2d(drawn.geometry.to_numpy()))
    except Exception as error:  # GDAL raises a different class for each way in which a file is not a map
        raise DataError(
            f"อ่านไฟล์ตำบล {path.name} ไม่ได้: ใช้ GeoJSON หรือ GeoPackage ที่มีระบบพิกัด",
            f"Tambon file {path.name} cannot be read; use GeoJSON or GeoPackage with a coordinate system.",
        ) from error
    texts = drawn.drop(columns=drawn.geometry.name).map(cell_text)
    of_codes = [name for name in texts if (texts[name] != "").any() and texts[name].map(_is_code_or_empty).all()]
    if not of_codes:
        if not needed:
            return None
        raise DataError(
            f"ไฟล์ตำบล {path.name} ไม่มีคอลัมน์รหัสตำบล 6 หลัก: เติมคอลัมน์ tambon_code",
            f"Tambon file {path.name} has no column of six-digit codes; add a column tambon_code.",
        )
    own = pd.DataFrame({"tambon_code": texts[of_codes[0]]})
    heads = {str(name).lower().strip(): name for name in texts}
    for name, words in _MAP_NAMES.items():
        head = next((heads[word] for word in words if word in heads), None)
        own[name] = texts[head] if head is not None else ""
    own["geometry"] = shapes
    own.index = pd.RangeIndex(2, len(own) + 2)
    own = _usable(own, f"inputs/{path.name}", problems)
    return own if len(own) or needed else None


def _is_code_or_empty(text: str) -> bool:
    return not text or _CODE.fullmatch(text) is not None


def _usable(own: pd.DataFrame, file: str, problems: list[Problem]) -> pd.DataFrame:
    """Return the rows that have a code, one a code; parts of one tambon are put together."""
    code = own["tambon_code"].str.extract(rf"^{_CODE.pattern}$")[0]
    for row, text in own.loc[code.isna(), "tambon_code"].items():
        remedy = "กรอกรหัสตำบล 6 หลัก: จังหวัด 2 อำเภอ 2 ตำบล 2"
        problems.append(
            Problem("error", "bad-code", file, row, "tambon_code", text, f"“{text}” ไม่ใช่รหัสตำบล 6 หลัก", remedy)
        )
    own = own.assign(tambon_code=code).dropna(subset="tambon_code")
    names = own.groupby("tambon_code")[_NAMES].first().map(plain_name)
    parts = own.dropna(subset="geometry").groupby("tambon_code")["geometry"]
    shapes = {tambon: part.iloc[0] if len(part) == 1 else shapely.union_all(part) for tambon, part in parts}
    return names.reset_index().assign(geometry=[shapes.get(tambon) for tambon in names.index])


@cache
def _national_list() -> pd.DataFrame:
    rows = [
        (tambon.code, tambon.name_th, amphoe.name_th, province.name_th)
        for province in geothai.provinces()
        for amphoe in geothai.districts(province.code)
        for tambon in geothai.subdistricts(amphoe.code)
    ]
    return pd.DataFrame(rows, columns=["tambon_code", *_NAMES]).sort_values("tambon_code", ignore_index=True)


@cache
def _abolished() -> dict[str, Abolished]:
    return {
        area.code: Abolished(
            area.name_th,
            arabic_digits(thai_date(pd.Timestamp(area.abolished_on).date())) if area.abolished_on else "",
            area.successors,
            area.successors_basis == "notice",
        )
        for area in abolished_areas()
        if area.level == "subdistrict"
    }
