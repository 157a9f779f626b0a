"""Every setting; the only reader of the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_data() -> Path:
    """The user's data folder."""
    return Path.home() / ".local" / "share" / "izin-defteri"


class Settings(BaseSettings):
    """Settings from the environment: `IZIN_…`, and `DATABASE_URL`.

    `data`: folder of the embedded PostgreSQL. `keys`: folder of key files, beside the data folder
    by default, never inside it. `pg_bin`: folder of PostgreSQL's programs.
    """

    model_config = SettingsConfigDict(env_prefix="IZIN_", extra="ignore", frozen=True)

    data: Path = Field(default_factory=default_data)
    keys: Path | None = None
    pg_bin: str | None = None
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL", repr=False)
    api_key: SecretStr | None = Field(default=None, min_length=16)
    host: str = "127.0.0.1"
    port: int = Field(default=8563, ge=0, le=65535)

    @property
    def key_folder(self) -> Path:
        """Where the key files lie."""
        data = self.data.absolute()
        return self.keys or data.with_name(data.name + "-keys")
