"""A process that calls İYS as fast as it may, for tests of what processes share.

    python -m tests.integration.iys_caller FOLDER DSN URL CALLS THREADS

The clock is the twin's at its start. Prints the instants of its answers, seconds of the host.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from ledger import bootstrap
from ledger.clock import from_iys_text
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.line import Means
from ledger.iys_sync.tokens import Credentials
from ledger.store.iys_account import IysAccountTable
from ledger.store.iys_gate import IysGate
from ledger.store.vault import ProviderVault
from tests.conftest import settings_of
from tests.integration.acts import IYS_CODE
from tests.twin.twin_harness import START


def main(folder: str, dsn: str, url: str, calls: str, threads: str) -> None:
    """Call, and say when the answers came."""
    pauses = count()
    with bootstrap.home(settings_of(dsn, Path(folder))) as home:
        vault = ProviderVault(home.providers.keys(IYS_CODE))
        tokens = IysAccountTable(dsn, home.database, IYS_CODE, vault)
        gate = IysGate(home.database, url)
        means = Means(now=lambda: from_iys_text(START), chance=lambda: 0.0 * next(pauses))
        credentials = Credentials("twin", "twin-password")
        with (
            IysClient(IYS_CODE, url, credentials, gate=gate, tokens=tokens, means=means) as client,
            ThreadPoolExecutor(int(threads)) as pool,
        ):

            def call(_: int) -> float:
                client.brands()
                return time.time()

            answered = list(pool.map(call, range(int(calls))))
    sys.stdout.write(json.dumps({"answered": answered, "repeated": next(pauses)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
