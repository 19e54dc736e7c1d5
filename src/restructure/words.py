"""Words that papers, maps, messages and notebooks share."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from restructure.grades import GRADES, format_grades, parse_grades, thai_grades
from restructure.intake import columns_of
from restructure.perhead import STAGES, TOP_UP_FOLLOWS, spell_top_ups
from restructure.policy import Band, Entry, Policy, Settings, Vehicle
from restructure.rolls import snapshot
from restructure.teaching import ROUNDING, STAFFING, spell_posts
from restructure.thai import MONTHS, arabic_digits, parse_date, parse_term, thai_date

#: The national font of official papers (cabinet resolution of 7 September 2553).
FONT = "TH SarabunPSK"
SYNTHETIC = "ข้อมูลสมมุติ"
#: What every paper says about distances that nobody has certified (only certified ones move money).
ROUTED = "ระยะทางคำนวณจากถนน ยังไม่รับรอง ใช้ประมาณการเท่านั้น"
INTERNAL = "ใช้ภายในราชการ ห้ามเผยแพร่: จำนวนนักเรียนรายหมู่บ้านอาจระบุตัวเด็กได้"
#: A distance of nobody, or of pupils whose ways are all unknown.
NO_VALUE = "ไม่มีหรือไม่ทราบ"
UNKNOWN_WAY = "ไปไม่ถึง/ไม่ทราบ"
UNKNOWN_BAHT = "ยังคิดไม่ได้"
UNKNOWN_CEILING = "ยังไม่ทราบวงเงิน"
KINDS = {"learn-together": "เรียนรวม", "merge": "ยุบรวม", "dissolve": "เลิก"}
PROGRAMMES = {
    "existing": "กรณี 1.1 รวมเดิม",
    "second-decade": "กรณี 1.2 ทศวรรษที่สอง",
    "unspecified": "ยังไม่ระบุโครงการ",
}
_SPELLED = {"kind": KINDS, "programme": PROGRAMMES}
CERTAINTY = {
    "S": "พบในแหล่งอ้างอิง",
    "G": "ความรู้ทั่วไป ยังไม่พบแหล่งอ้างอิง",
    "U": "ยังไม่แน่ชัด สำนักงานเขตเป็นผู้กำหนด",
}
TABLE_NAMES = {
    "schools": "โรงเรียน",
    "villages": "หมู่บ้าน",
    "students": "นักเรียน",
    "mergers": "การรวมเดิม",
    "enrolment": "นักเรียนย้อนหลัง",
    "ceilings": "วงเงินที่ได้รับแจ้ง",
    "payments": "การจ่ายเงิน",
    "closures": "ถนนที่ปิด",
    "totals": "ผลรวมนักเรียน DMC",
    "population": "ประชากรตามทะเบียน",
    "polling": "สถานที่เลือกตั้ง",
    "crosswalk": "เทียบรหัสโรงเรียน",
    "tambons": "ตำบล",
}
RULES = {
    "special-area": "พื้นที่ลักษณะพิเศษ",
    "unreachable": "ยังวัดระยะทางไม่ได้",
    "far-road_m": "ระยะทางไกล",
    "far-minutes": "เดินทางนาน",
    "capacity-unknown": "ไม่ทราบจำนวนห้องเรียน",
    "over-capacity": "ห้องเรียนไม่พอ",
    "wet-season": "ไปไม่ได้ในฤดูฝน",
    "emptied": "ไม่เหลือนักเรียน",
    "nobody-moves": "ไม่มีนักเรียนย้าย",
    "host-not-ready": "โรงเรียนหลักยังไม่พร้อม",
    "amphoe-empty": "อำเภอไม่เหลือโรงเรียน",
    "overflow-later": "ห้องเรียนจะไม่พอ",
    "empty-later": "จะไม่มีนักเรียน",
    # Why a distance may be of another band.
    "snap": "จุดห่างถนน",
    "spread": "บ้านกระจาย",
    "tolerance": "การวัดซ้ำ",
    "rival": "อาจเป็นถนนอีกสาย",
    "together": "หลายเหตุรวมกัน",
    # Why a part of the roads is cut off.
    "one-way": "ทางเดินรถทางเดียว",
    "closed": "ถนนปิด",
    "touching": "แตะกันแต่ไม่ต่อกัน",
    "across-water": "ข้ามน้ำ",
    "map-gap": "ช่องว่างสั้น",
    "no-road": "ไม่มีถนน",
}
#: What closing roads does to a way.
CLOSURE_STATES = {
    "longer": "ไกลขึ้น ช่วงอัตราเดิม",
    "band-changes": "ช่วงอัตราเปลี่ยน",
    "cut-off": "ไปไม่ถึง",
    "village-on-closed-road": "หมู่บ้านอยู่บนถนนที่ปิด",
    "school-on-closed-road": "โรงเรียนอยู่บนถนนที่ปิด",
}
#: What a road without a name is called, by its OpenStreetMap class without ``_link``.
_ROAD_KINDS = {
    "motorway": "ทางหลวงพิเศษ",
    "trunk": "ทางหลวงสายประธาน",
    "primary": "ทางหลวงสายหลัก",
    "secondary": "ทางหลวงสายรอง",
    "tertiary": "ถนนเชื่อมตำบล",
    "unclassified": "ถนนท้องถิ่น",
    "residential": "ถนนในหมู่บ้าน",
    "living_street": "ถนนในชุมชน",
    "service": "ทางเข้าสถานที่",
    "track": "ทางเกวียน",
    "path": "ทางเดิน",
    "footway": "ทางเท้า",
    "pedestrian": "ถนนคนเดิน",
    "cycleway": "ทางจักรยาน",
    "bridleway": "ทางสัตว์พาหนะ",
    "steps": "บันได",
    "ferry": "เรือข้ามฟาก",
}
_OTHER_ROAD = "ถนนไม่ระบุประเภท"
_DISTANCES = {"shortest-road": "ทางรถที่สั้นที่สุด เที่ยวเดียวจากบ้าน (จุดหมู่บ้าน) ไปโรงเรียน ไม่นับช่วงจากจุดถึงถนน ปัดเป็นเมตรเต็มครั้งเดียว"}
SHARING = {
    "proportional": "ตามสัดส่วนความต้องการ เศษบาทให้รายการที่เหลือเศษมากที่สุดก่อน",
    "equal-days": "จำนวนวันเท่ากันทุกคนเท่าที่เงินพอ เงินที่ไม่ถึงหนึ่งวันแบ่งตามสัดส่วน",
    "existing-first": "กรณี 1.1 เต็มจำนวนก่อน แล้วกรณี 1.2 โครงการที่เงินไม่พอแบ่งตามสัดส่วน",
    "furthest-first": "นักเรียนที่ไกลที่สุดก่อน ระยะทางเท่ากันที่เงินไม่พอแบ่งตามสัดส่วน",
}
#: Why a pupil may not claim (:mod:`restructure.eligibility`).
NOT_ELIGIBLE = {
    "grade": "ชั้นที่เรียนไม่อยู่ในชั้นที่มีสิทธิ",
    "kind": "ลักษณะการรวมไม่อยู่ในกรณีที่มีสิทธิ",
    "new-entrant": "เข้าเรียนโรงเรียนหลักหลังการรวม ไม่เคยเรียนโรงเรียนเดิม",
    "boards": "พักนอน ไม่เดินทางไปกลับทุกวัน",
    "free-transport": "เดินทางด้วยพาหนะไม่เสียค่าโดยสาร",
}
BASIS = {"certified": "รับรองแล้ว", "routed": "คำนวณจากถนน ยังไม่รับรอง"}
#: What has become of a line, and of a pupil, when a round is settled (:mod:`restructure.settlement`).
SETTLED = {
    "settled": "พอดี",
    "additional": "ขอเพิ่มเติม",
    "return": "ส่งคืน",
    "carried": "ยกไปรอบถัดไป",
    "unknown": "ยังคิดไม่ได้",
}
PAID_FROM = {
    "payment": "ตามการจ่ายจริง",
    "payment-shared": "ตามการจ่ายจริง แบ่งระหว่างโครงการตามที่จัดสรร",
    "allocation": "ไม่มีรายการจ่าย ถือว่าจ่ายตามที่จัดสรร",
    "none": "ยังไม่ได้รับเงิน",
}
CHANGES = {"added": "เพิ่ม", "left": "ออก", "moved": "ย้าย", "band": "เปลี่ยนช่วงระยะทาง"}
_ANSWERS = {"pay": "จ่าย", "refuse": "ไม่จ่าย"}
_BALANCE = {"carry": "ยกไปรอบพฤษภาคม", "settle": "ขอเพิ่มเติมหรือส่งคืนในรอบนั้น"}
FLAGS = {
    "no-village-point": "ไม่มีพิกัดหมู่บ้าน",
    "no-school-point": "ไม่มีพิกัดโรงเรียน",
    "village-far-from-road": "หมู่บ้านห่างถนนเกินเกณฑ์",
    "school-far-from-road": "โรงเรียนห่างถนนเกินเกณฑ์",
    "village-across-water": "ช่วงจากจุดหมู่บ้านถึงถนนข้ามน้ำ",
    "school-across-water": "ช่วงจากจุดโรงเรียนถึงถนนข้ามน้ำ",
    "village-on-closed-road": "หมู่บ้านอยู่บนถนนที่ปิด",
    "school-on-closed-road": "โรงเรียนอยู่บนถนนที่ปิด",
    "around-closed-road": "อ้อมถนนที่ปิด",
    "cut-off-by-closed-road": "ไปไม่ถึงเพราะถนนปิด",
    "unreachable": "ไม่มีทางรถ",
}
_VEHICLES = {"van": "รถรับ-ส่ง (van)", "motorcycle": "รถจักรยานยนต์ (motorcycle)", "walk": "เดินเท้า (walk)"}
_HOMES = {
    "home": "จุดบ้านของนักเรียนเอง",
    "survey": "จุดหมู่บ้านจากการสำรวจ",
    "osm": "จาก OpenStreetMap",
    "digitised": "วาดเองบนแผนที่",
    "tambon-centroid": "กลางตำบล",
}
_WET = {"track": "ทางลำลอง (track)", "unpaved": "ถนนไม่ลาดยางทุกสาย"}


def spell_road(name: str, road_class: str) -> str:
    """Return a road's name, or what its kind is called where it has none."""
    return name or _ROAD_KINDS.get(road_class.removesuffix("_link"), _OTHER_ROAD)


