"""Tokens of the embedded TEST authority before verifiers that others wrote, and as a profile."""

import subprocess
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import rfc3161_client
import rfc3161ng
from cryptography import x509

from ledger.errors import SettingsRefused
from ledger.evidence import timestamping
from ledger.evidence.local_tsa import KeyMaterial, LocalTsa, make_key_material
from ledger.evidence.stamps import SignatureVerifier, TimeStampAuthority
from ledger.evidence.tsa_refusals import TokenRefused, TokenStep

AT = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
MATERIAL = make_key_material(datetime(2026, 1, 1, tzinfo=UTC))
OTHER = make_key_material(datetime(2026, 1, 1, tzinfo=UTC))
IMPRINT = sha256(b"made up").digest()


def an_answer() -> tuple[bytes, bytes]:
    """A request by rfc3161ng, and the answer."""
    request = rfc3161ng.make_timestamp_request(
        digest=IMPRINT, hashname="sha256", include_tsa_certificate=True, nonce=2**63
    )
    encoded = rfc3161ng.encode_timestamp_request(request)
    return encoded, LocalTsa(MATERIAL).answer(encoded, at=AT, serial=1)


@pytest.mark.parametrize(("material", "is_ours"), [(MATERIAL, True), (OTHER, False)])
def test_openssl_verifies_it_under_its_root_only(
    tmp_path: Path, material: KeyMaterial, is_ours: bool
) -> None:
    request, answer = an_answer()
    for name, content in (("request", request), ("answer", answer), ("root", material.root)):
        (tmp_path / name).write_bytes(content)
    files = ["-queryfile", "request", "-in", "answer", "-CAfile", "root"]
    command = ["openssl", "ts", "-verify", *files, "-attime", str(int(AT.timestamp()))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True)

    assert (done.returncode == 0) is is_ours
    assert (b"Verification: OK" in done.stdout) is is_ours


def test_rfc3161_client_verifies_it_under_its_root_only() -> None:
    answer = rfc3161_client.decode_timestamp_response(an_answer()[1])

    def verified_by(material: KeyMaterial) -> bool:
        root = x509.load_pem_x509_certificate(material.root)
        return rfc3161_client.VerifierBuilder(roots=[root]).build().verify(answer, IMPRINT)

    assert verified_by(MATERIAL)
    with pytest.raises(rfc3161_client.VerificationError):
        verified_by(OTHER)


def test_the_profile_gives_stamps_of_the_time_passed_in() -> None:
    tsa: TimeStampAuthority = timestamping.local(MATERIAL)

    stamps = [tsa.stamp(IMPRINT, AT + timedelta(seconds=number)) for number in range(3)]

    assert [stamp.token.generated_at for stamp in stamps] == [
        AT + timedelta(seconds=number) for number in range(3)
    ]
    assert len({stamp.token.serial for stamp in stamps}) == 3
    assert {stamp.verified_by for stamp in stamps} == {SignatureVerifier.RFC3161_CLIENT}
    assert "TEST" in stamps[0].tsa_name
    assert (stamps[0].crls, stamps[0].crl_failures) == ((), ())
    assert stamps[0].certificate_not_after == datetime(2035, 12, 30, tzinfo=UTC)


def test_a_root_of_another_is_noticed_at_the_first_stamp() -> None:
    mixed = KeyMaterial(OTHER.root, MATERIAL.certificate, MATERIAL.key)

    with pytest.raises(TokenRefused) as refused:
        timestamping.local(mixed).stamp(IMPRINT, AT)

    assert refused.value.step is TokenStep.UNKNOWN_ISSUER


def test_material_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsRefused):
        timestamping.local(KeyMaterial(b"", b"", b""))


def test_a_token_that_nobody_can_verify_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the one verifier can read it, nor is the other one installed."""

    def unreadable(_: bytes) -> object:
        raise ValueError("made up")

    monkeypatch.setattr(rfc3161_client, "decode_timestamp_response", unreadable)
    assert timestamping.local(MATERIAL).stamp(IMPRINT, AT).verified_by is SignatureVerifier.OPENSSL
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(TokenRefused, match="by openssl") as refused:
        timestamping.local(MATERIAL).stamp(IMPRINT, AT)

    assert refused.value.step is TokenStep.SIGNATURE
