"""Rules of codes and names: villages and tambons against the list, schools' codes of several kinds."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import geopandas as gpd
import pandas as pd

from restructure.checks.telling import Office, warning
from restructure.gazetteer import abolished_tambons, plain_name
from restructure.intake import Problem

#: Codes of schools by their length: the ten-digit one, SMIS, and that of the ministry. None is made from another.
_CODE_KINDS = {10: "10 หลัก", 8: "SMIS 8 หลัก", 6: "6 หลัก (OBEC)"}
_CROSSWALK = "ใช้รหัสชนิดเดียวกันทุกแถว หรือวางตาราง inputs/crosswalk.csv (school_id, smis_id, obec_id) อย่าคิดรหัสจากรหัสอื่น"


def village_codes(office: Office) -> Iterator[Problem]:
    """Doubt codes of villages that are not CCAATTMM or whose tambon is not in the list."""
    if office.tambons is None:
        return
    villages, file = office.tables["villages"], office.files["villages"]
    codes = villages["village_id"]
    odd = codes[~codes.str.fullmatch(r"\d{8}")]
    remedy = "กรอกรหัสหมู่บ้าน 8 หลัก: จังหวัด 2 อำเภอ 2 ตำบล 2 หมู่ 2"
    if len(odd) == len(codes):
        if not codes.str.fullmatch(r"\d+").any():  # an office's own names for its villages, which no list knows
            return
        text = f"รหัสหมู่บ้านทั้ง {len(odd):,} แถวไม่ใช่ 8 หลัก จึงตรวจกับรายชื่อตำบลไม่ได้"
        yield warning(file, odd.index[0], "village-code", "village_id", odd.iloc[0], text, remedy)
        return
    for row, code in odd.items():
        yield warning(file, row, "village-code", "village_id", code, f"รหัสหมู่บ้าน {code} ไม่ใช่ 8 หลัก", remedy)
    codes = codes.drop(odd.index)
    listed = office.tambons["tambon_code"]
    strange = codes[~codes.str[:2].isin(listed.str[:2])]
    if len(strange):
        provinces = ", ".join(sorted(strange.str[:2].unique()))
        yield warning(
            file, strange.index[0], "unknown-province", "village_id", provinces,
            f"ไม่มีจังหวัดรหัส {provinces} ในรายชื่อตำบล จึงไม่ได้ตรวจรหัส {len(strange):,} หมู่บ้าน",
            "ตรวจสองหลักแรกของรหัสหมู่บ้าน หรือวางรายชื่อตำบลของสำนักงานเขตไว้ที่ inputs/tambons.csv",
        )  # fmt: skip
    codes = codes.drop(strange.index)
    abolished = abolished_tambons()
    for row, code in codes[~codes.str[:6].isin(listed)].items():
        tambon = code[:6]
        text, remedy = f"ไม่มีตำบลรหัส {tambon} ของหมู่บ้าน {code} ในรายชื่อตำบล", "ตรวจรหัสหมู่บ้านกับทะเบียนราษฎร"
        if not listed.str.startswith(code[:4]).any():
            text = f"ไม่มีอำเภอรหัส {code[:4]} ของหมู่บ้าน {code} ในรายชื่อตำบล"
        if tambon in abolished:
            old = abolished[tambon]
            text = f"ตำบล{old.name} ({tambon}) ของหมู่บ้าน {code} ถูกยกเลิกแล้วเมื่อ {old.day}"
            if old.successors:
                sure = "" if old.certain else "น่าจะ"
                remedy = f"{sure}ใช้รหัสตำบล {' หรือ '.join(old.successors)} แทน ตรวจรหัสหมู่บ้านกับทะเบียนราษฎร"
        yield warning(file, row, "unknown-tambon", "village_id", code, text, remedy)


def place_names(office: Office) -> Iterator[Problem]:
    """Doubt names of tambon and amphoe that are not those of the village's code, or of no tambon of the province."""
    if office.tambons is None:
        return
    names = _Names(office.tambons)
    villages, schools = office.tables["villages"], office.tables["schools"]
    provinces = {code[:2] for code in villages["village_id"] if code[:6] in names.of_code}
    for table, name, codes in (
        (villages, "villages", villages["village_id"]),
        (schools, "schools", schools.get("village_id")),
    ):
        if not provinces or not {"tambon", "amphoe"} <= set(table):
            continue
        file = office.files[name]
        said = table[(table["tambon"] != "") & (table["amphoe"] != "")]
        swapped = [
            row
            for row, tambon, amphoe in said[["tambon", "amphoe"]].itertuples()
            if not names.has(tambon, amphoe) and names.has(amphoe, tambon)
        ]
        if swapped:
            row = swapped[0]
            yield warning(
                file, row, "swapped-tambon-amphoe", "tambon", f"{table.at[row, 'tambon']} / {table.at[row, 'amphoe']}",
                f"ชื่อตำบลกับชื่ออำเภอสลับช่องกัน {len(swapped):,} แถว", "สลับหัวตารางตำบลกับอำเภอ หรือสลับค่าในแถวที่ผิด",
            )  # fmt: skip
        rest = table.drop(index=swapped)
        for row, tambon, amphoe in rest[["tambon", "amphoe"]].itertuples():
            code = "" if codes is None else codes[row][:6]
            if code in names.of_code:
                yield from _compare(file, row, code, tambon, amphoe, names)
            elif tambon and amphoe and not (codes is not None and codes[row]) and not names.has(tambon, amphoe):
                yield warning(
                    file, row, "unknown-tambon", "tambon", f"{tambon} / {amphoe}",
                    f"ไม่มีตำบล{plain_name(tambon)} อำเภอ{plain_name(amphoe)} ในรายชื่อตำบล"
                    f"{names.near(tambon, amphoe, provinces)}",
                    "แก้ชื่อตำบลหรืออำเภอให้ตรงกับทะเบียน",
                )  # fmt: skip


