"""What a report consists of, before it is drawn. Texts are plain: nothing in them is markup."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part of a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; strong ones must not be overlooked."""

    kind: ClassVar[str] = "paragraph"
    text: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names with their values; None is printed as `MISSING`."""

    kind: ClassVar[str] = "pairs"
    rows: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `widths`: of its columns, in hundredths of the whole."""

    kind: ClassVar[str] = "grid"
    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A text shown as it is: line breaks and spaces kept."""

    kind: ClassVar[str] = "quote"
    text: str


Block = Heading | Paragraph | Pairs | Grid | Quote

MISSING = "kayıt yok"


@dataclass(frozen=True, slots=True)
class Section:
    """One of the sixteen sections."""

    number: int
    title: str
    blocks: tuple[Block, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Names in its pairs that have no value, each once."""
        rows = (row for block in self.blocks if isinstance(block, Pairs) for row in block.rows)
        return tuple(dict.fromkeys(name for name, value in rows if value is None))


@dataclass(frozen=True, slots=True)
class Document:
    """A report put into words. `foot`: at the end of every page. `watermark`: across every page
    of a report with TEST stamps, else None."""

    title: str
    author: str
    foot: str
    watermark: str | None
    sections: tuple[Section, ...]
