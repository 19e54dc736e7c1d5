"""Pupils of a register without their persons: keys that hide their numbers, villages from their addresses."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import tempfile
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import geothai
import pandas as pd

from restructure._errors import DataError
from restructure.intake.schema import Problem
from restructure.thai import arabic_digits, thai_rows

#: Stands in a problem for what must not be said.
HIDDEN = "(ปกปิด)"
SALT_FILE = "pupil-keys.salt"
_SALT_BYTES = 32
#: A citizen number, or the number that schools are given for a child without one: G and twelve digits.
_NATIONAL = re.compile(r"\d{13}|G\d{12}")
#: What people and programs write between the digits of a number and around it: spaces, dashes, ``'`` and ``="…"``.
_AROUND_DIGITS = re.compile("[\\s\u200b-\u200f\u2060\ufeff'’‘`\"=–—−-]")
#: A key that tells of nobody: one of ours, or an office's own of at most eight digits and no word, such as ``k1`` or
#: ``ST-00012``. G before digits is how schools number children without citizenship.
_TELLS_NOTHING = re.compile(r"P[0-9A-F]{16}|(?!G\d)(?=.*\d)(?!(?:.*\d){9})(?!.*[A-Z]{4})[A-Z0-9._/]+")
_SCIENTIFIC = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")
_ADDRESS = ("moo", "village_name", "tambon", "amphoe", "province")
#: What stands before a place's name; a single letter only with its dot: many a name begins with it.
_PLACE_PREFIX = re.compile(r"^(ตำบล|แขวง|กิ่งอำเภอ|กิ่งอ\.|อำเภอ|เขต|จังหวัด|ต\.|อ\.|จ\.)(?=.)")
_VILLAGE_PREFIX = re.compile(r"^(หมู่บ้าน|บ้าน|บ\.)(?=.)")
_MOO = re.compile(r"(?:หมู่บ้านที่|หมู่ที่|หมู่|(?<![ก-๙])ม\.?|\bmoo\.?)\s*(\d{1,3})(?!\d)", re.IGNORECASE)
#: A number that stands alone or before a village's name; before a road or a lane it is a house's.
_MOO_ALONE = re.compile(r"(?!.*(?:ถนน|ถ\.|ซอย|ซ\.))(\d{1,3})(?:\.0+)?(?!\s*/)[^\d/]*")


# -- keys ----
def read_salt(folder: Path) -> bytes:
    """Return the secret that pupils' keys of a cycle folder are made with; it is drawn when first asked for.

    The file is readable by its owner only, and once there it is never written again: with another secret every pupil
    would get another key.

    Raises
    ------
    DataError
        When the file cannot be written, or does not hold what was written.
    """
    path = folder / SALT_FILE
    try:
        if not path.exists():
            _write_once(path, secrets.token_bytes(_SALT_BYTES).hex() + "\n")
        text = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not text"
        raise DataError(
            f"อ่านหรือสร้างไฟล์ {SALT_FILE} ไม่ได้ จึงสร้างรหัสอ้างอิงนักเรียนไม่ได้: ตรวจสิทธิ์ของโฟลเดอร์รอบปีและพื้นที่ว่างของดิสก์",
            f"{SALT_FILE} can be neither read nor made ({reason}); check the folder's permissions and free space.",
        ) from None
    if not re.fullmatch(rf"[0-9a-f]{{{2 * _SALT_BYTES}}}", text):
        raise DataError(
            f"ไฟล์ {SALT_FILE} ไม่สมบูรณ์: นำสำเนาเดิมกลับมา หรือลบไฟล์หากยอมให้รหัสอ้างอิงนักเรียนทุกคนเปลี่ยน",
            f"{SALT_FILE} is damaged; restore its copy, or delete it if every pupil's key may change.",
        )
    return bytes.fromhex(text)


def _write_once(path: Path, text: str) -> None:
    """Write a file whole and for its owner only, unless another run has made it meanwhile."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner only
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a renaming, it never replaces what is there
        except FileExistsError:
            pass
        except OSError:  # a disk that knows no links, such as a memory stick
            if not path.exists():
                draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def pupil_key(salt: bytes, number: str) -> str:
    """Return the key that stands for a pupil: ``p`` and 16 hexadecimal digits, the same for the same secret."""
    return "p" + hmac.digest(salt, number.encode(), "sha256").hex()[:16]


