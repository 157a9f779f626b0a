"""`?wait=iys`: the answer waits until İYS has spoken, so that a welcome may be sent at once.

Whoever keeps the ledger and İYS in step tells İYS; here the stored state is only looked at.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from msgspec import structs
from starlette.concurrency import run_in_threadpool

from ledger import clock
from ledger.aggregates.keys import ConsentKey
from ledger.api.problems import Problem
from ledger.application import ConsentLedger
from ledger.recording.request import Receipt, Request

WAIT_SECONDS_MAX: Final = 10.0
LOOK_SECONDS: Final = 0.1
ITEMS_MAX: Final = 100
"""Live captures come one by one; of more nobody waits: lists are told in lists, for minutes."""
PARAMETER: Final = {
    "name": "wait",
    "in": "query",
    "required": False,
    "description": f"En çok {ITEMS_MAX} öğe için İYS'nin yanıtını bekle, en çok"
    f" {WAIT_SECONDS_MAX:.0f} sn / wait for İYS, for few items",
    "schema": {"type": "string", "enum": ["iys"]},
}

Sleep = Callable[[float], Awaitable[None]]


def is_asked_to_wait(query: dict[str, str], count: int) -> bool:
    """Whether the caller wants İYS's word on so few items. Raises Problem 422 L-QUERY."""
    word = query.get("wait")
    if word not in (None, "iys"):
        raise Problem(422, "L-QUERY")
    return word is not None and count <= ITEMS_MAX


async def until_iys_speaks(
    ledger: ConsentLedger,
    asked: Sequence[tuple[Request | None, Receipt | None]],
    sleep: Sleep,
    steady_seconds: Callable[[], float] = clock.steady_seconds,
) -> list[Receipt | None]:
    """The receipts with the consents as they are once none waits for İYS any more, or in ten
    seconds; never older than the receipts' own."""
    receipts = [receipt for _, receipt in asked]
    keys = {
        place: _key(request, receipt)
        for place, (request, receipt) in enumerate(asked)
        if request is not None and receipt is not None and receipt.consent.iys.pending is not None
    }
    give_up_at = steady_seconds() + WAIT_SECONDS_MAX
    while keys:
        stored = await run_in_threadpool(ledger.store.load_consents, set(keys.values()))
        for place, key in list(keys.items()):
            receipt = receipts[place]
            assert receipt is not None
            if key in stored:
                receipts[place] = structs.replace(receipt, consent=stored[key].consent)
            if key not in stored or stored[key].consent.iys.pending is None:
                del keys[place]
        if not keys or steady_seconds() >= give_up_at:
            break
        await sleep(LOOK_SECONDS)
    return receipts


def _key(request: Request, receipt: Receipt) -> ConsentKey:
    assert receipt.subject is not None
    return ConsentKey(
        request.brand_code, receipt.subject, request.recipient_types[0], request.channel
    )
