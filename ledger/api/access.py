"""Which role may do what, and on which brand. Every endpoint that asks for a key begins with one
of these.

| Action         | viewer | auditor | operator | compliance | admin |
|----------------|--------|---------|----------|------------|-------|
| LOOK_UP        | yes    | yes     | yes      | yes        | yes   |
| HISTORY        | yes    | yes     | yes      | yes        | yes   |
| IMPORT_STATUS  | yes    | yes     | yes      | yes        | yes   |
| RECORD         | –      | –       | yes      | yes        | yes   |
| REFUSE         | –      | –       | yes      | yes        | yes   |
| DECIDE         | –      | –       | yes      | yes        | yes   |
| FOLLOW         | –      | –       | yes      | yes        | yes   |
| UPLOAD         | –      | –       | yes      | yes        | yes   |
| IMPORT         | –      | –       | yes      | yes        | yes   |
| MEASURE        | –      | yes     | –        | –          | yes   |
| PROVE          | –      | yes     | –        | yes        | yes   |
| READ_LOG       | –      | yes     | –        | –          | yes   |
| OFFICE         | –      | yes     | –        | yes        | yes   |

A key of one provider is told the same of a brand outside its scope, of another provider's and of
one that nobody keeps: whether a brand exists elsewhere is not its business.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, Protocol

from starlette.requests import Request

from ledger.api.problems import Problem
from ledger.application import ConsentLedger
from ledger.errors import NotFound
from ledger.recording.ports import Brand
from ledger.recording.principals import Principal
from ledger.vocabulary import BrandCode, IysCode, Role


class Action(Enum):
    """What an endpoint does with the ledger."""

    LOOK_UP = auto()
    HISTORY = auto()
    RECORD = auto()
    REFUSE = auto()
    DECIDE = auto()
    FOLLOW = auto()
    UPLOAD = auto()
    IMPORT = auto()
    IMPORT_STATUS = auto()
    MEASURE = auto()
    PROVE = auto()
    READ_LOG = auto()
    OFFICE = auto()


_EVERYBODY: Final = frozenset(Role)
_WRITERS: Final = frozenset({Role.OPERATOR, Role.COMPLIANCE, Role.ADMIN})

ALLOWED: Final[Mapping[Action, frozenset[Role]]] = {
    Action.LOOK_UP: _EVERYBODY,
    Action.HISTORY: _EVERYBODY,
    Action.IMPORT_STATUS: _EVERYBODY,
    Action.RECORD: _WRITERS,
    Action.REFUSE: _WRITERS,
    Action.DECIDE: _WRITERS,
    Action.FOLLOW: _WRITERS,
    Action.UPLOAD: _WRITERS,
    Action.IMPORT: _WRITERS,
    Action.MEASURE: frozenset({Role.AUDITOR, Role.ADMIN}),
    Action.PROVE: frozenset({Role.AUDITOR, Role.COMPLIANCE, Role.ADMIN}),
    Action.READ_LOG: frozenset({Role.AUDITOR, Role.ADMIN}),
    Action.OFFICE: frozenset({Role.AUDITOR, Role.COMPLIANCE, Role.ADMIN}),
}


class BrandLedgers(Protocol):
    """Brands and the ledgers that they are kept in."""

    def ledger(self, iys_code: IysCode) -> ConsentLedger:
        """One provider's ledger. Raises NotFound."""

    def brand(self, brand_code: BrandCode) -> Brand:
        """A brand. Raises NotFound."""


def admit(request: Request, action: Action) -> Principal:
    """The caller, if its role may do this. Raises Problem: 403 L-ROLE."""
    principal: Principal = request.scope["state"]["principal"]
    if principal.role not in ALLOWED[action]:
        raise Problem(403, "L-ROLE")
    return principal


def admit_brand(
    request: Request, ledgers: BrandLedgers, action: Action, brand_code: int
) -> tuple[Principal, Brand, ConsentLedger]:
    """The caller, the brand and its ledger, if the caller's role and scope allow it.

    Raises Problem: 403 L-ROLE, 403 L-BRAND-SCOPE. Raises NotFound to a key of every provider only.
    """
    principal = admit(request, action)
    code = BrandCode(brand_code)
    if principal.brands is not None and code not in principal.brands:
        raise Problem(403, "L-BRAND-SCOPE")
    try:
        brand = ledgers.brand(code)
    except NotFound:
        if principal.iys_code is None:
            raise
        raise Problem(403, "L-BRAND-SCOPE") from None
    if principal.iys_code not in (None, brand.iys_code):
        raise Problem(403, "L-BRAND-SCOPE")
    return principal, brand, ledgers.ledger(brand.iys_code)
