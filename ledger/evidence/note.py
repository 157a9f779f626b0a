"""The parts of a signed note (c2sp.org/signed-note): verifier keys and signature lines.

Pure. Two kinds of Ed25519 signature are known here: of a log over the text, and of a witness over
the text and its time (c2sp.org/tlog-cosignature). Lines of other kinds are kept as they are.
"""

import base64
import re
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.evidence.refusals import ProofRefused, Step

KEY_ID_BYTES: Final = 4
PUBLIC_KEY_BYTES: Final = 32

_DASH: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_NAME: Final = re.compile(r"[^\s+\x00-\x1f\ud800-\udfff]+")
_VKEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")


class SignatureType(IntEnum):
    """The byte that tells what a key signs."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who signs what: a name, the kind of signature, an Ed25519 public key of 32 bytes.

    Raises ProofRefused: the name or the key has another form.
    """

    name: str
    signature_type: SignatureType
    public_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public_key) != PUBLIC_KEY_BYTES:
            raise ProofRefused(Step.VERIFIER_KEY, f"{len(self.public_key)} B")

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """The key written `name+<8 hex digits>+<base64>`.

        Raises ProofRefused: another spelling, a kind unknown here, an id that is not the key's.
        """
        found = _VKEY.fullmatch(vkey)
        typed = decode_base64(found[3], Step.VERIFIER_KEY) if found else b""
        if not found or typed[0] not in tuple(SignatureType):
            raise ProofRefused(Step.VERIFIER_KEY)
        key = cls(found[1], SignatureType(typed[0]), typed[1:])
        if key.key_id.hex() != found[2]:
            raise ProofRefused(Step.VERIFIER_KEY, found[2])
        return key

    @property
    def vkey(self) -> str:
        """The key as text, as it is handed to others."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(self._typed)}"

    @property
    def key_id(self) -> bytes:
        """4 bytes that tell the signer's keys apart; no more than a hint."""
        return sha256(self.name.encode() + b"\n" + self._typed).digest()[:KEY_ID_BYTES]

    @property
    def _typed(self) -> bytes:
        return bytes([self.signature_type]) + self.public_key

    def check(self, message: bytes, signature: bytes) -> None:
        """Whether `signature`, 64 bytes, is the key's. Raises ProofRefused."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise ProofRefused(Step.SIGNATURE, self.key_id.hex()) from error


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A line under the text. `signature` is what follows the key's id, 1 byte or more."""

    name: str
    key_id: bytes
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, line: str) -> "SignatureLine":
        """The line without its newline. Raises ProofRefused."""
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not space:
            raise ProofRefused(Step.SIGNATURE_LINE)
        check_name(name)
        value = decode_base64(encoded, Step.SIGNATURE_LINE)
        if len(value) <= KEY_ID_BYTES:
            raise ProofRefused(Step.SIGNATURE_LINE, f"{len(value)} B")
        return cls(name, value[:KEY_ID_BYTES], value[KEY_ID_BYTES:])

    @property
    def text(self) -> str:
        """The line as it stands in the note, with its newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n"


def note_lines(note: bytes) -> list[str]:
    """The lines of UTF-8 text that ends in a newline, without their newlines.

    Raises ProofRefused: control characters, another encoding, an unfinished line.
    """
    if not note.endswith(b"\n") or _CONTROL.search(note):
        raise ProofRefused(Step.NOTE)
    try:
        return note.decode("utf-8").split("\n")[:-1]
    except UnicodeDecodeError as error:
        raise ProofRefused(Step.NOTE, f"{error.start}") from error


def check_name(name: str) -> None:
    """Whether it can be the name of a key or log: no spaces, no plus. Raises ProofRefused."""
    if not _NAME.fullmatch(name):
        raise ProofRefused(Step.KEY_NAME)


def encode_base64(value: bytes) -> str:
    """RFC 4648 §4, padded."""
    return base64.b64encode(value).decode("ascii")


def decode_base64(text: str, step: Step) -> bytes:
    """The bytes whose one padded spelling this is. Raises ProofRefused of `step`: any other."""
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii.Error is one
        raise ProofRefused(step) from error
    if encode_base64(value) != text:
        raise ProofRefused(step)
    return value
