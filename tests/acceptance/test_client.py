"""The Python client against a running service; its docstring is executed as it stands."""

import io
import re
import textwrap
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import ledger.client
from ledger.client import (
    Channel,
    Client,
    ConsentItem,
    ConsentSource,
    ConsentStatus,
    DecisionItem,
    Outcome,
    Refused,
    Unavailable,
)
from tests.acceptance.lossy import lossy
from tests.acceptance.services import (
    BRAND,
    IYS_CODE,
    SISTER,
    Running,
    a_mailbox,
    a_phone,
    minutes_ago,
    running,
)
from tests.acceptance.wire import KEY
from tests.conftest import Server

MESSAGE = Channel.MESSAGE


@pytest.fixture
def izin(http: Running) -> Iterator[Client]:
    with Client(url_of(http), KEY) as client:
        yield client


def url_of(http: Running) -> str:
    return f"http://{http.served.host}:{http.served.port}"


def a_consent(recipient: str, item_id: str | None = None) -> ConsentItem:
    return ConsentItem(
        id=item_id,
        recipient=recipient,
        type=MESSAGE,
        status=ConsentStatus.GRANTED,
        source=ConsentSource.HS_WEB,
        consentDate=minutes_ago(60),
    )


def events_of(http: Running, recipient: str) -> list[str]:
    asked = {"recipient": recipient, "type": "MESAJ"}
    answered = http.post(f"/v1/brands/{BRAND}/history", asked).json()
    return [event["type"] for event in answered["events"]]


