"""Who may ask over HTTP, and who asked: key add, list, revoke; access-log."""

from datetime import datetime, timedelta

import typer

from ledger.cli.context import ACTOR, CODE_MAX, choice, current, instant, words
from ledger.clock import iys_text, now, utc_text
from ledger.store.access import KeyRow
from ledger.store.access_log import Note
from ledger.vocabulary import BrandCode, Role

key_app = typer.Typer(help="API anahtarları / API keys.", no_args_is_help=True)

DAYS_MAX = 3_650
NOTES_MAX = 100_000

BRANDS = typer.Option(
    None, "--brand", min=1, max=CODE_MAX, help="Marka kodu, yinelenebilir / brand code, repeatable."
)
BRAND = typer.Option(None, "--brand", min=1, max=CODE_MAX, help="Marka kodu / brand code.")
IYS_CODE = typer.Option(
    None, "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)
KEY_ID = typer.Argument(..., help="Anahtarın kimliği / id of the key.")


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(key_app, name="key")
    app.command("access-log")(access_log)


@key_app.command("add")
def key_add(
    name: str = typer.Option(..., help="Kimin / whose."),
    role: str = typer.Option(..., help=", ".join(Role)),
    brand: list[int] | None = BRANDS,
    iys_code: int | None = IYS_CODE,
    expires_at: str | None = typer.Option(None, help="Son kullanma anı / time it expires."),
    days: int | None = typer.Option(None, min=1, max=DAYS_MAX, help="Gün sayısı / days it lasts."),
) -> None:
    """Anahtar yapar, bir kez gösterir / makes a key and shows it once."""
    context = current()
    kept_name, kept_role = words(name, "--name"), choice(Role, role, "--role")
    until = _expiry(expires_at, days)
    brands = None if not brand else [BrandCode(code) for code in brand]
    with context.home() as home:
        code = context.provider(home, iys_code, brands)
        key_id, token = home.keys.add(
            kept_name, kept_role, code, brands=brands, created_by=ACTOR, expires_at=until
        )
    context.output.say(f"Anahtar: {token}", f"Key: {token}")
    context.output.say(
        "Bir daha gösterilmez; yalnızca özeti saklanır.",
        "It is not shown again; only its digest is kept.",
    )
    context.output.answer(
        {
            "keyId": key_id,
            "token": token,
            "name": kept_name,
            "role": kept_role,
            "iysCode": code,
            "brands": brands,
            "expiresAt": None if until is None else utc_text(until),
        }
    )


@key_app.command("list")
def key_list() -> None:
    """Anahtarları sayar / lists the keys."""
    context = current()
    with context.home() as home:
        rows = home.keys.all()
    for row in rows:
        scope = "*" if row.brands is None else ",".join(map(str, row.brands))
        state = context.output.text(*_state(row))
        line = f"{row.key_id}\t{row.role}\t{row.iys_code}\t{scope}\t{state}\t{row.name}"
        context.output.say(line, line)
    context.output.answer({"keys": [_key_members(row) for row in rows]})


@key_app.command("revoke")
def key_revoke(
    key_id: str = typer.Argument(..., help="Anahtarın kimliği / id of the key."),
) -> None:
    """Anahtarı geçersiz kılar / lets its holder in no more."""
    context = current()
    with context.home() as home:
        revoked_at = home.keys.revoke(key_id)
    context.output.say(
        f"{key_id} geçersiz; en geç 2 saniyede her yerde.",
        f"{key_id} is revoked; everywhere within 2 seconds.",
    )
    context.output.answer({"keyId": key_id, "revokedAt": utc_text(revoked_at)})


def access_log(
    brand: int | None = BRAND,
    since: str | None = typer.Option(None, help="Bu andan beri / since this time."),
    limit: int = typer.Option(100, min=1, max=NOTES_MAX, help="En çok / at most."),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Kişisel veriye erişim kayıtları, en yenisi önce / who was shown what, the newest first."""
    context = current()
    after = instant(since, "--since")
    wanted = None if brand is None else BrandCode(brand)
    with context.home() as home:
        code = context.provider(home, iys_code, None if wanted is None else [wanted])
        notes = home.access_log(code).newest(limit, since=after, brand_code=wanted)
    for note in notes:
        shown = (note.actor, note.action, note.brand_code, note.subject, note.items)
        cells = [iys_text(note.at), *("–" if cell is None else str(cell) for cell in shown)]
        line = "\t".join(cells)
        context.output.say(line, line)
    context.output.answer({"notes": [_note_members(note) for note in notes]})


def _expiry(expires_at: str | None, days: int | None) -> datetime | None:
    if expires_at is not None and days is not None:
        raise typer.BadParameter("--expires-at | --days", param_hint="--days")
    until = (
        now() + timedelta(days=days) if days is not None else instant(expires_at, "--expires-at")
    )
    if until is not None and until <= now():
        raise typer.BadParameter("geçmişte / in the past", param_hint="--expires-at")
    return until


def _state(row: KeyRow) -> tuple[str, str]:
    if row.revoked_at is not None:
        return "geçersiz kılındı", "revoked"
    if row.expires_at is None:
        return "süresiz", "does not expire"
    shown = iys_text(row.expires_at)
    if row.expires_at <= now():
        return f"{shown} itibarıyla süresi doldu", f"expired at {shown}"
    return f"{shown} anına dek", f"until {shown}"


def _key_members(row: KeyRow) -> dict[str, object]:
    return {
        "keyId": row.key_id,
        "name": row.name,
        "role": row.role,
        "iysCode": row.iys_code,
        "brands": row.brands,
        "createdAt": utc_text(row.created_at),
        "createdBy": row.created_by,
        "expiresAt": None if row.expires_at is None else utc_text(row.expires_at),
        "revokedAt": None if row.revoked_at is None else utc_text(row.revoked_at),
    }


def _note_members(note: Note) -> dict[str, object]:
    return {
        "at": utc_text(note.at),
        "actor": note.actor,
        "action": note.action,
        "brandCode": note.brand_code,
        "subject": None if note.subject is None else str(note.subject),
        "items": note.items,
        "requestId": note.request_id,
    }
