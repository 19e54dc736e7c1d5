"""Three distances, one pays: an officer certifies the routed distance of a pair, or enters another with its evidence.

A *pair* is an origin and a host: a village, or for a child who is measured from an own home point that child, and the
school where its pupils sit because of a merger.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from restructure._errors import UsageError
from restructure.bands import band_places, price
from restructure.corrections import CORRECTIONS_FILE
from restructure.cycle import Cycle, Measured, refuse_broken_ledger
from restructure.evidence import take_evidence
from restructure.files import sha256
from restructure.intake.mapping import MAPPING_FILE
from restructure.ledger import Decision, decide, in_force, read_ledger
from restructure.paidways import ORIGIN, POINT_DIGITS, digest, known_ways, paid_ways, spell
from restructure.policy import Settings
from restructure.scenario import Scenario
from restructure.thai import ROUNDS, round_term

#: What a pair is known by; ``student_key`` is empty for villages.
PAIR = ["measured_from", "village_id", "student_key", "host_id"]
#: The decision that certifies a distance; its subject is the pair.
CERTIFY = "certify"
#: Where each certified pair stands, and each that is not.
STATES = {
    "certified": "รับรองแล้ว",
    "stale": "รับรองแล้ว แต่จุดหรือถนนเปลี่ยน",
    "clear": "รับรองได้",
    "check": "ต้องตรวจในพื้นที่",
    "unmeasured": "ยังวัดไม่ได้",
}
#: What has changed since a distance was certified.
CHANGES = {
    "village-point": "จุดหมู่บ้านเปลี่ยน",
    "home-point": "จุดบ้านเปลี่ยน",
    "school-point": "จุดโรงเรียนเปลี่ยน",
    "way": "ทางที่วัดเปลี่ยน",
}
#: What a person should look at twice before a distance that was entered is certified; ``band`` is followed by the baht
#: a day of both bands, such as ``band:15>20``.
DOUBTS = {
    "far": "ไกลเกินเส้นระยะทางไกลสุดที่ต้องรายงาน",
    "over-twice": "เกินสองเท่าของระยะทางที่คำนวณ",
    "under-half": "ไม่ถึงครึ่งของระยะทางที่คำนวณ",
    "band": "ข้ามช่วงอัตรา {} → {} บาท",
}
#: Longer than any way that is paid for; what is beyond is a slip of the hand.
MOST_METRES = 1_000_000
_COLUMNS = [
    *PAIR, "schools", "pupils", "baht", "routed_m", "minutes", "declared_m", "certified_m", "band", "state", "changed",
    "reason", "low_m", "high_m", "who", "at", "seq", "method", "why", "evidence", "points", "road",
]  # fmt: skip
_HELD = ["certified_m", "seq", "who", "at", "why", "evidence", "method", "routed_m"]


def pairs(measured: Measured, round_names: Sequence[str] = ROUNDS, scenario: Scenario | None = None) -> pd.DataFrame:
    """Return every pair that is paid for in some rounds, with its three distances and what stands in the way.

    Parameters
    ----------
    scenario
        Its merges come on top of the mergers.

    Returns
    -------
    DataFrame
        A row a pair, sorted by village, child and host. ``PAIR``; ``schools`` (codes that its pupils leave, joined by
        ``;``); ``pupils`` (of the round that has most); ``baht`` (of these rounds, by the routed distance, null without
        one); ``routed_m`` and ``minutes`` (null where there is no way); ``declared_m`` (to the host, median of its
        pupils, null where nothing usable is declared); ``certified_m``; ``band`` (of the certified distance, else the
        routed one, by the last of the rounds); ``state`` of :data:`STATES`; ``changed`` (words of :data:`CHANGES`
        joined by ``;``); ``reason`` (Thai: why it has to be checked, what has changed); ``low_m`` and ``high_m`` (the
        distance lies between, where its band could be another); ``who``, ``at``, ``seq``, ``method``, ``why`` and
        ``evidence`` of the decision in force, empty (``seq`` null) without one; ``points`` and ``road`` (digests of
        both points and of the routed way, which a decision keeps).
    """
    cycle = measured.cycle
    table = paid_ways(measured, round_names, scenario)
    table = table.merge(_held(in_force(read_ledger(cycle.folder), CERTIFY)), how="left", on=ORIGIN)
    last = round_term(cycle.policy.fiscal_year, max(round_names, key=ROUNDS.index))
    bands = cycle.policy.at(last).settings.bands
    table["band"] = price(table["certified_m"].fillna(table["routed_m"]), bands)["band"]
    table["changed"] = _changes(table)
    held, stale = table["seq"].notna(), table["changed"] != ""
    table["state"] = np.select(
        [held & ~stale, held, table["routed_m"].isna(), table["reason"] != ""],
        ["certified", "stale", "unmeasured", "check"],
        "clear",
    )
    changed = table["changed"].map(lambda words: spell(words.split(";"), CHANGES))
    table["reason"] = table["reason"].mask(held, changed)
    text = {column: table[column].fillna("") for column in ("who", "at", "method", "why", "evidence")}
    table = table.assign(**text).sort_values(["village_id", "student_key", "host_id"], ignore_index=True)
    return table[_COLUMNS]


def certified(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what has been certified.

    Parameters
    ----------
    rows
        Decisions in force, as :func:`restructure.ledger.in_force` returns them; other kinds are left out.

    Returns
    -------
    DataFrame
        ``PAIR`` (``village_id`` empty for homes), ``certified_m``, ``seq``, ``who``, ``at``, ``why``, ``evidence``,
        ``method`` (``accept``, ``enter``), ``routed_m``; sorted by key. Whether a point or a road has changed since
        is in :func:`pairs`.
    """
    held = _held(rows[rows["kind"] == CERTIFY])
    village = held["measured_from"] == "village"
    held = held.assign(village_id=held["origin"].where(village, ""), student_key=held["origin"].mask(village, ""))
    held = held.rename(columns={"routed_then_m": "routed_m"})
    return held.sort_values(PAIR, ignore_index=True)[[*PAIR, *_HELD]]


