"""What an import that is taken up again says of the rows that it recorded before it was cut off.

To the ledger their acts are `already`; to whoever brought the file this is still the first time. So
each gets the verdict that it had: the act tells of which import and row it is.
"""

from collections.abc import Sequence

from ledger.aggregates.bodies import ActBody
from ledger.aggregates.commands import RecordAct
from ledger.aggregates.consent import Consent
from ledger.aggregates.judging import judged_first
from ledger.application import ConsentLedger
from ledger.importing.plan import ImportPlan
from ledger.importing.spool import RowVerdict
from ledger.recording.request import Request
from ledger.values import Discreet
from ledger.vocabulary import Outcome

_CHANGES_NOTHING = (Outcome.ALREADY, Outcome.REFUSED)


class Known(Discreet, frozen=True, gc=False):
    """A row whose act is in the ledger, at this position, and the consent as it stood then.
    `index` is that of its verdict."""

    index: int
    request: Request
    consent: Consent
    position: int


class FirstVerdicts:
    """Of one lane. Chunks are committed in order, so rows recorded before are the first to come:
    where a chunk records something and none of it was, the file is new, and no event is read for
    the rows that other files brought."""

    def __init__(self, ledger: ConsentLedger, plan: ImportPlan) -> None:
        self._ledger = ledger
        self._import_id = plan.provenance.import_id
        self._is_possible = not plan.is_repeat
        self._is_certain = False

    def tell(self, verdicts: list[RowVerdict], known: Sequence[Known]) -> None:
        """Put the first verdict in the place of `already` where this import recorded the row."""
        if not self._is_possible:
            return
        is_new = not all(verdict.outcome in _CHANGES_NOTHING for verdict in verdicts)
        events = self._ledger.store.events_at({one.position for one in known}) if known else {}
        for one in known:
            body = events[one.position].body
            own = (self._import_id, verdicts[one.index].line)
            if not isinstance(body, ActBody) or (body.import_id, body.row) != own:
                continue
            self._is_certain = True
            act = next((act for act in one.consent.acts if act.position == one.position), None)
            if act is None or act.retracted:
                continue
            assert isinstance(one.request.command, RecordAct)
            outcome, code = judged_first(one.consent, act, one.request.command)
            verdicts[one.index] = verdicts[one.index]._replace(outcome=outcome, code=code)
        self._is_possible = self._is_certain or not is_new
