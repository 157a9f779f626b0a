"""Seals: one time stamp over a checkpoint and the batch of events behind the last seal.

design.md §9, evidence.md §4.3 and §4.5. A TSA that fails never holds up a write: the next seal
covers all that this one would have. What a TSA refuses, or sends instead of a time stamp, stops
asking it until somebody has looked: each try may be paid for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from ledger.clock import ISTANBUL, Clock
from ledger.errors import LedgerError
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.ers import batch_root, chunk_roots, seal_imprint
from ledger.evidence.log_ports import LogStore, Seal, TsaRecord
from ledger.evidence.note import VerifierKey
from ledger.evidence.stamps import Stamp, TimeStampAuthority
from ledger.evidence.tsa_refusals import (
    ClockDiffers,
    TokenRefused,
    TsaRejected,
    TsaUnknownOutcome,
    TsaUnreachable,
)

WAIT_SECONDS: Final = 5.0
WAIT_SECONDS_MAX: Final = 900.0
FAILURES_MAX: Final = 2
"""Then the next TSA is asked instead."""
ASKED_MAX: Final = 200
"""Of one TSA on one day, whatever came of it."""


class NotSealed(LedgerError):
    """No TSA gave a time stamp; everything recorded is kept, and the next seal covers it."""

    turkish_kind = "Mühürlenemedi"


@dataclass(frozen=True, slots=True)
class NamedTsa:
    """A TSA under the name it has in the settings and in what is kept."""

    name: str
    authority: TimeStampAuthority


class Sealer:
    """Seals one log; whoever calls holds `LogStore.sealing`."""

    def __init__(
        self,
        store: LogStore,
        authorities: Sequence[NamedTsa],
        *,
        asked_max: int = ASKED_MAX,
        jitter: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`authorities`: the usual one first. `jitter`: 0 to 1, spreads what is tried again."""
        self._store = store
        self._authorities = authorities
        self._asked_max = asked_max
        self._jitter = jitter

    def seal(self, shown: SignedCheckpoint, key: VerifierKey, now: Clock) -> Seal | None:
        """Seal what is in the checkpoint and in no seal yet; the newest seal, None before any.

        `now` is asked anew before each TSA: hashing a large batch takes minutes, and so does one
        that does not answer. Raises NotSealed.
        """
        last = self._store.last_seal()
        first, size = (0 if last is None else last.size), shown.tree.size
        if size <= first:
            return last
        roots = tuple(chunk_roots(self._store.leaves(first, size)))
        made = Seal(size, first, shown.sealed_bytes(key), roots, now())
        tsa, stamp = self._stamp(imprint_of(made), now)
        self._store.add_seal(made, tsa, stamp)
        return made

    def stamp_again(self, now: datetime) -> bool:
        """Have the other TSA stamp the last seal of the days before; whether it did just now.

        Raises NotSealed.
        """
        midnight = datetime.combine(now.astimezone(ISTANBUL).date(), time(), ISTANBUL)
        seal = self._store.seal_before(midnight)
        if seal is None or len(self._authorities) < 2:
            return False
        other = self._authorities[1]
        if other.name in {one.tsa for one in self._store.stamps(seal.size)}:
            return False
        stamp = self._ask(other, imprint_of(seal), now)
        if stamp is None:
            raise NotSealed(f"the TSA {other.name} gave none", f"{other.name} damga vermedi")
        self._store.add_stamp(seal.size, other.name, stamp)
        return True

    def forgive(self) -> None:
        """Somebody has looked: every TSA may be asked again."""
        for one in self._authorities:
            record = self._store.tsa_record(one.name)
            asked = TsaRecord(day=record.day, asked=record.asked)
            self._store.keep_tsa_record(one.name, asked)

    def _stamp(self, imprint: bytes, now: Clock) -> tuple[str, Stamp]:
        for one in self._authorities:
            stamp = self._ask(one, imprint, now())
            if stamp is not None:
                return one.name, stamp
            record = self._store.tsa_record(one.name)
            if record.stopped is None and 0 < record.failures < FAILURES_MAX:
                break  # it may answer the next time
        at = now()
        told = "; ".join(f"{one.name}: {self._state(one.name, at)}" for one in self._authorities)
        raise NotSealed(f"no TSA gave a time stamp ({told})", f"damga alınamadı ({told})")

    def _ask(self, tsa: NamedTsa, imprint: bytes, now: datetime) -> Stamp | None:
        record = self._store.tsa_record(tsa.name)
        if not self._may_ask(record, now):
            return None
        today = _day(now)
        record = replace(record, day=today, asked=(record.asked if record.day == today else 0) + 1)
        self._store.keep_tsa_record(tsa.name, record)  # before: whatever comes of it, it counts
        try:
            stamp = tsa.authority.stamp(imprint, now)
        except (TsaUnreachable, TsaUnknownOutcome, ClockDiffers) as error:
            if isinstance(error, ClockDiffers):
                self._store.refuse_stamp(tsa.name, error.step.name, error.raw)
            self._store.keep_tsa_record(tsa.name, self._failed(record, now))
            return None
        except TokenRefused as error:
            self._store.refuse_stamp(tsa.name, error.step.name, error.raw)
            self._store.keep_tsa_record(tsa.name, replace(record, stopped=error.step.name))
            return None
        except TsaRejected:
            # Its words may name the customer.
            self._store.keep_tsa_record(tsa.name, replace(record, stopped="REJECTED"))
            return None
        self._store.keep_tsa_record(tsa.name, TsaRecord(day=record.day, asked=record.asked))
        return stamp

    def _may_ask(self, record: TsaRecord, now: datetime) -> bool:
        if record.stopped is not None or (
            record.not_before is not None and now < record.not_before
        ):
            return False
        return record.day != _day(now) or record.asked < self._asked_max

    def _failed(self, record: TsaRecord, now: datetime) -> TsaRecord:
        wait = min(WAIT_SECONDS * 2**record.failures, WAIT_SECONDS_MAX)
        return replace(
            record,
            failures=record.failures + 1,
            failing_since=record.failing_since or now,
            not_before=now + timedelta(seconds=wait * (1 + self._jitter() / 4)),
        )

    def _state(self, name: str, now: datetime) -> str:
        record = self._store.tsa_record(name)
        if record.stopped is not None:
            return record.stopped
        if record.failures:
            return f"x{record.failures}"
        return "-" if self._may_ask(record, now) else f"{record.asked}/{self._asked_max}"


def imprint_of(seal: Seal) -> bytes:
    """What the stamps over a seal cover, 32 bytes."""
    return seal_imprint(seal.checkpoint, batch_root(seal.roots))


def _day(now: datetime) -> date:
    return now.astimezone(ISTANBUL).date()
