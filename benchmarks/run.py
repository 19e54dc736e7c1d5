"""The package beside its peers, each in a process of its own; prints the results and puts them into README.md.

make bench                   everything; README.md is written
make bench BENCH=--plans     only scenarios and best plans; their part of README.md is written
make bench BENCH=--quick     without what takes minutes; README.md stays as it is
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

# This process stays small: what a process has used at most is counted from what its parent used when it began.
HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "shared" / "data"
LIECHTENSTEIN = SHARED / "osm_extracts" / "liechtenstein.osm.pbf"
ROME = SHARED / "large_city_graph"
MINUTES = 60
RUNS = 7
OFFICES = 183

NETWORKS = {"office": "sample office", "province": "invented province", "rome": "Rome"}
PEERS = {
    "networkx": "NetworkX, one search a school",
    "scipy": "scipy `csgraph.dijkstra`",
    "igraph": "igraph",
    "networkit": "NetworKit",
    "pandana": "pandana",
    "osrm_mld": "OSRM MLD",
    "osrm_ch": "OSRM CH",
    "valhalla": "Valhalla",
}
FOLDED = {
    "scipy_folded": "scipy `dijkstra`",
    "scipy_limit": "scipy `dijkstra`, `limit` 30 km",
    "routingkit_cch": "routingkit-cch",
    "pyroutingkit": "pyroutingkit",
}
RIVALS = ("pandana", "osrm_mld", "osrm_ch")
#: These cannot begin with arrays.
FROM_FILE = ("osrm_mld", "osrm_ch", "valhalla")
SLOW = ("networkx", "valhalla")
PACKAGES = [
    "osmnx",
    "networkx",
    "scipy",
    "igraph",
    "networkit",
    "pandana",
    "osrm-bindings",
    "pyvalhalla",
    "routingkit-cch",
    "pyroutingkit",
]

Numbers = dict[str, Any]


class FailedError(Exception):
    """A script ended with an error."""


def child(script: str, *arguments: object) -> Numbers:
    """Run a script of this folder; return the JSON that it printed, or why there is none under ``skipped``."""
    line = [sys.executable, str(HERE / script), *map(str, arguments)]
    print("...", script, *arguments, file=sys.stderr, flush=True)
    # In a group of its own, so that what it started ends with it.
    work = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        out, err = work.communicate(timeout=60 * MINUTES)
    except subprocess.TimeoutExpired:
        os.killpg(work.pid, signal.SIGKILL)
        work.communicate()
        return {"skipped": f"no answer within {MINUTES} minutes"}
    if work.returncode == 0:
        # Pandana reports its progress around it.
        return json.loads(re.search(r"\{.*\}", out)[0])
    reason = (err.splitlines() or ["no message"])[-1]
    if reason.startswith("ModuleNotFoundError"):
        return {"skipped": reason.removeprefix("ModuleNotFoundError: ")}
    print(err, file=sys.stderr)
    raise FailedError(reason)


def middle(script: str, *arguments: object, runs: int = 5) -> Numbers:
    """Return the median of each number over some processes."""
    found = [child(script, *arguments) for _ in range(runs)]
    if "skipped" in found[0]:
        return found[0]
    return {key: sorted(numbers[key] for numbers in found)[runs // 2] for key in found[0]}


class Report:
    """Markdown, line by line, the goals, and the peers that failed."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.goals: list[tuple[str, str, str, str]] = []
        self.failed: list[str] = []

    def table(self, head: list[str], rows: list[list[str]]) -> None:
        rule = ["---"] + ["---:"] * (len(head) - 1)
        self.lines += ["", *("| " + " | ".join(row) + " |" for row in (head, rule, *rows)), ""]

    def ratio(self, what: str, ours: float, theirs: Numbers, seconds: float, goal: float) -> None:
        """Note a goal of so many times the speed of a peer."""
        if "skipped" in theirs:
            self.goals.append((what, theirs["skipped"], f"≥ {goal:g} ×", "not measured"))
        else:
            self.goal(
                what,
                f"{times(seconds / ours)} ({span(ours)} : {span(seconds)})",
                f"≥ {goal:g} ×",
                seconds / ours >= goal,
            )

    def goal(self, what: str, measured: str, goal: str, reached: bool) -> None:
        self.goals.append((what, measured, goal, "yes" if reached else "**no**"))

    def text(self) -> str:
        """Return the machine, the goals, then the lines."""
        details, self.lines = self.lines, []
        self.table(["what", "measured", "goal", "reached"], [list(goal) for goal in self.goals])
        return re.sub(r"\n{3,}", "\n\n", "\n".join([machine(), *self.lines, *details])).strip()


