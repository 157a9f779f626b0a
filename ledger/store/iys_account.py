"""How a provider calls İYS: its account and its tokens, sealed (design.md §10; iys/api.md §2)."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ledger.errors import SettingsRefused, StoreUnavailable
from ledger.store.database import LOST, Database, connect_alone
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault
from ledger.values import Discreet
from ledger.vocabulary import IysCode

SQL: Final = load_blocks("ledger.store", "iys_account.sql")
BOUND_TO: Final = b"iys_account"
TOKENS_BOUND_TO: Final = b"iys_tokens"
CREDENTIAL_MAX: Final = 512
TSA_ROOTS_MAX: Final = 1_000_000

_URL: Final = re.compile(r"https?://[^\s/?#@\\]+")


class AgreementSetting(StrEnum):
    """Who declares that a day agrees: it is a declaration of the provider's."""

    AUTO = "auto"
    ASK = "ask"


class LateRetSetting(StrEnum):
    """What becomes of a refusal that is too old for İYS (R32)."""

    ASK = "ask"
    HS_KARAR = "hs_karar"


class AccountAtIys(Discreet, frozen=True, kw_only=True):
    """An account. `url`: `https://HOST[:PORT]`, plain http only to this machine itself;
    `tsa_roots`: PEM of whom the stamps of İYS's day files lead to. Raises SettingsRefused."""

    url: str
    username: str
    password: str
    agreement: AgreementSetting = AgreementSetting.ASK
    late_ret: LateRetSetting = LateRetSetting.ASK
    tsa_roots: bytes | None = None

    def __post_init__(self) -> None:
        if not _is_allowed(self.url):
            raise SettingsRefused(
                "İYS's URL must be https://HOST[:PORT]; http only to this machine itself",
                "İYS adresi https://SUNUCU[:PORT] olmalı; http yalnız bu makinenin kendisine",
            )
        for credential in (self.username, self.password):
            if not 0 < len(credential) <= CREDENTIAL_MAX:
                raise SettingsRefused(
                    f"user name and password must have 1 to {CREDENTIAL_MAX} characters",
                    f"kullanıcı adı ve şifre 1-{CREDENTIAL_MAX} karakter olmalı",
                )
        if self.tsa_roots is not None and len(self.tsa_roots) > TSA_ROOTS_MAX:
            raise SettingsRefused("the roots are too large", "kök sertifikalar çok büyük")


class IysAccountTable:
    """The account of one provider. Implements `iys_sync.ports.TokenStore`."""

    def __init__(
        self, dsn: str, database: Database, iys_code: IysCode, vault: ProviderVault
    ) -> None:
        self._dsn = dsn
        self._database = database
        self._iys_code = iys_code
        self._vault = vault

    def read(self) -> AccountAtIys | None:
        """The account; None where there is none. Raises LedgerBroken, StoreUnavailable."""
        with self._database.connection(self._iys_code) as connection:
            row = connection.execute(SQL["account"], binary=True).fetchone()
        if row is None:
            return None
        url, agreement, late_ret, tsa_roots, *sealed = row
        opened = self._vault.open_alone(*sealed, bound_to=BOUND_TO)
        username, password = msgspec.json.decode(opened, type=tuple[str, str])
        return AccountAtIys(
            url=url,
            username=username,
            password=password,
            agreement=AgreementSetting(agreement),
            late_ret=LateRetSetting(late_ret),
            tsa_roots=tsa_roots,
        )

    def write(self, account: AccountAtIys) -> None:
        """Replaces what was there; tokens of the former account are forgotten."""
        credentials = msgspec.json.encode((account.username, account.password))
        row = {
            "url": account.url,
            "agreement": account.agreement.value,
            "late_ret": account.late_ret.value,
            "tsa_roots": account.tsa_roots,
            **self._sealed(credentials, BOUND_TO),
        }
        with self._database.connection(self._iys_code) as connection:
            connection.execute(SQL["write_account"], row)
            connection.execute(SQL["forget_tokens"])

    def remove(self) -> None:
        """İYS is not called any more. Safe to repeat."""
        with self._database.connection(self._iys_code) as connection:
            connection.execute(SQL["remove_account"])
            connection.execute(SQL["forget_tokens"])

    def tokens(self) -> bytes | None:
        """See ports.TokenStore."""
        with self._database.connection(self._iys_code) as connection:
            row = connection.execute(SQL["tokens"], binary=True).fetchone()
        return None if row is None else self._vault.open_alone(*row, bound_to=TOKENS_BOUND_TO)

    def keep_tokens(self, plain: bytes) -> None:
        """See ports.TokenStore."""
        with self._database.connection(self._iys_code) as connection:
            connection.execute(SQL["keep_tokens"], self._sealed(plain, TOKENS_BOUND_TO))

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """See ports.TokenStore. The lock ends with its connection, however that ends."""
        connection = connect_alone(self._dsn)
        try:
            name = {"name": f"izin/iys-tokens/{self._iys_code}"}
            row = connection.execute(SQL["try_lock"], name).fetchone()
            is_ours = row is not None and bool(row[0])
        except LOST as error:
            connection.close()
            raise StoreUnavailable("the connection to PostgreSQL was lost") from error
        with closing(connection):
            yield is_ours

    def _sealed(self, plain: bytes, bound_to: bytes) -> dict[str, bytes | int]:
        sealed, wrapped_key, kek_epoch = self._vault.seal_alone(plain, bound_to=bound_to)
        return {"sealed": sealed, "wrapped_key": wrapped_key, "kek_epoch": kek_epoch}


def _is_allowed(url: str) -> bool:
    if not _URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
