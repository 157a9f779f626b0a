"""The oracle on lists of bulk status: each comes to its event, and its rows follow from it (C9)."""

from collections.abc import Callable
from itertools import pairwise
from uuid import UUID

from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import IysSnapshot
from ledger.clock import utc_text
from ledger.projections.fsck_report import Report
from ledger.projections.snapshots import (
    LISTED,
    SQL,
    SUBJECT_BYTES,
    list_name,
    root_of_listed,
)
from ledger.store.database import LedgerConnection
from ledger.store.rows import CHANNEL_NUMBER, TYPE_NUMBER
from ledger.vocabulary import BrandCode, RecipientType

CommandId = Callable[[BrandCode, str], bytes]


class SnapshotsCheck:
    """Compares lists and rows with the events, one list in memory at a time."""

    def __init__(self, report: Report, connection: LedgerConnection, command_id: CommandId) -> None:
        """`command_id`: the vault's. One snapshot for this and the events is the caller's."""
        self._report = report
        self._cursor = connection.cursor()
        self._lists = self._rows = 0
        self._staged = {
            position
            for (list_id,) in self._cursor.execute(SQL["staged_everywhere"]).fetchall()
            if (position := self._position_of(command_id(BrandCode(0), list_name(list_id))))
        }

    def take(self, event: Event) -> None:
        """One more event."""
        if isinstance(event.body, IysSnapshot):
            self._compare(event.position, event.body)

    def close(self) -> None:
        """After the last event: lists and rows that no event accounts for."""
        found = self._cursor.execute(SQL["totals"]).fetchone()
        assert found is not None
        for name, kept, expected in zip(
            ("iys_snapshot_lists", "iys_snapshot"), found, (self._lists, self._rows), strict=True
        ):
            if kept != expected:
                self._report.find(f"{name}: {kept} rows, the events account for {expected}")

    def _compare(self, position: int, body: IysSnapshot) -> None:
        row = self._cursor.execute(SQL["list_at"], {"position": position}).fetchone()
        if row is None:
            if position not in self._staged:  # else the adoption was killed, and goes on
                self._report.find(f"event {position}: its list is missing")
            return
        brand, kind, channel, asked_at, packed, flags = row
        cuts = range(0, len(packed), SUBJECT_BYTES)
        subjects = [UUID(bytes=packed[cut : cut + SUBJECT_BYTES]) for cut in cuts]
        listed = [one for one, flag in zip(subjects, flags, strict=True) if flag & LISTED]
        kept = (brand, kind, channel, utc_text(asked_at), len(subjects), len(listed))
        told = (
            body.brand,
            TYPE_NUMBER[RecipientType(body.recipient_type)],
            CHANNEL_NUMBER[body.channel],
            body.seen_at,
            body.asked,
            body.granted,
        )
        ascend = all(one < other for one, other in pairwise(subjects))
        if kept != told or not ascend:
            self._report.find(f"event {position}: its list is not what it says")
        elif root_of_listed(listed).hex() != body.root:
            self._report.find(f"event {position}: those listed do not come to its root")
        self._lists, self._rows = self._lists + 1, self._rows + len(subjects)
        counts = self._cursor.execute(SQL["rows_of_list"], {"position": position}).fetchone()
        if counts is None or counts[0] != counts[1]:
            self._report.find(f"event {position}: iys_snapshot is not what its list says")

    def _position_of(self, command: bytes) -> int | None:
        row = self._cursor.execute(SQL["position_of"], {"command": command}).fetchone()
        return None if row is None else row[0]
