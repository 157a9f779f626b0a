"""Files brought to a running service: evidence, and imports as jobs, by client and command line."""

import io
import os
import re
from pathlib import Path

import pytest

from ledger.client import Channel, Client, ConsentItem, ConsentSource, ConsentStatus, Refused
from tests.acceptance.services import BRAND, IYS_CODE, Running, a_phone, minutes_ago
from tests.acceptance.test_cli_server import Both
from tests.acceptance.test_client import url_of
from tests.acceptance.wire import KEY

HEADER = "type,source,recipient,status,consentDate,recipientType\n"


def rows(*phones: str) -> str:
    lines = (f"MESAJ,HS_WEB,{phone},ONAY,{minutes_ago(60)},BIREYSEL" for phone in phones)
    return HEADER + "\n".join([*lines, "MESAJ,HS_KAHVE,0501,ONAY,,BIREYSEL"]) + "\n"


def test_evidence_is_named_by_the_item_that_it_proves(http: Running) -> None:
    with Client(url_of(http), KEY) as izin:
        content = f"form of {a_phone()}".encode()
        kept = [izin.upload_evidence(content, "FORM", iys_code=IYS_CODE) for _ in "12"]
        item = ConsentItem(
            recipient=a_phone(),
            type=Channel.MESSAGE,
            status=ConsentStatus.GRANTED,
            source=ConsentSource.HS_WEB,
            consentDate=minutes_ago(60),
            evidenceId=kept[0].evidenceId,
        )
        (taken,) = izin.record(BRAND, [item]).items

    assert kept[0] == kept[1]
    assert (taken.outcome, taken.code) == ("recorded", None)


def test_an_import_is_handed_over_and_its_verdicts_come_back(http: Running) -> None:
    phones, out = [a_phone() for _ in range(3)], io.BytesIO()
    with Client(url_of(http), http.keys["operator"]) as izin:
        file = io.BytesIO(rows(*phones).encode())
        begun = izin.import_file(BRAND, file, file_name="onaylar (Kasım).csv")
        *_, done = izin.import_progress(begun.id)
        izin.verdicts(begun.id, out)

    assert (done.state, done.rowsRead, done.fileName) == ("DONE", 4, "onaylar (Kasım).csv")
    assert (done.verdicts["recorded"], done.verdicts["refused"]) == (3, 1)
    assert out.getvalue().decode().splitlines()[:2] == ["line,verdict,code,message", "2,recorded,,"]


def test_a_job_of_nobody_is_refused_and_its_id_never_leads_elsewhere(http: Running) -> None:
    with Client(url_of(http), KEY) as izin:
        with pytest.raises(Refused) as unknown:
            izin.import_status("01234567-89ab-4cde-8f01-23456789abcd")
        with pytest.raises(ValueError, match="UUID"):
            izin.import_status("../brands/1/status")

    assert unknown.value.problem.status == 404


