"""What is noted of an answer to those who record: whose consent it shows (R108)."""

from collections import Counter
from collections.abc import Iterable

from starlette.requests import Request

from ledger.recording.principals import AccessLog, Principal
from ledger.recording.request import Receipt
from ledger.vocabulary import BrandCode


def note_shown(
    http: Request,
    log: AccessLog,
    principal: Principal,
    action: str,
    told: Iterable[tuple[BrandCode, Receipt]],
) -> None:
    """One note for each person whose consent is shown though nothing was recorded of it.

    An event says itself who brought it. Raises AccessLogFull: the answer must not be given.
    """
    shown = Counter(
        (brand_code, receipt.subject)
        for brand_code, receipt in told
        if receipt.event is None and (receipt.consent.version or receipt.barred)
    )
    for (brand_code, subject), items in shown.items():
        log.note(
            principal.actor,
            action,
            brand_code=brand_code,
            subject=subject,
            items=items,
            request_id=http.scope["state"]["request_id"],
        )
