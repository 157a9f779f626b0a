"""A story told by a made-up log, true evidence bundles out of it, and how they are refused."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import pytest

from ledger.aggregates import bodies as b
from ledger.aggregates import provider_bodies as p
from ledger.clock import utc_text
from ledger.deciding import leaves
from ledger.evidence.bundle import write_bundle
from ledger.evidence.bundle_parts import Attachment, Bundle, DecisionPart, HeadsPart, Question
from ledger.evidence.heads import ShownHead
from ledger.evidence.merkle import inclusion_path, root_of
from ledger.evidence.verify_bundle import TEXTS, Check, Refused
from ledger.vocabulary import (
    Basis,
    Channel,
    ConsentSource,
    DatePrecision,
    IysState,
    RecipientType,
    SeenHow,
)
from tests.bundle_world import BRAND, World, the_tsa

AT: Final = datetime(2026, 11, 25, tzinfo=UTC)
"""When bundles are looked at."""
SUBJECT: Final = UUID("019a9153-2800-7abc-8123-456789abcdef")
ANOTHER: Final = UUID("018f0000-0000-7000-8000-000000000001")
A_THIRD: Final = UUID("019b0000-0000-7000-8000-000000000001")
ADDRESS: Final = "tel:+905010000101"
ACTOR: Final = "user:000000000001"


@dataclass
class Run:
    """A run of may-I-send: lines of (salt, address, verdict, reason), sorted by their leaves."""

    lines: list[tuple[bytes, str, str, str | None]]

    @property
    def hashes(self) -> list[bytes]:
        """The leaf of each line."""
        made = []
        for salt, address, verdict, reason in self.lines:
            committed = sha256(leaves.LABEL + salt + address.encode()).digest()
            made.append(leaves.leaf_hashes([committed], [leaves.ending(verdict, reason)])[0])
        return made

    def node(self, start: int, end: int) -> bytes:
        """The tree hash of some lines."""
        return root_of(self.hashes[start:end])


def a_run() -> Run:
    """Five lines, one of them ADDRESS's."""
    others = [f"tel:+90501000020{number}" for number in range(4)]
    run = Run([(sha256(one.encode()).digest()[:16], one, "NO_CONSENT", None) for one in others])
    run.lines.append((bytes(range(16)), ADDRESS, "PERMITTED", "AT_IYS"))
    run.lines = [line for _, line in sorted(zip(run.hashes, run.lines, strict=True))]
    return run


def a_grant(subject: UUID = SUBJECT, channel: Channel = Channel.MESSAGE) -> b.ConsentGranted:
    """Somebody said yes on the web."""
    return b.ConsentGranted(
        brand=BRAND,
        recipient_type=RecipientType.INDIVIDUAL,
        channel=channel,
        subject=str(subject),
        at="2026-11-20T08:00:00Z",
        consent_date="2026-11-20 11:00:00",
        date_precision=DatePrecision.SECOND,
        source=ConsentSource.HS_WEB,
        via="api",
        actor=ACTOR,
        basis=Basis.OWN_CAPTURE,
        tzdata="2026.6",
    )


def a_refusal_of(grant: b.ConsentGranted) -> b.ConsentRefused:
    """The same person said no."""
    members = {name: getattr(grant, name) for name in grant.__struct_fields__}
    return b.ConsentRefused(**{**members, "source": ConsentSource.HS_MESAJ})


def as_seen(subject: UUID = SUBJECT) -> b.IysSeen:
    """İYS showed the consent."""
    return b.IysSeen(
        brand=BRAND,
        recipient_type=RecipientType.INDIVIDUAL,
        channel=Channel.MESSAGE,
        subject=str(subject),
        state=IysState.GRANTED,
        at="2026-11-20T08:01:00Z",
        seen_at="2026-11-20T08:01:00Z",
        how=SeenHow.RESULT,
        consent_date="2026-11-20 11:00:00",
        source=ConsentSource.HS_WEB,
        creation_date="2026-11-20 11:00:10",
        tzdata="2026.6",
        actor="system:iys",
        of=1,
    )


RECIPIENT: Final = {"address": ADDRESS, "as_entered": "0501 000 01 01", "canonicalisation": 1}
OTHER_RECIPIENT: Final = {**RECIPIENT, "address": "tel:+905010000202"}


@dataclass
class Story:
    """A log of three seals, and where the events of SUBJECT stand in it."""

    world: World
    context: list[int]
    consents: list[int]
    run: Run
    decision: int
    heads: int


