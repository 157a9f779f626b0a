"""The endpoints besides consents: tokens, days, brands, retailers, places, push, ViA."""

from ledger.iys_twin import directory, pushing, reconciliation, retailer_access, retailers, wire
from ledger.iys_twin.calls import Answer, Call
from ledger.iys_twin.consent_endpoints import NO_BODY
from ledger.iys_twin.delivery import Heard, Messenger
from ledger.iys_twin.faults import FaultKind
from ledger.iys_twin.gate import is_code_text
from ledger.iys_twin.places import CITIES, TOWNS
from ledger.iys_twin.refusals import refusal
from ledger.iys_twin.times import text_of
from ledger.iys_twin.wire_directory import City, RetailerCreated

CSV = "text/csv"
TEXT = "text/plain"


def token(call: Call) -> Answer:
    """`POST /oauth2/token`."""
    call.twin.quotas.expect_token(call.caller, call.now)
    form = call.body if isinstance(call.body, dict) else {}
    return Answer(call.twin.tokens.grant(form, call.now))


def day_summary(call: Call) -> Answer:
    """`GET …/changes/{reportDate}/recipients/{recipientType}`."""
    day = reconciliation.report_day(call.path["reportDate"], call.now)
    recipient_type = call.path["recipientType"]
    waiting = call.twin.adding.waiting()
    return Answer(reconciliation.summary(call.of, day, recipient_type, waiting))


def agreement(call: Call) -> Answer:
    """`GET …/agreements/{reportDate}`."""
    day = reconciliation.report_day(call.path["reportDate"], call.now)
    fails = call.twin.faults.take(FaultKind.FILE_ERROR, call.endpoint, call.now) is not None
    found = call.twin.files.agreement(call.of, day, call.now, fails=fails)
    return NO_BODY if found is None else Answer(found)


def agree(call: Call) -> Answer:
    """`PUT …/agreements/{reportDate}`."""
    day = reconciliation.report_day(call.path["reportDate"], call.now)
    is_noted = call.twin.files.agree(call.of, day, call.body)
    return Answer(wire.AgreementCaptured(True)) if is_noted else NO_BODY


def day_stamp(call: Call) -> Answer:
    """`GET …/agreements/{reportDate}/timestamp`: DER under the declared media type."""
    day = reconciliation.report_day(call.path["reportDate"], call.now)
    stamp = call.twin.files.stamp(call.of, day, call.now)
    return NO_BODY if stamp is None else Answer(stamp, media=TEXT)


def day_file(call: Call) -> Answer:
    """`GET …/changes/{reportDate}/file`."""
    day = reconciliation.report_day(call.path["reportDate"], call.now)
    data = call.twin.files.file(call.of, day, call.now)
    return NO_BODY if data is None else Answer(data, media=CSV)


def brands(call: Call) -> Answer:
    """`GET /sps/{iysCode}/brands`."""
    return Answer(directory.brands(call.twin.world))


def subscription(call: Call) -> Answer:
    """`GET /sps/{iysCode}/subscription`."""
    return Answer(directory.subscription(call.twin.world, call.whose, call.now))


def integrator_subscription(call: Call) -> Answer:
    """`GET /integrator/{integratorCode}/subscription`."""
    return Answer(directory.integrator_subscription(call.twin.world, call.whose, call.now))


def linked(call: Call) -> Answer:
    """`GET /integrator/{integratorCode}/sps`."""
    return Answer(directory.linked(call.twin.world, call.whose, call.query, as_text=True))


def linked_of(call: Call) -> Answer:
    """`GET /integrator/{integratorCode}/sps/{iysCode}`."""
    return Answer(directory.linked(call.twin.world, call.whose, call.query, as_text=False))


def create_retailer(call: Call) -> Answer:
    """`POST …/retailers`."""
    made = retailers.create(call.twin.world, call.of, call.body, call.twin.chance.number)
    return Answer(RetailerCreated(made.code), 201)


def list_retailers(call: Call) -> Answer:
    """`GET …/retailers`."""
    return Answer(retailers.listed(call.of, call.query))


def one_retailer(call: Call) -> Answer:
    """`GET …/retailers/{retailerCode}`; of one that is not there 200 without members (§8.3)."""
    found = call.of.retailers.get(_retailer_code(call))
    return Answer(wire.Nothing() if found is None else retailers.shapes(call.of, [found])[0])


