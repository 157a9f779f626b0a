"""`izin log export` and `izin mirror`: a log leaves its house, and a stranger checks it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.commands import Ran, izin, run
from tests.acceptance.services import IYS_CODE, Running, an_item
from tests.acceptance.wire import KEY


def a_ledger(folder: Path) -> Path:
    """Three events: opened, brand, map of streams."""
    code = ("--iys-code", "123456")
    assert izin(folder, "provider", "add", *code, "--title", "Örnek").code == 0
    assert izin(folder, "brand", "add", *code, "--brand", "123456", "--name", "Örnek").code == 0
    assert izin(folder, "seal", "--heads").code == 0
    return folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of three events, written out."""
    folder = tmp_path_factory.mktemp("exported")
    assert export(a_ledger(folder / "data"), folder / "log").code == 0
    return folder / "log"


def export(data: Path, to: Path, *more: str) -> Ran:
    return izin(data, "log", "export", str(to), *more, "--json")


def mirror(source: Path | str, to: Path, vkey: Path | str, *more: str, **settings: str) -> Ran:
    options = ("--to", str(to), "--vkey", str(vkey), *more, "--json")
    return run("mirror", str(source), *options, **settings)


def test_a_stranger_s_copy_grows_with_the_log(tmp_path: Path) -> None:
    data, log, copy = a_ledger(tmp_path / "data"), tmp_path / "log", tmp_path / "copy"
    written = export(data, log)
    assert (written.code, written.answer["size"]) == (0, 3)
    assert "yalnız denetçilere" in written.err
    first = mirror(log, copy, log / "log.vkey")
    assert izin(data, "seal", "--heads").code == 0
    root = export(data, log).answer["root"]
    hashes = export(data, tmp_path / "hashes", "--no-entries")

    second = mirror(log, copy, (log / "log.vkey").read_text().strip())

    assert (first.code, second.code) == (0, 0)
    assert (hashes.answer["entries"], "denetçilere" in hashes.err) == (False, False)
    assert not (tmp_path / "hashes/tile/entries").exists()
    members = second.answer
    maps = members.pop("maps")
    assert members == {"size": 4, "root": root, "added": 1, "reopened": [], "findings": []}
    assert isinstance(maps, list)
    assert [(one["position"], one["size"], one["isTrue"]) for one in maps] == [
        (3, 2, True),
        (4, 3, True),
    ]
    assert izin(data, "fsck").code == 0


def change_entries(log: Path) -> None:
    bundle = log / "tile/entries/000.p/3"
    bundle.write_bytes(bundle.read_bytes().replace(b"system:cli", b"system:clj"))


def change_hash(log: Path) -> None:
    tile = log / "tile/0/000.p/3"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])


def lose_entries(log: Path) -> None:
    (log / "tile/entries/000.p/3").unlink()


LIES: dict[Callable[[Path], None], tuple[str, str]] = {
    change_entries: ("kayıtlar karosundakiler değil", "the entries are not those of their tile"),
    change_hash: ("karolar imzalı köke varmıyor", "the tiles do not lead to the signed root"),
    lose_entries: ("kaynakta bu dosya yok", "the source has no such file"),
}


def test_a_lie_is_named_in_both_languages(exported: Path, tmp_path: Path) -> None:
    for lie, (turkish, english) in LIES.items():
        log = shutil.copytree(exported, tmp_path / lie.__name__)
        lie(log)

        told = mirror(log, tmp_path / "copy", log / "log.vkey")
        in_english = mirror(log, tmp_path / "copy", log / "log.vkey", "--lang", "en")

        assert (told.code, in_english.code) == (1, 1)
        assert turkish in told.err
        assert english in in_english.err
        assert told.answer["error"] == "CopyRefused"
    assert not (tmp_path / "copy" / "checkpoint").exists()


@pytest.mark.parametrize("vkey", ["nowhere", "a+00000000+AAAA", ""])
def test_a_key_that_is_none_is_a_usage_error(tmp_path: Path, vkey: str) -> None:
    told = mirror(tmp_path, tmp_path / "copy", vkey)

    assert (told.code, "--vkey" in told.err, "Traceback" in told.err) == (2, True, False)


def test_a_source_that_is_none_is_a_usage_error(exported: Path, tmp_path: Path) -> None:
    for source in (tmp_path / "nowhere", "https://", "ftp://a"):
        told = mirror(source, tmp_path / "copy", exported / "log.vkey")
        assert (told.code, "SOURCE" in told.err) == (2, True)


def test_a_running_service_is_mirrored(http: Running, tmp_path: Path) -> None:
    for _ in range(3):
        http.item(an_item())
    keeper = http.home.logs.keeper(IYS_CODE)
    shown = keeper.show()
    assert shown is not None
    prefix = f"http://{http.served.host}:{http.served.port}/v1/log/{IYS_CODE}"
    vkey = http.home.logs.public_key(IYS_CODE).vkey
    key_file = tmp_path / "key"
    key_file.write_text(KEY)

    without_key = mirror(prefix, tmp_path / "copy", vkey)
    with_key = mirror(prefix, tmp_path / "copy", vkey, "--key-file", str(key_file))

    assert (without_key.code, "denetçiler" in without_key.err) == (1, True)
    assert (with_key.code, with_key.answer["size"]) == (0, shown.tree.size)
    assert KEY not in without_key.err + with_key.err
