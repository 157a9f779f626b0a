"""The oracle on the tables that follow from the log: each is what its events come to."""

from ledger.aggregates.events import Event
from ledger.projections import confirmations, movements, outbox
from ledger.projections.follower import position_of
from ledger.projections.fsck_confirmations import ConfirmationsCheck
from ledger.projections.fsck_report import Report
from ledger.projections.fsck_snapshots import SnapshotsCheck
from ledger.store.database import LedgerConnection
from ledger.store.vault import ProviderVault


class Tables:
    """Compares them within one snapshot, which is the caller's to provide."""

    def __init__(self, report: Report, connection: LedgerConnection, vault: ProviderVault) -> None:
        self._report = report
        self._connection = connection
        cursor = connection.cursor()
        self._waiting = outbox.OutboxFold()
        self._waiting_to = position_of(cursor, outbox.NAME)
        self._movements = movements.MovementsCheck(connection, position_of(cursor, movements.NAME))
        self._snapshots = SnapshotsCheck(report, connection, vault.command_id)

    def take(self, event: Event) -> None:
        """One more event, in the order of the log."""
        if event.position <= self._waiting_to:
            self._waiting.add(event)
        self._movements.take(event)
        self._snapshots.take(event)

    def close(self) -> None:
        """After the last event of the log."""
        found = outbox.compare(self._connection.cursor(), self._waiting)
        for text in (*found, *self._movements.close()):
            self._report.find(text)
        self._snapshots.close()

    def by_stream(self) -> ConfirmationsCheck:
        """What compares in the order of streams."""
        read_to = position_of(self._connection.cursor(), confirmations.NAME)
        return ConfirmationsCheck(self._connection, read_to)
