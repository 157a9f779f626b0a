"""A document on A4 pages, drawn with reportlab's canvas.

Not with its layout engine: that reads markup, which no text here has, and needs ten times as long.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Final, assert_never

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ledger.reporting.blocks import MISSING, Block, Document, Grid, Heading, Pairs, Paragraph, Quote
from ledger.reporting.phrasing import visible
from ledger.reporting.typesetting import Style, faces

_LEFT: Final = 42.0
_TOP: Final = A4[1] - 46.0
_BOTTOM: Final = 52.0
_FOOT: Final = 28.0
_WIDTH: Final = A4[0] - 2 * _LEFT
_PADDING: Final = 3.0
_PAIR_WIDTHS: Final = (36, 64)
_NUMBER_WIDTH: Final = 30.0
_LINES_BELOW_HEADING: Final = 5
_TOTAL: Final = "total"
"""Name of the form that shows the number of pages, which is known only at the end."""

_GREY: Final = HexColor(0x999999)
_PALE: Final = HexColor(0xEEEEEE)
_WATER_ALPHA: Final = 0.13
_BLACK: Final = HexColor(0x000000)

_VERA, _BOLD = faces()
_TITLE: Final = Style(_BOLD, 15, 20)
_SECTION: Final = Style(_BOLD, 11.5, 15)
_BODY: Final = Style(_VERA, 9, 12.5)
_STRONG: Final = Style(_BOLD, 9, 12.5)
_CELL: Final = Style(_VERA, 8, 10.5)
_SMALL: Final = Style(_VERA, 6.5, 8.5)


def draw(document: Document, made_at: datetime) -> bytes:
    """The document's PDF; `made_at` is its date."""
    buffer = BytesIO()
    # The library knows only today's date, or one of its own: ours goes in as a format.
    date = made_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
    canvas = Canvas(
        buffer,
        pagesize=A4,
        pageCompression=1,
        invariant=1,
        # Else each page begins with a font that is not embedded.
        initialFontName=_VERA.name,  # type: ignore[arg-type]  # the stubs say float
        lang="tr-TR",
    )
    canvas.setDateFormatter(lambda *_: date)
    canvas.setTitle(document.title)
    canvas.setAuthor(visible(document.author))
    canvas.setSubject(document.foot)
    canvas.setCreator("İzin Defteri")
    sheets = _Sheets(canvas, document)
    sheets.lines(document.title, _TITLE)
    for section in document.sections:
        sheets.heading(f"{section.number}. {section.title}", _SECTION, above=14.0)
        for block in section.blocks:
            _draw_block(sheets, block)
    sheets.end()
    return buffer.getvalue()


def _draw_block(sheets: "_Sheets", block: Block) -> None:
    match block:
        case Heading():
            sheets.heading(block.text, _STRONG, above=7.0)
        case Paragraph():
            sheets.lines(block.text, _STRONG if block.is_strong else _BODY)
        case Quote():
            sheets.table([(block.text,)], (100,), _CELL)
        case Pairs():
            rows = [(name, MISSING if value is None else value) for name, value in block.rows]
            sheets.table(rows, _PAIR_WIDTHS, _CELL, pale_columns=1)
        case Grid():
            sheets.table(block.rows, block.widths, _SMALL, heads=block.heads)
        case _:
            assert_never(block)


