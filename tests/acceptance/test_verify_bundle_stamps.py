"""Time stamps, evidence records and revocation lists that must be refused, and those that hold."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger.evidence import ers
from ledger.evidence.bundle_parts import Bundle
from ledger.evidence.merkle import inclusion_path
from ledger.evidence.verify_bundle import Check
from tests.bundle_builder import (
    AT,
    a_bundle,
    a_story,
    a_trust_folder,
    refusal,
    unzipped,
    with_files,
    zipped,
)
from tests.bundle_world import Stamp, World, key_material, stamped, stamping
from tests.tsa_builders import (
    OTHER_POLICY,
    POLICY,
    Answer,
    Party,
    a_crl,
    a_tsa,
    an_authority,
    octets,
    p256,
    sequence,
    tlv,
)

ROOT = an_authority()
TSA = a_tsa(ROOT)
A_DAY = timedelta(days=1)
STORY = a_story()
WHOLE = a_bundle(STORY)
BUNDLE = zipped(WHOLE)
FILES = unzipped(BUNDLE)


def by(tsa: Party, **changes: object) -> Stamp:
    """Tokens of an authority, any member of which can be changed."""

    def stamp(imprint: bytes, at: datetime) -> bytes:
        told = {"imprint": imprint, "at": at, "nonce": None, **changes}
        return Answer(tsa=tsa).changed(**told).token()

    return stamp


def stamped_by(*stamps: Stamp) -> Bundle:
    """The story with seals of other tokens."""
    return a_bundle(a_story(World(stamps=stamps)))


def facts(bundle: Bundle, trust: Path) -> dict[str, object]:
    """What is found where nothing is refused."""
    file = trust.parent / "bundle.zip"
    file.write_bytes(zipped(bundle))
    check = Check(file, trust, at=AT)
    check.run()
    return check.facts


def test_a_sound_token_of_an_authority_with_its_root_in_the_trust_folder(tmp_path: Path) -> None:
    trust = a_trust_folder(tmp_path / "trust", roots=[ROOT.pem], tsa_policies=[POLICY])

    found = facts(stamped_by(by(TSA)), trust)

    assert (found["tsa"], found["is_test"]) == ("Made-up TSA", False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"imprint": sha256(b"something else").digest()}, "TOKEN_OF_OTHER_DATA"),
        ({"imprint": bytes(20), "imprint_hash": "sha1"}, "TOKEN_HASH_NOT_ALLOWED"),
        ({"signed_kind": None}, "TOKEN_MALFORMED"),
        ({"signed_kind": "1.2.840.113549.1.7.1"}, "TOKEN_MALFORMED"),
        ({"content_kind": "1.2.840.113549.1.7.1"}, "TOKEN_MALFORMED"),
        ({"signers": 2}, "TOKEN_MALFORMED"),
        ({"certificates": ()}, "TOKEN_MALFORMED"),
        ({"has_attributes": False}, "TOKEN_MALFORMED"),
        ({"time": b"20261301000000Z"}, "TOKEN_MALFORMED"),
        ({"signed_digest": bytes(32)}, "TOKEN_NOT_OF_A_TRUSTED_TSA"),
        ({"certificate_id": None}, "TOKEN_NOT_OF_A_TRUSTED_TSA"),
        ({"time": b"20270101000000Z"}, "TOKEN_FROM_THE_FUTURE"),
        ({"time": b"20251231235959Z"}, "TOKEN_OUTSIDE_VALIDITY"),
    ],
)
def test_a_token_of_a_trusted_authority_that_does_not_count(
    changes: dict[str, object], code: str, tmp_path: Path
) -> None:
    assert refusal(tmp_path, stamped_by(by(TSA, **changes)), roots=[ROOT.pem]) == code


def test_a_token_of_a_policy_the_auditor_does_not_take(tmp_path: Path) -> None:
    bundle = stamped_by(by(TSA))

    code = refusal(tmp_path, bundle, roots=[ROOT.pem], tsa_policies=[OTHER_POLICY])

    assert code == "TOKEN_POLICY_NOT_ALLOWED"


def test_a_hash_the_auditor_does_not_take(tmp_path: Path) -> None:
    assert refusal(tmp_path, WHOLE, hashes=["sha512"]) == "TOKEN_HASH_NOT_ALLOWED"


@pytest.mark.parametrize(
    "tsa",
    [
        a_tsa(ROOT, is_critical=False),
        a_tsa(ROOT, purposes=[]),
        a_tsa(ROOT, purposes=[ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]),
    ],
)
def test_a_certificate_for_other_purposes(tsa: Party, tmp_path: Path) -> None:
    code = refusal(tmp_path, stamped_by(by(tsa)), roots=[ROOT.pem])

    assert code == "TOKEN_CERTIFICATE_PURPOSE"


def test_a_forged_authority_with_equal_names(tmp_path: Path) -> None:
    bundle = stamped_by(stamping(key_material()))

    assert refusal(tmp_path, bundle) == "TOKEN_NOT_OF_A_TRUSTED_TSA"


def test_an_authority_that_vouches_for_itself(tmp_path: Path) -> None:
    code = refusal(tmp_path, stamped_by(by(a_tsa(None))), roots=[ROOT.pem])

    assert code == "TOKEN_NOT_OF_A_TRUSTED_TSA"


def test_a_root_in_the_bundle_is_no_anchor(tmp_path: Path) -> None:
    forger = an_authority()
    bundle = stamped_by(by(a_tsa(forger)))
    chained = [replace(seal, chain=[forger.der]) for seal in bundle.seals]

    code = refusal(tmp_path, replace(bundle, seals=chained), roots=[ROOT.pem])

    assert code == "TOKEN_NOT_OF_A_TRUSTED_TSA"


def test_an_old_token_replayed(tmp_path: Path) -> None:
    kept: list[bytes] = []

    def replay(imprint: bytes, at: datetime) -> bytes:
        kept.append(stamped(imprint, at))
        return kept[0]

    assert refusal(tmp_path, stamped_by(replay)) == "TOKEN_OF_OTHER_DATA"


def test_a_second_token_that_is_none(tmp_path: Path) -> None:
    code = refusal(tmp_path, stamped_by(stamped, stamping(key_material())))

    assert code == "TOKEN_NOT_OF_A_TRUSTED_TSA"


def test_a_test_stamp_where_production_is_asked_for(tmp_path: Path) -> None:
    assert refusal(tmp_path, WHOLE, production=True) == "TOKEN_OF_A_TEST_TSA"
    assert refusal(tmp_path, WHOLE, production_by_policy=None) == "TRUST_FOLDER_MALFORMED"


def test_a_test_stamp_where_the_policy_says_production(tmp_path: Path) -> None:
    a_trust_folder(tmp_path / "trust")
    (tmp_path / "trust" / "policy.json").write_bytes(b'{"production":true}')

    assert refusal(tmp_path, WHOLE) == "TOKEN_OF_A_TEST_TSA"


def test_a_certificate_that_has_expired_since(tmp_path: Path) -> None:
    later = datetime(2045, 1, 1, tzinfo=AT.tzinfo)

    assert refusal(tmp_path, WHOLE, at=later) == "CERTIFICATE_EXPIRED"


def test_a_stamp_looked_at_before_it_was_made(tmp_path: Path) -> None:
    assert refusal(tmp_path, WHOLE, at=AT - 30 * A_DAY) == "TOKEN_FROM_THE_FUTURE"


# Chains


def test_an_authority_in_between_may_lie_beside_the_token(tmp_path: Path) -> None:
    between = an_authority(ROOT, "Made-up Authority")
    tsa = a_tsa(between)
    bundle = stamped_by(by(tsa, certificates=(tsa.der,)))
    chained = [replace(seal, chain=tsa.chain[:2]) for seal in bundle.seals]
    trust = a_trust_folder(tmp_path / "trust", roots=[ROOT.pem])

    assert facts(replace(bundle, seals=chained), trust)["tsa"] == "Made-up TSA"
    assert refusal(tmp_path, bundle, roots=[ROOT.pem]) == "TOKEN_NOT_OF_A_TRUSTED_TSA"


def test_a_second_certificate_of_the_same_issuer_and_number(tmp_path: Path) -> None:
    """openssl would take one of them and the other checks the other."""
    twin = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Twin")]))
        .issuer_name(TSA.certificate.issuer)
        .public_key(TSA.key.public_key())
        .serial_number(TSA.certificate.serial_number)
        .not_valid_before(AT - 300 * A_DAY)
        .not_valid_after(AT + A_DAY)
        .sign(p256(), SHA256())
        .public_bytes(Encoding.DER)
    )
    bundle = stamped_by(by(TSA))
    chained = [replace(seal, chain=[twin]) for seal in bundle.seals]

    code = refusal(tmp_path, replace(bundle, seals=chained), roots=[ROOT.pem])

    assert code == "TOKEN_MALFORMED"


# Revocation


@pytest.mark.parametrize(
    ("on", "reason", "code"),
    [
        (AT - 30 * A_DAY, ReasonFlags.superseded, "CERTIFICATE_REVOKED"),
        (AT, ReasonFlags.key_compromise, "CERTIFICATE_REVOKED"),
        (AT, ReasonFlags.ca_compromise, "CERTIFICATE_REVOKED"),
        (AT, None, "CERTIFICATE_REVOKED"),
        (AT, ReasonFlags.superseded, None),
        (AT, ReasonFlags.cessation_of_operation, None),
    ],
)
@pytest.mark.parametrize("is_inside", [True, False])
def test_a_revoked_certificate(
    on: datetime, reason: ReasonFlags | None, code: str | None, is_inside: bool, tmp_path: Path
) -> None:
    crl = a_crl(ROOT, TSA.certificate, on=on, reason=reason)
    bundle = stamped_by(by(TSA))
    trust = a_trust_folder(tmp_path / "trust", roots=[ROOT.pem])
    if is_inside:
        bundle = replace(bundle, seals=[replace(seal, crls=[crl]) for seal in bundle.seals])
    else:
        (trust / "tsa" / "tsa.crl").write_bytes(crl)

    if code:
        assert refusal(tmp_path, bundle, roots=[ROOT.pem]) == code
    else:
        found = facts(bundle, trust)
        assert (found["crls"], found["crls_inside"]) == ((0, 3) if is_inside else (1, 0))


def test_a_list_that_revokes_nothing(tmp_path: Path) -> None:
    trust = a_trust_folder(tmp_path / "trust", roots=[ROOT.pem])
    (trust / "tsa" / "tsa.crl").write_bytes(a_crl(ROOT))

    assert facts(stamped_by(by(TSA)), trust)["crls"] == 1


@pytest.mark.parametrize("junk", [b"", b"0", b"-----BEGIN X509 CRL-----", a_crl(ROOT)[:-1]])
def test_a_list_that_cannot_be_read(junk: bytes, tmp_path: Path) -> None:
    bundle = replace(WHOLE, seals=[replace(seal, crls=[junk]) for seal in WHOLE.seals])

    assert refusal(tmp_path, bundle) == "REVOCATION_LIST_MALFORMED"


# Seals and evidence records


@pytest.mark.parametrize("size", [0, 32, 63, 65])
def test_a_seal_over_something_else(size: int, tmp_path: Path) -> None:
    forged = with_files(BUNDLE, {"seals/9/seal.bin": bytes(size)})

    assert refusal(tmp_path, forged) == "SEAL_NOT_OF_CHECKPOINT"


def test_a_seal_whose_halves_are_turned(tmp_path: Path) -> None:
    covered = FILES["seals/9/seal.bin"]
    forged = with_files(BUNDLE, {"seals/9/seal.bin": covered[32:] + covered[:32]})

    assert refusal(tmp_path, forged) == "SEAL_NOT_OF_CHECKPOINT"


def test_the_record_of_another_event(tmp_path: Path) -> None:
    forged = with_files(BUNDLE, {"events/0004.ers": FILES["events/0003.ers"]})

    assert refusal(tmp_path, forged) == "RECORD_OF_OTHER_DATA"


def test_the_record_of_another_seal(tmp_path: Path) -> None:
    forged = with_files(BUNDLE, {"events/0005.ers": FILES["events/0001.ers"]})

    assert refusal(tmp_path, forged) == "RECORD_TOKEN_NOT_OF_SEAL"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda tree: (*tree[:-1], (bytes(32),)), "RECORD_NOT_OF_SEAL"),
        (lambda tree: (tree[0], (bytes(32),), *tree[1:]), "EVENT_NOT_OF_BATCH"),
        (lambda tree: tree[:-1], "EVENT_NOT_OF_BATCH"),
        (lambda tree: (), "RECORD_MALFORMED"),
    ],
)
def test_a_record_with_another_tree(change: object, code: str, tmp_path: Path) -> None:
    record = ers.read_record(FILES["events/0003.ers"])
    forged = ers.evidence_record(record.token, change(record.hashtree))  # type: ignore[operator]  # a function each

    assert refusal(tmp_path, with_files(BUNDLE, {"events/0003.ers": forged})) == code


def test_a_renewed_record(tmp_path: Path) -> None:
    der = FILES["events/0003.ers"]
    record = ers.read_record(der)
    assert ers.evidence_record(record.token, record.hashtree) == der
    chain = der[der.index(b"\xa0\x0b") - 8 :]
    chain = chain[chain.index(b"\x30\x82") :]
    algorithms = sequence(bytes.fromhex("300b0609608648016503040201"))
    twice = sequence(b"\x02\x01\x01", algorithms, tlv(0x30, chain, chain))

    assert refusal(tmp_path, with_files(BUNDLE, {"events/0003.ers": twice})) == "RECORD_RENEWED"


def test_a_record_whose_hash_is_another_kind_of_element(tmp_path: Path) -> None:
    leaf = b"\x20" + sha256(FILES["events/0003.leaf"]).digest()
    der = FILES["events/0003.ers"]
    assert der.count(b"\x04" + leaf) == 1
    forged = with_files(BUNDLE, {"events/0003.ers": der.replace(b"\x04" + leaf, b"\x0c" + leaf)})

    assert refusal(tmp_path, forged) == "RECORD_MALFORMED"


def test_a_record_with_three_hashes_in_its_first_list(tmp_path: Path) -> None:
    record = ers.read_record(FILES["events/0003.ers"])
    (low, high), *others = record.hashtree
    hashes = [(low, high, b"\xff" * 32), *others]
    lists = [sequence(*map(octets, some)) for some in hashes]
    algorithm = bytes.fromhex("0609608648016503040201")
    stamp = sequence(tlv(0xA0, algorithm), tlv(0xA2, *lists), record.token)
    algorithms = sequence(sequence(algorithm))
    forged = sequence(b"\x02\x01\x01", algorithms, sequence(sequence(stamp)))

    assert refusal(tmp_path, with_files(BUNDLE, {"events/0003.ers": forged})) == "RECORD_MALFORMED"


def test_an_event_of_an_earlier_batch_under_a_later_seal(tmp_path: Path) -> None:
    world, index = STORY.world, STORY.consents[0]
    seal = world.seals[1]
    siblings = [bytes(32)] * 3 + [sha256(seal.checkpoint).digest()]
    tree = ers.reduced_hashtree(world.events[index].leaf_hash, siblings)
    moved = replace(
        WHOLE.events[1],
        seal_size=seal.size,
        path=inclusion_path(index, seal.size, world.node),
        record=ers.evidence_record(seal.tokens[0], tree),
    )
    events = [WHOLE.events[0], moved, *WHOLE.events[2:]]

    assert refusal(tmp_path, replace(WHOLE, events=events)) == "EVENT_NOT_OF_BATCH"


def test_a_record_whose_bytes_end_too_soon_or_too_late(tmp_path: Path) -> None:
    der = FILES["events/0003.ers"]

    for bad in (der[:-1], der + b"\x00", b"", b"0"):
        forged = with_files(BUNDLE, {"events/0003.ers": bad})
        assert refusal(tmp_path, forged) == "RECORD_MALFORMED"
