"""What is answered to files that are brought in: evidence, and files to import."""

from typing import Annotated, Final

from msgspec import Meta

from ledger.contract.answers import Answered

UUID: Final = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class EvidenceAnswer(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """`evidenceId`: SHA-256 of the bytes, to be named by the items that it proves. What was said of
    the same bytes first stands. `capturedAt`: UTC."""

    evidenceId: str  # noqa: N815  # İYS's style, here and below
    kind: str
    bytes: int
    capturedAt: str | None = None  # noqa: N815


class TriedAnswer(Answered, frozen=True, kw_only=True):
    """Dates of a dry run in İYS's form, and rows by month (`2025-11`). `whole`: whether the file
    was short enough for each row to be judged over all rows before it."""

    whole: bool
    firstDate: str | None  # noqa: N815
    lastDate: str | None  # noqa: N815
    undated: int
    months: dict[str, int]


class ImportJobAnswer(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """A file on its way: WAITING, RUNNING, DONE; REFUSED as a whole, for `code`; FAILED.

    `verdicts`: lines by their verdict; once DONE their sum is `rowsRead`. A job that was cut off
    begins again and comes to the same verdicts. `importId`: by which the import is taken back or
    declared later. `template`: the one that was found, once DONE; of a
    dry run, `tried`. Times: UTC.
    """

    id: Annotated[str, Meta(pattern=UUID)]
    brandCode: int  # noqa: N815
    state: str
    bytes: int
    createdAt: str  # noqa: N815
    dryRun: bool  # noqa: N815
    rowsRead: int  # noqa: N815
    verdicts: dict[str, int]
    fileName: str | None = None  # noqa: N815
    rowsTotal: int | None = None  # noqa: N815
    code: str | None = None
    message: str | None = None
    startedAt: str | None = None  # noqa: N815
    endedAt: str | None = None  # noqa: N815
    importId: str | None = None  # noqa: N815
    template: str | None = None
    tried: TriedAnswer | None = None
