"""The steps of a cycle: each makes its files, whole or not at all, and records from what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from restructure import plan as plans
from restructure import procedure, versions
from restructure._errors import DataError, ScenarioError, UsageError
from restructure.certify import paying
from restructure.comparison import (
    children_table,
    compare,
    comparison,
    teaching_table,
    with_present,
    years_table,
)
from restructure.corrections import read_log
from restructure.cycle import Measured, scenario_files
from restructure.drafting import Draft, read_draft
from restructure.files import staged, write_csv, write_json
from restructure.ledger import read_ledger
from restructure.manifest import read_files, write_record
from restructure.mends import Examined
from restructure.optimise.finding import Found, Telling, best_scenario, find, free_stem
from restructure.optimise.rules import Rules
from restructure.optimise.telling import alternatives_table, curve_table, why_table
from restructure.plan import Plan
from restructure.rounds import with_confirmations
from restructure.scenario import PRESENT, Scenario, read_scenario, spell_scenario, write_scenario
from restructure.simulate import Outcome, simulate

if TYPE_CHECKING:
    from restructure.public import PublicFigures

#: What is in ``plan/`` to be read on paper.
DOCUMENTS = ("plan", "summary", "parents", "annexes", "villages-by-host", "public/plan")


def examined(measured: Measured) -> Examined:
    """Return a cycle as the data doctor wants it."""
    cycle = measured.cycle
    frames = {name: _one_of_each_row(frame) for name, frame in cycle.frames.items()}
    return Examined(measured.problems, cycle.tables, frames, cycle.files, cycle.tambons)


def _one_of_each_row(frame: pd.DataFrame) -> pd.DataFrame:
    """Return each row of the file once: where it is several of the table, only what these have in common is said."""
    if not frame.index.has_duplicates:
        return frame
    first = frame[~frame.index.duplicated()]
    return first.where(frame.groupby(level=0).nunique().eq(1).reindex(first.index), "")


def write_check(measured: Measured) -> list[Path]:
    """Write ``problems.csv``, and workbooks of it for the office and for each school, in ``check/``; return these."""
    from restructure.doctorbook import write_doctor_books

    cycle = measured.cycle
    with staged(cycle.outputs) as stage:
        write_record(measured, stage, "check")
    return write_doctor_books(examined(measured), read_log(cycle.folder), cycle.outputs / "check", cycle.policy)


def write_distances(measured: Measured) -> None:
    """Write ``distances.parquet`` and, for home points, ``homes.parquet``."""
    with staged(measured.cycle.outputs) as stage:
        write_record(measured, stage, "distances")
        measured.distances.to_parquet(stage / "distances.parquet", index=False)
        if measured.homes is not None:
            measured.homes.to_parquet(stage / "homes.parquet", index=False)
    if measured.homes is None:  # those of pupils who are no longer in the inputs must not stay
        (measured.cycle.outputs / "homes.parquet").unlink(missing_ok=True)


def write_outcome(measured: Measured, scenario: Scenario) -> Outcome:
    """Simulate a scenario and write ``summary.json``, ``subsidy.csv``, ``warnings.csv`` and its consequence tables."""
    cycle = measured.cycle
    outcome = simulate(scenario, measured.office)
    with staged(cycle.outputs) as stage:
        write_record(measured, stage, f"simulate {scenario.stem}", scenario=scenario.model_dump())
        _write_outcome(outcome, stage / "scenarios" / scenario.stem)
    return outcome


def write_comparison(measured: Measured, scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Write scenarios side by side in ``comparison/``, the present state first; return the table in words.

    A table of figures, a workbook, a chart, a chart of the plan's years, and of each scenario a map before and after;
    maps of scenarios that are compared no longer are taken away.
    """
    # Imported here: matplotlib and the writer of workbooks take a second to load.
    from restructure import comparisonbook, comparisonprint

    cycle = measured.cycle
    outcomes = with_present([simulate(scenario, measured.office) for scenario in (PRESENT, *scenarios)])
    with staged(cycle.outputs) as stage:
        write_record(measured, stage, "compare", scenarios=[scenario.model_dump() for scenario in scenarios])
        folder = stage / "comparison"
        write_csv(folder / "comparison.csv", comparison(outcomes))
        comparisonbook.write_comparison_book(outcomes, cycle.tables, cycle.network.osm_date, folder / "comparison.xlsx")
        comparisonprint.write_chart(outcomes, folder / "chart.pdf", folder / "chart.png")
        comparisonprint.write_years_chart(outcomes, folder / "years.pdf", folder / "years.png")
        for scenario in scenarios:
            name = f"map-{scenario.stem}"
            plan = draft_plan(measured, scenario)
            comparisonprint.write_before_after(plan, folder / f"{name}.pdf", folder / f"{name}.png")
    drawn = {f"map-{scenario.stem}" for scenario in scenarios}
    for left in (cycle.outputs / "comparison").glob("map-*.p*"):
        if left.stem not in drawn and left.suffix in (".pdf", ".png"):
            left.unlink()
    return compare(outcomes)


