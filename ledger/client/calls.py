"""The calls of the HTTP contract, one method each."""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO, Final, Self, TypeVar

import httpx
import msgspec
from msgspec import structs

from ledger.client.errors import Unreadable
from ledger.client.files import FileCalls, said, time_text
from ledger.client.lines import Source, VerdictCount
from ledger.client.wire import Call, Wire
from ledger.contract import answers
from ledger.contract.requests import ConsentItem, DecisionItem
from ledger.contract.runs import FilterDone
from ledger.vocabulary import Channel, RecipientType

JSON: Final = {"Content-Type": "application/json"}
KEY: Final = re.compile(r"[!-~][ -~]{0,199}")
TIMEOUT_SECONDS: Final = 60.0
"""For each wait: to connect, to be taken a piece of, to hear the next piece."""

Answer = TypeVar("Answer")
Page = TypeVar("Page", answers.RefusalsPage, answers.ChangesPage)


class Client(FileCalls):
    """Calls to one service with one key; use it as a context manager, from any thread.

    `language` of titles and messages: tr or en. Every method raises Refused and Unavailable.
    `brand` is İYS's brand code; an address is given as people write it.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        language: str = "tr",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._wire = Wire(base_url, key, timeout=timeout, language=language, transport=transport)

    def __enter__(self) -> Self:
        self._wire.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.__exit__()

    def record(
        self,
        brand: int,
        items: Sequence[ConsentItem],
        *,
        idempotency_key: str | None = None,
        wait_for_iys: bool = False,
    ) -> answers.ConsentsAnswer:
        """Record 1..10,000 consents and refusals; one entry for each item and channel, in order.

        An item that is not taken says so in its entry, `outcome` refused, and stops no other.
        `wait_for_iys`, of 100 items at most: the answer comes when İYS has taken them, or in 10 s.
        """
        return self._wire.ask(
            Call(
                path=f"/v1/brands/{brand:d}/consents",
                query=said({"wait": "iys" if wait_for_iys else None}),
                is_safe=True,
                headers=_named(idempotency_key),
                body=_json({"items": items}),
            ),
            answers.ConsentsAnswer,
        )

    def refuse(
        self,
        recipient: str,
        *,
        types: Sequence[Channel] = (),
        brands: Sequence[int] = (),
        received_at: datetime | None = None,
        via: str = "api",
        reference: str | None = None,
        iys_code: int | None = None,
        idempotency_key: str | None = None,
    ) -> answers.RefusalsAnswer:
        """No more messages: on every channel of every brand, unless some are named.

        `via`: sms, call, email, web, app, store, post, social or a code of your own. `iys_code`:
        whose brands, with a key of every provider where none is named.
        """
        members = {
            "recipient": recipient,
            "types": types,
            "brands": brands,
            "receivedAt": time_text(received_at),
            "via": via,
            "reference": reference,
        }
        call = Call(
            path="/v1/refusals",
            is_safe=True,
            query=said({"iysCode": None if iys_code is None else f"{iys_code:d}"}),
            headers=_named(idempotency_key),
            body=_json(members),
        )
        return self._wire.ask(call, answers.RefusalsAnswer)

    def status(
        self,
        brand: int,
        recipient: str,
        channel: Channel,
        *,
        recipient_type: RecipientType = RecipientType.INDIVIDUAL,
        at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> answers.StatusAnswer:
        """Where a consent stands, and whether a message may be sent: test `permitted`."""
        asked = {
            "recipient": recipient,
            "type": channel,
            "recipientType": recipient_type,
            "at": time_text(at),
            "knownAt": time_text(known_at),
        }
        return self._look_up(brand, "status", asked, answers.StatusAnswer)

    def history(
        self,
        brand: int,
        recipient: str,
        channel: Channel,
        *,
        recipient_type: RecipientType = RecipientType.INDIVIDUAL,
    ) -> answers.HistoryAnswer:
        """Every event of a consent with its four dates, in the order of the log."""
        asked = {"recipient": recipient, "type": channel, "recipientType": recipient_type}
        return self._look_up(brand, "history", asked, answers.HistoryAnswer)

    def decide(
        self,
        brand: int,
        items: Sequence[DecisionItem],
        *,
        purpose: str = "COMMERCIAL",
        ground: str | None = None,
        campaign: str | None = None,
    ) -> answers.DecisionsAnswer:
        """May these 1..10,000 messages be sent? `ground` with purpose EXEMPT only."""
        asked = {"items": items, "purpose": purpose, "ground": ground, "campaign": campaign}
        path = f"/v1/brands/{brand:d}/decisions"
        call = Call(path=path, is_safe=False, headers=JSON, body=_json(asked))
        return self._wire.ask(call, answers.DecisionsAnswer)

    def filter(
        self,
        brand: int,
        channel: Channel,
        lines: Iterable[bytes] | BinaryIO,
        out: BinaryIO,
        *,
        form: str = "text/plain",
        recipient_type: RecipientType = RecipientType.INDIVIDUAL,
        purpose: str = "COMMERCIAL",
        ground: str | None = None,
        campaign: str | None = None,
    ) -> FilterDone:
        """Judge a file of any length, a line an address; memory stays the same.

        `lines`: a file, or its bytes in pieces of any size, line ends included; `form`: text/plain,
        text/csv or application/x-ndjson. `out` gets csv: `recipient,permitted,verdict,reason`, each
        line's text, order and repetition kept. Unless this returns, what it got is to be dropped.
        """
        source = Source(lines)

        def take(response: httpx.Response) -> FilterDone:
            done = _done(response.headers)
            count = VerdictCount()
            for piece in response.iter_bytes():
                count.take(piece)
                out.write(piece)
            counts = count.counts()
            return structs.replace(done, lines=sum(counts.values()), counts=counts)

        asked = {
            "type": channel,
            "recipientType": recipient_type,
            "purpose": purpose,
            "ground": ground,
            "campaign": campaign,
        }
        call = Call(
            path=f"/v1/brands/{brand:d}/filter",
            is_safe=False,
            can_resend=source.can_restart,
            query=said(asked),
            headers={"Content-Type": form, "Accept": "text/csv"},
            body=source.pieces,
        )
        return self._wire.exchange(call, take)

    def refusals(
        self, brand: int, *, channel: Channel | None = None, after: int = 0
    ) -> Iterator[answers.RefusalsPage]:
        """The refusals recorded behind a position, page by page to the end of the log.

        Keep the last page's `next`: it is the `after` of the next time.
        """
        yield from self._pages(brand, "refusals", channel, after, answers.RefusalsPage)

    def changes(
        self, brand: int, *, channel: Channel | None = None, after: int = 0
    ) -> Iterator[answers.ChangesPage]:
        """As `refusals`, every event of the brand's consents."""
        yield from self._pages(brand, "consents/changes", channel, after, answers.ChangesPage)

    def _look_up(
        self, brand: int, what: str, asked: Mapping[str, object], kind: type[Answer]
    ) -> Answer:
        path = f"/v1/brands/{brand:d}/{what}"
        return self._wire.ask(Call(path=path, is_safe=True, headers=JSON, body=_json(asked)), kind)

    def _pages(
        self, brand: int, what: str, channel: Channel | None, after: int, kind: type[Page]
    ) -> Iterator[Page]:
        query: dict[str, str | int] = {} if channel is None else {"type": channel}
        while True:
            query["after"] = after
            path = f"/v1/brands/{brand:d}/{what}"
            call = Call(method="GET", path=path, is_safe=True, query=dict(query))
            page = self._wire.ask(call, kind)
            yield page
            after = page.next
            if not page.more:
                return


