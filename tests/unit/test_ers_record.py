"""Evidence records byte for byte: what is written, read and refused."""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.ers import (
    LISTS_MAX,
    RECORD_BYTES_MAX,
    TOKEN_BYTES_MAX,
    EvidenceRecord,
    Hashtree,
    RecordRefused,
    Step,
    batch_path,
    batch_root,
    check_record,
    evidence_record,
    read_record,
    reduced_hashtree,
    seal_imprint,
)
from ledger.evidence.merkle import leaf_hash

CHECKPOINT = b"izin-defteri/123456/0123456789abcdef\n7\nAAAA\n\n\xe2\x80\x94 signed\n"
CHECKPOINT_HASH = sha256(CHECKPOINT).digest()
LEAVES = [leaf_hash(b"%d" % number) for number in range(7)]
IMPRINT = seal_imprint(CHECKPOINT, batch_root(LEAVES))

SHA_256 = bytes.fromhex("300b 0609 608648016503040201")
SHA_256_NULL = bytes.fromhex("300d 0609 608648016503040201 0500")
SHA_512 = bytes.fromhex("300b 0609 608648016503040203")
SIGNED_DATA = bytes.fromhex("0609 2a864886f70d010702")
LOW, MIDDLE, HIGH = (bytes([byte]) * 32 for byte in (1, 2, 3))
PAIR: Hashtree = ((LOW, HIGH),)


def tlv(tag: int, *parts: bytes) -> bytes:
    contents = b"".join(parts)
    size = len(contents)
    if size < 128:
        head = bytes([tag, size])
    elif size < 256:
        head = bytes([tag, 0x81, size])
    elif size < 65536:
        head = bytes([tag, 0x82, size >> 8, size & 255])
    else:
        head = bytes([tag, 0x83, size >> 16, size >> 8 & 255, size & 255])
    return head + contents


def a_token(size: int = 0) -> bytes:
    """The frame of a token, which is all that is looked at here, around `size` bytes."""
    return tlv(0x30, SIGNED_DATA, tlv(0xA0, tlv(0x04, bytes(size))))


def tree_of(*lists: tuple[bytes, ...]) -> bytes:
    return tlv(0xA2, *(tlv(0x30, *(tlv(0x04, value) for value in one)) for one in lists))


def a_stamp(
    digest: bytes = b"\xa0" + SHA_256[1:], tree: bytes = tree_of(*PAIR), token: bytes = a_token()
) -> bytes:
    return tlv(0x30, digest, tree, token)


def a_record(
    *chains: bytes, version: bytes = b"\x02\x01\x01", algorithms: bytes = SHA_256, more: bytes = b""
) -> bytes:
    chains = chains or (tlv(0x30, a_stamp()),)
    return tlv(0x30, version, tlv(0x30, algorithms), more, tlv(0x30, *chains))


def record_of(index: int) -> bytes:
    siblings = [*batch_path(LEAVES, index), CHECKPOINT_HASH]
    return evidence_record(a_token(40), reduced_hashtree(LEAVES[index], siblings))


