"""What is answered to files that are brought in: evidence, and files to import."""

from ledger.contract.answers import Answered


class EvidenceAnswer(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """`evidenceId`: SHA-256 of the bytes, to be named by the items that it proves. What was said of
    the same bytes first stands. `capturedAt`: UTC."""

    evidenceId: str  # noqa: N815  # İYS's style, here and below
    kind: str
    bytes: int
    capturedAt: str | None = None  # noqa: N815


class ImportJobAnswer(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """A file on its way: WAITING, RUNNING, DONE; REFUSED as a whole, for `code`; FAILED.

    `verdicts`: lines by their verdict; once DONE their sum is `rowsRead`. A job that was cut off
    begins again: lines that were recorded before are then `already`. `importId`: by which the
    import is taken back or declared later. Times: UTC.
    """

    id: str
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
