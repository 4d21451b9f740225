"""The settings of the service: those of the pipeline and its own, one frozen object, read at entry points only."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from pipelines.settings import Settings


class ServiceSettings(Settings):
    """What the one who runs the machine chooses; the defaults are those of a fresh machine."""

    database_url: str = ""
    """SQLAlchemy URL of the records; empty: SQLite in the data folder."""
    database_owner_url: str = ""
    """SQLAlchemy URL of the tables' owner, who migrates them; PostgreSQL's row-level security wants another role."""
    jobs_database_url: str = ""
    """SQLAlchemy URL of the job tables; empty: SQLite in the data folder, or the records' PostgreSQL."""
    master_key: SecretStr = SecretStr("")
    """32 bytes in hex that wrap every data key; empty: a key file in the data folder, which production refuses."""

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    """How browsers reach the service, such as https://notes.example.org; empty: http://HOST:PORT."""
    tls_in_front: bool = False
    """True: a proxy in front speaks TLS. Production refuses to start before this is confirmed."""

    idle_minutes: int = Field(default=30, ge=1)
    """A sign-in that is not used for so long ends."""
    session_hours: int = Field(default=12, ge=1)
    """A sign-in ends after so long, used or not."""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")

    quiet_call_minutes: int = Field(default=10, ge=1)
    """A call that has sent no sound for so long ends itself."""
    failed_audio_days: int = Field(default=7, ge=0, le=7)
    """So long is audio kept that could not be transcribed."""
    longest_upload_mb: int = Field(default=500, ge=1)

    @property
    def service_dir(self) -> Path:
        """Records, keys, recordings and anchors of the service."""
        return self.data_dir / "service"
