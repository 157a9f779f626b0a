"""What the command line says: Turkish first, English by `--lang en`, JSON as the last line."""

import json
import sys
from dataclasses import dataclass

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command's words go. With `as_json` the last line of stdout is one JSON object."""

    lang: str = "tr"
    as_json: bool = False

    def say(self, turkish: str, english: str) -> None:
        """One line for a person; on stderr where stdout belongs to JSON."""
        stream = sys.stderr if self.as_json else sys.stdout
        stream.write(self.text(turkish, english) + "\n")

    def note(self, turkish: str, english: str) -> None:
        """One line beside the answer, on stderr and at once."""
        sys.stderr.write(self.text(turkish, english) + "\n")
        sys.stderr.flush()

    def complain(self, turkish: str, english: str) -> None:
        """One line about what went wrong."""
        sys.stderr.write(self.text(turkish, english) + "\n")

    def text(self, turkish: str, english: str) -> str:
        """The text in the language that was asked for."""
        return english if self.lang == "en" else turkish

    def answer(self, members: dict[str, object]) -> None:
        """The machine's answer, if one was asked for."""
        if self.as_json:
            sys.stdout.write(json.dumps(members, ensure_ascii=False) + "\n")

    def progress(self) -> Progress:
        """A bar on stderr; silent where stderr is no terminal."""
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        )


def configure_logs() -> None:
    """Log lines are JSON on stderr: stdout belongs to answers."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
