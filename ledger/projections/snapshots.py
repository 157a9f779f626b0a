"""Lists of İYS's bulk status, whole and per consent; what is asked about singly (consent.md C9).

A list becomes effective in one step: it is kept as it was answered, its `iys.snapshot` goes into
the log under the list's own name, then it gets the event's position and its rows. Killed in between
it is finished by `settle`; one without event stays without effect. Subjects only, nobody's name.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from ledger.aggregates.keys import ConsentKey
from ledger.aggregates.provider_bodies import IysSnapshot
from ledger.evidence.merkle import leaf_hash, root_of
from ledger.store.database import Database, LedgerConnection
from ledger.store.rows import CHANNEL_NUMBER, TYPE_NUMBER, key_columns
from ledger.store.sql import load_blocks
from ledger.values import Value
from ledger.vocabulary import BrandCode, Channel, IysCode, RecipientType

SUBJECT_BYTES: Final = 16
LISTED: Final = 1
REFUSED_HERE: Final = 2

SQL: Final = load_blocks("ledger.projections", "snapshots.sql")
_CHANNEL_OF: Final = {number: channel for channel, number in CHANNEL_NUMBER.items()}
_TYPE_OF: Final = {number: kind for kind, number in TYPE_NUMBER.items()}


class Kind(Value, frozen=True, gc=False):
    """What one list can ask about."""

    brand_code: BrandCode
    recipient_type: RecipientType
    channel: Channel

    def key(self, subject: UUID) -> ConsentKey:
        """A consent of the kind."""
        return ConsentKey(self.brand_code, subject, self.recipient_type, self.channel)


class Adoption(Value, frozen=True, gc=False):
    """A brand's adoption: `asked_at` once every list is answered, `ended_at` once the sample is.
    `skipped`: consents behind the last lists that no list could ask about; the three counts are
    İYS's own of the brand."""

    id: UUID
    brand_code: BrandCode
    begun_at: datetime
    asked_at: datetime | None = None
    skipped: int | None = None
    approvals: int | None = None
    rejections: int | None = None
    total: int | None = None
    ended_at: datetime | None = None


class AskedList(Value, frozen=True, gc=False):
    """An answered list. `subjects` ascend; `flags`: one byte each, LISTED or REFUSED_HERE or their
    sum; `skipped`: consents before it, behind the former list, that no list could ask about."""

    id: UUID
    kind: Kind
    asked_at: datetime
    subjects: Sequence[UUID]
    flags: bytes
    skipped: int


class Waiting(Value, frozen=True, gc=False):
    """A consent to be asked about singly; older words than `queued_at` do not answer it."""

    key: ConsentKey
    queued_at: datetime


class Sample(Value, frozen=True, gc=False):
    """A consent of a list, asked about singly to compare. `outcome`: None until it was."""

    number: int
    key: ConsentKey
    granted: bool
    asked_at: datetime
    outcome: str | None


class KindFigures(Value, frozen=True, gc=False):
    """What the lists of one kind come to: how many of the asked were listed, stood here as
    refusals, and both. `positions`: of their events."""

    recipient_type: RecipientType
    channel: Channel
    lists: int
    skipped: int
    asked: int
    listed: int
    refused: int
    refused_listed: int
    positions: Sequence[int]


def list_name(list_id: UUID) -> str:
    """The name under which a list's event is appended once."""
    return f"{IysSnapshot.TYPE}/{list_id}"


def root_of_listed(subjects: Iterable[UUID]) -> bytes:
    """The root that stands in the event: RFC 9162 over the subjects' 16 bytes, ascending."""
    return root_of([leaf_hash(subject.bytes) for subject in sorted(subjects)])


