"""No code of the ledger is without its Turkish meaning, and none says more than the records do."""

import ast
import inspect
import re
from collections.abc import Iterable, Mapping

import pytest

from ledger.aggregates import decisions, standing
from ledger.aggregates.bodies import ConsentBody
from ledger.aggregates.decisions import ExemptGround, VerdictKind
from ledger.aggregates.events import BODY_BY_TYPE, RECIPIENT_BODIES
from ledger.aggregates.provider_bodies import IysSnapshot
from ledger.recording.evidence_ports import EvidenceKind
from ledger.reporting import words
from ledger.reporting.grade import EvidenceGrade
from ledger.reporting.refusals import ReportRefused, Step
from ledger.vocabulary import (
    Basis,
    Channel,
    ConsentSource,
    ConsentStatus,
    IysState,
    RecipientType,
    SeenHow,
)

TABLES: dict[str, tuple[Mapping[str, str], Iterable[str]]] = {
    "channel": (words.CHANNELS, Channel),
    "recipient type": (words.RECIPIENT_TYPES, RecipientType),
    "status": (words.STATUSES, ConsentStatus),
    "source": (words.SOURCES, ConsentSource),
    "basis": (words.BASES, Basis),
    "İYS's state": (words.IYS_STATES, IysState),
    "exchange": (words.SEEN_HOW, SeenHow),
    "verdict": (words.VERDICTS, VerdictKind),
    "evidence": (words.EVIDENCE_KINDS, EvidenceKind),
    "grade": (words.GRADES, EvidenceGrade),
    "event": (
        words.EVENTS,
        [
            name
            for name, body in BODY_BY_TYPE.items()
            if issubclass(body, ConsentBody) or body in (*RECIPIENT_BODIES, IysSnapshot)
        ],
    ),
}
FORBIDDEN = re.compile(r"geçerlidir|hukuka uygun|[✓✔☑✅]", re.IGNORECASE)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_exactly_the_members_of_its_vocabulary(name: str) -> None:
    table, members = TABLES[name]

    assert set(table) == set(members)
    assert all(meaning.strip() and meaning not in table for meaning in table.values())


def test_every_reason_and_warning_that_the_verdicts_name_has_a_meaning() -> None:
    named = set()
    for module in (standing, decisions):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named |= set(re.findall(r"^[A-Z][A-Z_]{2,}$", node.value))
    reasons = named - set(VerdictKind) - set(decisions.Purpose)

    assert {"NEVER_SEEN", "OVERDUE", "NO_MERCHANT_BASIS", *ExemptGround} <= reasons
    assert reasons <= set(words.REASONS)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("REGISTERED", "İYS gönderilen onayı kaydetmiş"),
        ("80H", "İYS bilgisi 80 saatlik"),
        ("H467", "H467 – İYS'nin gerekçesi: izin tarihinin 3 iş gününden eski olması"),
        ("H999", "H999 – İYS'nin gerekçe kodu"),
    ],
)
def test_a_reason_is_a_word_an_age_or_a_code_of_iys(code: str, told: str) -> None:
    assert words.reason(code) == told


@pytest.mark.parametrize("code", ["UNHEARD_OF", "h467", "-1H", ""])
def test_a_reason_without_meaning_is_refused(code: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        words.reason(code)

    assert refused.value.step is Step.WORD


def test_who_recorded_is_told_by_kind() -> None:
    assert words.actor("key:7f3a") == "uygulama anahtarı: 7f3a"
    with pytest.raises(ReportRefused):
        words.actor("7f3a")


def test_a_way_of_the_senders_own_is_told_as_such() -> None:
    assert words.via("import") == "dosyayla"
    assert words.via("store:0123") == "“store:0123” (kaydı gönderenin verdiği ad)"


def test_no_word_is_a_judgement() -> None:
    tables = [value for value in vars(words).values() if isinstance(value, dict)]
    told = [repr(meaning) for table in tables for meaning in table.values()]

    assert len(told) > 100
    assert not [meaning for meaning in told if FORBIDDEN.search(meaning)]
