"""How long proofs take: tree, seal, map of streams, bundle, verifier.

    python -m ops.bench.sealing [--events N] [--runs N] [--data DIR] [--only PART …]

`--data DIR` reuses a ledger, one of ten million events made by `ops.bench.writing`. Each figure
stands beside that of a baseline in the same run: SHA-256 over as many bytes, or starting a program.
"""

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import psycopg

from ledger import clock
from ledger.addresses import parse_address
from ledger.aggregates.events import read
from ledger.clock import ISTANBUL
from ledger.evidence import canonical
from ledger.evidence.bundle import verifier
from ledger.evidence.log_book import LogBook
from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file
from ledger.proving.making import make_bundle
from ledger.proving.question import Question
from ledger.vocabulary import Channel
from ops.bench.grounds import BRAND, IYS_CODE, Ground, ground, median, say, seconds, write_rows

PARTS = ("tree", "seal", "heads", "proof", "bundle")
EVENT_BYTES = 600
PROOFS = 500


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    given = parser.parse_args()
    with ground(given.data) as place:
        if given.data is None:
            fill(place, given.events)
        size = place.ledger.store.last_position()
        say("events", f"{size:,}")
        base = hashing(given.events)
        say(f"SHA-256 over {given.events:,} events of {EVENT_BYTES} B", f"{base:.2f} s")
        parts: dict[str, Callable[[], None]] = {
            "tree": lambda: tree(place, size, base * size / given.events),
            "seal": lambda: seals(place, given.events, given.runs, base),
            "heads": lambda: heads(place, base * size / given.events),
            "proof": lambda: proofs(place, size, given.runs),
            "bundle": lambda: bundles(place, given.runs),
        }
        for name in given.only:
            parts[name]()
        say("memory at its highest", f"{peak_mb():.0f} MB")


def fill(place: Ground, events: int) -> None:
    """A ledger of about so many events."""
    file = place.folder / "rows.csv"
    write_rows(file, events, seed=1)
    import_file(place.ledger, file, ImportOptions(BRAND, "system:bench"))
    file.unlink()


def hashing(events: int) -> float:
    """The baseline: as many leaf hashes, one after the other."""
    state = os.urandom(EVENT_BYTES)
    began = time.perf_counter()
    for _ in range(events):
        sha256(b"\x00" + state).digest()
    return time.perf_counter() - began


def tree(place: Ground, size: int, base: float) -> None:
    """The whole tree, from nothing."""
    follower = place.home.logs.tree(IYS_CODE)
    follower.catch_up()
    took = seconds(follower.rebuild)
    say(f"tree of {size:,} events from nothing", f"{took:.1f} s", f"{took / base:.1f} x hashing")


def seals(place: Ground, events: int, runs: int, base: float) -> None:
    """A seal over so many events: tiles, checkpoint, hash tree, one stamp. Rolled back each time,
    so that the next run has as much to do."""
    keeper, tables = place.home.logs.keeper(IYS_CODE), place.home.logs.tables(IYS_CODE)
    size = place.ledger.store.last_position()
    if size <= events:
        events = size - 1

    def one(_: int) -> float:
        forget(place, size - events)
        began = time.perf_counter()
        keeper.seal()
        return time.perf_counter() - began

    forget(place, 0)
    forget_to(place, size - events)
    took = median(runs, one)
    sealed = tables.last_seal()
    assert sealed is not None
    made = sealed.size - sealed.first
    say(f"seal of {made:,} new events", f"{took:.1f} s", f"{took / base:.1f} x hashing")