def _compare(file: str, row: int, code: str, tambon: str, amphoe: str, names: _Names) -> Iterator[Problem]:
    right, right_amphoe = names.of_code[code]
    for column, thai, given, same, expected in (
        ("tambon", "ตำบล", tambon, plain_name(tambon) == right, f"{right} ({code})"),
        ("amphoe", "อำเภอ", amphoe, plain_name(amphoe) in names.of_amphoe(code[:4]), f"{right_amphoe} ({code[:4]})"),
    ):
        if given and not same:
            yield warning(
                file, row, "name-not-of-code", column, given,
                f"{thai} “{given}” ไม่ตรงกับรหัสหมู่บ้าน ซึ่งเป็นของ{thai}{expected}",
                "แก้ชื่อ หรือแก้รหัสหมู่บ้านถ้ารหัสผิด",
            )  # fmt: skip


class _Names:
    """The list of tambons by name and by code; names without ตำบล, อำเภอ and spaces."""

    def __init__(self, tambons: gpd.GeoDataFrame) -> None:
        columns = (tambons[name] for name in ("tambon_code", "tambon", "amphoe"))
        self.of_code = {code: (plain_name(t), plain_name(a)) for code, t, a in zip(*columns, strict=True)}
        self.amphoe = {code[:4]: amphoe for code, (_, amphoe) in self.of_code.items()}
        self.pairs = {(tambon, word) for code, (tambon, _) in self.of_code.items() for word in self.of_amphoe(code[:4])}

    def of_amphoe(self, code: str) -> set[str]:
        """Return what an amphoe is called: the capital one also เมือง alone."""
        name = self.amphoe[code]
        return {name, "เมือง"} if code.endswith("01") and name.startswith("เมือง") else {name}

    def has(self, tambon: str, amphoe: str) -> bool:
        return (plain_name(tambon), plain_name(amphoe)) in self.pairs

    def near(self, tambon: str, amphoe: str, provinces: set[str]) -> str:
        """Return a hint: the names of the provinces that may be meant."""
        pairs = {
            name: pair for code, pair in self.of_code.items() if code[:2] in provinces for name in [" ".join(pair)]
        }
        found = difflib.get_close_matches(f"{plain_name(tambon)} {plain_name(amphoe)}", sorted(pairs), 1, 0.6)
        return f" หมายถึงตำบล{pairs[found[0]][0]} อำเภอ{pairs[found[0]][1]} หรือไม่" if found else ""


def tambon_of_schools(schools: pd.DataFrame, tambons: gpd.GeoDataFrame) -> pd.Series:
    """Return the code of the tambon that each school says it is in, empty where that is not known.

    By the code of its village, else by the names of tambon and amphoe where only one tambon of the list has them. The
    code of a school says nothing: the first four digits of SMIS are an office, not a district.
    """
    empty = pd.Series("", index=schools.index)
    code = schools.get("village_id", empty).str[:6]
    code = code.where(code.isin(tambons["tambon_code"]), "")
    if not {"tambon", "amphoe"} <= set(schools):
        return code
    listed = tambons["tambon"].map(plain_name) + " " + tambons["amphoe"].map(plain_name)
    unique = ~listed.duplicated(keep=False)
    of_name = dict(zip(listed[unique], tambons.loc[unique, "tambon_code"], strict=True))
    named = (schools["tambon"].map(plain_name) + " " + schools["amphoe"].map(plain_name)).map(of_name).fillna("")
    return code.where(code != "", named)


