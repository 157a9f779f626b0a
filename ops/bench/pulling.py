"""How fast İYS's movements get into the ledger: pages read, recorded, their cursor moved.

    python -m ops.bench.pulling [--movements N] [--data DIR]

İYS itself is left out: it gives 1,000 movements a call, ten calls a second. Half of the recipients
are known: they consented here before and now refuse at İYS; the others are new and consent there.
"""

import argparse
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from ledger import clock
from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file
from ledger.iys_sync import seen, wire
from ledger.iys_sync.pulling import Puller
from ledger.iys_sync.wire import PullSource
from ledger.projections.pulled import PulledTable
from ledger.store.vault import ProviderVault
from ledger.vocabulary import BrandCode
from ops.bench.grounds import BRAND, IYS_CODE, Ground, ground, say, seconds

TARGET_PER_SECOND = 1_000_000 / 300
IYS_PER_SECOND = 10_000


def main() -> None:
    """Pull so many movements of one brand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--movements", type=int, default=100_000)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    with ground(given.data) as place:
        known(place, given.movements // 2)
        say("events before", f"{place.ledger.store.last_position():,}")
        pages = Pages(given.movements)
        took = seconds(lambda: puller_of(place, pages).pull(BRAND))
        each = given.movements / took
        say("movements into the ledger", f"{each:,.0f} /s", f"{took:.1f} s")
        say("1,000,000 of them", f"{1e6 / each:,.0f} s", f"{each / TARGET_PER_SECOND:.1f} x target")
        say("as fast as İYS gives them", "", f"{each / IYS_PER_SECOND:.2f} x İYS")
        say("head held for the last page", f"{1000 * place.ledger.store.last_lock_seconds:.0f} ms")
        pages.begin_again()
        took = seconds(lambda: puller_of(place, pages).pull(BRAND))
        say("the same once more, all of it known", f"{given.movements / took:,.0f} /s")


def known(place: Ground, count: int) -> None:
    """So many addresses consented here."""
    file = place.folder / "rows.csv"
    at = clock.iys_text(datetime.now(UTC) - timedelta(days=2))
    with file.open("w", encoding="ascii") as out:
        out.write("type,source,recipient,status,consentDate,recipientType\n")
        out.writelines(
            f"MESAJ,HS_WEB,{phone(2 * number)},ONAY,{at},BIREYSEL\n" for number in range(count)
        )
    import_file(place.ledger, file, ImportOptions(BRAND, "system:bench"))
    file.unlink()


def puller_of(place: Ground, pages: "Pages") -> Puller:
    vault = ProviderVault(place.home.providers.keys(IYS_CODE))
    table = PulledTable(place.home.database, IYS_CODE, vault)
    return Puller(pages, place.ledger, table, lambda: [BRAND])


def phone(number: int) -> str:
    return f"+90501{number:07d}"


class Pages:
    """İYS's pages as bytes, read as its client reads them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._began = datetime.now(UTC) - timedelta(days=1)
        self._given = 0

    def begin_again(self) -> None:
        """Give all of them once more."""
        self._given = 0

    def pull(
        self, brand: BrandCode, source: PullSource, after: str | None, limit: int = wire.PULL_MAX
    ) -> wire.Page:
        """The next page; nothing of the provider's own."""
        count = 0 if source is PullSource.PROVIDER else min(limit, self._count - self._given)
        first, self._given = self._given, self._given + count
        listed = [self._movement(number) for number in range(first, first + count)]
        return seen.page(json.dumps({"after": f"1_{self._given}", "list": listed}).encode())

    def _movement(self, number: int) -> dict[str, str]:
        at = clock.iys_text(self._began + timedelta(seconds=number // 20))
        is_known = number % 2 == 0
        return {
            "recipient": phone(number),
            "recipientType": "BIREYSEL",
            "type": "MESAJ",
            "status": "RET" if is_known else "ONAY",
            "creationDate": at,
            "consentDate": at,
            "source": "IYS_KISAMESAJ" if is_known else "IYS_WEB_YENI",
            "transactionId": sha256(str(number).encode()).hexdigest(),
        }


if __name__ == "__main__":
    main()
