"""Which column of the office's files is which of ours: shown with a sample of values, corrected, remembered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from restructure._errors import RestructureError, UsageError
from restructure.grades import thai_grades
from restructure.intake.bodies import choose_sheet, shown_head
from restructure.intake.grids import Sheet, read_sheets
from restructure.intake.heads import (
    GUESSED,
    INPUT_TABLES,
    PRIVATE,
    Head,
    Match,
    fields_of,
    head_key,
    likely_tables,
    match_heads,
    needed_fields,
)
from restructure.intake.mapping import Mapping, read_mapping, write_mapping
from restructure.intake.schema import MAP_SUFFIXES, REQUIRED_TABLES, TABLE_SUFFIXES, columns_of
from restructure.mapdata import one_line
from restructure.widgets._base import Widget, action
from restructure.words import TABLE_NAMES

MOST_SAMPLES = 5
_LONGEST = 40
#: Of pupils, only where they learn and in which village they live is ever shown.
_SHOWN_OF_PUPILS = {"school_id", "school_name", "grade", "village_id", "village_name", "moo", "tambon", "amphoe"}
#: A citizen's number, whatever stands around it and in whatever digits.
_THIRTEEN_DIGITS = re.compile(r"(?<!\d)\d(?:[ -]?\d){12}(?!\d)")
#: Files of the folder that hold no table.
_OTHER_STEMS = ("roads", "boundary")
HOW = {
    "remembered": "จำไว้แล้ว",
    "name": "ชื่อตรง",
    "vocabulary": "คำที่รู้จัก",
    "spelling": "สะกดใกล้เคียง โปรดตรวจ",
    "concept": "ความหมายใกล้เคียง โปรดตรวจ",
    "repeated": "หัวซ้ำ ใช้คอลัมน์แรก",
    "": "ไม่รู้จัก",
}
_MEASURES = {"pupils": "นักเรียน", "rooms": "ห้อง", "male": "ชาย", "female": "หญิง"}
_NOT_NEEDED = "รู้จัก ไม่ต้องใช้"


#: Path, time and size of a file.
_Stamp = tuple[Path, int, int]


class _File(NamedTuple):
    """What is looked at of a file: its sheets, or the sentence why it cannot be read."""

    sheets: list[Sheet]
    fault: str


class _Fit(NamedTuple):
    """How a file fits a table: its sheet and head, or the sentence why it does not."""

    sheet: Sheet | None
    head: Head | None
    fault: str


class MappingState:
    """The mapping of one cycle folder while it is being corrected.

    Parameters
    ----------
    folder
        The cycle. Its raw files are read, never changed; :meth:`remember` writes ``mapping.yaml``.

    Raises
    ------
    UsageError
        When the folder has no ``inputs``.
    DataError
        When ``mapping.yaml`` does not hold a mapping.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        if not (self._folder / "inputs").is_dir():
            raise UsageError(
                f"ไม่พบโฟลเดอร์ {self._folder / 'inputs'}: สร้างด้วยคำสั่ง restructure new {self._folder} "
                "แล้ววางไฟล์ไว้ใน inputs/",
                f"There is no folder {self._folder / 'inputs'}; make one with `restructure new {self._folder}`.",
            )
        self._saved = self._draft = read_mapping(self._folder)
        #: What to go back to, with the words of the step that led away from it.
        self._past: list[tuple[Mapping, Mapping, str]] = []
        # To tell what a file is takes seconds where it has many columns: all is told once, until the file changes.
        self._files: dict[_Stamp, _File] = {}
        self._tables: dict[_Stamp, list[str]] = {}
        self._fits: dict[tuple[Any, ...], _Fit] = {}
        self._chosen = next(iter(self._paths()), "")

    def view(self) -> dict[str, Any]:
        """Return the files, the chosen one with its columns, and what can be undone."""
        paths = self._paths()
        if self._chosen not in paths:
            self._chosen = next(iter(paths), "")
        used = {self._used_for(path) for path in paths.values()}
        return {
            "files": [self._file_row(path, paths.values()) for path in paths.values()],
            "absent": [_table_words(table) for table in REQUIRED_TABLES if table not in used],
            "chosen": self._file_card(paths[self._chosen]) if self._chosen else None,
            "unsaved": self._draft != self._saved,
            "undo": self._past[-1][2] if self._past else "",
        }

    @action
    def choose(self, file: str) -> None:
        """Look at another file."""
        self._known(file)
        self._chosen = file

    @action
    def set_table(self, file: str, table: str) -> None:
        """Say which table a file feeds; ``""`` leaves it out."""
        self._known(file)
        if table and table not in INPUT_TABLES:
            raise UsageError(f"ไม่มีตาราง {table}", f"There is no table {table}.")
        words = f"{file} → {_table_words(table)}"
        self._step(Mapping(self._draft.files | {file: table}, self._draft.columns), words)

    @action
    def set_field(self, file: str, place: int, field: str) -> None:
        """Say which field a column is; ``""`` is not read, whatever it seems to be.

        Another column of the file that was taken for this field is let go of.
        """
        path = self._known(file)
        table = self._table_of(path)
        head = self._fit(path, table).head
        column = next((m for m in head.matches if m.place == place), None) if head else None
        if head is None or column is None:
            raise UsageError(f"ไม่พบคอลัมน์ที่ {place + 1} ใน {file}", f"{file} has no column {place + 1}.")
        if column.field == PRIVATE or (field and field not in fields_of(table)):
            raise UsageError(
                f"คอลัมน์ที่ {place + 1} ใช้เป็น {field} ไม่ได้", f"Column {place + 1} of {file} cannot be {field}."
            )
        told = {head_key(m.head): "" for m in head.matches if field and m.field == field and m.place != place}
        told[head_key(column.head)] = field
        columns = self._draft.columns | {table: self._draft.columns.get(table, {}) | told}
        words = f"{_shown(column, head, table)} → {_field_words(table, field)}"
        self._step(Mapping(self._draft.files, columns), words)

    @action
    def forget(self, file: str, place: int) -> None:
        """Go back to what the program itself takes a column for."""
        table = self._table_of(self._known(file))
        head = self._fit(self._known(file), table).head
        keys = {head_key(m.head): _shown(m, head, table) for m in head.matches if m.place == place} if head else {}
        kept = {key: field for key, field in self._draft.columns.get(table, {}).items() if key not in keys}
        columns = self._draft.columns | {table: kept}
        self._step(Mapping(self._draft.files, columns), f"ลืม {', '.join(keys.values())}")

    @action
    def remember(self) -> None:
        """Write what was corrected, for this cycle and the next."""
        write_mapping(self._folder, self._draft)
        self._past.append((self._draft, self._saved, "จำไว้"))
        self._saved = self._draft

    @action
    def undo(self) -> None:
        """Take the last step back; where that was remembering, also in the file."""
        if not self._past:
            return
        draft, saved, _ = self._past[-1]
        if saved != self._saved:
            write_mapping(self._folder, saved)
        self._draft, self._saved = draft, saved
        self._past.pop()

    def _step(self, draft: Mapping, words: str) -> None:
        self._past.append((self._draft, self._saved, words))
        self._draft = draft

    def _paths(self) -> dict[str, Path]:
        """Return the files that may hold a table, by name, in order."""
        return {
            path.name: path
            for path in sorted((self._folder / "inputs").iterdir())
            if path.is_file()
            and path.suffix.lower() in (*TABLE_SUFFIXES, *MAP_SUFFIXES)
            and not path.name.startswith((".", "~$"))
            and path.name.split(".")[0] not in _OTHER_STEMS
        }

    def _known(self, file: str) -> Path:
        path = self._paths().get(file)
        if path is None:
            raise UsageError(f"ไม่พบไฟล์ {file} ใน inputs/", f"There is no file {file} in inputs/.")
        return path

    def _stamp(self, path: Path) -> _Stamp:
        stat = path.stat()
        return path, stat.st_mtime_ns, stat.st_size

    def _look(self, path: Path) -> _File:
        """Return what a file is; read anew only when it has changed."""
        stamp = self._stamp(path)
        if stamp not in self._files:
            try:
                self._files[stamp] = _File(read_sheets(path, f"inputs/{path.name}"), "")
            except RestructureError as error:
                self._files[stamp] = _File([], error.thai)
        return self._files[stamp]

    def _likely(self, path: Path) -> list[str]:
        """Return the tables that a file may be, the likeliest of any of its sheets first."""
        stamp = self._stamp(path)
        if stamp not in self._tables:
            found = [(-share, table) for sheet in self._look(path).sheets for table, share in likely_tables(sheet.top)]
            self._tables[stamp] = list(dict.fromkeys(table for _, table in sorted(found)))
        return self._tables[stamp]

    def _table_of(self, path: Path) -> str:
        """Return the table that a file is read for, as told or by its name; else the likeliest by its heads."""
        used = self._used_for(path)
        return next(iter(self._likely(path)), "") if used is None else used

    def _used_for(self, path: Path) -> str | None:
        """Return the table that a file is read for, None where nobody has said."""
        named = path.stem if path.stem in INPUT_TABLES else None
        return self._draft.files.get(path.name, named)

    def _fit(self, path: Path, table: str) -> _Fit:
        """Return the sheet that fits a table best, as it will be read."""
        look = self._look(path)
        if look.fault or not table:
            return _Fit(None, None, look.fault)
        remembered = self._draft.columns.get(table, {})
        key = (self._stamp(path), table, tuple(sorted(remembered.items())))
        if key not in self._fits:
            try:
                sheet, head, _ = choose_sheet(look.sheets, table, f"inputs/{path.name}", remembered)
                self._fits[key] = _Fit(sheet, head, "")
            except RestructureError as error:
                self._fits[key] = _Fit(None, None, error.thai)
        return self._fits[key]

    def _file_row(self, path: Path, paths: Iterable[Path]) -> dict[str, Any]:
        table = self._table_of(path)
        fit = self._fit(path, table)
        missing = _missing(fit.head.matches, table) if fit.head else []
        twins = [other.name for other in paths if other != path and table and self._used_for(other) == table]
        state = ""
        if fit.fault:
            state = "อ่านไม่ได้"
        elif self._used_for(path) is None:
            state = "ยังไม่ยืนยัน จึงยังไม่อ่าน"
        elif twins:
            state = f"ซ้ำกับ {', '.join(twins)}"
        elif missing:
            state = f"ขาด {len(missing)} ช่อง"
        return {"file": path.name, "words": _table_words(table), "state": state}

    def _file_card(self, path: Path) -> dict[str, Any]:
        table = self._table_of(path)
        sheet, head, fault = self._fit(path, table)
        sure = self._used_for(path) is not None
        likely = [] if sure else self._likely(path)
        tables = [*likely, *(name for name in INPUT_TABLES if name not in likely), ""]
        card: dict[str, Any] = {
            "file": path.name,
            "fault": fault,
            "table": table,
            "sure": sure,
            "tables": [[name, _table_words(name)] for name in tables],
            "sheet": one_line(sheet.name) if sheet else "",
            "rows": [head.first, head.last] if head else None,
            "missing": [],
            "fields": [[field, _field_words(table, field)] for field in fields_of(table)] if table else [],
            "columns": [],
        }
        if sheet and head:
            of_people = _is_of_people(head, table)
            card["missing"] = [_field_words(table, field) for field in _missing(head.matches, table)]
            card["columns"] = [self._column(table, match, head, sheet, of_people) for match in head.matches]
        return card

    def _column(self, table: str, match: Match, head: Head, sheet: Sheet, of_people: bool) -> dict[str, Any]:
        key = head_key(match.head)
        told = self._draft.columns.get(table, {})
        unsaved = told.get(key) != self._saved.columns.get(table, {}).get(key)
        private = match.field == PRIVATE
        read = match.field not in _unread_fields(table)
        # Of people, what a column is said to be shows none of its values: what is said may be wrong.
        seen = read and (not of_people or (match.field in _SHOWN_OF_PUPILS and match.how != "remembered"))
        cells = (row[match.place] for row in sheet.top[head.last :] if match.place < len(row))
        how = HOW[match.how] if match.field or match.how in ("", "repeated", "remembered") else _NOT_NEEDED
        return {
            "place": match.place,
            "letter": _letter(match.place),
            "head": _shown(match, head, table),
            "field": "" if private else match.field,
            "private": private,
            "how": "แก้แล้ว ยังไม่จำ" if unsaved else "ข้อมูลส่วนบุคคล" if private else how,
            "doubtful": not private and match.how in (*GUESSED, "repeated"),
            "told": key in told,
            "read": read,
            "samples": _samples(cells) if seen else None,
        }


