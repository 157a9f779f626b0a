"""The wiring of what makes the logs provable: tree, second place, keys, time stamp authorities."""

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from secrets import SystemRandom
from typing import Final, Protocol

from ledger import clock
from ledger.aggregates.provider_bodies import LedgerOpened
from ledger.application import ConsentLedger
from ledger.errors import LedgerError, SettingsRefused
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.local_tsa import KeyMaterial, make_key_material
from ledger.evidence.log_book import LogBook
from ledger.evidence.note import VerifierKey
from ledger.evidence.publishing import LogBehind, LogKey, Publisher, expect_ahead
from ledger.evidence.seal import NamedTsa
from ledger.evidence.stamps import TimeStampAuthority, Trust
from ledger.iys_sync.archive import DayArchive
from ledger.projections.tree import TreeFollower
from ledger.proving.keeping import LogKeeper
from ledger.proving.question import Sources
from ledger.recording.evidence_ports import EvidenceStore
from ledger.recording.ports import Provider
from ledger.recording.text_ports import Texts
from ledger.reporting import facts as report_facts
from ledger.settings import Settings, TsaSettings, default_checkpoints
from ledger.store.database import Database
from ledger.store.log import LogTables
from ledger.store.providers import Providers
from ledger.store.second_place import SecondPlace
from ledger.store.vault_keys import KeyFolder
from ledger.vocabulary import IysCode
from ledger.wiring.sync import Connections

FORMATS: Final = {"commit": 1, "envelope": 1, "stream": 1}
SOFTWARE: Final = "izin-defteri 0.1.0"


class NotBehind(LedgerError):
    """Nothing of the log is missing."""

    turkish_kind = "Defterde eksik yok"


class Kept(Protocol):
    """What of an open database this needs."""

    dsn: str
    database: Database
    providers: Providers
    connections: Connections

    def ledger(self, iys_code: IysCode) -> ConsentLedger:
        """The ledger of one provider."""

    def evidence(self, iys_code: IysCode) -> EvidenceStore:
        """The evidence kept for a provider."""

    def texts(self, iys_code: IysCode) -> Texts:
        """A provider's published texts."""

    def forget(self, iys_code: IysCode) -> None:
        """Open the provider's ledger anew when it is next asked for."""

    def ledger_named(self, iys_code: IysCode, log_origin: str) -> ConsentLedger:
        """The ledger of one provider, whose next events bear this name of the log."""


