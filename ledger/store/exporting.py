"""What a whole export reads of one provider: events stream by stream, whose they are."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from ledger.aggregates.events import Event
from ledger.recording.ports import Subject
from ledger.store.database import Database
from ledger.store.recorder import checked_event
from ledger.store.rows import EventRow
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault
from ledger.vocabulary import IysCode

_SQL: Final = load_blocks("ledger.store", "exporting.sql")


class ExportTables:
    """Implements `proving.export_choice.EventsByStream` and `proving.export_parts.People`."""

    def __init__(self, database: Database, iys_code: IysCode, vault: ProviderVault) -> None:
        self._database = database
        self._iys_code = iys_code
        self._vault = vault

    def page(self, after: tuple[UUID, int], size: int, limit: int) -> Sequence[Event]:
        """See EventsByStream. Raises StoreUnavailable, LedgerBroken."""
        asked = {"stream": after[0], "seq": after[1], "size": size, "limit": limit}
        rows = self._database.read(self._iys_code, _SQL["events_by_stream"], asked)
        return [checked_event(EventRow(*row)) for row in rows]

    def of(self, subjects: Collection[UUID]) -> dict[UUID, tuple[Subject, str]]:
        """See People. Raises StoreUnavailable, LedgerBroken."""
        asked = {"subjects": list(subjects)}
        rows = self._database.read(self._iys_code, _SQL["people"], asked)
        found = {}
        for subject, lookup, generation, sealed, wrapped, epoch, closed in rows:
            key = self._vault.open_subject_key(wrapped, epoch)
            uri = self._vault.open_address(key, subject, sealed)
            found[subject] = (Subject(subject, lookup, key, generation, closed), uri)
        return found
