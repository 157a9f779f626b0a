"""The oracle at the end of every test that writes: the code of `izin fsck` (style.md B7.12)."""

from ledger.bootstrap import Home
from ledger.vocabulary import IysCode


def check_ledger(home: Home, iys_code: IysCode) -> None:
    """Re-derive everything of one provider from its stored bytes; no finding may remain."""
    report = home.check(iys_code)
    assert not report.findings, "\n".join(report.findings)
