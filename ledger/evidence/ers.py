"""Evidence records (RFC 4998): one time stamp over a batch of events proves each of them alone.

Pure. The data object of a record is the RFC 9162 leaf input `0x00 ‖ state`, so its hash is the leaf
hash that the log has already. A node above is `SHA-256(a ‖ b)`, the lesser value first; the odd
last node of a level is carried up. The batch's root and the hash of the checkpoint are the last
pair: the token covers the log and each event of the batch.

RFC 4998 does not tell a leaf from an inner node, and a record proves the neighbour in its first
list too. Who checks one must still see that the data is 0x00 and a canonical event.

A record may be renewed by further time stamps; here it has one, and more are refused by name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from itertools import islice
from typing import Final

from ledger.errors import LedgerError
from ledger.evidence.der import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Element,
    NotDer,
    Reader,
    context,
    encode,
    encode_integer,
    encode_oid,
    only,
)
from ledger.evidence.merkle import HASH_BYTES

CHUNK_LEAVES: Final = 4096
"""A power of two, so that a chunk is a whole subtree. A batch of 16 M has as many chunks as a chunk
has leaves: neither half of a path is long work."""

TOKEN_BYTES_MAX: Final = 64 * 1024
LISTS_MAX: Final = 64
RECORD_BYTES_MAX: Final = TOKEN_BYTES_MAX + 4 * 1024  # 64 lists of 36 bytes, and what is around

Hashtree = tuple[tuple[bytes, ...], ...]
"""A reduced hash tree: two hashes, ascending, in the first list and one in each that follows.
Empty where the token covers the hash of the data object itself."""

_VERSION: Final = encode_integer(1)
_SHA_256: Final = encode_oid("2.16.840.1.101.3.4.2.1")  # no parameters: RFC 5754 §2
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"


class Step(Enum):
    """What a refusal is about, in English and in Turkish."""

    BATCH = ("not the leaf hashes of a batch", "bir grubun yaprak özetleri değil")
    SIZE = ("too long", "fazla uzun")
    STRUCTURE = ("not the DER of an evidence record", "delil kaydı DER'i değil")
    VERSION = ("the version is not 1", "sürümü 1 değil")
    RENEWAL = ("renewal is not supported yet", "yenileme henüz desteklenmiyor")
    ALGORITHM = ("the digest algorithm is not SHA-256", "özet algoritması SHA-256 değil")
    HASHTREE = ("not the reduced hash tree of pairs", "ikili özet ağacı değil")
    TOKEN = ("the time stamp is not CMS signed data", "zaman damgası CMS imzalı verisi değil")
    DATA = ("the record is another data object's", "kayıt başka bir verinin")


class RecordRefused(LedgerError):
    """An evidence record, or what one should be made of, is not sound; `step` says in what."""

    turkish_kind = "Delil kaydı kabul edilmedi"

    def __init__(self, step: Step, detail: str = "") -> None:
        english, turkish = (f"{words}: {detail}" if detail else words for words in step.value)
        super().__init__(english, turkish)
        self.step = step


def chunk_roots(leaves: Iterable[bytes]) -> Iterator[bytes]:
    """The roots of every `CHUNK_LEAVES` leaf hashes of a batch in turn, the last of fewer.

    They are a level of the batch's tree: `batch_root(roots)` is the batch's root, and a leaf's path
    is `batch_path(chunk, index % CHUNK_LEAVES) + batch_path(roots, index // CHUNK_LEAVES)`. Kept
    with the seal, 8 bytes per 1,000 events, they spare reading a large batch again.
    """
    return map(_root, _chunks(leaves))


def batch_root(leaves: Iterable[bytes]) -> bytes:
    """The root, 32 bytes, over a batch's leaf hashes in their order, read once, a chunk at a time.

    Raises RecordRefused: no leaves, or one that is not 32 bytes.
    """
    roots = list(chunk_roots(leaves))
    if not roots:
        raise RecordRefused(Step.BATCH, "0")
    return _root(roots)


def batch_path(leaves: Iterable[bytes], index: int) -> list[bytes]:
    """The siblings from the leaf at `index`, counted from 0 in the batch, up to the batch's root.

    Raises RecordRefused: no such leaf, or one that is not 32 bytes.
    """
    number, offset = divmod(index, CHUNK_LEAVES)
    path: list[bytes] | None = None
    roots: list[bytes] = []
    for chunk in _chunks(leaves):
        if len(roots) == number and offset < len(chunk):
            path = _siblings(chunk, offset)
        roots.append(_root(chunk))
    if path is None:
        raise RecordRefused(Step.BATCH, f"{index}")
    return path + _siblings(roots, number)


def seal_bytes(checkpoint: bytes, root: bytes | None) -> bytes:
    """What the token of a seal covers, `seal.bin`: SHA-256 of the checkpoint and the batch's root.

    64 bytes, the lesser value first. `checkpoint`: its text and the log's own signature line.
    Without new events (`root` None) there is no tree, hence no pair: the checkpoint itself is the
    data object and its record has no hash tree (RFC 4998 §4.2).
    """
    return checkpoint if root is None else b"".join(sorted((sha256(checkpoint).digest(), root)))


def seal_imprint(checkpoint: bytes, root: bytes | None) -> bytes:
    """The digest, 32 bytes, that is sent to the TSA: SHA-256 of `seal_bytes`."""
    return sha256(seal_bytes(checkpoint, root)).digest()


def reduced_hashtree(data_hash: bytes, siblings: Sequence[bytes]) -> Hashtree:
    """The lists of RFC 4998 §4.2 for a hash and its siblings up to what the token covers.

    For an event: its leaf hash, with its `batch_path` and then SHA-256 of the checkpoint.
    For the checkpoint: its SHA-256, with the batch's root; without new events, with nothing.
    """
    if not siblings:
        return ()
    return (tuple(sorted((data_hash, siblings[0]))), *((one,) for one in siblings[1:]))


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """A record of one time stamp, sound as far as bytes go; `read_record` makes it.

    `token`: the RFC 3161 token as the TSA gave it. That it covers what `check_record` returns, and
    who signed it when, is for the check of tokens.
    """

    hashtree: Hashtree
    token: bytes = field(repr=False)

    def __post_init__(self) -> None:
        lengths = [len(one) for one in self.hashtree]
        if len(lengths) > LISTS_MAX or lengths != [2, *[1] * (len(lengths) - 1)][: len(lengths)]:
            raise RecordRefused(Step.HASHTREE, f"{len(lengths)}")
        if any(len(value) != HASH_BYTES for one in self.hashtree for value in one):
            raise RecordRefused(Step.HASHTREE, f"≠ {HASH_BYTES} B")
        if any(sorted(one) != list(one) for one in self.hashtree):
            raise RecordRefused(Step.HASHTREE, "a > b")
        _check_token(self.token)


def evidence_record(token: bytes, hashtree: Hashtree) -> bytes:
    """The DER of an EvidenceRecord, version 1 (RFC 4998 §3.1): one chain of one ArchiveTimeStamp.

    `token`: the CMS ContentInfo exactly as it came. `hashtree`: from `reduced_hashtree`.
    Raises RecordRefused: the token is no signed data or too long, the tree not one of pairs.
    """
    record = EvidenceRecord(hashtree, token)
    hashes = ((encode(OCTET_STRING, value) for value in one) for one in record.hashtree)
    lists = [encode(SEQUENCE, *one) for one in hashes]
    tree = encode(context(2), *lists) if lists else b""
    stamp = encode(SEQUENCE, encode(context(0), _SHA_256), tree, record.token)
    algorithms = encode(SEQUENCE, encode(SEQUENCE, _SHA_256))
    return encode(SEQUENCE, _VERSION, algorithms, encode(SEQUENCE, encode(SEQUENCE, stamp)))


def read_record(der: bytes) -> EvidenceRecord:
    """The record in `der`, which must be what `evidence_record` writes, byte for byte.

    Raises RecordRefused, of the step RENEWAL where there is more than one time stamp.
    """
    if len(der) > RECORD_BYTES_MAX:
        raise RecordRefused(Step.SIZE, f"{len(der)} > {RECORD_BYTES_MAX} B")
    try:
        return _record(only(der, SEQUENCE))
    except NotDer as error:
        raise RecordRefused(Step.STRUCTURE) from error


def check_record(record: EvidenceRecord, data_hash: bytes) -> bytes:
    """The digest, 32 bytes, that the record's token must cover to prove `data_hash` (§4.3).

    Raises RecordRefused of the step DATA where the first list does not hold the hash.
    """
    if not record.hashtree:
        return data_hash
    first, *others = record.hashtree
    if data_hash not in first:
        raise RecordRefused(Step.DATA)
    node = sha256(b"".join(first)).digest()
    for (sibling,) in others:
        node = _parent(node, sibling)
    return node


def _chunks(leaves: Iterable[bytes]) -> Iterator[list[bytes]]:
    remaining = iter(leaves)
    while chunk := list(islice(remaining, CHUNK_LEAVES)):
        if set(map(len, chunk)) != {HASH_BYTES}:
            raise RecordRefused(Step.BATCH, f"≠ {HASH_BYTES} B")
        yield chunk


def _parent(one: bytes, other: bytes) -> bytes:
    return sha256(one + other if one < other else other + one).digest()


def _parents(nodes: list[bytes]) -> list[bytes]:
    odd = nodes[-1:] if len(nodes) % 2 else []
    return [*map(_parent, nodes[0::2], nodes[1::2]), *odd]


def _root(nodes: list[bytes]) -> bytes:
    while len(nodes) > 1:
        nodes = _parents(nodes)
    return nodes[0]


def _siblings(nodes: list[bytes], index: int) -> list[bytes]:
    path = []
    while len(nodes) > 1:
        if (index ^ 1) < len(nodes):
            path.append(nodes[index ^ 1])
        nodes, index = _parents(nodes), index // 2
    return path


def _check_token(token: bytes) -> None:
    if len(token) > TOKEN_BYTES_MAX:
        raise RecordRefused(Step.SIZE, f"{len(token)} > {TOKEN_BYTES_MAX} B")
    try:
        content_info = only(token, SEQUENCE)
        content_type = content_info.take(OID).oid
        content_info.take(context(0))
        content_info.end()
    except NotDer as error:
        raise RecordRefused(Step.TOKEN) from error
    if content_type != _SIGNED_DATA:
        raise RecordRefused(Step.TOKEN, content_type)


def _record(members: Reader) -> EvidenceRecord:
    version, algorithms, chains = (members.take(tag) for tag in (INTEGER, SEQUENCE, SEQUENCE))
    members.end()
    if version.whole != _VERSION:
        raise RecordRefused(Step.VERSION)
    # Before the algorithms, of which a renewed record may name more.
    stamp = _the_only(_the_only(chains)).inside
    algorithm, tree = stamp.take(context(0)), stamp.optional(context(2))
    token = stamp.take(SEQUENCE)
    stamp.end()
    if algorithms.content != encode(SEQUENCE, _SHA_256) or algorithm.content != _SHA_256:
        raise RecordRefused(Step.ALGORITHM)
    lists = [one.inside.rest(OCTET_STRING) for one in tree.inside.rest(SEQUENCE)] if tree else []
    if tree and not lists:
        raise RecordRefused(Step.HASHTREE, "0")
    return EvidenceRecord(tuple(tuple(one.content for one in some) for some in lists), token.whole)


def _the_only(sequence: Element) -> Element:
    """The one chain of a record, or the one time stamp of a chain."""
    elements = sequence.inside.rest(SEQUENCE)
    if not elements:
        raise RecordRefused(Step.STRUCTURE)
    if len(elements) > 1:
        raise RecordRefused(Step.RENEWAL)
    return elements[0]
