"""What the database tells of itself, read by one short statement a provider."""

from collections.abc import Iterable

from ledger.errors import LedgerError
from ledger.recording.measures import LogMeasures, Measures, PoolMeasures
from ledger.store.access import ApiKeys
from ledger.store.database import SQL, Database
from ledger.vocabulary import IysCode


def measures(database: Database, keys: ApiKeys, iys_codes: Iterable[IysCode]) -> Measures:
    """As it is now; raises nothing, so that an outage shows in numbers too."""
    pools = {
        name: PoolMeasures(
            told.get("pool_size", 0),
            told.get("pool_size", 0) - told.get("pool_available", 0),
            told.get("requests_waiting", 0),
        )
        for name, told in database.stats().items()
    }
    try:
        logs = {code: _log(database, code) for code in iys_codes}
    except LedgerError:
        logs = None
    return Measures(pools, keys.age_seconds(), logs)


def _log(database: Database, iys_code: IysCode) -> LogMeasures:
    rows = database.read(iys_code, SQL["how_far"], {})
    position = next(row[1] for row in rows if row[0] is None)
    return LogMeasures(position, {name: read for name, read in rows if name is not None})
