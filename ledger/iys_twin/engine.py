"""One twin: its clock, its world and everything that works on them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ledger.iys_twin.adding import Adding
from ledger.iys_twin.clock import TwinClock
from ledger.iys_twin.consents import Movement
from ledger.iys_twin.faults import FaultKind, Faults
from ledger.iys_twin.pushing import Pushes
from ledger.iys_twin.quotas import Quotas, SuccessGuard
from ledger.iys_twin.reconciliation import DayFiles
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import Wall, instant_of, wall_of
from ledger.iys_twin.tokens import TokenOffice
from ledger.iys_twin.tsa import LocalAuthority
from ledger.iys_twin.via import ViaDesk
from ledger.iys_twin.world import Brand, World

SECRET_BYTES = 32
OTP_DIGITS = 6


class Chance:
    """Ids and codes from random bytes that are passed in."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._bytes = random_bytes

    def uuid(self) -> str:
        """A random UUID (RFC 9562 version 4)."""
        digits = self._bytes(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        # Written by hand: a list of a thousand takes a thousand, and `uuid.UUID` six times longer.
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        )

    def request_id(self) -> str:
        """32 hex digits, neither only letters nor only digits: İYS refuses such (H199, H400)."""
        while True:
            found = self._bytes(16).hex()
            if not found.isdigit() and not found.isalpha():
                return found

    def number(self) -> int:
        """Some number of 64 bits."""
        return int.from_bytes(self._bytes(8), "big")

    def otp(self) -> str:
        """A one-time password."""
        return f"{self.number() % 10**OTP_DIGITS:0{OTP_DIGITS}}"

    def secret(self) -> bytes:
        """A key."""
        return self._bytes(SECRET_BYTES)


class Twin:
    """Everything behind the HTTP shell. `real_seconds`: a monotonic clock, for the 10 a second."""

    def __init__(
        self,
        settings: TwinSettings,
        *,
        real_now: Callable[[], datetime],
        real_seconds: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        endpoints: tuple[str, ...] = (),
        snapshot_file: Path | None = None,
    ) -> None:
        start = settings.start_at
        self.settings = settings
        self.snapshot_file = snapshot_file
        self.clock = TwinClock(real_now, None if start is None else instant_of(wall_of(start)))
        self.clock.run(settings.speed)
        self.real_seconds = real_seconds
        self.chance = Chance(random_bytes)
        is_hex = settings.request_id_form == "hex"
        self.world = World(settings)
        self.adding = Adding(
            self.world, self.chance.request_id if is_hex else self.chance.uuid, self.chance.uuid
        )
        self.tokens = TokenOffice(settings, self.chance.secret(), self.chance.uuid)
        self.quotas = Quotas(settings)
        self.guard = SuccessGuard()
        self.faults = Faults(endpoints)
        self.authority = LocalAuthority()
        self.files = DayFiles(settings, self.authority)
        self.pushes = Pushes(settings)
        self.via = ViaDesk(self.world, self.chance.uuid, self.chance.otp, self.announce)

    def now(self) -> Wall:
        """What the clock shows; what was due by then is done first."""
        now = self.clock.now()
        self.adding.settle(now)
        return now

    def resume(self, last: Wall) -> None:
        """Go on behind a stored state: the clock must not show a time before its last movement."""
        if self.clock.now() < last:
            self.clock.set(instant_of(last))

    def close(self) -> None:
        """Leave nothing behind on disk."""
        self.authority.close()

    def announce(self, brand: Brand, movement: Movement) -> None:
        """Push a recipient's movement."""
        now = self.clock.now()
        is_doubled = self.faults.take(FaultKind.DUPLICATE_PUSH, None, now) is not None
        self.pushes.enqueue(brand, movement, now, copies=2 if is_doubled else 1)
