"""One movement as İYS's own archived file shows it: the line, its place, the `.tsr` (R61)."""

from datetime import date

from ledger.errors import NotFound
from ledger.iys_sync.row_root import prove_rows, rows_of
from ledger.recording.day_ports import DayFile, DayFiles, RowEvidence, RowProof
from ledger.vocabulary import BrandCode


class DayArchive:
    """Shows rows of the files that a provider archived; of several of a day, the newest."""

    def __init__(self, files: DayFiles) -> None:
        self._files = files

    def row_proof(self, brand_code: BrandCode, day: date, line: bytes) -> RowProof:
        """That a line, without its end, is in the day's file. Raises NotFound."""
        found = self._rows(brand_code, day)
        if found is not None and line in found[1]:
            rows = found[1]
            return prove_rows(rows, [rows.index(line)])[0]
        raise NotFound("no archived file of that day has this line", "arşivde böyle bir satır yok")

    def evidence_of(
        self, brand_code: BrandCode, creation_date: str, transaction_id: str
    ) -> list[RowEvidence]:
        """The rows of a movement, more than one where two were in one second (R57), none where no
        file of the day is archived or its keys were destroyed."""
        found = self._rows(brand_code, date.fromisoformat(creation_date[:10]))
        if found is None:
            return []
        file, rows = found
        begin = f"{creation_date},{transaction_id},".encode()
        places = [index for index, row in enumerate(rows) if row.startswith(begin)]
        stamp = self._files.stamp_of(file)
        return [RowEvidence(file, proof, stamp) for proof in prove_rows(rows, places)]

    def _rows(self, brand_code: BrandCode, day: date) -> tuple[DayFile, list[bytes]] | None:
        for file in self._files.files(brand_code, day):
            content = self._files.open_file(file)
            if content is not None:
                return file, list(rows_of(content))
        return None