def spell_band(band: Band, below: Band | None) -> str:
    """Return the words of a band, e.g. ``มากกว่า 3,000 เมตร แต่ไม่เกิน 10,000 เมตร``."""
    parts = [f"มากกว่า {below.up_to_m:,} เมตร"] if below and below.up_to_m else []
    parts += [f"ไม่เกิน {band.up_to_m:,} เมตร"] if band.up_to_m else []
    return " แต่".join(parts) or "ทุกระยะทาง"


def spell_value(key: str, entry: Entry, settings: Settings) -> str:
    """Return a setting's value in words."""
    if key == "bands":
        pairs = zip(settings.bands, [None, *settings.bands], strict=False)
        return "; ".join(f"{spell_band(band, below)} {band.baht_per_day} บาท" for band, below in pairs)
    if key == "days_by_term":
        return "; ".join(f"ภาคเรียนที่ {term} {days} วัน" for term, days in sorted(settings.days_by_term.items()))
    if key in ("pupils_per_room", "pupils_per_teacher", "per_head_baht"):
        return "; ".join(f"{words} {getattr(settings, key)[stage]:,}" for stage, words in STAGES.items())
    if key in ("teachers_old", "teachers_newer"):
        return spell_posts(getattr(settings, key))
    if key == "small_school_top_up":
        return spell_top_ups(settings)
    if key == "term_days":
        days = sorted(settings.term_days.items())
        return "; ".join(f"ภาคเรียนที่ {term} {_month_day(first)} ถึง {_month_day(last)}" for term, (first, last) in days)
    if key == "count_days":
        return "; ".join(f"ภาคเรียนที่ {term} {_month_day(day)}" for term, day in sorted(settings.count_days.items()))
    if key == "eligible_grades":
        named = parse_grades(settings.eligible_grades)
        return "ทุกชั้น" if named == GRADES else thai_grades(format_grades(named))
    if key == "eligible_kinds":
        return ", ".join(KINDS[kind] for kind in settings.eligible_kinds)
    if key == "letter_code":
        return settings.letter_code or "ยังไม่กรอก"
    if key == "home_spread_m":
        return "; ".join(f"{words} {settings.home_spread_m[source]:,}" for source, words in _HOMES.items())
    if key == "wet_season_closes":
        return ", ".join(_WET[kind] for kind in settings.wet_season_closes) or "ไม่มี"
    if key == "vehicles":
        return _spell_vehicle(settings.vehicle, settings.vehicles[settings.vehicle])
    words = {**SHARING, **_ANSWERS, **_BALANCE, **_VEHICLES, **_DISTANCES, **STAFFING, **ROUNDING, **TOP_UP_FOLLOWS}
    return words.get(str(entry.value)) or _plain(entry.value)


