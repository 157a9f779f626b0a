"""The vault's keys and seals (design.md §6); no database."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.addresses import parse_address
from ledger.errors import LedgerBroken, SettingsRefused
from ledger.recording.ports import SealedSubject
from ledger.store.vault import CHANCE_BYTES, Chance, ProviderVault
from ledger.store.vault_keys import KeyFolder, ProviderKeys
from ledger.vocabulary import BrandCode, Channel, IysCode

ADDRESS = parse_address("+905010000101", Channel.MESSAGE)
AT = datetime(2026, 11, 22, tzinfo=UTC)
EVENT, OTHER_EVENT = "019a9153-2800-7abc-8123-456789abcdef", "019a9153-2800-7abc-8123-456789abcdee"


def a_vault(kek: bytes = b"k" * 32, iys_code: int = 123456) -> ProviderVault:
    return ProviderVault(ProviderKeys.derive(kek, IysCode(iys_code)))


def a_subject(vault: ProviderVault) -> SealedSubject:
    lookup = vault.lookup(ADDRESS.uri)
    return vault.new_subject(ADDRESS, lookup=lookup, generation=1, at=AT)


def test_an_address_opens_under_its_own_key_and_subject_only() -> None:
    vault = a_vault()
    made, other = a_subject(vault), a_subject(vault)
    key = vault.open_subject_key(made.wrapped_key, made.kek_epoch)

    assert vault.open_address(key, made.subject.id, made.sealed_address) == ADDRESS.uri
    with pytest.raises(LedgerBroken):
        vault.open_address(key, other.subject.id, made.sealed_address)
    with pytest.raises(LedgerBroken):
        vault.open_address(other.subject.key, made.subject.id, made.sealed_address)


def test_a_payload_opens_for_its_own_event_only() -> None:
    vault = a_vault()
    key = a_subject(vault).subject.key
    sealed = vault.seal(key, EVENT, {"note": {"source": "HS_KAHVE"}})

    assert vault.open(key, EVENT, sealed) == {"note": {"source": "HS_KAHVE"}}
    for event, damaged in ((OTHER_EVENT, sealed), (EVENT, sealed[:-1]), (EVENT, b"")):
        with pytest.raises(LedgerBroken):
            vault.open(key, event, damaged)


def test_another_provider_and_another_key_of_keys_find_and_open_nothing() -> None:
    vault, made = a_vault(), a_subject(a_vault())

    for stranger in (a_vault(iys_code=654321), a_vault(kek=b"x" * 32)):
        assert stranger.lookup(ADDRESS.uri) != vault.lookup(ADDRESS.uri)
        with pytest.raises(LedgerBroken):
            stranger.open_subject_key(made.wrapped_key, made.kek_epoch)
    with pytest.raises(LedgerBroken):
        vault.open_subject_key(made.wrapped_key, made.kek_epoch + 1)


def test_an_item_id_is_remembered_per_brand() -> None:
    vault = a_vault()
    ids = {vault.command_id(BrandCode(brand), item) for brand in (1, 2) for item in ("a", "b")}

    assert len(ids) == 4


def test_random_bytes_are_given_once_also_to_a_child_process() -> None:
    chance = Chance()
    taken = {chance.take(16) for _ in range(3 * CHANCE_BYTES // 16)}
    assert len(taken) == 3 * CHANCE_BYTES // 16

    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, chance.take(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 16) != chance.take(16)
    os.close(read)
    os.close(write)


def test_keys_are_made_once_and_only_when_asked(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")

    with pytest.raises(SettingsRefused, match="missing"):
        folder.kek()
    assert not (tmp_path / "keys").exists()

    made = folder.kek(make=True)
    assert folder.kek() == made == folder.kek(make=True)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / "kek-1").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("open_to_others", ["keys", "keys/kek-1"], ids=["folder", "file"])
def test_keys_open_to_others_are_refused(tmp_path: Path, open_to_others: str) -> None:
    KeyFolder(tmp_path / "keys").kek(make=True)
    (tmp_path / open_to_others).chmod(0o755)

    with pytest.raises(SettingsRefused, match="open to others"):
        KeyFolder(tmp_path / "keys").kek()


@pytest.mark.parametrize(
    "text", ["", "xyz", "a" * 63, "A" * 64], ids=["empty", "word", "63", "upper"]
)
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    KeyFolder(tmp_path / "keys").kek(make=True)
    (tmp_path / "keys" / "kek-1").write_text(text, encoding="ascii")

    with pytest.raises(SettingsRefused, match="64 hex digits"):
        KeyFolder(tmp_path / "keys").kek()


def test_nothing_that_holds_a_key_shows_it() -> None:
    made = a_subject(a_vault())

    shown = f"{made!r} {made.subject!r} {ProviderKeys.derive(b'k' * 32, IysCode(1))!r}"
    assert made.subject.key.hex() not in shown
    assert repr(made.subject.key) not in shown
