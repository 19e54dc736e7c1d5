"""The edition of a cycle without persons: what may be handed to whoever may not see pupils.

Only what is named here goes in. Of the raw files only the roads and outlines go as they are; each table is written
anew from what was read, checked and corrected, without a row, a key or a home point of a child: pupils as counts. What
cannot be known to hold no person (evidence, what schools sent back, outputs, any other file) stays behind.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pandas as pd

from restructure._errors import DataError
from restructure.cycle import Cycle, home_points, open_cycle
from restructure.evidence import EVIDENCE_FOLDER
from restructure.files import write_csv
from restructure.intake import MAP_SUFFIXES, columns_of
from restructure.ledger import CITIZEN, LEDGER_FILE, read_ledger
from restructure.rolls import as_of_day, as_of_term
from restructure.templates import packaged_templates
from restructure.thai import arabic_digits

#: Tells whoever opens the restored folder what is not in it.
NOTICE_FILE = "without-persons.txt"
_COPIED = (
    "policy.yaml", "plan.yaml", "optimise.yaml", "small-schools.yaml", "site.yaml", "scenarios/*.y*ml", "drafts/*.y*ml",
    "duties/*.y*ml", "collections/*/issue.yaml", "versions/*/*",
)  # fmt: skip
#: What a count of pupils is by; a distance that a home has declared is none of it, for many a count is of one child.
_COUNTED_BY = ["school_id", "grade", "village_id", "as_of", "from_school_id", "boards", "mode"]
_OF_ONE = ["student_key", "lat", "lon"]
#: How the ledger calls a pair that is measured from the home of a child: see :func:`restructure.certify.subject_of`.
_HOME = "home:"
#: Ends of paragraphs and cells in Word and Excel, and any other tag.
_END, _TAG = re.compile(r"</(?:w:p|w:tc|si|c|row)>"), re.compile(r"<[^>]*>")
_PHONE = re.compile(r"(?<![\w.])0[2-9](?:[ -]?\d){7,8}(?!\w)", re.ASCII)


def files_without_persons(folder: Path, apart: Path) -> dict[str, Path]:
    """Return the files of the edition by their path in the cycle.

    Parameters
    ----------
    apart
        A folder for those that are made; a copy of the ledger lies in it, where there is one.

    Raises
    ------
    DataError
        When the cycle cannot be read, or a file of it holds a citizen's number or, in ``inputs/``, a telephone number.
    """
    cycle = open_cycle(folder)
    made = apart / "edition"
    for name, table in cycle.tables.items():
        table = count_pupils(table) if name == "students" else table
        columns = [column for column in columns_of(name).index if column in table]
        write_csv(made / "inputs" / f"{name}.csv", table[columns])
    if "closures" in cycle.files:
        closures = cycle.closures[["closure_id", "from", "to", "reason", "geometry"]]
        (made / "inputs" / "closures.geojson").write_text(closures.to_json(drop_id=True, ensure_ascii=False), "utf-8")
    files = {path.relative_to(made).as_posix(): path for path in made.rglob("*") if path.is_file()}
    for path in _outlines(cycle):
        files[path.relative_to(folder).as_posix()] = path
    copied = [path for pattern in _COPIED for path in folder.glob(pattern) if path.is_file()]
    # Of the templates those that the program fills in: blank tables lie there too, which somebody may have filled in.
    copied += [path for name in packaged_templates() if (path := folder / "templates" / name).is_file()]
    files |= {path.relative_to(folder).as_posix(): path for path in copied if not path.name.startswith((".", "~$"))}
    for name, path in files.items():
        _refuse_numbers(name, path)
    files |= {cycle.roads.relative_to(folder).as_posix(): cycle.roads}
    homes_certified = bool(read_ledger(apart)["subject"].str.startswith(_HOME).any())
    if (apart / LEDGER_FILE).is_file() and not homes_certified:
        files[LEDGER_FILE] = apart / LEDGER_FILE
    notice = made / NOTICE_FILE
    notice.write_text(_notice(cycle, homes_certified=homes_certified), "utf-8")
    return files | {NOTICE_FILE: notice}


def count_pupils(students: pd.DataFrame) -> pd.DataFrame:
    """Return pupils as counts: the rows of a table of counts as they are, one of pupils or with home points added up.

    A child whom two schools list in one term counts at the one of the newer day, as everywhere.

    Parameters
    ----------
    students
        As :func:`restructure.checks.check_tables` returns them.
    """
    counted = students.assign(count=students["pupils"])
    by = [column for column in _COUNTED_BY if column in counted]
    if not set(_OF_ONE) & set(counted):
        return counted[[*by, "count"]]
    keys = counted.get("student_key", pd.Series("", counted.index))
    if (counted["as_of"] != "").all():
        texts = counted["as_of"].unique()
        terms = counted["as_of"].map({text: str(as_of_term(text)) for text in texts})
        days = counted["as_of"].map({text: as_of_day(text).toordinal() for text in texts})
        newest = days == days.groupby([counted["school_id"], terms]).transform("max")
        last = days[newest].groupby([keys[newest], terms[newest]]).transform("max").reindex(counted.index)
        counted = counted[~((keys != "") & newest & (days < last))]
    return counted.groupby(by, as_index=False, dropna=False)["count"].sum().sort_values(by, ignore_index=True)


def _outlines(cycle: Cycle) -> list[Path]:
    """Return the files that draw the office and its tambons, of a shapefile all parts."""
    found = []
    for name in ("boundary", "tambons"):
        path = cycle.folder / cycle.files[name] if name in cycle.files else None
        if path is not None and path.suffix in MAP_SUFFIXES:
            found += sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix == ".shp" else [path]
        elif path is not None:
            found.append(path)
    return found


def _refuse_numbers(name: str, path: Path) -> None:
    text = arabic_digits(_text(path))
    patterns = {"เลข 13 หลักเหมือนเลขประจำตัวประชาชน": CITIZEN}
    if name.startswith("inputs/"):
        patterns["เลขเหมือนหมายเลขโทรศัพท์"] = _PHONE
    for thai, pattern in patterns.items():
        if pattern.search(text):
            raise DataError(
                f"ทำฉบับไม่มีข้อมูลบุคคลไม่ได้: {name} มี{thai} ลบออกจากไฟล์ต้นทางแล้วสั่งใหม่",
                f"{name} holds what looks like a number of a person; take it out and back up anew.",
            )


def _text(path: Path) -> str:
    """Return what a file says; of a Word or Excel file all its parts, words that formatting has parted put together."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes().decode("utf-8", "replace")
    with zipfile.ZipFile(path) as parts:
        texts = [parts.read(part).decode("utf-8", "replace") for part in parts.namelist() if part.endswith(".xml")]
    return "\n".join(_TAG.sub("", _END.sub("\n", text)) for text in texts)


