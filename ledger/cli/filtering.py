"""`izin filter`: which lines of a file may be sent to (C6)."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from ledger.cli.asking import BRAND, CHANNEL, IYS_CODE, RECIPIENT_TYPE
from ledger.cli.context import ACTOR, choice, current
from ledger.cli.remote import is_remote, service
from ledger.cli.whole_files import whole_file
from ledger.cli.wording import counted
from ledger.clock import utc_text
from ledger.contract.runs import FilterDone
from ledger.deciding.decision import Decision
from ledger.deciding.lines import CSV_HEADER, LineBound, LineForm, blocks, written
from ledger.deciding.terms import expect_identifier, purpose_of, terms_of
from ledger.errors import InputRefused
from ledger.importing.reader import FileRefused
from ledger.vocabulary import Channel, RecipientType

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FORMS = {"text": LineForm.TEXT, "csv": LineForm.CSV, "ndjson": LineForm.NDJSON}
FORM_BY_SUFFIX = {
    ".txt": LineForm.TEXT,
    ".csv": LineForm.CSV,
    ".tsv": LineForm.CSV,
    ".ndjson": LineForm.NDJSON,
    ".jsonl": LineForm.NDJSON,
}
CAMPAIGN = "A-Z a-z 0-9 . _ - (≤ 64), adres değil / A-Z a-z 0-9 . _ - (≤ 64), no address"
PURPOSES = "COMMERCIAL | CONSENT_REQUEST | EXEMPT --ground …"
STDIN = "-"
PIECE_BYTES = 1 << 20

FILE = typer.Argument(..., metavar="IN", help="Adres dosyası ya da '-' / file of addresses, '-'.")
OUT = typer.Option(..., help="recipient,permitted,verdict,reason (csv).")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of every line."""

    brand_code: int
    iys_code: int | None
    channel: Channel
    recipient_type: RecipientType
    purpose: str
    ground: str | None
    campaign: str | None
    form: LineForm


def register(app: typer.Typer) -> None:
    """Hang the command on the tree."""
    app.command("filter")(filter_file)


