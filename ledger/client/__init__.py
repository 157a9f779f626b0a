"""A client of İzin Defteri's HTTP service.

Record what people said, ask before you send. Every answer is typed; what the service does not take
raises `Refused`, what cannot be known raises `Unavailable`.

    from ledger.client import Channel, Client, ConsentItem, ConsentSource, ConsentStatus

    with Client("http://127.0.0.1:8563", key) as izin:
        consent = ConsentItem(
            id="signup-4711",
            recipient="+905010000501",
            type=Channel.MESSAGE,
            status=ConsentStatus.GRANTED,
            source=ConsentSource.HS_WEB,
            consentDate="2025-11-20 10:00:00",
        )
        (taken,) = izin.record(123456, [consent]).items
        print(taken.outcome, taken.receipt.position)

        izin.refuse("0501 000 05 02", via="sms")

        if izin.status(123456, "+905010000501", Channel.MESSAGE).permitted:
            print("it may be sent")

        with open("segment.txt", "rb") as lines, open("verdicts.csv", "wb") as out:
            print(izin.filter(123456, Channel.MESSAGE, lines, out).counts)

A call that is cut off is repeated where that is safe: what reads, and what records under a name of
its own, which `record` and `refuse` make where you give none. So nothing is recorded twice.
"""

from ledger.client.calls import Client
from ledger.client.errors import ClientError, Refused, Unavailable
from ledger.contract.requests import ConsentItem, DecisionItem, TextNamed
from ledger.contract.runs import FilterDone
from ledger.vocabulary import Channel, ConsentSource, ConsentStatus, Outcome, RecipientType

__all__ = [
    "Channel",
    "Client",
    "ClientError",
    "ConsentItem",
    "ConsentSource",
    "ConsentStatus",
    "DecisionItem",
    "FilterDone",
    "Outcome",
    "RecipientType",
    "Refused",
    "TextNamed",
    "Unavailable",
]
