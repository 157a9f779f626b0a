"""Whole exports, and what is in them."""

import csv
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ledger.bootstrap import Home
from ledger.clock import now
from ledger.evidence.note import VerifierKey
from ledger.evidence.verify_bundle import Check
from ledger.proving.export_choice import Choice
from ledger.proving.export_folder import ExportFolder
from ledger.proving.exporting_all import ExportedAll, Shop, Wanted, export_all
from ledger.proving.question import OPENED
from ledger.store.exporting import ExportTables
from ledger.store.vault import ProviderVault
from ledger.vocabulary import BrandCode
from tests.integration.acts import BRAND_CODE, IYS_CODE

EVERYTHING: Final = Choice()


@dataclass
class Out:
    """An export in a folder, and what was noted on the way."""

    home: Home
    path: Path
    notes: list[tuple[int, int]] = field(default_factory=list)
    former_keys: list[VerifierKey] = field(default_factory=list)

    def export(
        self,
        choice: Choice = EVERYTHING,
        *,
        opened: frozenset[str] = OPENED,
        note: Callable[[BrandCode, int], None] | None = None,
        **wanted: Any,  # of Wanted
    ) -> ExportedAll:
        tables = ExportTables(
            self.home.database, IYS_CODE, ProviderVault(self.home.providers.keys(IYS_CODE))
        )
        shop = Shop(
            sources=self.home.logs.sources(IYS_CODE),
            log=tables,
            people=tables,
            note=note or (lambda brand, count: self.notes.append((brand, count))),
        )
        brands = [one.brand_code for one in self.home.brands(IYS_CODE)]
        if choice.brand_code is not None:
            brands = [choice.brand_code]
        asked = Wanted(choice=choice, brands=brands, opened=opened, **wanted)
        return export_all(asked, shop, ExportFolder(self.path), now=now())

    @property
    def parts(self) -> list[Path]:
        return sorted(self.path.glob("parts/*.zip"))

    def events(self, part: Path) -> list[dict[str, Any]]:  # as the leaves have them
        with zipfile.ZipFile(part) as archive:
            names = [one for one in archive.namelist() if one.startswith("events/")]
            leaves = [archive.read(one) for one in names if one.endswith(".leaf")]
        return [json.loads(leaf[1:]) for leaf in leaves]

    def ids(self) -> Counter[str]:
        return Counter(one["id"] for part in self.parts for one in self.events(part))

    def check(self, part: Path) -> dict[str, Any]:  # what the verifier found
        trust = self.path.parent / "trust"
        (trust / "tsa").mkdir(parents=True, exist_ok=True)
        root, key = self.home.logs.test_root(), self.home.logs.public_key(IYS_CODE)
        assert root is not None
        (trust / "tsa" / "TEST-root.pem").write_bytes(root)
        (trust / "log.vkey").write_text("\n".join(key.vkey for key in (*self.former_keys, key)))
        check = Check(part, trust, at=now())
        check.run()
        return check.facts

    def rows(self, name: str, brand: BrandCode = BRAND_CODE) -> list[dict[str, str]]:
        with (self.path / f"{name}-{brand}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
