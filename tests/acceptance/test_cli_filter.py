"""`izin filter` on the ledger here: a verdict a line, and the file whole or not at all."""

from pathlib import Path
from typing import Any

import pytest

from ledger.aggregates.provider_bodies import DecisionMade
from tests.acceptance.commands import Ran
from tests.acceptance.services import BRAND, IYS_CODE, Running, a_phone
from tests.acceptance.test_cli_officer import here
from tests.integration.logged import events_of_type

ASKED = ("--brand", str(BRAND), "--channel", "MESAJ")
HEADER = "recipient,permitted,verdict,reason\n"


def filtered(http: Running, file: Path | str, out: Path, *more: str, stdin: str = "") -> Ran:
    given = ("filter", str(file), *ASKED, "--out", str(out), "--json", *more)
    return here(http, *given, stdin=stdin)


def decisions(http: Running) -> list[DecisionMade]:
    found = events_of_type(http.home.ledger(IYS_CODE).store, DecisionMade)
    return [event.body for event in found if isinstance(event.body, DecisionMade)]


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.txt", "{0}\r\n\r\n{0}", ["{0},true", ",false", "{0},true"]),
        ("a.txt", "recipient\n{0}\n", ["recipient,false", "{0},true"]),
        ("a.CSV", "Ad;RECIPIENT\nx;{0}\ny\n", ["{0},true", ",false"]),
        ("a.csv", '{0},x\n"a,b"\n', ["{0},true", '"a,b",false']),
        ("a.tsv", "x\trecipient\ny\t{0}\n", ["{0},true"]),
        ("a.jsonl", '{{"recipient":"{0}","x":[1]}}\n{{}}\n', ["{0},true", "{{}},false"]),
        ("a.ndjson", '"{0}"\nnull', ["{0},true", "null,false"]),
        ("a.csv", "recipient\n", []),
        ("a.txt", "", []),
    ],
    ids=["blank lines", "no heading", "semicolons", "quotes", "tabs", "json", "texts", "head", "0"],
)
def test_each_line_has_its_verdict_in_its_place(
    http: Running, tmp_path: Path, name: str, content: str, rows: list[str]
) -> None:
    phone = a_phone()
    http.register(phone)
    (tmp_path / name).write_bytes(content.format(phone).encode())
    out = tmp_path / "out.csv"

    ran = filtered(http, tmp_path / name, out)

    answer: Any = ran.answer
    assert ran.code == 0, ran.err
    assert answer["lines"] == sum(answer["counts"].values()) == len(rows)
    lines = out.read_text().splitlines(keepends=True)
    assert lines[0] == HEADER
    assert [line.rsplit(",", 2)[0] for line in lines[1:]] == [row.format(phone) for row in rows]


def test_one_run_is_one_decision_with_its_campaign_and_counts(
    http: Running, tmp_path: Path
) -> None:
    phone, before = a_phone(), len(decisions(http))
    http.register(phone)
    out = tmp_path / "out.csv"
    exempt = ("--purpose", "EXEMPT", "--ground", "CONTRACT", "--campaign", "teslimat.1")

    ran = filtered(http, "-", out, *exempt, stdin=f"{phone}\n{phone}\nyok\n")

    made = decisions(http)
    assert len(made) == before + 1
    assert (made[-1].decision, made[-1].campaign) == (ran.answer["decisionId"], "teslimat.1")
    assert made[-1].counts == ran.answer["counts"] == {"EXEMPT": 2, "INVALID_ADDRESS": 1}
    assert made[-1].actor == "system:cli"


def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing_behind(
    http: Running, tmp_path: Path
) -> None:
    before, out = len(decisions(http)), tmp_path / "out.csv"
    out.write_text("eski içerik")
    file = tmp_path / "in.txt"
    file.write_text("+905010000301\n" * 100 + "5" * 70_000)

    ran = filtered(http, file, out)

    assert (ran.code, ran.answer["error"]) == (1, "L-LINE-TOO-LONG")
    assert out.read_text() == "eski içerik"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt", "out.csv"]
    assert len(decisions(http)) == before


@pytest.mark.parametrize("out", ["in.txt", "yok/out.csv", "."], ids=["input", "folder", "a folder"])
def test_an_output_that_cannot_be_is_refused_before_anything_is_asked(
    http: Running, tmp_path: Path, out: str
) -> None:
    file = tmp_path / "in.txt"
    file.write_text("+905010000301\n")

    ran = filtered(http, file, tmp_path / out)

    assert (ran.code, "--out" in ran.err) == (2, True)
    assert file.read_text() == "+905010000301\n"


def test_a_refusal_taken_by_the_service_bars_the_next_file(http: Running, tmp_path: Path) -> None:
    phone, out = a_phone(), tmp_path / "out.csv"
    http.register(phone)
    http.post("/v1/refusals", {"recipient": phone, "via": "sms"}, key="operator")

    ran = filtered(http, "-", out, stdin=f"{phone}\n")

    assert ran.answer["counts"] == {"REFUSED": 1}
