"""How far İYS's movements are known, what of them could not be read, since when İYS is silent, and
who may push to us. None of it follows from the events; without it the last 7 days are asked again.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ledger.recording.ports import PulledTo
from ledger.store.database import Database
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault
from ledger.values import Discreet, Value
from ledger.vocabulary import BrandCode, IysCode, SeenHow

PASSWORD_BYTES: Final = 32
NAME_BYTES: Final = 4
UNREAD_AT_ONCE: Final = 100

_SQL: Final = load_blocks("ledger.projections", "pulled.sql")


class Progress(Value, frozen=True, gc=False):
    """How far one side of a brand is known; as `PulledTo`. `gap_since`: from when on movements are
    missing for good, None where the brand is whole or was adopted since."""

    brand_code: BrandCode
    source: str
    after: str | None
    asked_at: datetime
    gap_since: datetime | None


class UnreadMovement(Discreet, frozen=True):
    """A movement that could not be read. `raw`: as İYS gave it; `fault`: the member."""

    digest: bytes
    brand_code: BrandCode
    how: SeenHow
    fault: str
    came_at: datetime
    raw: bytes


class PulledTable:
    """Of one provider."""

    def __init__(self, database: Database, iys_code: IysCode, vault: ProviderVault) -> None:
        self._database = database
        self._iys_code = iys_code
        self._vault = vault

    def progress(self) -> Sequence[Progress]:
        """Of every brand and side that was ever asked for, by brand, `IYS` first."""
        rows = self._database.read(self._iys_code, _SQL["progress"], {})
        return [Progress(BrandCode(brand), *rest) for brand, *rest in rows]

    def note_asked(self, to: PulledTo) -> None:
        """İYS had nothing behind the cursor, which stays as it is."""
        self._run("note_asked", brand_code=to.brand_code, source=to.source, asked_at=to.asked_at)

    def first_known(self, brand_code: BrandCode) -> datetime | None:
        """Since when consents of the brand are known by İYS's word, be it pulled or not; None where
        none is."""
        ((at,),) = self._rows("first_known", brand_code=brand_code)
        first: datetime | None = at
        return first

    def mark_gap(
        self, brand_code: BrandCode, source: str, since: datetime, asked_at: datetime
    ) -> None:
        """Movements from `since` on are missing, the first such instant stays; what follows is as
        if İYS had been asked for the last time at `asked_at`."""
        self._run("mark_gap", brand_code=brand_code, source=source, since=since, asked_at=asked_at)

    def gap_mended(self, brand_code: BrandCode) -> None:
        """The brand's consents were all asked for after its gap. Safe to repeat."""
        self._run("gap_mended", brand_code=brand_code)

    def keep_unread(
        self, brand_code: BrandCode, how: SeenHow, raw: bytes, fault: str, came_at: datetime
    ) -> None:
        """Keep a movement sealed; the same one a second time changes nothing."""
        said = (str(brand_code), raw.decode("utf-8", errors="backslashreplace"))
        digest = self._vault.content_digest(("iys/unread", *said))
        sealed, wrapped_key, kek_epoch = self._vault.seal_alone(raw, bound_to=digest)
        self._run(
            "keep_unread",
            digest=digest,
            brand_code=brand_code,
            how=how.value,
            fault=fault,
            came_at=came_at,
            sealed=sealed,
            wrapped_key=wrapped_key,
            kek_epoch=kek_epoch,
        )

    def unread(self) -> Iterator[UnreadMovement]:
        """What is kept so; meanwhile it may be forgotten. Raises LedgerBroken."""
        after = b""
        while rows := self._rows("unread", after=after, limit=UNREAD_AT_ONCE):
            for digest, brand, how, fault, came_at, *sealed in rows:
                raw = self._vault.open_alone(*sealed, bound_to=digest)
                yield UnreadMovement(digest, BrandCode(brand), SeenHow(how), fault, came_at, raw)
            after = rows[-1][0]

    def unread_counts(self) -> Mapping[BrandCode, int]:
        """How many there are, of brands that have any."""
        return {BrandCode(brand): count for brand, count in self._rows("count_unread")}

    def forget_unread(self, digests: Sequence[bytes]) -> None:
        """They were read in the end."""
        self._run("forget_unread", digests=list(digests))

    def _run(self, block: str, **given: Any) -> None:  # each block names its own
        with self._database.connection(self._iys_code) as connection:
            connection.execute(_SQL[block], given)

    def _rows(self, block: str, **given: Any) -> list[Any]:  # tuples of columns
        with self._database.connection(self._iys_code) as connection:
            return connection.execute(_SQL[block], given).fetchall()


