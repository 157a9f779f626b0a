"""What the oracle found."""

from dataclasses import dataclass, field
from typing import Final

FINDINGS_MAX: Final = 100


@dataclass(slots=True)
class Report:
    """What was looked at, and what does not agree; clean when `findings` is empty."""

    events: int = 0
    streams: int = 0
    consents: int = 0
    subjects: int = 0
    findings: list[str] = field(default_factory=list)
    overflow: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether everything agrees."""
        return not self.findings

    def find(self, text: str) -> None:
        """Note a disagreement; beyond `FINDINGS_MAX` only counted."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(text)
        else:
            self.overflow += 1
