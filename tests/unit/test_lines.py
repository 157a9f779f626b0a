"""The lines of a filter: as many out as in, in their order, with their text."""

import csv
import io
import json
from collections.abc import Iterator
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.aggregates.decisions import Verdict, VerdictKind
from ledger.deciding import lines
from ledger.deciding.decision import Answer
from ledger.deciding.leaves import ending
from ledger.deciding.lines import CSV_HEADER, LINE_BYTES_MAX, LineBound, LineForm, blocks, written
from ledger.errors import InputRefused

CSV, NDJSON, TEXT = LineForm.CSV, LineForm.NDJSON, LineForm.TEXT
YES = Answer(
    Verdict(True, VerdictKind.PERMITTED, "REGISTERED", "16", ("IYS_OLD",)),
    ending("PERMITTED", "REGISTERED"),
)
NO = Answer(Verdict(False, VerdictKind.BRAND_CLOSED, None, "2"), ending("BRAND_CLOSED", None))

raw_lines = st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))
contents = st.lists(raw_lines, max_size=12).map(b"\n".join) | st.text(
    '0123456789+",;\t\r\n{}:[]\\ recipint\ufeffç', max_size=80
).map(str.encode)
forms = st.sampled_from(LineForm)


class Dripping(io.BytesIO):
    """A file that gives less than it is asked for."""

    def __init__(self, content: bytes, sizes: Iterator[int]) -> None:
        super().__init__(content)
        self._sizes = sizes

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(next(self._sizes))


def count_of(content: bytes) -> int:
    """Lines, the last of which needs no end."""
    return content.count(b"\n") + (not content.endswith(b"\n") and content != b"")


def read(content: bytes, form: LineForm) -> list[str]:
    return [text for block in blocks(io.BytesIO(content), form) for text in block]


@settings(max_examples=400, derandomize=True)
@given(content=contents, form=forms, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_each_line_is_a_text_however_the_bytes_come(
    content: bytes, form: LineForm, sizes: list[int]
) -> None:
    def endless() -> Iterator[int]:
        while True:
            yield from sizes

    whole = read(content, form)
    file = cast(BinaryIO, Dripping(content, endless()))

    assert [text for block in blocks(file, form) for text in block] == whole
    heading = form is CSV and len(whole) == count_of(content) - 1
    assert len(whole) == count_of(content) - heading


@settings(max_examples=300, derandomize=True)
@given(content=contents)
def test_a_plain_text_is_kept_to_the_letter(content: bytes) -> None:
    texts = read(content, TEXT)

    bare = content.removeprefix(b"\xef\xbb\xbf")
    expected = [line.removesuffix(b"\r") for line in bare.split(b"\n")]
    if content.endswith(b"\n") or not content:
        expected.pop()
    assert [text.encode("utf-8", "surrogateescape") for text in texts] == expected


@settings(max_examples=300, derandomize=True)
@given(content=contents, form=forms, choice=st.lists(st.booleans(), min_size=1, max_size=5))
def test_what_is_written_has_a_line_for_each_text(
    content: bytes, form: LineForm, choice: list[bool]
) -> None:
    texts = read(content, form)
    answers = [YES if choice[n % len(choice)] else NO for n in range(len(texts))]

    as_csv, as_ndjson = written(texts, answers, CSV), written(texts, answers, NDJSON)

    text = (CSV_HEADER + as_csv).decode("utf-8", "surrogateescape")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]
    assert [row[0] for row in rows] == texts
    assert [row[1] for row in rows] == [str(one.verdict.permitted).lower() for one in answers]
    assert {len(row) for row in rows} <= {4}
    objects = [json.loads(line) for line in as_ndjson.split(b"\n")[:-1]]
    assert [one["verdict"] for one in objects] == [one.verdict.kind for one in answers]
    sound = [one.encode("utf-8", "replace").decode() for one in texts]
    assert [one["recipient"] for one in objects] == sound


@settings(max_examples=200, derandomize=True)
@given(
    cells=st.lists(st.text('a",;\t 5', max_size=8), min_size=1, max_size=6),
    separator=st.sampled_from(",;\t"),
    place=st.integers(0, 2),
)
def test_a_cell_that_was_written_as_csv_is_read_as_it_was(
    cells: list[str], separator: str, place: int
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    heading = ["a", "b", "c"]
    heading[place] = " Recipient "
    writer.writerow(heading)
    for cell in cells:
        row = ["x", "y", "z"]
        row[place] = cell
        writer.writerow(row)

    assert read(out.getvalue().encode(), CSV) == cells


def test_a_reader_is_given_blocks_of_a_bounded_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BLOCK_LINES", 3)
    content = "".join(f"{number}\n" for number in range(8)).encode()

    assert [len(block) for block in blocks(io.BytesIO(content), TEXT)] == [3, 3, 2]


@pytest.mark.parametrize("form", LineForm)
def test_blocks_of_long_lines_are_bounded_in_bytes(
    form: LineForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven megabytes of gzip came to two gigabytes of lines held at once."""
    monkeypatch.setattr(lines, "BLOCK_BYTES", 10_000)
    monkeypatch.setattr(lines, "READ_BYTES", 2_000)
    content = b"".join(b"%d" % (number % 10) * 999 + b"\n" for number in range(100))

    found = list(blocks(io.BytesIO(content), form))

    assert max(sum(map(len, block)) for block in found) <= 12_000
    assert [text for block in found for text in block] == content.decode().split("\n")[:-1]


@settings(max_examples=200, derandomize=True)
@given(
    sizes=st.lists(st.integers(0, LINE_BYTES_MAX + 2), max_size=4),
    cut=st.integers(1, LINE_BYTES_MAX),
)
def test_a_line_is_bounded_however_its_bytes_come(sizes: list[int], cut: int) -> None:
    content = b"\n".join(b"x" * size for size in sizes)
    bound = LineBound()

    def take_all() -> None:
        for begin in range(0, len(content), cut):
            bound.take(content[begin : begin + cut])

    if max(sizes, default=0) > LINE_BYTES_MAX:
        with pytest.raises(InputRefused) as refused:
            take_all()
        assert refused.value.code == "L-LINE-TOO-LONG"
    else:
        take_all()