class Silence(Value, frozen=True, gc=False):
    """Failed calls within one clock hour that no event tells of yet: how many, the first and the
    last, and how the last one failed."""

    since: datetime
    last_at: datetime
    failure: str
    attempts: int


class OutageTable:
    """The silence of İYS towards one provider, all its processes together."""

    def __init__(self, database: Database, iys_code: IysCode) -> None:
        self._database = database
        self._iys_code = iys_code

    def note_failure(self, at: datetime, failure: str) -> bool:
        """Count a failed call; False, and nothing is counted, where another hour is noted."""
        return self._row("note_failure", at=at, failure=failure) is not None

    def silence(self) -> Silence | None:
        """What is noted; None while İYS answers."""
        rows = self._database.read(self._iys_code, _SQL["outage"], {})
        return Silence(*rows[0]) if rows else None

    def turn(self, former: Silence, since: datetime, at: datetime, failure: str) -> None:
        """The former hour was told of; one failed call of another. Nothing if somebody else did."""
        given = {"since": since, "at": at, "failure": failure, "former": former.since}
        self._row("turn_hour", **given)

    def end(self, former: Silence) -> None:
        """İYS answers again, and that was told. Safe to repeat."""
        self._row("end_outage", former=former.since)

    def _row(self, block: str, **given: Any) -> tuple[Any, ...] | None:  # a row of the block
        with self._database.connection(self._iys_code) as connection:
            cursor = connection.execute(_SQL[block], given)
            return cursor.fetchone() if cursor.description else None


class PushCounts(Value, frozen=True):
    """What became of what was pushed. `ignored`: of brands that are not ours, as İYS's probe is."""

    recorded: int
    already: int
    unread: int
    ignored: int


class PushLogin(Discreet, frozen=True):
    """Who pushes, and the keyed digest by which the password is known again."""

    username: str
    digest: bytes


class PushAccountTable:
    """With what İYS shows itself when it pushes to one provider."""

    def __init__(self, database: Database, iys_code: IysCode, vault: ProviderVault) -> None:
        self._database = database
        self._iys_code = iys_code
        self._vault = vault

    def make(self, at: datetime) -> tuple[str, str]:
        """A new user name and its password, which is stored nowhere: one for each registration,
        since none can be told again."""
        username = f"iys-{self._iys_code}-{self._vault.chance(NAME_BYTES).hex()}"
        password = urlsafe_b64encode(self._vault.chance(PASSWORD_BYTES)).decode().rstrip("=")
        digest = self._digest(username, password)
        given = {"username": username, "digest": digest, "made_at": at}
        with self._database.connection(self._iys_code) as connection:
            connection.execute(_SQL["add_push_account"], given)
        return username, password

    def remove(self, username: str) -> None:
        """Nobody pushes under that name any more. Safe to repeat."""
        with self._database.connection(self._iys_code) as connection:
            connection.execute(_SQL["remove_push_account"], {"username": username})

    def logins(self) -> Sequence[PushLogin]:
        """Who may push. Raises StoreUnavailable."""
        rows = self._database.read(self._iys_code, _SQL["push_accounts"], {})
        return [PushLogin(*row) for row in rows]

    def is_of(self, login: PushLogin, password: str) -> bool:
        """Whether that is the password; takes as long for every wrong one."""
        return hmac.compare_digest(self._digest(login.username, password), login.digest)

    def _digest(self, username: str, password: str) -> bytes:
        return self._vault.content_digest(("iys/push", username, password))
