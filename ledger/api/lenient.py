"""The body of a refusal, read in spite of what is wrong with it (C5, api.md: always taken).

Only the address has to be there. Where it cannot be told what a member meant, the refusal reaches
further than it may have been meant: all channels, all brands.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import structs

from ledger.api.items import nearest
from ledger.api.problems import Problem
from ledger.contract.requests import BRANDS_MAX, RefusalRequest
from ledger.vocabulary import Channel

KNOWN: Final = tuple(field.encode_name for field in structs.fields(RefusalRequest))
BRAND_CODE_MAX: Final = 2**53 - 1
BRAND_DIGITS_MAX: Final = 16

_decoder: Final = msgspec.json.Decoder(RefusalRequest)


def read(body: bytes) -> tuple[RefusalRequest, tuple[str, ...]]:
    """The request, and the codes of what is wrong with it.

    Raises Problem: 422 L-JSON; L-FIELD-UNKNOWN, L-FIELD where there is no address.
    """
    try:
        return _decoder.decode(body), ()
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Problem(422, "L-JSON") from None
    try:
        members = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Problem(422, "L-JSON") from None
    if not isinstance(members, dict):
        raise Problem(422, "L-FIELD")
    strange = next((name for name in members if name not in KNOWN), None)
    recipient = members.get("recipient")
    if not isinstance(recipient, str) and type(recipient) is not int:
        if strange is not None:
            near = nearest(strange, KNOWN)
            raise Problem(422, "L-FIELD-UNKNOWN", pointer="", nearest=near)
        raise Problem(422, "L-FIELD", pointer="/recipient")
    texts = _texts(members)
    asked = RefusalRequest(
        recipient=str(recipient),
        types=_channels(members.get("types")),
        brands=_brands(members.get("brands")),
        receivedAt=texts.get("receivedAt", "" if members.get("receivedAt") is not None else None),
        via=texts.get("via", "api"),
        reference=texts.get("reference"),
        id=texts.get("id"),
    )
    return asked, ("L-FIELD" if strange is None else "L-FIELD-UNKNOWN",)


_LENGTHS: Final = {"receivedAt": 40, "via": 64, "reference": 1_000, "id": 200}
"""Characters of each member that is a text; `contract/requests.py` says the same."""


def _texts(members: Mapping[str, object]) -> dict[str, str]:
    """The members that are texts, or whole numbers, of a length that is allowed."""
    found = {}
    for name, length in _LENGTHS.items():
        value = members.get(name)
        text = str(value) if type(value) is int else value
        if isinstance(text, str) and 0 < len(text) <= length:
            found[name] = text
    return found


def _channels(value: object) -> tuple[Channel, ...]:
    """The channels, none, which means all, where one of them is none."""
    words = value if isinstance(value, list) else [value]
    known = {str(channel): channel for channel in Channel}
    found = [known.get(word) if isinstance(word, str) else None for word in words]
    channels = tuple(dict.fromkeys(channel for channel in found if channel is not None))
    return () if None in found else channels


def _brands(value: object) -> tuple[int, ...]:
    """The brand codes, none, which means all, where one of them is none."""
    given = value if isinstance(value, list) else [value]
    codes = [_brand(one) for one in given[: BRANDS_MAX + 1]]
    known = tuple(code for code in codes if code is not None)
    return known if len(known) == len(given) <= BRANDS_MAX else ()


def _brand(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= BRAND_DIGITS_MAX else 0
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < value <= BRAND_CODE_MAX else None
