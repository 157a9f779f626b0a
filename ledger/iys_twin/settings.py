"""What can be set. What the sources leave open has the default that iys/api.md §18 advises."""

import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final, get_args, get_origin

from ledger.iys_twin.clock import SPEED_MAX
from ledger.iys_twin.refusals import TwinError
from ledger.iys_twin.times import NoSuchTime, NotATime, wall_of

CODE_MAX: Final = 2**53 - 1
CHOICES: Final = {
    "unknown_status": ("404", "empty", "204"),
    "token_limit_shape": ("errors", "flat"),
    "request_id_form": ("hex", "uuid"),
    "cursor_unit": ("seconds", "milliseconds"),
    "same_second_rows": ("each", "one"),
    "late_status": ("422", "400"),
    "subscription_status": ("ACTIVE", "PAUSED", "EXPIRED", "CLOSED", "NONE"),
}
POSITIVE: Final = ("requests_per_second", "tokens_per_hour", "statuses_per_hour")


class SettingRefused(TwinError):
    """A setting cannot be used; the text names it, in Turkish and behind ` / ` in English."""

    def __init__(self, name: str, turkish: str, english: str) -> None:
        super().__init__(f"{name}: {turkish} / {name}: {english}")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinSettings:
    """One twin's settings; all times in seconds of the twin's clock unless the name says more."""

    iys_code: int = 678910
    title: str = "Örnek Ticaret A.Ş."
    brands: tuple[int, ...] = ()
    """Brand codes besides the main brand, whose code is `iys_code`."""
    username: str = "twin"
    password: str = field(default="twin-password", repr=False)
    integrator_code: int = 74112691
    integrator_username: str = "integrator"
    start_at: str | None = None
    """What the clock shows first; without it the real time."""
    speed: float = 1.0

    requests_per_second: int = 10
    """Counted on the real clock: a client throttles itself by that one."""
    tokens_per_hour: int = 100
    """Q1: 100 or 10, both are documented."""
    statuses_per_hour: int = 1_000
    histories_per_hour: int = 100
    access_token_seconds: int = 7_200
    refresh_token_seconds: int = 14_400
    token_limit_shape: str = "errors"  # noqa: S105 - no password
    """Q2: `errors` as everywhere, or `flat` as one client reads it."""

    activation_date: str | None = None
    """Q29: before it consents of any age are taken (H467 is off)."""
    holidays: tuple[str, ...] | None = None
    """Q7: days off besides Saturdays and Sundays; without it the Turkish ones of the table."""
    late_status: str = "422"
    """Q6: what H467 is answered with on a single add."""
    grant_over_grant: bool = True
    """Q4: whether ONAY on ONAY with a newer date is taken (else H174)."""
    equal_date_is_older: bool = True
    """Q5: whether the same date as the stored one is H178."""
    decision_first: bool = False
    """Q22: whether HS_KARAR on a first record is H486 and not H175."""
    plus_counts: bool = False
    """Q21: whether the `+` is one of a telephone number's 15 characters."""

    bulk_seconds: int = 3
    bulk_shows_queue: bool = True
    """Q24: `enqueue` items until the result is there, or an empty list."""
    bulk_retention_seconds: int = 60 * 86_400
    request_id_form: str = "hex"
    repeat_seconds: int = 86_400
    """Q23: how long V2 remembers a body it has taken."""
    unknown_status: str = "404"
    """Q8: the answer about a recipient nobody knows."""
    cursor_unit: str = "seconds"
    """Q9."""
    pull_days: int = 7
    pull_delay_seconds: int = 3_600

    file_queued_seconds: int = 300
    file_in_progress_seconds: int = 300
    same_second_rows: str = "each"
    """Q10: every movement has its row, or one row for the same second."""

    push_allows_http: bool = False
    """Plain http to this machine itself."""
    push_timeout_seconds: float = 5.0
    """On the real clock."""
    push_tries: int = 5
    push_retry_seconds: int = 60

    via_credit: int = 1_000
    otp_seconds: int = 180
    subscription_status: str = "ACTIVE"
    package_has_api: bool = True
    consent_limit: int = 1_000_000_000
    consent_limit_exceed: bool = False
    body_bytes_max: int = 32 * 2**20

    def __post_init__(self) -> None:
        """Raises SettingRefused."""
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise SettingRefused(name, *_one_of(allowed))
        for one in fields(self):
            value = getattr(self, one.name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if is_number and not (0 if one.name not in POSITIVE else 1) <= value <= CODE_MAX:
                raise SettingRefused(one.name, "aralık dışında", "out of range")
        if self.speed > SPEED_MAX:
            raise SettingRefused("speed", f"en çok {SPEED_MAX:.0f}", f"at most {SPEED_MAX:.0f}")
        for name in ("start_at", "activation_date"):
            _expect_time(name, getattr(self, name))
        for day in self.holidays or ():
            _expect_time("holidays", f"{day} 00:00:00")
        codes = self.all_brands
        if len(set(codes)) != len(codes) or not all(0 < code <= CODE_MAX for code in codes):
            raise SettingRefused("brands", "artı sayılar, birer kez", "positive, each once")
        if "" in (self.username, self.password) or self.username == self.integrator_username:
            raise SettingRefused("username", "boş ya da aynı", "empty or the same")

    @property
    def all_brands(self) -> tuple[int, ...]:
        """The main brand first: its code is the provider's."""
        return (self.iys_code, *self.brands)


def read_settings(words: Mapping[str, str]) -> TwinSettings:
    """Settings from `name=value` words; lists have commas. Raises SettingRefused."""
    kinds = {one.name: one.type for one in fields(TwinSettings)}
    given: dict[str, object] = {}
    for name, word in words.items():
        if name not in kinds:
            raise SettingRefused(name, "böyle bir ayar yok", "no such setting")
        try:
            given[name] = _value(kinds[name], word)
        except ValueError as error:
            raise SettingRefused(name, "okunamıyor", "cannot be read") from error
    return TwinSettings(**given)  # type: ignore[arg-type]  # each value has its field's own kind


def _one_of(allowed: tuple[str, ...]) -> tuple[str, str]:
    listed = ", ".join(allowed)
    return f"şunlardan biri: {listed}", f"one of {listed}"


def _value(kind: object, word: str) -> object:
    if isinstance(kind, types.UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is tuple:
        member = get_args(kind)[0]
        return tuple(_value(member, part.strip()) for part in word.split(",") if part.strip())
    if kind is bool:
        if word not in ("true", "false"):
            raise ValueError(word)
        return word == "true"
    if kind is int:
        return int(word)
    if kind is float:
        return float(word)
    return word


def _expect_time(name: str, text: str | None) -> None:
    try:
        if text is not None and not text.startswith("20"):
            raise NotATime
        if text is not None:
            wall_of(text)
    except (NotATime, NoSuchTime) as error:
        raise SettingRefused(name, "YYYY-AA-GG ss:dd:ss", "YYYY-MM-DD hh:mm:ss") from error
