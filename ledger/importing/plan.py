"""What is known of a file before its first row is recorded; the same in every process."""

import zlib
from collections.abc import Iterator
from pathlib import Path

from ledger import clock
from ledger.aggregates.commands import Origin, Provenance
from ledger.aggregates.keys import stream_id
from ledger.application import ConsentLedger
from ledger.importing import reader, templates
from ledger.importing.reader import FileRefused, Row, TextForm
from ledger.importing.templates import DateReader, Template
from ledger.values import Discreet
from ledger.vocabulary import BrandCode


class ImportOptions(Discreet, frozen=True, gc=False):
    """What the caller said about the file. `declared_by` makes it a declared one (C8)."""

    brand_code: BrandCode
    actor: str
    template: str = "auto"
    dates: str | None = None
    declared_by: str | None = None
    exported_at: str | None = None


class ImportPlan(Discreet, frozen=True, gc=False):
    """How the file is read, and who brings it. Build with `make_plan`."""

    path: Path
    brand_code: BrandCode
    form: TextForm
    template: Template
    month_first: bool
    has_refusals: bool
    provenance: Provenance

    def date_reader(self) -> DateReader:
        """How the cells of the file become İYS's wire form."""
        return templates.date_reader(self.template.dates, mdy=self.month_first)

    def rows(self, *, refusals: bool, lane: int, lanes: int) -> Iterator[Row]:
        """The refusals, or all other rows, of one lane; one address is always in one lane."""
        template = self.template
        for row in _data_rows(self.path, self.form, template):
            if template.is_refusal(row.fields) is not refusals:
                continue
            if lanes == 1 or _lane_of(template.cell(row.fields, "recipient"), lanes) == lane:
                yield row


def make_plan(ledger: ConsentLedger, path: Path, options: ImportOptions) -> ImportPlan:
    """Look at the file once or twice; nothing is recorded. Raises FileRefused."""
    form = reader.look_at(path)
    first = next(reader.rows(path, form), None)
    if first is None:
        raise FileRefused("L-FILE-EMPTY")
    template = templates.recognise(first.fields, options.template)
    month_first, has_refusals = _scan(path, form, template, options.dates)
    return ImportPlan(
        path,
        options.brand_code,
        form,
        template,
        month_first,
        has_refusals,
        _provenance(ledger, form, options),
    )


def _scan(path: Path, form: TextForm, template: Template, told: str | None) -> tuple[bool, bool]:
    """Whether dates are month-first, and whether the file has refusals."""
    has_refusals = False

    def date_cells() -> Iterator[str]:
        nonlocal has_refusals
        for row in _data_rows(path, form, template):
            has_refusals = has_refusals or template.is_refusal(row.fields)
            yield template.cell(row.fields, "consentDate")

    if template.dates.ambiguous:
        return templates.month_first(date_cells(), told=told), has_refusals
    for _cell in date_cells():
        if has_refusals:
            break
    return True, has_refusals


def _data_rows(path: Path, form: TextForm, template: Template) -> Iterator[Row]:
    every = reader.rows(path, form)
    if template.has_header:
        next(every, None)
    return every


def _lane_of(recipient: str, lanes: int) -> int:
    """Spellings of one number end in the same seven digits, but for what Excel leaves behind."""
    text = recipient.removesuffix(".0")
    tail = text[-7:]
    if not tail.isdigit():
        tail = "".join(filter(str.isdigit, text))[-7:] if "@" not in text else text.strip().lower()
    return zlib.crc32(tail.encode(errors="replace")) % lanes


def _provenance(ledger: ConsentLedger, form: TextForm, options: ImportOptions) -> Provenance:
    declared = options.declared_by is not None
    # Keyed: the digest of a file with addresses in it must not stand in the clear (§5).
    content = ("import", form.sha256, str(options.brand_code), str(declared))
    digest = ledger.vault.content_digest(content)
    return Provenance(
        origin=Origin.DECLARED if declared else Origin.FILE,
        via="import",
        actor=options.actor,
        received_at=clock.utc_text(ledger.now()),
        tzdata=clock.TZDATA_VERSION,
        import_id=str(stream_id(digest[:6], f"import/{digest.hex()}")),
    )