def mapping_widget(folder: Path | str) -> Widget:
    """Return the widget that shows and corrects which column is which, for a cycle folder.

    Raises
    ------
    UsageError, DataError
        As :class:`MappingState` raises them.
    """
    return Widget(MappingState(folder), "mapping")


def _missing(matches: list[Match], table: str) -> list[str]:
    """Return the fields that a table must have and a file has not, the first name where one may stand for another."""
    fields = {match.field for match in matches}
    order = fields_of(table)
    return [next(name for name in order if name in choices) for choices in needed_fields(table) if not choices & fields]


def _is_of_people(head: Head, table: str) -> bool:
    """Tell whether each row is a person, whatever table the file is said to be.

    As when it is read, one column that is never read is enough; and so are two that are never read of pupils.
    """
    pupils = [match.field for match in match_heads([match.head for match in head.matches], "students")]
    mine = [match.field for match in head.matches]
    return table == "students" or PRIVATE in mine or "national_id" in pupils or pupils.count(PRIVATE) > 1


def _unread_fields(table: str) -> set[str]:
    """Return the fields of columns that are not read: not known, private, known and dropped."""
    described = columns_of(table)
    return {"", PRIVATE, *described.index[described["required"] == "dropped"]}


def _shown(match: Match, head: Head, table: str) -> str:
    """Return a head that may be shown: what was taken for a head may be a row of data."""
    unread = _unread_fields(table)
    return one_line(shown_head(match, certain=sum(one.field not in unread for one in head.matches) > 1))


def _samples(texts: Iterable[str]) -> list[str]:
    """Return the first few different texts of a column; never a citizen's number that strayed into it."""
    found = dict.fromkeys(one_line(text) for text in texts if text and not _THIRTEEN_DIGITS.search(text))
    return [text[:_LONGEST] for text in list(found)[:MOST_SAMPLES]]


def _table_words(table: str) -> str:
    return f"{TABLE_NAMES.get(table, table)} ({table})" if table else "ไม่ใช้ไฟล์นี้"


def _field_words(table: str, field: str) -> str:
    if not field:
        return "ไม่อ่าน"
    grade, _, measure = field.partition(".")
    if measure:
        return f"{'รวม' if grade == 'total' else thai_grades(grade)} {_MEASURES[measure]} ({field})"
    return f"{columns_of(table).at[field, 'thai']} ({field})"


def _letter(place: int) -> str:
    """Return what spreadsheets call a column: A, B … Z, AA and so on."""
    letters = ""
    place += 1
    while place:
        place, left = divmod(place - 1, 26)
        letters = chr(ord("A") + left) + letters
    return letters
