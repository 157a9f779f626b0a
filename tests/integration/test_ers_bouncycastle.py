"""Evidence records judged by BouncyCastle and openssl: code that nobody here wrote."""

import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.evidence.ers import (
    RecordRefused,
    batch_path,
    batch_root,
    check_record,
    evidence_record,
    read_record,
    reduced_hashtree,
    seal_bytes,
    seal_imprint,
)
from ledger.evidence.merkle import leaf_hash

CHECKPOINT = b"izin-defteri/123456/0123456789abcdef\n1000\nAAAA\n\n\xe2\x80\x94 signed\n"
PROGRAM = Path(__file__).parent.parent / "java" / "CheckEvidenceRecords.java"
JARS = [Path("/usr/share/java") / name for name in ("bcpkix.jar", "bcprov.jar", "bcutil.jar")]
NEEDED = "Debian's default-jdk-headless and libbcpkix-java"
DIGEST_ALGORITHM = bytes.fromhex("a00b0609608648016503040201")  # of the time stamp

TSA_CONFIGURATION = """
[tsa]
default_tsa = test_tsa
[test_tsa]
serial = serial
signer_digest = sha256
digests = sha256
default_policy = 1.3.6.1.4.1.55555.1
accuracy = secs:1
ess_cert_id_alg = sha256
"""

Question = tuple[bytes, bytes]  # a record, and the data object that it should prove
Ask = Callable[[Sequence[Question]], list[str]]


@dataclass(frozen=True, slots=True)
class Tsa:
    """A TSA of openssl's own, with a certificate that says what it is."""

    folder: Path

    @classmethod
    def in_folder(cls, folder: Path) -> "Tsa":
        (folder / "tsa.cnf").write_text(TSA_CONFIGURATION, encoding="ascii")
        (folder / "serial").write_text("01\n", encoding="ascii")
        tsa = cls(folder)
        options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -sha256"
        usages = ("keyUsage=critical,digitalSignature", "extendedKeyUsage=critical,timeStamping")
        extensions = [word for usage in usages for word in ("-addext", usage)]
        subject = ["-subj", "/CN=TEST, no legal value"]
        tsa.openssl(
            *options.split(), *extensions, *subject, "-keyout", "key.pem", "-out", "tsa.pem"
        )
        tsa.openssl("x509", "-in", "tsa.pem", "-outform", "DER", "-out", "tsa.der")
        return tsa

    def openssl(self, *arguments: str) -> str:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def token(self, imprint: bytes) -> bytes:
        query = f"ts -query -digest {imprint.hex()} -sha256 -cert -out query.tsq"
        self.openssl(*query.split())
        reply = "ts -reply -config tsa.cnf -queryfile query.tsq -signer tsa.pem -inkey key.pem"
        self.openssl(*reply.split(), "-token_out", "-out", "token.tst")
        return (self.folder / "token.tst").read_bytes()

    def verify(self, token: bytes, covered: bytes) -> str:
        (self.folder / "seal.tst").write_bytes(token)
        (self.folder / "seal.bin").write_bytes(covered)
        command = "ts -verify -data seal.bin -token_in -in seal.tst -CAfile tsa.pem"
        return self.openssl(*command.split())


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """Made-up events, the token over all of them, and the record of any."""

    events: list[bytes]  # leaf inputs
    token: bytes

    @property
    def leaves(self) -> list[bytes]:
        return [sha256(event).digest() for event in self.events]

    @property
    def root(self) -> bytes:
        return batch_root(self.leaves)

    def record(self, index: int) -> bytes:
        siblings = [*batch_path(self.leaves, index), sha256(CHECKPOINT).digest()]
        return evidence_record(self.token, reduced_hashtree(self.leaves[index], siblings))


