"""How much evidence stands behind a consent: graded, never gated (consent.md C5)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.reporting.acts import Act
from ledger.vocabulary import Basis

_CAPTURES: Final = frozenset({"form", "log", "message", "other"})
_COPIES: Final = frozenset({"scan", "recording"})
_CONFIRMATION: Final = "confirmation"


class EvidenceGrade(StrEnum):
    """C5's letters; `AT_IYS`: the recipient acted at İYS, where the proof is (R18)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    AT_IYS = "AT_IYS"


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade and what it follows from."""

    grade: EvidenceGrade
    has_capture: bool
    has_text: bool
    has_confirmation: bool
    has_copy: bool


def graded(act: Act) -> Graded:
    """Grade the evidence of one act.

    A: record of the act, text and confirmation. B: one of the three is missing. C: only one kind of
    evidence, as a scan or a recording. D: nothing beside what the provider declares.
    """
    kinds = {piece.kind for piece in act.evidence}
    own = act.basis is Basis.OWN_CAPTURE
    capture = own and bool(kinds & _CAPTURES)
    text = act.text is not None
    confirmation = act.confirmation is not None or _CONFIRMATION in kinds
    copy = bool(kinds & _COPIES)
    present = capture + text + confirmation
    if act.basis is Basis.IYS:
        grade = EvidenceGrade.AT_IYS
    elif present == 3:
        grade = EvidenceGrade.A
    elif present == 2:
        grade = EvidenceGrade.B
    elif kinds:
        grade = EvidenceGrade.C
    else:
        grade = EvidenceGrade.D
    return Graded(grade, capture, text, confirmation, copy)
