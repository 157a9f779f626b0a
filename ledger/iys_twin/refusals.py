"""How İYS says no: an HTTP status and a list of problems, each with its code (iys/api.md §1)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from ledger.iys_twin.codes import MESSAGES, STATUS_BY_CODE


class TwinError(Exception):
    """Base of what the twin refuses or cannot do."""


class Problem(msgspec.Struct, omit_defaults=True, frozen=True):
    """One entry of `errors`. `index`: 0-based place in a bulk list."""

    code: str
    message: str
    location: tuple[str | int, ...] | None = None
    value: Any | msgspec.UnsetType = msgspec.UNSET  # whatever the caller sent
    index: int | None = None


class Problems(msgspec.Struct, frozen=True):
    """İYS's body of a refusal."""

    errors: list[Problem]


class Refused(TwinError):
    """The request is answered with an error of İYS."""

    def __init__(self, status: int, problems: Sequence[Problem]) -> None:
        super().__init__(f"{status}: {', '.join(one.code for one in problems)}")
        self.status = status
        self.problems = list(problems)

    @property
    def body(self) -> object:
        """What goes over the wire."""
        return Problems(self.problems)


class ShapedRefusal(Refused):
    """A refusal in a shape of its own: the token endpoint's, ViA's."""

    def __init__(self, status: int, shape: object, code: str = "") -> None:
        super().__init__(status, [Problem(code, "")] if code else [])
        self._shape = shape

    @property
    def body(self) -> object:
        """What goes over the wire."""
        return self._shape


def problem(
    code: str,
    *location: str | int,
    message: str | None = None,
    value: Any | msgspec.UnsetType = msgspec.UNSET,
    index: int | None = None,
) -> Problem:
    """The problem of a code, with the table's message unless the place words it otherwise."""
    return Problem(code, message or MESSAGES[code], location or None, value, index)


def refusal(
    code: str,
    *location: str | int,
    message: str | None = None,
    status: int | None = None,
    value: Any | msgspec.UnsetType = msgspec.UNSET,
) -> Refused:
    """A refusal with one problem; the HTTP status is the table's unless said."""
    found = problem(code, *location, message=message, value=value)
    return Refused(status or STATUS_BY_CODE[code], [found])
