"""What a filter's headers and lines come to, as one value: the client's and the command line's."""

import msgspec


class FilterDone(msgspec.Struct, frozen=True):
    """What a run came to. `counts` by verdict add up to `lines`; times are UTC.

    `position`: refusals behind it were not seen, the feed of refusals after it tells them.
    `recheck_by`: filter again at the latest then.
    """

    decision_id: str
    position: int
    iys_seen_at: str | None
    recheck_by: str
    lines: int
    counts: dict[str, int]
