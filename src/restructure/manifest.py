"""What every step records of itself: the problems of the inputs, and a manifest of what it read and was asked."""

from __future__ import annotations

import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

from restructure.chain import START
from restructure.cycle import MANIFEST_FILE, Measured, noted_head, scenario_files
from restructure.files import sha256, write_csv, write_json
from restructure.ledger import head, verify
from restructure.optimise.rules import RULES_FILE
from restructure.program import versions
from restructure.rolls import snapshot
from restructure.smalltexts import SMALL_FILE


def write_record(measured: Measured, stage: Path, step: str, **parameters: object) -> None:
    """Write what every step leaves: the problems, and the manifest with what was read and asked for.

    The manifest keeps the newest run of each step, with a digest of all that it read: two steps of one digest were
    made from the same inputs.
    """
    cycle = measured.cycle
    write_csv(stage / "problems.csv", measured.problems)
    manifest: dict[str, Any] = {
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "synthetic": cycle.policy.synthetic,
        "office": cycle.policy.office,
        "fiscal_year": cycle.policy.fiscal_year,
        "osm_date": cycle.network.osm_date,
        "inputs": read_files(measured),
        "counts": {name: len(cycle.tables[name]) for name in ("schools", "villages")}
        | {"pupils": int(snapshot(cycle.tables["students"])["pupils"].sum())},
        "policy": {key: entry.model_dump(mode="json") for key, entry in cycle.policy.entries.items()},
        "versions": versions(),
    }
    manifest["parameters"] = {"step": step, **parameters}
    digest = hashlib.sha256(json.dumps(manifest["inputs"], sort_keys=True).encode()).hexdigest()
    before = _read(cycle.outputs)
    manifest["ledger"] = _anchor(cycle.folder)
    steps = before["steps"] | {step: {"made": manifest["made"], "inputs_sha256": digest, "parameters": parameters}}
    manifest["steps"] = dict(sorted(steps.items()))
    write_json(stage / MANIFEST_FILE, manifest | {"run": before["run"]})


def merged_manifest(outputs: Path, run: Path) -> dict[str, Any]:
    """Return the manifest of a run with what steps beside it have noted in the outputs meanwhile."""
    beside, made = _read(outputs), _read(run)
    for step, noted in beside["steps"].items():
        if step not in made["steps"] or noted["made"] > made["steps"][step]["made"]:
            made["steps"][step] = noted
    if list(beside.get("ledger", START)) > list(made.get("ledger", START)):
        made["ledger"] = beside["ledger"]
    made["steps"] = dict(sorted(made["steps"].items()))
    return made


def _read(outputs: Path) -> dict[str, Any]:
    """Return the manifest of some outputs; one that begins anew where there is none, or it is not ours."""
    try:
        manifest: dict[str, Any] = json.loads((outputs / MANIFEST_FILE).read_text("utf-8"))
        return {"run": {}} | manifest | {"steps": dict(manifest["steps"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"run": {}, "steps": {}}


def read_files(measured: Measured) -> dict[str, str]:
    """Return the SHA-256 of each file that a cycle was made from, by its path in the folder."""
    cycle = measured.cycle
    # These are read by each step anew.
    decided = [path for name in ("plan.yaml", SMALL_FILE, RULES_FILE) if (path := cycle.folder / name).is_file()]
    decided += scenario_files(cycle.folder).values()
    found = cycle.digests | {path.relative_to(cycle.folder).as_posix(): sha256(path) for path in decided}
    return dict(sorted(found.items()))


def _anchor(folder: Path) -> list[Any]:
    """Return the ledger's last row and its hash; what was noted before where the ledger is no longer that one."""
    noted = noted_head(folder)
    return list(noted or START) if verify(folder, noted) else list(head(folder))
