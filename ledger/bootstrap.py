"""The composition root: settings to wired objects. Only mains, the CLI and tests use it."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from ledger import clock
from ledger.aggregates.provider_bodies import BrandClosed, BrandOpened, LedgerOpened, TextRegistered
from ledger.application import ConsentLedger
from ledger.bootstrap_log import Logs, opening
from ledger.importing.jobs import ImportWorker
from ledger.importing.templates import TEMPLATES
from ledger.projections import fsck
from ledger.projections.follower import Follower
from ledger.projections.fsck_report import Report
from ledger.projections.outbox import Outbox
from ledger.proving.question import Sources
from ledger.recording.ports import Brand, Provider
from ledger.recording.principals import KeysStale, Principal
from ledger.recording.text_ports import RegisteredText, TextDiffers, TextKind
from ledger.settings import Settings
from ledger.store.access import ApiKeys
from ledger.store.access_log import AccessWriter, ProviderAccessLog
from ledger.store.database import POOL_SIZE_MAX, Database, check_dsn, schema_of
from ledger.store.deciding import DecisionTables
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.evidence import EvidenceTable
from ledger.store.import_jobs import ImportJobTable
from ledger.store.job_queue import JobQueueOfAll
from ledger.store.log import LogTables
from ledger.store.measuring import measures
from ledger.store.migrate import migrate
from ledger.store.providers import ProviderDetails, Providers
from ledger.store.recorder import LedgerFactory
from ledger.store.referrals import ReferralTable
from ledger.store.texts import TextTable
from ledger.store.unit import ProviderStore
from ledger.store.uploads import UploadFolder
from ledger.store.vault import ProviderVault
from ledger.store.vault_keys import KeyFolder
from ledger.vocabulary import BrandCode, IysCode, Role

STARTER: Final = Principal("env", "IZIN_API_KEY", Role.ADMIN)
"""Who starts the service may do everything: the holder of the key that its environment names."""

_log = structlog.get_logger("izin")


class Home:
    """An open database with the providers kept in it, and their ledgers."""

    def __init__(self, dsn: str, database: Database, folder: KeyFolder, settings: Settings) -> None:
        self.dsn = dsn
        self.database = database
        self.providers = Providers(dsn, database, folder)
        self.keys = ApiKeys(database)
        self._access = AccessWriter(database)
        self._ledgers: dict[IysCode, ConsentLedger] = {}
        self.measures = partial(measures, database, self.keys, self._ledgers)
        self._followers: list[Follower] = []
        self._watched: list[Callable[[], datetime | None]] = []
        self._uploads = settings.upload_folder
        self.logs = Logs(self, folder, settings)
        self._evidence: dict[IysCode, EvidenceTable] = {}
        self._texts: dict[IysCode, TextTable] = {}
        self._imports: dict[IysCode, ImportJobTable] = {}

    def ledger(self, iys_code: IysCode) -> ConsentLedger:
        """The ledger of one provider. Raises NotFound, SettingsRefused for foreign keys, LogBehind
        for a log that was put back."""
        if iys_code not in self._ledgers:
            provider = self.providers.get(iys_code)
            self.logs.expect_ahead(iys_code)
            self._ledgers[iys_code] = self.ledger_named(iys_code, provider.log_origin)
        return self._ledgers[iys_code]

    def forget(self, iys_code: IysCode) -> None:
        """Open the provider's ledger anew when it is next asked for."""
        self._ledgers.pop(iys_code, None)

    def ledger_named(self, iys_code: IysCode, log_origin: str) -> ConsentLedger:
        """The ledger of one provider, whose next events bear this name of the log."""
        vault = ProviderVault(self.providers.keys(iys_code))
        return ConsentLedger(
            ProviderStore(self.database, iys_code, vault),
            vault,
            infrastructure=LedgerFactory(self.database, iys_code),
            decisions=DecisionTables(self.database, iys_code),
            log_origin=log_origin,
            on_drift=lambda seconds: _log.warning("clocks disagree", seconds=seconds),
        )

    def log_store(self, iys_code: IysCode) -> LogTables:
        """The provider's tree, checkpoints and seals."""
        return self.logs.tables(iys_code)

    def sources(self, iys_code: IysCode) -> Sources:
        """What bundles of the provider are made of. Raises NotFound."""
        return self.logs.sources(iys_code)

    def access_log(self, iys_code: IysCode) -> ProviderAccessLog:
        """Where every reading of the provider's personal data is noted."""
        return self._access.log(iys_code)

    def close(self) -> None:
        """Write what only waits to be written."""
        self._access.close()

    def brands(self, iys_code: IysCode) -> list[Brand]:
        """Every brand of a provider, by number."""
        return [brand for brand in self.providers.brands() if brand.iys_code == iys_code]

    def referrals(self, iys_code: IysCode) -> ReferralTable:
        """Refusals that wait for an officer of the provider."""
        vault = ProviderVault(self.providers.keys(iys_code))
        return ReferralTable(self.database, iys_code, vault)

    def evidence(self, iys_code: IysCode) -> EvidenceTable:
        """The evidence kept for the provider. Raises NotFound."""
        if iys_code not in self._evidence:
            vault = ProviderVault(self.providers.keys(iys_code))
            self._evidence[iys_code] = EvidenceTable(self.database, iys_code, vault)
        return self._evidence[iys_code]

    def texts(self, iys_code: IysCode) -> TextTable:
        """The provider's published texts. Raises NotFound."""
        if iys_code not in self._texts:
            self.providers.get(iys_code)
            self._texts[iys_code] = TextTable(self.database, iys_code)
        return self._texts[iys_code]

    def imports(self, iys_code: IysCode) -> ImportJobTable:
        """The provider's files that wait to be imported, or were. Raises NotFound."""
        if iys_code not in self._imports:
            self._imports[iys_code] = ImportJobTable(
                self.database,
                iys_code,
                ProviderVault(self.providers.keys(iys_code)),
                UploadFolder(self._uploads / schema_of(iys_code)),
                templates=("auto", *TEMPLATES),
            )
        return self._imports[iys_code]

    def iys_codes(self) -> list[IysCode]:
        """Every provider's number."""
        return [provider.iys_code for provider in self.providers.all()]

    def brand(self, brand_code: BrandCode) -> Brand:
        """A brand kept here, as of 2 s ago at most. Raises NotFound."""
        try:
            return self.keys.brand(brand_code)
        except KeysStale:
            return self.providers.brand(brand_code)

    def follower(self, iys_code: IysCode) -> Follower:
        """What keeps the provider's İYS outbox up with the log."""
        follower = Follower(self.database, iys_code, Outbox())
        self._followers.append(follower)
        return follower

    def failing_since(self) -> datetime | None:
        """Since when a follower of this process fails, if one does."""
        told = [one.failing_since for one in self._followers]
        told += [watched() for watched in self._watched] + self.logs.failing_since()
        return min((since for since in told if since is not None), default=None)

    def watch(self, failing_since: Callable[[], datetime | None]) -> None:
        """Ask this too in `failing_since`: of the process that follows for this one."""
        self._watched.append(failing_since)

    def follow(self, iys_code: IysCode) -> None:
        """Bring the provider's projections to the end of the log."""
        self.follower(iys_code).catch_up()

    def check(
        self, iys_code: IysCode, *, on_progress: Callable[[int], None] = lambda events: None
    ) -> Report:
        """Re-derive everything of one provider from its events and compare."""
        provider = self.providers.get(iys_code)
        vault = ProviderVault(self.providers.keys(iys_code))
        return fsck.check(self.database, provider, vault, on_progress=on_progress)

    def add_provider(self, iys_code: IysCode, details: ProviderDetails, *, actor: str) -> Provider:
        """Keep a provider and open its log: event 1 is `ledger.opened`. Safe to repeat."""
        provider = self.providers.add(iys_code, details)
        ledger = self.ledger(iys_code)
        ledger.append_once(
            opening(self.providers, iys_code, provider.log_origin, actor), once=LedgerOpened.TYPE
        )
        return provider

    def add_brand(
        self, iys_code: IysCode, brand_code: BrandCode, name: str, *, actor: str
    ) -> Brand:
        """Keep a brand: its event first, then its row. Safe to repeat. Raises NotFound."""
        ledger = self.ledger(iys_code)
        self.providers.expect_free(iys_code, brand_code)
        at = clock.utc_text(clock.now())
        ledger.append_once(
            BrandOpened(brand=brand_code, name=name, at=at, actor=actor),
            once=f"{BrandOpened.TYPE}/{brand_code}",
        )
        return self.providers.add_brand(iys_code, brand_code, name)

    def close_brand(self, brand: Brand, *, reason: str, actor: str) -> Brand:
        """Nothing may be sent for the brand any more: its event first, then its row. Safe to
        repeat; the first reason, a code, stands."""
        at = clock.utc_text(clock.now())
        self.ledger(brand.iys_code).append_once(
            BrandClosed(brand=brand.brand_code, at=at, actor=actor, reason=reason),
            once=f"{BrandClosed.TYPE}/{brand.brand_code}",
        )
        return self.providers.close_brand(brand.iys_code, brand.brand_code)

    def add_text(
        self,
        iys_code: IysCode,
        name: tuple[str, str],
        kind: TextKind,
        language: str,
        content: bytes,
        *,
        actor: str,
    ) -> RegisteredText:
        """Register a text by id and version: its bytes, then its event and row in one transaction.
        Safe to repeat. Raises NotFound; TextDiffers where the name bears another text."""
        text_id, version = name
        texts = self.texts(iys_code)
        digest = hashlib.sha256(content).hexdigest()
        kept = texts.named(*name)
        if kept is None:
            texts.keep_content(content)
            body = TextRegistered(
                id=text_id,
                version=version,
                kind=kind,
                language=language,
                sha256=digest,
                at=clock.utc_text(clock.now()),
                actor=actor,
            )
            self.ledger(iys_code).append_once(body, once=f"{body.TYPE}/{text_id}/{version}")
            kept = texts.named(*name)
            assert kept is not None
        if (kept.kind, kept.language, kept.sha256) != (kind, language, digest):
            raise TextDiffers(
                f"{text_id} version {version} is registered with another text, kind or language",
                f"{text_id} {version} sürümü başka metin, tür ya da dille kayıtlı",
            )
        return kept


