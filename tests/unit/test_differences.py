"""Every way in which a day differs from İYS's file has a name and something that mends it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.iys_sync.day_file import FiledDay
from ledger.iys_sync.day_report import HEADER, DayReport, line_of
from ledger.iys_sync.differences import ADOPTED, Difference, compare
from ledger.recording.day_ports import Moved
from ledger.recording.day_words import MENDS, NAMES, STAMPS, STATES, Kind
from ledger.vocabulary import SeenHow
from tests.unit.test_day_report import DAY, ID, NOON, PHONE, a_moved, made

OTHER_ID = "cd" * 32
ANSWERED: dict[str, Any] = {"how": SeenHow.ANSWER, "of": 1}
SPELLED = "+9005010000001"


def differ(here: list[Moved], there: bytes) -> list[Difference]:
    return list(compare(DayReport(here).seconds(), FiledDay(there, DAY)))


def kinds(here: list[Moved], *there: Moved) -> list[tuple[Kind, bool]]:
    return [(one.kind, one.is_open) for one in differ(here, made(*there))]


def test_equal_sides_have_no_difference() -> None:
    two = [a_moved(1), a_moved(2, transaction_id=OTHER_ID, creation_date="2026-03-04 23:59:59")]

    assert kinds(two, *two) == []
    assert differ([], b"") == []


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"status": "RET"}, Kind.STATUS_DIFFERS),
        ({"consent_date": "2026-03-03 10:15:01"}, Kind.DATE_DIFFERS),
        ({"consent_date": ""}, Kind.DATE_DIFFERS),
        ({"source": "HS_ATM"}, Kind.SOURCE_DIFFERS),
        ({"transaction_id": OTHER_ID}, Kind.ID_DIFFERS),
    ],
    ids=lambda value: str(value) if isinstance(value, Kind) else "",
)
def test_one_other_member_is_named(changed: dict[str, Any], kind: Kind) -> None:
    assert kinds([a_moved()], a_moved(**changed)) == [(kind, True)]


def test_an_address_may_be_written_otherwise() -> None:
    assert kinds([a_moved()], a_moved(recipient=SPELLED)) == [(Kind.ADDRESS_SPELLING, False)]
    mails: dict[str, Any] = {"channel": "EPOSTA", "recipient": "deneme@ornek.com.tr"}
    shouted = {**mails, "recipient": "Deneme@Ornek.com.tr"}
    assert kinds([a_moved(**mails)], a_moved(**shouted)) == [(Kind.ADDRESS_SPELLING, False)]


def test_an_id_that_we_never_learned_is_no_riddle() -> None:
    assert kinds([a_moved(transaction_id="")], a_moved()) == [(Kind.ID_MISSING, False)]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("IYS_KISAMESAJ", Kind.IYS_UNKNOWN_HERE),
        ("IYS_3338", Kind.IYS_UNKNOWN_HERE),
        ("IYS_AHS_HAT_KAPATMA", Kind.LINE_CLOSED),
        ("HS_WEB", Kind.HS_UNKNOWN_HERE),
        ("", Kind.HS_UNKNOWN_HERE),
    ],
)
def test_what_is_unknown_here_is_told_by_whose_it_is(source: str, kind: Kind) -> None:
    assert kinds([], a_moved(source=source)) == [(kind, True)]
    assert kind in ADOPTED


def test_two_members_that_differ_make_two_movements() -> None:
    found = kinds([a_moved()], a_moved(status="RET", consent_date="2026-03-03 11:00:00"))

    assert found == [(Kind.HS_UNKNOWN_HERE, True), (Kind.ONLY_HERE, True)]


def test_a_row_that_iys_does_not_have_is_open() -> None:
    elsewhere = a_moved(2, transaction_id=OTHER_ID, creation_date="2026-03-04 13:00:00")

    (one,) = differ([a_moved(7), elsewhere], made(elsewhere))

    assert (one.kind, one.is_open, one.here, one.there) == (
        Kind.ONLY_HERE,
        True,
        line_of(a_moved()),
        None,
    )
    assert one.listed().position == 7


def test_of_two_in_one_second_the_file_may_show_one() -> None:
    """R57, Q10."""
    first = a_moved(1, **ANSWERED)
    second = a_moved(2, status="RET", how=SeenHow.ANSWER, of=2, consent_date="2026-03-03 11:00:00")

    assert kinds([first, second], second) == [(Kind.SAME_SECOND, False)]
    assert kinds([first, second], first, second) == []


def test_a_row_may_stand_twice_in_the_file() -> None:
    twice = made(a_moved()) + line_of(a_moved())

    assert [(one.kind, one.is_open) for one in differ([a_moved()], twice)] == [
        (Kind.SAME_SECOND, False)
    ]


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"source": "HS_ATM"}, Kind.SOURCE_DIFFERS),
        ({"consent_date": "2026-03-03 10:15:01"}, Kind.DATE_DIFFERS),
        ({"status": "RET"}, Kind.STATUS_DIFFERS),
    ],
    ids=lambda value: str(value) if isinstance(value, Kind) else "",
)
def test_once_iyss_row_is_recorded_too_the_difference_has_its_reason(
    changed: dict[str, Any], kind: Kind
) -> None:
    """Date and source of an answer are our own words; İYS's are those of its file."""
    shown = a_moved(2, how=SeenHow.DAY_FILE, **changed)

    assert kinds([a_moved(1, **ANSWERED), shown], shown) == [(kind, False)]


