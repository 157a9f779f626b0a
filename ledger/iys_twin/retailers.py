"""Retailers of a brand (iys/api.md §8.1–§8.4): creating with every check, listing, deleting."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ledger.iys_twin import wire_directory as wire
from ledger.iys_twin.addresses import is_phone
from ledger.iys_twin.asking import page_of
from ledger.iys_twin.codes import MESSAGES
from ledger.iys_twin.refusals import Problem, Refused, problem, refusal
from ledger.iys_twin.wire import Page
from ledger.iys_twin.world import Brand, Retailer, World

FIELDS: Final = frozenset(
    ("title", "mersis", "alias", "name", "tckn", "mobile", "city", "town", "status", "tin")
)
STATES: Final = ("active", "suspended", "passive")
TEXT_MAX: Final = 255
RETAILERS_MAX: Final = 3_000
CODE_MIN, CODE_MAX = 10_000_000, 99_999_999
MERSIS_DIGITS: Final = 16
TCKN_DIGITS: Final = 11
VKN_DIGITS: Final = 10
_match_words: Final = re.compile(r"[\w .,&'()/\-]+").fullmatch

Body = Mapping[str, Any]


def create(world: World, brand: Brand, body: Any, new_code: Callable[[], int]) -> Retailer:
    """Make a retailer. `new_code`: some number of eight digits. Raises Refused (all 400)."""
    if not isinstance(body, dict) or not body.keys() <= FIELDS:
        raise refusal("H016")
    for name, value in body.items():
        if isinstance(value, str) and len(value) > TEXT_MAX:
            message = MESSAGES["H017"].format(key=name, limit=TEXT_MAX)
            raise refusal("H017", message=message)
    found = [*_wrong_names(body), *_wrong_places(body), *_wrong_numbers(body)]
    found = found or _taken(world, body)
    if found:
        raise Refused(400, found)
    code = next((c for c in _codes(new_code) if c not in brand.retailers), None)
    if code is None or len(brand.retailers) >= RETAILERS_MAX:
        raise refusal("H067")
    made = brand.retailers[code] = Retailer(code, {"status": "active", **body})
    return made


def listed(brand: Brand, query: Mapping[str, str]) -> wire.Retailers:
    """A page of retailers, or with `all` every one. Raises Refused."""
    found: list[Problem] = []
    for name, code in (("all", "H184"), ("short", "H185")):
        if query.get(name, "false") not in ("true", "false"):
            found.append(problem(code, name, value=query[name]))
    if found:
        raise Refused(422, found)
    offset, limit = page_of(query, swapped=False)
    everyone = list(brand.retailers.values())
    page = everyone if query.get("all") == "true" else everyone[offset : offset + limit]
    is_short = query.get("short") == "true"
    shown = shapes(brand, page, is_short=is_short)
    number = offset // limit + 1
    return wire.Retailers(Page(offset, len(shown), len(everyone), current_page=number), shown)


def delete(brand: Brand, code: int) -> None:
    """Forget a retailer that no consent ever named. Raises Refused H058, 400 H061's words."""
    retailer = brand.retailers.get(code)
    if retailer is None:
        raise refusal("H058", message=f"Bayi::{code} bulunamadı.")
    if retailer.was_linked:
        message = MESSAGES["H061"].format(retailerCode=code)
        raise refusal("H061", status=400, message=message)
    del brand.retailers[code]


def shapes(
    brand: Brand, retailers: Iterable[Retailer], *, is_short: bool = False
) -> list[wire.Retailer]:
    """Retailers on the wire; consents are gone through once for all of them."""
    counts = Counter(code for consent in brand.consents() for code in consent.retailers)
    return [_shape(one, counts[one.code], is_short=is_short) for one in retailers]


def _shape(one: Retailer, count: int, *, is_short: bool) -> wire.Retailer:
    details = one.details
    short = wire.Retailer(
        title=one.title,
        city=_place(details["city"]),
        retailer_code=one.code,
        state=str(details["status"]),
        retailer_access_count=count,
    )
    if is_short:
        return short
    return wire.Retailer(
        title=short.title,
        city=short.city,
        retailer_code=short.retailer_code,
        state=short.state,
        retailer_access_count=count,
        name=_text(details, "name"),
        tckn=_text(details, "tckn"),
        tin=_text(details, "tin"),
        town=_place(details["town"]),
        mersis=_text(details, "mersis"),
        alias=_text(details, "alias"),
        mobile=_text(details, "mobile"),
        can_be_deleted=not one.was_linked,
    )