def test_an_import_there_says_what_one_here_says(http: Running, tmp_path: Path) -> None:
    both, (first, second) = Both(http), ("burada.csv", "orada.csv")
    for name in (first, second):
        (tmp_path / name).write_text(rows(a_phone(), a_phone()))
    given = ("--brand", str(BRAND), "--json")

    outs = [tmp_path / "h.csv", tmp_path / "t.csv"]
    here = both.here("import", str(tmp_path / first), *given, "--verdicts", str(outs[0]))
    there = both.there("import", str(tmp_path / second), *given, "--verdicts", str(outs[1]))
    again = both.there("import", str(tmp_path / second), *given)
    tried = both.there("import", str(tmp_path / first), *given, "--dry-run")

    assert [ran.code for ran in (here, there, again, tried)] == [0, 0, 0, 0], there.err
    assert outs[0].read_bytes() == outs[1].read_bytes()
    apart = ("import", "seconds")  # two files, two stop-watches
    counts = [{k: v for k, v in one.answer.items() if k not in apart} for one in (here, there)]
    assert list(here.answer) == list(there.answer)
    assert counts[0] == counts[1]
    assert (again.answer["recorded"], again.answer["already"]) == (0, 2)
    assert (tried.answer["dryRun"], tried.answer["read"]) == (True, 3)


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize("lang", ["tr", "en"])
def test_a_dry_run_there_says_what_one_here_says(
    http: Running, tmp_path: Path, form: tuple[str, ...], lang: str
) -> None:
    both, file = Both(http), tmp_path / "liste.csv"
    dated = (("2025-09-30 23:59:59", 3), ("2025-11-01 00:00:00", 40))
    lines = [
        f"MESAJ,HS_WEB,{a_phone()},ONAY,{date},BIREYSEL"
        for date, count in dated
        for _ in "x" * count
    ]
    lines.append(f"MESAJ,,{a_phone()},RET,,BIREYSEL")
    file.write_text(HEADER + "\n".join(lines) + "\n")
    given = ("import", str(file), "--brand", str(BRAND), "--dry-run", "--lang", lang, *form)

    here, there = both.here(*given), both.there(*given)

    assert (here.code, there.code) == (0, 0), there.err
    assert "2025-09" in here.out and "2025-11" in here.out
    if form:
        apart = {"seconds": None}
        assert {**here.answer, **apart} == {**there.answer, **apart}
        assert (here.answer["undated"], here.answer["whole"]) == (1, True)
    else:
        assert here.out == there.out


def test_the_job_is_named_at_once_and_its_verdicts_can_be_fetched_by_it(
    http: Running, tmp_path: Path
) -> None:
    both, file, out = Both(http), tmp_path / "liste.csv", io.BytesIO()
    file.write_text(rows(a_phone()))

    ran = both.there("import", str(file), "--brand", str(BRAND), "--json")

    named = re.search(r"Hizmetteki iş: (\S+)\n", ran.err)
    assert named, ran.err
    with Client(url_of(http), KEY) as izin:
        izin.verdicts(named[1], out)
    assert out.getvalue().count(b"\n") == 3


@pytest.mark.parametrize("name", ["bos.csv", "bos.xlsx"])
def test_an_empty_file_is_refused_alike(http: Running, tmp_path: Path, name: str) -> None:
    both, file = Both(http), tmp_path / name
    file.touch()
    given = ("import", str(file), "--brand", str(BRAND), "--json")

    here, there = both.here(*given), both.there(*given)

    assert (here.code, here.answer["error"]) == (1, "L-FILE-EMPTY")
    assert (there.code, there.out, there.err) == (here.code, here.out, here.err)


@pytest.mark.parametrize(
    "name",
    [b"\xff.csv", b"satir\nsonu.csv", b"a" * 240 + b".csv", " \u0301.csv".encode()],
    ids=["no text", "a line's end", "long", "blank"],
)
def test_a_file_is_handed_over_whatever_its_name(
    http: Running, tmp_path: Path, name: bytes
) -> None:
    file = tmp_path / os.fsdecode(name)
    file.write_text(rows(a_phone()))

    ran = Both(http).there("import", str(file), "--brand", str(BRAND), "--json")

    assert (ran.code, ran.answer["recorded"]) == (0, 1), ran.err


def test_what_a_service_does_not_import_is_said(http: Running, tmp_path: Path) -> None:
    both, file = Both(http), tmp_path / "x.csv"
    file.write_text("a;b\n1;2\n")
    (tmp_path / "map.toml").write_text('[columns]\nphone = "a"\n')
    given = ("import", str(file), "--brand", str(BRAND), "--json")

    unknown = both.there(*given)
    refused_rows = both.there(*given, "--refused", str(tmp_path / "r.csv"))
    mapped = both.there(*given, "--map", str(tmp_path / "map.toml"))
    missing = both.there("import", str(tmp_path / "yok.csv"), "--brand", str(BRAND), "--json")

    assert [ran.code for ran in (unknown, refused_rows, mapped, missing)] == [1, 2, 2, 1]
    gone = both.here("import", str(tmp_path / "yok.csv"), "--brand", str(BRAND), "--json")
    assert (missing.out, missing.err) == (gone.out, gone.err)
    assert unknown.answer["error"] == both.here(*given).answer["error"]
    assert not (tmp_path / "r.csv").exists()
