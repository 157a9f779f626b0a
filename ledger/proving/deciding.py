"""The line of one address in a run of may-I-send, shown without the others (consent.md C6)."""

from hashlib import blake2b
from itertools import product
from uuid import UUID

from ledger.aggregates.decisions import VerdictKind
from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import DecisionMade
from ledger.clock import from_utc_text
from ledger.deciding.leaves import SALT_BYTES, commitments, ending, leaf_hashes
from ledger.errors import LedgerBroken
from ledger.evidence.bundle_parts import DecisionPart
from ledger.evidence.merkle import HASH_BYTES, inclusion_path, root_of
from ledger.proving.question import Question, Sources
from ledger.reporting import facts as f
from ledger.reporting.words import REASONS


def shown_line(
    question: Question, sources: Sources, event: Event
) -> tuple[DecisionPart, f.Query] | None:
    """The address's line; None where the run did not ask for it.

    The part's `event` is the position in the log. Raises LedgerBroken.
    """
    body = event.body
    assert isinstance(body, DecisionMade)
    run = UUID(body.decision)
    together = b"".join(sources.ledger.decisions.leaves(run, body.channel))
    leaves = [together[at : at + HASH_BYTES] for at in range(0, len(together), HASH_BYTES)]
    if root_of(leaves).hex() != body.root:
        raise LedgerBroken(f"event {event.position}: the leaves are not those of its root")
    address = question.address.uri.encode("ascii")
    key = sources.ledger.vault.run_key(run)
    (committed,) = commitments(key, [address])
    places = {leaf: index for index, leaf in enumerate(leaves)}
    for verdict, reason in product(VerdictKind, (None, *REASONS)):
        (leaf,) = leaf_hashes([committed], [ending(verdict, reason)])
        index = places.get(leaf)
        if index is not None:
            path = inclusion_path(index, len(leaves), lambda a, b: root_of(leaves[a:b]))
            part = DecisionPart(
                event=event.position,
                index=index,
                size=len(leaves),
                salt=blake2b(address, key=key, digest_size=SALT_BYTES).digest(),
                address=question.address.uri,
                verdict=verdict,
                reason=reason,
                path=path,
            )
            return part, _query(event, body, verdict, reason, len(leaves))
    return None


def _query(
    event: Event, body: DecisionMade, verdict: VerdictKind, reason: str | None, listed: int
) -> f.Query:
    permitted = verdict in (VerdictKind.PERMITTED, VerdictKind.EXEMPT)
    seen_at = body.iys_seen_at
    return f.Query(
        decision=body.decision,
        position=event.position,
        decided_at=from_utc_text(body.at),
        standing=f.Standing(verdict=verdict, reason=reason, permitted=permitted),
        listed=listed,
        campaign=body.campaign,
        iys_seen_at=None if seen_at is None else from_utc_text(seen_at),
    )
