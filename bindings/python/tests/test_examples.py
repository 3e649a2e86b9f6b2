"""The examples run on their data."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def runs(folder: Path, name: str, *words: str) -> str:
    """What an example prints, run in a folder."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *words],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "agg", "MPLCONFIGDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_season_2024(tmp_path: Path) -> None:
    assert "kz-dostyk-jja" in runs(tmp_path, "season_2024.py")
    assert (tmp_path / "season_2024.svg").read_text().lstrip().startswith("<?xml")


def test_a_hundred_thousand_with_fewer(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    said = runs(tmp_path, "hundred_thousand.py", "--members", "40", "--workers", "2")
    assert "kz-dostyk-jja" in said and "40 members, 0 failed" in said
    assert (tmp_path / "hundred_thousand.svg").read_text().lstrip().startswith("<?xml")


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
