"""Scenarios side by side on paper and on the wall: a chart, the plan's years, and the map before and after."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from restructure.comparison import UNKNOWN, outcome_names, paid_by_band, with_present
from restructure.mapdata import CREDIT, SPECIAL, STATES, MapData, band_looks, one_line
from restructure.plan import Plan
from restructure.scenario import PRESENT
from restructure.sheet import FAINT, INK, VILLAGE, Sheet, drawing, text_width, village_area
from restructure.simulate import Outcome
from restructure.words import ROUTED, spell_day

#: Of Okabe and Ito: what a scenario brings, what is there now, and what nobody knows.
_PLAN, _NOW, _LOST = "#0072b2", "#9a9a9a", "#d9d9d9"
#: A slide of 16:9, millimetres; more scenarios than it has room for make it higher.
_WIDE, _HIGH = 338.7, 190.5
_LEFT, _RIGHT = 8.0, 331.0
_NAMES = 67.0
_ROW = 11.0
_GAP = 7.0
#: What stands around the rows of the chart: head, legend and foot; between its tiers titles.
_AROUND, _BETWEEN = 66.0, 26.0
#: Points of what must be read from the back of the room, and of numbers inside bars.
_BIG, _INSIDE = 16, 14
#: A3 landscape, the two maps on it and what stands below them.
_PAPER = (420.0, 297.0)
_MAPS = ((10.0, 84.0, 198.0, 181.0), (212.0, 84.0, 198.0, 181.0))
#: Points of the legend and of what goes where, and millimetres from line to line: read on a page 1,200 pixels wide.
_LEGEND, _LISTED, _LINE = 16, 15, 6.6


def write_chart(outcomes: list[Outcome], pdf: Path, png: Path) -> None:
    """Write what scenarios of one office do, the present state first, as a chart to be shown to a room."""
    with drawing():
        _save(_Chart(with_present(outcomes)).draw(), "เทียบทางเลือก", pdf, png, 150)


def chart_picture(outcomes: list[Outcome]) -> io.BytesIO:
    """Return the chart of :func:`write_chart` as a PNG, of outcomes of which the first is the present state."""
    stream = io.BytesIO()
    with drawing():
        _Chart(outcomes).draw().savefig(stream, format="png", dpi=150, metadata={"Software": None})
    return stream


def write_years_chart(outcomes: list[Outcome], pdf: Path, png: Path) -> None:
    """Write the subsidy of the plan's fiscal years, a small chart a scenario, the present state first."""
    with drawing():
        _save(_Years(with_present(outcomes)).draw(), "ค่าพาหนะรายปี", pdf, png, 150)


def write_before_after(plan: Plan, pdf: Path, png: Path) -> None:
    """Write where those who move learn before and after a plan: two maps of one extent, A3 landscape."""
    with drawing():
        _save(_BeforeAfter(plan).draw(), plan.scenario.name, pdf, png, 200)


def _save(figure: Figure, title: str, pdf: Path, png: Path, dpi: int) -> None:
    figure.savefig(pdf, format="pdf", metadata={"Title": one_line(title), "CreationDate": None})
    figure.savefig(png, format="png", dpi=dpi, metadata={"Software": None}, pil_kwargs={"compress_level": 9})


