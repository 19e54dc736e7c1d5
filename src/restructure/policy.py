"""The year's rules: packaged settings, and what an office changes in its ``policy.yaml``."""

from __future__ import annotations

import datetime
import difflib
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from restructure._errors import PolicyError
from restructure.files import Day, read_yaml, thai_fault
from restructure.grades import parse_grades
from restructure.thai import Term, parse_term

#: Stands where an office has not said its name.
UNNAMED_OFFICE = "สำนักงานเขตพื้นที่การศึกษา (ยังไม่ระบุชื่อใน policy.yaml)"

#: Where a home's place is known from: the sources of village points, and ``home`` for a point of the pupil's own.
_POINT_SOURCES = {"survey", "osm", "digitised", "tambon-centroid", "home"}


#: No setting is larger in earnest, and sums of what is far larger would not fit a whole number.
_Count = Annotated[int, Field(gt=0, le=10_000_000)]
_Stage = Literal["K", "P", "M"]
_Answer = Literal["pay", "refuse"]
#: How to share a ceiling that is less than the need (:mod:`restructure.sharing`).
SharingRule = Literal["proportional", "equal-days", "existing-first", "furthest-first"]
#: What may change from one term to the next: what prices a term. Distances are measured once for the whole year.
_OF_TERMS = (
    "bands", "days_per_year", "days_by_term", "sharing_rule", "count_days", "eligible_grades", "eligible_kinds",
    "new_entrants", "boarders", "free_transport",
)  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Band(_Strict):
    """A band of distances, upper bound inclusive; ``up_to_m`` is None for the last one."""

    up_to_m: _Count | None
    baht_per_day: int = Field(ge=0, le=10_000)


class Posts(_Strict):
    """Teachers of a school of so many pupils, bound inclusive; ``teachers_most`` where only a span is known."""

    up_to_pupils: _Count
    teachers: _Count
    teachers_most: _Count | None = None


class TopUp(_Strict):
    """Baht a year for each pupil of some stages at a school that has no more pupils in all, bound inclusive."""

    stages: list[_Stage] = Field(min_length=1)
    up_to_pupils: _Count
    baht: int = Field(ge=0, le=1_000_000)


class Vehicle(_Strict):
    """Which ways a vehicle may use, and how fast. What it does not name is closed to it.

    Attributes
    ----------
    highways
        Speed in km/h by OpenStreetMap highway class; ``ferry`` stands for ways with ``route=ferry``.
    opened_by_yes
        Speed on classes that are closed unless one of ``access_keys`` (but not ``access``) has one of ``open_values``.
    unpaved_kmh
        Highest speed on ``unpaved_surfaces``.
    surface_kmh, tracktype_kmh
        Highest speed on a surface (before ``unpaved_kmh``) and on a grade of track.
    unpaved_classes
        Classes that are taken as unpaved where no surface is tagged.
    closed_tracktypes
        Grades of track that are closed.
    access_keys
        Keys that say who may use a way or pass a barrier, the most specific first: the first one present decides.
    closed_values
        What such a key says where the vehicle may not go.
    stopping_barriers
        Kinds of barrier that stop the vehicle unless an access key of the node lets it pass.
    one_way_keys
        Keys that say the direction for this vehicle apart from others, the most specific first.
    one_way_binds
        Whether ``oneway``, roundabouts and motorways bind it where none of those keys is present.
    """

    highways: dict[str, _Count]
    opened_by_yes: dict[str, _Count] = {}
    unpaved_kmh: _Count
    unpaved_surfaces: list[str]
    unpaved_classes: list[str] = ["track"]
    surface_kmh: dict[str, _Count] = {}
    tracktype_kmh: dict[str, _Count] = {}
    closed_tracktypes: list[str]
    access_keys: list[str]
    open_values: list[str] = ["yes", "designated", "permissive"]
    closed_values: list[str]
    stopping_barriers: list[str] = []
    one_way_keys: list[str] = []
    one_way_binds: bool


def _check_month_day(text: str) -> str:
    try:
        # A year of 365 days: a day that only some years have is none.
        datetime.date.fromisoformat(f"2001-{text}")
    except ValueError:
        raise ValueError(f"{text!r} is not a month and day such as 05-16") from None
    return text


def _check_grades(text: str) -> str:
    try:
        parse_grades(text)
    except ValueError:
        raise ValueError(f"{text!r} is not grades such as all or K2-P6") from None
    return text


_MonthDay = Annotated[str, Field(pattern="^[01][0-9]-[0-3][0-9]$"), AfterValidator(_check_month_day)]


