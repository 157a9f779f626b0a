"""`izin doctor`: whether everything that the ledger needs of others is there and works."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum

import typer

from ledger.bootstrap import Home
from ledger.cli.asking import IYS_CODE
from ledger.cli.context import CODE_MAX, current
from ledger.clock import iys_text, now
from ledger.errors import LedgerError
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.gaps import PullAge
from ledger.iys_sync.pulling import Puller
from ledger.values import Value
from ledger.vocabulary import Channel, IysCode

DRIFT_SECONDS_MAX = 2.0
SEAL_AGE_MAX = timedelta(hours=1)
ACTIVE = "ACTIVE"

INTEGRATOR = typer.Option(
    None,
    "--integrator-code",
    min=1,
    max=CODE_MAX,
    help="İş ortağının İYS numarası: yetkileri de sorulur / asks for an integrator's rights too.",
)


class Mark(StrEnum):
    """How a check went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Finding(Value, frozen=True):
    """What one check found, in both languages."""

    name: str
    mark: Mark
    turkish: str
    english: str


_CHECKS = {
    "clock": "saat",
    "seal": "damga",
    "account": "hesap",
    "subscription": "abonelik",
    "push": "push",
    "rights": "yetki",
}
_BY_AGE = {PullAge.FRESH: Mark.OK, PullAge.LATE: Mark.WARNING}
_MARKS = {Mark.OK: "tamam", Mark.WARNING: "UYARI", Mark.FAILED: "HATA"}


def register(app: typer.Typer) -> None:
    """Hang the command on the tree."""
    app.command("doctor")(doctor)


def doctor(iys_code: int | None = IYS_CODE, integrator_code: int | None = INTEGRATOR) -> None:
    """Hesap, marka, paket, push, saat ve damgayı denetler / checks account, brands, clock, TSA."""
    context = current()
    with context.home() as home:
        code = context.provider(home, iys_code)
        found = [
            *_guarded("clock", lambda: _clock(home, code)),
            *_guarded("seal", lambda: _seal(home, code)),
            *_guarded("account", lambda: _iys(home, code, integrator_code)),
        ]
    for one in found:
        context.output.say(f"{_MARKS[one.mark]:<6} {one.turkish}", f"{one.mark:<8} {one.english}")
    context.output.answer(
        {"findings": [{"name": one.name, "mark": one.mark.value} for one in found]}
    )
    if any(one.mark is Mark.FAILED for one in found):
        raise typer.Exit(1)


