"""Reading İYS's answers about who there is: tokens, brands, package, rights, pushes.

Shapes: iys/api.md §2.1, §5.11, §7.
"""

from typing import Final

from ledger.iys_sync import wire
from ledger.iys_sync.members import (
    Members,
    Unreadable,
    count_of,
    json_of,
    list_of,
    maybe_count,
    maybe_flag,
    maybe_text,
    object_of,
    text_of,
    word_of,
)
from ledger.values import Discreet
from ledger.vocabulary import BrandCode, Channel

ACCESS_SECONDS: Final = 7_200
REFRESH_SECONDS: Final = 14_400
TOKEN_MAX: Final = 32_768
WRITE: Final = "write"
ACTIVE_PUSH: Final = "Bağlantı Oluşturuldu"


class GivenTokens(Discreet, frozen=True):
    """Tokens and how many seconds each holds from now."""

    access: str
    access_seconds: int
    refresh: str | None
    refresh_seconds: int


def tokens(body: bytes) -> GivenTokens:
    """200 of a log-in or refresh. `token_type`, also spelled `tokenType`, is always bearer."""
    told = object_of(json_of(body))
    return GivenTokens(
        access=_token(told.get("access_token")),
        access_seconds=maybe_count(told, "expires_in") or ACCESS_SECONDS,
        refresh=_token(told["refresh_token"]) if told.get("refresh_token") else None,
        refresh_seconds=maybe_count(told, "refresh_expires_in") or REFRESH_SECONDS,
    )


def brands(body: bytes) -> tuple[wire.BrandAtIys, ...]:
    """200 of the brands; `stats` and `consents` come as objects or as lists of one."""
    return tuple(_brand(object_of(one)) for one in list_of(json_of(body)))


def subscription(body: bytes) -> wire.Subscription:
    """200 of the subscription, its id in any of its three spellings."""
    told = object_of(json_of(body))
    return wire.Subscription(
        status=text_of(told, "status"),
        package=maybe_text(told, "subscriptionPackageName"),
        subscription_id=maybe_text(told, "subscriptionId", "subscipritionId", "subsciprtionId"),
        starts_on=maybe_text(told, "startDate"),
        expires_on=maybe_text(told, "expirationDate"),
        consent_limit=maybe_count(told, "consentLimit"),
        used=maybe_count(told, "usedConsentLimit"),
        may_exceed=maybe_flag(told, "consentLimitExceed"),
    )


def integrator_rights(body: bytes) -> tuple[wire.IntegratorRight, ...]:
    """200 of what an integrator may do: codes as text in one sample, as numbers in the other."""
    listed = list_of(object_of(json_of(body)).get("list"))
    return tuple(_right(object_of(one)) for one in listed)


def pushes(body: bytes) -> tuple[wire.PushConnection, ...]:
    """200 of the registered pushes, or nothing."""
    listed = list_of(json_of(body)) if body.strip() else []
    return tuple(
        wire.PushConnection(
            url=text_of(one, "url"),
            channel=word_of(one, Channel, "type"),
            registered_at=maybe_text(one, "registerTime"),
            is_active=maybe_text(one, "status") == ACTIVE_PUSH,
        )
        for one in map(object_of, listed)
    )


def done(body: bytes) -> None:
    """200 of what is done and answered with a sentence only."""
    text_of(object_of(json_of(body)), "message")


def _token(told: object) -> str:
    if not isinstance(told, str) or not 0 < len(told) <= TOKEN_MAX or not _is_header_safe(told):
        raise Unreadable("a token")
    return told


def _is_header_safe(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token


def _brand(told: Members) -> wire.BrandAtIys:
    stats = _only(told.get("stats"))
    consents = _only(stats.get("consents"))
    return wire.BrandAtIys(
        brand_code=BrandCode(count_of(told, "brandCode")),
        name=maybe_text(told, "name") or "",
        is_main=bool(maybe_flag(told, "master")),
        approvals=maybe_count(consents, "approval"),
        rejections=maybe_count(consents, "rejection"),
        total=maybe_count(consents, "total"),
    )


def _only(told: object) -> Members:
    listed = list_of(told) if told is not None else []
    return object_of(listed[0]) if listed else {}


def _right(told: Members) -> wire.IntegratorRight:
    return wire.IntegratorRight(
        brand_code=BrandCode(count_of(told, "brandCode")),
        iys_code=count_of(told, "iysCode"),
        name=maybe_text(told, "name") or "",
        is_main=bool(maybe_flag(told, "master")),
        writes=frozenset(one for one in Channel if maybe_text(told, one.value) == WRITE),
        agreement_control=bool(maybe_flag(told, "agreementControl")),
    )
