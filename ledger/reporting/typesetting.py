"""Text broken into lines in the Bitstream Vera that comes with reportlab."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from ledger.reporting.phrasing import code_point, visible

_EM: Final = 1000
_TAB: Final = " " * 4


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface known to the library. `widths`: by code point, in thousandths of its size."""

    name: str
    widths: Mapping[int, float] = field(repr=False)

    def shown(self, text: str) -> str:
        """Text in characters that the face has; others, and those unseen, by their number."""
        plain = text if text.isascii() else visible(text)
        if plain.isascii() and plain.isprintable():
            return plain
        kept = (
            character
            if character == "\n" or ord(character) in self.widths
            else code_point(character)
            for character in visible(plain).replace("\t", _TAB)
        )
        return "".join(kept)


@dataclass(frozen=True, slots=True)
class Style:
    """A face in a size; `leading`: from line to line. Both in points."""

    face: Face
    size: float
    leading: float

    def width(self, text: str) -> float:
        """How long a line is, in points."""
        return self._units(text) * self.size / _EM

    def lines(self, text: str, width: float) -> list[str]:
        """The text in lines of at most `width` points, broken at spaces where there are any.

        Nothing is lost but the space at which a line is broken.
        """
        room = width * _EM / self.size
        return [
            line for part in self.face.shown(text).split("\n") for line in self._broken(part, room)
        ]

    def _units(self, text: str) -> float:
        widths = self.face.widths
        return sum(widths[ord(character)] for character in text)

    def _broken(self, text: str, room: float) -> list[str]:
        widths = self.face.widths
        lines: list[str] = []
        start, space, used = 0, 0, 0.0
        for at, character in enumerate(text):
            width = widths[ord(character)]
            if used + width > room and at > start:
                if character == " ":
                    lines.append(text[start:at])
                    start, used = at + 1, 0.0
                    continue
                end = space if space > start else at
                lines.append(text[start:end])
                start = end + (end == space)
                used = self._units(text[start:at])
            if character == " ":
                space = at
            used += width
        return [*lines, text[start:]]


@lru_cache(maxsize=1)
def faces() -> tuple[Face, Face]:
    """Regular and bold; the first call makes them known to the library."""
    return _face("Vera"), _face("VeraBd")


def _face(name: str) -> Face:
    with resources.as_file(resources.files("reportlab") / "fonts" / f"{name}.ttf") as path:
        font = TTFont(name, str(path))
    pdfmetrics.registerFont(font)
    known = font.face.charToGlyph
    return Face(name, {code: font.face.charWidths[code] for code in known})
