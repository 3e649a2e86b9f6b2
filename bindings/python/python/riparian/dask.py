"""Ensembles on Dask: members in ranges over the workers, and what came of them merged by a tree.

>>> from distributed import Client, progress
>>> import riparian.dask
>>> client = Client()
>>> results = riparian.dask.submit(ensemble, 100_000)
>>> progress(results)
>>> results.result().summary().obligations().to_pandas()

A task is a pure function of the ensemble and its range, and so is each merge. So Dask may run one
again wherever it likes, as it does when a worker dies, and results are the same to the bit for any
number of workers and tasks. What stops a member is in :attr:`riparian.Results.failed`, with its
number and why, and stops no other.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from riparian._cut import cut
from riparian._errors import EnsembleError
from riparian._riparian import Ensemble, Results, __version__

try:
    import distributed
    from distributed import Client, Future
except ImportError as error:
    raise ImportError(
        "riparian.dask needs Dask and its scheduler: pip install 'riparian[dask]'"
    ) from error

__all__ = ["run", "submit", "submit_shards", "write_shards"]

# Most of what it has, checkers of types do not know.
_distributed: Any = distributed

_PARTS = 8
"""How many results a merge takes: few enough that a worker holds them beside each other."""
_TASKS = 8
"""Tasks for each thread of the workers: enough that those which finish first find more to do."""


def submit(
    ensemble: Ensemble,
    members: range | int,
    *,
    tasks: int | None = None,
    threads: int = 1,
    client: Client | None = None,
) -> Future[Results]:
    """Runs members on the workers, and returns the future of their :class:`riparian.Results`.

    ``members`` is a ``range``, or how many from 0 on. They are cut into ``tasks``, eight for each
    thread of the workers unless told; the more, the less is lost with a worker. Each task runs on
    ``threads`` threads of its own, whatever the ensemble says: one is right where workers run as many
    tasks as they have cores, and the cores of the machine where ``nthreads=1``. ``client`` is the
    latest one made, unless told. ``distributed.progress`` of the future shows how far it is.

    With an asynchronous client, ``tasks`` must be told.

    Raises :class:`riparian.EnsembleError` if there are no members, ``ValueError`` if there is no
    client, and what :func:`riparian.cut` raises.
    """
    cluster = _cluster(client)
    held = _held(cluster, ensemble, threads)
    parts = [
        cluster.submit(
            _run,
            held,
            ensemble.identity,
            part.start,
            part.stop,
            key=f"riparian-run-{ensemble.identity}-{part.start}-{part.stop}-{threads}",
        )
        for part in cut(members, tasks=_usual(cluster) if tasks is None else tasks)
    ]
    if not parts:
        raise EnsembleError("no members to run")
    while len(parts) > 1:
        groups = [parts[first : first + _PARTS] for first in range(0, len(parts), _PARTS)]
        parts = [_merged(cluster, group) for group in groups]
    whole: Future[Results] = parts[0]
    return whole


def run(
    ensemble: Ensemble,
    members: range | int,
    *,
    tasks: int | None = None,
    threads: int = 1,
    client: Client | None = None,
) -> Results:
    """Runs members on the workers, waits, and returns their :class:`riparian.Results`.

    Arguments and errors are those of :func:`submit`. With an asynchronous client, await the future
    that :func:`submit` returns instead.
    """
    future: Any = submit(ensemble, members, tasks=tasks, threads=threads, client=client)
    results: Results = future.result()
    return results


def submit_shards(
    ensemble: Ensemble,
    members: range | int,
    folder: str | Path,
    *,
    size: int = 1000,
    threads: int = 1,
    client: Client | None = None,
) -> list[Future[str]]:
    """Has the workers write members into Parquet files of ``size`` members each, and returns the
    futures of the files' paths.

    ``folder`` must be the same for all workers and whoever reads the files: one on this machine, or
    a shared one. A relative one is taken from where this is called. The files are those of
    :meth:`riparian.Ensemble.run_shard`: each is there whole or not at all, and one that is there is
    left as it is. So a run that was stopped is begun again with the same call, on whatever workers.
    :func:`riparian.merge_shards` reads them, as does the crate's example ``merge_shards``.

    ``threads`` and ``client`` are as for :func:`submit`.
    """
    cluster = _cluster(client)
    folder = Path(folder).absolute()
    held = _held(cluster, ensemble, threads)
    return [
        cluster.submit(
            _write,
            held,
            ensemble.identity,
            part.start,
            part.stop,
            str(folder / f"{part.start:09}-{part.stop:09}.parquet"),
            key=f"riparian-shard-{_token(ensemble.identity, part, folder, threads)}",
        )
        for part in cut(members, size=size)
    ]


def write_shards(
    ensemble: Ensemble,
    members: range | int,
    folder: str | Path,
    *,
    size: int = 1000,
    threads: int = 1,
    client: Client | None = None,
) -> list[Path]:
    """Has the workers write members into Parquet files, waits, and returns the files.

    Arguments and errors are those of :func:`submit_shards`.
    """
    futures = submit_shards(ensemble, members, folder, size=size, threads=threads, client=client)
    files: list[str] = _cluster(client).gather(futures)
    return [Path(file) for file in files]


def _cluster(client: Client | None) -> Any:
    return client or _distributed.default_client()


def _usual(client: Any) -> int:
    """How many tasks there are unless told."""
    if client.asynchronous:
        raise ValueError("with an asynchronous client, say how many `tasks`")
    threads: dict[str, int] = client.nthreads()
    # A cluster that grows with its work may have no workers yet.
    return _TASKS * max(sum(threads.values()), 8 if not threads else 1)


def _held(client: Any, ensemble: Ensemble, threads: int) -> Any:
    """The ensemble as it lies on the workers: sent once, and passed on between them.

    It is a task and not scattered, for what is scattered is lost with the worker that holds it.
    """
    return client.submit(
        _itself,
        ensemble.on_threads(threads),
        key=f"riparian-ensemble-{ensemble.identity}-{threads}",
    )


def _merged(client: Any, parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return client.submit(_merge, *parts, key=f"riparian-merge-{_token(*(part.key for part in parts))}")


def _token(*of: object) -> str:
    return hashlib.sha256(repr(of).encode()).hexdigest()


def _itself(ensemble: Ensemble) -> Ensemble:
    return ensemble


def _check(ensemble: Ensemble, identity: str) -> None:
    if ensemble.identity != identity:
        raise EnsembleError(
            "on this worker the ensemble is another than where it was made: "
            f"are the versions of riparian the same? here it is {__version__}"
        )


def _run(ensemble: Ensemble, identity: str, start: int, stop: int) -> Results:
    _check(ensemble, identity)
    return ensemble.run(range(start, stop))


def _write(ensemble: Ensemble, identity: str, start: int, stop: int, file: str) -> str:
    _check(ensemble, identity)
    ensemble.run_shard(range(start, stop), file)
    return file


def _merge(*parts: Results) -> Results:
    return Results.merged(parts)