def pupil_keys(fields: pd.DataFrame, salt: Callable[[], bytes], file: str) -> tuple[pd.Series, list[Problem]]:
    """Return a key for each pupil of a register.

    Parameters
    ----------
    fields
        Texts, of the columns ``national_id``, ``student_code`` and ``school_id`` those that the file has. A pupil whose
        national number cannot be used gets a key from the number within the school.
    salt
        Returns the secret; asked only where there is a number to hide.
    file
        The file as messages should name it.

    Returns
    -------
    Series
        Empty where there is nothing to make a key from.
    list of Problem
        Numbers that a spreadsheet has destroyed, and others that are none; counted, never shown.
    """
    empty = pd.Series("", index=fields.index, dtype=object)
    numbers = fields.get("national_id", empty)
    spelled = {text: _spelled(text) for text in numbers.unique()}
    whole = numbers.map({text: number if _NATIONAL.fullmatch(number) else "" for text, number in spelled.items()})
    lost = numbers.map({text: bool(_SCIENTIFIC.fullmatch(number)) for text, number in spelled.items()}).astype(bool)
    other = (whole == "") & ~lost & ~numbers.isin(["", "-", "–"])
    codes = fields.get("student_code", empty).replace({"-": "", "–": ""})
    within = (fields.get("school_id", empty) + "/" + codes).where(codes != "", "")
    named = whole.where(whole != "", within)
    secret = salt() if (named != "").any() else b""
    keys = named.map({text: pupil_key(secret, text) if text else "" for text in named.unique()}).astype(object)
    problems = []
    for rows, rule, text, remedy in (
        (
            lost, "number-lost", "เลขประจำตัวประชาชนถูก Excel เปลี่ยนเป็นเลขยกกำลัง ตัวเลขท้ายหายไปแล้ว",
            "ส่งออกจาก DMC ใหม่โดยไม่เปิดแล้วบันทึกด้วย Excel หรือตั้งคอลัมน์เป็นข้อความ",
        ),
        (other, "number-odd", "เลขประจำตัวประชาชนไม่ครบ 13 หลัก", "ตรวจกับทะเบียนนักเรียน"),
    ):  # fmt: skip
        text += " รหัสอ้างอิงจึงสร้างจากรหัสนักเรียนของโรงเรียน ถ้ามี นักเรียนยังนับอยู่"
        problems += counted(rule, file, fields.index[rows], "national_id", HIDDEN, text, remedy)
    return keys, problems


def hide_keys(keys: pd.Series, salt: Callable[[], bytes], file: str) -> tuple[pd.Series, list[Problem]]:
    """Return an office's own keys of pupils, those that may tell who a child is replaced by ours.

    A key stays as the office has it where it is one of ours, or has digits, at most eight, and of letters only Latin
    ones, not four in a row: too short for a telephone or a citizen number, and no name. All else is replaced, the same
    number or name by the same key however it is written; a citizen number by the key that :func:`pupil_keys` gives it.

    Parameters
    ----------
    keys
        Texts as the file has them.
    salt, file
        As for :func:`pupil_keys`.

    Returns
    -------
    Series
        Numbers that a spreadsheet has destroyed stay, to be refused: they would be one key for many children.
    list of Problem
        What was replaced; counted, never shown.
    """
    spelled = {text: _spelled(text) for text in keys.unique()}
    told = {
        text: number
        for text, number in spelled.items()
        if number and not _TELLS_NOTHING.fullmatch(number) and not _SCIENTIFIC.fullmatch(number)
    }
    if not told:
        return keys, []
    secret = salt()
    national = {text for text, number in told.items() if _NATIONAL.fullmatch(number)}
    problems = []
    for rule, texts, message in (
        ("citizen-number", national, "รหัสมี 13 หลักเหมือนเลขประจำตัวประชาชน แทนด้วยรหัสอ้างอิงแล้ว"),
        ("telling-key", set(told) - national, "รหัสอาจเป็นชื่อ เบอร์โทรศัพท์ หรือเลขประจำตัวของนักเรียน แทนด้วยรหัสอ้างอิงแล้ว"),
    ):
        rows = keys.index[keys.isin(texts)]
        problems += counted(rule, file, rows, "student_key", HIDDEN, message, "ใช้รหัสอ้างอิงอื่นแทน หรือปล่อยไว้")
    instead = {text: pupil_key(secret, told[text]) if text in told else text for text in spelled}
    return keys.map(instead).astype(object), problems


