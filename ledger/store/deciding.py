"""What may-I-send asks of the tables: many standings in one snapshot, the list, the leaves kept."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from msgspec import structs
from psycopg.types.numeric import Int2, Int8

from ledger import clock
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.glance import Glance, glance
from ledger.aggregates.keys import ConsentKey
from ledger.aggregates.snapshot import Listing, overlaid, overlaid_text
from ledger.aggregates.standing import is_refusal, stored_standing
from ledger.recording.deciding_ports import Current, CurrentKey, StandingsBlock, Wanted
from ledger.recording.ports import Suppression
from ledger.store.database import SQL as LEDGER_SQL
from ledger.store.database import Database, LedgerConnection
from ledger.store.rows import (
    CHANNEL_NUMBER,
    TYPE_NUMBER,
    state_of,
    suppression_of_row,
)
from ledger.store.sql import load_blocks
from ledger.vocabulary import BrandCode, Channel, IysCode, RecipientType

LOOKUP_BYTES: Final = 32
KNOWLEDGE_SECONDS_MAX: Final = 1.0
"""How long what İYS is known of is believed by single look-ups."""
NEVER_RECORDED: Final = (None,) * 8

SQL: Final = load_blocks("ledger.store", "deciding.sql")


class DecisionTables:
    """The tables of one provider, as decisions read them. Implements `ports.DecisionStore`."""

    def __init__(
        self,
        database: Database,
        iys_code: IysCode,
        *,
        steady_seconds: Callable[[], float] = clock.steady_seconds,
    ) -> None:
        self._database = database
        self._iys_code = iys_code
        self._steady_seconds = steady_seconds
        self._known: dict[tuple[int, int], datetime] = {}
        self._known_at = float("-inf")

    def standings(self, wanted: Wanted) -> StandingsBlock:
        """See ports.DecisionStore."""
        asked: dict[str, Any] = {  # parameters of a statement
            "brand": wanted.brand_code,
            "channel": CHANNEL_NUMBER[wanted.channel],
            "kind": TYPE_NUMBER[wanted.recipient_type],
            "now": wanted.now,
        }
        database = self._database
        with database.standings, database.long_connection(self._iys_code) as connection:
            connection.execute(SQL["one_snapshot"])
            circumstances = connection.execute(SQL["circumstances"], asked).fetchone()
            assert circumstances is not None
            position, complete_at, brand_closed, has_list, has_listings = circumstances
            asked |= {"has_list": has_list, "has_listings": has_listings}
            statement = SQL["standings_and_more" if has_list or has_listings else "standings"]
            every = self._rows(connection, statement, wanted, asked) if wanted.lookups else []
            rows, suppressed = every, dict[bytes, str]()
            if has_list or has_listings:
                rows = [row[:3] for row in every if row[1] is not None]
                suppressed = {
                    _lookup(wanted, row[0]): row[3] for row in every if row[3] is not None
                }
            if has_listings:
                rows = _overlaid(connection, wanted, asked, every)
            refused = frozenset[int]()
            if wanted.recipient_type is RecipientType.MERCHANT and rows:
                refused = _refused_individuals(connection, wanted, asked, rows)
        return StandingsBlock(position, complete_at, brand_closed, rows, suppressed, refused)

    def current(self, keys: Sequence[CurrentKey], now: datetime) -> Sequence[Current]:
        """See ports.DecisionStore. What is known of İYS may be a second old: then it is known of
        less, never of more."""
        rows: Sequence[Any] = self._one(keys[0], now) if len(keys) == 1 else self._many(keys, now)
        known = self._knowledge()
        consents = [_consent(state, *listed) for _, _, state, _, _, _, *listed in rows]
        receipts = self._receipts(rows, consents)
        found = [
            Current(
                subject,
                generation or 0,
                consent,
                position or 0,
                receipt,
                suppressed,
                known.get((key.brand_code, CHANNEL_NUMBER[key.channel])),
            )
            for key, consent, receipt, (subject, generation, _, position, _, suppressed, *_) in zip(
                keys, consents, receipts, rows, strict=True
            )
        ]
        merchants = [
            number
            for number, key in enumerate(keys)
            if key.recipient_type is RecipientType.MERCHANT and found[number].subject is not None
        ]
        if merchants:
            for number, refused in zip(
                merchants, self._refused(keys, found, merchants), strict=True
            ):
                found[number] = structs.replace(found[number], refused_individual=refused)
        return found

    def _one(self, key: CurrentKey, now: datetime) -> Sequence[Any]:
        asked = {
            "lookup": key.lookup,
            "brand": Int8(key.brand_code),
            "type": Int2(TYPE_NUMBER[key.recipient_type]),
            "channel": Int2(CHANNEL_NUMBER[key.channel]),
            "now": now,
        }
        return self._database.read(self._iys_code, SQL["current_one"], asked) or [NEVER_RECORDED]

    def _many(self, keys: Sequence[CurrentKey], now: datetime) -> Sequence[Any]:
        asked = {
            "lookups": [key.lookup for key in keys],
            "brands": [Int8(key.brand_code) for key in keys],
            "types": [Int2(TYPE_NUMBER[key.recipient_type]) for key in keys],
            "channels": [Int2(CHANNEL_NUMBER[key.channel]) for key in keys],
            "now": now,
        }
        return self._database.read(self._iys_code, SQL["current"], asked)

    def _receipts(
        self, rows: Sequence[Any], consents: Sequence[Consent | None]
    ) -> list[Glance | None]:
        """Of the acts that the lines end in; most are the last event, which was read along."""
        acts = [None if one is None else person_line(one.acts).act for one in consents]
        states: dict[int, bytes] = {row[3]: row[4] for row in rows if row[3] is not None}
        behind = {act.position for act in acts if act is not None} - states.keys()
        if behind:
            asked = {"positions": list(behind)}
            states |= dict(self._database.read(self._iys_code, SQL["states_at"], asked))
        return [None if act is None else glance(states[act.position], act.position) for act in acts]

    def _knowledge(self) -> dict[tuple[int, int], datetime]:
        at = self._steady_seconds()
        if at - self._known_at > KNOWLEDGE_SECONDS_MAX:
            rows = self._database.read(self._iys_code, SQL["iys_knowledge"], {})
            self._known = {(brand, channel): complete for brand, channel, complete in rows}
            self._known_at = at
        return self._known

    def _refused(
        self, keys: Sequence[CurrentKey], found: Sequence[Current], merchants: Sequence[int]
    ) -> list[bool]:
        """Whether these merchants refused as individuals."""
        asked = {
            "subjects": [found[number].subject for number in merchants],
            "brands": [keys[number].brand_code for number in merchants],
            "channels": [CHANNEL_NUMBER[keys[number].channel] for number in merchants],
        }
        rows = self._database.read(self._iys_code, SQL["individuals"], asked)
        return [standing is not None and is_refusal(standing) for (standing,) in rows]

    def listings_of(self, key: ConsentKey) -> Sequence[tuple[int, Listing]]:
        """See ports.DecisionStore."""
        asked = {
            "subject": key.subject,
            "brand": key.brand_code,
            "kind": TYPE_NUMBER[key.recipient_type],
            "channel": CHANNEL_NUMBER[key.channel],
        }
        with self._connection() as connection:
            rows = connection.execute(SQL["listings_of"], asked).fetchall()
        return [(position, _listing(granted, at)) for position, granted, at in rows]

    def suppressions_of(self, subject: UUID) -> Sequence[Suppression]:
        """See ports.DecisionStore."""
        with self._connection() as connection:
            cursor = connection.execute(LEDGER_SQL["suppressions_of"], {"subject": subject})
            return [suppression_of_row(row) for row in cursor]

    def note_iys_complete(self, brand_code: BrandCode, channel: Channel, at: datetime) -> None:
        """See ports.DecisionStore. Never goes back."""
        key = {"brand": brand_code, "channel": CHANNEL_NUMBER[channel], "at": at}
        with self._connection() as connection:
            connection.execute(SQL["note_iys_complete"], key)
        self._known_at = float("-inf")

    def keep_leaves(self, decision: UUID, channel: Channel, chunks: Iterable[bytes]) -> None:
        """See ports.DecisionStore. Leaves of a run that is never recorded harm nobody."""
        number = CHANNEL_NUMBER[channel]
        with (
            self._database.long_connection(self._iys_code) as connection,
            connection.cursor() as cursor,
            cursor.copy(SQL["copy_leaves"]) as copy,
        ):
            copy.set_types(("uuid", "int2", "int4", "bytea"))
            for index, chunk in enumerate(chunks):
                copy.write_row((decision, number, index, chunk))

    def leaves(self, decision: UUID, channel: Channel) -> Iterator[bytes]:
        """See ports.DecisionStore."""
        key = {"decision": decision, "channel": CHANNEL_NUMBER[channel]}
        with (
            self._database.long_connection(self._iys_code) as connection,
            connection.cursor(name="leaves") as cursor,
        ):
            cursor.execute(SQL["leaves"], key)
            for (chunk,) in cursor:
                yield chunk

    @contextmanager
    def _connection(self) -> Iterator[LedgerConnection]:
        with self._database.connection(self._iys_code) as connection:
            yield connection

    def _rows(
        self,
        connection: LedgerConnection,
        statement: LiteralString,
        wanted: Wanted,
        asked: dict[str, Any],
    ) -> list[Any]:  # tuples of columns
        connection.execute(SQL["plan_for_many"])
        last = len(wanted.lookups) // LOOKUP_BYTES - 1
        cursor = connection.cursor(binary=True)
        # Not prepared: a plan made for a handful would be kept for a million.
        cursor.execute(statement, {**asked, "lookups": wanted.lookups, "last": last}, prepare=False)
        return cursor.fetchall()


def _overlaid(
    connection: LedgerConnection, wanted: Wanted, asked: dict[str, Any], every: Sequence[Any]
) -> list[tuple[int, str, int | None]]:
    """The rows of `standings_and_more` with what İYS's lists say (C9)."""
    told: dict[tuple[str, bool], str | None] = {}
    rows, untold = [], []
    for number, standing, waiting_at, _, granted in every:
        if standing is None:
            continue
        text = standing
        if granted is not None:
            said = (standing, granted)
            if said not in told:
                told[said] = overlaid_text(standing, granted=granted)
            text = told[said]
            if text is None:
                untold.append(number)
                continue
        rows.append((number, text, waiting_at))
    if untold:
        lookups = [_lookup(wanted, number) for number in untold]
        found = connection.execute(
            SQL["states_and_listings"], {**asked, "numbers": untold, "lookups": lookups}
        )
        for number, state, *listed in found:
            consent = _consent(state, *listed)
            assert consent is not None
            rows.append((number, *stored_standing(consent, wanted.recipient_type)))
    return rows


def _consent(
    state: bytes | None, granted: bool | None, asked_at: datetime | None
) -> Consent | None:
    """A stored state with the word of the newest list, where one was asked."""
    if state is None or granted is None or asked_at is None:
        return None if state is None else state_of(state)
    return overlaid(state_of(state), _listing(granted, asked_at))


def _listing(granted: bool, asked_at: datetime) -> Listing:
    return Listing(granted, int(asked_at.timestamp()))


def _lookup(wanted: Wanted, number: int) -> bytes:
    return wanted.lookups[LOOKUP_BYTES * number : LOOKUP_BYTES * (number + 1)]


def _refused_individuals(
    connection: LedgerConnection, wanted: Wanted, asked: dict[str, Any], rows: Sequence[Any]
) -> frozenset[int]:
    """Of merchants that İYS shows, those who refused as individuals (C6 row 15)."""
    numbers = [number for number, standing, _ in rows if standing.startswith("16 ")]
    lookups = [_lookup(wanted, number) for number in numbers]
    cursor = connection.execute(
        SQL["refused_individuals"], {**asked, "numbers": numbers, "lookups": lookups}
    )
    return frozenset(number for (number,) in cursor)
