"""People of villages, as the register of the Department of Provincial Administration counts them."""

from __future__ import annotations

import re

import geothai
import pandas as pd

from restructure.intake.bodies import NOTHING
from restructure.intake.codes import plain_code
from restructure.intake.pupils import counted, parse_moo
from restructure.intake.schema import Problem
from restructure.intake.schoolforms import sum_differs, whole_number


def count_people(fields: pd.DataFrame, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Add up the register's people by village: a municipality counts its part of a village by itself."""
    if not {"registrar", "tambon_code", "men", "women", "month"} & set(fields):
        return fields, []
    register = bool({"registrar", "tambon_code"} & set(fields))
    problems: list[Problem] = []
    fields, found = _newest_month(fields, file)
    problems += found
    empty = pd.Series("", fields.index, dtype=object)
    given = fields.get("village_id", empty).map(plain_code)
    tambon = fields.get("tambon_code", empty).map(plain_code).str[:6]
    moo = fields.get("moo", empty).mask(given.str.fullmatch(r"\d{1,2}"), given).map(parse_moo)
    made = (tambon + moo.map("{:02d}".format)).where(tambon.str.fullmatch(r"\d{6}") & (moo > 0), "")
    code = given.where(given.str.fullmatch(r"\d{8}"), made)
    # What is no number of a village at all stays, to be seen.
    code = code.where((code != "") | given.str.fullmatch(r"\d{0,4}"), fields.get("village_id", empty))
    # Sums of a tambon, an amphoe, a registrar; people that no village is written for.
    others = code.str.fullmatch(r"\d{6}00|0+") | (code.eq("") & register)
    problems += counted(
        "total-row", file, fields.index[others], "", "", "แถวรวมของตำบลหรือสำนักทะเบียน หรือผู้ที่ไม่ระบุหมู่บ้าน ไม่ใช่หมู่บ้าน จึงไม่นับ",
        "ไม่ต้องทำอะไร",
    )  # fmt: skip
    fields, code = fields[~others].assign(village_id=code[~others]), code[~others]
    fields = _name_amphoes(fields, code)
    for name in ("men", "women", "population"):
        if name in fields:
            fields[name] = fields[name].mask(fields[name].isin(NOTHING), "")
    halves = [name for name in ("men", "women") if name in fields]
    if len(halves) == 2:
        added = fields[halves].map(whole_number).sum(axis=1, min_count=2)
        texts = added.map(lambda value: "" if pd.isna(value) else str(int(value)))
        given = fields.get("population", empty.loc[fields.index])
        fields = fields.assign(population=given.mask(given == "", texts))
        total = fields["population"].map(whole_number).astype("float64")
        for row in fields.index[total.notna() & added.notna() & (total != added)]:
            problems.append(sum_differs(file, row, "population", "ประชากรรวม", total[row], added[row]))
    several = code[code.duplicated(keep=False)]
    if several.empty or not {"registrar", "population"} <= set(fields):
        return fields, problems  # without registrars the same village twice is an error to be seen, not a sum
    first = fields[~code.duplicated()].copy()
    again = first["village_id"].isin(several)
    for name in {"men", "women", "houses", "population"} & set(fields):
        sums = fields[name].map(whole_number).astype("float64").groupby(code).sum(min_count=1)
        texts = first.loc[again, "village_id"].map(sums)
        first.loc[again, name] = ["" if pd.isna(value) else str(int(value)) for value in texts]
    text = "หมู่บ้านเดียวกันอยู่ในหลายสำนักทะเบียน รวมประชากรให้แล้ว"
    problems += counted("registrars-added", file, several.index, "population", "", text, "ไม่ต้องทำอะไร")
    return first, problems


def _name_amphoes(fields: pd.DataFrame, code: pd.Series) -> pd.DataFrame:
    """Say in which amphoe each village lies: its registrar's name, where that is an amphoe, or the code's own."""
    if "registrar" not in fields or "amphoe" in fields:
        return fields
    said = fields["registrar"].str.extract(r"^(?:สำนักทะเบียน|ท้องถิ่น)?\s*อำเภอ\s*(.+)$")[0]
    by_code = said.groupby(code.str[:4]).first().fillna("").to_dict()
    official = {key: district.name_th for key in by_code if (district := geothai.district(key))}
    return fields.assign(amphoe=code.str[:4].map({**by_code, **official}).astype(object))


def _newest_month(fields: pd.DataFrame, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Keep the newest month of a register (``6912`` is December 2569), so that nobody is counted twice."""
    if "month" not in fields:
        return fields, []
    months = fields["month"].map(plain_code)
    newest = max((m for m in months if re.fullmatch(r"\d{4}|\d{6}", m)), default="")
    older = (months != newest) & months.ne("")
    text = f"ไฟล์มีหลายเดือน ใช้เดือนล่าสุด {newest} ไม่ใช้เดือนอื่น"
    found = counted("older-month", file, fields.index[older], "month", newest, text, "ไม่ต้องทำอะไร")
    return fields[~older], found