def _notice(cycle: Cycle, *, homes_certified: bool) -> str:
    students = cycle.tables["students"]
    at_home = len(home_points(students))
    lines = [
        "ฉบับไม่มีข้อมูลบุคคล",
        "",
        "ตารางทุกตารางใน inputs เขียนใหม่จากข้อมูลที่อ่าน ตรวจ และแก้แล้ว (จึงไม่มีแถวที่พักไว้ mapping.yaml และ corrections.csv)",
        "นักเรียนเป็นจำนวนตามโรงเรียน ชั้น หมู่บ้าน และวันที่ของข้อมูล ไม่มีรายคน ไม่มีจุดบ้าน ไม่มีระยะทางที่แจ้งรายคน",
        "จำนวนนี้ยังไม่ปกปิดจำนวนน้อย: ใช้ในราชการ ไม่ใช่ฉบับเผยแพร่ (ฉบับเผยแพร่อยู่ใน outputs/plan/public)",
        f"ไม่ได้ใส่: {EVIDENCE_FOLDER} คำตอบที่โรงเรียนส่งกลับ private outputs และไฟล์อื่นที่โปรแกรมไม่รู้จัก",
        "ชื่อเจ้าหน้าที่ยังอยู่ในที่ที่ลงไว้เอง เช่น ร่างแผน และบันทึกการตัดสินใจ",
    ]
    if at_home:
        lines.append(f"นักเรียน {at_home:,} คนที่เคยวัดจากจุดบ้าน ในฉบับนี้วัดจากจุดหมู่บ้าน ผลของนักเรียนเหล่านี้จึงต่างจากเดิม")
    if homes_certified:
        lines.append(f"ไม่ได้ใส่ {LEDGER_FILE}: มีการรับรองระยะจากจุดบ้านของเด็ก การรับรองและการจัดสรรจึงไม่มีในฉบับนี้")
    return "\n".join(lines) + "\n"
