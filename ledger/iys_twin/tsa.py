"""A time-stamp authority for TESTS: RFC 3161 answers over the daily files (iys/api.md §15.3).

The TSTInfo is written here and signed by `openssl cms -sign -cades`, so that its time is the twin's
clock's; `openssl ts -reply` could only stamp with the real time. `openssl ts -verify` takes it.
Root and signing certificate are made at the first use and last from 2015 to 2050.
"""

import hashlib
import subprocess
import tempfile
from importlib import resources
from pathlib import Path
from typing import Final

from ledger.iys_twin.refusals import TwinError
from ledger.iys_twin.times import Wall, instant_of

OPENSSL_SECONDS_MAX: Final = 30
VALID: Final = ("-startdate", "20150101000000Z", "-enddate", "20500101000000Z")
POLICY: Final = bytes.fromhex("2b06010401868d1f010101")  # 1.3.6.1.4.1.99999.1.1.1: nobody's
SHA384: Final = bytes.fromhex("608648016503040202")
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"

_SEQUENCE, _INTEGER, _OCTETS, _NULL, _OID, _TIME = 0x30, 0x02, 0x04, 0x05, 0x06, 0x18


class StampFailed(TwinError):
    """`openssl` is missing or could not stamp."""


class LocalAuthority:
    """Stamps files under certificates of its own; they say TEST."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._serial = 0

    def stamp(self, data: bytes, at: Wall) -> bytes:
        """A DER TimeStampResp over the SHA-384 of `data`. Raises StampFailed."""
        folder = self._ready()
        self._serial += 1
        info = _tst_info(hashlib.sha384(data).digest(), self._serial, at)
        (folder / "info.der").write_bytes(info)
        token = _openssl(
            folder,
            *("cms", "-sign", "-cades", "-binary", "-nodetach", "-md", "sha384"),
            *("-econtent_type", TST_INFO, "-signer", "tsa.pem", "-inkey", "tsa.key"),
            *("-outform", "DER", "-in", "info.der"),
        )
        granted = _der(_SEQUENCE, _der(_INTEGER, b"\x00"))
        return _der(_SEQUENCE, granted, token)

    def root(self) -> bytes:
        """The root certificate, PEM, for `openssl ts -verify -CAfile`. Raises StampFailed."""
        return (self._ready() / "root.pem").read_bytes()

    def close(self) -> None:
        """Forget the certificates."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _ready(self) -> Path:
        if self._folder is None:
            made = tempfile.TemporaryDirectory(prefix="izin-twin-tsa-")
            _make_certificates(Path(made.name))
            self._folder = made
        return Path(self._folder.name)


def _make_certificates(folder: Path) -> None:
    config = resources.files("ledger.iys_twin").joinpath("tsa.cnf").read_text(encoding="utf-8")
    (folder / "ca.cnf").write_text(config, encoding="utf-8")
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01")
    for name in ("root", "tsa"):
        _openssl(
            folder,
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes"),
            *("-keyout", f"{name}.key", "-subj", f"/CN=IYS twin TEST {name}", "-config", "ca.cnf"),
            *("-out", f"{name}.csr"),
        )
        issuer = ("-selfsign",) if name == "root" else ("-cert", "root.pem")
        _openssl(
            folder,
            *("ca", "-batch", "-config", "ca.cnf", *issuer, "-keyfile", "root.key", "-notext"),
            *("-in", f"{name}.csr", "-extensions", name, *VALID, "-out", f"{name}.pem"),
        )


def _openssl(folder: Path, *arguments: str) -> bytes:
    try:
        ran = subprocess.run(
            ["openssl", *arguments],
            cwd=folder,
            capture_output=True,
            timeout=OPENSSL_SECONDS_MAX,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StampFailed(f"openssl {arguments[0]} failed; openssl 3 is needed") from error
    return ran.stdout


def _tst_info(digest: bytes, serial: int, at: Wall) -> bytes:
    """TSTInfo of RFC 3161 §2.4.2, without the optional members."""
    stamped = instant_of(at).strftime("%Y%m%d%H%M%SZ").encode()
    return _der(
        _SEQUENCE,
        _der(_INTEGER, b"\x01"),
        _der(_OID, POLICY),
        _der(
            _SEQUENCE,
            _der(_SEQUENCE, _der(_OID, SHA384), _der(_NULL)),
            _der(_OCTETS, digest),
        ),
        _der(_INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1, "big")),
        _der(_TIME, stamped),
    )


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body
