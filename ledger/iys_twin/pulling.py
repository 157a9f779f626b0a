"""The pull: movements in order, page by page behind a cursor (iys/api.md §5.10)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from ledger.iys_twin import wire
from ledger.iys_twin.asking import movement_of, number_of
from ledger.iys_twin.consents import Movement, transaction_id
from ledger.iys_twin.refusals import refusal
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import DAY, Wall, epoch_of, wall_at
from ledger.iys_twin.world import Brand, after

PULL_MAX: Final = 1_000
MILLISECONDS: Final = 1_000
_CURSOR: Final = re.compile(r"([0-9]{1,13})_([0-9a-f]{64})", re.ASCII)
NO_SOURCE: Final = "İzin kaynağı (source) bulunamadı."


def changes(
    brand: Brand, query: Mapping[str, str], settings: TwinSettings, now: Wall
) -> wire.Changes | None:
    """One page; None when nothing is in the window. Raises Refused H506, H507.

    A cursor that leads nowhere is like none (Q9). Movements of one address and second share their
    id and so their cursor: a page never ends between them, lest one be lost.
    """
    source = query.get("source", "IYS")
    if source not in ("HS", "IYS"):
        raise refusal("H506", "source", message=NO_SOURCE, value=source)
    limit = number_of(query, "limit", PULL_MAX)
    if not isinstance(limit, int) or not 0 < limit <= PULL_MAX:
        raise refusal("H507", "limit", value=query["limit"])
    is_iys = source == "IYS"
    side = brand.side(is_recipients=is_iys)
    oldest = after(side, now - settings.pull_days * DAY - 1)
    newest = after(side, now - settings.pull_delay_seconds)
    begin = max(oldest, _place_of(brand, side, query.get("after"), settings))
    end = min(begin + limit, newest)
    while begin < end < newest and _is_twin(brand, side[end - 1], side[end]):
        end += 1
    page = side[begin:end]
    if not page:
        return None
    listed = [movement_of(brand, one, with_citizen=is_iys) for one in page]
    return wire.Changes(_cursor(brand, page[-1], settings), listed)


def _place_of(
    brand: Brand, side: list[Movement], cursor: str | None, settings: TwinSettings
) -> int:
    found = None if cursor is None else _CURSOR.fullmatch(cursor)
    if found is None:
        return 0
    epoch = int(found[1]) // (MILLISECONDS if settings.cursor_unit == "milliseconds" else 1)
    if epoch > LAST_EPOCH:
        return 0
    created = wall_at(datetime.fromtimestamp(epoch, UTC))
    places = range(after(side, created - 1), after(side, created))
    behind = [place + 1 for place in places if transaction_id(brand.code, side[place]) == found[2]]
    return behind[-1] if behind else 0


LAST_EPOCH: Final = 4_102_444_800
"""2100: the twin's clock goes no further."""


def _is_twin(brand: Brand, one: Movement, other: Movement) -> bool:
    return transaction_id(brand.code, one) == transaction_id(brand.code, other)


def _cursor(brand: Brand, movement: Movement, settings: TwinSettings) -> str:
    epoch = epoch_of(movement.created)
    factor = MILLISECONDS if settings.cursor_unit == "milliseconds" else 1
    return f"{epoch * factor}_{transaction_id(brand.code, movement)}"
