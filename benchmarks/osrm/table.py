"""Distances of an OpenStreetMap extract by OSRM, village by school, as CSV.

Runs in the environment that make_table.sh builds, not in the project's: OSRM's wheel asks for a newer Python.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from pathlib import Path

import osmium
import osrm

VILLAGES = {"city", "town", "village", "hamlet", "locality", "neighbourhood"}
MOST_VILLAGES = 60


def places(extract: Path, amenities: set[str]) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Longitude and latitude of villages and schools by OpenStreetMap id; a way stands at the mean of its corners."""
    villages: dict[str, tuple[float, float]] = {}
    schools: dict[str, tuple[float, float]] = {}
    for thing in osmium.FileProcessor(str(extract), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        if thing.is_node():
            if thing.tags.get("place") in VILLAGES:
                villages[f"n{thing.id}"] = (thing.location.lon, thing.location.lat)
            if thing.tags.get("amenity") in amenities:
                schools[f"n{thing.id}"] = (thing.location.lon, thing.location.lat)
        elif thing.tags.get("amenity") in amenities:
            corners = {
                node.ref: (node.location.lon, node.location.lat) for node in thing.nodes if node.location.valid()
            }
            lon, lat = (sum(values) / len(corners) for values in zip(*corners.values(), strict=True))
            schools[f"w{thing.id}"] = (lon, lat)
    return dict(sorted(villages.items())[:MOST_VILLAGES]), dict(sorted(schools.items()))


def prepare(extract: Path, profile: Path, work: Path) -> Path:
    """Extract and contract the network; the path OSRM opens."""
    base = work / extract.name.removesuffix(".osm.pbf") / "roads.osrm"
    base.parent.mkdir(parents=True, exist_ok=True)
    # Every part of the network counts as a big one: a point goes to its nearest road whatever that is joined to.
    run("extract", "--profile", profile, "--small-component-size", 1, "--threads", 2, "--output", base, extract)
    run("contract", "--threads", 2, base)
    return base


def run(command: str, *arguments: object) -> None:
    """Run one of OSRM's programs."""
    line = [sys.executable, "-m", "osrm", command, "--verbosity", "WARNING", *map(str, arguments)]
    subprocess.run(line, check=True)


def main() -> None:
    """Write the table of one extract."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extract", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="folder for OSRM's files")
    parser.add_argument("--amenity", nargs="+", default=["school"], help="what counts as a school")
    options = parser.parse_args()
    villages, schools = places(options.extract, set(options.amenity))
    engine = osrm.OSRM(
        storage_config=str(prepare(options.extract, Path(__file__).with_name("van.lua"), options.work)),
        algorithm="CH",
        use_shared_memory=False,
    )
    found = engine.Table(
        osrm.TableParameters(
            coordinates=[*villages.values(), *schools.values()],
            sources=list(range(len(villages))),
            destinations=list(range(len(villages), len(villages) + len(schools))),
            annotations=["distance"],
        )
    )
    lengths, sources, destinations = (list(found[key]) for key in ("distances", "sources", "destinations"))
    with options.output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["village_id", "school_id", "osrm_m", "osrm_snap_village_m", "osrm_snap_school_m"])
        for village, row, source in zip(villages, lengths, sources, strict=True):
            for school, metres, destination in zip(schools, row, destinations, strict=True):
                stretches = (f"{place['distance']:.1f}" for place in (source, destination))
                writer.writerow([village, school, "" if metres is None else f"{metres:.1f}", *stretches])


if __name__ == "__main__":
    main()