def forget(place: Ground, first: int) -> None:
    """Make the log as if it were sealed to `first` and its tree no larger."""
    with psycopg.connect(place.home.dsn) as owner:
        owner.execute(f"SET search_path = sp_{IYS_CODE}")
        for table in ("log_stamps", "log_seals"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
            owner.execute(f"DELETE FROM {table} WHERE size > %s", [first])
            owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
        owner.execute("DELETE FROM log_checkpoints WHERE size > %s", [first])
    shrink(place, first)


def forget_to(place: Ground, first: int) -> None:
    """Seal the log up to `first`, so that the next seal begins there."""
    follower = place.home.logs.tree(IYS_CODE)
    follower.catch_up(first)
    keeper = place.home.logs.keeper(IYS_CODE)
    keeper._catch_up, kept = (lambda: 0), keeper._catch_up  # the tree stays as it is
    try:
        keeper.seal()
    finally:
        keeper._catch_up = kept


def shrink(place: Ground, size: int) -> None:
    """Cut the tree back to `size` leaves, as if the others had never come."""
    with psycopg.connect(place.home.dsn) as owner:
        owner.execute(f"SET search_path = sp_{IYS_CODE}")
        for level in range(4):
            count = size >> 8 * level
            owner.execute(
                "DELETE FROM log_tiles WHERE level = %s AND number >= %s",
                [level, -(-count // 256)],
            )
            if count % 256:
                owner.execute(
                    "UPDATE log_tiles SET hashes = substr(hashes, 1, %s)"
                    " WHERE level = %s AND number = %s",
                    [32 * (count % 256), level, count // 256],
                )
        owner.execute("UPDATE followers SET position = %s WHERE name = 'tree'", [size])
    for file in place.settings.checkpoints.glob(f"izin-defteri_{IYS_CODE}_*"):
        file.unlink()


def heads(place: Ground, base: float) -> None:
    """The day's map of every stream."""
    keeper = place.home.logs.keeper(IYS_CODE)
    day = clock.now().astimezone(ISTANBUL).date() - timedelta(days=1)
    took = seconds(lambda: keeper.note_heads(day))
    say("map of all streams", f"{took:.1f} s", f"{took / base:.1f} x hashing")


def proofs(place: Ground, size: int, runs: int) -> None:
    """Inclusion paths out of the tables; commitments and leaf of an event."""
    book = LogBook(place.home.logs.tables(IYS_CODE))
    place.home.logs.tree(IYS_CODE).catch_up()
    step = max(1, size // PROOFS)

    def paths(_: int) -> float:
        return seconds(lambda: [book.inclusion(at, size) for at in range(0, size, step)])

    took = median(runs, paths) / len(range(0, size, step))
    say("inclusion proof", f"{took * 1000:.2f} ms")
    with psycopg.connect(place.home.dsn) as connection:
        row = connection.execute(
            f"SELECT state FROM sp_{IYS_CODE}.stored_events ORDER BY position DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    event = read(row[0], size)

    def bind(_: int) -> float:
        def once() -> None:
            seed = canonical.event_seed(b"k" * 32, event.id)
            salt = canonical.group_salt(seed, "recipient")
            canonical.commitment("recipient", salt, {"address": "tel:+905010000101"})
            canonical.leaf_hash(row[0])

        def often() -> None:
            for _ in range(10_000):
                once()

        return seconds(often) / 10_000

    say("leaf and commitment of an event", f"{median(runs, bind) * 1e6:.1f} µs")


def bundles(place: Ground, runs: int) -> None:
    """A bundle of one address, sealed before; and its check by the script alone."""
    place.home.logs.keeper(IYS_CODE).seal()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "rows.csv"
        write_rows(file, 10, seed=7)
        import_file(place.ledger, file, ImportOptions(BRAND, "system:bench"))
        place.home.logs.keeper(IYS_CODE).seal()
        with file.open(encoding="ascii") as lines:
            row = next(line for line in lines if line.startswith("MESAJ")).split(",")
        question = Question(
            brand=place.home.providers.brand(BRAND),
            address=parse_address(row[2], Channel.MESSAGE),
            channel=Channel.MESSAGE,
        )
        sources = place.home.logs.sources(IYS_CODE)
        made = io.BytesIO()

        def one(_: int) -> float:
            made.seek(0)
            made.truncate()
            return seconds(lambda: make_bundle(question, sources, made, now=clock.now()))

        say("bundle of one address", f"{median(runs, one):.2f} s")
        (folder / "b.zip").write_bytes(made.getvalue())
        (folder / "v.py").write_bytes(verifier())
        (folder / "trust" / "tsa").mkdir(parents=True)
        root = place.home.logs.test_root()
        assert root is not None
        (folder / "trust" / "tsa" / "root.pem").write_bytes(root)
        vkey = place.home.logs.public_key(IYS_CODE).vkey
        (folder / "trust" / "log.vkey").write_text(f"{vkey}\n")
        command = [sys.executable, "-I", "v.py", "b.zip", "--trust", "trust"]

        def run(words: list[str]) -> float:
            return seconds(lambda: subprocess.run(words, cwd=folder, check=True, stdout=-3))

        start = median(runs, lambda _: run([sys.executable, "-I", "-c", "pass"]))
        took = median(runs, lambda _: run(command))
        say("verifier", f"{took:.2f} s", f"{took / start:.1f} x python")


def peak_mb() -> float:
    """This process's highest resident memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
