"""The recipes for schedulers, as far as they run without one: parts of one whole, to the digest."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import riparian
from conftest import ROOT

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
# Where the crate's own `run_shard` and `merge_shards` are: `.ci/python` says it.
EXAMPLES = os.environ.get("RIPARIAN_EXAMPLES")
MEMBERS = 12


@pytest.fixture(scope="module")
def digest() -> str:
    spec = importlib.util.spec_from_file_location("season", RECIPES / "season.py")
    assert spec is not None and spec.loader is not None
    season = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(season)
    ensemble: riparian.Ensemble = season.ensemble()
    return ensemble.run(MEMBERS).digest()


def command(*words: object, code: int = 0, **environment: str) -> str:
    """What a command says, run in the folder of the recipes."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [str(word) for word in words],
        cwd=RECIPES,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def recipe(name: str, *words: object, code: int = 0) -> str:
    return command(sys.executable, name, *words, code=code)


def test_a_slurm_array(digest: str, tmp_path: Path) -> None:
    command("bash", "-n", "slurm_array.sh")
    size = {"SIZE": "4", "FOLDER": str(tmp_path), "SLURM_CPUS_PER_TASK": "1"}
    for task in (2, 0):
        said = command("bash", "slurm_array.sh", SLURM_ARRAY_TASK_ID=str(task), **size)
        assert "written" in said
    lost = recipe("merge_shards.py", tmp_path, "--members", MEMBERS, code=1)
    assert "missing: 4..8" in lost
    # The jobs are submitted again, one of them with the crate's own program.
    if EXAMPLES is not None:
        size["RUN_SHARD"] = str(ROOT / EXAMPLES / "run_shard")
    for task, told in ((0, "was there"), (1, "written"), (2, "was there")):
        said = command("bash", "slurm_array.sh", SLURM_ARRAY_TASK_ID=str(task), **size)
        assert told in said
    merged = recipe("merge_shards.py", tmp_path, "--members", MEMBERS)
    assert f"digest {digest}" in merged and "missing" not in merged
    if EXAMPLES is not None:
        assert f"digest {digest}" in command(ROOT / EXAMPLES / "merge_shards", tmp_path)


def test_gnu_parallel(digest: str, tmp_path: Path) -> None:
    if shutil.which("parallel") is None:
        pytest.skip("no GNU parallel here")
    line = "python run_shard.py --members {}..$(({} + 6)) --folder " + str(tmp_path)
    command("bash", "-c", f"seq 0 6 6 | parallel -j1 '{line}'")
    assert f"digest {digest}" in recipe("merge_shards.py", tmp_path, "--members", MEMBERS)


def test_dask_jobqueue(digest: str) -> None:
    pytest.importorskip("dask_jobqueue")
    for queue, mark in (("slurm", "#SBATCH -t 01:00:00"), ("pbs", "#PBS -l walltime=01:00:00")):
        script = recipe("on_jobqueue.py", "--queue", queue, "--script")
        assert mark in script and "distributed" in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    # The jobs begin on this machine.
    some = ("--jobs", 2, "--cores", 1, "--members", MEMBERS)
    assert f"digest {digest}" in recipe("on_jobqueue.py", "--queue", "local", *some)


def test_ray(digest: str) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: its recipe is not tested")
    assert f"digest {digest}" in recipe("on_ray.py", "--members", MEMBERS, "--tasks", 3)


def test_wrong_members_are_told() -> None:
    done = subprocess.run(
        [sys.executable, "run_shard.py", "--members", "ten"],
        cwd=RECIPES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and "expected two numbers" in done.stderr
