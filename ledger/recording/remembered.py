"""Commands that came with an id, and which of them are known (design.md §7)."""

from collections.abc import Sequence

from ledger.recording.ports import StoredCommand, WriteUnit
from ledger.recording.request import Prepared
from ledger.vocabulary import Outcome


class Remembered:
    """What is known of the ids of a batch. `fresh` are those that it adds."""

    def __init__(self) -> None:
        self.fresh: list[tuple[bytes, StoredCommand]] = []
        self._known: dict[bytes, StoredCommand] = {}

    def load(self, unit: WriteUnit, prepared: Sequence[Prepared]) -> None:
        """Read what is stored of them."""
        named = {id_ for one in prepared for id_ in (one.command_id, one.whole_id)} - {None}
        if named:
            self._known = unit.load_commands([id_ for id_ in named if id_ is not None])

    def find(self, one: Prepared) -> StoredCommand | None:
        """What the same part of the same id came to, or what else the id was used for."""
        whole = None if one.whole_id is None else self._known.get(one.whole_id)
        if whole is not None and whole.content != one.content:
            return whole
        return None if one.command_id is None else self._known.get(one.command_id)

    def add(
        self, one: Prepared, outcome: Outcome, code: str | None, positions: tuple[int, ...]
    ) -> None:
        """Keep what a request with an id came to; nothing where it came to no act at all."""
        if one.command_id is None or not positions:
            return
        made = StoredCommand(one.content, outcome, code, positions)
        for id_ in (one.command_id, one.whole_id):
            if id_ is not None and id_ not in self._known:
                self._known[id_] = made
                self.fresh.append((id_, made))
