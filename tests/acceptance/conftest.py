"""A service for each module, on a database of its own that is checked from its bytes at the end."""

from collections.abc import Iterator

import pytest

from tests.acceptance.services import Running, running
from tests.conftest import Server


@pytest.fixture(scope="module")
def http(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`izin serve` with two providers, three brands and keys of every scope."""
    with running(server, tmp_path_factory.mktemp("http")) as service:
        yield service