def _spelled(number: str) -> str:
    """Return a number as numbers compare: 0–9, capitals, without what stands between and around its digits."""
    return _AROUND_DIGITS.sub("", arabic_digits(number)).removesuffix(".0").upper()


# -- where pupils live ----
def find_villages(fields: pd.DataFrame, villages: pd.DataFrame, file: str) -> tuple[pd.Series, list[Problem]]:
    """Return the village of each pupil by the address: tambon, amphoe and moo, else the village's name in the tambon.

    Where moo and name are of different villages the moo counts: it is the number of the registered address, while
    people go on to call a place by the name of the village that theirs was split from, or of a hamlet. Where the moo is
    no village's the name counts. Either is told. A name that is no village's says nothing against the moo.

    Parameters
    ----------
    fields
        Texts, of the columns ``moo``, ``village_name``, ``tambon``, ``amphoe``, ``province`` and the same of the house
        registration (``reg_moo``, …) those that the file has. The registered address counts where the present one is
        empty.
    villages
        Texts: ``village_id`` (CCAATTMM) and ``name``; where ``tambon`` and ``amphoe`` are absent, the official names of
        the code stand for them.
    file
        The file as messages should name it.

    Returns
    -------
    Series
        ``village_id``; empty where the address is empty, not in ``villages``, or fits several of them.
    list of Problem
        Warnings, one for each place that could not be found or is doubtful, without house numbers or names of persons.
    """
    address = pd.DataFrame({name: fields.get(name, "") for name in _ADDRESS}, index=fields.index, dtype=object)
    registered = pd.DataFrame({name: fields.get(f"reg_{name}", "") for name in _ADDRESS}, fields.index, dtype=object)
    address, registered = address.replace({"-": "", "–": ""}), registered.replace({"-": "", "–": ""})
    silent = (address[["moo", "village_name", "tambon"]] == "").all(axis=1)
    instead = silent & (registered["tambon"] != "")
    address = address.mask(instead, registered)
    known = _Villages(villages)
    found = {texts: known.find(*texts) for texts in set(address.itertuples(index=False, name=None))}
    answers = [found[texts] for texts in address.itertuples(index=False, name=None)]
    codes = pd.Series([answer.code for answer in answers], index=fields.index, dtype=object)
    told = pd.Series([answer[1:] for answer in answers], index=fields.index, dtype=object)
    problems = counted(
        "registered-address", file, fields.index[instead], "reg_tambon", "",
        "ไม่มีที่อยู่ปัจจุบัน จึงใช้ที่อยู่ตามทะเบียนบ้าน", "กรอกที่อยู่ปัจจุบันใน DMC หากไม่ตรงกับทะเบียนบ้าน",
    )  # fmt: skip
    for (rule, place, choice), rows in fields.index.to_series().groupby(told):
        if rule:
            text, remedy = _TOLD[rule]
            shown = HIDDEN if rule == "address-odd" else place
            problems += counted(rule, file, rows, "village_id", shown, text.format(place=place, choice=choice), remedy)
    return codes, problems


