"""The composition root: settings to wired objects. Only mains, the CLI and tests use it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from ledger import clock
from ledger.aggregates.provider_bodies import BrandClosed, BrandOpened, LedgerOpened
from ledger.application import ConsentLedger
from ledger.bootstrap_log import Logs, opening
from ledger.importing.jobs import ImportWorker
from ledger.importing.templates import TEMPLATES
from ledger.iys_sync.day_reading import DayReader
from ledger.projections import fsck
from ledger.projections.days import DayTable
from ledger.projections.deadlines import DeadlineTables
from ledger.projections.follower import Follower
from ledger.projections.fsck_report import Report
from ledger.proving.question import Sources
from ledger.recording.ports import Brand, Provider
from ledger.recording.principals import KeysStale, Principal
from ledger.recording.text_ports import RegisteredText, TextKind
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
from ledger.wiring.measuring import SyncMeter
from ledger.wiring.projections import projections
from ledger.wiring.sync import Connections
from ledger.wiring.texts import add_text

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
        self.connections = Connections(
            dsn, database, self.providers, ledger=self.ledger, brands=self.brands
        )
        self._access = AccessWriter(database)
        self._ledgers: dict[IysCode, ConsentLedger] = {}
        self.measures = SyncMeter(
            partial(measures, database, self.keys, self._ledgers), self._ledgers, self
        )
        self._followers: list[Follower] = []
        self._watched: list[Callable[[], datetime | None]] = []
        self._uploads = settings.upload_folder
        self.logs = Logs(self, folder, settings)
        self.warnings: Callable[[], list[str]] = lambda: self.logs.warnings(self.iys_codes())
        self._evidence: dict[IysCode, EvidenceTable] = {}
        self._texts: dict[IysCode, TextTable] = {}
        self._imports: dict[IysCode, ImportJobTable] = {}

    def ledger(self, iys_code: IysCode) -> ConsentLedger:
        """One provider's. Raises NotFound; SettingsRefused: foreign keys; LogBehind: put back."""
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

    def deadlines(self, iys_code: IysCode) -> DeadlineTables:
        """What of the provider's runs late."""
        return DeadlineTables(self.database, iys_code)

    def days(self, iys_code: IysCode) -> DayTable:
        """How far the provider's days at İYS are. Raises NotFound."""
        vault = ProviderVault(self.providers.keys(iys_code))
        return DayTable(self.database, iys_code, vault)

    def day_reader(self, iys_code: IysCode) -> DayReader:
        """The provider's past days as they would be filed now. Raises NotFound."""
        return self.connections.day_reader(iys_code)

    def is_connected(self, iys_code: IysCode) -> bool:
        """Whether the provider has an account at İYS here. Raises NotFound."""
        return self.connections.account(iys_code).read() is not None

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
            vault = ProviderVault(self.providers.keys(iys_code))
            folder = UploadFolder(self._uploads / schema_of(iys_code))
            self._imports[iys_code] = ImportJobTable(
                self.database, iys_code, vault, folder, templates=("auto", *TEMPLATES)
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

    def followers(self, iys_code: IysCode) -> list[Follower]:
        """What keeps the provider's projections up with the log."""
        made = [Follower(self.database, iys_code, one) for one in projections()]
        self._followers += made
        return made

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
        for follower in self.followers(iys_code):
            follower.catch_up()

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
        """Register a text by id and version. Safe to repeat. Raises NotFound, TextDiffers."""
        return add_text(
            self.texts(iys_code), self.ledger(iys_code), name, kind, language, content, actor=actor
        )


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
