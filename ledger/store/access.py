"""Keys that let somebody in. Only their digests are kept; a key's secret is shown once."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from ledger import clock
from ledger.errors import NotFound
from ledger.recording.ports import Brand
from ledger.recording.principals import KeysStale, Principal
from ledger.store.database import SQL as LEDGER_SQL
from ledger.store.database import Database
from ledger.store.providers import brand_of_row, no_brand
from ledger.store.sql import load_blocks
from ledger.values import Discreet, Value
from ledger.vocabulary import BrandCode, IysCode, Role

BELIEVED_SECONDS_MAX: Final = 2.0
"""A key that was revoked lets nobody in after this."""
AGING_SECONDS: Final = 1.0
TOKEN_CHARACTERS_MAX: Final = 200
PREFIX: Final = "izin"

SQL: Final = load_blocks("ledger.store", "access.sql")


class KeyRow(Value, frozen=True, gc=False):
    """A key as it is listed."""

    key_id: str
    name: str
    role: Role
    iys_code: IysCode
    brands: tuple[BrandCode, ...] | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None


class _Held(Discreet, frozen=True, gc=False):
    secret_hash: bytes
    principal: Principal


class ApiKeys:
    """The keys of all providers, and their brands. Implements `principals.Keys`.

    All keys in force, and all brands, are read together, at most once a second and only while
    somebody asks: so a request costs no question to PostgreSQL, nor do a million wrong tokens.
    """

    def __init__(
        self,
        database: Database,
        *,
        steady_seconds: Callable[[], float] = clock.steady_seconds,
        now: clock.Clock = clock.now,
    ) -> None:
        self._database = database
        self._steady_seconds = steady_seconds
        self._now = now
        self._fixed: list[_Held] = []
        self._held: dict[str, _Held] = {}
        self._brands: dict[BrandCode, Brand] = {}
        self._read_at = float("-inf")
        self._reading = threading.Lock()

    def accept(self, token: str, principal: Principal) -> None:
        """Let the holder of `token` in as long as this process runs."""
        self._fixed.append(_Held(_digest(token), principal))

    def find(self, token: str) -> Principal | None:
        """See principals.Keys."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            return None
        shown = _digest(token)
        key_id = _key_id(token)
        held = next((one for one in self._fixed if _is_of(one, shown)), None)
        if held is None and key_id is None:
            return None
        if self.age_seconds() > BELIEVED_SECONDS_MAX:
            raise KeysStale("the keys could not be read again in time")
        if held is None and key_id in self._held and _is_of(self._held[key_id], shown):
            held = self._held[key_id]
        if held is None:
            return None
        expires_at = held.principal.expires_at
        return None if expires_at is not None and expires_at <= self._now() else held.principal

    def brand(self, brand_code: BrandCode) -> Brand:
        """A brand as it was read with the keys. Raises NotFound; KeysStale as `find`."""
        if self.age_seconds() > BELIEVED_SECONDS_MAX:
            raise KeysStale("the brands could not be read again in time")
        if brand_code not in self._brands:
            raise no_brand(brand_code)
        return self._brands[brand_code]

    def is_aging(self) -> bool:
        """See principals.Keys."""
        return self.age_seconds() > AGING_SECONDS

    def refresh(self) -> None:
        """See principals.Keys. Of several at once only one reads."""
        asked_at = self._steady_seconds()
        with self._reading:
            if self._read_at > asked_at:
                return
            began_at = self._steady_seconds()
            keys, brands = self._database.read_keys(SQL["keys_in_force"], LEDGER_SQL["brands"])
            self._held = {row[0]: _held(row) for row in keys}
            self._brands = {brand.brand_code: brand for brand in map(brand_of_row, brands)}
            self._read_at = began_at

    def add(
        self,
        name: str,
        role: Role,
        iys_code: IysCode,
        *,
        brands: Sequence[BrandCode] | None,
        created_by: str,
        expires_at: datetime | None,
    ) -> tuple[str, str]:
        """Make a key; its id and the token to be handed over, which is stored nowhere.

        `brands`: of this provider; None for all of them.
        """
        key_id = secrets.token_hex(6)
        token = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
        with self._database.connection() as connection:
            connection.execute(
                SQL["add_key"],
                {
                    "key_id": key_id,
                    "secret_hash": _digest(token),
                    "name": name,
                    "role": role,
                    "iys_code": iys_code,
                    "brands": None if brands is None else sorted(set(brands)),
                    "created_by": created_by,
                    "expires_at": expires_at,
                },
            )
        return key_id, token

    def revoke(self, key_id: str) -> datetime:
        """Let the key's holder in no more; when it was first revoked. Raises NotFound."""
        with self._database.connection() as connection:
            row = connection.execute(SQL["revoke_key"], {"key_id": key_id}).fetchone()
        if row is None:
            raise NotFound("there is no such key", "böyle bir anahtar yok")
        revoked_at: datetime = row[0]
        return revoked_at

    def all(self) -> Sequence[KeyRow]:
        """Every key that was ever made, the oldest first."""
        with self._database.connection() as connection:
            rows = connection.execute(SQL["all_keys"]).fetchall()
        return [
            KeyRow(
                key_id,
                name,
                Role(role),
                IysCode(iys_code),
                None if brands is None else tuple(map(BrandCode, brands)),
                *rest,
            )
            for key_id, name, role, iys_code, brands, *rest in rows
        ]

    def age_seconds(self) -> float:
        """Since the keys were read; infinite before."""
        return self._steady_seconds() - self._read_at


def _is_of(held: _Held, shown: bytes) -> bool:
    return hmac.compare_digest(held.secret_hash, shown)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", errors="replace")).digest()


def _key_id(token: str) -> str | None:
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    return key_id if prefix == PREFIX and secret else None


def _held(row: Sequence[Any]) -> _Held:  # the columns of `keys_in_force`
    key_id, secret_hash, name, role, iys_code, brands, expires_at = row
    scope = None if brands is None else frozenset(map(BrandCode, brands))
    principal = Principal(key_id, name, Role(role), IysCode(iys_code), scope, expires_at)
    return _Held(secret_hash, principal)
