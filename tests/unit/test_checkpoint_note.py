"""Verifier keys and signature lines of c2sp.org/signed-note, strictly one spelling each."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.note import SignatureLine, SignatureType, VerifierKey
from ledger.evidence.refusals import ProofRefused, Step

KEY = Ed25519PrivateKey.from_private_bytes(b"made up".ljust(32, b"."))
PUBLIC_KEY = KEY.public_key().public_bytes_raw()
LOG = VerifierKey("log.example/a", SignatureType.NOTE, PUBLIC_KEY)

# The example that the format's own description prints.
PRINTED_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
PRINTED_LINE = (
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZ"
    "XsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
)
PRINTED_TEXT = b"This is an example message.\n"


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def test_the_printed_example_verifies() -> None:
    key, line = VerifierKey.parse(PRINTED_VKEY), SignatureLine.parse(PRINTED_LINE)

    assert (key.name, key.key_id.hex()) == ("example.com/foo", "530d903a")
    assert (line.name, line.key_id) == (key.name, key.key_id)
    assert (key.vkey, line.text) == (PRINTED_VKEY, PRINTED_LINE + "\n")
    key.check(PRINTED_TEXT, line.signature)


def test_another_text_another_key_or_another_signature_does_not_verify() -> None:
    key, line = VerifierKey.parse(PRINTED_VKEY), SignatureLine.parse(PRINTED_LINE)
    flipped = bytes([line.signature[0] ^ 1]) + line.signature[1:]
    for signer, text, signature in (
        (key, PRINTED_TEXT + b"\n", line.signature),
        (LOG, PRINTED_TEXT, line.signature),
        (key, PRINTED_TEXT, flipped),
        (key, PRINTED_TEXT, line.signature[:-1]),
        (key, PRINTED_TEXT, line.signature + b"\x00"),
        (key, PRINTED_TEXT, b""),
        (VerifierKey("x", SignatureType.NOTE, b"\xff" * 32), PRINTED_TEXT, line.signature),
    ):
        with pytest.raises(ProofRefused) as refused:
            signer.check(text, signature)
        assert refused.value.step is Step.SIGNATURE


@pytest.mark.parametrize("signature_type", SignatureType)
@pytest.mark.parametrize("name", ["izin-defteri/123456/0123456789abcdef", "tanık.örnek/1", "w"])
def test_a_key_read_is_the_key_written(name: str, signature_type: SignatureType) -> None:
    key = VerifierKey(name, signature_type, PUBLIC_KEY)

    assert VerifierKey.parse(key.vkey) == key


def test_one_key_has_another_id_under_another_name_and_for_another_use() -> None:
    ids = {
        VerifierKey(name, use, PUBLIC_KEY).key_id for name in ("a", "b") for use in SignatureType
    }

    assert len(ids) == 4


TYPED = b"\x01" + PUBLIC_KEY
ID = LOG.key_id.hex()


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "+",
        "++",
        f"log.example/a+{ID}",
        f"log.example/b+{ID}+{b64(TYPED)}",
        f"log.example/a+{ID.upper()}+{b64(TYPED)}",
        f"log.example/a+{int(ID, 16) ^ 1:08x}+{b64(TYPED)}",
        f"log.example/a+0{ID}+{b64(TYPED)}",
        f"log.example/a+{ID}+{b64(TYPED)}\n",
        f"log.example/a+{ID}+{b64(TYPED)}=",
        f"log.example/a+{ID}+{b64(TYPED[:-1])}",
        f"log.example/a+{ID}+{b64(TYPED + b'.')}",
        f"log.example/a+{ID}+{b64(TYPED)}+",
        f" log.example/a+{ID}+{b64(TYPED)}",
    ],
)
def test_a_verifier_key_with_another_spelling_is_refused(vkey: str) -> None:
    assert VerifierKey.parse(f"log.example/a+{ID}+{b64(TYPED)}") == LOG

    with pytest.raises(ProofRefused) as refused:
        VerifierKey.parse(vkey)

    assert refused.value.step in (Step.VERIFIER_KEY, Step.KEY_NAME)


@pytest.mark.parametrize("number", [0x00, 0x02, 0x05, 0x06, 0xFF])
def test_a_key_of_another_kind_is_refused(number: int) -> None:
    with pytest.raises(ProofRefused, match="not a verifier key"):
        VerifierKey.parse(f"log.example/a+{ID}+{b64(bytes([number]) + PUBLIC_KEY)}")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_public_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ProofRefused) as refused:
        VerifierKey("a", SignatureType.NOTE, bytes(length))

    assert refused.value.step is Step.VERIFIER_KEY


@pytest.mark.parametrize(
    "name",
    ["", " ", "a b", "a+b", "a\n", "a\tb", "a\x00", "a\x1f", "a\u00a0b", "a\u2028", "\ud800"],
)
def test_a_name_has_no_spaces_no_plus_and_no_control_characters(name: str) -> None:
    with pytest.raises(ProofRefused) as refused:
        VerifierKey(name, SignatureType.NOTE, PUBLIC_KEY)

    assert refused.value.step is Step.KEY_NAME


@given(st.from_regex(r"[a-zğı./-]{1,20}", fullmatch=True), st.binary(min_size=5, max_size=90))
def test_a_line_read_is_the_line_written(name: str, value: bytes) -> None:
    line = SignatureLine(name, value[:4], value[4:])

    assert line.text == f"— {name} {b64(value)}\n"
    assert SignatureLine.parse(line.text.removesuffix("\n")) == line


@pytest.mark.parametrize(
    "line",
    [
        "",
        "—",
        "— ",
        "— a",
        "— a ",
        f"- a {b64(b'12345')}",
        f"—a {b64(b'12345')}",
        f" — a {b64(b'12345')}",
        f"—  a {b64(b'12345')}",
        f"—  {b64(b'12345')}",
        f"— a  {b64(b'12345')}",
        f"— a {b64(b'12345')} ",
        f"— a b {b64(b'12345')}",
        f"— a+b {b64(b'12345')}",
        f"— a {b64(b'1234')}",
        f"— a {b64(b'12345')[:-1]}",
        f"— a {b64(b'12345')}\n",
        "— a MTIzNDV=",
        "— a MTIz\nNDU=",
        "— a MTIz-_U=",
        "— a MTIzNDı=",
    ],
)
def test_a_line_with_another_spelling_is_refused(line: str) -> None:
    assert SignatureLine.parse(f"— a {b64(b'12345')}").signature == b"5"

    with pytest.raises(ProofRefused) as refused:
        SignatureLine.parse(line)

    assert refused.value.step in (Step.SIGNATURE_LINE, Step.KEY_NAME)


@given(st.text(st.characters() | st.sampled_from("+— \ud800="), max_size=60))
def test_whatever_stands_there_is_read_as_written_or_refused_by_name(text: str) -> None:
    for candidate in (text, f"— {text}", f"— a {text}", f"{text}+{ID}+{b64(TYPED)}"):
        with pytest.raises(ProofRefused):
            VerifierKey.parse(candidate)
        try:
            assert SignatureLine.parse(candidate).text == candidate + "\n"
        except ProofRefused as refused:
            assert refused.step in (Step.SIGNATURE_LINE, Step.KEY_NAME)
