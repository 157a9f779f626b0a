"""The shapes of İYS's answers, in its spelling (iys/api.md §2–§6): wire names live here only."""

import msgspec


class Shape(msgspec.Struct, rename="camel", omit_defaults=True, frozen=True):
    """An answer; a member without value is absent, never null."""


class Nothing(Shape, frozen=True):
    """An object without members: nothing is known."""


class Tokens(msgspec.Struct, frozen=True):
    """`POST /oauth2/token`."""

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int
    token_type: str = "bearer"  # noqa: S105 - the word of RFC 6750


class TokenRefusal(msgspec.Struct, frozen=True):
    """A refusal in the shape of OAuth (RFC 6749 §5.2)."""

    error: str
    error_description: str


class FlatRefusal(Shape, frozen=True):
    """A refusal without `errors`: the hourly token limit as one client reads it (Q2), ViA's."""

    code: str
    message: str


class Added(Shape, frozen=True):
    """A consent, or a retailer's access, that is stored."""

    transaction_id: str
    creation_date: str


class SubRequest(Shape, frozen=True):
    """One item of an accepted bulk request, echoed."""

    recipient: str
    channel: str = msgspec.field(name="type")
    consent_status: str = msgspec.field(name="status")
    recipient_type: str
    sub_request_id: str
    creation_date: str
    consent_source: str | None = msgspec.field(name="source", default=None)
    consent_date: str | None = None


class BulkAccepted(Shape, frozen=True):
    """202 of a bulk request: the list was taken, nothing is written yet."""

    request_id: str
    sub_requests: list[SubRequest]


class ItemError(Shape, frozen=True):
    """Why one item was not written."""

    code: str
    message: str


class OriginalRequest(Shape, frozen=True):
    """Under which request a repeated item was processed (V2)."""

    request_id: str
    sub_request_id: str


class BulkItem(Shape, frozen=True):
    """One item of a bulk result. İYS spells the id `subrequestId` while it is queued."""

    index: int
    result: str = msgspec.field(name="status")
    sub_request_id: str | None = None
    queued_sub_request_id: str | None = msgspec.field(name="subrequestId", default=None)
    request_id: str | None = None
    transaction_id: str | None = None
    creation_date: str | None = None
    error: ItemError | None = None
    is_add_consent_v2_service: bool | None = msgspec.field(
        name="isAddConsentV2Service", default=None
    )
    original_request_information: OriginalRequest | None = None


class Movement(Shape, frozen=True):
    """One movement, as history and pull list it."""

    recipient: str
    recipient_type: str
    channel: str = msgspec.field(name="type")
    consent_status: str = msgspec.field(name="status")
    creation_date: str
    transaction_id: str
    consent_source: str | None = msgspec.field(name="source", default=None)
    consent_date: str | None = None
    citizen_name: str | None = None


class Standing(Shape, frozen=True):
    """The single status."""

    recipient: str
    recipient_type: str
    channel: str = msgspec.field(name="type")
    consent_status: str = msgspec.field(name="status")
    creation_date: str
    transaction_id: str
    retailer_access_count: int
    consent_source: str | None = msgspec.field(name="source", default=None)
    consent_date: str | None = None
    retailer_code: int | None = None
    retailer_title: str | None = None


class Granted(Shape, frozen=True):
    """The multi status: only those who granted."""

    request_id: str
    granted: list[str] = msgspec.field(name="list")


class Page(Shape, frozen=True):
    """Where a page stands."""

    offset: int
    page_size: int
    total_count: int
    current_page: int | None = None


class History(Shape, frozen=True):
    """Movements of one consent, newest consent date first."""

    movements: list[Movement] = msgspec.field(name="list")
    pagination: Page


class Changes(Shape, frozen=True):
    """One page of the pull."""

    after: str
    movements: list[Movement] = msgspec.field(name="list")


class PushedMovement(Movement, frozen=True):
    """One pushed movement; it says whose it is. Defaults only because its parent has some."""

    iys_code: int = 0
    brand_code: int = 0


class Push(Shape, frozen=True):
    """Body of a push and of the probe."""

    movements: list[PushedMovement] = msgspec.field(name="list")


class PushConnection(Shape, frozen=True):
    """A registered push connection, without its password."""

    url: str
    channel: str = msgspec.field(name="type")
    register_time: str
    state: str = msgspec.field(name="status")


class Told(Shape, frozen=True):
    """An answer that is one sentence."""

    message: str


class SideStats(Shape, frozen=True):
    """A day's movements of one channel and one side."""

    side: str = msgspec.field(name="source")
    approval: int
    rejection: int
    pending: int
    total: int


class ChannelStats(Shape, frozen=True):
    """A day's movements of one channel."""

    channel: str = msgspec.field(name="type")
    consents: list[SideStats]


class DaySummary(Shape, frozen=True):
    """The daily summary."""

    change_stats: list[ChannelStats]


class Agreement(Shape, frozen=True):
    """Hash and state of a day's file."""

    process_status: str
    agreement_status: bool
    hash_value: str | None = None
    hash_method: str | None = None


class AgreementCaptured(Shape, frozen=True):
    """The agreement is stored (the official schema alone spells it `aggrement…`)."""

    agreement_captured: bool