class Settings(_Strict):
    """The values of all settings, checked. Meaning, source and certainty of each: :attr:`Policy.entries`."""

    bands: list[Band]
    days_per_year: _Count
    days_by_term: dict[int, _Count]
    distance_rule: Literal["shortest-road"]
    sharing_rule: SharingRule
    eligible_grades: Annotated[str, AfterValidator(_check_grades)]
    eligible_kinds: list[Literal["learn-together", "merge", "dissolve"]] = Field(min_length=1)
    new_entrants: _Answer
    boarders: _Answer
    free_transport: _Answer
    count_days: dict[int, _MonthDay]
    november_balance: Literal["carry", "settle"]
    letter_code: str
    vehicle: str
    far_m: list[_Count] = Field(min_length=1)
    long_minutes: _Count
    small_school_max: _Count
    pupils_per_room: dict[str, _Count]
    room_remainder: _Count
    staffing: Literal["old", "newer"]
    staffing_rounding: Literal["sum", "grade"]
    teachers_old: list[Posts] = Field(min_length=1)
    teachers_newer: list[Posts] = Field(min_length=1)
    pupils_per_teacher: dict[str, Annotated[int, Field(gt=0, le=1_000)]]
    deputies_from: list[_Count]
    per_head_baht: dict[str, Annotated[int, Field(ge=0, le=1_000_000)]]
    small_school_top_up: list[TopUp]
    top_up_follows: Literal["roll", "seat"]
    snap_limit_m: _Count
    snap_rival_m: _Count
    snap_detour_m: _Count
    buffer_m: _Count
    audit_tolerance_m: _Count
    declared_tolerance_m: _Count
    home_spread_m: dict[str, Annotated[int, Field(ge=0, le=10_000_000)]]
    term_days: dict[int, Annotated[list[_MonthDay], Field(min_length=2, max_length=2)]]
    wet_season_closes: list[Literal["track", "unpaved"]]
    closure_limit_m: _Count
    closure_min_percent: int = Field(ge=1, le=100)
    tambon_tolerance_m: _Count
    schools_apart_m: _Count
    far_home_m: _Count
    jump_percent: _Count
    jump_pupils: _Count
    empty_grade_pupils: _Count
    class_size_max: _Count
    rooms_per_grade_max: _Count
    public_min_pupils: _Count
    vehicles: dict[str, Vehicle]

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        bounds = [band.up_to_m for band in self.bands]
        finite = [b for b in bounds[:-1] if b is not None]
        if not bounds or bounds[-1] is not None or not _increase(finite) or len(finite) != len(bounds) - 1:
            raise ValueError("bands: ขอบบนต้องเพิ่มขึ้น และเฉพาะช่วงสุดท้ายเป็น null")
        if self.vehicle not in self.vehicles:
            raise ValueError(f"vehicle: ไม่มีพาหนะ {self.vehicle} ใช้ได้ {', '.join(self.vehicles)}")
        if set(self.days_by_term) != {1, 2} or sum(self.days_by_term.values()) != self.days_per_year:
            raise ValueError("days_by_term: วันของภาคเรียนที่ 1 และ 2 ต้องรวมกันเท่ากับ days_per_year")
        for key in ("pupils_per_room", "pupils_per_teacher", "per_head_baht"):
            if set(getattr(self, key)) != {"K", "P", "M"}:
                raise ValueError(f"{key}: ต้องมี K, P, M")
        for key in ("teachers_old", "teachers_newer"):
            rows: list[Posts] = getattr(self, key)
            if not _increase([row.up_to_pupils for row in rows]):
                raise ValueError(f"{key}: up_to_pupils ต้องเพิ่มขึ้น")
            if any(row.teachers_most is not None and row.teachers_most < row.teachers for row in rows):
                raise ValueError(f"{key}: teachers_most ต้องไม่น้อยกว่า teachers")
        if not _increase(self.deputies_from):
            raise ValueError("deputies_from: จำนวนนักเรียนต้องเพิ่มขึ้น")
        topped = [stage for row in self.small_school_top_up for stage in row.stages]
        if len(topped) != len(set(topped)):
            raise ValueError("small_school_top_up: แต่ละระดับ (K, P, M) มีได้เพียงรายการเดียว")
        for key in ("term_days", "count_days"):
            if set(getattr(self, key)) != {1, 2}:
                raise ValueError(f"{key}: ต้องมีภาคเรียนที่ 1 และ 2")
        if set(self.home_spread_m) != _POINT_SOURCES:
            raise ValueError(f"home_spread_m: ใช้ได้เฉพาะ {', '.join(sorted(_POINT_SOURCES))} และต้องมีครบ")
        return self


def _increase(numbers: list[int]) -> bool:
    return numbers == sorted(set(numbers))


