"""What the caller says of a file to import: in the query, and of persons in headers (C8)."""

from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from ledger import clock
from ledger.api.asking import instant
from ledger.api.problems import Problem, is_english
from ledger.recording.import_ports import ImportJobs, JobOptions
from ledger.values import plain_text
from ledger.vocabulary import RecipientType

TEXT_CHARACTERS_MAX: Final = 200
BRAND_DIGITS_MAX: Final = 16
DATES: Final = ("mdy", "dmy")
SWITCH: Final = {"true": True, "false": False}
DECLARED_BY, EXPORTED_AT, FILE_NAME = "Izin-Declared-By", "Izin-Exported-At", "Izin-File-Name"
QUERY: Final = ("brandCode", "template", "dates", "recipientType", "refusals", "dryRun")


def _query(name: str, schema: dict[str, object], **more: object) -> dict[str, object]:
    return {"name": name, "in": "query", "schema": schema, **more}


def _header(name: str, description: str) -> dict[str, object]:
    return {
        "name": name,
        "in": "header",
        "description": f"{description}; %-encoded UTF-8",
        "schema": {"type": "string", "maxLength": TEXT_CHARACTERS_MAX},
    }


PARAMETERS: Final = (
    _query(
        "brandCode",
        {"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
        required=True,
        example=123456,
    ),
    _query("template", {"type": "string", "default": "auto"}),
    _query("dates", {"enum": [*DATES]}),
    _query("recipientType", {"enum": [*RecipientType]}),
    _query("refusals", {"type": "boolean", "default": False}),
    _query("dryRun", {"type": "boolean", "default": False}),
    _header(DECLARED_BY, "İYS'de kayıtlı olduğunu beyan eden / who declares it as registered"),
    _header(EXPORTED_AT, "Dışa aktarma anı / time of the export"),
    _header(FILE_NAME, "Dosyanın adı / name of the file"),
)


def options_of(request: Request, query: dict[str, str], jobs: ImportJobs) -> JobOptions:
    """What the caller says of the file. Raises Problem."""
    template = query.get("template", "auto")
    if template not in jobs.templates:
        raise Problem(422, "L-FIELD", pointer="?template")
    dates = query.get("dates")
    if dates not in (None, *DATES):
        raise Problem(422, "L-FIELD", pointer="?dates")
    kind = query.get("recipientType")
    if kind not in (None, *RecipientType):
        raise Problem(422, "L-FIELD", pointer="?recipientType")
    refusals = switch_of(query, "refusals")
    if refusals and (template != "auto" or dates is not None):
        raise Problem(422, "L-FIELD", pointer="?refusals")
    said = _Said(*(_text(request, name) for name in (DECLARED_BY, EXPORTED_AT, FILE_NAME)))
    if (said.declared_by is None) != (said.exported_at is None):
        raise Problem(422, "L-DECLARED")
    exported_at = instant(said.exported_at, EXPORTED_AT)
    if exported_at is not None and exported_at > clock.now():
        raise Problem(422, "L-TIME", pointer=EXPORTED_AT)
    return JobOptions(
        template=template,
        dates=dates,
        recipient_type=None if kind is None else RecipientType(kind),
        refusals=refusals,
        declared_by=said.declared_by,
        exported_at=None if exported_at is None else clock.utc_text(exported_at),
        file_name=said.file_name,
        lang="en" if is_english(request) else "tr",
    )


class _Said(NamedTuple):
    """What stands in headers."""

    declared_by: str | None
    exported_at: str | None
    file_name: str | None


def _text(request: Request, name: str) -> str | None:
    """A header's text, None where it is not there. Raises Problem 422 L-HEADER-TEXT."""
    raw = request.headers.get(name)
    if raw is None:
        return None
    try:
        text = plain_text(unquote_to_bytes(raw.encode("ascii")).decode("utf-8")).strip()
    except UnicodeError:
        text = ""
    if not (text and text.isprintable() and len(text) <= TEXT_CHARACTERS_MAX):
        raise Problem(422, "L-HEADER-TEXT", pointer=name)
    return text


def brand_code_of(text: str | None) -> int:
    """The brand that the query names. Raises Problem 422 L-FIELD."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= BRAND_DIGITS_MAX):
        raise Problem(422, "L-FIELD", pointer="?brandCode")
    return int(text)


def switch_of(query: dict[str, str], name: str) -> bool:
    """`true` or `false`, which absence means. Raises Problem 422 L-FIELD."""
    switched = SWITCH.get(query.get(name, "false"))
    if switched is None:
        raise Problem(422, "L-FIELD", pointer=f"?{name}")
    return switched
