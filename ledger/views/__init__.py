"""Questions about one consent, and their answers as JSON members."""

from ledger.views.dates import HistoryEntry
from ledger.views.members import (
    entry_members,
    history_members,
    invalid_members,
    status_members,
)
from ledger.views.questions import (
    History,
    StatusView,
    history,
    status,
    view_of,
)

__all__ = [
    "History",
    "HistoryEntry",
    "StatusView",
    "entry_members",
    "history",
    "history_members",
    "invalid_members",
    "status",
    "status_members",
    "view_of",
]
