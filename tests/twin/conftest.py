"""A fresh twin for every test that asks for one."""

from collections.abc import Iterator

import pytest

from tests.twin.twin_harness import TwinHarness, twin_harness


@pytest.fixture
def twin() -> Iterator[TwinHarness]:
    """A twin with default settings, somebody logged in, its clock at `START` and standing still."""
    with twin_harness() as harness:
        yield harness
