"""The endpoints of consents and of the pull: from a checked call to İYS's answer."""

from ledger.iys_twin import asking, pulling, wire
from ledger.iys_twin.adding import BulkRequest
from ledger.iys_twin.calls import Answer, Call
from ledger.iys_twin.faults import FaultKind
from ledger.iys_twin.fields import CHANNELS, RECIPIENT_TYPES
from ledger.iys_twin.refusals import Problem, Refused, problem, refusal
from ledger.iys_twin.times import text_of

NO_BODY = Answer(None, 204)


def add(call: Call) -> Answer:
    """`POST …/consents`."""
    return Answer(call.twin.adding.add(call.of, call.body, call.now))


def add_v2(call: Call) -> Answer:
    """`POST /v2/…/consents`."""
    return Answer(call.twin.adding.add_once(call.of, call.body, call.now))


def bulk(call: Call) -> Answer:
    """`POST …/consents/request`."""
    return _accepted(call.twin.adding.take(call.of, call.body, call.now, is_v2=False))


def bulk_v2(call: Call) -> Answer:
    """`POST /v2/…/consents/request`."""
    return _accepted(call.twin.adding.take(call.of, call.body, call.now, is_v2=True))


def bulk_result(call: Call) -> Answer:
    """`GET …/consents/request/{requestId}`."""
    return _result(call, is_v2=False)


def bulk_result_v2(call: Call) -> Answer:
    """`GET /v2/…/consents/request/{requestId}`."""
    return _result(call, is_v2=True)


def single_status(call: Call) -> Answer:
    """`POST …/consents/status`; what is said of somebody unknown is a setting (Q8)."""
    call.twin.quotas.expect_hour(call.caller, "H086", call.now)
    settings = call.twin.settings
    messages = {"H121": asking.E164_STATUS, "H166": asking.SHORT_PHONE_ONLY}
    key, recipient = asking.key_of(call.body, settings, code="H097", messages=messages)
    consent = call.of.find(key, recipient)
    if consent is not None:
        return Answer(asking.standing(call.of, consent))
    if settings.unknown_status == "404":
        raise refusal("H401", status=404, message=UNKNOWN)
    return NO_BODY if settings.unknown_status == "204" else Answer(wire.Nothing())


UNKNOWN = "Sorgulanan izin sistemde bulunmamaktadır."
"""The twin's own words: no source knows İYS's."""


def multi_status(call: Call) -> Answer:
    """`POST …/consents/{recipientType}/status/{type}`."""
    recipient_type, channel = call.path["recipientType"], call.path["type"]
    found: list[Problem] = []
    if recipient_type not in RECIPIENT_TYPES:
        found.append(problem("H116", "recipientType", value=recipient_type))
    if channel not in CHANNELS:
        found.append(problem("H117", "type", value=channel))
    if found:
        raise Refused(422, found)
    granted = asking.granted_among(call.of, (recipient_type, channel), call.body)
    return Answer(wire.Granted(call.twin.chance.uuid(), granted))


def history(call: Call) -> Answer:
    """`POST …/consents/history`."""
    call.twin.quotas.expect_hour(call.caller, "H089", call.now)
    messages = {"H121": asking.E164_HISTORY}
    key, recipient = asking.key_of(call.body, call.twin.settings, code="H014", messages=messages)
    offset, limit = asking.page_of(call.query)
    return Answer(asking.history(call.of, call.of.find(key, recipient), offset, limit))


def changes(call: Call) -> Answer:
    """`GET …/consents/changes`."""
    page = pulling.changes(call.of, call.query, call.twin.settings, call.now)
    return NO_BODY if page is None else Answer(page)


def _accepted(request: BulkRequest) -> Answer:
    created = text_of(request.accepted)
    echoed = [
        wire.SubRequest(
            recipient=item.sent.recipient,
            recipient_type=item.sent.recipient_type,
            channel=item.sent.channel,
            consent_status=item.sent.consent_status,
            consent_source=item.sent.consent_source,
            consent_date=None if item.sent.consented is None else text_of(item.sent.consented),
            sub_request_id=item.sub_request_id,
            creation_date=created,
        )
        for item in request.items
    ]
    return Answer(wire.BulkAccepted(request.request_id, echoed), 202)


def _result(call: Call, *, is_v2: bool) -> Answer:
    request_id = call.path["requestId"]
    asking.expect_request_id(request_id)
    twin = call.twin
    if twin.faults.take(FaultKind.EMPTY_BULK, call.endpoint, call.now) is not None:
        return Answer([])
    request = twin.adding.request(call.of, request_id, call.now)
    return Answer(asking.bulk_result(call.of, request, twin.settings, is_v2=is_v2))
