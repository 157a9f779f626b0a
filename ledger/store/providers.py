"""Providers and brands: the shared schema `izin` (design.md §3)."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.errors import BrandTaken, NotFound, SettingsRefused
from ledger.recording.ports import Brand, Provider
from ledger.store.database import SQL, Database
from ledger.store.migrate import make_provider_schema
from ledger.store.vault_keys import KeyFolder, ProviderKeys
from ledger.vocabulary import BrandCode, IysCode


@dataclass(frozen=True, slots=True)
class ProviderDetails:
    """What stands on reports and letters of the provider; company data, not personal."""

    title: str
    mersis: str | None = None
    vkn: str | None = None
    kep: str | None = None
    address: str | None = None


class Providers:
    """Who is kept here, and with which keys."""

    def __init__(self, dsn: str, database: Database, folder: KeyFolder) -> None:
        self._dsn = dsn
        self._database = database
        self._folder = folder

    def add(self, iys_code: IysCode, details: ProviderDetails) -> Provider:
        """Make the provider's schema and keys. Safe to repeat; the first details stand.

        Raises SettingsRefused where its keys, or those of the others, are missing.
        """
        kept = self.all()
        is_new = iys_code not in {one.iys_code for one in kept}
        keys = ProviderKeys.derive(self._folder.kek(make=not kept), iys_code)
        public_key = self._folder.log_public_key(iys_code, make=is_new)
        make_provider_schema(self._dsn, iys_code)
        with self._database.connection() as connection:
            connection.execute(
                SQL["add_provider"],
                {
                    "iys_code": iys_code,
                    "title": details.title,
                    "mersis": details.mersis,
                    "vkn": details.vkn,
                    "kep": details.kep,
                    "address": details.address,
                    "log_origin": _origin(iys_code, public_key),
                    "key_check": keys.check,
                },
            )
        return self.get(iys_code)

    def get(self, iys_code: IysCode) -> Provider:
        """Raises NotFound."""
        with self._database.connection() as connection:
            row = connection.execute(SQL["provider"], {"iys_code": iys_code}).fetchone()
        if row is None:
            raise _no_provider(iys_code)
        return Provider(IysCode(row[0]), row[1], row[2])

    def all(self) -> Sequence[Provider]:
        """Every provider, by number."""
        with self._database.connection() as connection:
            rows = connection.execute(SQL["providers"]).fetchall()
        return [Provider(IysCode(row[0]), row[1], row[2]) for row in rows]

    def keys(self, iys_code: IysCode) -> ProviderKeys:
        """The provider's keys. Raises SettingsRefused where they are not the ones it began with."""
        with self._database.connection() as connection:
            row = connection.execute(SQL["provider"], {"iys_code": iys_code}).fetchone()
        if row is None:
            raise _no_provider(iys_code)
        keys = ProviderKeys.derive(self._folder.kek(), iys_code)
        if not hmac.compare_digest(keys.check, row[3]):
            raise SettingsRefused(
                f"the key folder {self._folder.path} is not the one that provider {iys_code}"
                " was made with: nothing could be read, and new records would be lost to it",
                f"{self._folder.path} klasörü, {iys_code} sağlayıcısının anahtar klasörü değil",
            )
        return keys

    def renew_log_key(self, iys_code: IysCode) -> str:
        """Put the log's key aside and make another; the name of the log that it signs. Where that
        was done before and the provider still has the old name, nothing is made again."""
        named = self.get(iys_code).log_origin
        if _origin(iys_code, self.public_key(iys_code)) == named:
            self._folder.put_log_key_aside(iys_code, named.rpartition("/")[2])
            self._folder.log_key(iys_code, make=True)
        return _origin(iys_code, self.public_key(iys_code))

    def rename_log(self, old: Provider, origin: str) -> None:
        """From now on the provider's log has this name."""
        with self._database.connection() as connection:
            connection.execute(SQL["rename_log"], {"iys_code": old.iys_code, "log_origin": origin})

    def details(self, iys_code: IysCode) -> ProviderDetails:
        """What stands on reports. Raises NotFound."""
        with self._database.connection() as connection:
            row = connection.execute(SQL["provider_details"], {"iys_code": iys_code}).fetchone()
        if row is None:
            raise _no_provider(iys_code)
        return ProviderDetails(*row)

    def public_key(self, iys_code: IysCode) -> str:
        """The log's Ed25519 public key, 64 hex digits."""
        return self._folder.log_public_key(iys_code)

    def add_brand(self, iys_code: IysCode, brand_code: BrandCode, name: str) -> Brand:
        """Keep a brand of the provider. Safe to repeat. Raises NotFound, BrandTaken."""
        self.get(iys_code)
        with self._database.connection() as connection:
            connection.execute(
                SQL["add_brand"], {"iys_code": iys_code, "brand_code": brand_code, "name": name}
            )
        self.expect_free(iys_code, brand_code)
        return self.brand(brand_code)

    def close_brand(self, iys_code: IysCode, brand_code: BrandCode) -> Brand:
        """Nothing may be sent for the brand any more. Safe to repeat. Raises NotFound."""
        with self._database.connection() as connection:
            connection.execute(SQL["close_brand"], {"iys_code": iys_code, "brand_code": brand_code})
        return self.brand(brand_code, iys_code=iys_code)

    def expect_free(self, iys_code: IysCode, brand_code: BrandCode) -> None:
        """Raises BrandTaken where another provider keeps the brand: İYS's codes are unique."""
        owners = {one.iys_code for one in self.brands() if one.brand_code == brand_code}
        if owners - {iys_code}:
            raise BrandTaken(
                f"brand {brand_code} is kept by another provider",
                f"{brand_code} markası başka bir sağlayıcının",
            )

    def brand(self, brand_code: BrandCode, *, iys_code: IysCode | None = None) -> Brand:
        """Raises NotFound."""
        with self._database.connection() as connection:
            row = connection.execute(
                SQL["brand"], {"brand_code": brand_code, "iys_code": iys_code}
            ).fetchone()
        if row is None:
            raise no_brand(brand_code)
        return brand_of_row(row)

    def brands(self) -> Sequence[Brand]:
        """Every brand, by provider and number."""
        with self._database.connection() as connection:
            rows = connection.execute(SQL["brands"]).fetchall()
        return [brand_of_row(row) for row in rows]


def _origin(iys_code: IysCode, public_key: str) -> str:
    fingerprint = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]
    return f"izin-defteri/{iys_code}/{fingerprint}"


def brand_of_row(row: Sequence[Any]) -> Brand:  # the columns of the blocks `brand` and `brands`
    """A brand as it is stored."""
    return Brand(IysCode(row[0]), BrandCode(row[1]), row[2], row[3])


def no_brand(brand_code: BrandCode) -> NotFound:
    """Nobody here keeps the brand."""
    return NotFound(
        f"brand {brand_code} is not kept here", f"{brand_code} markası burada kayıtlı değil"
    )


def _no_provider(iys_code: IysCode) -> NotFound:
    return NotFound(
        f"provider {iys_code} is not kept here", f"{iys_code} sağlayıcısı burada kayıtlı değil"
    )
