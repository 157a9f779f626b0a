"""What an import leaves beside the ledger: verdicts, refused rows, and its own words."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import typer

from ledger.cli.context import current
from ledger.cli.whole_files import whole_file
from ledger.cli.wording import counted
from ledger.importing.refused import RefusedFile
from ledger.importing.run import DryResult, ImportResult
from ledger.importing.spool import VerdictFile
from ledger.vocabulary import Outcome

BAR_CHARACTERS = 40

Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where verdicts and refused rows go."""

    verdicts: Path | None
    refused: Path | None

    def check(self, file: Path, column_map: Path | None) -> None:
        """Raises BadParameter where one of them is the input, or both are one."""
        for option, path in (("--verdicts", self.verdicts), ("--refused", self.refused)):
            for taken in (file, column_map):
                if path is not None and taken is not None and _is_same(path, taken):
                    raise typer.BadParameter("girdinin kendisi / the input", param_hint=option)
        verdicts, refused = self.verdicts, self.refused
        if verdicts is not None and refused is not None and _is_same(verdicts, refused):
            raise typer.BadParameter(
                "--verdicts ile aynı / the same as --verdicts", param_hint="--refused"
            )

    def open(self, stack: ExitStack, lang: str) -> tuple[VerdictFile | None, RefusedFile | None]:
        """Both, whole at the end of the stack or not there at all."""

        def made(path: Path | None, option: str, kind: Callable[..., Written]) -> Written | None:
            if path is None:
                return None
            return kind(stack.enter_context(whole_file(path, option)), lang=lang)

        verdict_file = made(self.verdicts, "--verdicts", VerdictFile)
        return verdict_file, made(self.refused, "--refused", RefusedFile)


def _is_same(path: Path, other: Path) -> bool:
    """However they are spelled, and whether they are there yet or not."""
    if path.exists() and other.exists():
        return path.samefile(other)
    return os.path.realpath(path) == os.path.realpath(other)


def tell(result: ImportResult) -> None:
    """The outcome of an import."""
    output = current().output
    turkish, english = _shown(result)
    output.say(
        f"{result.read} satır okundu ({result.template}): {turkish}. {result.seconds:.1f} sn",
        f"{result.read} rows read ({result.template}): {english}. {result.seconds:.1f} s",
    )
    output.say(f"İçe aktarma: {result.import_id}", f"Import: {result.import_id}")
    output.answer({"import": result.import_id, **_members(result)})


def tell_tried(tried: DryResult) -> None:
    """What an import would come to: counts, dates, a bar a month."""
    output, result, dates = current().output, tried.result, tried.dates
    turkish, english = _shown(result)
    output.say(
        f"DENEME, hiçbir şey yazılmadı. {result.read} satır ({result.template}): {turkish}.",
        f"TRIED, nothing was written. {result.read} rows ({result.template}): {english}.",
    )
    if not tried.is_whole:
        output.say(
            "Dosya uzun: satırların birbirine etkisi tam hesaba katılmadı, sayılar yaklaşıktır.",
            "A long file: what rows do to each other is not fully counted, numbers are close.",
        )
    output.say(
        f"İlk tarih {dates.first or '–'}, son tarih {dates.last or '–'}, tarihsiz {dates.undated}.",
        f"First date {dates.first or '–'}, last date {dates.last or '–'}, undated {dates.undated}.",
    )
    most = max(dates.months.values(), default=1)
    for month, count in sorted(dates.months.items()):
        bar = "#" * -(-count * BAR_CHARACTERS // most)
        output.say(f"{month}  {count:>9}  {bar}", f"{month}  {count:>9}  {bar}")
    output.answer(
        {
            "dryRun": True,
            **_members(result),
            "whole": tried.is_whole,
            "firstDate": dates.first,
            "lastDate": dates.last,
            "undated": dates.undated,
            "months": dict(sorted(dates.months.items())),
        }
    )


def _shown(result: ImportResult) -> tuple[str, str]:
    counts = {str(outcome): result.verdicts[outcome] for outcome in Outcome}
    return counted(counts, "tr"), counted(counts, "en")


def _members(result: ImportResult) -> dict[str, object]:
    return {
        "template": result.template,
        "read": result.read,
        **{str(outcome): result.verdicts[outcome] for outcome in Outcome},
        "seconds": round(result.seconds, 3),
    }