def repeated_names(office: Office) -> Iterator[Problem]:
    """Doubt a school that is in its tambon twice; say how many villages only their code tells apart."""
    schools, villages = office.tables["schools"], office.tables["villages"]
    names = schools["name"].str.replace(" ", "").str.removeprefix("โรงเรียน")
    key = names + "|" + schools["tambon"] + "|" + schools["amphoe"]
    said = (names != "") & (schools["tambon"] != "")
    first = pd.Series(schools.index, index=schools.index).groupby(key).transform("first")
    for row in schools.index[said & key.duplicated()]:
        yield warning(
            office.files["schools"], row, "repeated-name", "name", schools.at[row, "name"],
            f"โรงเรียน {schools.at[row, 'name']} มีชื่อและตำบลตรงกับแถว {first[row]} แต่รหัสต่างกัน",
            "ถ้าเป็นโรงเรียนเดียวกันให้เหลือรหัสเดียว",
        )  # fmt: skip
    coded = villages[villages["village_id"].str.fullmatch(r"\d{8}") & (villages["name"] != "")]
    key = coded["village_id"].str[:6] + coded["name"].str.replace(" ", "").str.removeprefix("บ้าน")
    alike = coded[key.duplicated(keep=False)]
    if len(alike):
        yield warning(
            office.files["villages"], alike.index[0], "repeated-name", "name", alike["name"].iloc[0],
            f"หมู่บ้าน {len(alike):,} แห่งมีชื่อตรงกับหมู่บ้านอื่นในตำบลเดียวกัน ชื่อเพียงอย่างเดียวจึงบอกไม่ได้ว่าหมู่ใด",
            "ใช้รหัสหมู่บ้านหรือหมู่ที่ ไม่ใช้ชื่อ ในตารางนักเรียน",
        )  # fmt: skip


def school_codes(office: Office) -> Iterator[Problem]:
    """Doubt school codes of another kind than the office's, and those made by putting 10 before SMIS."""
    schools, files = office.tables["schools"], office.files
    kinds = _kinds(schools["school_id"])
    usual = kinds[kinds != ""].mode()
    if usual.empty:
        return
    for name in ("schools", "students", "mergers", "enrolment", "payments", "totals"):
        for column in ("school_id", "host_id", "from_school_id"):
            if name not in office.tables or column not in office.tables[name]:
                continue
            codes = office.tables[name][column]
            if name != "schools":
                codes = codes[~codes.isin(schools["school_id"])]
            others = _kinds(codes)
            others = others[(others != "") & (others != usual[0])]
            for kind, rows in others.groupby(others, sort=True):
                yield warning(
                    files[name], rows.index[0], "code-kind", column, codes[rows.index[0]],
                    f"รหัสโรงเรียน {len(rows):,} แถวเป็นรหัส {kind} แต่ {files['schools']} ใช้รหัส {usual[0]}", _CROSSWALK,
                )  # fmt: skip
    yield from _made_codes(office)


def _kinds(codes: pd.Series) -> pd.Series:
    """Return the kind of each code, empty where it is none of those known."""
    return codes.str.len().map(_CODE_KINDS).where(codes.str.fullmatch(r"\d+"), "").fillna("")


def _made_codes(office: Office) -> Iterator[Problem]:
    """Name ten-digit codes that are 10 and SMIS: the true one is 10, province and the ministry's six digits."""
    schools = office.tables["schools"]
    smis = {code for code in schools.get("smis_id", []) if len(code) == 8}
    if "crosswalk" in office.tables:
        smis |= {code for code in office.tables["crosswalk"]["smis_id"] if len(code) == 8}
    ten = schools.loc[schools["school_id"].str.fullmatch(r"10\d{8}"), "school_id"]
    made = ten.str[2:].isin(smis)
    # An office's SMIS codes share four digits, which the other codes of its schools have not in that place.
    alike = ten.str[2:6].isin({code[:4] for code in smis})
    if alike.mean() < 0.5:
        made |= alike
    for row, code in ten[made].items():
        yield warning(
            office.files["schools"], row, "code-kind", "school_id", code,
            f"รหัส {code} คล้าย 10 ต่อด้วยรหัส SMIS {code[2:]} ไม่ใช่รหัส 10 หลักของโรงเรียน", _CROSSWALK,
        )  # fmt: skip


def smis_as_village(office: Office) -> Iterator[Problem]:
    """Doubt a school whose own SMIS code, of eight digits too, stands where its village's code belongs."""
    schools = office.tables["schools"]
    if not {"village_id", "smis_id"} <= set(schools):
        return
    for row, code in schools.loc[schools["village_id"] == schools["smis_id"], "village_id"].items():
        if code:
            yield warning(
                office.files["schools"], row, "village-code", "village_id", code,
                f"รหัสหมู่บ้านที่ตั้ง {code} คือรหัส SMIS ของโรงเรียนเอง", "กรอกรหัสหมู่บ้าน 8 หลัก หรือเว้นว่าง",
            )  # fmt: skip
