"""Where refusals wait for an officer; what was said is sealed under the provider's own key."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from ledger.recording.referrals import Referral
from ledger.store.database import Database
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault
from ledger.vocabulary import BrandCode, IysCode

SQL: Final = load_blocks("ledger.store", "referrals.sql")


class ReferralTable:
    """The table of one provider. Implements `referrals.Referrals`."""

    def __init__(self, database: Database, iys_code: IysCode, vault: ProviderVault) -> None:
        self._database = database
        self._iys_code = iys_code
        self._vault = vault

    def refer(self, referrals: Sequence[Referral]) -> None:
        """See referrals.Referrals."""
        key = self._vault.provider_key()
        with self._database.connection(self._iys_code) as connection:
            for one in referrals:
                sealed = self._vault.seal(key, _bound_to(one.id), one.said)
                connection.execute(
                    SQL["refer"],
                    {
                        "id": one.id,
                        "at": one.at,
                        "actor": one.actor,
                        "brand": one.brand_code,
                        "sealed": sealed,
                    },
                )

    def waiting(self) -> Sequence[Referral]:
        """See referrals.Referrals."""
        key = self._vault.provider_key()
        with self._database.connection(self._iys_code) as connection:
            rows = connection.execute(SQL["waiting"]).fetchall()
        return [
            Referral(
                referral,
                at,
                actor,
                BrandCode(brand),
                self._vault.open(key, _bound_to(referral), sealed),
            )
            for referral, at, actor, brand, sealed in rows
        ]

    def settle(self, referral: UUID, *, actor: str) -> bool:
        """See referrals.Referrals."""
        with self._database.connection(self._iys_code) as connection:
            done = connection.execute(SQL["settle"], {"id": referral, "actor": actor})
        return done.rowcount == 1


def _bound_to(referral: UUID) -> str:
    return f"referral/{referral}"
