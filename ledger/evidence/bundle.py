"""The evidence bundle as a zip (decision 0012): the same parts give the same bytes, for ever."""

import zipfile
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import BinaryIO, Final

from ledger.evidence.bundle_parts import Bundle, evidence_files, manifest

README_NAME: Final = "OKU-BENI.txt"
SIGNATURES_FOLDER: Final = "imza/"
"""Empty: room for signatures, which no digest covers."""
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_READABLE: Final = 0o644 << 16
_FOLDER: Final = 0o40755 << 16 | 0x10
_UNIX: Final = 3

README: Final = """\
DELİL PAKETİ

Bu paket, bir markanın ticari elektronik ileti onay kayıtlarını ve bunların sonradan
değiştirilmediğinin kanıtlarını taşır. Nasıl kontrol edilir:

1. RAPOR.pdf: imza panelinde imzayı kontrol edin (imza yoksa rapor yalnız açıklamadır).
2. Paket özeti: paketi boş bir klasöre açın, raporun 13. bölümündeki komutu çalıştırın; sonuç
   kapaktaki özetle aynı olmalı (verify_bundle.py de onu yazar).
3. İYS işlem kimliğini Bakanlık ekranında sorun.
4. Zaman damgası: openssl ts -verify -data seals/SAYI/seal.bin -token_in
   -in seals/SAYI/token-1.tst -CAfile KÖK.pem
   KÖK.pem damgayı veren kuruluşun kendi sitesinden alınır, bu paketten değil.
5. python verify_bundle.py PAKET.zip --trust KLASÖR
   KLASÖR/tsa/*.pem: 4. adımdaki kök. KLASÖR/*.vkey: defterin önceden tevdi edilmiş anahtarı;
   yoksa defterin kimin olduğu şirket beyanıdır.

verify_bundle.py'yi bu paketten değil, yayımlandığı yerden alın. Yayımlanan SHA-256:
{digest}
trust/ klasörü yalnız bilgi içindir. imza/ klasörü özet listesinin dışındadır.

EVIDENCE BUNDLE

This bundle holds a brand's records of consent to commercial messages, and the proofs that
they were not changed afterwards. How to check it:

1. RAPOR.pdf: look at the signature panel (without a signature the report only explains).
2. The bundle's digest: unpack it into an empty folder and run the command of the report's
   section 13; it must be the digest on the cover (verify_bundle.py prints it too).
3. Ask for the İYS transaction id on the Ministry's screen.
4. The time stamp: the openssl command above; the root (KÖK.pem) comes from the site of the
   authority that gave the stamp, not from this bundle.
5. The python command above, with --lang en. KLASÖR/tsa/*.pem: the root of step 4.
   KLASÖR/*.vkey: the log's key as deposited beforehand; without it, whose log this is stays
   the company's own word.

Take verify_bundle.py from where it is published, not from this bundle; its SHA-256 is above.
trust/ is for information only. imza/ (signatures) stands outside the list of digests.
"""


def verifier() -> bytes:
    """`verify_bundle.py` as it is published and copied into every bundle."""
    return files("ledger.evidence").joinpath("verify_bundle.py").read_bytes()


def files_but_report(bundle: Bundle) -> dict[str, bytes]:
    """Every file in the order of the zip, without report and manifest: what the digest on the
    report's cover covers. Raises as `write_bundle`."""
    script = verifier()
    return {
        README_NAME: README.format(digest=sha256(script).hexdigest()).encode(),
        "verify_bundle.py": script,
        **dict(evidence_files(bundle)),
    }


def write_bundle(bundle: Bundle, file: BinaryIO) -> None:
    """Write the zip to a binary file that can seek; after an exception what is there is worthless.

    Raises BundleRefused, ProofRefused: the parts make no bundle.
    """
    contents = files_but_report(bundle)
    about = {name: contents.pop(name) for name in (README_NAME, "verify_bundle.py")}
    reports = {"RAPOR.html": bundle.report_html, "RAPOR.pdf": bundle.report_pdf}
    about |= {name: report for name, report in reports.items() if report is not None}
    contents = {**about, **contents}
    listing = manifest(bundle, _digests(contents))
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in contents.items():
            archive.writestr(_entry(name, _READABLE), content)
            if name == README_NAME:
                archive.writestr(_entry("manifest.json", _READABLE), listing)
        archive.writestr(_entry(SIGNATURES_FOLDER, _FOLDER), b"")


def _digests(contents: Mapping[str, bytes]) -> dict[str, tuple[int, str]]:
    return {name: (len(one), sha256(one).hexdigest()) for name, one in contents.items()}


def _entry(name: str, attributes: int) -> zipfile.ZipInfo:
    """Stored: what deflate makes of a file differs from one zlib to the next."""
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.compress_type = zipfile.ZIP_STORED
    entry.create_system = _UNIX
    entry.external_attr = attributes
    return entry