def delete_retailer(call: Call) -> Answer:
    """`DELETE …/retailers/{retailerCode}`."""
    retailers.delete(call.of, _retailer_code(call))
    return Answer("Başarı".encode(), media=TEXT)


def give_access(call: Call) -> Answer:
    """`POST …/consents/retailers/access`."""
    request = retailer_access.asked(call.body, call.twin.settings, code="H090", has_list=False)
    retailer_access.give(call.of, request)
    return Answer(wire.Added(call.twin.chance.uuid(), text_of(call.now)))


def replace_access(call: Call) -> Answer:
    """`PUT …/consents/retailers/access`."""
    request = retailer_access.asked(
        call.body,
        call.twin.settings,
        code="H171",
        bad_channel=retailer_access.BAD_CHANNEL,
    )
    retailer_access.replace(call.of, request)
    return Answer(1, 202)


def list_access(call: Call) -> Answer:
    """`POST …/consent/retailers/access/list`, `consent` in the singular."""
    settings = call.twin.settings
    return Answer(retailer_access.listed(call.of, call.body, call.query, settings))


def remove_access(call: Call) -> Answer:
    """`POST …/consents/retailers/access/remove`."""
    request = retailer_access.asked(call.body, call.twin.settings, code="H172")
    retailer_access.remove(call.of, request)
    return Answer(1, 202)


def remove_all_access(call: Call) -> Answer:
    """`POST …/consents/retailers/access/remove/all`."""
    request = retailer_access.asked(call.body, call.twin.settings, code="H172", has_retailers=False)
    retailer_access.remove_all(call.of, request)
    return Answer(1, 202)


def cities(call: Call) -> Answer:
    """`GET /info/city`."""
    return Answer(list(CITIES.values()))


def city(call: Call) -> Answer:
    """`GET /info/city/{code}`: the code comes back as a string."""
    found = CITIES.get(_place_code(call))
    return NO_BODY if found is None else Answer(City(str(found.code), found.name))


def towns(call: Call) -> Answer:
    """`GET /info/town`."""
    return Answer(list(TOWNS.values()))


def town(call: Call) -> Answer:
    """`GET /info/town/{code}`."""
    found = TOWNS.get(_place_code(call))
    return NO_BODY if found is None else Answer(found)


async def register_push(call: Call) -> Answer:
    """`POST …/push/registration`: every connection is probed before it is kept."""
    settings = call.twin.settings
    wanted = pushing.connections_of(call.body, settings)
    pushing.expect_room(call.of, wanted)
    messenger = Messenger(settings)
    try:
        for one in wanted:
            heard = await messenger.probe(one)
            if heard is Heard.TIMED_OUT:
                raise refusal("H191", message=pushing.TIMED_OUT)
            if heard is Heard.REFUSED:
                raise refusal("H530", message=pushing.NOT_CREATED)
    finally:
        await messenger.close()
    pushing.expect_room(call.of, wanted)  # another registration may have come meanwhile
    for one in wanted:
        one.registered = call.now
        call.of.connections.append(one)
    return Answer(wire.Told(pushing.CREATED))


def list_push(call: Call) -> Answer:
    """`GET …/push/registration`."""
    return Answer(pushing.listed(call.of))


def unregister_push(call: Call) -> Answer:
    """`POST …/push/unregistration`."""
    pushing.unregister(call.of, call.body, call.twin.settings)
    return Answer(wire.Told(pushing.REMOVED))


def via_start(call: Call) -> Answer:
    """`POST /via/sps/{iysCode}/consent`."""
    return Answer(call.twin.via.start(call.body, call.now))


def via_confirm(call: Call) -> Answer:
    """`POST /via/sps/{iysCode}/confirmation`."""
    return Answer(call.twin.via.confirm(call.body, call.now))


def via_state(call: Call) -> Answer:
    """`GET /via/sps/{iysCode}/consent/request/{requestId}`."""
    desk = call.twin.via
    return Answer(desk.show(desk.find(call.path["requestId"]), call.now))


def _retailer_code(call: Call) -> int:
    text = call.path["retailerCode"]
    return int(text) if is_code_text(text) else 0


def _place_code(call: Call) -> int:
    """Raises Refused H241."""
    text = call.path["code"]
    if not is_code_text(text):
        raise refusal("H241", message="enum getirme işlemi başarısız.")
    return int(text)
