"""What the analyst asks of a best plan: what counts first, and which rules it must keep (``optimise.yaml``)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from restructure._errors import RulesError
from restructure.files import read_yaml, thai_fault
from restructure.seating import Office
from restructure.thai import parse_term, round_term

RULES_FILE = "optimise.yaml"
Objective = Literal["small_schools", "subsidy", "pupil_km", "longest", "closures"]
#: What the rules are called that can stand in each other's way, each with its value when it is left out.
LEFT_OUT: dict[str, Any] = {
    "longest_m": None,
    "longest_minutes": None,
    "rooms": False,
    "ceiling_baht": None,
    "close_at_least": None,
    "close_at_most": None,
    "must_stay": [],
    "must_close": [],
    "hosts": {},
    "protect_special": False,
    "close_only_small": False,
    "one_host": False,
    "wet_season": False,
}
_Code = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) and not isinstance(v, bool) else v)]
#: No rule is larger in earnest, and sums of what is far larger would not be exact in the solver.
_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


class Rules(BaseModel):
    """Order of objectives and rules; every field may be missing.

    Attributes
    ----------
    order
        What counts first, second, …, each as small as can be: ``small_schools`` that go on teaching, ``subsidy`` of a
        full school year in all, ``pupil_km`` from home to school in all, ``longest`` way of those who move,
        ``closures``.
    close_at_least, close_at_most
        How many schools close.
    longest_m, longest_minutes
        No pupil travels farther, but one who already does may as far as now. Missing: the policy's ``far_m`` (its
        first) and ``long_minutes``; null: no limit.
    rooms
        Hosts have the rooms that all grades need, where their rooms are known.
    ceiling_baht
        The subsidy of a full school year in all.
    must_stay, must_close
        Codes of schools. One that does not teach now has closed already, and cannot stay. One that teaches but has no
        pupil closes only when ``must_close`` names it: nothing is gained by it. Nor does one of which no pupil has a
        known way to any host: nothing is known of what it costs.
    hosts
        Where a school goes if it closes: its code and the host's, another that ``must_close`` does not name.
    protect_special
        Schools of special areas (highland, island) stay.
    close_only_small
        Only schools with no more pupils than the policy's ``small_school_max`` may close.
    one_host
        Kindergarten and primary of a school go to one host, so that brothers and sisters stay together; lower secondary
        may go to another. False: a host a stage.
    wet_season
        No pupil who now gets to school in the wet season loses the way there.
    kind, from_term, programme
        What the plan's merges say. ``from_term`` missing: term 1 of the fiscal year.
    seconds
        How long to search at most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    order: list[Objective] = Field(default=["small_schools", "subsidy", "pupil_km", "longest"], min_length=1)
    close_at_least: _Count | None = None
    close_at_most: _Count | None = None
    longest_m: _Count | None = None
    longest_minutes: _Count | None = None
    rooms: bool = True
    ceiling_baht: _Count | None = None
    must_stay: list[_Code] = []
    must_close: list[_Code] = []
    hosts: dict[_Code, _Code] = {}
    protect_special: bool = True
    close_only_small: bool = True
    one_host: bool = True
    wet_season: bool = True
    kind: Literal["learn-together", "merge", "dissolve"] = "learn-together"
    from_term: str = ""
    programme: Literal["existing", "second-decade", "unspecified"] = "unspecified"
    seconds: float = Field(default=60.0, gt=0, le=86_400)

    @field_validator("order")
    @classmethod
    def _once_each(cls, order: list[Objective]) -> list[Objective]:
        if len(order) > len(set(order)):
            raise ValueError("an objective stands twice")
        return order

    @field_validator("from_term")
    @classmethod
    def _is_term(cls, text: str) -> str:
        return str(parse_term(text)) if text else text


def read_rules(folder: Path) -> Rules:
    """Return the rules of a cycle folder; without a file all are as usual.

    Raises
    ------
    RulesError
        When the file is not YAML or does not hold what rules hold.
    """
    path = folder / RULES_FILE
    if not path.is_file():
        return Rules()
    try:
        return Rules.model_validate(read_yaml(path, RULES_FILE, RulesError))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _wrong(where, _THAI.get((where, first["type"])) or thai_fault(first), str(first["msg"])) from None


def settle(rules: Rules, office: Office) -> Rules:
    """Return the rules with what the policy says where they say nothing.

    Raises
    ------
    RulesError
        When a rule names a school that is not in the table, or ``hosts`` a host that cannot be one: the school itself,
        or one that must close.
    """
    settings = office.policy.settings
    usual = {
        "longest_m": settings.far_m[0],
        "longest_minutes": settings.long_minutes,
        "from_term": str(round_term(office.policy.fiscal_year, "may")),
    }
    said = rules.model_fields_set if rules.from_term else rules.model_fields_set - {"from_term"}
    for where, codes in (
        ("must_stay", rules.must_stay),
        ("must_close", rules.must_close),
        ("hosts", [code for pair in rules.hosts.items() for code in pair]),
    ):
        for code in codes:
            if code not in office.place:
                raise _wrong(where, f"ไม่มีโรงเรียนรหัส {code} ในตารางโรงเรียน", f"no school {code}")
    for school, host in rules.hosts.items():
        where = f"hosts.{school}"
        if host == school:
            raise _wrong(where, "โรงเรียนเป็นโรงเรียนหลักของตัวเองไม่ได้ ระบุโรงเรียนอื่น", "a school cannot be its own host")
        if host in rules.must_close:
            thai = f"โรงเรียนหลัก {host} อยู่ใน must_close ด้วย ระบุโรงเรียนอื่น หรือนำ {host} ออกจาก must_close"
            raise _wrong(where, thai, f"the host {host} must close")
    return rules.model_copy(update={key: value for key, value in usual.items() if key not in said})


def in_effect(rules: Rules) -> list[str]:
    """Return the names of the rules that settled rules do not leave out, in the order of ``LEFT_OUT``."""
    return [name for name, out in LEFT_OUT.items() if getattr(rules, name) != out]


def only(rules: Rules, names: list[str] | set[str]) -> Rules:
    """Return settled rules with all left out but some."""
    return rules.model_copy(update={name: out for name, out in LEFT_OUT.items() if name not in names})


def without(rules: Rules, name: str) -> Rules:
    """Return settled rules with one left out."""
    return rules.model_copy(update={name: LEFT_OUT[name]})


_THAI = {
    ("order", "value_error"): "เป้าหมายหนึ่งเขียนได้ครั้งเดียว",
    ("from_term", "value_error"): "ไม่เข้าใจภาคเรียน เขียนเช่น 1/2570",
    ("order", "too_short"): "ต้องมีเป้าหมายอย่างน้อยหนึ่งข้อ",
    ("seconds", "float_type"): "ต้องเป็นจำนวนวินาที เช่น 60",
    ("seconds", "greater_than"): "ต้องมากกว่า 0 วินาที",
    ("seconds", "less_than_equal"): "ต้องไม่เกิน 86400 วินาที",
}


def _wrong(where: str, thai: str, english: str) -> RulesError:
    return RulesError(f"ไฟล์ {RULES_FILE} ที่ {where}: {thai} แก้ไขแล้วสั่งใหม่", f"{RULES_FILE}, {where}: {english}; mend it.")