def _guarded(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except LedgerError as error:
        turkish = f"{_CHECKS[name]}: {error.turkish}"
        yield Finding(name, Mark.FAILED, turkish, f"{name}: {error}")


def _clock(home: Home, code: IysCode) -> Iterator[Finding]:
    with home.ledger(code).store.write() as unit:
        off = abs((unit.head.now - now()).total_seconds())
    mark = Mark.OK if off <= DRIFT_SECONDS_MAX else Mark.FAILED
    yield Finding(
        "clock",
        mark,
        f"saat: bu makine ile veritabanı arasında {off:.1f} sn",
        f"clock: {off:.1f} s between this machine and the database",
    )


def _seal(home: Home, code: IysCode) -> Iterator[Finding]:
    last = home.log_store(code).last_seal()
    if last is None:
        yield Finding("seal", Mark.WARNING, "damga: henüz mühür yok", "TSA: no seal yet")
        return
    age = now() - last.sealed_at
    behind = home.ledger(code).store.last_position() - last.size
    mark = Mark.WARNING if behind and age > SEAL_AGE_MAX else Mark.OK
    yield Finding(
        "seal",
        mark,
        f"damga: son mühür {iys_text(last.sealed_at)}, ardında {behind} olay",
        f"TSA: last seal {iys_text(last.sealed_at)}, {behind} events behind it",
    )
    ends = home.logs.keeper(code).ends_soon()
    if ends is not None:
        yield Finding(
            "certificate",
            Mark.WARNING,
            f"damga sertifikası {iys_text(ends)} günü bitiyor",
            f"a certificate of the TSA ends on {iys_text(ends)}",
        )


def _iys(home: Home, code: IysCode, integrator: int | None) -> Iterator[Finding]:
    with home.connections.sync(code) as sync:
        iys = sync.iys
        yield from _pulled(home, code, sync.puller)
        yield from _brands(home, code, iys)
        yield from _guarded("subscription", lambda: _subscription(iys))
        yield from _guarded("push", lambda: _pushes(home, code, iys))
        if integrator is not None:
            yield from _guarded("rights", lambda: _rights(home, code, iys, integrator))
        yield from _gate(home, code)


def _pulled(home: Home, code: IysCode, puller: Puller) -> Iterator[Finding]:
    kept = {one.brand_code for one in home.brands(code) if not one.closed}
    for one in puller.figures():
        if one.brand_code not in kept:
            continue
        mark, turkish, english = _BY_AGE.get(one.age, Mark.FAILED), "", ""
        if one.unread:
            mark = Mark.WARNING if mark is Mark.OK else mark
            turkish, english = f"; {one.unread} okunamıyor", f"; {one.unread} cannot be read"
        if one.gap_since is not None:
            mark, since = Mark.FAILED, iys_text(one.gap_since)
            turkish += f"; {since} sonrası eksik: izin sync adopt"
            english += f"; missing from {since} on: izin sync adopt"
        until = iys_text(one.known_to)
        yield Finding(
            "pull",
            mark,
            f"marka {one.brand_code}: {one.source} hareketleri {until} anına kadar burada{turkish}",
            f"brand {one.brand_code}: movements of {one.source} are here until {until}{english}",
        )


def _brands(home: Home, code: IysCode, iys: IysClient) -> Iterator[Finding]:
    there = {one.brand_code: one for one in iys.brands()}
    yield Finding("login", Mark.OK, "İYS: giriş yapıldı", "İYS: logged in")
    for brand in home.brands(code):
        known = there.get(brand.brand_code)
        if known is None and not brand.closed:
            yield Finding(
                "brand",
                Mark.FAILED,
                f"marka {brand.brand_code}: İYS'de bu hesapta yok",
                f"brand {brand.brand_code}: not in this account at İYS",
            )
        elif known is not None:
            yield Finding(
                "brand",
                Mark.OK,
                f"marka {brand.brand_code}: İYS'de {known.total} izin",
                f"brand {brand.brand_code}: {known.total} consents at İYS",
            )
    for brand_code in sorted(there.keys() - {one.brand_code for one in home.brands(code)}):
        yield Finding(
            "brand",
            Mark.WARNING,
            f"marka {brand_code}: İYS'de var, burada yok",
            f"brand {brand_code}: at İYS, not kept here",
        )


def _subscription(iys: IysClient) -> Iterator[Finding]:
    found = iys.subscription()
    room = ""
    if found.consent_limit is not None and found.used is not None:
        room = f", {found.used}/{found.consent_limit}"
    yield Finding(
        "subscription",
        Mark.OK if found.status == ACTIVE else Mark.FAILED,
        f"abonelik: {found.status}{room}",
        f"subscription: {found.status}{room}",
    )


def _pushes(home: Home, code: IysCode, iys: IysClient) -> Iterator[Finding]:
    for brand in home.brands(code):
        if brand.closed:
            continue
        active = {one.channel for one in iys.push_connections(brand.brand_code) if one.is_active}
        missing = [channel.value for channel in Channel if channel not in active]
        if missing:
            names = ", ".join(missing)
            yield Finding(
                "push",
                Mark.WARNING,
                f"marka {brand.brand_code}: push yok ({names}); retler çekmeyle gelir",
                f"brand {brand.brand_code}: no push ({names}); refusals come by the pull",
            )
        else:
            yield Finding(
                "push",
                Mark.OK,
                f"marka {brand.brand_code}: push bağlı",
                f"brand {brand.brand_code}: push is connected",
            )


def _rights(home: Home, code: IysCode, iys: IysClient, integrator: int) -> Iterator[Finding]:
    kept = {one.brand_code for one in home.brands(code)}
    for right in iys.integrator_rights(integrator):
        if right.brand_code not in kept:
            continue
        missing = [channel.value for channel in Channel if channel not in right.writes]
        sound = not missing and right.agreement_control
        names = ", ".join(missing) or "–"
        yield Finding(
            "rights",
            Mark.OK if sound else Mark.WARNING,
            f"marka {right.brand_code}: yazma yetkisi eksik: {names};"
            f" mutabakat {'var' if right.agreement_control else 'yok'}",
            f"brand {right.brand_code}: no right to write: {names};"
            f" agreement {'yes' if right.agreement_control else 'no'}",
        )


def _gate(home: Home, code: IysCode) -> Iterator[Finding]:
    account = home.connections.account(code).read()
    if account is None:
        return
    figures = home.connections.gate(account.url).figures(now())
    share = f"{figures.success_ratio:.0%}"
    yield Finding(
        "gate",
        Mark.WARNING if figures.is_failing else Mark.OK,
        f"İYS çağrıları, 24 saat: {figures.requests_day}, başarılı {share}",
        f"calls to İYS in 24 hours: {figures.requests_day}, {share} successful",
    )
    if figures.halted is not None:
        until, why = figures.halted
        yield Finding(
            "halt",
            Mark.FAILED,
            f"jeton istenmiyor: {iys_text(until)} anına kadar ({why})",
            f"no token is asked for until {iys_text(until)} ({why})",
        )
