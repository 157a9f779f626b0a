"""What may come as the body of which request, judged by its headers before anything is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.api.limits import Limits

Headers = Mapping[bytes, bytes]
Refusal = tuple[int, str]
"""HTTP status and code."""

JSON: Final = frozenset({b"application/json"})
LISTS: Final = frozenset({b"text/csv", b"application/x-ndjson", b"text/plain"})
WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})
METHODS: Final = frozenset({"GET", "HEAD", "POST"})
LENGTH_DIGITS_MAX: Final = 15


@dataclass(frozen=True, slots=True)
class BodyRule:
    """What one kind of request may bring.

    `bytes_max` None: no bound in total, but one for each line and the time. `media` None: any
    content type. `may_stream`: needs no Content-Length.
    """

    bytes_max: int | None
    seconds_max: float
    media: frozenset[bytes] | None = JSON
    may_stream: bool = False
    may_be_gzip: bool = False

    def forbids(self, length: int) -> bool:
        """Whether a body of so many bytes is too large."""
        return self.bytes_max is not None and length > self.bytes_max


class BodyRules:
    """The rule of each request, by the last part of its path."""

    def __init__(self, limits: Limits) -> None:
        seconds, long = limits.body_seconds_max, limits.upload_seconds_max
        self._usual = BodyRule(limits.body_bytes_max, seconds)
        bulk = BodyRule(limits.bulk_bytes_max, seconds)
        self._by_end = {
            "consents": bulk,
            "decisions": bulk,
            "refusals": bulk,
            "evidence": BodyRule(limits.evidence_bytes_max, long, media=None, may_stream=True),
            "imports": BodyRule(limits.import_bytes_max, long, media=None, may_stream=True),
            "filter": BodyRule(None, long, media=LISTS, may_stream=True, may_be_gzip=True),
        }

    def of(self, path: str) -> BodyRule:
        """The rule of a request that may have a body."""
        return self._by_end.get(path.rpartition("/")[2], self._usual)


def misframed(headers: Headers) -> bool:
    """Whether two readers could see two different ends of the body (RFC 9112 §6.1)."""
    return b"transfer-encoding" in headers and b"content-length" in headers


def refusal_without_body(headers: Headers) -> Refusal | None:
    """Why a request that has no use for a body is refused: it brings one."""
    brings = b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
    return (413, "L-TOO-LARGE") if brings else None


def refusal_of_body(headers: Headers, rule: BodyRule) -> Refusal | None:
    """Why the body is refused by what its headers say, if it is."""
    length = headers.get(b"content-length")
    if length is None:
        if not (rule.may_stream and b"transfer-encoding" in headers):
            return 411, "L-LENGTH"
    elif not length.isdigit() or len(length) > LENGTH_DIGITS_MAX or rule.forbids(int(length)):
        return 413, "L-TOO-LARGE"
    if rule.media is not None:
        media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if media not in rule.media:
            return 415, "L-MEDIA"
    coding = headers.get(b"content-encoding")
    if coding is not None and not (rule.may_be_gzip and coding.strip().lower() == b"gzip"):
        return 415, "L-MEDIA"
    return None
