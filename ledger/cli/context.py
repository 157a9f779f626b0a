"""What every command gets, and how it reads its own words."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import typer

from ledger import bootstrap
from ledger.addresses import names_somebody
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.cli.output import Output
from ledger.clock import now, parse_time, utc_text
from ledger.recording.ports import Brand
from ledger.settings import Settings
from ledger.values import plain_text
from ledger.vocabulary import BrandCode, IysCode

Choice = TypeVar("Choice", bound=StrEnum)

ACTOR = "system:cli"
LINE_CHARACTERS_MAX = 1_000
CODE_MAX = 2**53 - 1
"""An event's integers go no further."""


@dataclass(frozen=True, slots=True)
class Context:
    """Settings and the way out."""

    settings: Settings
    output: Output

    @contextmanager
    def home(self) -> Iterator[Home]:
        """The database of these settings, open. Raises BadParameter where a service is named."""
        if self.settings.server is not None:
            raise typer.BadParameter(
                "bu komut yerel defterle çalışır / this command works on the ledger here",
                param_hint="--server (IZIN_SERVER)",
            )
        with bootstrap.home(self.settings) as home:
            yield home

    def brand(
        self, home: Home, brand_code: int, iys_code: int | None
    ) -> tuple[Brand, ConsentLedger]:
        """A brand and the ledger it is kept in. Raises NotFound."""
        wanted = None if iys_code is None else IysCode(iys_code)
        brand = home.providers.brand(BrandCode(brand_code), iys_code=wanted)
        return brand, home.ledger(brand.iys_code)

    def provider(
        self, home: Home, iys_code: int | None, brands: Sequence[BrandCode] | None = None
    ) -> IysCode:
        """Whose: as said, or as the brands tell, or the only one. Raises NotFound, BadParameter."""
        if iys_code is not None:
            home.providers.get(IysCode(iys_code))
        owners = {home.providers.brand(code).iys_code for code in brands or ()}
        if not owners and iys_code is None:
            owners = set(home.iys_codes())
        owners |= set() if iys_code is None else {IysCode(iys_code)}
        if len(owners) != 1:
            raise typer.BadParameter(
                "tek bir sağlayıcıyı göstermeli / must lead to one provider",
                param_hint="--iys-code",
            )
        return owners.pop()


_REASON = re.compile(r"[A-Z][A-Z0-9_-]{0,39}")
_running: ContextVar[Context] = ContextVar("running command")


def begin(context: Context) -> None:
    """Make this the context of the command about to run."""
    _running.set(context)


def current() -> Context:
    """The context of the running command."""
    return _running.get()


def choice(kind: type[Choice], text: str, option: str) -> Choice:
    """One of İYS's words. Raises BadParameter naming them all."""
    try:
        return kind(text)
    except ValueError as error:
        raise typer.BadParameter(", ".join(kind), param_hint=option) from error


def instant(text: str | None, option: str) -> datetime | None:
    """A time as people give it. Raises BadParameter naming both forms."""
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        forms = "2026-11-22 10:15:00 | 2026-11-22T10:15:00+03:00"
        raise typer.BadParameter(forms, param_hint=option) from error


def past_instant(text: str, option: str) -> str:
    """A time that is over, as events carry it. Raises BadParameter."""
    at = instant(text, option)
    assert at is not None
    if at > now():
        raise typer.BadParameter("gelecekte / in the future", param_hint=option)
    return utc_text(at)


def words(text: str, option: str) -> str:
    """A name as it is kept. Raises BadParameter for one without letters."""
    kept = plain_text(text).strip()
    if not kept:
        raise typer.BadParameter("boş / empty", param_hint=option)
    return kept


def reason_code(text: str) -> str:
    """A reason as it stands in the log for ever: a code, so that it is nobody's address.

    Raises BadParameter.
    """
    if not _REASON.fullmatch(text) or names_somebody(text):
        raise typer.BadParameter("A-Z 0-9 _ - (≤ 40)", param_hint="--reason")
    return text


def recipient(text: str) -> str:
    """The address, from standard input for `-`: it then stands in no list of processes."""
    return sys.stdin.readline(LINE_CHARACTERS_MAX).rstrip("\n") if text == "-" else text