def span(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 0.995 else f"{seconds:,.1f} s"


def times(ratio: float) -> str:
    return f"{ratio:,.0f} ×" if ratio >= 10 else f"{ratio:.1f} ×"


def reading(report: Report, folder: Path) -> None:
    """PBF → usable network."""
    if not LIECHTENSTEIN.is_file():
        report.lines += ["", "Reading Liechtenstein: skipped, shared/data/osm_extracts is not there.", ""]
        return
    ours = middle("reading.py", "ours", LIECHTENSTEIN)
    child("reading.py", "convert", LIECHTENSTEIN, folder)
    rows = [["restructure, from the PBF", span(ours["seconds"]), f"{ours['mb']:.0f} MB", f"{ours['nodes']:,}", "", ""]]
    for name, file, whole in (
        ("OSMnx, the file as it is", "all.osm", ""),
        ("OSMnx, chains not joined", "all.osm", "whole"),
        ("OSMnx, only roads in the file", "roads.osm", ""),
        ("OSMnx, only roads, chains not joined", "roads.osm", "whole"),
    ):
        found = child("reading.py", "osmnx", folder / file, *([whole] if whole else []))
        faster, leaner = found["seconds"] / ours["seconds"], found["mb"] / ours["mb"]
        row = [name, span(found["seconds"]), f"{found['mb']:.0f} MB", f"{found['nodes']:,}"]
        rows.append([*row, times(faster), f"1/{leaner:.0f}"])
        if len(rows) == 2:
            what = "PBF → usable network, Liechtenstein, beside OSMnx `graph_from_xml`"
            report.ratio(what, ours["seconds"], found, found["seconds"], 40)
            report.goal("the same, memory above imports", f"1/{leaner:.0f}", "≤ 1/5", leaner >= 5)
    report.lines += ["", "### PBF → usable network, Liechtenstein"]
    report.table(["", "time", "memory above imports", "nodes", "faster", "memory"], rows)


def tables(report: Report, name: str, folder: Path, quick: bool) -> None:
    """Village × school tables of one network."""
    folder.mkdir()
    if name == "rome" and not ROME.is_dir():
        report.lines += ["", "Rome: skipped, shared/data/large_city_graph is not there.", ""]
        return
    made = child("networks.py", name, folder)
    ours = child("tables.py", folder, RUNS)
    pairs = "332 × 125" if name == "office" else "1,000 × 200"
    report.lines += ["", f"### {pairs}, {NETWORKS[name]}: {made['nodes']:,} nodes, {made['junctions']:,} junctions"]
    found: dict[str, Numbers] = {}
    for key in PEERS | FOLDED:
        if quick and (key in SLOW or (key == "osrm_ch" and name == "rome")):
            found[key] = {"skipped": "left out"}
            continue
        try:
            found[key] = child("peers.py", key, folder, 1 if key in SLOW else 3)
        except FailedError as error:
            found[key] = {"skipped": f"failed: {error}"}
            report.failed.append(key)
    for title, peers, what in (("", PEERS, "matrix"), ("method, all on the folded network", FOLDED, "search")):
        first, again = ours[f"first_{what}_s"], ours[f"{what}_s"]
        rows = [["restructure", span(first - again), span(again), "", "", ""]]
        for key, label in peers.items():
            if "skipped" in found[key]:
                rows.append([label, found[key]["skipped"], "", "", "", ""])
                continue
            prepare, table = found[key]["prepare_s"], found[key]["table_s"]
            both = first + ours["read_s"] if key in FROM_FILE else first
            most = found[key]["max_m"]
            ratios = [times(table / again), times((prepare + table) / both)]
            rows.append([label, span(prepare), span(table), *ratios, f"{most:.2f} m" if most > 0.001 else "0"])
        report.table([title, "prepare", "table", "table: faster", "both: faster", "largest difference"], rows)
    report.lines += [
        f"With all columns of `distances.parquet` the table takes {span(ours['table_s'])}; reading the road file, "
        f"which OSRM and Valhalla begin with, {span(ours['read_s'])}."
    ]
    if name != "office":
        beside_peers(report, NETWORKS[name], ours, found)
    if name != "province":
        closed, whole = ours["closed_s"], ours["first_table_s"]
        limit = 0.1 if name == "office" else 0.5
        what = f"one road closed → whole table again, {NETWORKS[name]} ({ours['pairs_changed']:,} pairs change)"
        report.goal(what, span(closed), f"≤ {span(limit)}", closed <= limit)
        for begin, seconds in (("network in memory", whole), ("road file", whole + ours["read_s"])):
            report.ratio(f"the same, beside the first run from the {begin}", closed, {}, seconds, 10)


def beside_peers(report: Report, network: str, ours: Numbers, found: dict[str, Numbers]) -> None:
    """Note the goals of a 1,000 × 200 table."""
    for key, goal in (("pandana", 10), ("osrm_mld", 10), ("osrm_ch", 5), ("networkx", 100)):
        what = f"table 1,000 × 200, {network}, beside {PEERS[key]}"
        report.ratio(what, ours["matrix_s"], found[key], found[key].get("table_s", 0), goal)
    whole = {key: peer["prepare_s"] + peer["table_s"] for key, peer in found.items() if "skipped" not in peer}
    first = ours["first_matrix_s"]
    if best := [whole[key] for key in RIVALS if key in whole]:
        what = f"the same, preparation included, {network}, beside the best of pandana and OSRM"
        report.ratio(what, first, {}, min(best), 3)
    if best := [whole[key] for key in FROM_FILE if key in whole]:
        from_file = first + ours["read_s"]
        measured = f"{times(min(best) / from_file)} ({span(from_file)} : {span(min(best))})"
        report.goals.append(
            ("the same, both from the road file, beside the best of OSRM and Valhalla", measured, "–", "–")
        )


def snapping(report: Report, folder: Path) -> None:
    if not (folder / "case.npz").is_file():
        return
    found = child("feet.py", folder, RUNS)
    label = NETWORKS[folder.name]
    share = found["ours_s"] / found["bare_s"]
    measured = f"{share:.2f} × ({span(found['ours_s'])} : {span(found['bare_s'])})"
    report.goal(f"snapping 1,000 points, {label}, beside the bare STRtree", measured, "≤ 1.5 ×", share <= 1.5)
    what = f"the same beside OSMnx `nearest_edges`, {label}"
    report.ratio(what, found["ours_s"], {}, found["osmnx_s"], 50)


def country(report: Report) -> None:
    """Every office of a country, and parts of it."""
    checked = child("country.py", "check")
    rows = []
    parts = [child("country.py", round(OFFICES * share)) for share in (1 / 8, 1 / 4, 1 / 2, 1)]
    for part in parts:
        counts = [f"{part[key]:,}" for key in ("schools", "villages", "nodes", "pairs")]
        a_school, a_node = part["table_s"] / part["schools"] * 1e3, part["table_s"] / part["cut_nodes"] * 1e6
        rows.append(
            [*counts, span(part["table_s"]), f"{a_school:.2f} ms", f"{a_node:.2f} µs", f"{part['peak_mb']:,.0f} MB"]
        )
    report.lines += ["", "### A country of offices, all schools within 30 km of every village"]
    head = ["schools", "villages", "road nodes", "pairs", "time", "a school", "a node cut out", "peak memory"]
    report.table(head, rows)
    report.lines += [
        f"Cut and whole country gave the same {checked['pairs']:,} pairs of the middle office of nine, metre by metre."
    ]
    peak = parts[-1]["peak_mb"] / 1024
    what = f"{parts[-1]['schools']:,} schools, all villages within 30 km: memory"
    report.goal(what, f"{peak:.1f} GB, {span(parts[-1]['table_s'])}", "≤ 2 GB", peak <= 2)
    a_school, a_node = (
        (parts[-1]["table_s"] / parts[-1][key]) / (parts[0]["table_s"] / parts[0][key])
        for key in ("schools", "cut_nodes")
    )
    what = "the same: time a school, whole country beside an eighth of it"
    # The smaller the country, the more of it lies at a border, beyond which there is nothing to search.
    report.goal(what, f"{a_school:.2f} ×; a node cut out: {a_node:.2f} ×", "linear: a node ≤ 1.25 ×", a_node <= 1.25)


def plans(report: Report, quick: bool) -> None:
    """Scenarios, best plans, and the location of facilities."""
    found = child("scenarios.py")
    what = f"{found['scenarios']:,} random scenarios of the sample office, every consequence, two processes"
    report.goal(what, f"{found['seconds']:.0f} s", "≤ 120 s", found["seconds"] <= 120)
    report.goal("one of them", f"{found['median_ms']:.0f} ms", "≤ 20 ms", found["median_ms"] <= 20)
    if quick:
        return
    found = child("bestplan.py")
    for name, one in found["cases"].items():
        what = f"best plan of the sample office, {name}: gap after 5 s"
        report.goal(what, f"{one['soon_percent']:.2f} %", "≤ 0.1 %", one["soon_percent"] <= 0.1)
        state = f"in {span(one['seconds'])}" if one["proven"] else f"no: gap {one['late_percent']:.2f} % after 60 s"
        report.goal(f"the same: proven, {one['closes']} schools close", state, "≤ 60 s", one["proven"])
    what = f"trade-off curve of {found['points']} points"
    report.goal(what, span(found["curve_s"]), "≤ 60 s", found["curve_s"] <= 60)
    found = child("location.py", "median", 1)
    what = "p-median 1,000 × 200, p = 120, proven, beside spopt + HiGHS"
    report.ratio(what, found.get("ours_s", 1), found, found.get("spopt_s", 0), 30)
    for seconds, goal in ((60, 0.5), (240, 0.2)):
        for spread, percent in child("location.py", "gaps", seconds)["median_percent"].items():
            room = "all the same room" if float(spread) == 0 else f"room ± {float(spread):.0%}"
            what = f"capacitated, a village to one site, 1,000 × 200, p = 100, {room}, {seconds} s: median gap of five"
            report.goal(what, f"{percent:.2f} %", f"≤ {goal} %", percent <= goal)


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{name} absent")
    cores = f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"
    return f"Measured on {cores}; {', '.join(versions)}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", action="store_true", help="only scenarios and best plans")
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes; README.md stays as it is")
    options = parser.parse_args()
    parts, failed = {}, []
    if not options.plans:
        report = Report()
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work)
            reading(report, folder)
            for name in NETWORKS:
                tables(report, name, folder / name, options.quick)
            for name in ("province", "rome"):
                snapping(report, folder / name)
            country(report)
        parts["results"], failed = report.text(), report.failed
    report = Report()
    plans(report, options.quick)
    parts["plans"] = report.text()
    print(*parts.values(), sep="\n\n")
    if not options.quick:
        readme = HERE / "README.md"
        page = readme.read_text(encoding="utf-8")
        for name, text in parts.items():
            before, _, rest = page.partition(f"<!-- {name} -->")
            _, _, after = rest.partition(f"<!-- /{name} -->")
            page = f"{before}<!-- {name} -->\n{text}\n<!-- /{name} -->{after}"
        readme.write_text(page, encoding="utf-8")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
