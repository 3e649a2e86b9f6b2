"""The stubs: as strict as the checkers go, complete, and true to the compiled module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import riparian
from riparian import _riparian

HERE = Path(__file__).resolve().parents[1]


def passes(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=HERE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_is_content() -> None:
    passes("mypy", "--strict", "python/riparian", "examples")


def test_the_stubs_are_true() -> None:
    passes("mypy.stubtest", "riparian._riparian")


def test_pyright_is_content() -> None:
    pytest.importorskip("pyright")
    passes("pyright", "--pythonpath", sys.executable)


def test_every_public_name_is_documented() -> None:
    for name in riparian.__all__:
        thing = getattr(riparian, name)
        if name == "__version__":
            continue
        assert thing.__doc__, name
        assert thing.__module__.startswith("riparian"), name
        for member, value in vars(thing).items() if isinstance(thing, type) else ():
            if not member.startswith("_") and thing.__module__ == "riparian":
                assert value.__doc__, f"{name}.{member}"


def test_every_compiled_name_is_public() -> None:
    compiled = {name for name in dir(_riparian) if not name.startswith("_")}
    assert compiled <= set(riparian.__all__)
    assert riparian.__version__ == _riparian.__version__


def test_every_public_name_is_tested() -> None:
    text = "".join(path.read_text() for path in (HERE / "tests").glob("test_*.py"))
    # Classes that nobody makes by name.
    made = {"Results", "Run", "Summary", "Table", "Lake"}
    for name in set(riparian.__all__) - made:
        assert f"riparian.{name}" in text, name
    for name in riparian.__all__:
        thing = getattr(riparian, name)
        for member in vars(thing) if isinstance(thing, type) else ():
            if not member.startswith("_") and member not in ("add_note", "with_traceback"):
                assert f".{member}" in text, f"{name}.{member}"


def test_errors_are_of_one_family() -> None:
    for error in (
        riparian.BalanceError,
        riparian.EnsembleError,
        riparian.FileError,
        riparian.OutputError,
        riparian.ParseError,
        riparian.PolicyError,
        riparian.RuleError,
        riparian.ScenarioError,
    ):
        assert issubclass(error, riparian.RiparianError)
