"""Which process speaks with İYS for a provider: one at a time, by an advisory lock."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

import psycopg

from ledger.store.database import SQL, connect_alone, schema_of, use
from ledger.vocabulary import IysCode

LEAD_LOCK: Final = 0x1EAD

IsMine = Callable[[], bool]


class Leadership:
    """Of one provider, for whichever process takes it first."""

    def __init__(self, dsn: str, iys_code: IysCode) -> None:
        self._dsn = dsn
        self._iys_code = iys_code

    @contextmanager
    def take(self) -> Iterator[IsMine | None]:
        """None while another process leads. Else tells, whenever it is asked, whether it is still
        ours: it ends with its connection, however the process ends. Raises StoreUnavailable."""
        with closing(connect_alone(self._dsn)) as connection:
            use(connection, self._iys_code)
            name = {"lock": LEAD_LOCK, "schema": schema_of(self._iys_code)}
            row = connection.execute(SQL["try_lead"], name).fetchone()
            assert row is not None

            def is_mine() -> bool:
                try:
                    connection.execute(SQL["still_there"])
                except psycopg.Error:
                    return False
                return True

            yield is_mine if row[0] else None