def spell_day(iso: str) -> str:
    """Return a day in words, Arabic digits, e.g. ``1 ตุลาคม 2569``; says so where it is not known."""
    try:
        return arabic_digits(thai_date(parse_date(iso)))
    except ValueError:
        return "ไม่ทราบวันที่"


def spell_as_of(students: pd.DataFrame) -> str:
    """Return the term or day that the newest pupils are counted at, in words."""
    newest = snapshot(students)
    texts = sorted({text for text in newest["as_of"] if text})
    return ", ".join(f"ภาคเรียนที่ {text}" if "/" in text else spell_day(text) for text in texts) or "ไม่ระบุ"


def settings_table(policy: Policy) -> pd.DataFrame:
    """Return the settings in force in words, each with source, certainty, date and who confirmed it.

    What changes in the middle of the year follows, with the term from which on it holds.
    """
    held = [("", policy, policy.entries)]
    held += [(f" (ตั้งแต่ภาคเรียนที่ {term})", policy.at(parse_term(term)), new) for term, new in policy.terms.items()]
    rows = [
        {
            "item": entry.name + since,
            "spelled": spell_value(key, entry, then.settings),
            "source": entry.source or "ไม่ระบุ",
            "certainty": CERTAINTY[entry.certainty],
            "date": spell_day(entry.date.isoformat()) if entry.date else "",
            "confirmed_by": entry.confirmed_by,
            "key": key,
        }
        for since, then, entries in held
        for key, entry in entries.items()
    ]
    return pd.DataFrame(rows)


