"""What is answered of a day at İYS. Kinds, states and members may grow."""

from ledger.contract.answers import Answered


class DayCountShown(Answered, frozen=True, kw_only=True):
    """Movements of one recipient type and channel; `source`: HS, made by the provider, or IYS, by
    recipients. `total` is İYS's; ONAY and RET are counted whatever stood before them."""

    recipientType: str  # noqa: N815  # İYS's style, here and below
    type: str
    source: str
    granted: int
    refused: int
    total: int


class DayAtIys(Answered, frozen=True, kw_only=True):
    """İYS's side, when it was last compared. `fileSha384`: of the file that is archived;
    `hashValue`: as İYS states it; `stamp`: verified, no_root, refused or missing."""

    checkedAt: str  # noqa: N815
    rows: int
    agreed: bool
    fileSha384: str | None = None  # noqa: N815
    hashValue: str | None = None  # noqa: N815
    stamp: str | None = None
    stampMessage: str | None = None  # noqa: N815
    stampedAt: str | None = None  # noqa: N815
    reason: str | None = None


class DayDifference(Answered, frozen=True, kw_only=True):
    """One kind of difference: how many rows, what it is and what mends it, in words."""

    kind: str
    rows: int
    message: str
    mend: str


class DayRowShown(Answered, frozen=True, kw_only=True):
    """A row that differs, as each side writes it; `position`: of our event."""

    kind: str
    open: bool
    here: str | None = None
    there: str | None = None
    position: int | None = None


class DayAnswer(Answered, frozen=True, kw_only=True):
    """A day's file as we make it now, and what comparing it with İYS's came to.

    `sha384`: of ours, null without rows; `isEqual`: whether it is İYS's archived file byte for
    byte, null without one; `state`: equal, explained, open, waiting, null before it was compared;
    `rowsDiffering`: the first 1,000.
    """

    brandCode: int  # noqa: N815
    day: str
    rows: int
    erased: int
    sha384: str | None
    isEqual: bool | None  # noqa: N815
    state: str | None
    counts: tuple[DayCountShown, ...]
    iys: DayAtIys | None
    differences: tuple[DayDifference, ...]
    rowsDiffering: tuple[DayRowShown, ...]  # noqa: N815
