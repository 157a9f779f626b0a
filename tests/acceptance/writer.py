"""A service in small: records until it is killed, and says what was acknowledged.

`python writer.py DATA NAME`: eight clients at once; a line `item position` after each commit.
"""

import sys
import threading
from datetime import timedelta
from itertools import count
from pathlib import Path

from ledger import bootstrap, clock
from ledger.addresses import parse_address
from ledger.aggregates.commands import Origin, Provenance, RecordAct
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
    numbers, turn = count(), threading.Lock()
    with bootstrap.home(Settings(data=data)) as home:
        together: Together[Request, Receipt] = Together(
            home.ledger(IYS_CODE).record_surely, name="writer"
        )

        def client() -> None:
            while True:
                with turn:
                    number = next(numbers)
                try:
                    receipt = together.ask(request(name, number)).result()
                except LedgerError:
                    continue  # not acknowledged
                with turn:
                    sys.stdout.write(f"{name}.{number} {receipt.position}\n")
                    sys.stdout.flush()

        clients = [threading.Thread(target=client, daemon=True) for _ in range(CLIENTS)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()


if __name__ == "__main__":
    main()
