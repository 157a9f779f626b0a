"""Records over several lines, and lines that are none: RFC 4180, consent.md C5 and C8."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import bootstrap
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.importing import reader, run
from ledger.importing.lanes import Lanes
from ledger.importing.plan import ImportOptions, ImportPlan
from ledger.importing.reader import FileRefused, Row
from ledger.importing.refused import RefusedFile
from ledger.importing.spool import RowVerdict, VerdictFile
from ledger.importing.text_lines import KEPT_BYTES_MAX, LINE_BYTES_MAX, RECORD_LINES_MAX
from ledger.settings import Settings as LedgerSettings
from ledger.vocabulary import ConsentStatus
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.bringing import Verdicts, bring, status_of

HEADING = "note,type,source,recipient,status,consentDate,recipientType\n"
DATE = "2025-11-17 10:00:00"
LATE = ("recorded", "L-LATE")
KEPT = ("suppressed", "L-RET-KEPT")
UNREADABLE, TOO_LONG = ("refused", "L-ROW-UNREADABLE"), ("refused", "L-LINE-TOO-LONG")


def row(number: int, status: str = "ONAY", note: str = "", date: str = DATE) -> str:
    return f"{note},MESAJ,HS_WEB,+9050100010{number:02d},{status},{date},BIREYSEL\n"


def a_file(folder: Path, content: str | bytes) -> Path:
    file = folder / "rows.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def read(file: Path) -> list[Row]:
    return list(reader.rows(file, reader.look_at(file)))


def brought(ledger: ConsentLedger, folder: Path, *rows: str | bytes) -> Verdicts:
    lines = [one if isinstance(one, bytes) else one.encode() for one in (HEADING, *rows)]
    return bring(ledger, a_file(folder, b"".join(lines)))[1]


def is_refused(home: Home, ledger: ConsentLedger, number: int) -> bool:
    view = status_of(home, ledger, f"+9050100010{number:02d}")
    return view.status is ConsentStatus.REFUSED


cells = st.text("""",;\t\n '=+aı5""", max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    written=st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8),
    separator=st.sampled_from(reader.SEPARATORS),
    end=st.sampled_from(["\n", "\r\n"]),
    quotes_all=st.booleans(),
)
def test_what_was_written_as_csv_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    written: list[list[str]],
    separator: str,
    end: str,
    quotes_all: bool,
) -> None:
    out = io.StringIO(newline="")
    kind: Literal[0, 1] = csv.QUOTE_ALL if quotes_all else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=kind)
    for one in [["a", "b", "c"], *written]:
        writer.writerow(one)
    file = a_file(tmp_path_factory.mktemp("csv"), out.getvalue())

    rows = read(file)

    lines = [1]
    for one in [["a", "b", "c"], *written]:
        lines.append(lines[-1] + 1 + sum(cell.count("\n") for cell in one))
    expected = [(line, one) for line, one in zip(lines[1:], written, strict=False) if any(one)]
    assert [(one.line, [*one.fields], one.fault) for one in rows[1:]] == [
        (line, [_unprotected(cell) for cell in one], None) for line, one in expected
    ]


def _unprotected(cell: str) -> str:
    shown = cell.removeprefix("'")
    return shown if shown.lstrip()[:1] in tuple("=+-@") else cell


FORGED = row(2).strip()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_note_of_several_lines_is_part_of_its_record(
    home: Home, ledger: ConsentLedger, tmp_path: Path, end: str
) -> None:
    """A refusal is not lost for it, and a line within it is no consent."""
    rows = [row(1, "RET", f'"he said\n{FORGED}\n""stop"""'), row(3, note=f'"\n{FORGED}"'), row(4)]

    verdicts = brought(ledger, tmp_path, *(one.replace("\n", end) for one in rows))

    assert verdicts == {2: ("recorded", ""), 5: LATE, 7: LATE}
    assert is_refused(home, ledger, 1)
    assert status_of(home, ledger, "+905010001002").status is None


