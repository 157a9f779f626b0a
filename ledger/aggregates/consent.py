"""The state of one consent: two lines, and the fold that makes the person line (consent.md C2, C4).

`evolve` only assigns: it runs again on every replay. What the acts mean together is `person_line`,
a pure function of the set of acts that does not depend on their order.
"""

from collections.abc import Callable, Iterable
from typing import Final, assert_never

import msgspec
from msgspec import structs

from ledger.aggregates import bodies as b
from ledger.aggregates import iys_line
from ledger.aggregates.bodies import Body, ConsentBody
from ledger.aggregates.iys_line import IysLine
from ledger.clock import from_utc_text
from ledger.vocabulary import (
    Basis,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
)

BEFORE_EVERYTHING: Final = -(2**52)
"""Effective instant of a merchant's listing without a date (C4)."""


class Act(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """One act of the person line, as small as the fold allows.

    `at` and `evidence_at` are Unix seconds; `status` is None for a merchant's listing. `ref` marks
    a refusal or consent whose instant we assigned: `<import>:<row>`, by which a repeat is known, or
    empty where nothing tells a repeat. `retracted` and `former`, the (date, source) that it was
    once recorded with, keep what a correction took away, for the same reason. `merchant_basis`:
    there is a paper behind a listing (R11).
    """

    seq: int
    position: int
    status: ConsentStatus | None
    at: int
    consent_date: str | None
    source: ConsentSource | None
    basis: Basis
    evidence_at: int | None = None
    approved: bool = False
    imported: bool = False
    known_to_iys: bool = False
    precision: DatePrecision = DatePrecision.SECOND
    not_pushed: str | None = None
    ref: str | None = None
    lifts: tuple[int, ...] = ()
    retracted: bool = False
    former: tuple[tuple[str | None, ConsentSource | None], ...] = ()
    merchant_basis: bool = False

    @property
    def is_recipients_own(self) -> bool:
        """Whether the recipient acted at İYS itself."""
        return self.source is not None and self.source.is_recipients_own

    @property
    def closes_line(self) -> bool:
        """Whether the carrier reported the line as closed (R35)."""
        # From anybody but İYS or its export the source is a defect, the refusal an ordinary one.
        closed = self.source is ConsentSource.IYS_AHS_HAT_KAPATMA
        return closed and self.basis is not Basis.OWN_CAPTURE


class Consent(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """Both lines of one key. `version` is the `seq` of the last event, 0 before the first."""

    version: int = 0
    acts: tuple[Act, ...] = ()
    iys: IysLine = IysLine()


class PersonLine(msgspec.Struct, frozen=True, gc=False):
    """What the acts come to. `standing` are the refusals in force; `held` the grants later than one
    of them; `act` the one that decides, None if there is none."""

    status: ConsentStatus | None
    act: Act | None
    standing: tuple[Act, ...] = ()
    held: tuple[Act, ...] = ()

    @property
    def is_merchant_listing(self) -> bool:
        """Whether only the listing as tacir speaks, no act (R11)."""
        return self.status is None and self.act is not None

    @property
    def line_closed(self) -> bool:
        """Whether a closed line is among the refusals in force (R35)."""
        return any(act.closes_line for act in self.standing)


def person_line(acts: Iterable[Act]) -> PersonLine:
    """Fold acts to the person line by C4.1–C4.5, whatever their order."""
    acts = tuple(act for act in acts if not act.retracted)
    if len(acts) == 1:
        only = acts[0]
        refused = only.status is ConsentStatus.REFUSED
        return PersonLine(only.status, only, acts if refused else ())
    grants = [act for act in acts if act.status is ConsentStatus.GRANTED]
    refusals = [act for act in acts if act.status is ConsentStatus.REFUSED]
    standing = tuple(act for act in refusals if not any(lifts(grant, act) for grant in grants))
    if standing:
        held = tuple(grant for grant in grants if any(grant.at > ret.at for ret in standing))
        return PersonLine(ConsentStatus.REFUSED, max(standing, key=_rank), standing, held)
    if grants:
        return PersonLine(ConsentStatus.GRANTED, max(grants, key=_rank))
    listings = [act for act in acts if act.status is None]
    return PersonLine(None, max(listings, key=_rank) if listings else None)


def lifts(grant: Act, refusal: Act) -> bool:
    """Whether a grant lifts a refusal (C4.2–C4.3): only if later, and never on a mere record.

    The recipient's own act at İYS lifts; a live capture of ours lifts with evidence dated after the
    refusal, and over an `IYS_*` refusal only with a second person's approval (R53), a row of a file
    never; a released one lifts what it was released over.
    """
    if grant.at <= refusal.at:
        return False
    if refusal.seq in grant.lifts or (grant.is_recipients_own and grant.basis is Basis.IYS):
        return True
    proven = (
        grant.basis is Basis.OWN_CAPTURE
        and not grant.imported
        and grant.evidence_at is not None
        and grant.evidence_at > refusal.at
    )
    return proven and (grant.approved or not refusal.is_recipients_own)


def _rank(act: Act) -> tuple[object, ...]:
    # Content only, never seq: of two equal instants the same one decides in any order of arrival.
    return (
        act.at,
        act.evidence_at or BEFORE_EVERYTHING,
        act.basis,
        act.source or "",
        act.precision,
        act.consent_date or "",
    )


def evolve(state: Consent, body: Body, *, seq: int, position: int) -> Consent:
    """The state after one more event. Never refuses: this already happened."""
    if not isinstance(body, ConsentBody):
        return state
    acts, iys = state.acts, state.iys
    match body:
        case b.ActBody():
            acts = (*acts, act_of(body, seq=seq, position=position))
            if body.not_pushed is None:
                iys = structs.replace(iys, pending=seq)
        case b.IysSeen():
            iys = iys_line.seen(iys, body)
            if body.of is not None and iys_line.is_answer(body):
                acts = _change(acts, body.of, _with_answer)
        case b.IysRefused():
            iys = iys_line.refused(iys, body)
        case b.ConsentEvidenceAdded():
            acts = _change(acts, body.of, lambda act: _with_evidence(act, body))
            acts, iys = _queued(acts, iys, body)
        case b.ConsentCorrected():
            acts = _change(acts, body.of, lambda act: _corrected(act, body))
            if body.corrected_field == BASIS:
                iys = _not_waiting(iys, body.of)
        case b.ConsentRetracted():
            acts = _change(acts, body.of, lambda act: structs.replace(act, retracted=True))
            iys = _not_waiting(iys, body.of)
        case b.ConsentReleased():
            acts = _change(
                acts,
                body.of,
                lambda act: structs.replace(act, lifts=(*act.lifts, *body.over)),
            )
            acts, iys = _queued(acts, iys, body)
        case _:
            assert_never(body)  # type: ignore[arg-type]  # the table of events.py is closed
    return Consent(version=seq, acts=acts, iys=iys)


def act_of(body: b.ActBody, *, seq: int, position: int) -> Act:
    """The act that an event adds."""
    evidence_at = body.captured_at or body.at if body.evidence_kinds else None
    return Act(
        seq=seq,
        position=position,
        status=_STATUS_OF.get(body.TYPE),
        at=BEFORE_EVERYTHING if body.at is None else _seconds(body.at),
        consent_date=body.consent_date,
        source=body.source,
        basis=body.basis,
        evidence_at=None if evidence_at is None else _seconds(evidence_at),
        approved=body.approved_by not in (None, body.actor),
        imported=body.import_id is not None or body.via == IMPORTED,
        known_to_iys=body.basis is Basis.IYS,
        precision=body.date_precision,
        not_pushed=body.not_pushed,
        ref=_ref(body),
        merchant_basis=isinstance(body, b.MerchantListed) and body.basis_kind != NO_BASIS,
    )


NO_BASIS: Final = "NONE"
"""`basis_kind` of a listing behind which there is no paper."""
BASIS: Final = "basis"
"""The field by whose correction somebody vouches for an imported act (C6 row 11d)."""
_STRONGER_THAN_DECLARED: Final = ("L-RET-KEPT", "L-HELD-OVER-RET")
"""Why an act is not for İYS, also where İYS is said to hold it."""
IMPORTED: Final = "import"
"""`via` of a row of a file."""
_STATUS_OF: Final = {
    b.ConsentGranted.TYPE: ConsentStatus.GRANTED,
    b.ConsentRefused.TYPE: ConsentStatus.REFUSED,
}
ASSIGNED_FOR: Final = ("H156", "H162")
"""Defects of a refusal's date for which it takes effect on receipt."""


def _ref(body: b.ActBody) -> str | None:
    if body.TYPE not in _STATUS_OF:
        return None  # a listing without a date has no instant at all
    if body.consent_date is not None and not any(code in body.defect for code in ASSIGNED_FOR):
        return None
    return f"{body.import_id}:{body.row}" if body.import_id is not None else ""


def _change(acts: tuple[Act, ...], of: int, change: Callable[[Act], Act]) -> tuple[Act, ...]:
    return tuple(change(act) if act.seq == of else act for act in acts)


def _with_answer(act: Act) -> Act:
    return structs.replace(act, known_to_iys=True)


def _with_evidence(act: Act, body: b.ConsentEvidenceAdded) -> Act:
    captured_at = _seconds(body.captured_at)
    newest = captured_at if act.evidence_at is None else max(act.evidence_at, captured_at)
    approved = act.approved or body.approved_by not in (None, body.actor)
    return structs.replace(act, evidence_at=newest, approved=approved)


def _corrected(act: Act, body: b.ConsentCorrected) -> Act:
    at = act.at if body.effective_at is None else _seconds(body.effective_at)
    former = (*act.former, (act.consent_date, act.source))
    match body.corrected_field:
        case "consent_date" if body.is_now is None or isinstance(body.is_now, str):
            return structs.replace(act, at=at, consent_date=body.is_now, former=former)
        case "source" if isinstance(body.is_now, str):
            return structs.replace(act, source=ConsentSource(body.is_now), former=former)
        case "basis" if isinstance(body.is_now, str):
            kept = act.not_pushed if act.not_pushed in _STRONGER_THAN_DECLARED else "L-DECLARED"
            return structs.replace(act, basis=Basis(body.is_now), not_pushed=kept)
        case _:
            return act


def _queued(
    acts: tuple[Act, ...], iys: IysLine, body: b.ConsentEvidenceAdded | b.ConsentReleased
) -> tuple[tuple[Act, ...], IysLine]:
    if body.queued is None:
        return acts, iys
    acts = _change(acts, body.of, lambda act: structs.replace(act, not_pushed=None))
    return acts, structs.replace(iys, pending=body.of)


def _not_waiting(iys: IysLine, of: int) -> IysLine:
    return structs.replace(iys, pending=None) if iys.pending == of else iys


def _seconds(text: str) -> int:
    return int(from_utc_text(text).timestamp())
