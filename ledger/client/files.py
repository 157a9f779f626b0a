"""The calls that bring files: evidence, and imports as jobs of the service."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Final
from urllib.parse import quote
from uuid import UUID

import httpx

from ledger.client.errors import Unreadable
from ledger.client.lines import Source
from ledger.client.wire import Call, Wire
from ledger.contract.uploads import EvidenceAnswer, ImportJobAnswer
from ledger.vocabulary import RecipientType

ANY_FILE: Final = "application/octet-stream"
LOOK_SECONDS: Final = 0.5
NAME_CHARACTERS_MAX: Final = 200
ENDED: Final = frozenset({"DONE", "REFUSED", "FAILED"})


class FileCalls:
    """The part of `Client` that brings files."""

    _wire: Wire

    def upload_evidence(
        self,
        content: bytes,
        kind: str,
        *,
        captured_at: datetime | None = None,
        media_type: str = ANY_FILE,
        iys_code: int | None = None,
    ) -> EvidenceAnswer:
        """Keep what proves an act; its `evidenceId` is then named by the items that it proves.

        `iys_code`: with a key of every provider only. The same bytes are kept once.
        """
        query = {
            "kind": kind,
            "capturedAt": time_text(captured_at),
            "iysCode": None if iys_code is None else str(iys_code),
        }
        call = Call(
            path="/v1/evidence",
            is_safe=True,
            query=said(query),
            headers={"Content-Type": media_type},
            body=content,
        )
        return self._wire.ask(call, EvidenceAnswer)

    def import_file(
        self,
        brand: int,
        file: BinaryIO,
        *,
        file_name: str | None = None,
        template: str = "auto",
        dates: str | None = None,
        recipient_type: RecipientType | None = None,
        refusals: bool = False,
        dry_run: bool = False,
        declared_by: str | None = None,
        exported_at: datetime | None = None,
    ) -> ImportJobAnswer:
        """Hand a file of consents over; the service imports it in its own time.

        Bringing the same file again, after a lost answer too, records nothing twice.
        """
        query = {
            "brandCode": f"{brand:d}",
            "template": template,
            "dates": dates,
            "recipientType": recipient_type,
            "refusals": "true" if refusals else None,
            "dryRun": "true" if dry_run else None,
        }
        persons = {  # in headers, which no proxy writes into its log
            "Izin-Declared-By": declared_by,
            "Izin-Exported-At": time_text(exported_at),
            "Izin-File-Name": None if file_name is None else _shown(file_name),
        }
        headers = {
            name: quote(text, safe=":+", errors="replace") for name, text in said(persons).items()
        }
        source = Source(file)
        call = Call(
            path="/v1/imports",
            is_safe=False,
            can_resend=source.can_restart,
            query=said(query),
            headers={"Content-Type": ANY_FILE, **headers},
            body=source.pieces,
        )
        return self._wire.ask(call, ImportJobAnswer)

    def import_status(self, job_id: str) -> ImportJobAnswer:
        """How far an import is: `state`, `rowsRead`, `verdicts`."""
        call = Call(method="GET", path=f"/v1/imports/{UUID(job_id)}", is_safe=True)
        return self._wire.ask(call, ImportJobAnswer)

    def import_progress(
        self, job_id: str, *, look_seconds: float = LOOK_SECONDS
    ) -> Iterator[ImportJobAnswer]:
        """`import_status` again and again; the last one is DONE, REFUSED or FAILED."""
        while True:
            job = self.import_status(job_id)
            yield job
            if job.state in ENDED:
                return
            time.sleep(look_seconds)

    def verdicts(self, job_id: str, out: BinaryIO) -> None:
        """The verdict on each line of an import that is DONE, as csv: `line,verdict,code,message`.

        Unless this returns, what `out` got is to be dropped.
        """

        def take(response: httpx.Response) -> None:
            if not response.headers.get("content-type", "").startswith("text/csv"):
                raise Unreadable
            for piece in response.iter_bytes():
                out.write(piece)

        path = f"/v1/imports/{UUID(job_id)}/verdicts"
        self._wire.exchange(Call(method="GET", path=path, is_safe=False), take)


def _shown(file_name: str) -> str | None:
    """A name as the service takes it to show it: a disk keeps names that are no text."""
    shown = "".join(one if one.isprintable() else "?" for one in file_name)
    return shown[:NAME_CHARACTERS_MAX].strip() or None


def said(members: dict[str, str | None]) -> dict[str, str]:
    """The members that have a value."""
    return {name: text for name, text in members.items() if text is not None}


def time_text(at: datetime | None) -> str | None:
    """An instant as the service reads it."""
    if at is not None and at.utcoffset() is None:
        raise ValueError("an instant needs a zone")
    return None if at is None else at.isoformat(timespec="seconds")
