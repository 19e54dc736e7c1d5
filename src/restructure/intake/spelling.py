"""Heads of tables in a normal form, and how near two of them are.

Three forms, each losing more than the one before: the **key** (ways of typing, marks, units and requests to fill in are
gone), the **plain** form (words that say nothing are gone, English words are in one spelling and in alphabetical order)
and the **fold** (tone marks are gone and letters that sound alike are one). What is still unlike may be a slip.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

#: A longer text is a value, a title or a note.
LONGEST_HEAD = 120

_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_TONES = "\u0e48-\u0e4b"
_OTHER_DIGITS = re.compile(r"[^\D0-9]")
_TYPING = [
    (re.compile("เเ"), "แ"),
    (re.compile(f"([{_TONES}])([\u0e31\u0e34-\u0e3a\u0e4d])"), r"\2\1"),  # a tone mark typed before the vowel below it
    (re.compile(f"\u0e4d([{_TONES}]?)\u0e32"), "\\1\u0e33"),  # nikhahit and sara aa, as some keyboards type sara am
    (re.compile(f"\u0e33([{_TONES}])"), "\\1\u0e33"),
    (re.compile(f"([{_MARKS}])\\1+"), r"\1"),
]
#: Abbreviation of a word, alone or after words that it often follows: elsewhere the letters may be part of a word.
_ABBREVIATIONS = [
    (re.compile(r"(?<![ก-๙])ร\.?\s?ร(?:\s*\.|(?![ก-๙])|(?=หลัก|เดิม|มารวม|มาเรียน|สาขา|ที่))"), "โรงเรียน"),
    (re.compile(r"(ชื่อ|รหัส|จำนวน|ถึง|สถานะ|ตำบล|อำเภอ)\s*รร(?:\s*\.|(?![ก-๙]))"), r"\1โรงเรียน"),
    (re.compile(r"(?<![ก-๙])น\.?\s?ร(?:\s*\.|(?![ก-๙])|(?=ชาย|หญิง|รวม|ทั้ง))"), "นักเรียน"),
    (re.compile(r"(จำนวน|รหัส|ประจำตัว|รวม|ยอด|จน)\s*นร(?:\s*\.|(?![ก-๙])|(?=ชาย|หญิง|รวม|ทั้ง))"), r"\1นักเรียน"),
    (re.compile(r"(?<![ก-๙])จน(?:\s*\.|(?=\s|นัก|ห้อง|ครู|คน|โรง|ประ))"), "จำนวน"),
    (re.compile(r"(?<![ก-๙.])ต\s*\.(?=\s*[^\s\d.])"), "ตำบล"),
    (re.compile(r"(?<![ก-๙.])อ\s*\.(?=\s*[^\s\d.])"), "อำเภอ"),
    (re.compile(r"(?<![ก-๙.])จ\s*\.(?=\s*[^\s\d.])"), "จังหวัด"),
    (re.compile(r"(?<![ก-๙])ลต(?:\s*\.|(?![ก-๙]))"), "เลือกตั้ง"),
    (re.compile(r"ปชก\s*\.?"), "ประชากร"),
    (re.compile(r"ปชช\s*\.?"), "ประชาชน"),
    (re.compile(r"ผปค\s*\.?"), "ผู้ปกครอง"),
    (re.compile(r"(?<![ก-๙])มบ\s*\."), "หมู่บ้าน"),
]
_UNITS = (
    r"(?:หน่วย\s*:?\s*(?:เป็น\s*)?)?(?:ก\s*\.?\s*ม|กิโลเมตร|กิโล|เมตร|ม|นาที|คน|ราย|ห้อง|บาท|หลัง|หลังคาเรือน|แห่ง|องศา|องศาทศนิยม|ปี|พ\s*\.?\s*ศ"
    r"|kms?|kilomet(?:er|re)s?|m|met(?:er|re)s?|minutes?|min|persons?|people|rooms?|baht|thb|degrees?|deg|dd"
    r"|decimal(?: degrees?)?|wgs\s*-?\s*84)\s*\.?"
)
_ASIDES = (
    r"ต้องกรอก|ไม่ต้องกรอก|จำเป็น[^)]*|บังคับ[^)]*|required|optional|ถ้ามี|ถ้าทราบ|โปรด[^)]*|กรุณา[^)]*|ระบุ|ตัวเลข|ตัวอักษร|ข้อความ"
    r"|(?:(?:ตาม|จาก|ใน)?(?:ระบบ|ข้อมูล)?\s*)?dmc|เช่น[^)]*|ตัวอย่าง[^)]*|e\.?g\b[^)]*|ภาษาไทย|ไทย|thai|th|\*+"
    r"|(?:ไม่มี|ไม่ใส่|เป็น|มี)?(?:จุด)?ทศนิยม[^)]*|จำนวนเต็ม|[วดป/.\- ]+|[dmy/.\- ]+"
)
_IN_BRACKETS = re.compile(rf"[(\[{{]\s*(?:{_UNITS}|{_ASIDES})\s*[)\]}}]")
#: Values as an example or to choose from: “(1 หรือ 2)”, “(25xx)”. A lone 6, 8, 10 or 13 is how long a code is, and a
#: lone “2568” is of which year the column is.
_ERA = r"(?:พ\s?\.?\s?ศ\s?\.?\s*)?"
_A_VALUE = rf"{_ERA}\d[\dx]*(?:\.[\dx]*)*"
_VALUES = re.compile(
    rf"[(\[{{]\s*(?!{_ERA}(?:6|8|10|13|\d{{3,}})\s*[)\]}}]){_A_VALUE}"
    rf"(?:\s*(?:หรือ|ถึง|และ|or|to|and|[,/|\-–])\s*{_A_VALUE})*\s*[)\]}}]"
)
#: A code as an example says how long it is.
_CODE_VALUE = re.compile(r"[(\[{]\s*(\d[\dx]{5,12})\s*[)\]}]")
_UNIT_BEHIND = re.compile(
    r"(?<=[^\s_,:\-])[\s_,:\-]+(?:กม|กิโลเมตร|เมตร|คน|ราย|บาท|หลัง|km|kilomet(?:er|re)s?|met(?:er|re)s?|persons?|baht|thb|dd)\.?$"
)
_NUMBERING = re.compile(r"^\s*\(?\d{1,2}(?:\.\d{1,2})?[.)]\s*(?=[^\d\s])")
_ASKING = re.compile("(?:จำเป็น)?ต้องกรอก|(?:กรุณา|โปรด|ให้)(?:กรอก|ระบุ)|^(?:ระบุ|กรอก)|ระบุ$|(?:นะ)?(?:คะ|ค่ะ|ครับ)$")
_NO_LETTERS = re.compile(rf"(?:[^\w{_MARKS}]|_)+")
_EMPTY_WORDS = re.compile("ของ|ที่(?<!หมู่ที่(?=บ้าน))|ตาม|ข้อมูล|^การ")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBER_OF = re.compile(r"(?:total )?(?:number|num|no|nbr|amount|count)\.? of\b|^# ?(?:of\b)?|^(?:num|nbr|n) (?=\w)")
_DIGITS_LONG = re.compile(r"(?<=\d)(?:หลัก|ตัว|digits?)")
#: Thai words that say the same in a head.
_SAME = [
    (re.compile(words), word)
    for words, word in (
        ("สถานศึกษา", "โรงเรียน"),
        ("ผู้เรียน|เด็กนักเรียน", "นักเรียน"),
        ("ราษฎร|พลเมือง", "ประชากร"),
        ("ห้องเรียน", "ห้อง"),
        ("ระดับชั้นเรียน|ระดับชั้น|ชั้นเรียน", "ชั้น"),
        ("ระยะห่าง", "ระยะทาง"),
        ("เลขรหัส|รหัสประจำ(?!ตัว|บ้าน)", "รหัส"),
        ("หมายเลข|เลขที่", "เลข"),
        ("หลังคาเรือน", "ครัวเรือน"),
        ("วิธีการ", "วิธี"),
        ("ภาคการศึกษา", "ภาคเรียน"),
        ("ยอดเงิน|จำนวนเงิน", "เงิน"),
        ("งบประมาณ", "งบ"),
        ("ทั้งสิ้น", "ทั้งหมด"),
        ("สถานภาพ", "สถานะ"),
        ("(?:ที่)?ใช้(?:งาน|สอน|การ)?ได้(?:จริง)?", "ใช้ได้"),
    )
]
_SUB_DISTRICT = re.compile(r"sub[\s_-]+district")
_STOP_WORDS = {"of", "the", "for", "and", "th", "thai", "is", "are"}
_ENGLISH = {
    spelling: word
    for word, spellings in {
        "school": "sch schl",
        "pupil": "student stu std stud stdnt learner",
        "id": "code cd",
        "no": "number num nbr nr",
        "count": "cnt qty quantity",
        "name": "nm",
        "tambon": "tambol tumbon subdistrict",
        "amphoe": "amphur amphor ampur amper aumphur district",
        "province": "changwat jangwat prov",
        "village": "vill mooban muban moobaan",
        "moo": "mu muu",
        "lat": "latitude",
        "lon": "longitude long lng longtitude longitute",
        "room": "classroom",
        "coord": "coordinate",
        "male": "boy men man",
        "female": "girl women woman",
        "population": "pop",
        "enrolment": "enrollment",
        "metre": "meter",
        "kind": "type",
        "programme": "program",
        "centroid": "center centre",
        "class": "classe",
    }.items()
    for spelling in spellings.split()
}
_ALIKE = str.maketrans("ศษณฎฏฐฑฒธภฬญฆฅฃิึืูใ", "สสนดตถทททพลยคคขีีีุไ", "่้๊๋็์ฺํ๎ๆฯะ")


#: Letters that are alike between two slips.
_APART = 3


class Forms(NamedTuple):
    """A head in its three forms."""

    key: str
    plain: str
    fold: str


def head_key(text: str) -> str:
    """Return the normal form of a head: letters and digits only, without units, numbering and requests to fill in.

    Two heads with the same key are the same head. The key of a key is the key itself.
    """
    text = text[:LONGEST_HEAD]
    while (key := _shortened(text)) != text:
        text = key
    return key


@lru_cache(maxsize=20_000)
def head_forms(text: str) -> Forms:
    """Return the three forms of a head."""
    key = head_key(text)
    words = _CAMEL.sub(" ", typed_alike(text[:LONGEST_HEAD])).lower()
    words = _NUMBER_OF.sub("count ", _SUB_DISTRICT.sub("tambon", " ".join(words.replace("_", " ").split())))
    english = re.findall("[a-z]+", words)
    if "".join(english) != "".join(re.findall("[a-z]+", key)) and not words.startswith("count"):
        english = re.findall("[a-z]+", key)  # a unit is gone
    known = sorted({_english(word) for word in english} - _STOP_WORDS) or english
    known = [word for word in known if word != "digit"] or known
    thai = "".join(re.findall(r"[^a-z\d]+", _DIGITS_LONG.sub("", key)))
    for spelling, word in _SAME:
        thai = spelling.sub(word, thai)
    plain = (_EMPTY_WORDS.sub("", thai) or thai) + "".join(f" {word}" for word in known)
    plain += "".join(f" {digits}" for digits in re.findall(r"\d+", key))
    return Forms(key, plain, fold(plain))


def fold(text: str) -> str:
    """Return a text without tone marks and with one letter for those that sound alike."""
    return text.translate(_ALIKE).replace("ัม", "ำ")


def typed_alike(text: str) -> str:
    """Return a text as it would be typed with care: each Thai syllable in one way, Arabic digits, plain letters."""
    text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    text = _OTHER_DIGITS.sub(lambda digit: str(unicodedata.digit(digit[0])), text)
    for slip, right in _TYPING:
        text = slip.sub(right, text)
    return text


def without_values(text: str) -> str:
    """Return a text in small letters without values in brackets; of a code only how long it is."""
    return _VALUES.sub(" ", _CODE_VALUE.sub(lambda code: f"({len(code[1])} หลัก)", text))


def squeeze(text: str) -> str:
    """Return the letters and digits of a text."""
    return _NO_LETTERS.sub("", text)


def _shortened(text: str) -> str:
    whole = typed_alike(text).lower()
    text = _NUMBERING.sub("", _IN_BRACKETS.sub(" ", without_values(whole)).strip(" \t\r\n*:;,-–"))
    text = _UNIT_BEHIND.sub("", text.rstrip())
    for abbreviation, word in _ABBREVIATIONS:
        text = abbreviation.sub(word, text)
    key = squeeze(text)
    return _ASKING.sub("", key) or key or squeeze(whole)


def _english(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return _ENGLISH.get(word, word)


def slips(a: str, b: str, most: int) -> int | None:
    """Return how many slips of the fingers turn one text into another, None where it takes more than ``most``.

    A slip is one letter too many, missing, changed, or changed in place with the next. Slips with fewer than three
    letters between them are no slips but another word.

    Parameters
    ----------
    a, b
        Folded texts.
    """
    if abs(len(a) - len(b)) > most:
        return None
    # Least slips for a[:i] and b[:j], by how many letters have been alike since the last of them.
    far = most + 1
    least = [[[far] * (_APART + 1) for _ in range(len(b) + 1)] for _ in range(len(a) + 1)]
    least[0][0][_APART] = 0
    for i in range(len(a) + 1):
        for j in range(max(0, i - most), min(len(b), i + most) + 1):
            here = least[i][j]
            if i and j and a[i - 1] == b[j - 1]:
                before = least[i - 1][j - 1]
                for apart in range(_APART):
                    here[apart + 1] = min(here[apart + 1], before[apart])
                here[_APART] = min(here[_APART], before[_APART])
            steps = [least[i - 1][j][_APART]] if i else []
            steps += [least[i][j - 1][_APART]] if j else []
            steps += [least[i - 1][j - 1][_APART]] if i and j else []
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                steps.append(least[i - 2][j - 2][_APART])
            here[0] = min([far, *(step + 1 for step in steps)])
    count = min(least[-1][-1])
    return count if count <= most else None
