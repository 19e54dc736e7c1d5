"""The invented country, read back with other tools than those that wrote it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geothai
import numpy as np
import osmium
import pandas as pd
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from small_office import files_in

from restructure.cli import main
from restructure.policy import load_policy
from restructure.sample.country import make_country

ORDER = ["K1", "K2", "K3", "P1", "P2", "P3", "P4", "P5", "P6", "M1", "M2", "M3"]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("country")
    make_country(root, 0.02)
    return root


def table(root: Path, name: str) -> pd.DataFrame:
    path = root / "inputs" / f"{name}.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def sizes(root: Path) -> pd.Series:
    students = table(root, "students")
    return students["count"].astype(int).groupby(students["school_id"]).sum()


def span(grades: str) -> list[str]:
    first, last = grades.split("-")
    return ORDER[ORDER.index(first) : ORDER.index(last) + 1]


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("two", 1), ("other", 2)):
        make_country(tmp_path / name, 0.004, seed)
    one, two, other = (files_in(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert set(one) == set(other)
    differ = {name for name in one if one[name] != other[name]}
    assert differ == {name for name in one if name.startswith("inputs/")}


def test_as_many_offices_schools_and_villages_as_the_scale_says(country: Path) -> None:
    schools, villages = table(country, "schools"), table(country, "villages")
    assert len(schools) == 592
    assert len(villages) == 1_500
    assert schools["office"].nunique() == villages["office"].nunique() == 4
    assert schools.groupby("office").size().between(120, 200).all()
    assert load_policy(country / "policy.yaml").synthetic


def test_codes_are_unique_and_of_provinces_that_do_not_exist(country: Path) -> None:
    schools, villages = table(country, "schools"), table(country, "villages")
    assert schools["office"].str.fullmatch(r"\d{4}").all()
    assert schools["school_id"].str.fullmatch(r"\d{10}").all()
    assert villages["village_id"].str.fullmatch(r"\d{8}").all()
    assert schools["school_id"].is_unique
    assert villages["village_id"].is_unique
    real = {f"{province.code:0>2}" for province in geothai.provinces()}
    assert len(real) == 77
    assert not set(villages["village_id"].str[:2]) & real
    assert not set(schools["school_id"].str[2:4]) & real
    assert set(schools["village_id"]) <= set(villages["village_id"])


def test_about_half_of_the_schools_are_small_and_larger_ones_are_near(country: Path) -> None:
    size = sizes(country)
    schools = table(country, "schools").set_index("school_id")
    assert 0.42 < (size.reindex(schools.index, fill_value=0) <= 120).mean() < 0.6
    assert size.max() > 400
    at = schools[["lat", "lon"]].astype(float).to_numpy() * [110.6, 109.5]
    size = size.reindex(schools.index, fill_value=0).to_numpy()
    away = np.linalg.norm(at[:, None] - at[size > 120], axis=2).min(axis=1)
    assert np.median(away[size <= 120]) < 6  # kilometres


def test_pupils_sit_in_grades_that_their_school_has_and_live_near_it(country: Path) -> None:
    schools = table(country, "schools").set_index("school_id")
    villages, students = table(country, "villages").set_index("village_id"), table(country, "students")
    assert not students.duplicated(["school_id", "grade", "village_id"]).any()
    assert (students["count"].astype(int) > 0).all()
    offered = schools["grades"].map(span)
    assert all(grade in offered[school] for school, grade in students[["school_id", "grade"]].itertuples(index=False))
    ends = [
        side.loc[students[key], ["lat", "lon"]].astype(float).to_numpy()
        for side, key in ((schools, "school_id"), (villages, "village_id"))
    ]
    away = np.linalg.norm((ends[0] - ends[1]) * [110.6, 109.5], axis=1)
    assert np.quantile(away, 0.95) < 8
    # Some come from another office's village.
    abroad = (
        schools.loc[students["school_id"], "office"].to_numpy()
        != villages.loc[students["village_id"], "office"].to_numpy()
    )
    assert 0 < abroad.mean() < 0.1


def test_past_years_of_every_grade_and_mergers_of_small_schools(country: Path) -> None:
    schools = table(country, "schools").set_index("school_id")
    enrolment, mergers, size = table(country, "enrolment"), table(country, "mergers"), sizes(country)
    assert sorted(enrolment["year"].unique()) == ["2565", "2566", "2567", "2568"]
    assert len(enrolment) == 4 * schools["grades"].map(span).map(len).sum()
    assert not enrolment.duplicated(["school_id", "year", "grade"]).any()
    totals = enrolment["count"].astype(int).groupby(enrolment["year"]).sum()
    assert totals["2565"] > totals["2568"] > 0.95 * size.sum()
    assert len(mergers) > 10
    for school, host in mergers[["school_id", "host_id"]].itertuples(index=False):
        assert schools.at[school, "office"] == schools.at[host, "office"]
        assert size[school] <= 80 < 120 < size[host]
        assert set(span(schools.at[school, "grades"])) <= set(span(schools.at[host, "grades"]))
        assert host not in set(mergers["school_id"])


class _Reader(osmium.SimpleHandler):
    def __init__(self) -> None:
        super().__init__()
        self.ways: list[tuple[dict[str, str], list[int]]] = []

    def way(self, way: osmium.osm.Way) -> None:
        self.ways.append((dict(way.tags), [node.ref for node in way.nodes]))


def test_roads_of_all_kinds_hang_together_but_for_islands(country: Path) -> None:
    reader = _Reader()
    reader.apply_file(str(country / "inputs" / "roads.osm.pbf"))
    kinds = {tags.get("highway", next(iter(tags))) for tags, _ in reader.ways}
    assert kinds >= {"primary", "secondary", "tertiary", "unclassified", "track", "residential", "waterway", "route"}
    assert any(tags.get("oneway") == "yes" for tags, _ in reader.ways)
    assert any(tags.get("surface") == "unpaved" for tags, _ in reader.ways)
    ahead = [(a, b) for tags, refs in reader.ways if "highway" in tags for a, b in pairwise(refs)]
    back = [
        (b, a) for tags, refs in reader.ways if "highway" in tags and "oneway" not in tags for a, b in pairwise(refs)
    ]
    nodes, ends = np.unique(np.array(ahead + back), return_inverse=True)
    graph = coo_array((np.ones(len(ends)), ends.reshape(-1, 2).T), shape=(len(nodes), len(nodes)))
    count, part = connected_components(graph, directed=True, connection="strong")
    size = np.sort(np.bincount(part))[::-1]
    assert 2 <= count <= 6
    assert size[0] > 0.95 * len(nodes)
    assert size[1:].min() > 50  # an island has roads of its own
    boats = [refs for tags, refs in reader.ways if tags.get("route") == "ferry"]
    of = dict(zip(nodes.tolist(), part.tolist(), strict=True))
    assert boats
    assert all(of[a] != of[b] for a, b in boats)


def test_the_command_makes_a_country_and_refuses_a_folder_with_other_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sample", str(tmp_path / "a"), "--national", "--scale", "0.004"]) == 0
    assert "ประเทศตัวอย่าง" in capsys.readouterr().out
    assert len(table(tmp_path / "a", "schools")) == 118
    assert main(["sample", str(tmp_path / "a"), "--scale", "0.004"]) == 2
    assert main(["sample", str(tmp_path / "a"), "--national", "--scale", "9"]) == 2
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("x")
    assert main(["sample", str(tmp_path / "b"), "--national", "--scale", "0.004"]) == 2
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["mine.txt"]
