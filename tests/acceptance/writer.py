"""A service in small: records until it is killed, and says what was acknowledged.

`python writer.py DATA NAME`: eight clients at once; a line `item position` after each commit.
"""

import asyncio
import sys
from datetime import timedelta
from itertools import count
from pathlib import Path

from ledger import bootstrap, clock
from ledger.addresses import parse_address
from ledger.aggregates.commands import Origin, Provenance, RecordAct
from ledger.bootstrap import Home
from ledger.errors import LedgerError
from ledger.recording.group_commit import Together
from ledger.recording.request import Receipt, Request
from ledger.settings import Settings
from ledger.vocabulary import (
    BrandCode,
    Channel,
    ConsentSource,
    ConsentStatus,
    IysCode,
    RecipientType,
)

CLIENTS = 8
IYS_CODE = IysCode(123456)


def request(name: str, number: int) -> Request:
    """A grant of a made-up number, the same for the same item."""
    at = clock.now() - timedelta(minutes=1)
    provenance = Provenance(
        origin=Origin.LIVE,
        via="api",
        actor="key:test",
        received_at=clock.utc_text(at),
        tzdata=clock.TZDATA_VERSION,
    )
    command = RecordAct(
        status=ConsentStatus.GRANTED,
        at=clock.utc_text(at),
        consent_date=clock.iys_text(at),
        source=ConsentSource.HS_WEB,
        provenance=provenance,
    )
    return Request(
        parse_address(f"{name}.{number}@ornek.com.tr", Channel.EMAIL),
        BrandCode(123456),
        Channel.EMAIL,
        (RecipientType.INDIVIDUAL,),
        command,
        item_id=f"{name}.{number}",
    )


def main() -> None:
    """Write until killed."""
    data, name = Path(sys.argv[1]), sys.argv[2]
    with bootstrap.home(Settings(data=data)) as home:
        asyncio.run(write(home, name))


async def write(home: Home, name: str) -> None:
    """Eight clients, each waiting for its receipt before the next item."""
    numbers = count()
    together: Together[Request, Receipt] = Together(
        home.ledger(IYS_CODE).record_surely, name="writer"
    )

    async def client() -> None:
        while True:
            number = next(numbers)
            try:
                receipt = await together.ask(request(name, number))
            except LedgerError:
                continue  # not acknowledged
            sys.stdout.write(f"{name}.{number} {receipt.position}\n")
            sys.stdout.flush()

    await asyncio.gather(*[client() for _ in range(CLIENTS)])


if __name__ == "__main__":
    main()