def filter_file(
    file: str = FILE,
    brand: int = BRAND,
    channel: str = CHANNEL,
    out: Path = OUT,
    recipient_type: str = RECIPIENT_TYPE,
    purpose: str = typer.Option("COMMERCIAL", help="COMMERCIAL, CONSENT_REQUEST, EXEMPT."),
    ground: str | None = typer.Option(None, help="EXEMPT için dayanak / its legal ground."),
    campaign: str | None = typer.Option(None, help="Kampanya kodu / a code of your own."),
    line_format: str | None = typer.Option(None, "--format", help=", ".join(FORMS)),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Adres listesini süzer: her satıra bir karar / judges each line of a list of addresses."""
    wanted = Wanted(
        brand,
        iys_code,
        choice(Channel, channel, "--channel"),
        choice(RecipientType, recipient_type, "--recipient-type"),
        purpose,
        ground,
        campaign,
        _form(file, line_format),
    )
    _check(wanted)
    if file != STDIN and out.exists() and Path(file).exists() and out.samefile(file):
        raise typer.BadParameter("girdinin kendisi / the input", param_hint="--out")
    with ExitStack() as stack:
        source = stack.enter_context(_source(file))
        # Made first, so that it is there only once the run is recorded.
        handle = stack.enter_context(whole_file(out, "--out"))
        done = (_asked if is_remote() else _judged)(wanted, source, handle.buffer)
    _tell(done)


def _judged(wanted: Wanted, source: BinaryIO, out: BinaryIO) -> FilterDone:
    """By the ledger here; the last piece is written once the run is recorded."""
    context = current()
    with context.home() as home:
        brand, ledger = context.brand(home, wanted.brand_code, wanted.iys_code)
        terms = terms_of(brand, ACTOR, wanted.purpose, wanted.ground, wanted.campaign)
        texts: list[list[str]] = []
        lines = 0

        def read() -> Iterator[list[str]]:
            for some in blocks(source, wanted.form):
                texts.append(some)
                yield some

        with Decision(ledger, terms) as decision:
            held = CSV_HEADER
            for answers in decision.judged(read(), wanted.channel, wanted.recipient_type):
                out.write(held)
                held = written(texts.pop(0), answers, LineForm.CSV)
                lines += len(answers)
            decision.record()
            out.write(held)
        log = home.access_log(brand.iys_code)
        log.note(ACTOR, "filter", brand_code=brand.brand_code, items=lines)
    counts = decision.sides[wanted.channel].counts if lines else {}
    seen = decision.iys_seen_at
    return FilterDone(
        str(decision.id),
        decision.position,
        None if seen is None else utc_text(seen),
        utc_text(decision.recheck_by),
        lines,
        dict(sorted(counts.items())),
    )


def _asked(wanted: Wanted, source: BinaryIO, out: BinaryIO) -> FilterDone:
    """By a running service."""
    with service() as izin:
        return izin.filter(
            wanted.brand_code,
            wanted.channel,
            source,
            out,
            form=wanted.form,
            recipient_type=wanted.recipient_type,
            purpose=wanted.purpose,
            ground=wanted.ground,
            campaign=wanted.campaign,
        )


def _tell(done: FilterDone) -> None:
    output = current().output
    output.say(
        f"{done.lines} satır: {counted(done.counts, 'tr')}.",
        f"{done.lines} lines: {counted(done.counts, 'en')}.",
    )
    output.say(
        f"Karar: {done.decision_id}, defterin {done.position}. konumuna göre;"
        f" en geç {done.recheck_by} anında yeniden süzün.",
        f"Decision: {done.decision_id}, by position {done.position} of the log;"
        f" filter again by {done.recheck_by}.",
    )
    output.answer(
        {
            "decisionId": done.decision_id,
            "position": done.position,
            "iysSeenAt": done.iys_seen_at,
            "recheckBy": done.recheck_by,
            "lines": done.lines,
            "counts": done.counts,
        }
    )


def _check(wanted: Wanted) -> None:
    """Raises BadParameter for a purpose, ground or campaign that nobody may give."""
    try:
        purpose_of(wanted.purpose, wanted.ground)
        if wanted.campaign is not None:
            expect_identifier(wanted.campaign)
    except InputRefused as refused:
        is_campaign = refused.field == "campaign"
        told = CAMPAIGN if is_campaign else PURPOSES
        raise typer.BadParameter(told, param_hint=f"--{refused.field}") from refused


def _form(file: str, named: str | None) -> LineForm:
    """How the file is written: as said, else by its name. Raises BadParameter."""
    if named is not None:
        if named not in FORMS:
            raise typer.BadParameter(", ".join(FORMS), param_hint="--format")
        return FORMS[named]
    if file == STDIN:
        return LineForm.TEXT
    form = FORM_BY_SUFFIX.get(Path(file).suffix.lower())
    if form is None:
        told = f"{', '.join(FORM_BY_SUFFIX)}; --format {'|'.join(FORMS)}"
        raise typer.BadParameter(told, param_hint="IN")
    return form


@contextmanager
def _source(file: str) -> Iterator[BinaryIO]:
    """The input, bounded and with a bar. Raises FileRefused."""
    try:
        # Closed with the block below.
        handle = sys.stdin.buffer if file == STDIN else Path(file).open("rb")  # noqa: SIM115
    except OSError as error:
        raise FileRefused("L-FILE-UNREADABLE") from error
    with handle, current().output.progress() as progress:
        size = None if file == STDIN else Path(file).stat().st_size
        task = progress.add_task(file, total=size)
        yield BufferedReader(
            Watched(handle, lambda done: progress.update(task, completed=done)), PIECE_BYTES
        )


class Watched(RawIOBase):
    """A file whose reading is told, and whose lines are bounded: raises FileRefused."""

    def __init__(self, file: BinaryIO, on_read: Callable[[int], None]) -> None:
        self._file = file
        self._on_read = on_read
        self._read_bytes = 0
        self._bound = LineBound()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read again."""
        return self._file.seekable()

    def tell(self) -> int:
        """As the file's."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """As the file's."""
        self._bound = LineBound()
        self._read_bytes = self._file.seek(offset, whence)
        return self._read_bytes

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """As the file's."""
        view = memoryview(buffer)
        piece = self._file.read(len(view))
        count = len(piece)
        view[:count] = piece
        try:
            self._bound.take(piece)
        except InputRefused as refused:
            raise FileRefused(refused.code) from refused
        self._read_bytes += count
        self._on_read(self._read_bytes)
        return count
