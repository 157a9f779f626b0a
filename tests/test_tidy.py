"""The house rules that a machine can check; every complaint says what to do instead."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIST_FILES = "git ls-files -zco --exclude-standard || find * -type f -print0"
Complaints = Iterator[tuple[int, str]]  # line; what is wrong and what to do
Rule = Callable[[str, str], Complaints]  # of a file's path and text

# Who may import whom inside ledger/ (design.md §15, decision 0003), and which packages from outside
# (* = any). Arrows go down only.
ARROWS = """
vocabulary errors clock calendar calendar_data addresses values messages \
-> WORDS tzdata phonenumbers msgspec
aggregates -> WORDS evidence.canonical eventsourcing.domain msgspec
evidence -> WORDS eventsourcing.domain msgspec cryptography rfc3161ng rfc3161_client httpx
recording -> WORDS aggregates evidence msgspec
application -> WORDS aggregates evidence recording eventsourcing msgspec
views -> WORDS aggregates evidence recording application msgspec
deciding -> WORDS aggregates evidence recording application msgspec
reporting -> WORDS aggregates evidence jinja2 reportlab
contract -> WORDS msgspec
client -> WORDS contract *
store -> WORDS aggregates evidence recording.ports recording.deciding_ports recording.following \
recording.measures recording.principals recording.referrals recording.evidence_ports \
recording.text_ports recording.import_ports *
projections -> WORDS aggregates evidence recording store *
importing iys_sync -> WORDS aggregates evidence recording application projections *
api -> WORDS aggregates evidence recording application views deciding contract projections \
proving reporting *
api/main -> WORDS aggregates evidence application projections bootstrap settings *
iys_twin __init__ -> vocabulary *
settings -> WORDS *
proving -> WORDS aggregates evidence recording application views deciding reporting structlog httpx
bootstrap bootstrap_log wiring cli -> ledger *
"""
MAY_IMPORT = {
    unit: set(targets.replace("WORDS", ARROWS.split("->")[0]).split())
    for units, targets in (row.split(" -> ") for row in ARROWS.strip().splitlines())
    for unit in units.split()
}
# Which files @ must not contain what : what to do instead.
LETTERS = r"""
ledger/(?!clock|evidence/verify_b).*\.py @ \b(datetime\.now|utcnow|time\.time)\b : pass it in
ledger/(?!settings\.py).*\.py @ \bos\.(environ|getenv)\b|from os import : take a Settings field
ledger/(?!store/|projections/).*\.py @ IMPORT psycopg : ask store or projections for it
ledger/(?!store/vault|evidence/).*\.py @ IMPORT cryptography : let the vault or evidence do it
ledger/(?!evidence/(timestamping|seal|bundle)\.py).*\.py @ IMPORT rfc3161ng : call timestamping
PURE @ IMPORT (os|pathlib|shutil|socket|ssl|http|urllib|subprocess)\b|\bopen\( : no I/O in here
PURE @ IMPORT (asyncio|threading|time|random|secrets)\b|\buuid[14]\b : have the value passed in
(ledger|ops)/(?!evidence/verify_b).*\.py @ \A(?=(.*\n){301}) : over 300 lines, split by reason
ledger/evidence/verify_bundle\.py @ \A(?=(.*\n){871}) : one file that people read: shorten it
tests/.*\.py @ \A(?=(.*\n){401}) : over 400 lines, split the file by reason to change
.*\.(py|sql) @ ^(?!.*# (type|noqa):).{101} : over 100 columns, break the line
.*\.(py|sql|md) @ [ \t]+$ : remove the white space at the end
.* @ ^(<{7}|>{7})\s : a conflict marker, finish the merge
.* @ (pypi|pythonhosted|npmjs|deb\.debian)\.org : do not name a package registry's host
(.*/)?(uv\.lock|pylock.*|poetry\.lock|package-lock\.json) @ \A : names hosts, use ops/lock instead
"""
PURE = r"ledger/(aggregates/|evidence/(?!(timestamping|seal|bundle|verify_bundle)\.py)).*\.py"
SQL = re.compile(r"\bSELECT\s|\bINSERT INTO\b|\bUPDATE\s.*\sSET\s|\bDELETE FROM\b|\bCOPY\s", re.S)
EVERY_FAILURE = re.compile(r"except:|except .*\b(Base)?Exception\b")


def letters(path: str, text: str) -> Complaints:
    table = LETTERS.replace("PURE", PURE).replace("IMPORT", r"^\s*(import|from)").strip()
    for where, pattern, instead in (re.split(" [@:] ", row) for row in table.splitlines()):
        for found in re.finditer(pattern, text, re.M) if re.fullmatch(where, path) else ():
            yield text.count("\n", 0, found.end()) + 1, f"{found[0].strip()[:40]} -> {instead}"


def arrows(path: str, text: str) -> Complaints:
    module = path.removeprefix("ledger/").removesuffix(".py")
    own = module.split("/")[0]
    allowed = MAY_IMPORT.get(module) or MAY_IMPORT.get(own, set())
    if not allowed:
        yield 1, f"{own} has no row in ARROWS; give it one, with a decision record"
    within = {f"ledger.{unit}" for unit in {own, *allowed}} | allowed | sys.stdlib_module_names
    for line, name in imports(text) if allowed else ():
        is_free = "*" in allowed and not name.startswith(("ledger", "."))
        is_listed = any(f"{name}.".startswith(f"{prefix}.") for prefix in within)
        if not is_free and not is_listed:
            yield line, f"{own} must not import {name}; have what it needs passed in"


def imports(text: str) -> Complaints:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = f"{'.' * node.level}{node.module}." if isinstance(node, ast.ImportFrom) else ""
            yield from ((node.lineno, origin + alias.name) for alias in node.names)


def habits(path: str, text: str) -> Complaints:
    is_ledger = path.startswith("ledger/")
    tree = ast.parse(text)
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(end_lineno=int(end)) | ast.AsyncFunctionDef(end_lineno=int(end)):
                if end - node.lineno >= 50:
                    yield node.lineno, f"{node.name} has over 50 lines; split it"
            case ast.Constant() | ast.JoinedStr() if is_ledger and node not in docstrings:
                if SQL.search(ast.unparse(node).replace("\\n", " ")):
                    yield node.lineno, "SQL in a Python string; make it a block of a .sql file"
            case ast.ExceptHandler() if is_ledger and EVERY_FAILURE.match(ast.unparse(node)):
                named = "named recovery" in text.splitlines()[node.lineno - 1]
                if not named and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
                    yield node.lineno, "swallows every failure; raise, or # named recovery: …"


def committed() -> dict[str, str]:
    listed = subprocess.check_output(LIST_FILES, shell=True, cwd=ROOT, text=True).split("\0")
    files = {path: ROOT / path for path in listed if (ROOT / path).is_file()}
    return {path: file.read_text(errors="replace") for path, file in files.items()}


RULES: dict[Rule, str] = {letters: ".*", arrows: r"ledger/.*\.py", habits: r".*\.py"}


@pytest.mark.parametrize("rule", RULES)
def test_every_file_keeps(rule: Rule) -> None:
    files = {path: text for path, text in committed().items() if re.fullmatch(RULES[rule], path)}
    wrong = [f"{path}:{line}: {what}" for path in files for line, what in rule(path, files[path])]
    if wrong or not files:
        pytest.fail("\n".join(wrong) or "no file was found", pytrace=False)


def test_ledger_itself_holds_at_most_twelve_modules() -> None:
    assert len([*ROOT.glob("ledger/[a-z]*.py")]) <= 12, "move what belongs together into a folder"