def a_story(world: World | None = None) -> Story:
    """Consent, İYS, a campaign, a refusal; other people's events between; then the heads."""
    world, run = world or World(), a_run()
    opening = p.LedgerOpened(
        origin=world.origin,
        iys_code=BRAND,
        public_key=world.public.hex(),
        formats={"canonicalisation": 1, "event": 1},
        software="izin-defteri 0.1.0",
        at=utc_text(world.now),
        actor=ACTOR,
    )
    first = world.record(opening)
    grant, other = a_grant(), a_grant(ANOTHER)
    consents = [world.record(grant, {"recipient": RECIPIENT, "note": "ığüşöç"})]
    world.record(other, {"recipient": OTHER_RECIPIENT})
    world.seal()
    consents.append(world.record(as_seen(), {"iys": {"transactionId": "made-up"}}))
    for _ in range(3):
        world.record(as_seen(ANOTHER), {"iys": {"transactionId": "made-up too"}})
    world.record(a_grant(A_THIRD), {"recipient": OTHER_RECIPIENT})
    decision = world.record(
        p.DecisionMade(
            decision="019a9157bc60",
            brand=BRAND,
            channel=Channel.MESSAGE,
            purpose="COMMERCIAL",
            counts={"NO_CONSENT": 4, "PERMITTED": 1},
            position=len(world.events),
            iys_seen_at=None,
            root=root_of(run.hashes).hex(),
            at=utc_text(world.now),
            actor=ACTOR,
        )
    )
    world.seal()
    consents.append(world.record(a_refusal_of(grant), {"recipient": RECIPIENT}))
    heads = world.state_heads()
    world.seal()
    return Story(world, [first, decision], consents, run, decision, heads)


def a_bundle(story: Story, **changes: object) -> Bundle:
    """Everything about SUBJECT; `changes` replace members."""
    world = story.world
    shown = sorted([*story.context, *story.consents])
    groups = dict.fromkeys((story.consents[0], story.consents[-1]), ("recipient",))
    whole = Bundle(
        origin=world.origin,
        made_at=world.now,
        question=Question(brand=BRAND, channel="MESAJ"),
        events=[world.part(index, *groups.get(index, ())) for index in shown],
        seals=world.seals,
        heads=HeadsPart(event=world.part(story.heads), entries=some_entries(story)),
        decisions=[a_line(story, number=shown.index(story.decision) + 1)],
        trust=[Attachment("log.vkey", f"{world.vkey}\n".encode())],
        attachments=[Attachment("onay-metni.txt", "Kampanyalardan haberdar olmak…".encode())],
        report_html=b"<!doctype html><title>RAPOR</title>",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # each test gives what fits


def some_entries(story: Story) -> list[ShownHead]:
    """SUBJECT's end of stream with its neighbours."""
    world = story.world
    stream = world.events[story.consents[0]].stream
    index = [head[0] for head in world.map].index(stream)
    around = range(max(0, index - 1), min(len(world.map), index + 2))
    return [world.shown_head(one) for one in around]


def a_line(story: Story, *, number: int) -> DecisionPart:
    """What the campaign was told of ADDRESS; `number` of its event in the bundle."""
    index = next(at for at, line in enumerate(story.run.lines) if line[1] == ADDRESS)
    salt, address, verdict, reason = story.run.lines[index]
    return DecisionPart(
        event=number,
        index=index,
        size=len(story.run.lines),
        salt=salt,
        address=address,
        verdict=verdict,
        reason=reason,
        path=inclusion_path(index, len(story.run.lines), story.run.node),
    )


def zipped(bundle: Bundle) -> bytes:
    """The bundle's bytes."""
    file = io.BytesIO()
    write_bundle(bundle, file)
    return file.getvalue()


def a_trust_folder(
    folder: Path,
    *,
    roots: Sequence[bytes] | None = None,
    vkeys: Sequence[str] = (),
    **policy: object,
) -> Path:
    """What an auditor brings: by default the local TSA's root, and no key."""
    (folder / "tsa").mkdir(parents=True, exist_ok=True)
    for number, root in enumerate(roots if roots is not None else [the_tsa().root]):
        (folder / "tsa" / f"{number}.pem").write_bytes(root)
    for number, vkey in enumerate(vkeys):
        (folder / f"{number}.vkey").write_text(f"{vkey}\n", encoding="utf-8")
    if policy:
        (folder / "policy.json").write_bytes(msgspec.json.encode(policy))
    return folder


def unzipped(bundle: bytes) -> dict[str, bytes]:
    """The files of a bundle."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}


def with_files(bundle: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """With other files (None: without), as somebody would who can write a manifest too."""
    kept = {**unzipped(bundle), **changes}
    files = {name: content for name, content in kept.items() if content is not None}
    if "manifest.json" not in changes:
        listing = msgspec.json.decode(files["manifest.json"])
        listing["files"] = [
            {"name": name, "sha256": sha256(content).hexdigest(), "size": len(content)}
            for name, content in files.items()
            if name != "manifest.json"
        ]
        files["manifest.json"] = msgspec.json.encode(listing, order="sorted")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def refusal(
    folder: Path,
    bundle: bytes | Bundle,
    *,
    at: datetime = AT,
    production: bool = False,
    roots: Sequence[bytes] | None = None,
    vkeys: Sequence[str] = (),
    **policy: object,
) -> str:
    """The code that the verifier refuses the bundle with."""
    trust = a_trust_folder(folder / "trust", roots=roots, vkeys=vkeys, **policy)
    file = folder / "bundle.zip"
    file.write_bytes(zipped(bundle) if isinstance(bundle, Bundle) else bundle)
    with pytest.raises(Refused) as refused:
        Check(file, trust, at=at, known=_KNOWN).run(production=production)
    assert str(refused.value) in TEXTS
    return str(refused.value)


_KNOWN: dict[object, bool] = {}
"""What openssl said; it is asked the same again and again."""
