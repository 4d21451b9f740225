"""What every process of notebench sets before it imports a heavy library: none of them phones home."""

import os

_QUIET = {
    "DO_NOT_TRACK": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else a price list is fetched, and `mlflow server` hangs offline
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ASYNC_TRACE_LOGGING_MAX_WORKERS": "1",  # with more, trace files are left behind that nothing deletes
    "MLFLOW_GENAI_EVAL_MAX_WORKERS": "1",
    "MLFLOW_GENAI_EVAL_MAX_SCORER_WORKERS": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}


def quiet_libraries() -> None:
    """Switch off telemetry, price lists and progress noise of the libraries; every entry point calls it first."""
    os.environ.update(_QUIET)