def _wrong_names(body: Body) -> list[Problem]:
    found = []
    for name, code in (("title", "H214"), ("name", "H215")):
        if not body.get(name):
            found.append(problem(code))
    for name in ("name", "title", "alias"):
        value = body.get(name)
        if value is not None and value != "" and not _is_words(value):
            found.append(problem("H229", message=f"{name} alfanümerik olmalıdır."))
    if "status" in body and body["status"] not in STATES:
        found.append(problem("H201"))
    mobile = body.get("mobile")
    if "mobile" in body and not (isinstance(mobile, str) and is_phone(mobile)):
        found.append(problem("H224"))
    return found


def _wrong_places(body: Body) -> list[Problem]:
    found = []
    for name, (empty, no_code, no_name) in (
        ("city", ("H217", "H218", "H219")),
        ("town", ("H220", "H221", "H222")),
    ):
        place = body.get(name)
        if not isinstance(place, dict) or not place:
            found.append(problem(empty))
            continue
        if not place.get("code"):
            found.append(problem(no_code))
        if not place.get("name"):
            found.append(problem(no_name))
    return found


def _wrong_numbers(body: Body) -> list[Problem]:
    found = []
    tckn, tin, mersis = (body.get(name) for name in ("tckn", "tin", "mersis"))
    if not tckn:
        found.append(problem("H216"))
    elif len(str(tckn)) != TCKN_DIGITS:
        found.append(problem("H226"))
    elif not is_tckn(str(tckn)):
        found.append(problem("H225"))
    if not tin:
        found.append(problem("H288"))
    elif len(str(tin)) not in (VKN_DIGITS, TCKN_DIGITS):
        found.append(problem("H244"))
    elif not (is_vkn(str(tin)) or is_tckn(str(tin))):
        found.append(problem("H243"))
    if "mersis" in body:
        text = str(mersis)
        if len(text) != MERSIS_DIGITS:
            found.append(problem("H228"))
        elif not _is_digits(text) or (text[0] == "0" and not is_vkn(text[1:11])):
            found.append(problem("H227"))
    return found


def _taken(world: World, body: Body) -> list[Problem]:
    """Numbers are unique within the provider; a passive retailer is named as such."""
    others = [one.details for brand in world.brands.values() for one in brand.retailers.values()]
    found = []
    for name, code, called in (("mersis", "H230", "mersis"), ("tckn", "H231", "kimlik")):
        same = [one for one in others if name in body and one.get(name) == body[name]]
        if any(one["status"] != "passive" for one in same):
            found.append(problem(code))
        elif same:
            message = MESSAGES["H253"].replace("mersis", called)
            found.append(problem("H253", message=message))
    return found


def is_tckn(text: str) -> bool:
    """Whether eleven digits are a Turkish identity number: its two check digits fit."""
    if len(text) != TCKN_DIGITS or not _is_digits(text) or text[0] == "0":
        return False
    digits = [int(one) for one in text]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def is_vkn(text: str) -> bool:
    """Whether ten digits are a Turkish tax number: its check digit fits."""
    if len(text) != VKN_DIGITS or not _is_digits(text):
        return False
    total = 0
    for place, one in enumerate(text[:9]):
        shifted = (int(one) + 9 - place) % 10
        power = shifted * 2 ** (9 - place) % 9
        total += 9 if shifted and not power else power
    return int(text[9]) == (10 - total % 10) % 10


def _codes(new_code: Callable[[], int]) -> list[int]:
    """A few tries, kept to eight digits."""
    return [CODE_MIN + new_code() % (CODE_MAX - CODE_MIN + 1) for _ in range(100)]


def _place(value: object) -> wire.Place:
    place = value if isinstance(value, dict) else {}
    return wire.Place(name=str(place["name"]), code=str(place["code"]))


def _text(details: Mapping[str, object], name: str) -> str | None:
    return None if name not in details else str(details[name])


def _is_words(value: object) -> bool:
    return isinstance(value, str) and _match_words(value) is not None


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
