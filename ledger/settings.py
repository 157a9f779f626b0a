"""Every setting; the only reader of the environment."""

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

KIB: Final = 1024


def default_data() -> Path:
    """The user's data folder."""
    return Path.home() / ".local" / "share" / "izin-defteri"


def default_checkpoints() -> Path:
    """The user's state folder: not where backups of the data go."""
    return Path.home() / ".local" / "state" / "izin-defteri"


class TsaSettings(BaseModel):
    """A time stamp authority (TSA).

    `profile`: `local`, the embedded one, whose stamps are TESTs; `plain` (RFC 3161 over HTTP, with
    `user` and `password` where it wants them); `kamusm`, whose `user` is the customer's number.
    `roots`: PEM file of the TSA's roots. `policy`: OID asked for, and the only one then taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: Literal["local", "plain", "kamusm"] = "local"
    url: str | None = None
    roots: Path | None = None
    policy: str | None = None
    user: str | None = None
    password: SecretStr | None = None


class ServiceSettings(BaseSettings):
    """Bounds of the HTTP service, the defaults of `api/limits.py`.

    Of each key and process, and what it may take at once after a pause: `rate_per_second` and
    `rate_burst` requests; `items_per_second` and `items_burst` items of lists; of all keys and of
    one, `in_flight_max` and `in_flight_per_key_max` requests that wait for their answer.

    Of bodies: `body_bytes_max`, of lists `bulk_bytes_max` (consents, refusals, decisions), of files
    `evidence_bytes_max` and `import_bytes_max`, of a filter's lines `line_bytes_max`; a body that
    stands still for `body_idle_seconds`, or takes `body_seconds_max` (a file or a filter
    `upload_seconds_max`), is given up.

    Of the head: `path_bytes_max`, `query_bytes_max`, `headers_max` of `header_bytes_max` together,
    all there within `header_seconds_max`. Of connections: `connections_max`, idle for at most
    `keep_alive_seconds`; longer than a proxy in front keeps them, if there is one. A caller who
    leaves its answer unread for `unread_seconds_max` is cut off.
    """

    rate_per_second: int = Field(default=5_000, gt=0)
    rate_burst: int = Field(default=10_000, gt=0)
    items_per_second: int = Field(default=200_000, gt=0)
    items_burst: int = Field(default=2_000_000, gt=0)
    in_flight_max: int = Field(default=1_000, gt=0)
    in_flight_per_key_max: int = Field(default=500, gt=0)
    body_bytes_max: int = Field(default=64 * KIB, gt=0)
    bulk_bytes_max: int = Field(default=8 * KIB * KIB, gt=0)
    evidence_bytes_max: int = Field(default=32 * KIB * KIB, gt=0)
    import_bytes_max: int = Field(default=KIB * KIB * KIB, gt=0)
    line_bytes_max: int = Field(default=16 * KIB, gt=0)
    body_idle_seconds: float = Field(default=30.0, gt=0)
    body_seconds_max: float = Field(default=120.0, gt=0)
    upload_seconds_max: float = Field(default=3_600.0, gt=0)
    path_bytes_max: int = Field(default=KIB, gt=0)
    query_bytes_max: int = Field(default=KIB, gt=0)
    headers_max: int = Field(default=64, gt=0)
    header_bytes_max: int = Field(default=16 * KIB, gt=0)
    header_seconds_max: float = Field(default=10.0, gt=0)
    keep_alive_seconds: int = Field(default=20, gt=0)
    connections_max: int = Field(default=4_000, gt=0)
    unread_seconds_max: float = Field(default=60.0, gt=0)


class Settings(ServiceSettings):
    """Settings from the environment: `IZIN_…`, and `DATABASE_URL`.

    `data`: folder of the embedded PostgreSQL. `keys`: folder of key files, beside the data folder
    by default, never inside it. `pg_bin`: folder of PostgreSQL's programs. `server`: URL of a
    running service that is asked instead of a database here, with `api_key` or `key_file`'s.

    `checkpoints`: folder where the last checkpoint of each log lies besides the database. `tsa` and
    `tsa2` (`IZIN_TSA__URL` …): who stamps, and who stamps the day's last seal again; a seal is made
    every `seal_minutes` where something is new, and each is asked `tsa_asked_max` times a day at
    most. `production` refuses whatever is a TEST.

    `uploads`: folder of files that wait to be imported and of their verdicts, in the data folder by
    default; every process of a database has to see the same one. Verdict files are kept for
    `verdict_days`.
    """

    model_config = SettingsConfigDict(
        env_prefix="IZIN_", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    data: Path = Field(default_factory=default_data)
    keys: Path | None = None
    pg_bin: str | None = None
    uploads: Path | None = None
    verdict_days: int = Field(default=30, gt=0, le=3_650)
    checkpoints: Path = Field(default_factory=default_checkpoints)
    tsa: TsaSettings = TsaSettings()
    tsa2: TsaSettings | None = None
    seal_minutes: int = Field(default=15, gt=0, le=1_440)
    tsa_asked_max: int = Field(default=200, gt=0)
    production: bool = False
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL", repr=False)
    api_key: SecretStr | None = Field(default=None, min_length=16)
    host: str = "127.0.0.1"
    port: int = Field(default=8563, ge=0, le=65535)
    server: str | None = None
    key_file: Path | None = None

    @property
    def key_folder(self) -> Path:
        """Where the key files lie."""
        data = self.data.absolute()
        return self.keys or data.with_name(data.name + "-keys")

    @property
    def upload_folder(self) -> Path:
        """Where uploads and verdict files lie."""
        return self.uploads or self.data.absolute() / "uploads"