class Snapshots:
    """The tables of one provider. Every method raises StoreUnavailable."""

    def __init__(self, database: Database, iys_code: IysCode) -> None:
        self._database = database
        self._iys_code = iys_code

    def newest(self, brand_code: BrandCode) -> Adoption | None:
        """The brand's last adoption, ended or not."""
        rows = self._rows("newest_adoption", {"brand": brand_code})
        return Adoption(*rows[0]) if rows else None

    def is_under_way(self, since: datetime) -> bool:
        """Whether an adoption of any brand, begun after `since`, has not ended."""
        return bool(self._rows("under_way", {"since": since})[0][0])

    def begin(self, adoption: Adoption) -> None:
        """Begin anew; what the brand had under way before is not gone on with."""
        given = {"id": adoption.id, "brand": adoption.brand_code, "at": adoption.begun_at}
        self._run("begin_adoption", given)

    def note_asked(self, adoption: UUID, at: datetime, *, skipped: int) -> None:
        """Every list is answered."""
        self._run("note_asked", {"id": adoption, "at": at, "skipped": skipped})

    def note_counted(
        self, adoption: UUID, approvals: int | None, rejections: int | None, total: int | None
    ) -> None:
        """İYS's own counts of the brand."""
        counts = {"approvals": approvals, "rejections": rejections, "total": total}
        self._run("note_counted", {"id": adoption, **counts})

    def note_ended(self, adoption: UUID, at: datetime) -> None:
        """All of it is done."""
        self._run("note_ended", {"id": adoption, "at": at})

    def keys_behind(self, kind: Kind, after: UUID, limit: int) -> list[tuple[UUID, str]]:
        """The next subjects, ascending, whose address is still theirs, and where each consent
        stands by itself."""
        asked = {**_columns(kind), "after": after, "limit": limit}
        with self._database.long_connection(self._iys_code) as connection:
            return connection.execute(SQL["keys_behind"], asked).fetchall()

    def last_asked(self, adoption: UUID, kind: Kind) -> UUID:
        """The greatest subject of the kind's lists, the nil UUID before the first."""
        found = self._rows("last_asked", {**_columns(kind), "adoption": adoption})
        return UUID(bytes=found[0][0] if found else bytes(SUBJECT_BYTES))

    def stage(self, adoption: UUID, asked: AskedList) -> None:
        """Keep a list as it was answered; it has no effect yet."""
        given = {
            **_columns(asked.kind),
            "id": asked.id,
            "adoption": adoption,
            "asked_at": asked.asked_at,
            "subjects": b"".join(subject.bytes for subject in asked.subjects),
            "flags": asked.flags,
            "skipped": asked.skipped,
        }
        self._run("add_list", given)

    def staged(self, adoption: UUID) -> list[UUID]:
        """Lists without effect yet."""
        return [row[0] for row in self._rows("staged", {"adoption": adoption})]

    def settle(self, list_id: UUID, command: bytes) -> None:
        """Give a staged list its effect if its event, written under `command`, is in the log."""
        with self._database.connection(self._iys_code) as connection:
            found = connection.execute(SQL["position_of"], {"command": command}).fetchone()
            if found is not None:
                _apply(connection, list_id, found[0])

    def apply(self, list_id: UUID, position: int) -> None:
        """The list counts from here on: its event has this position."""
        with self._database.connection(self._iys_code) as connection:
            _apply(connection, list_id, position)

    def queue_apart(self, kind: Kind, subjects: Sequence[UUID], at: datetime) -> None:
        """Ask about these singly, whom a list does not tell."""
        self._run("queue_apart", {**_columns(kind), "subjects": list(subjects), "at": at})

    def next_lookups(self, brand_code: BrandCode, limit: int) -> list[Waiting]:
        """What is asked about next."""
        return self._waiting("next_lookups", brand_code, limit)

    def next_apart(self, brand_code: BrandCode, limit: int) -> list[Waiting]:
        """As `next_lookups`, of those who are not the first holders of their addresses."""
        return self._waiting("next_apart", brand_code, limit)

    def lookups_waiting(self, brand_code: BrandCode) -> int:
        """How many are to be asked about."""
        count: int = self._rows("lookups_waiting", {"brand": brand_code})[0][0]
        return count

    def end_lookups(self, keys: Sequence[ConsentKey]) -> None:
        """İYS's word on these is recorded, or nobody needs it any more."""
        self._run("end_lookups", key_columns(keys))

    def list_sizes(self, adoption: UUID) -> list[tuple[int, int]]:
        """Position and length of each list, in the order of the log."""
        return [(row[0], row[1]) for row in self._rows("list_sizes", {"adoption": adoption})]

    def draw(self, places: Sequence[tuple[int, int]]) -> None:
        """Keep the sample: position of the list, place in it from 0."""
        positions, within = [list(column) for column in zip(*places, strict=True)]
        self._run("sample", {"positions": positions, "places": within})

    def samples(self, adoption: UUID) -> list[Sample]:
        """The sample, none before it was drawn."""
        return [
            Sample(number, _key(brand, subject, kind, channel), granted, asked_at, outcome)
            for number, subject, brand, kind, channel, granted, asked_at, outcome in self._rows(
                "samples", {"adoption": adoption}
            )
        ]

    def end_sample(self, adoption: UUID, number: int, outcome: str) -> None:
        """What the comparison of one came to."""
        given = {"adoption": adoption, "number": number, "outcome": outcome}
        self._run("end_sample", given)

    def figures(self, adoption: UUID) -> list[KindFigures]:
        """What the lists come to, by kind."""
        return [
            KindFigures(_TYPE_OF[kind], _CHANNEL_OF[channel], *counts)
            for kind, channel, *counts in self._rows("figures", {"adoption": adoption})
        ]

    def _waiting(self, block: str, brand_code: BrandCode, limit: int) -> list[Waiting]:
        return [
            Waiting(_key(brand, subject, kind, channel), queued_at)
            for subject, brand, kind, channel, queued_at in self._rows(
                block, {"brand": brand_code, "limit": limit}
            )
        ]

    def _rows(self, block: str, given: Mapping[str, Any]) -> list[Any]:  # rows of the block
        with self._database.connection(self._iys_code) as connection:
            return connection.execute(SQL[block], given).fetchall()

    def _run(self, block: str, given: Mapping[str, Any]) -> None:  # parameters of the block
        with self._database.connection(self._iys_code) as connection:
            connection.execute(SQL[block], given)


def _apply(connection: LedgerConnection, list_id: UUID, position: int) -> None:
    placed = connection.execute(SQL["place_list"], {"id": list_id, "position": position})
    if placed.rowcount:  # else it was done before
        for block in ("apply_list", "queue_absent", "forget_listed"):
            connection.execute(SQL[block], {"id": list_id})


def _columns(kind: Kind) -> dict[str, Any]:  # parameters of a statement
    return {
        "brand": kind.brand_code,
        "kind": TYPE_NUMBER[kind.recipient_type],
        "channel": CHANNEL_NUMBER[kind.channel],
    }


def _key(brand: int, subject: UUID, kind: int, channel: int) -> ConsentKey:
    return ConsentKey(BrandCode(brand), subject, _TYPE_OF[kind], _CHANNEL_OF[channel])