def test_the_docstrings_example_runs_as_it_stands(
    http: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ledger.client.__doc__ is not None
    lines = re.findall(r"(?m)^(?:    .*)?\n", ledger.client.__doc__)
    source = textwrap.dedent("".join(lines)).replace("http://127.0.0.1:8563", url_of(http))
    monkeypatch.chdir(tmp_path)
    Path("segment.txt").write_text("+905010000501\n0501 000 05 02\n")

    exec(compile(source, "the docstring", "exec"), {"key": http.keys["operator"]})

    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("recorded ")
    assert told[-1] == "{'NOT_YET_REGISTERED': 1, 'REFUSED': 1}"
    assert Path("verdicts.csv").read_text().count("\n") == 3


def test_what_was_recorded_is_known_and_a_refusal_is_in_force_at_once(izin: Client) -> None:
    phone = a_phone()

    (taken,) = izin.record(BRAND, [a_consent(phone)]).items
    before = izin.status(BRAND, phone, MESSAGE)
    refused = izin.refuse(phone, types=[MESSAGE], brands=[BRAND], reference="talep 17")
    after = izin.status(BRAND, phone, MESSAGE)

    assert taken.outcome == "recorded"
    assert taken.receipt is not None and before.position == taken.receipt.position
    assert (before.status, after.status) == (ConsentStatus.GRANTED, ConsentStatus.REFUSED)
    assert Outcome.REFUSED not in {item.outcome for item in refused.items}
    assert [event.type for event in izin.history(BRAND, phone, MESSAGE).events] == [
        "consent.granted",
        "consent.refused",
    ]


def test_a_key_of_every_provider_says_whose_brands_are_meant(izin: Client) -> None:
    phone = a_phone()

    with pytest.raises(Refused) as nobodys:
        izin.refuse(phone)
    taken = izin.refuse(phone, types=[MESSAGE], iys_code=IYS_CODE)

    assert nobodys.value.problem.code == "L-IYS-CODE"
    assert {item.brandCode for item in taken.items} == {BRAND, SISTER}


def test_the_same_item_is_recorded_once_whether_named_or_not(izin: Client, http: Running) -> None:
    phone, other = a_phone(), a_phone()

    one, two = a_consent(phone, f"crm-{phone}"), a_consent(other)  # of one second each

    named = [izin.record(BRAND, [one]).items[0].outcome for _ in "12"]
    keyed = [
        izin.record(BRAND, [two], idempotency_key=f"batch {other}").items[0].outcome for _ in "12"
    ]

    assert named == keyed == [Outcome.RECORDED, Outcome.ALREADY]
    assert len(events_of(http, phone)) == len(events_of(http, other)) == 1


def test_decisions_come_in_the_order_of_the_items(izin: Client, http: Running) -> None:
    reachable, unknown = a_phone(), a_mailbox()
    http.register(reachable)

    items = [
        DecisionItem(recipient=unknown, type=Channel.EMAIL),
        DecisionItem(recipient=reachable, type=MESSAGE),
    ]
    decided = izin.decide(BRAND, items, campaign="kasim-2026")

    assert [item.permitted for item in decided.items] == [False, True]
    assert decided.recheckBy


def test_a_filter_streams_both_ways_and_counts_every_verdict(izin: Client, http: Running) -> None:
    reachable, out = a_phone(), io.BytesIO()
    http.register(reachable)
    lines = (f"{reachable}\n".encode() if n % 2 else b"yok,\n" for n in range(10_000))

    done = izin.filter(BRAND, MESSAGE, lines, out)

    assert (done.lines, done.counts) == (10_000, {"INVALID_ADDRESS": 5_000, "PERMITTED": 5_000})
    rows = out.getvalue().decode().splitlines()
    assert rows[1] == '"yok,",false,INVALID_ADDRESS,BAD_FORMAT'
    assert rows[2] == f"{reachable},true,PERMITTED,REGISTERED"
    assert len(rows) == 10_001


def test_a_long_filter_needs_no_more_memory_than_a_short_one(izin: Client) -> None:
    lines = (f"+90502{number:07d}\n".encode() for number in range(300_000))
    with Path("/dev/null").open("wb") as out:
        tracemalloc.start()

        done = izin.filter(BRAND, MESSAGE, lines, out)

        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert done.lines == 300_000
    assert peak_bytes < 8 << 20


@pytest.mark.parametrize(
    ("form", "content", "texts"),
    [
        ("text/csv", b'no;recipient\n1;"a""b"\n2;"yok"\n', ['"a""b"', "yok"]),
        ("application/x-ndjson", b'{"recipient":"a\\nb"}\n{"recipient":"x"}\n', ['"a', 'b"', "x"]),
        ("text/plain", b"", []),
    ],
    ids=["csv", "ndjson", "nothing"],
)
def test_awkward_lines_are_counted_right(
    izin: Client, form: str, content: bytes, texts: list[str]
) -> None:
    out = io.BytesIO()

    done = izin.filter(BRAND, MESSAGE, io.BytesIO(content), out, form=form)

    assert sum(done.counts.values()) == done.lines == (0 if not content else 2)
    shown = out.getvalue().decode().splitlines()[1:]
    assert [line.partition(",false")[0] for line in shown] == texts


def test_feeds_go_page_by_page_to_the_end(izin: Client) -> None:
    phone = a_phone()
    start = [page.next for page in izin.refusals(BRAND)][-1]
    izin.refuse(phone, brands=[BRAND])

    refusals = [one for page in izin.refusals(BRAND, after=start) for one in page.items]
    changes = [
        one for page in izin.changes(BRAND, channel=MESSAGE, after=start) for one in page.items
    ]

    assert {one.recipient for one in refusals} == {phone}
    assert {(one.event, one.type) for one in changes} == {("consent.refused", MESSAGE)}


def test_what_is_refused_says_why_and_never_whose(izin: Client, http: Running) -> None:
    phone = a_phone()
    with pytest.raises(Refused) as by_form:
        izin.history(BRAND, f"{phone}999999", MESSAGE)
    with (
        Client(url_of(http), http.keys["viewer"], language="en") as viewer,
        pytest.raises(Refused) as by_role,
    ):
        viewer.record(BRAND, [a_consent(phone)])

    assert (by_form.value.problem.status, by_form.value.problem.pointer) == (422, "/recipient")
    assert (by_role.value.problem.status, by_role.value.problem.code) == (403, "L-ROLE")
    assert "the role of this key" in str(by_role.value)
    for error in (by_form.value, by_role.value):
        assert phone[-7:] not in f"{error!r} {error} {error.__cause__!r} {error.__context__!r}"


@pytest.mark.parametrize("bytes_passed", [0, 300], ids=["no byte", "cut in the middle"])
def test_an_answer_lost_after_the_commit_is_asked_for_again_and_recorded_once(
    http: Running, bytes_passed: int
) -> None:
    phone, other = a_phone(), a_phone()
    with (
        lossy(http.served.host, http.served.port) as proxy,
        Client(f"http://127.0.0.1:{proxy.port}", KEY) as izin,
    ):
        proxy.bytes_passed = bytes_passed
        proxy.lose_answers = 1
        (taken,) = izin.record(BRAND, [a_consent(phone)]).items
        proxy.lose_answers = 1
        refused = izin.refuse(other, types=[MESSAGE], brands=[BRAND])

    assert taken.outcome == "already"
    assert taken.receipt is not None
    assert {item.outcome for item in refused.items} == {Outcome.ALREADY}
    assert events_of(http, phone) == ["consent.granted"]
    assert events_of(http, other) == ["consent.refused"]


def test_what_must_not_happen_twice_is_not_repeated(http: Running) -> None:
    phone = a_phone()
    with (
        lossy(http.served.host, http.served.port) as proxy,
        Client(f"http://127.0.0.1:{proxy.port}", KEY) as izin,
    ):
        proxy.lose_answers = 1
        with pytest.raises(Unavailable) as lost:
            izin.decide(BRAND, [DecisionItem(recipient=phone, type=MESSAGE)])
        asked_once = proxy.seen
        proxy.lose_answers = 99
        with pytest.raises(Unavailable):
            izin.status(BRAND, phone, MESSAGE)

    assert asked_once == 1
    assert proxy.seen == 1 + 3
    assert phone[-7:] not in f"{lost.value!r}{lost.value.__cause__!r}"


def test_nobody_there_is_unavailable_and_no_key_is_told() -> None:
    with (
        Client("http://127.0.0.1:9", "a-key-that-nobody-sees") as izin,
        pytest.raises(Unavailable) as error,
    ):
        izin.status(BRAND, "+905010000301", MESSAGE)

    assert error.value.problem is None
    assert "nobody-sees" not in f"{error.value!r}{error.value.__cause__!r}{izin!r}"


@pytest.mark.parametrize(
    ("url", "key"),
    [("ftp://x", KEY), ("http://user:secret@x", KEY), ("http://x/y?z", KEY), ("http://x", "a\nb")],
)
def test_a_bad_url_or_key_is_told_at_once_without_being_repeated(url: str, key: str) -> None:
    with pytest.raises(ValueError, match=r"base_url|key") as error:
        Client(url, key)

    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_who_is_told_to_come_back_later_does(server: Server, tmp_path: Path) -> None:
    slow = {"IZIN_RATE_PER_SECOND": "1", "IZIN_RATE_BURST": "1"}
    with (
        running(server, tmp_path, **slow) as service,
        Client(url_of(service), service.keys["operator"]) as izin,
    ):
        phone = a_phone()
        decided = [izin.decide(BRAND, [DecisionItem(recipient=phone, type=MESSAGE)]) for _ in "123"]
        lines = io.BytesIO(f"{phone}\n".encode())
        done = izin.filter(BRAND, MESSAGE, lines, io.BytesIO())

    assert len({one.decisionId for one in decided}) == 3
    assert done.lines == 1


def test_a_stream_that_cannot_be_given_again_is_refused_instead(
    server: Server, tmp_path: Path
) -> None:
    slow = {"IZIN_RATE_PER_SECOND": "1", "IZIN_RATE_BURST": "1"}
    with (
        running(server, tmp_path, **slow) as service,
        Client(url_of(service), service.keys["operator"]) as izin,
        pytest.raises(Refused) as refused,
    ):
        for _ in range(5):
            izin.filter(BRAND, MESSAGE, iter([b"yok\n"]), io.BytesIO())

    assert refused.value.problem.code == "L-RATE"
