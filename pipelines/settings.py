"""The settings of notebench: one frozen object, read from `NOTEBENCH_*` and `.env` at entry points only."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """Every choice that a user can make without touching code; the defaults are those of a fresh machine."""

    model_config = SettingsConfigDict(env_prefix="NOTEBENCH_", env_file=".env", extra="ignore", frozen=True)

    profile: Literal["development", "production"] = "development"
    data_dir: Path = ROOT / ".notebench"
    """Caches, runs and reports: the only place where session content is kept."""
    models_dir: Path = ROOT / "models"
    """Fetched model files; can be copied whole to a machine without network."""
    prompts_dir: Path = ROOT / "prompts"
    tracking_uri: str = ""
    """MLflow's store; empty: `MLFLOW_TRACKING_URI`, else SQLite in `mlruns/`."""

    whisper: str = "base"
    """A name of the model table (`base`, `tiny.en`) or a folder with CTranslate2 weights."""
    embeddings: str = "minilm"
    """A name of the model table or a folder with `model.onnx` and `tokenizer.json`."""
    engines: int = 0
    """Speech engines in the pool; 0: one a GPU, else one a core."""

    lm: str = "extractive"
    """`extractive`, or a DSPy model string such as `openai/qwen`, `ollama/llama3.2`."""
    lm_api_base: str = ""
    lm_api_key: SecretStr = SecretStr("")
    lm_timeout: float = 120.0
    """Seconds that one answer of a language model may take."""
    lm_context: int = 8_192
    """Tokens that the language model can read at once; a longer transcript is read in parts."""
    lm_at_once: int = 2
    """Notes that one writer asks a language model for at the same time."""
    reader: Literal["auto", "extractive", "lm"] = "auto"
    """Who reads the facts of a source: by rule, the language model, or (auto) rules for a summary, it for the rest."""
    lm_may_receive_client_data: bool = False
    """True: the named provider may be sent session content, even when it is not on this machine."""
    note_settings: Path | None = None
    """A YAML or JSON file with how a practice wants its notes; see docs/settings.md."""
    program: str = ""
    """A compiled program's name or path; empty: the shipped one of the engine, else none; `none`: uncompiled."""
    proposer_lm: str = ""
    """The model that proposes instructions when a program is compiled with mipro or gepa; empty: `lm`."""