@pytest.mark.parametrize(
    ("note", "is_whole"),
    [
        ("\n" * (RECORD_LINES_MAX - 1), True),
        ("\n" * RECORD_LINES_MAX, False),
        (("x" * 1_000 + "\n") * 60, True),
        (("x" * 1_000 + "\n") * 66, False),
    ],
    ids=["100 lines", "101 lines", "60 kB", "66 kB"],
)
def test_a_record_is_bounded(
    ledger: ConsentLedger, tmp_path: Path, note: str, is_whole: bool
) -> None:
    rows = [row(1, note=f'"{note}"'), row(2), row(3)]
    last = 2 + note.count("\n")

    verdicts = brought(ledger, tmp_path, *rows)

    assert verdicts[2] == (LATE if is_whole else UNREADABLE)
    assert {verdicts[last + 1], verdicts[last + 2]} == {LATE}, "the quote has ended"
    assert verdicts.get(last) == (None if is_whole else UNREADABLE)


def test_behind_a_quote_that_is_never_closed_no_consent_is_believed(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    """However far behind; but a refusal is."""
    many = [row(5)] * (RECORD_LINES_MAX + 20)

    verdicts = brought(ledger, tmp_path, row(1), row(2, "RET", '"never'), *many, row(3, "RET"))

    assert verdicts == {
        2: LATE,
        3: KEPT,
        **dict.fromkeys(range(4, 4 + len(many)), UNREADABLE),
        4 + len(many): KEPT,
    }
    assert is_refused(home, ledger, 2) and is_refused(home, ledger, 3)


def test_quotes_within_a_line_that_nobody_doubled_spoil_that_line_only(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    verdicts = brought(ledger, tmp_path, row(1, note='"a" b'), row(2), row(3, note='5" pipe'))

    assert verdicts == {2: UNREADABLE, 3: LATE, 4: LATE}


def test_an_odd_quote_leaves_the_next_line_in_doubt(ledger: ConsentLedger, tmp_path: Path) -> None:
    """An exporter that doubles no quote: `"` opens the note, `" b"` stands in it."""
    verdicts = brought(ledger, tmp_path, row(1, note='"a" b" c'), row(2), row(3, note='x"'), row(4))

    assert verdicts == {2: UNREADABLE, 3: UNREADABLE, 4: UNREADABLE, 5: LATE}


def test_a_return_within_quotes_is_text(tmp_path: Path) -> None:
    rows = read(a_file(tmp_path, 'a,b\r\n"x\ry",z\r\n'))

    assert [(one.line, one.fields, one.fault) for one in rows[1:]] == [(2, ["x\ry", "z"], None)]


NOTES: dict[str, tuple[bytes, str]] = {
    "a byte that is no text": (b"Ay\xfee", "L-ROW-UNREADABLE"),
    "a NUL": (b"a\x00b", "L-ROW-UNREADABLE"),
    "a return": (b"a\rb", "L-ROW-UNREADABLE"),
    "a quote that nobody doubled": (b'"a" b', "L-ROW-UNREADABLE"),
    "bytes over two lines": (b'"a\n\xff"', "L-ROW-UNREADABLE"),
    "a long note": (b"x" * LINE_BYTES_MAX, "L-LINE-TOO-LONG"),
    "a long note in quotes": (b'"' + b"x," * LINE_BYTES_MAX + b'"', "L-LINE-TOO-LONG"),
}


@pytest.mark.parametrize("name", NOTES)
def test_a_refusal_is_kept_whatever_a_note_beside_it_holds(
    home: Home, ledger: ConsentLedger, tmp_path: Path, name: str
) -> None:
    """C5: for nothing but an unreadable address or channel is it refused."""
    note, code = NOTES[name]
    utf8 = "ğğğğ,".encode() + row(9)[1:].encode()  # so that one byte does not make it Windows'
    rows = [
        note + row(1, "RET").encode(),
        note + row(2).encode(),
        note + row(3, "RET").replace("+90501", "+90").encode(),
        row(4).encode(),
    ]

    verdicts = brought(ledger, tmp_path, *[utf8] * 9, *rows)

    found = [verdicts[line] for line in sorted(verdicts)[9:]]
    assert found == [KEPT, ("refused", code), ("refused", code), LATE]
    assert is_refused(home, ledger, 1)
    act = status_of(home, ledger, "+905010001001").line.act
    assert act is not None and act.not_pushed == "L-RET-KEPT"


def test_of_a_line_beyond_all_bounds_the_beginning_is_looked_at(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    heading = HEADING.strip().removeprefix("note,") + ",note\n"
    begin = row(1, "RET")[1:].strip()
    rest = "x" * (3 * KEPT_BYTES_MAX)
    whole = row(3)[1:]

    text = f"{heading}{begin},{rest}\n{rest},{begin}\n{whole}"
    _, verdicts = bring(ledger, a_file(tmp_path, text))

    assert verdicts == {2: KEPT, 3: TOO_LONG, 4: LATE}
    assert is_refused(home, ledger, 1)


def test_half_an_address_is_none(home: Home, ledger: ConsentLedger, tmp_path: Path) -> None:
    """Where a line is cut, the last field may be."""
    heading = "note,type,status,recipient,source,consentDate,recipientType\n"
    begin, rest = ",MESAJ,RET,+905010001001", f"9,HS_WEB,{DATE},BIREYSEL\n"
    line = "x" * (KEPT_BYTES_MAX - len(begin)) + begin + rest

    _, verdicts = bring(ledger, a_file(tmp_path, heading + line))

    assert verdicts == {2: TOO_LONG}
    assert status_of(home, ledger, "+905010001001").status is None


def test_a_date_beside_a_quote_that_went_wrong_is_not_believed(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    """Its column may hold what belongs in another: the refusal takes effect on receipt."""
    heading = "type,source,recipient,status,note,consentDate,recipientType\n"
    rows = "MESAJ,HS_WEB,+905010001001,ONAY,," + DATE + ",BIREYSEL\n"
    rows += 'MESAJ,HS_WEB,+905010001001,RET,"a" b,2016-01-01 00:00:00,' + DATE + ",BIREYSEL\n"

    _, verdicts = bring(ledger, a_file(tmp_path, heading + rows))

    assert verdicts == {2: ("history", "L-HISTORY"), 3: KEPT}
    assert is_refused(home, ledger, 1)
    act = status_of(home, ledger, "+905010001001").line.act
    assert act is not None and act.consent_date is None


def awkward_rows(count: int) -> bytes:
    """Lines of every sort: records over several lines, bytes that are no text, an open quote."""
    kinds = [
        lambda n: row(n).encode(),
        lambda n: row(n, "RET", f'"a\n{FORGED}\nb"').encode(),
        lambda n: b"\xff" + row(n, "RET").encode(),
        lambda n: row(n, "HAYIR", '"a" b').encode(),
        lambda n: b"\xff" + row(n).encode(),
    ]
    lines = [kinds[number % 5](number % 37) for number in range(count)]
    turkish = "ğ".encode() + row(98).encode()
    return b"".join([turkish * 9, *lines, (row(40, note='"open') + row(41, "RET")).encode()])


def test_two_lanes_and_a_dry_run_say_of_such_lines_what_one_lane_says(
    ledger: ConsentLedger,
    settings: LedgerSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "LINES_FOR_LANES", 1)
    file = a_file(tmp_path, HEADING.encode() + awkward_rows(200))
    options = ImportOptions(BRAND_CODE, "system:test")
    tried, together = io.StringIO(), io.StringIO()
    run.try_file(ledger, file, options, verdict_file=VerdictFile(tried, lang="tr"))

    run.import_file(
        ledger,
        file,
        options,
        verdict_file=VerdictFile(together, lang="tr"),
        open_ledger=partial(bootstrap.open_ledger, settings, IYS_CODE),
    )

    assert together.getvalue() == tried.getvalue()


def test_refused_records_come_back_whole(ledger: ConsentLedger, tmp_path: Path) -> None:
    file, out = a_file(tmp_path, HEADING + row(1, "BELKİ", '"a\n""b"""') + row(2)), io.StringIO()
    options = ImportOptions(BRAND_CODE, "system:test")

    run.import_file(ledger, file, options, refused_file=RefusedFile(out, lang="tr"))

    shown = list(csv.reader(io.StringIO(out.getvalue()[1:])))
    assert [one[0] for one in shown] == ["note", 'a\n"b"']
    mended = a_file(tmp_path, out.getvalue().replace("BELKİ", "ONAY"))
    assert bring(ledger, mended)[1] == {2: LATE}


PROTECTED = {
    "-ali@ornek.com": "mailto:-ali@ornek.com",
    "'+90 501 000 10 03": "tel:+905010001003",
    "+90 501 000 10 04": "tel:+905010001004",
}


@pytest.mark.parametrize("cell", PROTECTED)
def test_a_cell_that_was_kept_from_being_a_formula_is_read_as_it_was(
    ledger: ConsentLedger, tmp_path: Path, cell: str
) -> None:
    channel = "EPOSTA" if "@" in cell else "MESAJ"
    line = row(1, "BELKİ").replace("+905010001001", cell).replace("MESAJ", channel)
    out, options = io.StringIO(), ImportOptions(BRAND_CODE, "system:test")
    run.import_file(
        ledger,
        a_file(tmp_path, HEADING + line),
        options,
        refused_file=RefusedFile(out, lang="tr"),
    )

    text = out.getvalue().replace("BELKİ", "ONAY")
    assert bring(ledger, a_file(tmp_path, text))[1] == {2: LATE}

    assert ledger.store.generations(ledger.vault.lookup(PROTECTED[cell]))


def test_a_file_that_ends_sooner_than_it_did_is_said_to_have_changed(
    ledger: ConsentLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = a_file(tmp_path, HEADING + row(1) + row(2, "BELKİ"))
    verdicts = run._verdicts

    def cut_first(lanes: Lanes, plan: ImportPlan) -> Iterator[RowVerdict]:
        for verdict in list(verdicts(lanes, plan)):
            a_file(tmp_path, HEADING)
            yield verdict

    monkeypatch.setattr(run, "_verdicts", cut_first)
    options = ImportOptions(BRAND_CODE, "system:test")

    with pytest.raises(FileRefused) as changed:
        run.import_file(ledger, file, options, refused_file=RefusedFile(io.StringIO(), lang="tr"))

    assert changed.value.code == "L-FILE-CHANGED"


TURKISH = "İZİN TÜRÜ;ALICI;ONAY(1)-RET(0);İZİN KAYNAĞI;İZİN TARİHİ;ALICI TİPİ\n"


@pytest.mark.parametrize(
    ("heading", "rows", "encoding"),
    [
        (TURKISH.encode(), b"\xfe\n", "utf-8"),
        (TURKISH.encode("cp1254"), "ğ\n".encode(), "cp1254"),
        (b"a;b\n", "ğ\nş\n".encode() + b"\xfe\n", "utf-8"),
        (b"a;b\n", "ğ\n".encode() + b"\xfe\n\xdd\n", "cp1254"),
        (b"a;b\n", b"\xfe\n", "cp1254"),
        (b"a;b\n", b"c;d\n", "utf-8"),
    ],
    ids=["heading", "heading of Windows", "most", "fewer", "none", "ascii"],
)
def test_one_bad_byte_does_not_make_a_file_windows(
    tmp_path: Path, heading: bytes, rows: bytes, encoding: str
) -> None:
    assert reader.look_at(a_file(tmp_path, heading + rows)).encoding == encoding
