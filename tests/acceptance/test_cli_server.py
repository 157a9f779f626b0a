"""`--server`: the same questions to a running service and to its ledger, the same answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.aggregates.provider_bodies import DecisionMade
from tests.acceptance.commands import Ran, run
from tests.acceptance.services import BRAND, IYS_CODE, SISTER, Running, a_phone, an_item
from tests.acceptance.test_client import url_of
from tests.acceptance.wire import KEY
from tests.integration.logged import events_of_type

ASKED = ("--brand", str(BRAND), "--channel", "MESAJ")
ELSEWHERE = ("--brand", "99", "--channel", "MESAJ")


class Both:
    """Runs a command against the service, and against the database that it serves."""

    def __init__(self, http: Running) -> None:
        dsn = http.home.dsn
        keys = str(http.served.errors.parent / "keys")
        self.here_settings = {"DATABASE_URL": dsn, "IZIN_KEYS": keys}
        self.there_settings = {"IZIN_SERVER": url_of(http), "IZIN_API_KEY": KEY}

    def here(self, *arguments: str, stdin: str = "") -> Ran:
        return run(*arguments, stdin=stdin, **self.here_settings)

    def there(self, *arguments: str, stdin: str = "", **settings: str) -> Ran:
        return run(*arguments, stdin=stdin, **{**self.there_settings, **settings})


@pytest.fixture(scope="module")
def both(http: Running) -> Iterator[Both]:
    yield Both(http)


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "-"),
        ("status", "-", "--at", "2020-01-01 00:00:00"),
        ("status", "-", "--recipient-type", "TACIR", "--lang", "en"),
        ("status", "3338"),
        ("history", "-"),
        ("history", "+905010099999"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["words", "json"])
def test_what_is_asked_here_and_there_is_answered_alike(
    both: Both, http: Running, arguments: tuple[str, ...], form: tuple[str, ...]
) -> None:
    phone = a_phone()
    http.item(an_item(recipient=phone))
    command, recipient, *more = arguments
    given = (command, *ASKED, "--recipient", recipient, *more, *form)

    here, there = both.here(*given, stdin=f"{phone}\n"), both.there(*given, stdin=f"{phone}\n")

    assert (here.code, here.out, here.err) == (there.code, there.out, there.err)
    assert here.code == 0 and here.out
    if form:
        assert here.answer == there.answer


@pytest.mark.parametrize(
    ("given", "code", "error"),
    [
        (
            ("status", "--brand", "99", "--channel", "MESAJ", "--recipient", "+905010000301"),
            1,
            "404",
        ),
        (("history", *ASKED, "--recipient", "3338"), 2, "recipient"),
        (("status", "--brand", "1", "--channel", "SMS", "--recipient", "x"), 2, "MESAJ"),
        (("filter", "yok.csv", *ASKED, "--out", "x.csv"), 1, "okunamıyor"),
        (("filter", "yok.xlsx", *ASKED, "--out", "x.csv"), 2, "ndjson"),
        (("filter", "-", *ASKED, "--out", "x.csv", "--purpose", "EXEMPT"), 2, "EXEMPT --ground"),
        (("filter", "-", *ASKED, "--out", "x.csv", "--campaign", "05010000301"), 2, "adres"),
    ],
    ids=["brand", "address", "channel", "file", "form", "purpose", "campaign"],
)
def test_what_is_wrong_here_is_wrong_there_with_the_same_exit_code(
    both: Both, given: tuple[str, ...], code: int, error: str
) -> None:
    here, there = both.here(*given, "--json"), both.there(*given, "--json")

    assert (here.code, there.code) == (code, code)
    assert error in there.err
    assert "Traceback" not in there.err
    if code == 1:
        assert here.answer["error"] == there.answer["error"]


def test_a_filtered_file_is_the_same_byte_for_byte(
    both: Both, http: Running, tmp_path: Path
) -> None:
    reachable = a_phone()
    http.register(reachable)
    file = tmp_path / "liste.csv"
    file.write_bytes(
        f'\ufeffno;Recipient\r\n1;{reachable}\r\n2;"{reachable}"\r\n3\r\n\r\n'.encode()
        + b'4;"a"";b"\n5;\xff\xfe\n6;"acik\n7;'
        + reachable.encode()
    )
    outs = [tmp_path / name for name in ("burada.csv", "orada.csv", "girdi.csv")]
    campaign = ("--campaign", "kasim-2026", "--json")

    ran = [
        both.here("filter", str(file), *ASKED, "--out", str(outs[0]), *campaign),
        both.there("filter", str(file), *ASKED, "--out", str(outs[1]), *campaign),
    ]

    assert [one.code for one in ran] == [0, 0]
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert outs[0].read_bytes().count(f"{reachable},true,PERMITTED,REGISTERED\n".encode()) == 3
    assert [one.answer["counts"] for one in ran] == [{"INVALID_ADDRESS": 5, "PERMITTED": 3}] * 2
    assert set(ran[0].answer) == set(ran[1].answer)
    store = http.home.ledger(IYS_CODE).store
    last = events_of_type(store, DecisionMade)[-1].body
    assert isinstance(last, DecisionMade)
    assert last.counts == ran[1].answer["counts"]


def test_a_command_that_needs_the_ledger_says_so(both: Both) -> None:
    for command in (
        ("fsck",),
        ("provider", "list"),
        ("key", "list"),
        ("suppress", "list", "--recipient", a_phone()),
    ):
        ran = both.there(*command)

        assert ran.code == 2
        assert "--server" in ran.err and "yerel defterle" in ran.err


def test_the_ledger_named_on_the_line_counts_more_than_the_environment(
    both: Both, tmp_path: Path
) -> None:
    named = both.there("brand", "list", "--json", "--data", str(tmp_path / "data"))
    asked_both = run("fsck", "--data", str(tmp_path), "--server", "http://127.0.0.1:9")

    assert (named.code, named.answer) == (0, {"brands": []})
    assert asked_both.code == 2


def test_the_key_comes_from_a_file_or_the_environment_and_is_never_shown(
    both: Both, http: Running, tmp_path: Path
) -> None:
    key_file = tmp_path / "anahtar"
    key_file.write_text(http.keys["viewer"] + "\n")
    given = ("status", *ASKED, "--recipient", a_phone(), "--json")
    url = ("--server", url_of(http))

    by_file = run(*given, *url, "--key-file", str(key_file))
    none = run(*given, *url)
    wrong = both.there(*given, IZIN_API_KEY="not-the-key-at-all")
    beyond = run(
        *("filter", "-", "--brand", str(SISTER), "--channel", "MESAJ"),
        *("--out", str(tmp_path / "x.csv"), *url, "--key-file", str(key_file), "--json"),
    )

    assert (by_file.code, by_file.answer["permitted"]) == (0, False)
    assert none.code == 2 and "IZIN_API_KEY" in none.err
    assert (wrong.code, wrong.answer["error"]) == (1, "ServiceRefused")
    assert (beyond.code, "L-ROLE" in beyond.err) == (1, True)
    assert not (tmp_path / "x.csv").exists()
    for ran in (by_file, none, wrong, beyond):
        assert http.keys["viewer"] not in ran.out + ran.err
        assert "not-the-key-at-all" not in ran.out + ran.err


def test_nobody_there_is_said_in_one_line(tmp_path: Path) -> None:
    ran = run(
        *("status", *ASKED, "--recipient", "+905010000301", "--json"),
        IZIN_SERVER="http://127.0.0.1:9",
        IZIN_API_KEY=KEY,
    )

    assert (ran.code, ran.answer["error"]) == (1, "ServiceUnavailable")
    assert ran.err.count("\n") == 1