def save_scenario(measured: Measured, scenario: Scenario, *, replace: bool = False) -> Outcome:
    """Write a scenario into ``scenarios/``, and what it does, its warnings among that, as :func:`write_outcome`.

    Parameters
    ----------
    replace
        Whether a file of that name may be written over.

    Raises
    ------
    ScenarioError
        When the scenario is structurally wrong.
    UsageError
        When there is such a file and it shall not be replaced.
    """
    folder = measured.cycle.folder
    path = scenario_files(folder).get(scenario.stem, folder / "scenarios" / f"{scenario.stem}.yaml")
    spell_scenario(scenario, measured.office)
    if path.exists() and not replace:
        raise UsageError(
            f"มีทางเลือก scenarios/{path.name} อยู่แล้ว: ใช้ชื่ออื่น หรือสั่งเขียนทับ",
            f"scenarios/{path.name} exists already; use another name or replace it.",
        )
    write_scenario(scenario, path)
    return write_outcome(measured, scenario)


def write_best(measured: Measured, rules: Rules, progress: Telling | None = None) -> tuple[Found, Path | None]:
    """Search the best plan and write what is found, in ``optimise/``, and the plan as a scenario, ``optimised``.

    Parameters
    ----------
    progress
        As :func:`restructure.optimise.finding.find` takes it.

    Returns
    -------
    tuple
        What was found, and the file of the scenario; None without a plan.
    """
    office, cycle = measured.office, measured.cycle
    found = find(office, rules, progress=progress)
    scenario = None
    if found.best.levels:
        scenario = best_scenario(found, office, free_stem(scenario_files(cycle.folder)))
    with staged(cycle.outputs) as stage:
        write_record(measured, stage, "optimise", rules=found.rules.model_dump())
        folder = stage / "optimise"
        saved = {"scenario": scenario.stem if scenario else None, "synthetic": cycle.policy.synthetic}
        write_json(folder / "best.json", found.record() | saved)
        write_csv(folder / "curve.csv", curve_table(found.points))
        write_csv(folder / "alternatives.csv", alternatives_table(found.others, found.present))
        write_csv(folder / "why.csv", why_table(found.reasons))
    if scenario is None:
        return found, None
    path = cycle.folder / "scenarios" / f"{scenario.stem}.yaml"
    write_scenario(scenario, path)
    return found, path


def write_plan(
    measured: Measured,
    scenario: Scenario,
    progress: Callable[[int, int], object] | None = None,
    *,
    final: bool = False,
    typed: Draft | None = None,
) -> Plan:
    """Draft the plan of a scenario and write its documents, maps and layers.

    The paper shows the other scenarios of the cycle beside it; one that cannot be read or worked out is left out. What
    is left to fill in stands in ``plan/blanks.csv``, what differs from the newest version that was kept in
    ``plan/changes.csv``.

    Parameters
    ----------
    progress
        Called after each page of the atlas, which takes the longest, with the pages done and the pages in all.
    final
        Whether this is what goes to the committee: the documents without the marks of a draft.
    typed
        The draft that people typed, where it has been read already; else ``plan.yaml`` is read.

    Raises
    ------
    DataError
        When it shall be final and there are blanks left, of which only the list is written; or when a template of the
        office's own cannot be filled in.
    """
    # Imported here: matplotlib and the document writers take a second to load and only this step needs them.
    from restructure import atlas, geopackage, printmap, public, villagelists, webmap, workbook

    cycle = measured.cycle
    typed = typed or read_draft(cycle.folder)[0]
    plan = draft_plan(measured, scenario)
    with staged(cycle.outputs) as stage:
        write_record(measured, stage, "plan", scenario=scenario.model_dump())
        _write_outcome(plan.outcome, stage / "scenarios" / scenario.stem)
        folder = stage / "plan"
        folder.mkdir()
        printmap.write_print_map(plan, folder / "map-a3.pdf", folder / "map-a3.png")
        told = public.public_figures(plan)
        blanks = _write_documents(measured, plan, told, folder, typed, final=final)
        since = versions.changes_since_newest(cycle.folder, plan.outcome, typed)
        if since is not None:
            versions.write_changes(since, folder / "changes.csv")
        atlas.write_atlas(plan, folder / "atlas.pdf", progress)
        webmap.write_map_html(plan, folder / "map.html", cycle.closures)
        geopackage.write_geopackage(plan, stage / "cycle.gpkg")
        workbook.write_annexes(plan, folder / "annexes.xlsx", read_files(measured), blanks)
        villagelists.write_village_lists(plan, folder / "villages-by-host.xlsx")
        public.write_public_annexes(plan, told, folder / "public" / "annexes.xlsx")
        webmap.write_public_map(plan, told, folder / "public" / "map.html")
    for name in DOCUMENTS:
        # A PDF of an earlier draft must not lie beside this one, nor sheets for parents of whom nobody moves now.
        (cycle.outputs / "plan" / f"{name}.pdf").unlink(missing_ok=True)
    if plan.moves.empty:
        (cycle.outputs / "plan" / "parents.docx").unlink(missing_ok=True)
    if since is None:
        (cycle.outputs / "plan" / "changes.csv").unlink(missing_ok=True)
    return plan