class Entry(_Strict):
    """One setting with where it comes from. ``certainty``: S found in a source, G general knowledge, U uncertain."""

    value: Any
    thai: str = ""
    source: str = ""
    date: Day | None = None
    certainty: Literal["S", "G", "U"] = "U"
    confirmed_by: str = ""

    @property
    def name(self) -> str:
        """The Thai name without what ``policy.yaml`` explains of its codes, such as ``(pay = …)``."""
        return re.sub(r"\s*\([^()]*=[^()]*\)$", "", self.thai)


class Policy(BaseModel):
    """The settings in force for one cycle, with the source of each.

    Attributes
    ----------
    changed
        The settings that the office has changed.
    terms
        What changes later, by the term (``1/2570``) from which on it holds.
    """

    model_config = ConfigDict(frozen=True)

    office: str
    fiscal_year: int
    synthetic: bool
    settings: Settings
    entries: dict[str, Entry]
    changed: list[str]
    terms: dict[str, dict[str, Entry]] = {}

    def at(self, term: Term) -> Policy:
        """Return the policy as it holds in a term; itself where nothing has changed by then."""
        past = sorted(text for text in self.terms if parse_term(text) <= term)
        if not past:
            return self
        entries = dict(self.entries)
        for text in sorted(past, key=parse_term):
            entries |= self.terms[text]
        return self.model_copy(
            update={
                "settings": Settings.model_validate({key: entry.value for key, entry in entries.items()}),
                "entries": entries,
                "changed": sorted({*self.changed, *(key for text in past for key in self.terms[text])}),
                "terms": {text: later for text, later in self.terms.items() if text not in past},
            }
        )

    @property
    def van(self) -> Vehicle:
        """The rules of the vehicle that distances are measured for."""
        return self.settings.vehicles[self.settings.vehicle]


def packaged_years() -> list[int]:
    """Return the fiscal years that the package has settings for, oldest first."""
    folder = resources.files("restructure") / "policies"
    return sorted(int(p.name[:4]) for p in folder.iterdir() if p.name.endswith(".yaml"))


def packaged_settings(fiscal_year: int) -> dict[str, Entry]:
    """Return the package's own settings of a fiscal year: those of the newest year before it where it has none."""
    years = packaged_years()
    packaged_year = max((y for y in years if y <= fiscal_year), default=years[0])
    return dict(_packaged_entries(packaged_year))


def load_policy(path: Path | None = None, *, country: Path | None = None) -> Policy:
    """Return the packaged settings with the changes of an office's ``policy.yaml`` on top.

    A change replaces the value of its entry; only one of ``vehicles`` is laid over it name by name, null taking a name
    away and ``{}`` all of them: ``vehicles: {value: {van: {highways: {track: null}}}}`` closes tracks to the van and
    leaves everything else as it was.

    ``terms`` holds what changes in the middle of the year, by the term from which on it holds, with entries as under
    ``settings``: ``terms: {"1/2570": {bands: {value: …, source: …, date: …, confirmed_by: …}}}``.

    Parameters
    ----------
    path
        The office's file; when it is None or does not exist the packaged settings of the newest year hold.
    country
        A file of the same kind for all offices of the country; what the office's own says goes before.

    Raises
    ------
    PolicyError
        When the file is not YAML, or a key or value of it is not understood.
    """
    name = path.name if path else "policy.yaml"
    shared, own = (read_yaml(one, name, PolicyError) if one and one.exists() else {} for one in (country, path))
    for key in ("settings", "terms"):
        if isinstance(shared.get(key), dict) and isinstance(own.get(key, {}), dict):
            own[key] = shared[key] | own.get(key, {})
    own = shared | own
    known = ("office", "fiscal_year", "synthetic", "settings", "terms")
    if unknown := sorted(set(own) - set(known)):
        raise _wrong(name, unknown[0], f"ไม่รู้จักหัวข้อนี้ ใช้ได้เฉพาะ {', '.join(known)}", "unknown key")
    for key, kind, thai in (("office", str, "ต้องเป็นข้อความ"), ("synthetic", bool, "ต้องเป็น true หรือ false")):
        if own.get(key) is not None and not isinstance(own[key], kind):
            raise _wrong(name, key, thai, f"must be {kind.__name__}")
    fiscal_year = own.get("fiscal_year", packaged_years()[-1])
    if not isinstance(fiscal_year, int) or not 2550 <= fiscal_year <= 2699:
        raise _wrong(name, "fiscal_year", "ต้องเป็นปีงบประมาณ พ.ศ. เช่น 2570", "must be a Buddhist-era year such as 2570")
    entries = packaged_settings(fiscal_year)
    changed = _read_entries(own.get("settings"), entries, name, "settings")
    policy = Policy(
        office=str(own.get("office") or UNNAMED_OFFICE),
        fiscal_year=fiscal_year,
        synthetic=bool(own.get("synthetic", False)),
        settings=_settings(entries | changed, name, "settings"),
        entries=entries | changed,
        changed=sorted(changed),
    )
    return policy.model_copy(update={"terms": _read_terms(own.get("terms"), policy, name)})


