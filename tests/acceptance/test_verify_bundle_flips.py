"""Single bits flipped anywhere in a bundle: never a crash, and accepted only where it says nothing.

Files are flipped with a manifest made to fit, as a forger would; the zip is flipped as it is. What
may be accepted, and why:

- `OKU-BENI.txt`, `RAPOR.*`, `verify_bundle.py`, `ekler/`, `trust/`: for people, no claim rests on
  them, and the verifier says so;
- in `manifest.json`: the words that nobody checks (`made_at`, `origin`, `question.at`);
- in the zip itself: what is about the packing (times, attributes), where all files come out alike;
- in a token that stands for the lower bound only: the name of the signature's algorithm, which CMS
  leaves unsigned and openssl takes from certificate and digest instead. In other tokens it may not:
  they must be those of the evidence records, byte for byte.
"""

import random
import re
from pathlib import Path

import pytest

from ledger.evidence.verify_bundle import TEXTS, Check, Refused
from tests.bundle_builder import AT, a_bundle, a_story, a_trust_folder, unzipped, with_files, zipped

STORY = a_story()
BUNDLE = zipped(a_bundle(STORY))
FILES = unzipped(BUNDLE)
FOR_PEOPLE = re.compile(r"OKU-BENI\.txt|RAPOR\..*|verify_bundle\.py|(ekler|trust)/.*")
UNCHECKED = re.compile(rb'"(made_at|origin)":"[^"]*"')
ECDSA_WITH_SHA_256 = bytes.fromhex("300a06082a8648ce3d040302")
KNOWN: dict[object, bool] = {}


class Flips:
    """Tries bundles in one folder."""

    def __init__(self, folder: Path) -> None:
        self.trust = a_trust_folder(folder / "trust", vkeys=[STORY.world.vkey])
        self.file = folder / "bundle.zip"
        self.accepted: list[str] = []

    def try_file(self, name: str, bit: int) -> None:
        """One bit of one file, in a bundle packed anew."""
        content = flipped(FILES[name], bit)
        if not self.is_refused(with_files(BUNDLE, {name: content})) and not is_harmless(
            name, content
        ):
            self.accepted.append(f"{name} bit {bit}")

    def try_zip(self, bit: int) -> None:
        """One bit of the bundle's bytes."""
        changed = flipped(BUNDLE, bit)
        if not self.is_refused(changed) and unzipped(changed) != FILES:
            self.accepted.append(f"zip bit {bit}")

    def is_refused(self, bundle: bytes) -> bool:
        """Raises what is no refusal."""
        self.file.write_bytes(bundle)
        try:
            Check(self.file, self.trust, at=AT, known=KNOWN).run()
        except Refused as refused:
            assert str(refused) in TEXTS
            return True
        return False


def flipped(content: bytes, bit: int) -> bytes:
    return content[: bit // 8] + bytes([content[bit // 8] ^ 1 << bit % 8]) + content[bit // 8 + 1 :]


def is_harmless(name: str, content: bytes) -> bool:
    if name == "manifest.json":
        return UNCHECKED.sub(b"", content) == UNCHECKED.sub(b"", FILES[name])
    if name.endswith("previous/token-1.tst"):
        at = FILES[name].rindex(ECDSA_WITH_SHA_256)
        end = at + len(ECDSA_WITH_SHA_256)
        return content[:at] + content[end:] == FILES[name][:at] + FILES[name][end:]
    return bool(FOR_PEOPLE.fullmatch(name))


def flip(folder: Path, count: int, seed: int) -> list[str]:
    """Try some bits of files, each file as often, and some of the zip; what should be refused."""
    chance, flips = random.Random(seed), Flips(folder)
    names = [name for name in FILES if not FOR_PEOPLE.fullmatch(name)]
    for number in range(count):
        name = names[number % len(names)]
        flips.try_file(name, chance.randrange(8 * len(FILES[name])))
        if number % 4 == 0:
            flips.try_zip(chance.randrange(8 * len(BUNDLE)))
    return flips.accepted


def test_no_flipped_bit_is_accepted_that_says_anything(tmp_path: Path) -> None:
    assert flip(tmp_path, 240, seed=1) == []


@pytest.mark.soak
def test_ten_thousand_flipped_bits(tmp_path: Path) -> None:
    assert flip(tmp_path, 8_000, seed=2) == []


def test_what_is_for_people_may_be_flipped(tmp_path: Path) -> None:
    flips = Flips(tmp_path)
    for name in FILES:
        if FOR_PEOPLE.fullmatch(name):
            assert not flips.is_refused(with_files(BUNDLE, {name: flipped(FILES[name], 77)}))
