"""From the items of a request to commands. One bad item is said of this item, never of others.

A refusal is taken whatever else is wrong with it than its address, channel or status (C5); a
consent is refused for every defect.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import structs

from ledger import clock
from ledger.aggregates.bodies import TextReference
from ledger.aggregates.commands import Origin, Provenance, RecordAct
from ledger.aggregates.intake import SKEW_MAX, ParsedAct, RawAct, parse_act
from ledger.contract.requests import ITEMS_MAX, ConsentItem
from ledger.errors import InputRefused
from ledger.recording.arrival import received_at
from ledger.recording.evidence_ports import EvidenceNote
from ledger.recording.request import Request
from ledger.values import Discreet
from ledger.vocabulary import BrandCode, Channel, ConsentStatus

KNOWN: Final = tuple(field.encode_name for field in structs.fields(ConsentItem))
RETAILERS_MAX: Final = 100
STRANGE_TYPES_MAX: Final = 16
"""Words of `types` that are no channel; of more than so many nothing is said."""
ID_CHARACTERS_MAX: Final = 200
NAME_CHARACTERS_MAX: Final = 64
"""A longer name is nobody's misspelling."""
REFUSED: Final = str(ConsentStatus.REFUSED)
UNREADABLE: Final = "?"
"""In place of a recipient type that is no text: the refusal then holds for both."""

Evidence = Mapping[str, EvidenceNote]
"""By evidence id, in hex."""
Text = Callable[[str, str], TextReference | None]
"""Of a text's id and version: the registered text."""


class Bringer(Discreet, frozen=True, gc=False):
    """Who brings the items, and what is known to judge them by.

    `request_key`: the caller's name for the whole request, None where it gave none.
    """

    brand_code: BrandCode
    actor: str
    now: datetime
    evidence: Evidence
    text: Text
    request_key: str | None = None


class Fault(Discreet, frozen=True, gc=False):
    """Why nothing of an item can be recorded on a channel; `field` in İYS's names."""

    code: str
    field: str | None = None
    nearest: str | None = None


class TakenItem(Discreet, frozen=True, gc=False):
    """One item on one channel: a request, or why there is none."""

    index: int
    item_id: str | None
    channel: Channel | None
    request: Request | None = None
    fault: Fault | None = None


def take(item: object, index: int, bringer: Bringer) -> list[TakenItem]:
    """Judge one item by its members. One entry for each channel it speaks of."""
    if not isinstance(item, dict):
        return [TakenItem(index, None, None, fault=Fault("L-FIELD"))]
    item_id, id_fault = _id_of(item.get("id"))
    words = _channels(item)
    key = bringer.request_key
    name = item_id or (None if key is None else f"{key}\x00{index}")
    said = () if name is None else _said(item, words)
    taken = []
    for word in words:
        channel = Channel(word) if word in set(Channel) else None
        try:
            request = _request(item, word, bringer, id_fault)
        except InputRefused as refused:
            near = refused.nearest if isinstance(refused, Unknown) else None
            fault = Fault(refused.code, refused.field, near)
            taken.append(TakenItem(index, item_id, channel, fault=fault))
            continue
        part = word if len(words) > 1 else ""
        request = structs.replace(request, item_id=name, part=part, said=said)
        taken.append(TakenItem(index, item_id, channel, request))
    return taken


class Unknown(InputRefused):
    """A member that nobody knows."""

    def __init__(self, nearest: str | None) -> None:
        super().__init__("L-FIELD-UNKNOWN", field="")
        self.nearest = nearest


def _request(
    item: Mapping[str, object], channel: str, bringer: Bringer, id_fault: str | None
) -> Request:
    """One act on one channel. Raises InputRefused."""
    texts = {name: _text(item.get(name)) for name in _TEXTS}
    refuses = texts["status"] == REFUSED
    warnings: list[str] = []
    faults = _faults(item, texts, id_fault)
    if faults and not refuses:
        raise faults[0]
    arrived_at, received_fault = received_at(item.get("receivedAt"), bringer.now)
    consent_date, date_fault = _wire_date(texts["consentDate"] or "")
    if refuses and _is_later(consent_date, arrived_at):
        # It was said later than it is said to have come in: a refusal is never put back for that.
        arrived_at, received_fault = bringer.now, True
    time_faults = {"receivedAt": received_fault, "consentDate": date_fault}
    for name in (name for name, fault in time_faults.items() if fault and not refuses):
        raise InputRefused("L-TIME", field=name)
    provenance = Provenance(
        origin=Origin.LIVE,
        via="api",
        actor=bringer.actor,
        received_at=clock.utc_text(arrived_at),
        tzdata=clock.TZDATA_VERSION,
    )
    raw = RawAct(
        channel,
        texts["source"] or "",
        texts["recipient"] or "",
        texts["status"] or "",
        consent_date,
        UNREADABLE if texts["recipientType"] is None else texts["recipientType"],
        texts["retailerCode"] or "",
    )
    parsed = parse_act(raw, provenance, received_at=arrived_at)
    command, groups = _with_papers(parsed.command, item, bringer, warnings)
    warnings += [fault.code for fault in faults]
    warnings += ["L-TIME"] if received_fault else []
    command = structs.replace(command, warnings=(*warnings, *command.warnings))
    return _made(parsed, command, groups, bringer.brand_code)


