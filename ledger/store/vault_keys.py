"""Key files outside the data folder: the key of keys, and the log's signing key (design.md §6)."""

import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.errors import SettingsRefused
from ledger.vocabulary import IysCode

KEY_BYTES: Final = 32
KEK_EPOCH: Final = 1
"""Number of the key of keys in use; a rotation takes the next one."""

_KEY_TEXT: Final = re.compile(r"[0-9a-f]{64}\n?")


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """A folder of key files, 0700, each file 0600 with 64 hex digits."""

    path: Path

    def kek(self, *, make: bool = False) -> bytes:
        """The key of keys; made only where nothing was ever sealed. Raises SettingsRefused."""
        return self._key(f"kek-{KEK_EPOCH}", make=make)

    def log_key(self, iys_code: IysCode, *, make: bool = False) -> Ed25519PrivateKey:
        """The key that signs the provider's log; made only before the log begins.

        Raises SettingsRefused.
        """
        return Ed25519PrivateKey.from_private_bytes(self._key(f"log-{iys_code}", make=make))

    def log_public_key(self, iys_code: IysCode, *, make: bool = False) -> str:
        """The public half of `log_key`, 64 hex digits."""
        public = self.log_key(iys_code, make=make).public_key()
        return public.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def put_log_key_aside(self, iys_code: IysCode, fingerprint: str) -> None:
        """Keep the log's key under its fingerprint: it signs nothing any more."""
        name = f"log-{iys_code}"
        if (self.path / name).exists():
            (self.path / name).rename(self.path / f"{name}-{fingerprint}")

    def test_tsa(self) -> Path:
        """Where the keys of the embedded TEST time stamp authority lie; the folder exists."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.path / "test-tsa.pem"

    def _key(self, name: str, *, make: bool) -> bytes:
        file = self.path / name
        if not make and not file.exists():
            raise SettingsRefused(
                f"the key file {file} is missing: restore it, or let IZIN_KEYS name its folder",
                f"{file} anahtar dosyası yok: geri yükleyin ya da IZIN_KEYS klasörünü gösterin",
            )
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if make:
                self._make(file)
            open_to_others = (self.path.stat().st_mode | file.stat().st_mode) & 0o077
            text = file.read_text(encoding="ascii")
        except (OSError, UnicodeError) as error:
            raise SettingsRefused(
                f"the key file {file} cannot be read or made",
                f"{file} anahtar dosyası okunamıyor ya da oluşturulamıyor",
            ) from error
        if open_to_others:
            raise SettingsRefused(
                f"the key file {file} or its folder is open to others: chmod 700 and 600 them",
                f"{file} anahtar dosyası ya da klasörü başkalarına açık: chmod 700 ve 600 yapın",
            )
        if not _KEY_TEXT.fullmatch(text):
            raise SettingsRefused(
                f"the key file {file} does not hold 64 hex digits",
                f"{file} anahtar dosyasında 64 onaltılık hane yok",
            )
        return bytes.fromhex(text.strip())

    def _make(self, file: Path) -> None:
        if file.exists():
            return
        # Written aside and linked: of two processes that start at once, one key wins, whole.
        draft = self.path / f".{file.name}-{secrets.token_hex(8)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as out:
                out.write(secrets.token_bytes(KEY_BYTES).hex() + "\n")
                out.flush()
                os.fsync(out.fileno())
            try:
                os.link(draft, file)
            except FileExistsError:
                return
        finally:
            draft.unlink()
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@dataclass(frozen=True, slots=True)
class ProviderKeys:
    """What follows from the key of keys for one provider, each key for one use."""

    lookup: bytes = field(repr=False)
    wrap: bytes = field(repr=False)
    command: bytes = field(repr=False)
    groups: bytes = field(repr=False)
    check: bytes = field(repr=False)

    @classmethod
    def derive(cls, kek: bytes, iys_code: IysCode) -> "ProviderKeys":
        """HKDF-SHA-256 with purpose and provider in `info` (RFC 5869)."""

        def one(purpose: str) -> bytes:
            info = f"izin-defteri/v1/{purpose}/{iys_code}".encode("ascii")
            return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(kek)

        check = hmac.digest(one("check"), b"key check", "sha256")
        return cls(one("lookup"), one("wrap"), one("command"), one("groups"), check)
