"""Registering a published text: its bytes first, then its event and row (R15)."""

import hashlib

from ledger import clock
from ledger.aggregates.provider_bodies import TextRegistered
from ledger.application import ConsentLedger
from ledger.recording.text_ports import RegisteredText, TextDiffers, TextKind
from ledger.store.texts import TextTable


def add_text(
    texts: TextTable,
    ledger: ConsentLedger,
    name: tuple[str, str],
    kind: TextKind,
    language: str,
    content: bytes,
    *,
    actor: str,
) -> RegisteredText:
    """Register a text by id and version: its bytes, then its event and row in one transaction. Safe
    to repeat. Raises TextDiffers where the name bears another text."""
    text_id, version = name
    digest = hashlib.sha256(content).hexdigest()
    kept = texts.named(*name)
    if kept is None:
        texts.keep_content(content)
        body = TextRegistered(
            id=text_id,
            version=version,
            kind=kind,
            language=language,
            sha256=digest,
            at=clock.utc_text(clock.now()),
            actor=actor,
        )
        ledger.append_once(body, once=f"{body.TYPE}/{text_id}/{version}")
        kept = texts.named(*name)
        assert kept is not None
    if (kept.kind, kept.language, kept.sha256) != (kind, language, digest):
        raise TextDiffers(
            f"{text_id} version {version} is registered with another text, kind or language",
            f"{text_id} {version} sürümü başka metin, tür ya da dille kayıtlı",
        )
    return kept
