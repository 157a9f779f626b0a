"""Write the golden files that are missing: `python -m tests.golden.write`, from the root.

A file that is there is never written again: its bytes stand in ledgers. Raises GoldenDiffers when
an example no longer gives them; then the code is wrong, or the type needs a new version.
"""

from pathlib import Path

from tests.golden.examples import FOLDER, golden_events


class GoldenDiffers(Exception):
    """The examples and the files of that name do not say the same; nothing was overwritten."""


def write_missing(folder: Path) -> list[str]:
    """Names of the files written. Raises GoldenDiffers after having written what is missing."""
    written, different = [], []
    for name, event in golden_events().items():
        try:
            with (folder / name).open("xb") as file:
                file.write(event.state)
            written.append(name)
        except FileExistsError:
            if (folder / name).read_bytes() != event.state:
                different.append(name)
    if different:
        raise GoldenDiffers(", ".join(different))
    return written


if __name__ == "__main__":
    write_missing(FOLDER)