class _Sheets:
    """Pages that fill from top to bottom; `_y` is where the next thing begins."""

    def __init__(self, canvas: Canvas, document: Document) -> None:
        self._canvas = canvas
        self._document = document
        self._page = 1
        self._y = _TOP

    def end(self) -> None:
        """Close the last page and say how many there are."""
        self._end_page()
        self._canvas.beginForm(_TOTAL, 0, 0, _NUMBER_WIDTH, 2 * _SMALL.leading)
        self._canvas.setFont(_SMALL.face.name, _SMALL.size)
        self._canvas.drawString(0, 0, str(self._page))
        self._canvas.endForm()
        self._canvas.save()

    def heading(self, text: str, style: Style, *, above: float) -> None:
        """A title, on the page of what follows it."""
        needed = above + style.leading * len(style.lines(text, _WIDTH))
        if self._y - needed - _LINES_BELOW_HEADING * _BODY.leading < _BOTTOM:
            self._next_page()
        else:
            self._y -= above
        self.lines(text, style)

    def lines(self, text: str, style: Style) -> None:
        """A paragraph over the whole width."""
        for line in style.lines(text, _WIDTH):
            if self._y - style.leading < _BOTTOM:
                self._next_page()
            self._y -= style.leading
            self._canvas.setFont(style.face.name, style.size)
            self._canvas.drawString(_LEFT, self._y + style.leading - style.size, line)
        self._y -= _PADDING

    def table(
        self,
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        style: Style,
        *,
        heads: Sequence[str] = (),
        pale_columns: int = 0,
    ) -> None:
        """Rows in columns of so many hundredths; `heads` once more on every page."""
        table = _Table(style, [_WIDTH * width / 100 for width in widths])
        head = table.cells(heads)
        if heads:
            self._row(table, head, (), len(heads))
        for row in rows:
            self._row(table, table.cells(row), head, pale_columns)
        self._y -= 2 * _PADDING

    def _row(self, table: "_Table", cells: "_Cells", head: "_Cells", pale_columns: int) -> None:
        """One row; in pieces where no page can hold it."""
        left = max(map(len, cells))
        fits_a_page = left <= table.room(_TOP - _BOTTOM)
        at = 0
        while left > 0:
            room = table.room(self._y - _BOTTOM)
            if room < (left if fits_a_page else 1):
                self._next_page()
                if head:
                    self._y = table.draw(self._canvas, self._y, head, len(head))
                fits_a_page = left <= table.room(self._y - _BOTTOM)
                room = table.room(self._y - _BOTTOM)
            piece = [lines[at : at + room] for lines in cells]
            self._y = table.draw(self._canvas, self._y, piece, pale_columns)
            at, left = at + room, left - room

    def _next_page(self) -> None:
        self._end_page()
        self._page += 1
        self._y = _TOP

    def _end_page(self) -> None:
        """Foot and watermark: last, so that nothing covers them."""
        canvas, watermark = self._canvas, self._document.watermark
        canvas.setFillColor(_BLACK)
        canvas.setFont(_SMALL.face.name, _SMALL.size)
        canvas.drawString(_LEFT, _FOOT, self._document.foot)
        canvas.saveState()
        canvas.translate(_LEFT + _WIDTH - _NUMBER_WIDTH, _FOOT)
        canvas.drawRightString(0, 0, f"Sayfa {self._page}/")
        canvas.doForm(_TOTAL)
        canvas.restoreState()
        if watermark is not None:
            canvas.setFillAlpha(_WATER_ALPHA)
            canvas.setFont(_BOLD.name, 34)
            canvas.translate(A4[0] / 2, A4[1] / 2)
            canvas.rotate(52)
            canvas.drawCentredString(0, 0, watermark)
        canvas.showPage()


_Cells = Sequence[Sequence[str]]
"""The lines of each cell of a row."""


class _Table:
    """Columns and a style; draws rows, knows no pages."""

    def __init__(self, style: Style, widths: Sequence[float]) -> None:
        self._style = style
        self._widths = widths

    def cells(self, row: Sequence[str]) -> _Cells:
        """The lines of a row's cells."""
        pairs = zip(row, self._widths, strict=False)
        return [self._style.lines(text, width - 2 * _PADDING) for text, width in pairs]

    def room(self, height: float) -> int:
        """How many lines go into that height."""
        return max(0, int((height - 2 * _PADDING) / self._style.leading))

    def draw(self, canvas: Canvas, top: float, cells: _Cells, pale_columns: int) -> float:
        """Draw a row below `top`; where the next one begins."""
        style, left = self._style, _LEFT
        height = 2 * _PADDING + style.leading * max(map(len, cells))
        canvas.setStrokeColor(_GREY)
        canvas.setLineWidth(0.4)
        for number, (lines, width) in enumerate(zip(cells, self._widths, strict=True)):
            is_pale = number < pale_columns
            if is_pale:
                canvas.setFillColor(_PALE)
            canvas.rect(left, top - height, width, height, stroke=1, fill=int(is_pale))
            canvas.setFillColor(_BLACK)
            text = canvas.beginText(left + _PADDING, top - _PADDING - style.size)
            text.setFont(style.face.name, style.size, style.leading)
            for line in lines:
                text.textLine(line)
            canvas.drawText(text)
            left += width
        return top - height
