"""What is known of a file before its first row is recorded; the same in every process."""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger import clock
from ledger.aggregates.commands import Origin, Provenance
from ledger.aggregates.keys import stream_id
from ledger.aggregates.provider_bodies import ImportCompleted
from ledger.application import ConsentLedger
from ledger.importing import dates, reader, templates, workbook
from ledger.importing.column_map import ColumnMap
from ledger.importing.dates import DateReader, DateRule
from ledger.importing.reader import FileRefused, Row, TextForm
from ledger.importing.rows import RefusalList, Spread, is_heading, wide_rows
from ledger.importing.templates import Template
from ledger.values import Discreet
from ledger.vocabulary import BrandCode, RecipientType

REFUSALS: Final = "refusals"
MAP: Final = "map"
"""Names of what has no header to be known by; the caller says so."""


class ImportOptions(Discreet, frozen=True, gc=False):
    """What the caller said about the file. `declared_by` makes it a declared one (C8).

    `recipient_type` fills empty cells; a template without the column needs it. `refusals`: one
    column of addresses, all refused. `column_map`: a wide export; neither goes with the other.
    `file_name`: the caller's name of a file that lies here under another; it goes to the vault.
    """

    brand_code: BrandCode
    actor: str
    template: str = "auto"
    dates: str | None = None
    declared_by: str | None = None
    exported_at: str | None = None
    recipient_type: RecipientType | None = None
    refusals: bool = False
    column_map: ColumnMap | None = None
    file_name: str | None = None


class Source(Discreet, frozen=True, gc=False):
    """A file that is open for import: the caller's, and where its rows can be read as text."""

    path: Path
    text: Path
    form: TextForm


class ImportPlan(Discreet, frozen=True, gc=False):
    """How the file is read, and who brings it. Build with `make_plan`.

    `first`: its first line, a heading or not. `spread`: what makes several rows of a line, None
    where a line is a row. `is_repeat`: whether the whole of it was imported before.
    """

    source: Source
    brand_code: BrandCode
    template: Template
    rule: DateRule
    has_refusals: bool
    provenance: Provenance
    first: Row
    spread: Spread | None
    is_repeat: bool

    def date_reader(self) -> DateReader:
        """How the cells of the file become İYS's wire form."""
        return dates.date_reader(self.rule)

    def rows(self, *, refusals: bool, lane: int = 0, lanes: int = 1) -> Iterator[Row]:
        """The refusals, or all other rows, of one lane; one address is always in one lane."""
        template = self.template
        for row in _data_rows(self.source, template, self.spread):
            if template.is_refusal(row.fields) is not refusals:
                continue
            if lanes == 1 or _lane_of(template.cell(row.fields, "recipient"), lanes) == lane:
                yield row


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file as text: its own, or that of a workbook's first sheet, which ends with the block.

    Raises FileRefused.
    """
    if workbook.is_workbook(path):
        with workbook.as_text(path) as (text, form):
            yield Source(path, text, form)
    else:
        yield Source(path, path, reader.look_at(path))


def make_plan(ledger: ConsentLedger, source: Source, options: ImportOptions) -> ImportPlan:
    """Look at the file once or twice; nothing is recorded. Raises FileRefused."""
    first = next(reader.rows(source.text, source.form), None)
    if first is None:
        raise FileRefused("L-FILE-EMPTY")
    template, spread = _layout(first, options)
    rule, has_refusals = _scan(source, template, spread, options.dates)
    provenance = _provenance(ledger, source.form, options, rule if template.dates else None)
    assert provenance.import_id is not None
    return ImportPlan(
        source,
        options.brand_code,
        template,
        rule,
        has_refusals,
        provenance,
        first,
        spread,
        _is_completed(ledger, provenance.import_id),
    )


def once_for(import_id: str) -> str:
    """The name under which an import is said to be complete, once."""
    return f"{ImportCompleted.TYPE}/{import_id}"


def _is_completed(ledger: ConsentLedger, import_id: str) -> bool:
    command = ledger.vault.command_id(BrandCode(0), once_for(import_id))
    with ledger.store.write() as unit:
        return bool(unit.load_commands([command]))


def _layout(first: Row, options: ImportOptions) -> tuple[Template, Spread | None]:
    """What the first line, or the caller, says of the columns. Raises FileRefused."""
    kind = options.recipient_type
    names = first.fields if first.fault is None else ()
    if options.refusals:
        kinds = tuple(RecipientType) if kind is None else (kind,)
        has_header = is_heading(names)
        return templates.standard(REFUSALS, has_header=has_header), RefusalList(kinds)
    if options.column_map is not None:
        spread = wide_rows(options.column_map, names, kind)
        return templates.standard(MAP, has_header=True), spread
    return templates.recognise(names, options.template, recipient_type=kind), None


def _scan(
    source: Source, template: Template, spread: Spread | None, told: str | None
) -> tuple[DateRule, bool]:
    """How dates are written, and whether the file has refusals."""
    has_refusals = False

    def date_cells() -> Iterator[str]:
        nonlocal has_refusals
        for row in _data_rows(source, template, spread):
            has_refusals = has_refusals or template.is_refusal(row.fields)
            if row.fault is None:
                yield template.cell(row.fields, "consentDate")

    if template.dates:
        return dates.find_rule(date_cells(), template.dates, told=told), has_refusals
    for _cell in date_cells():
        if has_refusals:
            break
    return DateRule(), has_refusals


def _data_rows(source: Source, template: Template, spread: Spread | None) -> Iterator[Row]:
    every = reader.rows(source.text, source.form)
    if template.has_header:
        next(every, None)
    return every if spread is None else (part for row in every for part in spread.rows(row))


def _lane_of(recipient: str, lanes: int) -> int:
    """Spellings of one number end in the same seven digits, but for what Excel leaves behind."""
    tail = recipient[-7:]
    if not (tail.isdigit() and recipient.isascii()):
        # No address has other letters but those that `parse_address` takes out of it.
        text = recipient.encode("ascii", errors="ignore").decode().strip().lower()
        number = _of_a_sheet(text)
        digits = "".join(filter(str.isdigit, number[1] if number else text))
        tail = text if "@" in text else digits[-7:]
    return zlib.crc32(tail.encode()) % lanes


_of_a_sheet: Final = re.compile(r"([+]?[0-9]+)[.,]0+").fullmatch
"""A number with what Excel leaves behind it; one of several dots is a way of writing."""


def _provenance(
    ledger: ConsentLedger, form: TextForm, options: ImportOptions, rule: DateRule | None
) -> Provenance:
    declared = options.declared_by is not None
    # Keyed: the digest of a file with addresses in it must not stand in the clear (§5). What makes
    # other acts of the same bytes makes another import.
    content = ["import", form.sha256, str(options.brand_code), str(declared)]
    content += [REFUSALS] if options.refusals else []
    content += [options.column_map.content] if options.column_map is not None else []
    content += [options.recipient_type] if options.recipient_type is not None else []
    content += [rule.form, str(rule.month_first)] if rule is not None else []
    digest = ledger.vault.content_digest(content)
    return Provenance(
        origin=Origin.DECLARED if declared else Origin.FILE,
        via="import",
        actor=options.actor,
        received_at=clock.utc_text(ledger.now()),
        tzdata=clock.TZDATA_VERSION,
        import_id=str(stream_id(digest[:6], f"import/{digest.hex()}")),
    )
