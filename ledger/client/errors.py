"""What goes wrong between a caller and the service.

ClientError       nothing else is raised for what happens on the wire
  Refused         the service said no; `problem` says why, and asking again changes nothing
  Unavailable     it was not reached, was busy or failed, or its answer was lost: outcome unknown
    Unreadable    something answered, but not as this service does
"""

from ledger.contract.answers import ProblemAnswer


class ClientError(Exception):
    """Base of both; its text never holds an address or a key. `problem`: the service's words."""

    def __init__(self, text: str, problem: ProblemAnswer | None = None) -> None:
        super().__init__(text)
        self.problem = problem


class Refused(ClientError):
    """The service said no, for good: `problem.status`, `.code`, and `.pointer` to the member."""

    problem: ProblemAnswer

    def __init__(self, problem: ProblemAnswer) -> None:
        super().__init__(words_of(problem), problem)


class Unavailable(ClientError):
    """Whether anything was done is unknown; `record` and `refuse` may be called again with the
    same `idempotency_key`, and nothing is done twice."""


class Unreadable(Unavailable):
    """What answered is no service of this contract, or not of this version of it."""

    def __init__(self) -> None:
        super().__init__("the answer is not one of this service")


def words_of(problem: ProblemAnswer) -> str:
    """A problem as one line."""
    place = f" {problem.pointer}" if problem.pointer else ""
    meant = f" (→ {problem.nearest})" if problem.nearest else ""
    return f"{problem.status} {problem.code}{place}: {problem.title}{meant}"
