"""Ensembles on a local cluster of two workers: the same digest however members are cut, and
whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import riparian
from conftest import uncertain

distributed = pytest.importorskip("distributed")
import riparian.dask  # noqa: E402

MEMBERS = 64


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with cluster(2, tmp_path_factory.mktemp("dask")) as cluster_, cluster_.get_client() as client:
        yield client


def cluster(workers: int, folder: Path) -> Any:
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address=":0",
        local_directory=str(folder),
    )


@pytest.fixture(scope="module")
def ensemble(protocol: riparian.Scenario) -> riparian.Ensemble:
    return uncertain(protocol.over("2024-04-01", "2024-05-31"))


@pytest.fixture(scope="module")
def unhurried(protocol: riparian.Scenario) -> riparian.Ensemble:
    """One whose members take long enough to be caught half-way, however fast the engine is."""

    def slowly(lake: riparian.Lake) -> None:
        time.sleep(0.002)

    april = protocol.over("2024-04-01", "2024-04-30")
    return uncertain(april.operated_by("bakhri-tochik", slowly))


@pytest.fixture(scope="module")
def whole(ensemble: riparian.Ensemble) -> riparian.Results:
    """One thread of one process."""
    return ensemble.on_threads(1).run(MEMBERS)


def test_many_threads_and_any_number_of_tasks(
    client: Any, ensemble: riparian.Ensemble, whole: riparian.Results
) -> None:
    assert ensemble.on_threads(8).run(MEMBERS).digest() == whole.digest()
    for tasks in (2, 16, 64):
        results = riparian.dask.run(ensemble, MEMBERS, tasks=tasks, client=client)
        assert results.digest() == whole.digest(), tasks
    assert riparian.dask.run(ensemble, range(MEMBERS), threads=2).digest() == whole.digest()


def test_it_is_the_crates_digest(
    client: Any, protocol: riparian.Scenario, expected: dict[str, Any]
) -> None:
    for keep in ("summaries", "settlements", "days"):
        results = riparian.dask.run(uncertain(protocol, keep), 20, tasks=7, client=client)
        assert results.digest() == expected[keep]["digest"]


def test_shards_merged(
    client: Any, ensemble: riparian.Ensemble, whole: riparian.Results, tmp_path: Path
) -> None:
    files = riparian.dask.write_shards(ensemble, MEMBERS, tmp_path, size=10, client=client)
    assert [file.name for file in files][-2:] == [
        "000000050-000000060.parquet",
        "000000060-000000064.parquet",
    ]
    assert sorted(tmp_path.iterdir()) == files
    assert riparian.merge_shards(files).digest() == whole.digest()
    # Those that are there stay as they are, and one that is lost is written again.
    files[3].unlink()
    written = [file.stat().st_mtime_ns for file in files if file.exists()]
    again = riparian.dask.submit_shards(ensemble, MEMBERS, tmp_path, size=10, client=client)
    assert [Path(future.result()) for future in again] == files
    assert [file.stat().st_mtime_ns for file in files if file != files[3]] == written
    assert riparian.merge_shards(files).digest() == whole.digest()


def test_a_relative_folder_is_the_callers(
    client: Any,
    ensemble: riparian.Ensemble,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    files = riparian.dask.write_shards(ensemble, 2, "shards", size=2, client=client)
    assert files == [tmp_path / "shards/000000000-000000002.parquet"]
    assert files[0].exists()


def kill_a_busy_worker(client: Any, future: Any) -> str:
    """Waits until some parts are done and others are not, and kills a worker that has of both."""
    for _ in range(6000):
        parts = "riparian-run"
        held, busy = client.has_what(), client.processing()
        for worker, keys in busy.items():
            done = any(parts in str(key) for key in held.get(worker, ()))
            if done and any(parts in str(key) for key in keys):
                pid = client.run(os.getpid, workers=[worker])[worker]
                assert not future.done()
                os.kill(pid, signal.SIGKILL)
                return str(worker)
        time.sleep(0.01)
    raise AssertionError("no worker was ever half-way")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_killed_half_way_changes_nothing(
    workers: int, unhurried: riparian.Ensemble, tmp_path: Path
) -> None:
    # With one worker, the ensemble itself is lost, and made again.
    with cluster(workers, tmp_path) as cluster_, cluster_.get_client() as client:
        future = riparian.dask.submit(unhurried, MEMBERS, tasks=32, client=client)
        killed = kill_a_busy_worker(client, future)
        results = future.result(timeout=120)
        assert killed not in client.scheduler_info()["workers"]
    assert results.missing(MEMBERS) == []
    assert results.digest() == unhurried.run(MEMBERS).digest()


def test_a_killed_worker_leaves_no_half_shard(
    unhurried: riparian.Ensemble, tmp_path: Path
) -> None:
    with cluster(2, tmp_path / "dask") as cluster_, cluster_.get_client() as client:
        folder = tmp_path / "shards"
        futures = riparian.dask.submit_shards(unhurried, MEMBERS, folder, size=4, client=client)
        while not any(folder.glob("*.parquet")):
            time.sleep(0.01)
        worker, pid = next(iter(client.run(os.getpid).items()))
        os.kill(pid, signal.SIGKILL)
        files = client.gather(futures)
        assert worker not in client.scheduler_info()["workers"]
    assert riparian.merge_shards(files).digest() == unhurried.run(MEMBERS).digest()


def test_a_member_that_fails_comes_back_with_its_number_and_why(
    client: Any, protocol: riparian.Scenario
) -> None:
    # The lake holds 3670 Mm3 at most: members that would begin with more are none.
    storage = riparian.InitialStorage("bakhri-tochik", [(0.0, 3000.0), (1.0, 4400.0)])
    some = riparian.Ensemble(protocol, 3, [storage])
    here, there = some.run(10), riparian.dask.run(some, 10, tasks=4, client=client)
    assert 0 < len(there.failed) < 10
    assert there.failed == here.failed
    assert all("at most" in why for why in there.failed.values())
    assert there.digest() == here.digest()


def test_rules_of_python_travel(client: Any, protocol: riparian.Scenario) -> None:
    def dry_fails(claim: float, weight: float, largest: float) -> list[tuple[float, float, float]]:
        if claim > 1e12:
            raise ArithmeticError("never")
        return [(0.0, claim, 1.0)]

    tried = riparian.Ensemble(protocol.sharing_by(dry_fails), 1)
    there = riparian.dask.run(tried, 2, tasks=2, client=client)
    assert there.digest() == tried.run(2).digest()


class Made(distributed.SchedulerPlugin):  # type: ignore[misc]
    """Counts how often workers made an ensemble."""

    def __init__(self) -> None:
        self.count = 0

    def transition(self, key: Any, start: str, finish: str, *_: Any, **__: Any) -> None:
        if start == "processing" and finish == "memory":
            self.count += str(key).startswith("riparian-ensemble")


def test_the_ensemble_is_made_once(client: Any, ensemble: riparian.Ensemble) -> None:
    made = Made()
    client.cluster.scheduler.add_plugin(made)
    riparian.dask.run(ensemble, 8, tasks=8, client=client)
    assert made.count == 1


def test_progress_is_dasks_own(
    client: Any, ensemble: riparian.Ensemble, capsys: pytest.CaptureFixture[str]
) -> None:
    distributed.progress(riparian.dask.submit(ensemble, 16, tasks=8, client=client), notebook=False)
    assert "Completed" in capsys.readouterr().out


def test_wrong_arguments_say_what_is_right(client: Any, ensemble: riparian.Ensemble) -> None:
    with pytest.raises(riparian.EnsembleError, match="no members"):
        riparian.dask.submit(ensemble, 0, client=client)
    with pytest.raises(TypeError, match="members are a range"):
        riparian.dask.submit(ensemble, range(0, 10, 2), client=client)
    with pytest.raises(ValueError, match="0 tasks"):
        riparian.dask.submit(ensemble, 2, tasks=0, client=client)
    with pytest.raises(ValueError, match="0 threads"):
        riparian.dask.submit(ensemble, 2, threads=0, client=client)


def test_workers_with_another_version_are_told(ensemble: riparian.Ensemble) -> None:
    from riparian import dask

    with pytest.raises(riparian.EnsembleError, match="versions of riparian"):
        dask._run(ensemble, "another", 0, 1)


def test_no_client() -> None:
    code = "import riparian, riparian.dask as d; d.submit(None, 3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "No client" in done.stderr


def test_without_dask_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['distributed'] = None; import riparian; import riparian.dask"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: riparian.dask needs Dask" in done.stderr
    assert "riparian[dask]" in done.stderr


def test_every_name_of_it_is_documented() -> None:
    assert riparian.dask.__all__ == ["run", "submit", "submit_shards", "write_shards"]
    for name in riparian.dask.__all__:
        assert getattr(riparian.dask, name).__doc__