def _named(idempotency_key: str | None) -> dict[str, str]:
    """The headers of what records: by this name a repetition is known."""
    key = secrets.token_hex(16) if idempotency_key is None else idempotency_key
    if not KEY.fullmatch(key):  # checked here, since httpx would quote it in its complaint
        raise ValueError("idempotency_key must be 1..200 printable ASCII characters")
    return {**JSON, "Idempotency-Key": key}


def _json(members: Mapping[str, object]) -> bytes:
    """A body; what was not said is left out of it."""
    return msgspec.json.encode(_said(msgspec.to_builtins(members)))


def _said(value: object) -> object:
    if isinstance(value, dict):
        return {name: _said(one) for name, one in value.items() if one not in (None, [], ())}
    return [_said(one) for one in value] if isinstance(value, list | tuple) else value


def _done(headers: httpx.Headers) -> FilterDone:
    """What the headers say of a run. Raises Unreadable where they are not a filter's."""
    try:
        return FilterDone(
            decision_id=headers["izin-decision"],
            position=int(headers["izin-position"]),
            iys_seen_at=headers.get("izin-iys-seen-at"),
            recheck_by=headers["izin-recheck-by"],
            lines=0,
            counts={},
        )
    except (KeyError, ValueError):
        raise Unreadable from None