class _Answer(NamedTuple):
    """The code of a village, the rule that tells of it, the place as a message may name it, and what was chosen why."""

    code: str
    rule: str = ""
    place: str = ""
    choice: str = ""


_TOLD = {
    "no-address": (
        "ไม่มีที่อยู่พอจะหาหมู่บ้าน นักเรียนยังนับอยู่แต่วัดระยะทางไม่ได้", "กรอกหมู่ที่ ตำบล และอำเภอของที่อยู่ปัจจุบันใน DMC"
    ),
    "village-unknown": (
        "ไม่พบ {place} ในตารางหมู่บ้าน นักเรียนยังนับอยู่แต่วัดระยะทางไม่ได้", "ตรวจหมู่ที่ในต้นฉบับ หรือเพิ่มหมู่บ้านนี้ในตารางหมู่บ้าน"
    ),
    "village-elsewhere": (
        "{place} อยู่นอกตารางหมู่บ้านของสำนักงานเขต นักเรียนยังนับอยู่แต่วัดระยะทางไม่ได้",
        "ถ้านักเรียนเดินทางจากที่นั่นจริง ให้เพิ่มหมู่บ้านนี้ในตารางหมู่บ้าน",
    ),
    "village-ambiguous": (
        "{place} ตรงกับหลายหมู่บ้านในตารางหมู่บ้าน จึงไม่เลือกให้", "เติมอำเภอหรือหมู่ที่ในต้นฉบับ หรือลบแถวที่ซ้ำในตารางหมู่บ้าน"
    ),
    "village-doubtful": ("{place} {choice}", "ตรวจหมู่ที่และชื่อหมู่บ้านของแถวเหล่านี้ในต้นฉบับ"),
    "address-odd": (
        "ชื่อตำบลไม่มีในประเทศไทย อาจเลื่อนช่องหรือสะกดผิด นักเรียนยังนับอยู่แต่วัดระยะทางไม่ได้", "ตรวจช่องตำบลของแถวเหล่านี้ในต้นฉบับ"
    ),
}  # fmt: skip


class _Villages:
    """The office's villages by the words of an address."""

    def __init__(self, villages: pd.DataFrame) -> None:
        self.tambons: dict[str, str] = {}
        #: By tambon's key: code, amphoe's key, moo and key of the village's name.
        self.within: dict[str, set[tuple[str, str, int, str]]] = {}
        self.names: dict[str, str] = {}
        table = villages.reindex(columns=["village_id", "name", "tambon", "amphoe"], fill_value="").fillna("")
        for text, name, tambon, amphoe in table.itertuples(index=False, name=None):
            code = arabic_digits(str(text)).strip().removesuffix(".0")
            moo = int(code[6:]) if re.fullmatch(r"\d{8}", code) else 0
            self.names[code] = f"{' '.join(str(name).split())} ({code})".strip()
            official, district = geothai.subdistrict(code[:6]), geothai.district(code[:4])
            spellings = [(tambon, amphoe)]
            if official and district:
                spellings.append((official.name_th, district.name_th))
            for place, where in spellings:
                if place:
                    self.tambons.setdefault(place_key(place), _bare(place))
                    entry = (code, place_key(where), moo, village_key(name))
                    self.within.setdefault(place_key(place), set()).add(entry)

    def find(self, moo: str, name: str, tambon: str, amphoe: str, province: str) -> _Answer:
        """Return the village of an address."""
        number, called, place = parse_moo(moo), village_key(name), place_key(tambon)
        if not place:
            return _Answer("", "no-address")
        if place not in self.tambons and place not in _tambon_keys():
            return _Answer("", "address-odd")
        spelled = f"ตำบล{self.tambons.get(place) or _bare(tambon)}"
        if number:
            spelled = f"หมู่ {number} {spelled}"
        here = [entry for entry in self.within.get(place, ()) if _fits(entry[0], entry[1], amphoe, province)]
        if not here:
            return _Answer("", "village-elsewhere", spelled)
        by_moo = {code for code, _, its_moo, _ in here if number and its_moo == number}
        by_name = {code for code, _, _, its_name in here if called and its_name == called}
        fitting = by_moo & by_name or by_moo or by_name
        if len(fitting) > 1:
            return _Answer("", "village-ambiguous", spelled)
        if not fitting:
            return _Answer("", "village-unknown", spelled) if number or called else _Answer("", "no-address")
        (code,) = fitting
        if not number or not by_name or by_moo & by_name:
            return _Answer(code)
        others = ", ".join(self.names[other] for other in sorted(by_name))
        choice = f"คือ {self.names[code]} แต่ชื่อหมู่บ้านในที่อยู่เป็นของ {others} จึงใช้หมู่บ้านตามหมู่ที่"
        if not by_moo:
            choice = f"ไม่มีในตารางหมู่บ้าน แต่ชื่อหมู่บ้านในที่อยู่ตรงกับ {others} จึงใช้หมู่บ้านตามชื่อ"
        return _Answer(code, "village-doubtful", spelled, choice)