class _Page(Sheet):
    """A page of small charts of one style about some outcomes."""

    def __init__(self, outcomes: list[Outcome], high: float) -> None:
        super().__init__((_WIDE, max(high, _HIGH)))
        self.outcomes, self.names = outcomes, outcome_names(outcomes)
        self.policy = outcomes[0].office.policy
        self.colours = [_NOW if outcome.scenario == PRESENT else _PLAN for outcome in outcomes]

    def frame_page(self, title: str) -> None:
        policy = self.policy
        office = f"{one_line(policy.office)}  ปีงบประมาณ {policy.fiscal_year}"
        self.heading(title, office, _LEFT, _RIGHT, policy.synthetic)
        self.text(self.page, _LEFT, 6, ROUTED, 11, color=FAINT)

    def panel(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Add a chart, its place in millimetres, without frame and ticks."""
        wide, high = self.page.get_xlim()[1], self.page.get_ylim()[1]
        axes = self.figure.add_axes((left / wide, bottom / high, width / wide, height / high), xticks=[], yticks=[])
        axes.patch.set_visible(False)
        for side in axes.spines.values():
            side.set_visible(False)
        return axes


class _Chart(_Page):
    """Pupils by band, baht and schools; the ways of all pupils; those of who moves, before and after.

    A row a scenario throughout.
    """

    def __init__(self, outcomes: list[Outcome]) -> None:
        around = _AROUND + 2 * _BETWEEN
        self.rows = max(_ROW * len(outcomes), (_HIGH - around) / 3)
        super().__init__(outcomes, 3 * self.rows + around)

    def draw(self) -> Figure:
        self.frame_page("เทียบทางเลือก: เด็ก เงิน โรงเรียน")
        top = self.page.get_ylim()[1] - 36
        upper = top - 11 - self.rows
        middle = upper - _BETWEEN - self.rows
        lower = middle - _BETWEEN - self.rows
        for bottom in (upper, middle, lower):
            self._names(bottom)
        left = _LEFT + _NAMES
        self._bands(left, upper, 108, top)
        self._money(left + 108 + _GAP, upper, 84)
        self._schools(left + 192 + 2 * _GAP, upper, _RIGHT - left - 192 - 2 * _GAP)
        width = (_RIGHT - left - 2 * _GAP) / 3
        self.text(self.page, _LEFT, middle + self.rows + 15, "นักเรียนทุกคนของเขต บ้านถึงที่เรียน", 14, bold=True)
        self._everyone(left, middle, width)
        most = max((s[k] or 0 for s in self._summaries for k in ("max_m", "max_m_before")), default=0)
        for i, (key, words) in enumerate((("median_m", "มัธยฐาน"), ("p90_m", "ร้อยละ 90 ไม่เกิน"), ("max_m", "ไกลสุด"))):
            self._ways(left + i * (width + _GAP), lower, width, key, words, max(most, 1))
        y = lower + self.rows + 15
        self.text(self.page, _LEFT, y, "ระยะทางของนักเรียนที่ย้าย (กม.)", 14, bold=True)
        x = _LEFT + text_width("ระยะทางของนักเรียนที่ย้าย (กม.)", 14, True) + 8
        for face, edge, words in (("white", INK, "ก่อน"), (_PLAN, _PLAN, "หลัง")):
            self.page.scatter([x], [y], s=90, facecolor=face, edgecolor=edge, linewidths=1.8, zorder=5)
            self.text(self.page, x + 4, y, words, 13)
            x += 20
        return self.figure

    @property
    def _summaries(self) -> list[dict[str, int]]:
        return [outcome.summary for outcome in self.outcomes]

    def _rows(self, left: float, bottom: float, width: float, most: float, title: str) -> Axes:
        """Add a chart of a row an outcome, from 0 to the most, with its title above."""
        axes = self.panel(left, bottom, width, self.rows)
        axes.set_xlim(0, most)
        axes.set_ylim(len(self.outcomes) - 0.5, -0.5)
        axes.axvline(0, color=INK, linewidth=1.2)
        self.text(self.page, left, bottom + self.rows + 4, self.fit(title, width, 14, bold=True), 14, bold=True)
        return axes

    def _label(self, axes: Axes, x: float, row: int, label: str) -> None:
        text = self.text(axes, x, row, label, _BIG)
        text.set_path_effects([withStroke(linewidth=3, foreground="white")])

    def _names(self, bottom: float) -> None:
        step = self.rows / len(self.outcomes)
        for i, name in enumerate(self.names):
            y = bottom + self.rows - (i + 0.5) * step
            lines = self.wrap(name, _NAMES - 6, 15, 2)
            for j, line in enumerate(lines):
                shift = (len(lines) - 1) * 2.9 - j * 5.8
                self.text(self.page, _LEFT + _NAMES - 4, y + shift, line, 15, ha="right")

    def _bands(self, left: float, bottom: float, width: float, top: float) -> None:
        counts = np.array([paid_by_band(outcome.office, outcome.seats) for outcome in self.outcomes])
        totals = counts.sum(axis=1)
        room = text_width(f"{totals.max():,}", _BIG) + 5
        most = max(totals.max(), 1) * width / (width - room)
        axes = self._rows(left, bottom, width, most, "นักเรียนที่เรียนที่โรงเรียนหลัก (คน)")
        looks = [*band_looks(self.policy.settings.bands), ("ยังวัดระยะทางไม่ได้", _LOST)]
        x = _LEFT
        for place, (words, colour) in enumerate(looks):
            begins = counts[:, :place].sum(axis=1)
            axes.barh(range(len(counts)), counts[:, place], left=begins, color=colour, height=0.62)
            for row, (start, count) in enumerate(zip(begins, counts[:, place], strict=True)):
                # Only where it fits; all numbers stand in the table.
                if text_width(f"{count:,}", _INSIDE) + 2 < count / most * width:
                    self.text(axes, start + count / 2, row, f"{count:,}", _INSIDE, ha="center", color=_ink_on(colour))
            if place < len(looks) - 1 or counts[:, place].any():
                self.page.add_patch(Rectangle((x, top + 3.2), 5, 4, facecolor=colour))
                self.text(self.page, x + 7, top + 5, words, 13)
                x += 7 + text_width(words, 13) + 8
        for row, total in enumerate(totals):
            self._label(axes, total + most * 2 / width, row, f"{total:,}")

    def _everyone(self, left: float, bottom: float, width: float) -> None:
        bound = f"{self.policy.settings.far_m[0] / 1000:g}"
        for i, (key, title) in enumerate((("median", "มัธยฐาน (กม.)"), ("p90", "ร้อยละ 90 ไม่เกิน (กม.)"))):
            metres = [summary[f"all_{key}_m"] for summary in self._summaries]
            labels = [UNKNOWN if value is None else f"{value / 1000:.1f}" for value in metres]
            self._bars(left + i * (width + _GAP), bottom, width, title, [value or 0 for value in metres], labels)
        counts = [summary[f"all_over_{bound}_km"] for summary in self._summaries]
        unknown = [summary["all_unmeasured"] for summary in self._summaries]
        labels = [f"{n:,}{f' (วัดไม่ได้ {u:,})' if u else ''}" for n, u in zip(counts, unknown, strict=True)]
        self._bars(left + 2 * (width + _GAP), bottom, width, f"เดินทางเกิน {bound} กม. (คน)", counts, labels)

    def _money(self, left: float, bottom: float, width: float) -> None:
        baht = [summary["subsidy_total_baht"] for summary in self._summaries]
        unknown = [summary["subsidy_unmeasured"] for summary in self._summaries]
        labels = [f"{'อย่างน้อย ' if u else ''}{value:,}" for value, u in zip(baht, unknown, strict=True)]
        self._bars(left, bottom, width, "ค่าพาหนะทั้งเขต (บาทต่อปี)", baht, labels)

    def _schools(self, left: float, bottom: float, width: float) -> None:
        counts = [summary["schools_teaching"] for summary in self._summaries]
        small = [summary["small_schools"] for summary in self._summaries]
        labels = [f"{count:,} (เล็ก {few:,})" for count, few in zip(counts, small, strict=True)]
        self._bars(left, bottom, width, "โรงเรียนที่ยังสอน (แห่ง)", counts, labels)

    def _bars(
        self, left: float, bottom: float, width: float, title: str, values: Sequence[int], labels: Sequence[str]
    ) -> None:
        """Draw a bar an outcome, with the present's end as a line through all of them."""
        room = max(text_width(label, _BIG) for label in labels) + 4
        most = max(*values, 1) * width / (width - room)
        axes = self._rows(left, bottom, width, most, title)
        axes.barh(range(len(values)), values, color=self.colours, height=0.62)
        axes.axvline(values[0], color=INK, linewidth=1.2, linestyle=(0, (3, 3)))
        for row, (value, label) in enumerate(zip(values, labels, strict=True)):
            self._label(axes, max(value, values[0]) + most * 2 / width, row, label)

    def _ways(self, left: float, bottom: float, width: float, key: str, title: str, most: int) -> None:
        room = text_width("00.0 → 00.0", _BIG) + 5
        most = int(most * width / (width - room))
        axes = self._rows(left, bottom, width, most, title)
        for bound in self.policy.settings.far_m:
            if bound < most:
                axes.axvline(bound, color="#c8c8c8", linewidth=1, zorder=0)
                x = left + bound / most * width
                self.text(self.page, x, bottom - 3, f"{bound / 1000:g}", 12, color=FAINT, ha="center")
        for row, outcome in enumerate(self.outcomes):
            before, after = outcome.summary[f"{key}_before"], outcome.summary[key]
            if before is None or after is None:
                words = UNKNOWN if outcome.summary["pupils_moved"] else "ไม่มีผู้ย้าย"
                self._label(axes, most * 3 / width, row, words)
                continue
            axes.plot([before, after], [row, row], color=_PLAN, linewidth=3, zorder=2, solid_capstyle="butt")
            dot: dict[str, Any] = {"s": 110, "clip_on": False}
            axes.scatter([before], [row], facecolor="white", edgecolor=INK, linewidths=1.8, zorder=4, **dot)
            axes.scatter([after], [row], color=_PLAN, zorder=3, **dot)
            label = f"{before / 1000:.1f} → {after / 1000:.1f}"
            self._label(axes, max(before, after) + most * 4 / width, row, label)


class _Years(_Page):
    """Bars of each fiscal year, the present's level as a line across each."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self.columns = min(len(outcomes), 4)
        self.tiers = -(-len(outcomes) // self.columns)
        super().__init__(outcomes, 42 + self.tiers * 74)

    def draw(self) -> Figure:
        years = [outcome.summary["years"] for outcome in self.outcomes]
        most = max(year[key] for one in years for year in one for key in ("subsidy_baht", "subsidy_present_baht"))
        words, part, digits = ("ล้านบาท", 1_000_000, 2) if most >= 1_000_000 else ("พันบาท", 1_000, 0)
        self.frame_page(f"ค่าพาหนะทั้งสำนักงานเขตแต่ละปีงบประมาณ ({words})")
        y = self.page.get_ylim()[1] - 31
        self.page.add_line(Line2D((_LEFT, _LEFT + 10), (y, y), color=INK, linewidth=2.6))
        self.text(self.page, _LEFT + 13, y, "ถ้าไม่รวมเพิ่ม  (นับนักเรียนปัจจุบันทุกปี)", 14)
        width = (_RIGHT - _LEFT - (self.columns - 1) * 2 * _GAP) / self.columns
        height = (self.page.get_ylim()[1] - 48) / self.tiers - 17
        for i, (name, one) in enumerate(zip(self.names, years, strict=True)):
            line, column = divmod(i, self.columns)
            left = _LEFT + column * (width + 2 * _GAP)
            bottom = self.page.get_ylim()[1] - 46 - line * (height + 17) - height
            axes = self.panel(left, bottom, width, height)
            axes.set_xlim(-0.5, len(one) - 0.5)
            axes.set_ylim(0, max(most, 1) * height / (height - 9))
            axes.axhline(0, color=INK, linewidth=1.2)
            axes.bar(range(len(one)), [year["subsidy_baht"] for year in one], color=self.colours[i], width=0.7)
            size = min(16.0, 14.0 * width / len(one) / text_width("00.00", 14))
            for place, year in enumerate(one):
                there, now = year["subsidy_baht"], year["subsidy_present_baht"]
                axes.plot([place - 0.42, place + 0.42], [now, now], color=INK, linewidth=2.6, solid_capstyle="butt")
                above, x = max(there, now) + most * 4 / height, left + (place + 0.5) * width / len(one)
                self.text(axes, place, above, f"{there / part:,.{digits}f}", size, ha="center")
                self.text(self.page, x, bottom - 4, str(year["fiscal_year"]), size, ha="center")
            self.text(self.page, left, bottom + height + 4, self.fit(name, width, 15, bold=True), 15, bold=True)
        return self.figure


class _BeforeAfter(Sheet):
    """Two maps of one extent: where those whom the plan moves learn without it, and with it."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(_PAPER)
        self.plan, self.data = plan, MapData(plan)
        self.bands = band_looks(plan.policy.settings.bands)
        self.numbers: dict[str, int] = {}
        for code in plan.moves["school_id"]:
            self.numbers.setdefault(code, len(self.numbers) + 1)

    def draw(self) -> Figure:
        data, outcome = self.data, self.plan.outcome
        points = pd.concat([data.schools[["lon", "lat"]], data.villages[["lon", "lat"]]]).dropna()
        lon, lat = points["lon"].to_numpy(), points["lat"].to_numpy()
        bounds = (lon.min(), lat.min(), lon.max(), lat.max()) if len(points) else self.plan.network.bounds()
        sides = (
            ("ก่อน: ถ้าไม่รวมเพิ่ม", outcome.seats_before.sits, "before"),
            ("หลัง: เมื่อรวมตามแผนครบ", outcome.seats.sits, "after"),
        )
        for place, (title, sits, when) in zip(_MAPS, sides, strict=True):
            self.add_map(place)
            self.frame(bounds, margin_mm=6)
            self.ground(list(self.plan.network.waters), data.road_groups)
            self._joins(data.joins(sits))
            self._schools(when)
            self.text(self.page, place[0], place[1] + place[3] + 4, title, 15, bold=True)
        policy, right = self.plan.policy, _MAPS[1][0] + _MAPS[1][2]
        office = f"{one_line(policy.office)}  ปีงบประมาณ {policy.fiscal_year}"
        self.heading(self.plan.scenario.name, office, _MAPS[0][0], right, policy.synthetic)
        self._legend()
        credit = "" if policy.synthetic else f"  {CREDIT}"
        roads = f"ข้อมูลถนน ณ {spell_day(self.plan.network.osm_date)}{credit}"
        note = "เส้นตรงโยงหมู่บ้านของผู้ที่ย้ายกับโรงเรียน ไม่ใช่เส้นทาง สีตามระยะทางถนน เอกสารภายในประกอบการพิจารณา"
        for y, words in ((17, ROUTED), (11, roads), (5, note)):
            self.text(self.page, _MAPS[0][0], y, words, _LISTED, color=FAINT)
        return self.figure

    def _joins(self, joins: pd.DataFrame) -> None:
        """Join the villages of those who move to where they learn; of all others only the villages are drawn."""
        villages = self.data.villages.set_index("village_id")[["lon", "lat"]]
        schools = self.data.schools.set_index("school_id")[["lon", "lat"]]
        starts = self.km(villages.reindex(joins["village_id"]).to_numpy())
        ends = self.km(schools.reindex(joins["sits_at"]).to_numpy())
        lines = np.stack([starts, ends], axis=1)
        drawn = ~np.isnan(lines).any(axis=(1, 2))
        band, changed = joins["band"].fillna(0).to_numpy(dtype=np.int64), joins["changed"].to_numpy(dtype=bool)
        moved = drawn & changed
        self.lines(list(lines[moved]), "white", 4.4, 5.5)
        for place, (_, colour) in enumerate(self.bands, start=1):
            self.lines(list(lines[moved & (band == place)]), colour, 2.4, 6)
        self.lines(list(lines[moved & (band == 0)]), INK, 2.4, 6, linestyles=[(0, (1, 2))])
        for chosen, order in ((drawn & ~changed, 4), (moved, 6)):
            homes = joins[chosen].groupby("village_id")["pupils"].sum()
            if len(homes):
                points = self.km(villages.loc[homes.index].to_numpy())
                area = village_area(homes.to_numpy())
                self.map.scatter(points[:, 0], points[:, 1], s=area, color=VILLAGE, linewidths=0, zorder=order)

    def _schools(self, when: str) -> None:
        schools = self.data.schools.dropna(subset=["lat", "lon"])
        for state, look in STATES.items():
            group = schools[schools[f"state_{when}"] == state]
            if len(group):
                order = 7 if state in ("stays", "closed") else 8
                self.marks(self.km(group[["lon", "lat"]].to_numpy()), look, group[f"pupils_{when}"], order, self.map)
        special = schools[schools["special"]]
        if len(special):
            points = self.km(special[["lon", "lat"]].to_numpy())
            self.marks(points, SPECIAL, special[f"pupils_{when}"], 9, self.map)
        for school in schools[schools["school_id"].isin(list(self.numbers))].itertuples():
            x, y = self.km(np.array([[school.lon, school.lat]]))[0]
            text = self.text(self.map, x, y, str(self.numbers[school.school_id]), 15, bold=True, ha="center", zorder=12)
            text.set_y(y + 4.2 / self.mm_per_km)
            text.set_path_effects([withStroke(linewidth=2.4, foreground="white")])

    def _legend(self) -> None:
        """Draw below the maps what shapes and lines mean, and which school goes where by its number."""
        left, top = _MAPS[0][0], _MAPS[0][1] - 6
        states = {*self.data.schools["state_before"], *self.data.schools["state_after"]}
        looks = [look for state, look in STATES.items() if state in states]
        looks += [SPECIAL] if self.data.schools["special"].any() else []
        y = top
        for look in looks:
            self.marks(np.array([[left + 3, y]]), look, [60.0], 3, self.page)
            self.text(self.page, left + 9, y, look.label, _LEGEND)
            y -= _LINE
        x, y = left + 70, top
        drawn: list[tuple[str, str, Any]] = [(words, colour, "solid") for words, colour in self.bands] + [
            ("ยังวัดระยะทางไม่ได้", INK, (0, (1, 2)))
        ]
        for words, colour, style in drawn:
            self.page.add_line(Line2D((x, x + 9), (y, y), color=colour, linewidth=2.4, linestyle=style))
            self.text(self.page, x + 12, y, words, _LEGEND)
            y -= _LINE
        for words in ("เส้น = นักเรียนที่ย้ายตามแผนนี้", "ขนาดโรงเรียนตามนักเรียนที่มาเรียน", "จุดน้ำตาล = หมู่บ้าน"):
            self.text(self.page, x, y, words, _LEGEND)
            y -= _LINE
        self.scale_bar(x, y - 5, 50)
        self._moves(left + 172, top)

    def _moves(self, left: float, top: float) -> None:
        pairs = self.plan.moves[["school_id", "school_name", "host_name"]].drop_duplicates()
        if pairs.empty:
            self.text(self.page, left, top, "ทางเลือกนี้ไม่มีการย้าย", _LISTED, bold=True)
            return
        lines, columns = 11, 3
        room = lines * columns
        shown = pairs if len(pairs) <= room else pairs.head(room - 1)
        width = (_MAPS[1][0] + _MAPS[1][2] - left) / min(columns, -(-len(pairs) // lines))
        texts = [
            self.fit(f"{self.numbers[school]}  {one_line(name)} → {one_line(host)}", width - 3, _LISTED)
            for school, name, host in shown.itertuples(index=False)
        ]
        if len(shown) < len(pairs):
            texts.append(f"และอีก {len(pairs) - len(shown)} รายการ ดูภาคผนวก annexes.xlsx")
        for i, text in enumerate(texts):
            column, line = divmod(i, lines)
            self.text(self.page, left + column * width, top - line * _LINE, text, _LISTED)


def _ink_on(colour: str) -> str:
    """Return the ink that is read on a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return INK if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
