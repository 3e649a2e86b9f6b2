"""The examples run on their data."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_season_2024(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "season_2024.py"],
        cwd=tmp_path,
        env={"MPLBACKEND": "agg", "MPLCONFIGDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "kz-dostyk-jja" in done.stdout
    assert (tmp_path / "season_2024.svg").read_text().lstrip().startswith("<?xml")


def test_rule_in_python() -> None:
    example = runpy.run_path(str(EXAMPLES / "rule_in_python.py"))
    holds = example["tested"]()
    # Half in equal amounts and half in proportion is not fit for every day.
    assert holds.pop("composition_up") is False
    assert all(holds.values()), holds
    example["main"]()


def test_the_readme_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    root = EXAMPLES.parents[2]
    monkeypatch.chdir(root)
    said: dict[str, object] = {}
    for readme in (root / "bindings/python/README.md", root / "README.md"):
        blocks = re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)
        assert blocks
        for block in blocks:
            exec(block, said)  # noqa: S102
    assert len(said["settlement"]) == 32  # type: ignore[arg-type]
