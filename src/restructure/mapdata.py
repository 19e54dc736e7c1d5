"""What the print map and the web map both draw: schools with their state, villages, lines, colours and words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from restructure.bands import price
from restructure.distance import routes
from restructure.grades import parse_grades
from restructure.moves import with_distances
from restructure.plan import Plan, school_table
from restructure.policy import Band
from restructure.roads import Floats, Ints, RoadNetwork

CREDIT = "© OpenStreetMap contributors"

#: West, south, east, north in degrees.
Bounds = tuple[float, float, float, float]


class Look(NamedTuple):
    """How a school of some state is drawn: the shape tells it too, for eyes that do not tell the colours."""

    label: str
    shape: str
    colour: str
    filled: bool


#: Colours of Okabe and Ito; filled is what this plan does, hollow what earlier mergers did.
STATES = {
    "stays": Look("เรียนที่เดิม", "circle", "#6b6b6b", True),
    "host": Look("โรงเรียนหลักตามแผนนี้", "square", "#0072b2", True),
    "moves": Look("ย้ายไปโรงเรียนหลักทุกชั้น", "triangle", "#d55e00", True),
    "moves-part": Look("ย้ายบางชั้น", "diamond", "#d55e00", True),
    "host-earlier": Look("โรงเรียนหลักอยู่เดิม", "square", "#0072b2", False),
    "earlier": Look("มีชั้นที่ไปเรียนรวมอยู่เดิม", "triangle", "#d55e00", False),
    "closed": Look("เลิกหรือยุบแล้ว", "cross", "#222222", True),
}
SPECIAL = Look("พื้นที่ลักษณะพิเศษ", "ring", "#aa3377", False)
_BAND_COLOURS = ("#009e73", "#e69f00", "#aa3377", "#332288", "#222222")

#: Road classes as groups from the widest to the narrowest: what is drawn as one, its width in points and its grey.
ROAD_GROUPS = (
    (("motorway", "trunk", "primary"), 1.7, "#8c8c8c"),
    (("secondary",), 1.2, "#a3a3a3"),
    (("tertiary",), 0.8, "#b5b5b5"),
    ((), 0.4, "#c8c8c8"),
)
WATER_COLOUR = "#8fc1e3"


@dataclass(frozen=True, eq=False)
class MapData:
    """The drawn view of a plan."""

    plan: Plan

    @cached_property
    def schools(self) -> pd.DataFrame:
        """Schools with ``roll``, ``pupils_before``, ``pupils_after``, ``state_before``, ``state_after``, ``special``.

        ``roll`` counts the pupils in the register, the other two those who learn there. In order of code.
        """
        names = {"on_roll": "roll", "before": "pupils_before", "after": "pupils_after"}
        schools = school_table(self.plan).rename(columns=names)
        schools["special"] = schools["special_area"] != ""
        outcome = self.plan.outcome
        schools["state_before"] = school_states(schools, outcome.merges_before)
        schools["state_after"] = school_states(schools, outcome.merges)
        return schools

    @cached_property
    def villages(self) -> pd.DataFrame:
        """Villages with ``pupils``, in order of code."""
        villages = self.plan.tables["villages"].sort_values("village_id", ignore_index=True)
        seats = self.plan.outcome.seats_table
        counts = seats.groupby("village_id")["pupils"].sum()
        return villages.assign(pupils=villages["village_id"].map(counts).fillna(0).astype("int64"))

    def learning(self, sits: Ints) -> pd.DataFrame:
        """Tell where the pupils of each village learn.

        Parameters
        ----------
        sits
            ``Seats.sits`` of the plan's outcome, before or after.

        Returns
        -------
        DataFrame
            A row a village, school of the roll, school where they learn and ``changed`` (whether the plan moves these
            pupils): ``village_id``, ``school_id``, ``sits_at``, ``changed``, ``pupils``, ``road_m``, ``minutes`` and
            ``band``, measured from the village for every pupil: home points stay out of maps.
        """
        outcome = self.plan.outcome
        changed = np.zeros(len(sits), bool)
        changed[outcome.moved] = True
        codes = np.array(outcome.office.codes, dtype=object)
        rows = outcome.office.pupils.assign(sits_at=codes[sits], changed=changed)
        keys = ["village_id", "school_id", "sits_at", "changed"]
        rows = rows[rows["village_id"] != ""].groupby(keys, as_index=False)["pupils"].sum()
        rows = with_distances(rows, self.plan.distances)
        return rows.join(price(rows["road_m"].astype("Int64"), self.plan.policy.settings.bands)["band"])

    def joins(self, sits: Ints) -> pd.DataFrame:
        """Join each village to the schools where its pupils learn: :meth:`learning`, whatever roll they are on."""
        rows = self.learning(sits).drop(columns="school_id")
        keys = [column for column in rows if column != "pupils"]
        return rows.groupby(keys, as_index=False, dropna=False)["pupils"].sum()

    @cached_property
    def former_ways(self) -> gpd.GeoDataFrame:
        """The ways of those who move to where they learn without the plan: ``village_id``, ``sits_at``, geometry."""
        joins = self.joins(self.plan.outcome.seats_before.sits)
        pairs = joins.loc[joins["changed"], ["village_id", "sits_at"]]
        schools = self.schools[["school_id", "lat", "lon"]].set_axis(["sits_at", "school_lat", "school_lon"], axis=1)
        pairs = pairs.merge(self.villages[["village_id", "lat", "lon"]], on="village_id").merge(schools, on="sits_at")
        return routes(self.plan.network, pairs)[["village_id", "sits_at", "geometry"]]

    @cached_property
    def earlier(self) -> pd.DataFrame:
        """Pairs ``school_id``, ``host_id`` of the mergers that were there before and stay."""
        kept = self.plan.outcome.merges
        kept = kept[~kept["planned"]]
        return kept[["school_id", "host_id"]].drop_duplicates().sort_values(["school_id", "host_id"], ignore_index=True)

    @cached_property
    def road_groups(self) -> list[list[Floats]]:
        """Lines of roads for each of ``ROAD_GROUPS``, longitude first."""
        return road_groups(self.plan.network)


def band_looks(bands: list[Band]) -> list[tuple[str, str]]:
    """Return words and colour of each band of distances."""
    looks, over = [], ""
    for i, band in enumerate(bands):
        upper = f"ไม่เกิน {band.up_to_m / 1000:g}" if band.up_to_m is not None else ""
        words = " แต่".join(part for part in (over, upper) if part) or "ทุกระยะ"
        looks.append((f"{words} กม. ({band.baht_per_day} บาท/วัน)", _BAND_COLOURS[min(i, len(_BAND_COLOURS) - 1)]))
        over = f"เกิน {band.up_to_m / 1000:g}" if band.up_to_m is not None else ""
    return looks


def road_groups(network: RoadNetwork, window: Bounds | None = None) -> list[list[Floats]]:
    """Return lines of roads for each of ``ROAD_GROUPS``, longitude first.

    Parameters
    ----------
    window
        West, south, east and north of what is looked at; pieces outside are left out.
    """
    group_of = np.array([_road_group(name) for name in network.classes], dtype=np.int64)[network.road_class]
    if window:
        west, south, east, north = window
        ends = np.stack([network.start, network.end])
        lon, lat = network.node_lon[ends], network.node_lat[ends]
        inside = (lon.max(0) >= west) & (lon.min(0) <= east) & (lat.max(0) >= south) & (lat.min(0) <= north)
        group_of = np.where(inside, group_of, -1)
    return [_lines(network, group_of == group) for group in range(len(ROAD_GROUPS))]


def trails(start: Ints, end: Ints) -> list[list[int]]:
    """Chain pieces into few long lines of nodes that use each piece once.

    Fifty thousand pieces become a few thousand lines: a file a fifth of the size, and no gaps where pieces meet.
    """
    neighbours: dict[int, list[tuple[int, int]]] = {}
    for piece, (a, b) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        neighbours.setdefault(a, []).append((b, piece))
        neighbours.setdefault(b, []).append((a, piece))
    used = [False] * len(start)
    found = []
    # A line that begins where an odd number of pieces meet need not be cut there later; rings come last.
    for node in sorted(neighbours, key=lambda n: (len(neighbours[n]) % 2 == 0, n)):
        while True:
            line, here = [node], node
            while neighbours[here]:
                there, piece = neighbours[here].pop()
                if not used[piece]:
                    used[piece] = True
                    line.append(there)
                    here = there
            if len(line) == 1:
                break
            found.append(line)
    return found


def simplified(lines: list[Floats], tolerance: float) -> list[Floats]:
    """Leave out points that lie within a tolerance (degrees) of the line without them."""
    shapes = shapely.simplify([shapely.LineString(line) for line in lines], tolerance) if lines else []
    return [np.asarray(shape.coords) for shape in shapes]


def one_line(text: object) -> str:
    """Return text as one line without control characters, whatever a table held."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


