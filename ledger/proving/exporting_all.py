"""Everything of a brand or provider as files: for its next ledger, and still provable to strangers.

`parts/0001.zip …`  bundles without a question; each is checked alone by `verify_bundle.py`
`current-<brand>.csv`, `acts-<brand>.csv`  where each consent stands, and every act
`metinler/`  the registered texts, by SHA-256    `deliller/`  pieces of evidence, if wanted
`log/`  the log's hash tiles and checkpoint (c2sp.org/tlog-tiles): all parts are of one log
`OKU-BENI.txt`, and last `SHA256SUMS`
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from ledger.aggregates.bodies import ConsentBody
from ledger.errors import NotFound
from ledger.evidence.bundle import write_bundle
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.log_book import LogBook
from ledger.evidence.log_ports import Seal
from ledger.proving.export_choice import Choice, EventsByStream, units
from ledger.proving.export_folder import ExportFolder
from ledger.proving.export_parts import Part, PartMaker, People, SealShelf, cut
from ledger.proving.export_readme import README
from ledger.proving.export_sheets import Sheets
from ledger.proving.exporting import export
from ledger.proving.log_folder import LogFolder
from ledger.proving.question import Sources
from ledger.proving.telling import evidence_name
from ledger.vocabulary import BrandCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is exported. `brands`: those that get tables; `opened`: the groups that are shown."""

    choice: Choice
    brands: Sequence[BrandCode]
    opened: frozenset[str]
    with_evidence: bool = False


@dataclass(frozen=True, slots=True)
class ExportedAll:
    """What was written. `size`: of the log; `sums`: the SHA-256 of `SHA256SUMS`, hex."""

    size: int
    parts: int
    events: int
    consents: int
    acts: int
    texts: int
    evidence: int
    files: int
    size_bytes: int
    sums: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Where it comes from. `note`: takes down, before anything of it is written, that so many
    consents of a brand are shown."""

    sources: Sources
    log: EventsByStream
    people: People
    note: Callable[[BrandCode, int], None]


def export_all(
    wanted: Wanted,
    shop: Shop,
    folder: ExportFolder,
    *,
    now: datetime,
    on_progress: Callable[[int, int], None] = lambda done, size: None,
) -> ExportedAll:
    """Seal what is in no seal yet, and write everything. `on_progress`: events looked at, of how
    many. Raises NotFound of an empty log; NotSealed, SealedElsewhere, LedgerBroken, OSError."""
    sources = shop.sources
    seal = sources.keeper.seal()
    if seal is None:
        raise NotFound("the log is empty", "defter boş")
    size = seal.size
    folder.write("OKU-BENI.txt", README.encode())
    shelf = SealShelf(sources.store)
    maker = PartMaker(sources, shop.people, shelf, opened=wanted.opened, size=size)
    chosen = units(shop.log, wanted.choice, size, on_progress=lambda done: on_progress(done, size))
    parts = events = evidence = 0
    with Sheets(folder, wanted.brands) as sheets:
        for parts, together in enumerate(cut(chosen, shelf), 1):
            part = maker.part(parts, together)
            _note(shop, part)
            with folder.file(f"parts/{parts:04}.zip") as file:
                write_bundle(maker.bundle(part, now), file)
            sheets.add(part)
            events += len(together)
            if wanted.with_evidence:
                evidence += _write_evidence(sources, part, folder)
    texts = _write_texts(sources, folder)
    _write_log(sources, seal, folder)
    written = folder.close()
    return ExportedAll(size, parts, events, sheets.consents, sheets.acts, texts, evidence, *written)


def _note(shop: Shop, part: Part) -> None:
    consents = {
        (event.body.brand, event.stream)
        for event in part.events
        if isinstance(event.body, ConsentBody)
    }
    for brand, count in sorted(Counter(brand for brand, _ in consents).items()):
        shop.note(BrandCode(brand), count)


def _write_evidence(sources: Sources, part: Part, folder: ExportFolder) -> int:
    """The pieces that the part names and that are still kept; how many are new."""
    written = 0
    for groups in part.groups.values():
        given = groups.get("evidence")
        digest = given.get("sha256") if isinstance(given, dict) else None
        if not isinstance(digest, str):
            continue
        try:
            kept, content = sources.evidence.open(bytes.fromhex(digest))
        except NotFound:
            continue
        name = f"deliller/{PurePosixPath(evidence_name(digest, kept.media_type)).name}"
        if not folder.has(name):
            folder.write(name, content)
            written += 1
    return written


def _write_texts(sources: Sources, folder: ExportFolder) -> int:
    digests = {text.sha256 for text in sources.texts.all()}
    for digest in digests:
        folder.write(f"metinler/{digest}.txt", sources.texts.content(digest))
    return len(digests)


def _write_log(sources: Sources, seal: Seal, folder: ExportFolder) -> None:
    signed = seal.checkpoint + sources.store.cosignatures(seal.size)
    export(
        LogBook(sources.store),
        SignedCheckpoint.parse(signed),
        sources.log_key,
        LogFolder(folder.path / "log"),
        with_entries=False,
    )
