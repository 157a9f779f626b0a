"""Every answer of the twin validates against the official schemas, the known mistakes aside."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.iys_twin.endpoints import ENDPOINTS
from tests.twin.official_answers import DESCRIBED, GIVEN, answers, body_of
from tests.twin.official_mistakes import MISTAKES, PROBLEM, Mistake
from tests.twin.official_shapes import (
    BEYOND,
    DATE,
    DATE_TIME,
    NOT_BUILT,
    OFFICIAL,
    WALL,
    XML,
    Shape,
    some,
)
from tests.twin.test_twin_codes import BY_REQUEST, SETTINGS
from tests.twin.twin_harness import twin_harness

DECISION = Path(__file__).parents[2] / "ops/decisions/0011-the-twin.md"
ANYWHERE = {403, 422, 429}
"""Statuses that any operation may have: see `BEYOND`."""


def findings(answer: Any, kind: Shape, place: str = "") -> Iterator[str]:
    """Where an answer is not of its kind; a member that the schema does not name is told, too."""
    if isinstance(kind, tuple):
        if all(list(findings(answer, one, place)) for one in kind):
            yield f"{place}: none of {len(kind)}"
    elif isinstance(kind, dict) and isinstance(answer, dict):
        known = {name.removesuffix("?"): one for name, one in kind.items()}
        missing = {name for name in kind if not name.endswith("?")} - answer.keys()
        yield from (f"{place}.{name}: missing" for name in sorted(missing))
        for name, member in answer.items():
            if name in known:
                yield from findings(member, known[name], f"{place}.{name}")
            else:
                yield f"{place}.{name}: not named"
    elif isinstance(kind, list) and isinstance(answer, list):
        for number, member in enumerate(answer):
            yield from findings(member, kind[0], f"{place}[{number}]")
    elif not _is_plain(answer, kind):
        yield f"{place}: {answer!r} is not {kind!r}"


def _is_plain(answer: Any, kind: Shape) -> bool:
    if kind is None or kind is object:
        return kind is object or answer is None
    if isinstance(kind, re.Pattern):
        return isinstance(answer, str) and kind.fullmatch(answer) is not None
    if isinstance(kind, frozenset):
        return isinstance(answer, str) and answer in kind
    is_kind = isinstance(kind, type) and isinstance(answer, kind)
    return is_kind and (kind is bool or not isinstance(answer, bool))


def changed(kind: Shape, place: str, new: Shape) -> Shape:
    """A kind with another one at a place; `Mistake` says how places are written."""
    if not place:
        return new
    part, _, rest = place.partition(".")
    if part == "[]":
        return [changed(kind[0], rest, new)]
    name = part.removesuffix("?")
    spelled = name if name in kind and part == name else f"{name}?"
    old = kind.get(name, kind.get(f"{name}?"))
    others = {known: one for known, one in kind.items() if known.removesuffix("?") != name}
    return {**others, spelled: changed(old, rest, new)}


def taken(name: str, status: int, *, without: tuple[Mistake, str] | None = None) -> Shape:
    """The official kind but for its mistakes; `without`: one that is left in, at one place."""
    if status not in OFFICIAL[name]:
        return None if status == 204 else {"errors": [{**PROBLEM, **some(index=int)}]}
    kind = OFFICIAL[name][status]
    for one in MISTAKES:
        for place, new in one.changes.items() if (name, status) in one.of else ():
            if (one, place) != without:
                kind = changed(kind, place, new)
    return kind


def operation_of(method: str, path: str) -> str:
    """Whose path this is."""
    for one in ENDPOINTS:
        if one.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.path), path):
            return one.name
    raise AssertionError(f"{method} {path} is nobody's")


@pytest.mark.parametrize(("name", "status"), GIVEN)
def test_an_answer_validates(name: str, status: int) -> None:
    kind = taken(name, status)

    for answer in answers(name, status):
        assert not list(findings(body_of(answer), kind))


@pytest.mark.parametrize("code", BY_REQUEST)
def test_the_answer_with_a_code_validates(code: str) -> None:
    with twin_harness(**SETTINGS.get(code, {})) as twin:
        answer = BY_REQUEST[code](twin)

    name = operation_of(answer.request.method, answer.request.url.path)
    assert not list(findings(body_of(answer), taken(name, answer.status_code)))


@pytest.mark.parametrize(
    ("mistake", "place"), [(one, place) for one in MISTAKES for place in one.changes]
)
def test_a_mistake_is_one_and_the_decision_names_it(mistake: Mistake, place: str) -> None:
    section = DECISION.read_text(encoding="utf-8").partition("\nWhere the official schemas")[2]

    told = [
        one
        for name, status in mistake.of
        for answer in answers(name, status)
        for one in findings(body_of(answer), taken(name, status, without=(mistake, place)))
    ]

    assert told
    assert mistake.words in " ".join(section.partition("\n\n")[0].split())


def test_what_the_twin_answers_beyond_the_document_is_listed() -> None:
    listed = {(name, status) for name, row in OFFICIAL.items() for status in row}
    beyond = {(name, status) for name, status in DESCRIBED if (name, status) not in listed}

    assert OFFICIAL.keys() == {one.name for one in ENDPOINTS}
    assert {one for one in beyond if one[1] not in ANYWHERE} == {
        (name, status) for status, names in BEYOND.items() for name in names
    }


def test_what_is_left_out_is_not_there() -> None:
    for one in ENDPOINTS:
        assert one.name not in NOT_BUILT and not one.path.startswith(NOT_BUILT)
    for name in XML:
        for answer in answers(name, 400):
            assert answer.headers["content-type"].startswith("application/json")


WRONG: dict[str, tuple[Any, Shape, str]] = {
    "a string for a number": ({"a": "1"}, {"a": int}, ".a: '1' is not"),
    "a number for a string": ({"a": 1}, some(a=str), ".a: 1 is not"),
    "yes for a number": ([True], [int], "[0]: True is not"),
    "nothing for a string": ({"a": None}, some(a=str), ".a: None is not"),
    "a member missing": ({}, {"a": int}, ".a: missing"),
    "a member more": ({"a": 1}, {}, ".a: not named"),
    "a list for an object": ([], {}, ": [] is not"),
    "an object for a list": ({}, [int], ": {} is not"),
    "another word": ("x", frozenset({"y"}), ": 'x' is not"),
    "no word at all": ([], frozenset({"y"}), ": [] is not"),
    "a local time": ("2026-03-04 10:00:00", DATE_TIME, "is not"),
    "a time for a date": ("2026-03-04 10:00:00", DATE, "is not"),
    "a zone": ("2026-03-04T10:00:00Z", WALL, "is not"),
    "a body": ("", None, "is not"),
    "neither": (1, (str, [str]), ": none of 2"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_found(case: str) -> None:
    answer, kind, told = WRONG[case]

    found = list(findings(answer, kind))

    assert len(found) == 1 and told in found[0]


def test_what_is_right_is_not() -> None:
    kind = {"a": int, **some(b=[(str, bool)], c=dict, d=list, e=object, f=DATE_TIME, g=WALL)}
    answer = {"a": 1, "b": ["x", True], "c": {"y": 1}, "d": [1], "e": None}

    dates = {"f": "2026-03-04T10:00:00.5+03:00", "g": "2026-03-04 10:00:00"}
    assert not list(findings({**answer, **dates}, kind))
