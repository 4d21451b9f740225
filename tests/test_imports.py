"""The one direction of imports, app → evals → pipelines, and what must not be imported where."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {"pipelines": {"pipelines"}, "evals": {"pipelines", "evals"}, "app": {"pipelines", "evals", "app"}}
OURS = set(MAY_IMPORT)
# Who may know of a framework: modules that compute do not.
KNOWS = {
    "mlflow": {"evals/tracking.py", "app/traces.py", "app/jobs/programs.py"},
    "streamlit": set(),
    "ray": {"pipelines/workers.py"},
}


def imported(file: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules.add(node.module)
        elif isinstance(node, ast.ImportFrom):
            modules.add("." * node.level)
    return modules


FILES = sorted(file for package in OURS for file in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_imports_run_one_way(file: Path) -> None:
    package = file.relative_to(ROOT).parts[0]
    tops = {module.split(".")[0] for module in imported(file)}
    assert "" not in tops, "relative imports hide the direction"
    assert tops & OURS <= MAY_IMPORT[package]
    assert "tests" not in tops
    relative = file.relative_to(ROOT).as_posix()
    for framework, knowing in KNOWS.items():
        assert framework not in tops or relative in knowing, f"{relative} imports {framework}"


@pytest.mark.parametrize("module", ["app.cli", "pipelines.records", "pipelines.settings", "evals.case"])
def test_no_heavy_library_is_imported_before_it_is_used(module: str) -> None:
    heavy = ["ray", "mlflow", "dspy", "streamlit", "ctranslate2", "onnxruntime", "pandas", "matplotlib", "av"]
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_datasets_holds_no_python() -> None:
    assert not list((ROOT / "datasets").rglob("*.py"))
