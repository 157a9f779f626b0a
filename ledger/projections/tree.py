"""The tree over the log, kept up with it: the one follower that reads bytes and no events."""

from typing import Final

from psycopg import Cursor
from psycopg.rows import TupleRow

from ledger import clock
from ledger.projections.follower import FollowerLoop
from ledger.store.database import Database
from ledger.store.log import empty_tree, extend_tree
from ledger.vocabulary import IysCode

NAME: Final = "tree"
BATCH: Final = 65_536
"""Of tiles 256 wide; two megabytes of hashes."""


class TreeFollower(FollowerLoop):
    """Adds what is new in the log to the tiles."""

    def __init__(
        self, database: Database, iys_code: IysCode, *, now: clock.Clock = clock.now
    ) -> None:
        super().__init__(database, iys_code, NAME, batch_max=BATCH, now=now)

    def apply(self, cursor: Cursor[TupleRow], after: int, until: int, limit: int) -> int:
        """See FollowerLoop."""
        return extend_tree(cursor, after, until=until, limit=limit)

    def empty(self, cursor: Cursor[TupleRow]) -> None:
        """See FollowerLoop."""
        empty_tree(cursor)
