"""The sample office a year later: rolls a year older, a new road with a bridge, one merge of the plan carried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import osmium
import pandas as pd

from restructure.cli import main
from restructure.grades import GRADES

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Nodes of the sample's roads that the new road joins, over a stream between two valleys.
ENDS = (4904, 18029)
ROAD = "ถนนสะพานใหม่ (สมมุติ)"
#: Of the plan of the sample (option-a): the merge that was carried out, and the one that the community refused.
DONE, REFUSED = ("1099000008", "1099000009"), ("1099000022", "1099000021")
NEW_TERM, ROADS_DAY = "2/2570", "2027-10-01"


def write_next_year(last: Path, this: Path) -> Path:
    """Make the folder of the next year from the last one, and put this year's files into it."""
    assert main(["new", str(this), "--from", str(last)]) == 0
    rolls = read_rolls(last / "inputs" / "students.csv")
    grades = read_rolls(last / "inputs" / "schools.csv").set_index("school_id")["grades"].to_dict()
    write_rolls(this / "inputs" / "students.csv", aged(rolls, grades))
    roads = this / "inputs" / "roads.osm.pbf"
    add_road(last / "inputs" / "roads.osm.pbf", roads, ENDS, ROAD)
    mergers = this / "inputs" / "mergers.csv"
    line = f"{DONE[0]},all,1/2570,{DONE[1]},learn-together,second-decade,,\r\n"
    mergers.write_bytes(mergers.read_bytes() + line.encode())
    return this


def read_rolls(path: Path) -> pd.DataFrame:
    """Return a raw file as texts."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def write_rolls(path: Path, rows: pd.DataFrame) -> None:
    rows.to_csv(path, index=False, encoding="utf-8-sig")


def aged(rolls: pd.DataFrame, grades: dict[str, str]) -> pd.DataFrame:
    """Return rolls a year later: each class goes up, the last leaves, and as many begin as did, but every tenth."""
    rows = []
    for row in rolls.to_dict("records"):
        first, last = (GRADES.index(grade) for grade in grades.get(row["school_id"], "K1-M3").split("-"))
        place = GRADES.index(row["grade"]) if row["grade"] in GRADES else -1
        if first <= place < last:
            rows.append(row | {"grade": GRADES[place + 1]})
        if place == first:
            rows.append(row | {"count": str(int(row["count"]) * 9 // 10)})
    table = pd.DataFrame(rows, columns=rolls.columns).assign(as_of=NEW_TERM)
    return table[table["count"] != "0"]


def add_road(source: Path, target: Path, ends: Sequence[int], name: str) -> None:
    """Copy an OpenStreetMap file with one more way between two of its nodes."""
    target.unlink(missing_ok=True)
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", ROADS_DAY + "T00:00:00Z")
    with osmium.SimpleWriter(str(target), header=header) as writer:
        things: list[Any] = []
        for thing in osmium.FileProcessor(str(source)):
            things.append(thing.id)
            writer.add(thing)
        tags = {"highway": "tertiary", "bridge": "yes", "name": name}
        writer.add_way(osmium.osm.mutable.Way(id=max(things) + 1, version=1, nodes=list(ends), tags=tags))
