"""What leaves as tables and files: where consents stand, texts, evidence; and comes in again."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from ledger import views
from ledger.addresses import parse_address
from ledger.aggregates.bodies import TextReference
from ledger.aggregates.commands import RecordAct
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file
from ledger.proving.export_choice import Choice
from ledger.recording.evidence_ports import EvidenceGiven, EvidenceKind
from ledger.recording.request import Request
from ledger.recording.text_ports import TextKind
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, Channel, IysCode, RecipientType
from tests.integration.acts import (
    BRAND_CODE,
    CLERK,
    DATE,
    IYS_CODE,
    LATER,
    SECOND_CLERK,
    a_request,
    about,
    correct,
    retract,
)
from tests.integration.bringing import DATA, DECLARED, bring, write
from tests.integration.exporting import Out

NEXT_CODE, NEXT_BRAND = IysCode(777777), BrandCode(777777)
Key = tuple[str, str, str]
"""Channel, address, recipient type."""


@pytest.fixture
def out(home: Home, tmp_path: Path) -> Out:
    return Out(home, tmp_path / "out")


@pytest.fixture
def another(home: Home) -> ConsentLedger:
    """The empty ledger that the company goes on with."""
    home.add_provider(NEXT_CODE, ProviderDetails("Sonraki A.Ş."), actor="system:test")
    home.add_brand(NEXT_CODE, NEXT_BRAND, "Sonraki", actor="system:test")
    return home.ledger(NEXT_CODE)


def take_in(ledger: ConsentLedger, out: Out, **options: Any) -> dict[str, int]:
    given = ImportOptions(brand_code=NEXT_BRAND, actor="system:test", **options)
    result = import_file(ledger, out.path / f"current-{BRAND_CODE}.csv", given)
    return {str(outcome): count for outcome, count in result.verdicts.items()}


def statuses(home: Home, code: BrandCode, keys: set[Key]) -> dict[Key, str]:
    brand = home.providers.brand(code)
    ledger = home.ledger(brand.iys_code)
    found = {}
    for channel, address, kind in keys:
        parsed = parse_address(address, Channel(channel))
        view = views.status(ledger, brand, parsed, Channel(channel), RecipientType(kind))
        listed = "LISTED" if view.line.is_merchant_listing else "NOTHING"
        found[channel, address, kind] = view.line.status or listed
    return found


def keys_of(rows: list[dict[str, str]]) -> set[Key]:
    return {(row["type"], row["recipient"], row["recipientType"]) for row in rows}


def test_all_that_files_bring_stands_the_same_in_the_next_ledger(
    home: Home, ledger: ConsentLedger, another: ConsentLedger, out: Out, tmp_path: Path
) -> None:
    individual = {"recipient_type": RecipientType.INDIVIDUAL}
    for file in sorted((DATA / "good").iterdir()):
        if file.suffix in (".csv", ".txt", ".xlsx"):
            bring(ledger, file, **(individual if "panel" in file.name else {}))
    bring(ledger, DATA / "other" / "ret-listesi.txt", refusals=True)
    rows = (
        "MESAJ,,+905010000971,ONAY,,TACIR",
        "MESAJ,HS_WEB,+905010000972,ONAY,,TACIR",
        "MESAJ,,+905010000973,ONAY,2025-01-05 10:00:00,TACIR",
        "MESAJ,HS_WEB,+905010000974,ONAY,2025-01-05 10:00:00,TACIR",
        "MESAJ,HS_KARAR,+905010000974,RET,2025-01-06 10:00:00,TACIR",
        "MESAJ,HS_WEB,+9005010000975,ONAY,2025-01-05 10:00:00,BIREYSEL",
    )
    bring(ledger, write(tmp_path, *rows))

    out.export()
    verdicts = take_in(another, out)

    keys = keys_of(out.rows("acts"))
    here = statuses(home, BRAND_CODE, keys)
    assert statuses(home, NEXT_BRAND, keys) == here
    assert keys == keys_of(out.rows("current"))
    assert len(keys) == sum(verdicts.values())
    assert {"ONAY", "RET", "LISTED"} == set(here.values())
    assert "refused" not in verdicts


def test_what_somebody_vouched_for_needs_somebody_who_vouches(
    home: Home, ledger: ConsentLedger, another: ConsentLedger, out: Out, tmp_path: Path
) -> None:
    for file in ("gecmis.csv", "iys-gunluk.csv"):
        bring(ledger, DATA / "declared" / file, **DECLARED)
    bring(
        ledger, write(tmp_path, "MESAJ,HS_WEB,+905010000981,ONAY,2025-01-05,BIREYSEL"), **DECLARED
    )

    out.export()

    keys = keys_of(out.rows("current"))
    here = statuses(home, BRAND_CODE, keys)
    ordinary = take_in(another, out)
    there = statuses(home, NEXT_BRAND, keys)
    differing = {key for key in keys if here[key] != there[key]}
    assert ordinary["refused"] == len(differing) == 2
    assert {there[key] for key in differing} == {"NOTHING"}
    take_in(another, out, **DECLARED)
    assert statuses(home, NEXT_BRAND, keys) == here


def test_the_line_is_that_of_the_act_as_it_counts_now(
    home: Home, ledger: ConsentLedger, out: Out
) -> None:
    moved, gone, held, refused = map(a_request, range(1, 5))
    ledger.record([moved, gone, held, refused])
    ledger.record([a_request(3, "RET", LATER)])
    ledger.record(
        [
            about(moved, correct(1, "source", "HS_MOBIL")),
            about(gone, retract(1)),
            a_request(4, "RET", "2026-11-24 09:00:00"),
        ]
    )

    out.export()

    lines = {row["recipient"][-1]: row for row in out.rows("current")}
    assert (lines["1"]["source"], lines["1"]["status"]) == ("HS_MOBIL", "ONAY")
    assert "2" not in lines
    assert (lines["3"]["status"], lines["3"]["consentDate"]) == ("RET", LATER)
    acts = out.rows("acts")
    assert [row["position"] for row in acts] == ["3", "4", "5", "6", "7", "10"]
    assert (acts[0]["source"], acts[0]["consentDate"], acts[0]["part"]) == ("HS_WEB", DATE, "0001")


def test_a_former_holder_stands_among_the_acts_alone(
    home: Home, ledger: ConsentLedger, out: Out
) -> None:
    former = a_request(1, "RET")
    ledger.record([former])
    ledger.reassign(former.address, actor=CLERK, approved_by=SECOND_CLERK, reason="NEW_HOLDER")

    made = out.export(Choice(BRAND_CODE))

    assert (made.consents, made.acts, out.rows("current")) == (0, 1, [])
    assert out.rows("acts")[0]["recipient"] == "+905010000001"
    out.check(out.parts[0])


@pytest.mark.damaging
def test_whoever_was_erased_is_named_nowhere(home: Home, ledger: ConsentLedger, out: Out) -> None:
    ledger.record([a_request(1, recipient="0501 000 00 01"), a_request(2)])
    with home.database.connection(IYS_CODE) as connection:
        connection.execute("DELETE FROM payloads")
        connection.execute(
            "DELETE FROM recipients WHERE lookup = %s",
            [ledger.vault.lookup(a_request(1).address.uri)],
        )

    out.export()

    assert [row["recipient"] for row in out.rows("acts")] == ["", "+905010000002"]
    assert [row["recipient"] for row in out.rows("current")] == ["+905010000002"]
    assert (out.check(out.parts[0])["streams"], out.check(out.parts[0])["shown"]) == (2, 1)


def proven(request: Request, evidence: str, text: TextReference) -> Request:
    command = request.command
    assert isinstance(command, RecordAct)
    command = structs.replace(
        command, text=text, evidence_kinds=("form",), captured_at="2026-11-24T07:00:00Z"
    )
    groups = {"evidence": {"sha256": evidence}}
    return structs.replace(request, command=command, groups=groups)


def test_texts_go_by_their_digest_and_evidence_where_asked(
    home: Home, ledger: ConsentLedger, out: Out
) -> None:
    text, form = b"Onay veriyorum.", b"%PDF-1.7 made up"
    named = home.add_text(
        IYS_CODE, ("web-onay", "3"), TextKind.CONSENT, "tr", text, actor="system:test"
    )
    given = EvidenceGiven(EvidenceKind.FORM, None, "application/pdf", "system:test")
    kept = home.evidence(IYS_CODE).keep(form, given)
    reference = TextReference(named.id, named.version, named.sha256)
    once, twice, lost = (a_request(number) for number in (1, 2, 3))
    ledger.record([proven(one, kept.id.hex(), reference) for one in (once, twice)])
    ledger.record([proven(lost, "00" * 32, reference)])
    without = Out(home, out.path.parent / "without")

    made, bare = out.export(with_evidence=True), without.export()

    (piece,) = (out.path / "deliller").iterdir()
    assert (piece.read_bytes(), piece.suffix, made.evidence) == (form, ".pdf", 1)
    digest = sha256(text).hexdigest()
    assert [one.name for one in (out.path / "metinler").iterdir()] == [f"{digest}.txt"]
    assert (out.path / "metinler" / f"{digest}.txt").read_bytes() == text
    act = out.rows("acts")[0]
    assert (act["textId"], act["textVersion"], act["textSha256"]) == ("web-onay", "3", digest)
    assert (bare.evidence, (without.path / "deliller").exists()) == (0, False)
    assert out.check(out.parts[0])["closed"] == 0


def test_groups_of_a_file_open_by_the_provider_s_key(
    home: Home, ledger: ConsentLedger, out: Out, tmp_path: Path
) -> None:
    bring(ledger, write(tmp_path, "MESAJ,HS_WEB,+905010000991,ONAY,2025-01-05 10:00:00,BIREYSEL"))
    closed = Out(home, out.path.parent / "closed")

    out.export(opened=frozenset({"recipient", "file"}))
    closed.export()

    assert out.check(out.parts[0])["closed"] == 0
    assert closed.check(closed.parts[0])["closed"] == 1