def show(table: pd.DataFrame, name: str = "annexes") -> Styler:
    """Return a table for people to read: Thai heads and kinds, whole texts, thousands, unknown as a dash.

    Parameters
    ----------
    name
        The table of ``columns.csv`` whose words its columns take.
    """
    heads = columns_of("annexes")["thai"].to_dict() | columns_of(name)["thai"].to_dict()
    spelled = {name: table[name].replace(words) for name, words in _SPELLED.items() if name in table}
    if "grades" in table:
        spelled["grades"] = table["grades"].map(thai_grades, na_action="ignore")
    table = table.assign(**spelled).rename(columns=heads)
    text = [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]
    # A name of a school is text, whatever it holds.
    style = table.style.format(thousands=",", na_rep="–", escape="html").format_index(escape="html", axis=1)
    style = style.hide(axis="index")
    return style.set_properties(subset=text, **{"text-align": "left", "white-space": "normal"})


def _month_day(text: str) -> str:
    month, day = map(int, text.split("-"))
    return f"{day} {MONTHS[month - 1]}"


def _spell_vehicle(name: str, vehicle: Vehicle) -> str:
    parts = [_VEHICLES.get(name, name) + ": " + ", ".join(f"{kind} {kmh}" for kind, kmh in vehicle.highways.items())]
    if vehicle.opened_by_yes:
        parts.append("เฉพาะที่แผนที่ระบุว่าเข้าได้ " + _plain(vehicle.opened_by_yes).replace(";", ","))
    parts.append(f"ผิวไม่ลาดยางไม่เกิน {vehicle.unpaved_kmh}")
    if slower := vehicle.surface_kmh | vehicle.tracktype_kmh:
        parts.append("ไม่เกิน " + _plain(slower).replace(";", ","))
    if vehicle.stopping_barriers:
        parts.append("ผ่านไม่ได้ที่ " + ", ".join(vehicle.stopping_barriers))
    parts.append("ต้องตามทางเดินรถทางเดียว" if vehicle.one_way_binds else "ไม่ต้องตามทางเดินรถทางเดียว")
    return "; ".join(parts)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key} {_plain(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