def _faults(
    item: Mapping[str, object], texts: Mapping[str, str | None], id_fault: str | None
) -> list[InputRefused]:
    """What is wrong with the members as such, the first of its kind."""
    faults: list[InputRefused] = []
    strange = next((name for name in item if name not in KNOWN), None)
    if strange is not None:
        faults.append(Unknown(nearest(strange)))
    faults += [InputRefused("L-FIELD", field=name) for name in _TEXTS if texts[name] is None]
    if id_fault is not None:
        faults.append(InputRefused(id_fault, field="id"))
    types = item.get("types")
    if types not in (None, []) and (item.get("type") is not None or not isinstance(types, list)):
        faults.append(InputRefused("L-FIELD", field="types"))
    return faults


def _made(
    parsed: ParsedAct, command: RecordAct, groups: dict[str, object], brand_code: BrandCode
) -> Request:
    if parsed.given:
        groups["note"] = parsed.given
    return Request(
        parsed.address, brand_code, parsed.channel, parsed.recipient_types, command, groups
    )


def _with_papers(
    command: RecordAct, item: Mapping[str, object], bringer: Bringer, warnings: list[str]
) -> tuple[RecordAct, dict[str, object]]:
    """Evidence, text and dealers: graded, not gated (C5). What is not known here is warned of."""
    groups: dict[str, object] = {}
    evidence_id = item.get("evidenceId")
    if evidence_id is not None:
        known = bringer.evidence.get(evidence_id) if isinstance(evidence_id, str) else None
        if known is None:
            warnings.append("L-EVIDENCE-UNKNOWN")
        else:
            at, kinds = known.captured_by(command.at), (known.kind,)
            command = structs.replace(command, evidence_kinds=kinds, captured_at=at)
            groups["evidence"] = {"sha256": evidence_id}
    text = item.get("text")
    if text is not None:
        reference = None
        if isinstance(text, dict):
            named = [_text(text.get(name)) or "" for name in ("id", "version")]
            reference = bringer.text(named[0], named[1])
        if reference is None:
            warnings.append("L-TEXT-UNKNOWN")
        command = structs.replace(command, text=reference)
    access = item.get("retailerAccess")
    if access:
        codes = access if isinstance(access, list) else []
        sound = [code for code in codes if type(code) is int and 0 < code < 10**8]
        if len(sound) != len(codes) or len(codes) > RETAILERS_MAX or not codes:
            warnings.append("H126")
        else:
            command = structs.replace(command, retailer_access=tuple(sound))
    return command, groups


def _said(item: Mapping[str, object], words: Sequence[str]) -> tuple[str, ...]:
    """All that an item says but its id and its address, the address being known by how it is read:
    as it was given, so that the same item says the same when more is known here."""
    text, access = item.get("text"), item.get("retailerAccess")
    named = text if isinstance(text, dict) else {}
    codes = access if isinstance(access, list) else [access]
    values = [*map(item.get, _SAID), named.get("id"), named.get("version"), *codes]
    date = _wire_date(_text(item.get("consentDate")) or UNREADABLE)[0]
    return (*words, date, *(UNREADABLE if one is None else one for one in map(_text, values)))


_SAID: Final = ("status", "source", "recipientType", "retailerCode", "receivedAt", "evidenceId")
_TEXTS: Final = ("recipient", "status", "source", "consentDate", "recipientType", "retailerCode")


def _text(value: object) -> str | None:
    """A member as text: a number as its digits, absent as nothing; None for what is no text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value) if type(value) is int else None


def _channels(item: Mapping[str, object]) -> list[str]:
    """All that the item speaks of, `type` and `types` together, each once."""
    one, types = item.get("type"), item.get("types")
    said = [] if one is None else [one]
    said += types if isinstance(types, list) else []
    words = list(dict.fromkeys(_text(word) or "" for word in said)) or [""]
    strange = [word for word in words if word not in set(Channel)]
    beyond = set(strange[STRANGE_TYPES_MAX:])
    return [word for word in words if word not in beyond]


def _id_of(value: object) -> tuple[str | None, str | None]:
    text = _text(value)
    if text is None or len(text) > ID_CHARACTERS_MAX:
        return None, "L-FIELD"
    return text or None, None


def _is_later(consent_date: str, arrived_at: datetime) -> bool:
    """Whether the date, if it is one, lies behind the arrival."""
    try:
        return clock.parse_time(consent_date) > arrived_at + SKEW_MAX
    except ValueError:
        return False


def _wire_date(text: str) -> tuple[str, bool]:
    """A date as İYS's wire has it: its own form as it stands, RFC 3339 turned into it."""
    if "T" not in text and not text.endswith("Z") and "+" not in text:
        return text, False
    try:
        return clock.iys_text(clock.parse_time(text)), False
    except ValueError:
        return text, True


@lru_cache(maxsize=256)
def nearest(name: str, known: tuple[str, ...] = KNOWN) -> str | None:
    """The known member that was probably meant."""
    near = get_close_matches(name, known, n=1) if len(name) <= NAME_CHARACTERS_MAX else []
    return near[0] if near else None


def evidence_ids(items: list[object]) -> set[str]:
    """The evidence that the items name."""
    named = (item.get("evidenceId") for item in items if isinstance(item, dict))
    return {one for one in named if isinstance(one, str)}


def items_of(body: bytes) -> tuple[list[object], bool]:
    """The items of a body, and whether it is a single one. Raises msgspec.DecodeError,
    RecursionError, InputRefused for a body that is neither an item nor a list of some."""
    whole = msgspec.json.decode(body)
    if not isinstance(whole, dict):
        raise InputRefused("L-FIELD", field="")
    if "items" not in whole:
        return [whole], True
    items = whole["items"]
    unknown = [name for name in whole if name != "items"]
    if unknown:
        raise Unknown(nearest(unknown[0], (*KNOWN, "items")))
    if not isinstance(items, list) or not 1 <= len(items) <= ITEMS_MAX:
        raise InputRefused("L-ITEMS", field="items")
    return items, False
