"""İYS's API for one provider, as `ports.Iys` has it (iys/api.md §5–§7)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Self
from urllib.parse import quote

import msgspec

from ledger.iys_sync import reading, reading_directory, seen, wire
from ledger.iys_sync.errors import IysBusy
from ledger.iys_sync.exchange import Exchange
from ledger.iys_sync.line import Call, Effect, Line, Means
from ledger.iys_sync.members import Unreadable
from ledger.iys_sync.ports import Gate, Metered, Outages, TokenStore
from ledger.iys_sync.tokens import Credentials, Tokens
from ledger.vocabulary import BrandCode, Channel, IysCode, RecipientType

GUARD_PAUSE: Final = timedelta(hours=1)
AGREED: Final = b'{"agreementStatus":true}'


class IysClient:
    """One provider at İYS. Implements `ports.Iys`; for many threads."""

    def __init__(
        self,
        iys_code: IysCode,
        url: str,
        credentials: Credentials,
        *,
        gate: Gate,
        tokens: TokenStore,
        means: Means | None = None,
        outages: Outages | None = None,
    ) -> None:
        """`url`: checked by whoever keeps the account; `gate` and `tokens`: shared by processes;
        `outages`: told how each call ends."""
        self._iys_code = iys_code
        self._gate = gate
        self._means = means or Means()
        self._line = Line(url, gate, self._means)
        cache = Tokens(credentials, self._line, gate, tokens, self._means)
        self._exchange = Exchange(self._line, cache, gate, self._means, outages=outages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._line.close()

    def add(self, brand: BrandCode, consent: wire.Outgoing, *, risky: bool = False) -> wire.Added:
        """See ports.Iys."""
        now = self._means.now()
        if risky and self._gate.is_failing(now):
            raise IysBusy(now + GUARD_PAUSE, "GUARD")
        call = Call(
            method="POST",
            path=f"/v2{self._of(brand)}/consents",
            effect=Effect.SAME,
            body=wire.body_of(consent),
        )
        return self._exchange.ask(call, reading.added)

    def add_list(self, brand: BrandCode, consents: Sequence[wire.Outgoing]) -> wire.BulkAccepted:
        """See ports.Iys."""
        call = Call(
            method="POST",
            path=f"/v2{self._of(brand)}/consents/request",
            effect=Effect.SAME,
            body=wire.body_of_list(consents),
        )
        return self._exchange.ask(call, reading.accepted)

    def results(self, brand: BrandCode, request_id: str) -> wire.Results:
        """See ports.Iys."""
        path = f"/v2{self._of(brand)}/consents/request/{quote(request_id, safe='')}"
        return self._exchange.ask(Call(method="GET", path=path), reading.results)

    def status(
        self, brand: BrandCode, recipient: str, recipient_type: RecipientType, channel: Channel
    ) -> wire.Movement | None:
        """See ports.Iys."""
        asked = {"recipient": recipient, "recipientType": recipient_type, "type": channel}
        call = Call(
            method="POST",
            path=f"{self._of(brand)}/consents/status",
            body=msgspec.json.encode(asked),
            metered=Metered.STATUS,
            none_on_404=True,
        )

        def read(body: bytes) -> wire.Movement | None:
            found = reading.standing(body)
            if found is not None and (
                found.recipient.casefold() != recipient.casefold()
                or (found.recipient_type, found.channel) != (recipient_type, channel)
            ):
                raise Unreadable("the status that was asked for")
            return found

        return self._exchange.ask(call, read)

    def granted(
        self,
        brand: BrandCode,
        recipient_type: RecipientType,
        channel: Channel,
        recipients: Sequence[str],
    ) -> wire.Granted:
        """See ports.Iys."""
        if not 0 < len(recipients) <= wire.RECIPIENTS_MAX:
            raise ValueError(f"1..{wire.RECIPIENTS_MAX} recipients, got {len(recipients)}")
        request = msgspec.json.encode({"recipients": list(recipients)})
        path = f"{self._of(brand)}/consents/{recipient_type.value}/status/{channel.value}"
        call = Call(method="POST", path=path, body=request)
        return self._exchange.ask(
            call, lambda body: reading.granted(body, recipients, request=request)
        )

    def pull(
        self,
        brand: BrandCode,
        source: wire.PullSource,
        after: str | None,
        limit: int = wire.PULL_MAX,
    ) -> wire.Page:
        """See ports.Iys."""
        query = {"source": source.value, "limit": str(limit)}
        if after is not None:
            query["after"] = after
        call = Call(method="GET", path=f"{self._of(brand)}/consents/changes", query=query)
        return self._exchange.ask(call, seen.page)

    def summary(self, brand: BrandCode, day: date, recipient_type: RecipientType) -> wire.Summary:
        """See ports.Iys."""
        path = f"{self._of(brand)}/changes/{day.isoformat()}/recipients/{recipient_type.value}"
        return self._exchange.ask(Call(method="GET", path=path), reading.summary)

    def agreement(self, brand: BrandCode, day: date) -> wire.Agreement | None:
        """See ports.Iys."""
        call = Call(method="GET", path=f"{self._of(brand)}/agreements/{day.isoformat()}")
        return self._exchange.ask(call, reading.agreement)

    def agree(self, brand: BrandCode, day: date) -> bool:
        """See ports.Iys."""
        path = f"{self._of(brand)}/agreements/{day.isoformat()}"
        call = Call(method="PUT", path=path, effect=Effect.SAME, body=AGREED)
        return self._exchange.ask(call, reading.captured)

    def day_file(self, brand: BrandCode, day: date) -> bytes | None:
        """See ports.Iys."""
        return self._file(f"{self._of(brand)}/changes/{day.isoformat()}/file")

    def day_stamp(self, brand: BrandCode, day: date) -> bytes | None:
        """See ports.Iys."""
        return self._file(f"{self._of(brand)}/agreements/{day.isoformat()}/timestamp")

    def brands(self) -> Sequence[wire.BrandAtIys]:
        """See ports.Iys."""
        call = Call(method="GET", path=f"/sps/{self._iys_code}/brands")
        return self._exchange.ask(call, reading_directory.brands)

    def subscription(self) -> wire.Subscription:
        """See ports.Iys."""
        call = Call(method="GET", path=f"/sps/{self._iys_code}/subscription")
        return self._exchange.ask(call, reading_directory.subscription)

    def integrator_rights(self, integrator_code: int) -> Sequence[wire.IntegratorRight]:
        """See ports.Iys."""
        path = f"/integrator/{integrator_code:d}/sps/{self._iys_code}"
        call = Call(method="GET", path=path)
        return self._exchange.ask(call, reading_directory.integrator_rights)

    def push_connections(self, brand: BrandCode) -> Sequence[wire.PushConnection]:
        """See ports.Iys."""
        call = Call(method="GET", path=f"{self._of(brand)}/push/registration")
        return self._exchange.ask(call, reading_directory.pushes)

    def register_push(
        self, brand: BrandCode, channel: Channel, url: str, *, username: str, password: str
    ) -> None:
        """See ports.Iys."""
        named = {"url": url, "type": channel, "username": username, "password": password}
        self._told(f"{self._of(brand)}/push/registration", {"connection": [named]})

    def unregister_push(
        self, brand: BrandCode, channel: Channel, url: str, *, username: str, password: str
    ) -> None:
        """See ports.Iys."""
        named = {"url": url, "type": channel, "username": username, "password": password}
        self._told(f"{self._of(brand)}/push/unregistration", named)

    def _told(self, path: str, told: object) -> None:
        body = msgspec.json.encode(told)
        call = Call(method="POST", path=path, effect=Effect.TWICE, body=body)
        self._exchange.ask(call, reading_directory.done)

    def _file(self, path: str) -> bytes | None:
        call = Call(method="GET", path=path, is_file=True, none_on_404=True)
        return self._exchange.ask(call, lambda body: body or None)

    def _of(self, brand: BrandCode) -> str:
        return f"/sps/{self._iys_code}/brands/{brand}"
