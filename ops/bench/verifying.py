"""How fast a bundle of ten events is verified, beside what cannot be less.

    python -m ops.bench.verifying [--runs N]

`verify_bundle.py` runs as an auditor runs it, in a process of its own; beside it `python -c pass`
and as many calls of `openssl version` as the verification makes calls of openssl.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from ledger.evidence import verify_bundle
from ledger.evidence.bundle_parts import Bundle
from tests.bundle_builder import (
    AT,
    a_grant,
    a_refusal_of,
    a_trust_folder,
    zipped,
)
from tests.bundle_world import World

EVENTS = 10
TARGET_SECONDS = 0.3


def main() -> None:
    """Measure one seal for all events, and one for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    for name, seals in (("one seal", 1), ("a seal for each event", EVENTS)):
        bundle, vkey = ten_events(seals)
        with tempfile.TemporaryDirectory() as folder:
            measure(name, bundle, vkey, Path(folder), runs)


def ten_events(seals: int) -> tuple[Bundle, str]:
    """A person who says yes and no in turn, among others' events."""
    world, grant = World(), a_grant()
    for number in range(EVENTS):
        body = a_refusal_of(grant) if number % 2 else grant
        world.record(body, {"recipient": {"address": "tel:+905010000101"}})
        if (number + 1) % (EVENTS // seals) == 0:
            world.seal()
    bundle = Bundle(
        origin=world.origin,
        made_at=world.now,
        question=None,
        events=[world.part(number, "recipient") for number in range(EVENTS)],
        seals=world.seals,
    )
    return bundle, world.vkey


def measure(name: str, bundle: Bundle, vkey: str, folder: Path, runs: int) -> None:
    """Say what one bundle costs."""
    file, trust = folder / "bundle.zip", a_trust_folder(folder / "trust", vkeys=[vkey])
    file.write_bytes(zipped(bundle))
    check = verify_bundle.Check(file, trust, at=AT)
    check.run()
    calls = len(check.known) + 1  # and the question which version it is

    options = ["--trust", str(trust), "--at", AT.isoformat()]
    script = [sys.executable, "-I", str(verify_bundle.__file__), str(file), *options]

    def versions() -> None:
        for _ in range(calls):
            run(["openssl", "version"])

    verifying = median_of(runs, lambda: run(script))
    python = median_of(runs, lambda: run([sys.executable, "-I", "-c", "pass"]))
    openssl = median_of(runs, versions)
    print(f"{EVENTS} events, {name}: {file.stat().st_size:,} bytes, {calls} calls of openssl")
    for what, (elapsed, processor) in (
        (f"verify (target {TARGET_SECONDS * 1000:.0f} ms)", verifying),
        ("python -c pass", python),
        (f"openssl version, {calls} times", openssl),
    ):
        print(f"  {what:28}{elapsed * 1000:7.1f} ms, processor {processor * 1000:6.1f} ms")
    print(f"  verify / (python + openssl)  {verifying[1] / (python[1] + openssl[1]):.2f}")


def run(command: list[str]) -> None:
    """Another process, to its end."""
    subprocess.run(command, check=True, capture_output=True)


def median_of(runs: int, work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that passed, and of processor time of the processes run; medians."""
    taken = []
    for _ in range(runs):
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        work()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        taken.append((time.perf_counter() - begin, processor))
    elapsed, processors = zip(*taken, strict=True)
    return median(elapsed), median(processors)


if __name__ == "__main__":
    main()