@contextmanager
def home(settings: Settings, *, pool_size_max: int = POOL_SIZE_MAX) -> Iterator[Home]:
    """Start or join PostgreSQL, migrate, open; close all of it at the end.

    Raises StoreUnavailable, SettingsRefused.
    """
    with ExitStack() as stack:
        dsn = settings.database_url
        revive: Callable[[], None] = lambda: None  # noqa: E731  # the default of a parameter
        if dsn is not None:
            check_dsn(dsn)
        else:
            server = EmbeddedPostgres(settings.data.absolute(), pg_bin=settings.pg_bin)
            dsn = stack.enter_context(server).dsn
            revive = server.ensure_running
        migrate(dsn)
        database = Database(dsn, size_max=pool_size_max, revive=revive)
        stack.callback(database.close)
        database.open()
        opened = Home(dsn, database, KeyFolder(settings.key_folder), settings)
        stack.callback(opened.close)
        if settings.api_key is not None:
            opened.keys.accept(settings.api_key.get_secret_value(), STARTER)
        yield opened


@contextmanager
def open_ledger(settings: Settings, iys_code: IysCode) -> Iterator[ConsentLedger]:
    """The ledger of one provider, in a process of its own."""
    with home(settings, pool_size_max=2) as opened:
        yield opened.ledger(iys_code)


def import_worker(opened: Home, settings: Settings) -> ImportWorker:
    """What carries the import jobs of every provider out."""
    queue = JobQueueOfAll(
        opened.dsn, opened.iys_codes, opened.imports, verdict_days=settings.verdict_days
    )
    return ImportWorker(queue, opened.ledger, lambda code: partial(open_ledger, settings, code))
