"""ViA: consents that İYS collects itself (iys/api.md §10.1), as far as they are documented.

Start, confirmation by one-time password, and state. Any form id is taken; a short link is opened
through the control API.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from ledger.iys_twin import wire_directory as wire
from ledger.iys_twin.consents import GRANTED, Movement, transaction_id
from ledger.iys_twin.fields import INDIVIDUAL
from ledger.iys_twin.times import DAY, Wall, text_of
from ledger.iys_twin.via_checks import Choice, Wanted, via_refusal, wanted_of
from ledger.iys_twin.world import Brand, World
from ledger.vocabulary import ConsentSource

TRIES_MAX: Final = 3
LINK_SECONDS: Final = DAY
REQUESTS_MAX: Final = 10_000
YES, NO = "Onay verildi", "Onay verilmedi"


class ViaRequest(msgspec.Struct):
    """A request to a recipient; `otps` by title."""

    request_id: str
    wanted: Wanted
    started: Wall
    otps: dict[str, str]
    tries: int = 0
    stage: str = "CONSENT_REQUESTED"
    state: str = "PENDING"

    @property
    def is_otp(self) -> bool:
        """Whether a one-time password completes it."""
        return self.wanted.verification.endswith("_OTP")


class ViaDesk:
    """Requests under way. `new_otp`: six digits."""

    def __init__(
        self,
        world: World,
        new_uuid: Callable[[], str],
        new_otp: Callable[[], str],
        announce: Callable[[Brand, Movement], None],
    ) -> None:
        self._world = world
        self._new_uuid = new_uuid
        self._new_otp = new_otp
        self._announce = announce
        self._requests: dict[str, ViaRequest] = {}

    def start(self, body: Any, now: Wall) -> wire.Via:
        """Ask a recipient. Raises Refused H10…."""
        wanted = wanted_of(body, frozenset(self._world.brands))
        if self._world.via_credit < 1:
            raise via_refusal("H1015")
        titles = dict.fromkeys(one.title for one in wanted.choices)
        request = ViaRequest(
            request_id=self._new_uuid(),
            wanted=wanted,
            started=now,
            otps={title: self._new_otp() for title in titles},
        )
        if len(self._requests) >= REQUESTS_MAX:
            del self._requests[next(iter(self._requests))]
        self._requests[request.request_id] = request
        return wire.Via(wire.ViaStarted(request.request_id))

    def confirm(self, body: Any, now: Wall) -> wire.Via:
        """Complete a request with the recipient's passwords. Raises Refused H10…."""
        if not isinstance(body, dict):
            raise via_refusal("H1016")
        for name in ("requestId", "verificationType", "consentTypes"):
            if body.get(name) in (None, "", []):
                raise via_refusal("H1057", name)
        request = self.find(str(body["requestId"]))
        if request.stage == "COMPLETED":
            raise via_refusal("H1032")
        if body["verificationType"] != request.wanted.verification:
            raise via_refusal("H1064")
        if not request.is_otp:
            raise via_refusal("H1056")
        if now - request.started > self._world.settings.otp_seconds:
            request.stage, request.state = "COMPLETED", "OTP_CODE_EXPIRED"
            raise via_refusal("H1051")
        if request.tries >= TRIES_MAX:
            raise via_refusal("H1050")
        groups = body["consentTypes"]
        given = {
            str(one.get("title")): str(one.get("otpCode"))
            for one in (groups if isinstance(groups, list) else [])
            if isinstance(one, dict)
        }
        if not given or any(request.otps.get(title) != code for title, code in given.items()):
            request.tries += 1
            request.state = "OTP_CODE_INCORRECT"
            raise via_refusal("H1052")
        return wire.Via(self.complete(request, now, titles=frozenset(given)))

    def complete(
        self, request: ViaRequest, now: Wall, *, titles: frozenset[str], grants: bool = True
    ) -> list[wire.ViaConsent]:
        """The recipient has decided: consents are written, a credit is used."""
        self._world.via_credit -= 1
        request.stage, request.state = "COMPLETED", "SUCCESS"
        if not grants:
            return []
        done = []
        for choice in (one for one in request.wanted.choices if one.title in titles):
            choice.given = now
            choice.transaction_id = self._write(request, choice, now)
            brand = None if choice.brand_code is None else str(choice.brand_code)
            given = wire.ViaConsent(choice.transaction_id, text_of(now), choice.channel, brand)
            done.append(given)
        return done

    def find(self, request_id: str) -> ViaRequest:
        """Raises Refused H1030."""
        found = self._requests.get(request_id)
        if found is None:
            raise via_refusal("H1030")
        return found

    def show(self, request: ViaRequest, now: Wall) -> wire.Via:
        """The state of a request."""
        life = self._world.settings.otp_seconds if request.is_otp else LINK_SECONDS
        if request.stage != "COMPLETED" and now - request.started > life:
            request.stage = "COMPLETED"
            request.state = "OTP_CODE_EXPIRED" if request.is_otp else "SHORT_URL_EXPIRED"
        person = request.wanted.person
        state = wire.ViaState(
            request_id=request.request_id,
            form_id=request.wanted.form_id,
            source=_source(request).value,
            consent_source=request.wanted.verification,
            iys_code=str(self._world.settings.iys_code),
            recipient=request.wanted.recipient,
            recipient_type=request.wanted.recipient_type,
            recipient_name=_text(person.get("name")),
            recipient_id_number=_text(person.get("recipientIdNumber")),
            request_date=text_of(request.started),
            request_details=[_detail(one) for one in request.wanted.choices],
            last_status=wire.ViaStage(request.stage, request.state),
        )
        return wire.Via(state)

    def pending(self) -> list[ViaRequest]:
        """Requests that wait for their recipient."""
        return [one for one in self._requests.values() if one.stage != "COMPLETED"]

    def _write(self, request: ViaRequest, choice: Choice, now: Wall) -> str:
        if choice.brand_code is None:
            return self._new_uuid()
        brand = self._world.brands[choice.brand_code]
        key = (request.wanted.recipient_type or INDIVIDUAL, choice.channel)
        found = brand.latest(key, request.wanted.recipient)
        movement = Movement(
            recipient=request.wanted.recipient,
            recipient_type=key[0],
            channel=choice.channel,
            consent_status=GRANTED,
            consent_source=_source(request).value,
            consented=now,
            created=now,
            before=None if found is None else found.consent_status,
        )
        brand.append(movement)
        self._announce(brand, movement)
        return transaction_id(brand.code, movement)


def _source(request: ViaRequest) -> ConsentSource:
    is_mail = request.wanted.verification.startswith("EPOSTA")
    return ConsentSource.IYS_EPOSTA if is_mail else ConsentSource.IYS_KISAMESAJ


def _detail(choice: Choice) -> wire.ViaDetail:
    return wire.ViaDetail(
        consent_type=choice.title,
        consent_type_choice=choice.channel,
        operation_status_message=NO if choice.given is None else YES,
        brand_code=None if choice.brand_code is None else str(choice.brand_code),
        transaction_id=choice.transaction_id,
        consent_date=None if choice.given is None else text_of(choice.given),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