@cache
def _packaged_entries(year: int) -> dict[str, Entry]:
    text = (resources.files("restructure") / "policies" / f"{year}.yaml").read_text("utf-8")
    return {key: Entry.model_validate(entry) for key, entry in yaml.safe_load(text)["settings"].items()}


def _read_entries(changes: Any, entries: dict[str, Entry], name: str, where: str) -> dict[str, Entry]:
    """Return the entries that an office changes, laid over those that hold before."""
    changed = {}
    if changes is not None and not isinstance(changes, dict):
        raise _wrong(name, where, "ต้องเป็นรายการ ชื่อ: {value, source, date}", "must map names to entries")
    for key, change in (changes or {}).items():
        if key not in entries:
            near = difflib.get_close_matches(str(key), entries, 1)
            hint = f" หมายถึง {near[0]} หรือไม่" if near else f" ใช้ได้: {', '.join(entries)}"
            raise _wrong(name, f"{where}.{key}", f"ไม่รู้จักค่านี้{hint}", "unknown setting")
        if not isinstance(change, dict) or "value" not in change:
            raise _wrong(name, f"{where}.{key}", "ต้องมี value (และ source, date)", "needs a value (and source, date)")
        kept = {"thai": entries[key].thai, "certainty": "U"}
        if key in ("vehicles", "home_spread_m"):
            change = change | {"value": _merge(entries[key].value, change["value"])}
        try:
            changed[key] = Entry.model_validate(kept | change)
        except ValidationError as error:
            raise _invalid(name, f"{where}.{key}.", error) from None
    return changed


def _read_terms(terms: Any, policy: Policy, name: str) -> dict[str, dict[str, Entry]]:
    """Return what changes from which term on, each state checked as a whole; terms in their order."""
    if terms is not None and not isinstance(terms, dict):
        raise _wrong(name, "terms", "ต้องเป็นรายการ ภาคเรียน: {ชื่อ: {value, source, date}}", "must map terms to entries")
    by_term = {}
    for key, changes in (terms or {}).items():
        try:
            term = parse_term(str(key))
        except ValueError:
            raise _wrong(name, f"terms.{key}", "ต้องเป็นภาคเรียน เช่น 1/2570", "must be a term such as 1/2570") from None
        if term in by_term:
            raise _wrong(name, f"terms.{key}", "ภาคเรียนนี้เขียนไว้แล้ว ให้รวมไว้ที่เดียว", "the term is there twice")
        by_term[term] = changes
    read: dict[str, dict[str, Entry]] = {}
    entries = policy.entries
    for term, changes in sorted(by_term.items()):
        where = f"terms.{term}"
        changed = _read_entries(changes, {key: entries[key] for key in _OF_TERMS}, name, where)
        entries = entries | changed
        _settings(entries, name, where)
        read[str(term)] = changed
    return read


def _settings(entries: dict[str, Entry], name: str, where: str) -> Settings:
    try:
        return Settings.model_validate({key: entry.value for key, entry in entries.items()})
    except ValidationError as error:
        raise _invalid(name, f"{where}.", error) from None


def _merge(base: Any, change: Any) -> Any:
    if not isinstance(change, dict) or not change:
        return change
    merged = dict(base) if isinstance(base, dict) else {}
    for key, value in change.items():
        # Null for a name that is not there is a slip of the pen: it stays, and is refused with the other values.
        if value is None and key in merged:
            del merged[key]
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _invalid(name: str, prefix: str, error: ValidationError) -> PolicyError:
    first = error.errors()[0]
    where = prefix + ".".join(str(part) for part in first["loc"])
    if first["type"] == "value_error" and not first["loc"]:  # what settings must keep together, which says where itself
        where, _, words = str(first["ctx"]["error"]).partition(": ")
        return _wrong(name, prefix + where, words, "the value is incomplete or does not go with the others")
    return _wrong(name, where, thai_fault(first), str(first["msg"]))


def _wrong(name: str, where: str, thai: str, english: str) -> PolicyError:
    return PolicyError(f"ไฟล์ {name} ที่ {where}: {thai} แก้ไขแล้วสั่งใหม่", f"{name}, {where}: {english}; mend it.")