def _bare(place: str) -> str:
    return _PLACE_PREFIX.sub("", " ".join(place.split()))


def _fits(code: str, where: str, amphoe: str, province: str) -> bool:
    """Tell whether a village may lie in the amphoe and province of an address, as far as either says one."""
    wanted = place_key(amphoe)
    if wanted and where and wanted != where:
        # The capital's amphoe is often named without its province.
        shorter, longer = sorted((wanted, where), key=len)
        if shorter != "เมือง" or not longer.startswith("เมือง"):
            return False
    official, said = geothai.province(code[:2]), place_key(province)
    return not official or not said or said == place_key(official.name_th)


@cache
def _tambon_keys() -> frozenset[str]:
    """Return every tambon's name: only such a word may be shown of an address that is not the office's."""
    districts = (d for p in geothai.provinces() for d in geothai.districts(p.code))
    return frozenset(place_key(s.name_th) for d in districts for s in geothai.subdistricts(d.code))


@lru_cache(maxsize=20_000)
def place_key(text: str) -> str:
    """Return the name of a tambon, amphoe or province without what people write before it, spaces and dots."""
    return _PLACE_PREFIX.sub("", _plain(text)).replace(".", "")


@lru_cache(maxsize=20_000)
def village_key(text: str) -> str:
    """Return a village's name without ``บ้าน``, spaces and a moo behind it."""
    return _VILLAGE_PREFIX.sub("", re.sub(r"(หมู่ที่|หมู่|ม\.)\d+$", "", _plain(text)))


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", arabic_digits(str(text))).replace("\u0e4d\u0e32", "\u0e33")
    return re.sub(r"[\s\u200b-\u200f\ufeff]+", "", text.replace("เเ", "แ")).lower()


@lru_cache(maxsize=20_000)
def parse_moo(text: str) -> int:
    """Return the number of a village within its tambon; 0 where the text holds none, or several.

    It is the number behind หมู่, หมู่ที่ or ม., wherever that stands, else a number alone: that of a house (``2/15``, or
    before หมู่) is none.
    """
    text = arabic_digits(str(text)).strip()
    numbers = {int(number) for number in _MOO.findall(text)}
    if not numbers and (alone := _MOO_ALONE.fullmatch(text)):
        numbers = {int(alone[1])}
    return numbers.pop() if len(numbers) == 1 else 0


# -- problems ----
def counted(
    rule: str, file: str, rows: Iterable[Any], column: str, value: str, text: str, remedy: str
) -> list[Problem]:
    """Return one warning for all rows of a kind, at the first of them; none where there are no rows."""
    numbers = sorted({int(row) for row in rows})
    if not numbers:
        return []
    if len(numbers) > 1:
        text += f" รวม {thai_rows(numbers)}"
    return [Problem("warning", rule, file, numbers[0], column, value, text, remedy)]