def school_states(schools: pd.DataFrame, merges: pd.DataFrame) -> list[str]:
    """Return the key of ``STATES`` of each school; ``merges`` as :attr:`restructure.moves.Moves.merges`."""
    hosts = {planned: set(group["host_id"]) for planned, group in merges.groupby("planned")}
    leaving = {key: set(group["grade"]) for key, group in merges.groupby(["planned", "school_id"])}
    states = []
    for school, text, status in schools[["school_id", "grades", "status"]].itertuples(index=False):
        by_plan, before = leaving.get((True, school), set()), leaving.get((False, school), set())
        if by_plan and not set(parse_grades(text)) - by_plan - before:
            states.append("moves")
        elif school in hosts.get(True, ()):
            states.append("host")
        elif by_plan:
            states.append("moves-part")
        elif status == "closed":
            states.append("closed")
        elif before:
            states.append("earlier")
        else:
            states.append("host-earlier" if school in hosts.get(False, ()) else "stays")
    return states


def _road_group(name: str) -> int:
    base = name.removesuffix("_link")
    return next((i for i, (names, _, _) in enumerate(ROAD_GROUPS) if base in names), len(ROAD_GROUPS) - 1)


def _lines(network: RoadNetwork, chosen: np.ndarray) -> list[Floats]:
    points = np.column_stack([network.node_lon, network.node_lat])
    return [points[line] for line in trails(network.start[chosen], network.end[chosen])]