def carried(rows: pd.DataFrame, fiscal_year: int) -> list[Decision]:
    """Return decisions that carry what is certified into the ledger of the next cycle.

    Each keeps its points and its way, by which it is known whether they are still the same, and says where it comes
    from: year, row and hash of the ledger it stood in, and who certified it when in the first place.

    Parameters
    ----------
    rows
        The last cycle's ledger, as :func:`restructure.ledger.read_ledger` returns it.
    fiscal_year
        Of that cycle.
    """
    found = []
    for row in in_force(rows, CERTIFY).to_dict("records"):
        content = json.loads(row["content"])
        first = content.get("carried", row)
        where = {"fiscal_year": fiscal_year, "seq": int(row["seq"]), "hash": row["hash"]}
        content["carried"] = where | {name: first[name] for name in ("who", "at")}
        found.append(Decision(CERTIFY, str(row["subject"]), content, str(row["why"]), str(row["inputs"])))
    return found


def is_carried(rows: pd.DataFrame) -> pd.Series:
    """Tell which decisions to certify were carried over from the last cycle."""
    return rows["content"].map(lambda text: "carried" in json.loads(text)).astype(bool)


def paying(measured: Measured, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a ledger without what was carried over and no longer holds: nobody has looked at it this year.

    A distance that was certified in this cycle stays when its points or its way change, and is told as stale; one of
    the last cycle pays only where points and way are what they were.
    """
    held = in_force(rows, CERTIFY)
    table = _held(held[is_carried(held)])
    if table.empty:
        return rows
    now = known_ways(measured, table[ORIGIN])[[*ORIGIN, "points", "road"]]
    table = table.merge(now, how="left", on=ORIGIN)
    lapsed = table.loc[[changed != "" for changed in _changes(table)], "seq"]
    return rows[~rows["seq"].isin(lapsed)]


def choose(
    table: pd.DataFrame,
    *,
    villages: Collection[str] = (),
    hosts: Collection[str] = (),
    schools: Collection[str] = (),
    states: Collection[str] = ("clear", "check"),
) -> pd.DataFrame:
    """Return the pairs of some villages, hosts and merging schools that are in some states.

    Without villages, hosts or schools those of all are meant. What is certified already, by whatever means, is not
    among them unless asked for: accepting a whole school takes nobody's measurement away.

    Parameters
    ----------
    table
        As :func:`pairs` returns it.
    schools
        Those that the pupils leave.
    """
    chosen = table["state"].isin(states)
    for column, wanted in (("village_id", villages), ("host_id", hosts)):
        chosen &= table[column].isin(wanted) if wanted else True
    if schools:
        chosen &= table["schools"].map(lambda codes: not set(codes.split(";")).isdisjoint(schools))
    return table[chosen]


def accept(measured: Measured, chosen: pd.DataFrame, who: str, *, why: str = "", seen: int | None = None) -> list[int]:
    """Certify the routed distance of some pairs; all or none.

    Parameters
    ----------
    chosen
        Rows of :func:`pairs`.
    seen
        As for :func:`restructure.ledger.decide`.

    Returns
    -------
    list of int
        Numbers of the decisions in the ledger.

    Raises
    ------
    UsageError
        When a pair has no routed distance, or stands there twice.
    LedgerError
        When the ledger refuses.
    """
    if len(without := chosen[chosen["routed_m"].isna()]):
        raise UsageError(
            f"ยังไม่มีระยะทางที่คำนวณของ {_name(without)} จึงรับรองไม่ได้: แก้จุดหรือถนน หรือกรอกระยะทางที่วัดได้พร้อมเหตุผล",
            f"There is no routed distance of {_name(without)}; mend the point or the road, or enter a measured one.",
        )
    if not (rows := _once(chosen)):
        return []
    inputs = inputs_digest(measured.cycle)
    made = [_decision(row, int(row["routed_m"]), method="accept", why=why.strip(), inputs=inputs) for row in rows]
    refuse_broken_ledger(measured.cycle.folder)
    return decide(measured.cycle.folder, who, made, seen=seen)


def enter(
    measured: Measured,
    chosen: pd.DataFrame,
    metres: int | Sequence[int],
    who: str,
    *,
    why: str | Sequence[str],
    evidence: Path | str = "",
    seen: int | None = None,
) -> list[int]:
    """Certify other distances than the routed ones; all or none.

    Parameters
    ----------
    chosen
        Rows of :func:`pairs`.
    metres, why
        One for all pairs, or one for each.
    evidence
        A file, which is copied into the cycle's ``evidence/`` under the name of its SHA-256; or words such as the
        number of a letter.

    Returns
    -------
    list of int
        Numbers of the decisions in the ledger; what :func:`doubts` says of each is kept in its content.

    Raises
    ------
    UsageError
        When a distance is none, a reason is missing, a pair has no known village or stands there twice, or the file
        is not there.
    LedgerError
        When the ledger refuses.
    """
    rows = _once(chosen)
    distances: list[Any] = list(metres) if isinstance(metres, Sequence) else [metres] * len(rows)
    reasons = [why] * len(rows) if isinstance(why, str) else list(why)
    for row, distance, reason in zip(rows, distances, reasons, strict=True):
        pair = _name(pd.DataFrame([row]))
        if isinstance(distance, bool) or int(distance) != distance or not 0 < distance <= MOST_METRES:
            raise UsageError(
                f"ระยะทางของ {pair} ใช้ไม่ได้: กรอกเป็นเมตรเต็มตั้งแต่ 1 ถึง {MOST_METRES:,}",
                f"The distance of {pair} is none; enter whole metres from 1 to {MOST_METRES:,}.",
            )
        if not reason.strip():
            raise UsageError(
                f"ยังไม่บอกเหตุผลที่ {pair} ใช้ระยะทางอื่นนอกจากที่คำนวณ: กรอกว่าวัดอย่างไร เมื่อใด โดยใคร",
                f"Say why {pair} takes another distance than the routed one: how, when and by whom it was measured.",
            )
        if row["measured_from"] == "village" and not row["village_id"]:
            raise UsageError(
                f"{pair} ไม่รู้ว่านักเรียนอยู่หมู่บ้านใด จึงรับรองไม่ได้: เติมรหัสหมู่บ้านในไฟล์นักเรียน",
                f"Nobody knows the village of {pair}; fill it in in the file of the pupils.",
            )
    if not rows:
        return []
    folder = measured.cycle.folder
    kept, digest = take_evidence(folder, evidence) if isinstance(evidence, Path) else (evidence.strip(), "")
    settings, inputs = measured.cycle.policy.settings, inputs_digest(measured.cycle)
    made = [
        _decision(
            row, int(distance), method="enter", why=reason.strip(), inputs=inputs, evidence=kept,
            evidence_sha256=digest, warnings=doubts(_routed(row), int(distance), settings),
        )
        for row, distance, reason in zip(rows, distances, reasons, strict=True)
    ]  # fmt: skip
    refuse_broken_ledger(measured.cycle.folder)
    return decide(measured.cycle.folder, who, made, seen=seen)


def doubts(routed_m: int | None, metres: int, settings: Settings) -> list[str]:
    """Return what a person should look at twice before so many metres are certified; words for :func:`spell_doubt`.

    Examples
    --------
    >>> from restructure.policy import load_policy
    >>> doubts(9000, 25_000, load_policy().settings)
    ['far', 'over-twice', 'band:15>20']
    """
    found = ["far"] if metres > settings.far_m[-1] else []
    if routed_m is not None:
        found += ["over-twice"] if metres > 2 * routed_m else []
        found += ["under-half"] if 2 * metres < routed_m else []
        routed, entered = band_places(np.array([routed_m, metres]), settings.bands)
        rates = [settings.bands[place].baht_per_day for place in (routed, entered)]
        found += [f"band:{rates[0]}>{rates[1]}"] if routed != entered else []
    return found


def spell_doubt(word: str) -> str:
    """Return in Thai what :func:`doubts` says.

    Examples
    --------
    >>> spell_doubt("band:15>20")
    'ข้ามช่วงอัตรา 15 → 20 บาท'
    """
    kind, _, rates = word.partition(":")
    return DOUBTS[kind].format(*rates.split(">"))


def inputs_digest(cycle: Cycle) -> str:
    """Return the SHA-256 of all that a distance is measured from: roads, points, pupils, closures and policy."""
    read = [cycle.files.get(name) for name in ("schools", "villages", "students", "closures")]
    files = {cycle.roads, *(cycle.folder / name for name in (*filter(None, read), MAPPING_FILE, CORRECTIONS_FILE))}
    # A shapefile is several files of one name.
    files |= {part for path in files if path.suffix == ".shp" for part in path.parent.glob(f"{path.stem}.*")}
    digests = {p.relative_to(cycle.folder).as_posix(): sha256(p) for p in files if p.is_file()}
    digests["policy"] = digest(_canonical(cycle.policy.model_dump(mode="json")))
    return digest(_canonical(digests))


def _changes(table: pd.DataFrame) -> list[str]:
    """Return what differs from what each pair was certified on."""
    found = []
    for row in table.to_dict("records"):
        differs: list[str] = []
        if not pd.isna(row["seq"]):
            now, then = row["points"], row["points_then"]
            differs += [f"{row['measured_from']}-point"] if now[:POINT_DIGITS] != then[:POINT_DIGITS] else []
            differs += ["school-point"] if now[POINT_DIGITS:] != then[POINT_DIGITS:] else []
            differs += ["way"] if row["road"] != row["road_then"] else []
        found.append(";".join(differs))
    return found


# --- decisions ------------------------------------------------------------------------------------------------------


def _held(rows: pd.DataFrame) -> pd.DataFrame:
    """Return decisions to certify as a table: ``measured_from``, ``origin``, ``host_id`` and what was decided."""
    found = []
    for row in rows.to_dict("records"):
        kind, _, rest = str(row["subject"]).partition(":")
        origin, _, host = rest.rpartition(">")
        content = json.loads(row["content"])
        found.append(
            {"measured_from": kind, "origin": origin, "host_id": host}
            | {name: row[name] for name in ("seq", "why")}
            | {name: content.get("carried", row)[name] for name in ("who", "at")}
            | {name: content[name] for name in ("certified_m", "evidence", "method")}
            | {"routed_then_m": content["routed_m"], "points_then": content["points"], "road_then": content["road"]}
        )
    columns = ["measured_from", "origin", "host_id", "seq", "who", "at", "why", "certified_m", "evidence", "method"]
    table = pd.DataFrame(found, columns=[*columns, "routed_then_m", "points_then", "road_then"])
    numbers = ["seq", "certified_m", "routed_then_m"]
    texts = dict.fromkeys(table.columns.difference(numbers), "str")
    return table.astype(texts | dict.fromkeys(numbers, "Int64"))


def _decision(
    row: dict[Any, Any],
    metres: int,
    *,
    method: str,
    why: str,
    inputs: str,
    evidence: str = "",
    evidence_sha256: str = "",
    warnings: Sequence[str] = (),
) -> Decision:
    content = {
        "certified_m": metres,
        "routed_m": _routed(row),
        "method": method,
        "evidence": evidence,
        "evidence_sha256": evidence_sha256,
        "warnings": list(warnings),
        "points": row["points"],
        "road": row["road"],
    }
    return Decision(CERTIFY, subject_of(row), content, why, inputs)


def subject_of(row: dict[Any, Any]) -> str:
    """Return what the ledger calls a pair, such as ``village:65010101>1065010001``."""
    origin = row["student_key"] if row["measured_from"] == "home" else row["village_id"]
    return f"{row['measured_from']}:{origin}>{row['host_id']}"


def _routed(row: dict[Any, Any]) -> int | None:
    return None if pd.isna(row["routed_m"]) else int(row["routed_m"])


def _once(chosen: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the rows of pairs, none of which may stand there twice."""
    if len(twice := chosen[chosen.duplicated(PAIR)]):
        raise UsageError(
            f"เลือก {_name(twice)} ซ้ำ: เลือกแต่ละคู่ครั้งเดียว", f"{_name(twice)} is chosen twice; choose each pair once."
        )
    rows: list[dict[Any, Any]] = chosen.to_dict("records")
    return rows


def _name(chosen: pd.DataFrame) -> str:
    """Return the first of some pairs for a message; a child by its school alone."""
    named = [
        f"{row['village_id'] or '?'} → {row['host_id']}" + (" (จุดบ้าน)" if row["measured_from"] == "home" else "")
        for row in chosen.head(5).to_dict("records")
    ]
    return ", ".join(named) + (f" … ({len(chosen):,})" if len(chosen) > len(named) else "")


def _canonical(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