class Logs:
    """The logs of the providers kept in one database."""

    def __init__(self, home: Kept, folder: KeyFolder, settings: Settings) -> None:
        self._home = home
        self._folder = folder
        self._settings = settings
        self._keepers: dict[IysCode, LogKeeper] = {}

    def tables(self, iys_code: IysCode) -> LogTables:
        """Tree, checkpoints and seals."""
        return LogTables(self._home.dsn, self._home.database, iys_code)

    def key(self, iys_code: IysCode) -> LogKey:
        """What signs the log. Raises NotFound, SettingsRefused."""
        origin = self._home.providers.get(iys_code).log_origin
        return LogKey(origin, self._folder.log_key(iys_code))

    def public_key(self, iys_code: IysCode) -> VerifierKey:
        """What checks the log's signatures. Raises NotFound, SettingsRefused."""
        return self.key(iys_code).public

    def second_place(self, iys_code: IysCode) -> SecondPlace:
        """Where the last checkpoint lies besides the database."""
        origin = self._home.providers.get(iys_code).log_origin
        return SecondPlace(self._settings.checkpoints, origin)

    def tree(self, iys_code: IysCode) -> TreeFollower:
        """What keeps the tiles up with the log."""
        return TreeFollower(self._home.database, iys_code)

    def keeper(self, iys_code: IysCode) -> LogKeeper:
        """What shows, seals and maps the log."""
        if iys_code not in self._keepers:
            tables = self.tables(iys_code)
            publisher = Publisher(tables, self.second_place(iys_code), lambda: self.key(iys_code))
            self._keepers[iys_code] = LogKeeper(
                self._home.ledger(iys_code),
                tables,
                publisher,
                lambda: self.public_key(iys_code),
                catch_up=self.tree(iys_code).catch_up,
                authorities=self.authorities,
                seal_every=timedelta(minutes=self._settings.seal_minutes),
                asked_max=self._settings.tsa_asked_max,
                jitter=SystemRandom().random,
            )
        return self._keepers[iys_code]

    def sources(self, iys_code: IysCode) -> Sources:
        """What bundles are made of. Raises NotFound, SettingsRefused."""
        home, key = self._home, self.public_key(iys_code)
        details = home.providers.details(iys_code)
        trust = {"log.vkey": f"{key.vkey}\n".encode()}
        root = self.test_root()
        if root is not None:
            trust["TEST-root.pem"] = root
        return Sources(
            ledger=home.ledger(iys_code),
            store=self.tables(iys_code),
            keeper=self.keeper(iys_code),
            log_key=key,
            evidence=home.evidence(iys_code),
            texts=home.texts(iys_code),
            rows=DayArchive(home.connections.day_files(iys_code)),
            provider=report_facts.Provider(
                title=details.title,
                iys_code=iys_code,
                mersis=details.mersis,
                vkn=details.vkn,
                kep=details.kep,
                address=details.address,
            ),
            trust=trust,
        )

    def warnings(self, iys_codes: Sequence[IysCode]) -> list[str]:
        """`SECOND_PLACE`: the last checkpoint of a log lies on this machine only, where who changes
        the database may change it too, and no witness signs (design.md §9)."""
        if self._settings.checkpoints != default_checkpoints():
            return []
        lonely = any(not self.tables(code).witnesses() for code in iys_codes)
        return ["SECOND_PLACE"] if lonely else []

    def failing_since(self) -> list[datetime | None]:
        """Since when each keeper of this process fails, if it does."""
        return [keeper.failing_since for keeper in self._keepers.values()]

    def expect_ahead(self, iys_code: IysCode) -> None:
        """That the database was not put back behind what was shown. Raises LogBehind."""
        shown = self.second_place(iys_code).read()
        if shown is None:
            return
        tables = self.tables(iys_code)
        size = tables.log_size()
        # A tree that is still behind is compared before anything new is signed.
        if shown.tree.size > size or shown.tree.size <= tables.tree_size():
            expect_ahead(LogBook(tables), size, shown, self.public_key(iys_code))

    def recover(self, iys_code: IysCode, *, actor: str) -> Provider:
        """Go on under a new name of the log after a restored backup; its first event holds the old
        one's last checkpoint. Safe to repeat after a crash. Raises NotFound, NotBehind."""
        providers = self._home.providers
        old, shown = providers.get(iys_code), self._shown_ahead(iys_code)
        origin = providers.renew_log_key(iys_code)
        body = opening(providers, iys_code, origin, actor, previous=shown.encode().decode())
        named = self._home.ledger_named(iys_code, origin)
        named.append_once(body, once=f"{body.TYPE}/{origin}")
        providers.rename_log(old, origin)
        self._keepers.pop(iys_code, None)
        self._home.forget(iys_code)
        return providers.get(iys_code)

    def _shown_ahead(self, iys_code: IysCode) -> SignedCheckpoint:
        """The checkpoint that the database was put back behind. Raises NotBehind."""
        shown = self.second_place(iys_code).read()
        try:
            self.expect_ahead(iys_code)
        except LogBehind:
            assert shown is not None
            return shown
        raise NotBehind("the log has everything that was ever signed; there is nothing to recover")

    def authorities(self) -> Sequence[NamedTsa]:
        """Who stamps, the usual one first. Raises SettingsRefused."""
        given = [("tsa", self._settings.tsa), ("tsa2", self._settings.tsa2)]
        return [NamedTsa(name, self._authority(one)) for name, one in given if one is not None]

    def test_root(self) -> bytes | None:
        """The root of the embedded TEST authority, PEM, if it stamps here."""
        stamps = [self._settings.tsa, self._settings.tsa2]
        if not any(one is not None and one.profile == "local" for one in stamps):
            return None
        return self._test_material().root

    def _authority(self, given: TsaSettings) -> TimeStampAuthority:
        from ledger.evidence import (
            timestamping,  # it takes long to load, most commands do not stamp
        )

        if given.profile == "local":
            if self._settings.production:
                raise SettingsRefused(
                    "the local TSA stamps TESTs: production needs IZIN_TSA__PROFILE and its URL",
                    "yerel damga TEST içindir: üretimde IZIN_TSA__PROFILE ve URL gerekir",
                )
            return timestamping.local(self._test_material())
        if given.url is None or given.roots is None:
            raise SettingsRefused(
                "a TSA needs IZIN_TSA__URL and IZIN_TSA__ROOTS, the PEM file of its roots",
                "zaman damgası için IZIN_TSA__URL ve IZIN_TSA__ROOTS (kök PEM dosyası) gerekir",
            )
        trust = Trust(roots=_read(given.roots), policy=given.policy)
        password = None if given.password is None else given.password.get_secret_value()
        if given.profile == "kamusm":
            if given.user is None or not given.user.isdecimal() or password is None:
                raise SettingsRefused(
                    "Kamu SM needs IZIN_TSA__USER, a number, and IZIN_TSA__PASSWORD",
                    "Kamu SM için IZIN_TSA__USER (sayı) ve IZIN_TSA__PASSWORD gerekir",
                )
            return timestamping.kamusm(
                given.url, trust, customer=int(given.user), password=password
            )
        account = None
        if given.user is not None and password is not None:
            account = timestamping.Account(given.user, password)
        return timestamping.plain(given.url, trust, account)

    def _test_material(self) -> KeyMaterial:
        """Root, certificate and key in one file, made when first asked for."""
        file = self._folder.test_tsa()
        if not file.exists():
            made = make_key_material(clock.now())
            _make_once(file, b"".join((made.root, made.certificate, made.key)))
        root, certificate, key = _pem_parts(_read(file))
        return KeyMaterial(root=root, certificate=certificate, key=key)


def opening(
    providers: Providers,
    iys_code: IysCode,
    origin: str,
    actor: str,
    *,
    previous: str | None = None,
) -> LedgerOpened:
    """The first event of a log. `previous`: the last checkpoint of the one before, if any."""
    return LedgerOpened(
        origin=origin,
        iys_code=iys_code,
        public_key=providers.public_key(iys_code),
        formats=FORMATS,
        software=SOFTWARE,
        at=clock.utc_text(clock.now()),
        actor=actor,
        previous_checkpoint=previous,
    )


def _pem_parts(pem: bytes) -> Sequence[bytes]:
    parts = [part + b"-----\n" for part in pem.split(b"-----\n")]
    joined = [begin + end for begin, end in zip(parts[0::2], parts[1::2], strict=False)]
    if len(joined) != 3:
        raise SettingsRefused("the file of the TEST time stamp authority is not three PEM parts")
    return joined


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsRefused(f"{file} cannot be read", f"{file} okunamıyor") from error


def _make_once(file: Path, content: bytes) -> None:
    # Written aside and linked: of two processes that start at once, one wins, whole.
    draft = file.with_name(f".{file.name}-{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
            with suppress(FileExistsError):
                os.link(draft, file)
        finally:
            draft.unlink()
    except OSError as error:
        raise SettingsRefused(f"{file} cannot be made", f"{file} oluşturulamıyor") from error
