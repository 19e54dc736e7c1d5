"""What is made of all offices: one table, the country's curve, a workbook, a map and a report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from restructure.files import sha256, staged, write_csv, write_json
from restructure.national.running import Records
from restructure.national.splitting import PROBLEMS_FILE, left_out
from restructure.national.stages import POLICY_FILE, STAGES, Record, digest_of
from restructure.national.tradeoff import country_curve, shares
from restructure.policy import Policy, load_policy

#: Thai head and meaning of each column of ``offices.csv``, in their order.
COLUMNS = {
    "office": ("รหัสสำนักงาน", "ชื่อโฟลเดอร์ของสำนักงานเขต"),
    "name": ("สำนักงานเขต", "ตาม policy.yaml"),
    "schools": ("โรงเรียน", "ที่เปิดสอนในปัจจุบัน"),
    "small_schools": ("โรงเรียนขนาดเล็ก", "ที่เปิดสอนในปัจจุบัน ขนาดตาม policy.yaml"),
    "villages": ("หมู่บ้าน", "ในตารางหมู่บ้าน อาจมีหมู่บ้านของเขตข้างเคียงที่มีเด็กมาเรียน จึงไม่มีผลรวมของประเทศ"),
    "pupils": ("นักเรียน", "ข้อมูลล่าสุด"),
    "median_m": ("ระยะทางมัธยฐาน (เมตร)", "จากบ้านถึงโรงเรียนที่เรียนในปัจจุบัน"),
    "longest_m": ("ระยะทางไกลสุด (เมตร)", "จากบ้านถึงโรงเรียนที่เรียนในปัจจุบัน"),
    "over_30_min": ("เกิน 30 นาที (คน)", "นักเรียนที่เดินทางเกินเวลาที่ policy.yaml กำหนด ในปัจจุบัน"),
    "unmeasured": ("ยังวัดไม่ได้ (คน)", "นักเรียนที่ไม่มีเส้นทางหรือไม่ทราบบ้าน"),
    "need_november_baht": ("ความต้องการรอบพฤศจิกายน (บาท)", "ค่าพาหนะตามการรวมที่มีอยู่ ระยะทางที่คำนวณ ยังไม่รับรอง"),
    "need_may_baht": ("ความต้องการรอบพฤษภาคม (บาท)", "ค่าพาหนะตามการรวมที่มีอยู่ ระยะทางที่คำนวณ ยังไม่รับรอง"),
    "need_pupils": ("ผู้มีสิทธิรอบพฤษภาคม (คน)", "นักเรียนที่นับในความต้องการ"),
    "best": ("ผลการค้นหาแผน", "optimal = พิสูจน์แล้ว feasible = ยังไม่พิสูจน์ infeasible = เป็นไปไม่ได้ none = ยังไม่พบ"),
    "gap_percent": ("ช่องว่าง (ร้อยละ)", "แผนที่พบอาจห่างจากที่ดีที่สุดไม่เกินเท่านี้ ในเป้าหมายแรกที่ยังไม่พิสูจน์"),
    "schools_closed": ("แผน: โรงเรียนที่ย้ายทุกชั้น", "ไม่เหลือการเรียนการสอนตามแผนดีที่สุด"),
    "small_schools_left": ("แผน: โรงเรียนขนาดเล็กที่เหลือ", "ที่ยังเปิดสอนตามแผนดีที่สุด"),
    "pupils_moved": ("แผน: นักเรียนที่ย้าย", "ตามแผนดีที่สุด"),
    "moved_median_m": ("แผน: มัธยฐานของผู้ย้าย (เมตร)", "จากบ้านถึงโรงเรียนหลัก"),
    "moved_longest_m": ("แผน: ไกลสุดของผู้ย้าย (เมตร)", "จากบ้านถึงโรงเรียนหลัก"),
    "moved_over_30_min": ("แผน: ผู้ย้ายเกิน 30 นาที (คน)", "ตามแผนดีที่สุด"),
    "subsidy_baht": ("แผน: ค่าพาหนะที่เพิ่ม (บาทต่อปี)", "เต็มปีการศึกษา เทียบกับปัจจุบัน"),
    "net_baht": ("แผน: เงินสุทธิที่เปลี่ยน (บาทต่อปี)", "ค่าพาหนะ เงินรายหัว และเงินเพิ่มรวมกัน บวก = จ่ายเพิ่ม ลบ = ประหยัด"),
    "directors_freed": ("แผน: อัตราผู้บริหารที่ลดลง", "ตามเกณฑ์อัตรากำลัง เป็นจำนวนอัตรา ไม่มีค่าเงินในแหล่งใด"),
    "pupils_in_5_years": ("นักเรียนอีก 5 ปี", "คาดการณ์ ว่าง = ข้อมูลย้อนหลังไม่พอ"),
    "small_schools_in_5_years": ("โรงเรียนขนาดเล็กอีก 5 ปี", "คาดการณ์ตามทะเบียน ว่าง = ข้อมูลย้อนหลังไม่พอ"),
    "rows_aside": ("แถวที่พักไว้", "แถวของไฟล์ที่ใช้ไม่ได้ ดู problems.csv ของสำนักงาน"),
    "warnings": ("ข้อควรตรวจ", "ดู problems.csv ของสำนักงาน"),
    "error": ("เหตุที่ทำไม่ได้", "ว่าง = ทำครบทุกขั้น"),
}  # fmt: skip
#: Of the country's curve.
CURVE_COLUMNS = {
    "schools_closed": ("โรงเรียนที่ย้ายทุกชั้น", "รวมทุกสำนักงาน"),
    "subsidy_baht": ("ค่าพาหนะที่เพิ่ม (บาทต่อปี)", "น้อยที่สุดที่พบ เมื่อแบ่งจำนวนโรงเรียนระหว่างสำนักงานตามจุดที่แต่ละสำนักงานคิดไว้"),
    "pupil_km": (
        "คน-กม. ต่อวันของการแบ่งนั้น",
        "ที่เพิ่มจากปัจจุบัน ขาเดียว ของการแบ่งที่ค่าพาหนะน้อยที่สุด ไม่ใช่คน-กม. น้อยที่สุด จึงลดลงได้เมื่อย้ายมากขึ้น",
    ),
    "offices": ("สำนักงานที่มีการย้าย", "จำนวนสำนักงานที่ย้ายโรงเรียนอย่างน้อยหนึ่งแห่ง"),
}
#: Why the sums of the best plans are no point of the curve; said wherever both stand.
TWO_ANSWERS = (
    "แผนดีที่สุดเรียงเป้าหมายตาม optimise.yaml (ปกติ: เหลือโรงเรียนขนาดเล็กน้อยที่สุดก่อน แล้วจึงค่าพาหนะ) "
    "แต่เส้นแลกเปลี่ยนดูเพียงจำนวนโรงเรียนกับค่าพาหนะ ไม่ใช้ close_at_least และ close_at_most "
    "ผลรวมของแผนดีที่สุดจึงไม่จำเป็นต้องตรงกับจุดใดบนเส้น"
)
MANIFEST_FILE = "manifest.json"
#: What :attr:`Country.offices` says of an office for which there is a plan.
PLANNED = ("optimal", "feasible")
_TEXTS = ("office", "name", "best", "error")
#: So many things that are left out are named.
_NAMED = 3
_UNPROVEN = {
    "feasible": "แผนที่ยังไม่พิสูจน์ว่าดีที่สุด",
    "infeasible": "ไม่มีแผนใดทำได้ตามเกณฑ์ที่ตั้ง",
    "none": "ยังไม่พบแผนในเวลาที่ให้",
}
#: The sum over offices says nothing: a village is in the table of every office that teaches its children.
_NOT_SUMMED = ("villages",)


@dataclass(frozen=True, eq=False)
class Country:
    """All that is known of the country's offices.

    Attributes
    ----------
    records
        By office and stage, as :func:`restructure.national.running.run_offices` returns them.
    left_out
        As :func:`restructure.national.splitting.left_out` returns it.
    """

    policy: Policy
    records: Records
    left_out: list[str]

    @cached_property
    def offices(self) -> pd.DataFrame:
        """The table of ``offices.csv``: an office a row; what is not known is null."""
        table = pd.DataFrame([_row(code, of) for code, of in self.records.items()], columns=list(COLUMNS))
        kinds = {name: "Float64" if name == "gap_percent" else "Int64" for name in table if name not in _TEXTS}
        texts = table[list(_TEXTS)].astype("object").fillna("").astype("str")
        return table.astype(kinds).assign(**{name: texts[name] for name in _TEXTS})

    @cached_property
    def curves(self) -> dict[str, pd.DataFrame]:
        """The offices' own curves, of those whose best plan was sought."""
        done = {code: figures for code, of in self.records.items() if (figures := of["best"].get("figures"))}
        return {code: pd.DataFrame(figures["curve"]) for code, figures in done.items()}

    @cached_property
    def _combined(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        curves = list(self.curves.values())
        curve, choices = country_curve(curves)
        share = pd.DataFrame(shares(curves, choices), index=curve["schools_closed"], columns=list(self.curves))
        return curve.assign(offices=(share.to_numpy() > 0).sum(axis=1)), share

    @property
    def curve(self) -> pd.DataFrame:
        """The table of ``curve.csv``."""
        return self._combined[0]

    @property
    def shares(self) -> pd.DataFrame:
        """How many schools each office (column) closes where the country closes so many (index)."""
        return self._combined[1]

    @property
    def done(self) -> pd.DataFrame:
        """The offices of which everything is there."""
        return self.offices[self.offices["error"] == ""]

    @property
    def synthetic(self) -> bool:
        """Whether any office is an invented one."""
        return any(of["distances"].get("figures", {}).get("synthetic") for of in self.records.values())

    @property
    def fiscal_years(self) -> list[int]:
        """The fiscal years of the offices."""
        return sorted({figures["fiscal_year"] for figures in self._figures("distances")})

    @property
    def osm_dates(self) -> list[str]:
        """The dates of the offices' roads."""
        return sorted({date for figures in self._figures("distances") if (date := figures["osm_date"])})

    def _figures(self, stage: str) -> Iterator[dict[str, Any]]:
        return (figures for of in self.records.values() if (figures := of[stage].get("figures")))

    @property
    def planned(self) -> pd.DataFrame:
        """The offices, of those that are done, for which there is a plan."""
        return self.done[self.done["best"].isin(PLANNED)]

    def totals(self) -> dict[str, int | None]:
        """Return the sums of counts and baht over the offices that are done; None where nothing is known.

        Of plans they are the sums over the offices that have one.
        """
        left = (*_TEXTS, *_NOT_SUMMED)
        summed = [name for name in self.offices if name not in left and not name.endswith(("_m", "_percent"))]
        sums = {name: self.done[name].sum(min_count=1) for name in summed}
        return {name: None if pd.isna(total) else int(total) for name, total in sums.items()}

    def lines(self) -> list[str]:
        """Return in Thai what matters most of the country."""
        of = {name: "ไม่ทราบ" if total is None else f"{total:,}" for name, total in self.totals().items()}
        plans = (
            f"แผนดีที่สุดของ{self.name_planned()}: ย้ายทุกชั้น {of['schools_closed']} แห่ง นักเรียน {of['pupils_moved']} คน "
            f"ค่าพาหนะเพิ่ม {of['subsidy_baht']} บาทต่อปี"
        )
        return [
            f"โรงเรียน {of['schools']} แห่ง ขนาดเล็ก {of['small_schools']} แห่ง นักเรียน {of['pupils']} คน",
            f"ความต้องการ รอบพฤศจิกายน {of['need_november_baht']} บาท "
            f"รอบพฤษภาคม {of['need_may_baht']} บาท (ระยะทางที่คำนวณ)",
            *([] if self.planned.empty else [plans]),
            *self.spell_without_plan(),
            *self.spell_left_out(),
        ]

    def name_planned(self) -> str:
        """Return in Thai whose plans the sums are of."""
        every, planned = len(self.offices), len(self.planned)
        return "ทุกสำนักงาน" if planned == every else f" {planned:,} จาก {every:,} สำนักงานที่มีแผน"

    def spell_without_plan(self) -> list[str]:
        """Return in Thai how many offices have no plan or none that is proven: nothing, or one line."""
        counts = self.done["best"].value_counts()
        said = [f"{words} {counts[status]:,} สำนักงาน" for status, words in _UNPROVEN.items() if counts.get(status, 0)]
        none = ["ไม่มีผลรวมของแผน เพราะไม่มีสำนักงานใดมีแผน"] if self.planned.empty else []
        return [" · ".join([*none, *said])] if none or said else []

    def spell_left_out(self) -> list[str]:
        """Return in Thai what of the national set is counted nowhere: nothing, or one line."""
        if not self.left_out:
            return []
        more = f" และอีก {len(self.left_out) - _NAMED:,} เรื่อง" if len(self.left_out) > _NAMED else ""
        return [f"ไม่ได้นับ: {'; '.join(self.left_out[:_NAMED])}{more} (ทั้งหมดอยู่ใน outputs/{PROBLEMS_FILE})"]


def _row(code: str, records: dict[str, Record]) -> dict[str, Any]:
    today, need, best, future = (records[stage].get("figures", {}) for stage in STAGES)
    errors = (record["error"]["thai"] for record in records.values() if "error" in record)
    names = (name for record in records.values() if (name := record.get("name")))
    row: dict[str, Any] = {"office": code, "name": next(names, ""), "error": next(errors, "")} | {
        key: today[key] for key in COLUMNS if key in today
    }
    if need:
        row |= {f"need_{name}_baht": need[name]["baht"] for name in need} | {"need_pupils": need["may"]["pupils"]}
    if best:
        row |= {"best": best["status"], "gap_percent": None if best["gap"] is None else round(best["gap"] * 100, 4)}
        row |= {column: best.get(key) for column, key in _OF_PLAN.items()}
        if "subsidy_total_baht" in best:
            row["subsidy_baht"] = best["subsidy_total_baht"] - best["subsidy_present_baht"]
    if future.get("years"):
        last = future["years"][-1]
        row |= {"pupils_in_5_years": last["pupils"], "small_schools_in_5_years": last["small_schools"]}
    return row


_OF_PLAN = {
    "schools_closed": "schools_closed",
    "small_schools_left": "small_schools",
    "pupils_moved": "pupils_moved",
    "moved_median_m": "median_m",
    "moved_longest_m": "max_m",
    "moved_over_30_min": "over_30_min",
    "net_baht": "net_change_baht",
    "directors_freed": "directors_freed",
}


def baht_each(table: pd.DataFrame) -> pd.Series:
    """Return what each school that leaves costs a year in the best plans of offices, in whole baht."""
    return (table["subsidy_baht"] / table["schools_closed"]).round().astype("Int64")


def gather(root: Path, records: Records) -> Country:
    """Return the country of some records."""
    return Country(load_policy(root / POLICY_FILE), records, left_out(root))


def read_country(root: Path | str) -> Country:
    """Return the country as it was last written, for who looks at it.

    Raises
    ------
    UsageError
        When there is none yet.
    """
    from restructure._errors import UsageError

    root = Path(root)
    try:
        offices = json.loads((root / "outputs" / MANIFEST_FILE).read_text("utf-8"))["offices"]
    except (OSError, ValueError, KeyError):
        raise UsageError(
            f"ยังไม่มีผลของทั้งประเทศใน {root / 'outputs'}: สั่ง restructure national {root} ก่อน",
            f"There is nothing of the country in {root / 'outputs'} yet; run `restructure national {root}`.",
        ) from None
    return gather(root, offices)


def write_country(root: Path, country: Country) -> None:
    """Write all that is made of the offices' records into ``outputs/``, unless it is there already.

    ``offices.csv``, ``curve.csv``, ``national.xlsx``, ``map.png``, ``map.pdf``, ``report.docx``,
    ``manifest.json``: counts by office only, of no person.
    """
    target = root / "outputs"
    manifest = {"offices": country.records, "policy": digest_of(country.policy.model_dump(mode="json"))}
    manifest["left_out"] = country.left_out
    if _stands(target, manifest):
        return
    # Imported here: drawing and documents take a second to load.
    from restructure.national.book import write_national_book
    from restructure.national.maps import write_map
    from restructure.national.report import write_report

    with staged(target) as stage:
        write_csv(stage / "offices.csv", country.offices)
        write_csv(stage / "curve.csv", country.curve)
        write_national_book(country, stage / "national.xlsx")
        write_map(country, stage / "map.png", stage / "map.pdf")
        write_report(country, stage / "map.png", stage / "report.docx")
        files = {path.name: sha256(path) for path in sorted(stage.iterdir())}
        write_json(stage / MANIFEST_FILE, manifest | {"files": files})


def _stands(target: Path, manifest: dict[str, Any]) -> bool:
    """Return whether what is in the folder was made of this and has not been touched since."""
    try:
        known = json.loads((target / MANIFEST_FILE).read_text("utf-8"))
        files = known.pop("files")
        return known == manifest and all(sha256(target / name) == digest for name, digest in files.items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False
