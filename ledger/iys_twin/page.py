"""The page at `/`, in Turkish, for people who try things by hand."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from string import Template
from typing import Final

from ledger.iys_twin.engine import Twin
from ledger.iys_twin.faults import FaultKind
from ledger.iys_twin.status import TwinState, state_of

FAULT_WORDS: Final = {
    FaultKind.HTML: "vekil sunucudan HTML",
    FaultKind.MISSPELLED: 'yanlış yazılmış "code:"',
    FaultKind.CUT: "yarım yanıt",
    FaultKind.LOST_REQUEST: "kaybolan istek",
    FaultKind.LOST_ANSWER: "kaydedilip kaybolan yanıt",
    FaultKind.EMPTY_BULK: "boş toplu sonuç",
    FaultKind.DUPLICATE_PUSH: "iki kez push",
    FaultKind.FILE_ERROR: "gün dosyası hatası",
}
GUARD_WORDS: Final = {"ok": "sorun yok", "noticed": "uyarıldı", "removed": "IP çıkarılırdı"}


def page(twin: Twin) -> str:
    """The page as HTML."""
    state = state_of(twin)
    html = resources.files("ledger.iys_twin").joinpath("page.html").read_text(encoding="utf-8")
    kinds = (
        f'<option value="{kind.value}">{escape(word)}</option>'
        for kind, word in FAULT_WORDS.items()
    )
    guard, pushes = state.guard, state.pushes
    return Template(html).substitute(
        now=state.clock.now,
        speed=f"{state.clock.speed:g}",
        iys_code=state.iys_code,
        subscription=escape(state.subscription_status),
        kinds="".join(kinds),
        brands=_brands(state),
        latest=_latest(state),
        quotas=_quotas(state),
        requests=guard.requests,
        ratio=f"%{guard.success_ratio * 100:.0f}",
        guard=GUARD_WORDS[guard.state],
        waiting=state.waiting_bulk_requests,
        pushes=f"{pushes.delivered} teslim, {pushes.waiting} bekliyor,"
        f" {pushes.given_up} vazgeçildi",
        faults=_faults(state),
    )


def _brands(state: TwinState) -> str:
    rows = (
        (b.brand_code, b.name, b.consents, b.sent, b.by_recipients, b.retailers, b.push_connections)
        for b in state.brands
    )
    return _table(("Marka", "Ad", "İzin", "Gönderilen", "Alıcıdan", "Bayi", "Push"), rows)


def _latest(state: TwinState) -> str:
    rows = (
        (
            *(m.creation_date, m.brand_code, m.recipient, m.channel, m.recipient_type),
            *(m.consent_status, m.source or "–"),
        )
        for m in state.latest
    )
    return _table(("Zaman", "Marka", "Alıcı", "Tür", "Alıcı tipi", "Durum", "Kaynak"), rows)


def _quotas(state: TwinState) -> str:
    rows = (
        (
            *(q.caller, q.requests_last_second, q.tokens_last_hour, q.tokens_closed_until or "–"),
            *(q.statuses_last_hour, q.histories_last_hour),
        )
        for q in state.quotas
    )
    head = ("İstemci", "Son saniye", "Jeton/saat", "Jeton kapalı", "Durum/saat", "Geçmiş/saat")
    return _table(head, rows)


def _faults(state: TwinState) -> str:
    rows = (
        (f.kind, f.endpoint or "hepsi", f.code or "–", f.times or "–", f.until or "–")
        for f in state.faults
    )
    return _table(("Arıza", "Uç", "Kod", "Kalan", "Bitiş"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    if not body:
        return "<p>Henüz yok.</p>"
    heads = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
