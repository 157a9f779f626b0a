"""What an evidence bundle is made of, and the files that come of it (decision 0012); pure.

Nothing is proven here: what the parts claim is for `verify_bundle.py` to check, which knows only
the files.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from ledger.clock import utc_text
from ledger.errors import LedgerError
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.heads import ShownHead
from ledger.evidence.note import encode_base64
from ledger.evidence.tlog_proof import TlogProof

FORMAT: Final = "izin-defteri/bundle/1"
EVENTS_MAX: Final = 9_999
NUMBERED_MAX: Final = 9
"""Tokens, certificates or revocation lists of one seal."""
_NAME: Final = re.compile(
    r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,2}"
)


class BundleRefused(LedgerError):
    """The parts make no bundle: too many of them, a name it has no place for, a seal missing."""

    turkish_kind = "Delil paketi yapılamadı"


@dataclass(frozen=True, slots=True)
class Opened:
    """A salted group that is shown: its salt (32 bytes) and the value it binds."""

    salt: bytes = field(repr=False)
    value: object = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPart:
    """An event, its place in the log (`index` from 0), the way to the checkpoint of the seal that
    covers it, its evidence record, and the groups that are opened."""

    state: bytes = field(repr=False)
    seal_size: int
    index: int
    path: Sequence[bytes] = field(repr=False)
    record: bytes = field(repr=False)
    disclosure: Mapping[str, Opened] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousSeal:
    """The seal before: no event of the batch was there yet. `consistency`: from its tree on."""

    checkpoint: bytes = field(repr=False)
    seal_bin: bytes = field(repr=False)
    tokens: Sequence[bytes] = field(repr=False)
    consistency: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPart:
    """A seal: the stamped bytes (text, empty line, the log's own line), what the tokens cover, and
    the tokens. `cosignatures`: the witnesses' lines. `chain`, `crls`: DER, for information."""

    size: int
    checkpoint: bytes = field(repr=False)
    seal_bin: bytes = field(repr=False)
    tokens: Sequence[bytes] = field(repr=False)
    cosignatures: bytes = b""
    chain: Sequence[bytes] = field(default=(), repr=False)
    crls: Sequence[bytes] = field(default=(), repr=False)
    previous: PreviousSeal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadsPart:
    """A `ledger.heads` event, and of its map the entry of each stream with both neighbours."""

    event: EventPart
    entries: Sequence[ShownHead]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPart:
    """One line of a run of may-I-send (consent.md C6), whose `decision.made` is event `event` of
    the bundle, counted from 1. `size`: how many lines the run had. `salt`: 16 bytes."""

    event: int
    index: int
    size: int
    salt: bytes = field(repr=False)
    address: str = field(repr=False)
    verdict: str
    reason: str | None
    path: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file for people: `name` in ASCII, without an address."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked about one person: a brand's consents, perhaps at an instant."""

    brand: int
    channel: str | None = None
    recipient_type: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Events in the log's order; every consent stream from its first event on, whole.

    Without `question` it is a part of an export and may hold many people. `report_html` and
    `report_pdf` are left out where they are None.
    """

    origin: str
    made_at: datetime
    question: Question | None
    events: Sequence[EventPart]
    seals: Sequence[SealPart]
    heads: HeadsPart | None = None
    decisions: Sequence[DecisionPart] = ()
    trust: Sequence[Attachment] = ()
    attachments: Sequence[Attachment] = ()
    report_html: bytes | None = field(default=None, repr=False)
    report_pdf: bytes | None = field(default=None, repr=False)


def evidence_files(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file but the report and those that are about the bundle itself.

    Raises BundleRefused; ProofRefused for a proof that could not be read again.
    """
    if not 1 <= len(bundle.events) <= EVENTS_MAX:
        count = len(bundle.events)
        raise BundleRefused(
            f"{count} events, 1 to {EVENTS_MAX} fit", f"{count} olay, 1–{EVENTS_MAX} sığar"
        )
    seals = {seal.size: seal for seal in bundle.seals}
    for number, event in enumerate(bundle.events, 1):
        yield from _event_files(f"events/{number:04}", event, seals)
    for size in sorted(seals):
        yield from _seal_files(seals[size])
    if bundle.heads:
        yield from _event_files("heads/heads", bundle.heads.event, seals)
        yield "heads/entries.json", _json({"entries": [*map(_entry, bundle.heads.entries)]})
    for number, line in enumerate(bundle.decisions, 1):
        yield f"decisions/{number:04}.line.json", _json(_decision(line))
    yield from _attached("trust", bundle.trust)
    yield from _attached("ekler", bundle.attachments)


def manifest(bundle: Bundle, digests: Mapping[str, tuple[int, str]]) -> bytes:
    """`manifest.json`; `digests`: size and SHA-256 (hex) by file name, in the order of the zip."""
    asked = bundle.question
    question = {
        name: value
        for name in ("brand", "channel", "recipient_type", "at")
        if asked and (value := getattr(asked, name)) is not None
    }
    return _json(
        {
            "files": [
                {"name": name, "size": size, "sha256": digest}
                for name, (size, digest) in digests.items()
            ],
            "format": FORMAT,
            "made_at": utc_text(bundle.made_at),
            "origin": bundle.origin,
            "question": question if asked else None,
        }
    )


def _attached(folder: str, attachments: Sequence[Attachment]) -> Iterator[tuple[str, bytes]]:
    names = {one.name for one in attachments}
    if len(names) < len(attachments):
        raise BundleRefused(
            f"a file of {folder} is there twice", f"{folder} içinde bir dosya iki kez var"
        )
    if not all(map(_NAME.fullmatch, names)):  # the name itself may hold anything
        raise BundleRefused(
            f"a file of {folder} has a name there is no place for",
            f"{folder} içindeki bir dosyanın adına yer yok",
        )
    for one in sorted(attachments, key=lambda one: one.name):
        yield f"{folder}/{one.name}", one.content


def _event_files(
    name: str, event: EventPart, seals: Mapping[int, SealPart]
) -> Iterator[tuple[str, bytes]]:
    seal = seals.get(event.seal_size)
    if seal is None:
        size = event.seal_size
        raise BundleRefused(f"the seal of size {size} is missing", f"{size} boyundaki mühür yok")
    checkpoint = SignedCheckpoint.parse(seal.checkpoint + seal.cosignatures)
    yield f"{name}.leaf", b"\x00" + event.state
    yield f"{name}.tlog-proof", TlogProof(event.index, tuple(event.path), checkpoint).encode()
    yield f"{name}.ers", event.record
    if event.disclosure:
        groups = {
            group: {"salt": opened.salt.hex(), "value": opened.value}
            for group, opened in event.disclosure.items()
        }
        yield f"{name}.disclosure.json", _json(groups)


def _seal_files(seal: SealPart) -> Iterator[tuple[str, bytes]]:
    folder, previous = f"seals/{seal.size}", seal.previous
    yield f"{folder}/checkpoint", seal.checkpoint
    yield f"{folder}/seal.bin", seal.seal_bin
    yield from _numbered(f"{folder}/token-", seal.tokens, ".tst")
    yield from _numbered(f"{folder}/chain-", seal.chain, ".der")
    yield from _numbered(f"{folder}/crl-", seal.crls, ".der")
    if previous:
        yield f"{folder}/previous/checkpoint", previous.checkpoint
        yield f"{folder}/previous/seal.bin", previous.seal_bin
        yield from _numbered(f"{folder}/previous/token-", previous.tokens, ".tst")
        lines = "".join(f"{encode_base64(one)}\n" for one in previous.consistency)
        yield f"{folder}/previous/consistency", lines.encode()


def _numbered(start: str, contents: Sequence[bytes], end: str) -> Iterator[tuple[str, bytes]]:
    if len(contents) > NUMBERED_MAX:
        count = len(contents)
        raise BundleRefused(
            f"{count} files {start}…, at most {NUMBERED_MAX} fit",
            f"{count} dosya {start}…, en çok {NUMBERED_MAX} sığar",
        )
    for number, content in enumerate(contents, 1):
        yield f"{start}{number}{end}", content


def _entry(shown: ShownHead) -> dict[str, object]:
    stream, seq, leaf = shown.head
    path = [one.hex() for one in shown.path]
    return {
        "index": shown.index,
        "stream": str(stream),
        "seq": seq,
        "leaf": leaf.hex(),
        "path": path,
    }


def _decision(shown: DecisionPart) -> dict[str, object]:
    line = {
        "salt": shown.salt.hex(),
        "address": shown.address,
        "verdict": shown.verdict,
        "reason": shown.reason,
    }
    return {
        "event": f"{shown.event:04}",
        "index": shown.index,
        "size": shown.size,
        "line": line,
        "path": [one.hex() for one in shown.path],
    }


def _json(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")
