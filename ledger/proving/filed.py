"""The rows of İYS's own day files that show a consent's movements (report.md, R61).

İYS's `.tsr` covers the whole day's file, which holds other people. So a bundle shows the row alone:
the line, its path to the `rows_root` of the day's event, the file's digest, and the `.tsr`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from ledger.aggregates.bodies import IysSeen
from ledger.aggregates.events import RECIPIENT_GROUP, Event
from ledger.proving.question import FiledRow, Question, Sources
from ledger.recording.sights import IYS_GROUP
from ledger.reporting import facts as f

NEEDED = frozenset({RECIPIENT_GROUP, IYS_GROUP})
"""A line tells the address and İYS's id: both have to be opened."""


def filed_rows(
    question: Question,
    sources: Sources,
    stream: Sequence[Event],
    groups: Mapping[int, Mapping[str, object]],
) -> list[FiledRow]:
    """Of the newest movement of each status, the row in the archived file of its day, if İYS's
    file is archived."""
    if not question.opened >= NEEDED:
        return []
    newest: dict[str, Event] = {}
    for event in stream:
        if isinstance(event.body, IysSeen) and event.body.creation_date is not None:
            newest[event.body.state] = event
    found = (_row_of(question, sources, event, groups) for event in newest.values())
    return [row for row in found if row is not None]


def _row_of(
    question: Question, sources: Sources, event: Event, groups: Mapping[int, Mapping[str, object]]
) -> FiledRow | None:
    body, given = event.body, groups.get(event.position, {}).get(IYS_GROUP)
    assert isinstance(body, IysSeen) and body.creation_date is not None
    if not isinstance(given, dict) or not isinstance(given.get("transaction_id"), str):
        return None
    words = [question.recipient_type.value, question.channel.value, body.state.value]
    for evidence in sources.rows.evidence_of(
        question.brand.brand_code, body.creation_date, given["transaction_id"]
    ):
        if evidence.proof.line.decode("ascii", "replace").split(",")[3:6] == words:
            return FiledRow(event.position, evidence)
    return None


def files_of(rows: Sequence[FiledRow]) -> Iterator[tuple[str, bytes]]:
    """What of them goes into the bundle, by name."""
    for row in rows:
        evidence, name = row.evidence, name_of(row)
        file, proof = evidence.file, evidence.proof
        shown = {
            "position": row.position,
            "line": proof.line.decode("ascii", "backslashreplace"),
            "index": proof.index,
            "size": proof.size,
            "path": [one.hex() for one in proof.path],
            "rowsRoot": file.rows_root,
            "day": file.day.isoformat(),
            "fileSha384": file.sha384,
            "fileBytes": file.size_bytes,
        }
        yield f"{name}.json", json.dumps(shown, indent=1).encode("ascii")
        if evidence.stamp is not None:
            yield f"{name}.tsr", evidence.stamp


def name_of(row: FiledRow) -> str:
    """Of the row's files, without their endings."""
    return f"iys-{row.evidence.file.day.isoformat()}-{row.position}"


def day_file(rows: Sequence[FiledRow], creation_date: str | None) -> f.DayFile | None:
    """What the report tells of the row behind the İYS line's movement."""
    for row in rows:
        evidence = row.evidence
        if evidence.proof.line.decode("ascii", "replace").split(",")[0] == creation_date:
            return f.DayFile(
                day=evidence.file.day,
                sha384=evidence.file.sha384,
                row_number=evidence.proof.index + 1,
                rows_root=evidence.file.rows_root,
                tsr=None if evidence.stamp is None else f"ekler/{name_of(row)}.tsr",
            )
    return None