def test_an_erased_person_is_not_brought_back() -> None:
    """Else İYS's file would undo an erasure."""
    erased = a_moved(1, recipient=None)

    assert kinds([erased], a_moved()) == [(Kind.ERASED, False)]
    assert kinds([erased]) == [(Kind.ERASED, False)]
    two = (a_moved(), a_moved(transaction_id=OTHER_ID))
    assert kinds([erased], *two) == [
        *((Kind.HS_UNKNOWN_HERE, True), (Kind.HS_UNKNOWN_HERE, True), (Kind.ERASED, False)),
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.removeprefix(HEADER),
        lambda file: b"\xef\xbb\xbf" + file,
        lambda file: file.replace(b"\n", b"\r\n"),
        lambda file: file.removesuffix(b"\n"),
        lambda file: HEADER + b"".join(reversed(file.splitlines(keepends=True)[1:])),
    ],
    ids=["no header", "BOM", "CRLF", "no last end", "order"],
)
def test_another_form_of_the_same_rows_is_named(spoil: Callable[[bytes], bytes]) -> None:
    here = [a_moved(1), a_moved(2, creation_date="2026-03-04 12:00:01", transaction_id=OTHER_ID)]

    found = differ(here, spoil(made(*here)))

    assert [(one.kind, one.is_open) for one in found] == [(Kind.LAYOUT, False)]


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"creationDate\n",
        line_of(a_moved(creation_date="2026-03-05 00:00:00")),
        line_of(a_moved(transaction_id="ab")),
        line_of(a_moved(recipient="ali, veli")),
        line_of(a_moved(status="BEKLIYOR")),
        line_of(a_moved(consent_date="03.03.2026")),
        line_of(a_moved(recipient="ı" * 3)),
        b"\x00" * 600,
    ],
)
def test_a_line_that_is_no_row_is_shown_as_it_stands(line: bytes) -> None:
    found = differ([a_moved()], made(a_moved()) + line)

    kind, is_open, there = found[0].kind, found[0].is_open, found[0].there
    assert (kind, is_open, there) == (Kind.UNREADABLE, True, line.rstrip(b"\n") + b"\n")


lines_kept = st.lists(
    st.builds(
        a_moved,
        st.integers(1, 9),
        creation_date=st.sampled_from([NOON, "2026-03-04 12:00:01", "2026-03-04 12:00:02"]),
        transaction_id=st.sampled_from([ID, OTHER_ID, "ef" * 32]),
        recipient=st.sampled_from([PHONE, SPELLED, "+905010000002"]),
        status=st.sampled_from(["ONAY", "RET"]),
        source=st.sampled_from(["HS_WEB", "IYS_WEB", "IYS_AHS_HAT_KAPATMA"]),
        how=st.sampled_from([SeenHow.ANSWER, SeenHow.PULL]),
    ),
    max_size=6,
)


@given(lines_kept, lines_kept)
def test_no_row_of_either_side_is_lost(here: list[Moved], there: list[Moved]) -> None:
    """What is equal on both sides and what differs come to all of both sides."""
    here.sort(key=lambda one: one.creation_date)
    there.sort(key=lambda one: one.creation_date)

    found = differ(here, made(*there))

    mine, theirs = set(map(line_of, here)), set(map(line_of, there))
    assert {one.here for one in found if one.here} == mine - theirs
    assert {one.there for one in found if one.there} == theirs - mine
    assert len([one for one in found if one.here]) == len(mine - theirs)
    assert (found == []) is (mine == theirs)


def test_every_word_is_told_in_two_languages() -> None:
    for words in (NAMES, MENDS):
        assert set(words) == set(Kind)
        assert all(turkish and english for turkish, english in words.values())
    assert all(len(words) == 2 for words in (*STATES.values(), *STAMPS.values()))
    assert all(kind.isascii() and kind == kind.lower() for kind in Kind)
