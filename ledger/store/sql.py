"""SQL lives in `.sql` files beside its reader, in blocks headed `-- name --` (style.md B7.6)."""

import re
from importlib import resources
from typing import LiteralString

_HEADING = re.compile(r"^-- ([a-z][a-z0-9_]*) --$", re.MULTILINE)


def load_blocks(package: str, file: str) -> dict[str, LiteralString]:
    """The named statements of one file of our own. Raises ValueError for a name given twice."""
    text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    parts = _HEADING.split(text)
    names = parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{file}: a block name is given twice")
    return {name: body.strip() for name, body in zip(names, parts[2::2], strict=True)}


def load_script(package: str, *path: str) -> LiteralString:
    """A whole script of our own, many statements."""
    return resources.files(package).joinpath(*path).read_text(encoding="utf-8")