def seal(tsa: Tsa, size: int) -> SealedBatch:
    states = [b'{"seq":%d}' % number for number in range(size)]
    root = batch_root([leaf_hash(state) for state in states])
    token = tsa.token(seal_imprint(CHECKPOINT, root))
    return SealedBatch([b"\x00" + state for state in states], token)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return Tsa.in_folder(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def batch(tsa: Tsa) -> SealedBatch:
    return seal(tsa, 1000)


@pytest.fixture(scope="module")
def ask(tsa: Tsa, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Gives BouncyCastle's verdicts on records and data objects, in their order."""
    missing = [str(jar) for jar in JARS if not jar.exists()]
    missing += [name for name in ("java", "javac") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)}: BouncyCastle was NOT asked; install {NEEDED}")
    classes = tmp_path_factory.mktemp("classes")
    path = ":".join(map(str, [*JARS, classes]))
    compiled = subprocess.run(
        ["javac", "-cp", path, "-d", str(classes), str(PROGRAM)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert compiled.returncode == 0, compiled.stderr

    def verdicts(questions: Sequence[Question]) -> list[str]:
        lines = [" ".join(b64encode(part).decode() for part in one) for one in questions]
        answer = subprocess.run(
            ["java", "-cp", path, PROGRAM.stem, str(tsa.folder / "tsa.der")],
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert answer.returncode == 0, answer.stderr
        found = answer.stdout.splitlines()
        assert len(found) == len(questions)
        return found

    return verdicts


def test_openssl_verifies_the_token_over_what_a_seal_covers(tsa: Tsa, batch: SealedBatch) -> None:
    heartbeat = tsa.token(seal_imprint(CHECKPOINT, None))

    assert "Verification: OK" in tsa.verify(batch.token, seal_bytes(CHECKPOINT, batch.root))
    assert "Verification: OK" in tsa.verify(heartbeat, CHECKPOINT)


def test_every_event_of_a_batch_is_accepted_with_its_record(ask: Ask, batch: SealedBatch) -> None:
    questions = [(batch.record(index), batch.events[index]) for index in range(0, 1000, 37)]
    questions += [(batch.record(index), batch.events[index]) for index in (1, 998, 999)]

    assert set(ask(questions)) == {"accepted"}


def test_small_and_odd_batches_are_accepted(ask: Ask, tsa: Tsa) -> None:
    batches = [seal(tsa, size) for size in (1, 2, 3, 5, 8)]

    verdicts = ask(
        [(one.record(at), event) for one in batches for at, event in enumerate(one.events)]
    )

    assert verdicts == ["accepted"] * 19


def test_checkpoints_are_accepted_with_and_without_a_batch(
    ask: Ask, tsa: Tsa, batch: SealedBatch
) -> None:
    checkpoint_hash = sha256(CHECKPOINT).digest()
    beside = evidence_record(batch.token, reduced_hashtree(checkpoint_hash, [batch.root]))
    alone = evidence_record(tsa.token(checkpoint_hash), reduced_hashtree(checkpoint_hash, []))

    assert ask([(beside, CHECKPOINT), (alone, CHECKPOINT)]) == ["accepted", "accepted"]


def test_equal_events_are_accepted(ask: Ask, tsa: Tsa) -> None:
    event = b'\x00{"seq":0}'
    leaf = sha256(event).digest()
    token = tsa.token(batch_root([leaf, leaf]))

    record = evidence_record(token, reduced_hashtree(leaf, batch_path([leaf, leaf], 0)))

    assert ask([(record, event)]) == ["accepted"]


def test_another_event_is_refused_by_both(ask: Ask, batch: SealedBatch) -> None:
    record = batch.record(500)
    others = [*batch.events[:500:61], *batch.events[502::61], batch.events[500] + b" ", b""]

    verdicts = ask([(record, other) for other in others])

    assert set(verdicts) == {"refused ArchiveTimeStampValidationException"}
    for other in others:
        with pytest.raises(RecordRefused):
            check_record(read_record(record), sha256(other).digest())


def test_a_token_over_another_batch_is_refused(ask: Ask, tsa: Tsa, batch: SealedBatch) -> None:
    other = seal(tsa, 999)
    mixed = SealedBatch(batch.events, other.token)

    verdicts = ask([(mixed.record(0), mixed.events[0]), (other.record(0), other.events[0])])

    assert verdicts == ["refused ArchiveTimeStampValidationException", "accepted"]


def test_a_forged_signature_is_refused(ask: Ask, batch: SealedBatch) -> None:
    forged = SealedBatch(batch.events, batch.token[:-1] + bytes([batch.token[-1] ^ 1]))

    (verdict,) = ask([(forged.record(0), forged.events[0])])

    assert verdict.startswith("refused")


def test_a_changed_bit_around_the_token_is_refused_by_both(ask: Ask, batch: SealedBatch) -> None:
    record, event = batch.record(7), batch.events[7]
    imprint = seal_imprint(CHECKPOINT, batch.root)
    before_token = len(record) - len(batch.token)
    before_tree = record.index(DIGEST_ALGORITHM) + len(DIGEST_ALGORITHM)
    changed = [
        (at, record[:at] + bytes([record[at] ^ 1 << bit]) + record[at + 1 :])
        for at in range(before_token)
        for bit in range(8)
    ]

    verdicts = ask([(one, event) for _, one in changed])

    # BouncyCastle does not look at what the record says of its algorithms before the hash tree.
    for (at, one), verdict in zip(changed, verdicts, strict=True):
        assert verdict != "accepted" or at < before_tree
        with suppress(RecordRefused):
            assert check_record(read_record(one), sha256(event).digest()) != imprint