def _write_documents(
    measured: Measured, plan: Plan, told: PublicFigures, folder: Path, draft: Draft, *, final: bool
) -> pd.DataFrame:
    """Write the documents and what is left to fill in, and return it; refuse to call final what has blanks."""
    from restructure import documents

    cycle = measured.cycle
    progress = _progress(measured, draft)
    how: dict[str, Any] = {"templates": cycle.folder / "templates", "final": final}
    others = _others(measured, plan.scenario)
    found = [
        documents.write_plan(plan, folder / "plan.docx", folder / "map-a3.png", draft, progress, others, **how),
        documents.write_summary(plan, folder / "summary.docx", draft, **how),
        write_public_paper(measured, plan, told, folder / "public" / "plan.docx", draft, final=final),
    ]
    if not plan.moves.empty:
        found.append(documents.write_parents(plan, folder / "parents.docx", draft, progress, **how))
    blanks = pd.concat(found, ignore_index=True)
    write_csv(folder / "blanks.csv", blanks)
    if final and len(blanks):
        with staged(cycle.outputs / "plan") as listed:
            write_csv(listed / "blanks.csv", blanks)
        first = "; ".join(f"{row.document} {row.section}: {row.blank}" for row in blanks.head(3).itertuples())
        raise DataError(
            f"ยังออกฉบับสมบูรณ์ไม่ได้ เหลือช่องที่ต้องกรอก {len(blanks)} แห่ง เช่น {first} "
            "ดูทั้งหมดใน outputs/plan/blanks.csv กรอกในสมุดงาน 05 หรือ plan.yaml แล้วสั่งใหม่",
            f"Not final yet: {len(blanks)} blanks are left, see outputs/plan/blanks.csv; fill them in and run again.",
        )
    return blanks


def write_public_paper(
    measured: Measured, plan: Plan, told: PublicFigures, path: Path, draft: Draft, *, final: bool
) -> pd.DataFrame:
    """Write the paper of a cycle's plan that may be published; as :func:`restructure.documents.write_public`."""
    from restructure import documents

    templates, progress = measured.cycle.folder / "templates", _progress(measured, draft)
    return documents.write_public(plan, told, path, draft, progress, templates=templates, final=final)


def _progress(measured: Measured, draft: Draft) -> pd.DataFrame:
    folder = measured.cycle.folder
    return procedure.progress(draft, read_ledger(folder), folder)


def write_pdfs(measured: Measured) -> tuple[list[Path], str]:
    """Write the plan's documents as PDF where LibreOffice is installed; return them, and in Thai what is missing."""
    from restructure.documents.pdf import write_pdfs as convert

    folder = measured.cycle.outputs / "plan"
    return convert([path for name in DOCUMENTS for path in sorted(folder.glob(f"{name}.*x"))])


def _others(measured: Measured, scenario: Scenario) -> list[Outcome]:
    """Return the outcomes of the cycle's other scenarios, as far as they can be worked out."""
    outcomes = []
    for stem, path in scenario_files(measured.cycle.folder).items():
        if stem != scenario.stem:
            # One that is still being written must not keep the plan of another one from being made.
            with suppress(ScenarioError):
                outcomes.append(simulate(read_scenario(path), measured.office))
    return outcomes


def draft_plan(measured: Measured, scenario: Scenario) -> Plan:
    """Work out the content of a scenario's plan."""
    cycle, decisions = measured.cycle, paying(measured, read_ledger(measured.cycle.folder))
    return plans.draft(
        scenario,
        cycle.tables,
        cycle.network,
        measured.distances,
        measured.homes,
        with_confirmations(cycle.policy, cycle.policy, decisions),
        measured.problems,
        {"restructure": metadata.version("restructure"), "osm_date": cycle.network.osm_date},
        measured.office,
        decisions,
    )


def _write_outcome(outcome: Outcome, folder: Path) -> None:
    write_csv(folder / "subsidy.csv", outcome.subsidy)
    write_csv(folder / "warnings.csv", outcome.warnings)
    write_csv(folder / "children.csv", children_table(outcome))
    write_csv(folder / "teaching.csv", teaching_table(outcome))
    write_csv(folder / "years.csv", years_table(outcome))
    write_json(folder / "summary.json", outcome.summary)
