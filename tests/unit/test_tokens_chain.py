"""Paths to a root, and what revocation lists say about them."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.x509 import ReasonFlags

from ledger.evidence.tokens import Token, read_token
from ledger.evidence.tsa_chain import (
    CRL_URLS_MAX,
    CrlUnusable,
    check_revocation,
    crl_urls,
    path_to_root,
    read_crl,
)
from ledger.evidence.tsa_refusals import TokenRefused, TokenStep
from tests.tsa_builders import AT, Answer, Party, a_crl, a_tsa, an_authority

ROOT = an_authority()
BETWEEN = an_authority(ROOT, "Made-up Authority")
TSA = a_tsa(BETWEEN)
A_SECOND = timedelta(seconds=1)


def token_of(tsa: Party, *certificates: bytes) -> Token:
    return read_token(Answer(tsa=tsa, certificates=certificates or None).token())


TOKEN = token_of(TSA)
PATH = path_to_root(TOKEN, [ROOT.certificate])


def test_the_path_leads_from_the_tsa_to_the_root() -> None:
    assert (TSA.certificate, BETWEEN.certificate, ROOT.certificate) == PATH


def test_an_embedded_root_is_no_root() -> None:
    with pytest.raises(TokenRefused) as refused:
        path_to_root(TOKEN, [])

    assert refused.value.step is TokenStep.UNKNOWN_ISSUER


def test_a_tsa_that_is_itself_the_root_needs_no_path() -> None:
    own = a_tsa(None)

    assert path_to_root(token_of(own), [own.certificate]) == (own.certificate,)


def test_issuers_in_a_circle_end_in_a_refusal() -> None:
    first = an_authority(None, "First")
    second = an_authority(first, "Second")
    back = Party(an_authority(second, "First").certificate, first.key)
    tsa = a_tsa(second)

    with pytest.raises(TokenRefused) as refused:
        path_to_root(token_of(tsa, tsa.der, second.der, back.der), [ROOT.certificate])

    assert refused.value.step is TokenStep.UNKNOWN_ISSUER


def test_what_cannot_be_read_beside_the_signers_certificate_is_no_way() -> None:
    rubbish = b"\x30\x82\x00\x80" + bytes(128)
    unreadable = BETWEEN.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09")
    assert len(unreadable) == len(BETWEEN.der)

    with pytest.raises(TokenRefused) as refused:
        path_to_root(token_of(TSA, TSA.der, unreadable), [ROOT.certificate])

    assert refused.value.step is TokenStep.UNKNOWN_ISSUER
    with pytest.raises(TokenRefused):
        token_of(TSA, TSA.der, rubbish)


def test_urls_of_lists_are_those_below_the_root_and_few() -> None:
    urls = [f"http://crl.example/{number}" for number in range(CRL_URLS_MAX + 3)]

    assert (
        crl_urls((a_tsa(ROOT, crl_urls=urls).certificate, ROOT.certificate))
        == (urls[:CRL_URLS_MAX])
    )
    assert crl_urls((a_tsa(None, crl_urls=urls).certificate,)) == []
    assert crl_urls(PATH) == []


@pytest.mark.parametrize(
    ("reason", "on", "is_refused"),
    [
        (ReasonFlags.unspecified, AT + A_SECOND, False),
        (ReasonFlags.affiliation_changed, AT + A_SECOND, False),
        (ReasonFlags.superseded, AT + A_SECOND, False),
        (ReasonFlags.cessation_of_operation, AT + A_SECOND, False),
        (ReasonFlags.superseded, AT.replace(microsecond=0), True),
        (ReasonFlags.superseded, AT - A_SECOND, True),
        (ReasonFlags.certificate_hold, AT - A_SECOND, True),
        (ReasonFlags.key_compromise, AT + timedelta(days=900), True),
        (ReasonFlags.ca_compromise, AT + timedelta(days=900), True),
        (None, AT + timedelta(days=900), True),
    ],
)
@pytest.mark.parametrize(
    ("revoked", "issuer"), [(TSA, BETWEEN), (BETWEEN, ROOT)], ids=["TSA", "authority"]
)
def test_revocation_counts_by_its_time_and_reason(
    revoked: Party, issuer: Party, reason: ReasonFlags | None, on: datetime, is_refused: bool
) -> None:
    crls = [a_crl(issuer, revoked.certificate, on=on, reason=reason)]

    if not is_refused:
        check_revocation(TOKEN, PATH, crls)
        return
    with pytest.raises(TokenRefused, match=reason.value if reason else "no reason") as refused:
        check_revocation(TOKEN, PATH, crls)
    assert refused.value.step is TokenStep.REVOKED


def test_each_of_several_lists_counts() -> None:
    reason = ReasonFlags.key_compromise
    crls = [a_crl(BETWEEN), a_crl(ROOT), a_crl(BETWEEN, TSA.certificate, reason=reason)]

    check_revocation(TOKEN, PATH, crls[:2])
    with pytest.raises(TokenRefused):
        check_revocation(TOKEN, PATH, crls)


def test_another_certificate_revoked_says_nothing() -> None:
    other = a_tsa(BETWEEN)

    check_revocation(TOKEN, PATH, [a_crl(BETWEEN, other.certificate)])


def test_a_serial_number_revoked_by_another_authority_of_the_way_says_nothing() -> None:
    check_revocation(TOKEN, PATH, [a_crl(ROOT, TSA.certificate, on=AT - A_SECOND)])


def broken(crl: bytes) -> bytes:
    return crl[:-1] + bytes([crl[-1] ^ 1])


@pytest.mark.parametrize(
    ("crl", "told"),
    [
        (b"", "cannot be read"),
        (a_crl(BETWEEN) + b"\x00", "cannot be read"),
        (broken(a_crl(BETWEEN)), "none of the certificate's issuers"),
        (a_crl(an_authority(None, "Made-up Authority")), "none of the certificate's issuers"),
        (a_crl(TSA), "none of the certificate's issuers"),
        (a_crl(BETWEEN, next_update=datetime(2026, 11, 22, 10, 14, tzinfo=UTC)), "to be replaced"),
    ],
)
def test_a_list_that_says_nothing_about_the_way_is_refused(crl: bytes, told: str) -> None:
    with pytest.raises(CrlUnusable, match=told):
        read_crl(crl, PATH, AT)
    with pytest.raises(CrlUnusable):
        check_revocation(TOKEN, PATH, [crl])


def test_a_path_of_one_has_nobody_to_revoke_it() -> None:
    own = a_tsa(None)

    with pytest.raises(CrlUnusable):
        read_crl(a_crl(own), (own.certificate,), AT)