def changed(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Every bit flipped, and every byte left out or doubled, with its position."""
    for at in range(len(der)):
        for bit in range(8):
            yield at, der[:at] + bytes([der[at] ^ 1 << bit]) + der[at + 1 :]
        yield at, der[:at] + der[at + 1 :]
        yield at, der[: at + 1] + der[at:]


def test_the_bytes_of_a_record_written_out() -> None:
    expected = (
        "307e"  # EvidenceRecord
        "020101"  # version 1
        "300d300b0609608648016503040201"  # digestAlgorithms: SHA-256, no parameters
        "306a30683066"  # archiveTimeStampSequence, its one chain, its one stamp
        "a00b0609608648016503040201"  # digestAlgorithm [0]
        "a2463044"  # reducedHashtree [2], its first PartialHashtree
        f"0420{LOW.hex()}0420{HIGH.hex()}"
        "300f06092a864886f70d010702a0020400"  # timeStamp
    )

    assert evidence_record(a_token(), PAIR).hex() == expected
    assert a_record().hex() == expected


@pytest.mark.parametrize("size", [0, 70, 110, 111, 127, 128, 200, 240, 255, 256, 65200, 65513])
def test_what_was_written_is_read_at_every_form_of_length(size: int) -> None:
    hashtree = (*PAIR, (MIDDLE,), (LOW,))

    der = evidence_record(a_token(size), hashtree)

    assert der == a_record(tlv(0x30, a_stamp(tree=tree_of(*hashtree), token=a_token(size))))
    assert read_record(der) == EvidenceRecord(hashtree, a_token(size))


def test_the_largest_token_fits_into_the_largest_record_and_not_a_byte_more() -> None:
    hashtree = (*PAIR, *[(LOW,)] * (LISTS_MAX - 1))
    largest = a_token(TOKEN_BYTES_MAX - 23)
    assert len(largest) == TOKEN_BYTES_MAX

    der = evidence_record(largest, hashtree)

    assert read_record(der).token == largest
    assert len(der) <= RECORD_BYTES_MAX
    with pytest.raises(RecordRefused, match="too long") as refused:
        evidence_record(a_token(TOKEN_BYTES_MAX - 22), hashtree)
    assert refused.value.step is Step.SIZE


@pytest.mark.parametrize("size", range(1, 20))
def test_every_event_of_a_batch_and_the_checkpoint_lead_to_the_imprint(size: int) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    root = batch_root(leaves)
    imprint = seal_imprint(CHECKPOINT, root)
    hashtrees = [
        reduced_hashtree(leaf, [*batch_path(leaves, index), CHECKPOINT_HASH])
        for index, leaf in enumerate(leaves)
    ]
    hashtrees.append(reduced_hashtree(CHECKPOINT_HASH, [root]))

    for data_hash, hashtree in zip([*leaves, CHECKPOINT_HASH], hashtrees, strict=True):
        record = read_record(evidence_record(a_token(), hashtree))
        assert check_record(record, data_hash) == imprint
    assert all(CHECKPOINT_HASH in hashtree[-1] for hashtree in hashtrees)


def test_equal_hashes_lead_to_the_imprint() -> None:
    twins = [LEAVES[0], LEAVES[0]]

    record = EvidenceRecord(reduced_hashtree(twins[0], batch_path(twins, 1)), a_token())

    assert check_record(record, twins[1]) == batch_root(twins)


def test_a_record_of_a_checkpoint_alone_has_no_hash_tree() -> None:
    der = evidence_record(a_token(), reduced_hashtree(CHECKPOINT_HASH, []))

    assert der == a_record(tlv(0x30, a_stamp(tree=b"")))
    assert check_record(read_record(der), CHECKPOINT_HASH) == seal_imprint(CHECKPOINT, None)


def test_a_record_proves_its_event_and_the_neighbour_but_no_other() -> None:
    record = read_record(record_of(2))

    assert check_record(record, LEAVES[2]) == check_record(record, LEAVES[3]) == IMPRINT
    parent = sha256(b"".join(sorted(LEAVES[2:4]))).digest()
    for other in (*LEAVES[:2], *LEAVES[4:], CHECKPOINT_HASH, parent, IMPRINT, b""):
        with pytest.raises(RecordRefused, match="another data object's") as refused:
            check_record(record, other)
        assert refused.value.step is Step.DATA


@pytest.mark.parametrize("index", [0, 6])
def test_every_changed_byte_is_refused_or_leads_elsewhere(index: int) -> None:
    der = record_of(index)
    original = read_record(der)
    token_begin = len(der) - len(original.token)

    for at, other in changed(der):
        with suppress(RecordRefused):
            record = read_record(other)
            assert record != original
            assert check_record(record, LEAVES[index]) != IMPRINT or at >= token_begin


@pytest.mark.parametrize("index", [0, 6])
def test_a_record_that_is_cut_or_goes_on_is_refused(index: int) -> None:
    der = record_of(index)

    for other in (*(der[:end] for end in range(len(der))), der + b"\0", der + der):
        with pytest.raises(RecordRefused, match="not the DER"):
            read_record(other)


REFUSED = {
    "version 2": (a_record(version=b"\x02\x01\x02"), Step.VERSION),
    "version 1 in two bytes": (a_record(version=b"\x02\x02\x00\x01"), Step.VERSION),
    "a second stamp": (a_record(tlv(0x30, a_stamp(), a_stamp())), Step.RENEWAL),
    "a second chain": (a_record(*[tlv(0x30, a_stamp())] * 2), Step.RENEWAL),
    "a second chain, of another algorithm": (
        a_record(*[tlv(0x30, a_stamp())] * 2, algorithms=SHA_256 + SHA_512),
        Step.RENEWAL,
    ),
    "no chain": (tlv(0x30, b"\x02\x01\x01", tlv(0x30, SHA_256), b"\x30\x00"), Step.STRUCTURE),
    "no stamp": (a_record(b"\x30\x00"), Step.STRUCTURE),
    "two algorithms": (a_record(algorithms=SHA_256 + SHA_512), Step.ALGORITHM),
    "no algorithm": (a_record(algorithms=b""), Step.ALGORITHM),
    "SHA-512": (a_record(algorithms=SHA_512), Step.ALGORITHM),
    "parameters": (a_record(algorithms=SHA_256_NULL), Step.ALGORITHM),
    "a stamp of SHA-512": (
        a_record(tlv(0x30, a_stamp(digest=b"\xa0" + SHA_512[1:]))),
        Step.ALGORITHM,
    ),
    "a stamp of no algorithm": (a_record(tlv(0x30, a_stamp(digest=b""))), Step.STRUCTURE),
    "cryptoInfos": (a_record(more=tlv(0xA0, b"")), Step.STRUCTURE),
    "encryptionInfo": (a_record(more=tlv(0xA1, b"")), Step.STRUCTURE),
    "something after the stamps": (tlv(0x30, a_record()[2:], b"\x05\x00"), Step.STRUCTURE),
    "attributes": (a_record(tlv(0x30, a_stamp(tree=b"\xa1\x00" + tree_of(*PAIR)))), Step.STRUCTURE),
    "two hash trees": (a_record(tlv(0x30, a_stamp(tree=tree_of(*PAIR) * 2))), Step.STRUCTURE),
    "no token": (a_record(tlv(0x30, a_stamp(token=b""))), Step.STRUCTURE),
    "two tokens": (a_record(tlv(0x30, a_stamp(token=a_token() * 2))), Step.STRUCTURE),
    "a length without end": (
        a_record(tlv(0x30, a_stamp(token=b"\x30\x80" + a_token()[2:] + b"\x00\x00"))),
        Step.STRUCTURE,
    ),
    "a length in too many bytes": (b"\x30\x81" + a_record()[1:], Step.STRUCTURE),
    "a length with a zero before it": (b"\x30\x82\x00" + a_record()[1:], Step.STRUCTURE),
    "a length beyond all bounds": (b"\x30\xff" + b"\xff" * 127, Step.STRUCTURE),
    "nothing": (b"", Step.STRUCTURE),
    "too much": (bytes(RECORD_BYTES_MAX + 1), Step.SIZE),
}


@pytest.mark.parametrize(("der", "step"), REFUSED.values(), ids=REFUSED)
def test_another_structure_is_refused_by_name(der: bytes, step: Step) -> None:
    with pytest.raises(RecordRefused) as refused:
        read_record(der)

    assert refused.value.step is step


HASHTREES: dict[str, tuple[tuple[bytes, ...], ...]] = {
    "an empty list": ((),),
    "one hash first": ((LOW,),),
    "three hashes first": ((LOW, MIDDLE, HIGH),),
    "a pair later": ((LOW, HIGH), (LOW, HIGH)),
    "nothing later": ((LOW, HIGH), ()),
    "descending": ((HIGH, LOW),),
    "a short hash": ((LOW[:31], HIGH),),
    "a long hash later": ((LOW, HIGH), (bytes(33),)),
    "too many lists": ((LOW, HIGH), *[(LOW,)] * LISTS_MAX),
}


@pytest.mark.parametrize("hashtree", HASHTREES.values(), ids=HASHTREES)
def test_another_tree_than_one_of_pairs_is_neither_written_nor_read(hashtree: Hashtree) -> None:
    with pytest.raises(RecordRefused) as unwritten:
        evidence_record(a_token(), hashtree)
    with pytest.raises(RecordRefused) as unread:
        read_record(a_record(tlv(0x30, a_stamp(tree=tree_of(*hashtree)))))

    assert unwritten.value.step is unread.value.step is Step.HASHTREE


def test_a_hash_tree_that_is_there_and_empty_is_refused() -> None:
    with pytest.raises(RecordRefused, match="hash tree"):
        read_record(a_record(tlv(0x30, a_stamp(tree=tree_of()))))


@pytest.mark.parametrize(
    "token",
    [
        b"",
        a_token()[:-1],
        a_token() + b"\0",
        a_token().replace(b"\x07\x02\xa0", b"\x07\x01\xa0"),  # CMS data, unsigned
        tlv(0x30, SIGNED_DATA),
        tlv(0x30, SIGNED_DATA, tlv(0xA0, b""), tlv(0xA0, b"")),
        tlv(0x31, SIGNED_DATA, tlv(0xA0, b"")),
        tlv(0x30, SIGNED_DATA, b"\xa0\x80\x00\x00"),
        tlv(0x30, tlv(0x30, b"\x02\x01\x00"), a_token()),  # a TimeStampResp, not its token
    ],
)
def test_a_token_that_is_no_signed_data_is_not_written(token: bytes) -> None:
    with pytest.raises(RecordRefused, match="not CMS signed data") as refused:
        evidence_record(token, PAIR)

    assert refused.value.step is Step.TOKEN


def test_a_refusal_says_what_it_is_about_in_both_languages() -> None:
    with pytest.raises(RecordRefused) as refused:
        read_record(REFUSED["a second stamp"][0])

    assert str(refused.value) == "renewal is not supported yet"
    kind = "Delil kaydı kabul edilmedi"
    assert refused.value.turkish == f"{kind}: yenileme henüz desteklenmiyor"


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 40))
def test_whatever_comes_is_refused_or_is_what_would_be_written(
    piece: bytes, begin: int, dropped: int
) -> None:
    der = record_of(3)
    for other in (piece, der[:begin] + piece + der[begin + dropped :]):
        with suppress(RecordRefused):
            record = read_record(other)
            assert evidence_record(record.token, record.hashtree) == other
