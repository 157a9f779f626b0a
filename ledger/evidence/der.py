"""DER (ITU-T X.690): a strict reader and a small writer, for time stamps and their requests.

The reader takes definite, minimal lengths and one-byte tags only, and decodes nothing by itself:
what is not asked for by name is refused by whoever reads.
"""

import re
from dataclasses import dataclass
from typing import Final

from ledger.errors import LedgerError

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
UTF8_STRING: Final = 0x0C
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

NUMBER_BYTES_MAX: Final = 64
"""Of an integer or object identifier; a serial number has at most 20 (RFC 5280 §4.1.2.2)."""


class NotDer(LedgerError):
    """Bytes that are not DER, or not the element that was looked for."""

    turkish_kind = "DER değil"


def context(number: int, *, constructed: bool = True) -> int:
    """The tag `[number]`, 0..30."""
    return 0x80 | (0x20 if constructed else 0) | number


@dataclass(frozen=True, slots=True)
class Element:
    """One element: `whole` with tag and length, exactly as it came."""

    tag: int
    whole: bytes
    content: bytes

    @property
    def inside(self) -> "Reader":
        """A reader of the elements it holds."""
        return Reader(self.content)

    def expect(self, tag: int) -> "Element":
        """Itself. Raises NotDer if it is of another kind."""
        if self.tag != tag:
            raise NotDer("another element stands in its place")
        return self

    @property
    def integer(self) -> int:
        """Of an INTEGER. Raises NotDer unless it is minimal."""
        self._expect_short()
        two = self.content[:2]
        if not two or (len(two) == 2 and (two[0], two[1] >> 7) in {(0x00, 0), (0xFF, 1)}):
            raise NotDer("an integer is empty or has needless bytes")
        return int.from_bytes(self.content, signed=True)

    @property
    def boolean(self) -> bool:
        """Of a BOOLEAN. Raises NotDer."""
        if self.content not in {b"\x00", b"\xff"}:
            raise NotDer("a boolean is neither 00 nor FF")
        return self.content == b"\xff"

    @property
    def oid(self) -> str:
        """Of an OBJECT IDENTIFIER, in dotted decimal. Raises NotDer."""
        self._expect_short()
        numbers, number, is_first = [], 0, True
        for byte in self.content:
            if is_first and byte == 0x80:
                raise NotDer("an object identifier has needless bytes")
            number, is_first = number << 7 | byte & 0x7F, byte < 0x80
            if is_first:
                numbers.append(number)
                number = 0
        if not numbers or not is_first:
            raise NotDer("an object identifier is empty or cut off")
        top = min(numbers[0] // 40, 2)
        return ".".join(map(str, [top, numbers[0] - 40 * top, *numbers[1:]]))

    def _expect_short(self) -> None:
        if len(self.content) > NUMBER_BYTES_MAX:
            raise NotDer("a number is too large")


class Reader:
    """Takes one element after the other; every method raises NotDer."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def holds(self, *tags: int) -> bool:
        """Whether another element comes: one of `tags`, if any are given."""
        rest = self._data[self._at : self._at + 1]
        return bool(rest) and (not tags or rest[0] in tags)

    def take(self, *tags: int) -> Element:
        """The next element, which must be one of `tags`, if any are given."""
        if not self.holds(*tags):
            raise NotDer("an element is missing or another one stands in its place")
        start, tag = self._at, self._data[self._at]
        if tag & 0x1F == 0x1F:
            raise NotDer("a tag has more than one byte")
        begin, length = self._length()
        self._at = begin + length
        if self._at > len(self._data):
            raise NotDer("an element is cut off")
        return Element(tag, self._data[start : self._at], self._data[begin : self._at])

    def optional(self, *tags: int) -> Element | None:
        """The next element if it is one of `tags`."""
        return self.take(*tags) if self.holds(*tags) else None

    def rest(self, *tags: int) -> list[Element]:
        """All that follow, each one of `tags`."""
        elements = []
        while self.holds():
            elements.append(self.take(*tags))
        return elements

    def end(self) -> None:
        """Nothing may follow."""
        if self.holds():
            raise NotDer("something follows that does not belong there")

    def _length(self) -> tuple[int, int]:
        """Where the content begins, and how many bytes it has."""
        head = self._data[self._at + 1 : self._at + 2]
        begin = self._at + 2
        if not head:
            raise NotDer("an element is cut off")
        if head[0] < 0x80:
            return begin, head[0]
        size = self._data[begin : begin + (head[0] & 0x7F)]
        length = int.from_bytes(size)
        # An indefinite length (80) has no bytes here; all else must be the shortest form.
        if len(size) != head[0] & 0x7F or length < 0x80 or size[0] == 0:
            raise NotDer("a length is cut off, indefinite or not the shortest")
        return begin + len(size), length


def only(data: bytes, tag: int) -> Reader:
    """A reader of the element `tag`, which must be all that `data` holds. Raises NotDer."""
    outer = Reader(data)
    element = outer.take(tag)
    outer.end()
    return element.inside


def encode(tag: int, *parts: bytes) -> bytes:
    """An element of the parts in their order."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def encode_integer(number: int) -> bytes:
    """An INTEGER."""
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return encode(INTEGER, number.to_bytes(size, signed=True))


def encode_oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER. Raises ValueError for what is no dotted decimal."""
    if not re.fullmatch(r"[0-2](\.(0|[1-9][0-9]*))+", dotted):
        raise ValueError("an object identifier is numbers with dots between them")
    first, second, *others = map(int, dotted.split("."))
    content = b""
    for number in (40 * first + second, *others):
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.insert(0, number & 0x7F | 0x80)
        content += bytes(septets)
    return encode(OID, content)


def encode_set(*parts: bytes) -> bytes:
    """A SET OF: DER wants its elements in the order of their bytes."""
    return encode(SET, *sorted(parts))
