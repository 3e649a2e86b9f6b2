"""What tests share: the data, and the numbers the crate gives."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

import riparian

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "data"


def float_of(bits: str | None) -> float | None:
    """The number whose bits the crate wrote down."""
    return None if bits is None else struct.unpack(">d", bytes.fromhex(bits))[0]


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    """What the crate gives: the snapshot of its test `python`."""
    text = (ROOT / "tests/snapshots/python__what_python_must_give.snap").read_text()
    return json.loads(text.split("---\n", 2)[2])


@pytest.fixture(scope="session")
def season() -> riparian.Scenario:
    return riparian.Scenario.read(DATA / "bakhri-tochik-2024")


@pytest.fixture(scope="session")
def protocol() -> riparian.Scenario:
    """A scenario that extends another, and whose dam serves claims."""
    return riparian.Scenario.read(DATA / "bakhri-tochik-2024-protocol")


def uncertain(scenario: Any, keep: Any = "settlements", **options: Any) -> riparian.Ensemble:
    """The uncertain season of the crate's test `python`."""
    return riparian.Ensemble(
        scenario,
        2024,
        [
            riparian.InflowFactor([(0.0, 0.6), (0.5, 1.0), (1.0, 1.6)]),
            riparian.DemandFactor([(0.0, 0.92), (0.5, 1.0), (1.0, 1.1)]),
            riparian.InitialStorage("bakhri-tochik", [(0.0, 2500.0), (1.0, 3400.0)]),
        ],
        watch=[("bakhri-tochik", "storage")],
        keep=keep,
        **options,
    )
