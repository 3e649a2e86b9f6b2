"""Ensembles: the crate's digests, merging in any way, shards, failures and interrupts."""

from __future__ import annotations

import datetime
import os
import pickle
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

import riparian
from conftest import DATA, uncertain


@pytest.mark.parametrize("keep", ["summaries", "settlements", "days"])
def test_digests_are_the_crates(
    protocol: riparian.Scenario, expected: dict[str, Any], keep: str
) -> None:
    ensemble = uncertain(protocol, keep)
    assert ensemble.identity == expected[keep]["identity"]
    for threads in (1, 2, None):
        assert ensemble.on_threads(threads).run(range(20)).digest() == expected[keep]["digest"]


@pytest.mark.parametrize("keep", ["summaries", "settlements", "days"])
def test_any_cut_gives_the_same(protocol: riparian.Scenario, keep: str) -> None:
    ensemble = uncertain(protocol, keep)
    whole = ensemble.run(12)
    cuts = [range(7, 9), range(0, 3), range(9, 12), range(3, 7)]
    parts = [pickle.loads(pickle.dumps(ensemble.run(cut))) for cut in cuts]
    assert riparian.Results.merged(parts).digest() == whole.digest()
    tree = parts[0].merge(parts[1]).merge(parts[2].merge(parts[3]))
    assert tree.digest() == whole.digest()
    assert tree == whole
    assert tree.summary() == whole.summary()
    # The parts are as they were.
    assert [part.members for part in parts] == [2, 3, 3, 4]


def test_what_results_tell(protocol: riparian.Scenario) -> None:
    ensemble = uncertain(protocol)
    results = ensemble.run(range(3, 6))
    assert (results.members, len(results), results.failed) == (3, 3, {})
    assert 3 in results and 6 not in results
    assert results.missing(range(8)) == [range(0, 3), range(6, 8)]
    assert (results.identity, results.key) == (ensemble.identity, ensemble.key)
    assert (results.title, results.seed) == (protocol.title, 2024)
    assert (results.keep, ensemble.keep) == ("settlements", "settlements")
    assert (results.start, results.end) == (protocol.start, protocol.end)
    assert results.start == datetime.date(2024, 4, 1)
    assert ensemble.seed == 2024 and ensemble.title == protocol.title
    assert ensemble.threads is None and ensemble.on_threads(2).threads == 2
    assert "3 members" in repr(results) and "seed 2024" in repr(ensemble)


def test_parts_of_others_do_not_merge(protocol: riparian.Scenario) -> None:
    ensemble = uncertain(protocol)
    part = ensemble.run(2)
    with pytest.raises(riparian.EnsembleError, match="in both"):
        part.merge(part)
    with pytest.raises(riparian.EnsembleError, match="another ensemble"):
        part.merge(uncertain(protocol, "days").run(range(2, 3)))
    with pytest.raises(riparian.EnsembleError, match="no results"):
        riparian.Results.merged([])


def test_an_ensemble_pickles_as_its_content(protocol: riparian.Scenario) -> None:
    ensemble = uncertain(protocol, "days", threads=1)
    again = pickle.loads(pickle.dumps(ensemble))
    assert again == ensemble and hash(again) == hash(ensemble)
    assert again.threads == 1
    assert again.run(2).digest() == ensemble.run(2).digest()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(ensemble.run, range(2)).result() == ensemble.run(2)


def test_a_forked_process_runs_members(protocol: riparian.Scenario) -> None:
    ensemble = uncertain(protocol)
    whole = ensemble.run(4)
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        assert pool.submit(ensemble.run, range(4)).result(timeout=120) == whole


def test_dask_names_them_by_their_content(protocol: riparian.Scenario) -> None:
    assert protocol.__dask_tokenize__() == protocol.key
    assert uncertain(protocol).__dask_tokenize__() == uncertain(protocol).identity


def test_summaries_as_tables(protocol: riparian.Scenario) -> None:
    summary = uncertain(protocol, "days").run(10).summary()
    assert (summary.members, summary.failed) == (10, 0)
    odds = summary.obligations().to_pandas()
    assert odds["probability_kept"].between(0.0, 1.0).all()
    periods = summary.periods([0.1, 0.9]).to_pandas()
    statuses = ["met", "short", "exceeded", "excused", "cancelled", "pending"]
    assert (periods[statuses].sum(axis=1) == 10).all()
    known = periods.dropna(subset=["delivered_mean"])
    assert (known["delivered_q10"] <= known["delivered_q90"]).all()
    shortfalls = summary.shortfalls().to_pandas()
    assert (shortfalls["worst_5_percent"] >= shortfalls["mean"] - 1e-9).all()
    users = summary.users().to_pandas()
    assert users.query("figure == 'volume'")["mean"].between(0.0, 1.0).all()
    bands = summary.bands().to_pandas()
    assert len(bands) == protocol.days
    assert bands["date"].iloc[0] == protocol.start
    assert bands["unit"].unique().tolist() == ["m3"]
    assert (bands["q5"] <= bands["q95"]).all()
    again = pickle.loads(pickle.dumps(summary))
    assert again == summary
    assert "10 members" in repr(summary)
    with pytest.raises(ValueError, match="quantile"):
        summary.bands([1.5])


def test_members_as_a_table(protocol: riparian.Scenario) -> None:
    table = uncertain(protocol, "days").run(3).table()
    frame = table.to_pandas()
    assert frame["member"].tolist() == [0, 1, 2]
    assert frame["error"].isna().all()
    assert len(frame["bakhri-tochik storage"].iloc[0]) == protocol.days
    assert table.units == {"bakhri-tochik storage": "m3"}
    with pytest.raises(riparian.EnsembleError, match="summaries"):
        uncertain(protocol, "summaries").run(1).table()


def test_a_member_by_itself(protocol: riparian.Scenario) -> None:
    ensemble = uncertain(protocol)
    rows = ensemble.run(range(4, 5)).table().to_pandas()["settlements"].iloc[0]
    member = ensemble.scenario(4)
    alone = member.run().settlements().to_pandas().set_index(["obligation", "from"])
    for row in rows:
        assert alone.loc[(row["obligation"], row["from"]), "shortfall"] == row["shortfall"]
    assert pickle.loads(pickle.dumps(member)) == member


def test_shards(protocol: riparian.Scenario, tmp_path: Path) -> None:
    ensemble = uncertain(protocol)
    files = [tmp_path / f"shards/{start}.parquet" for start in (0, 4)]
    for start, file in zip((0, 4), files, strict=True):
        assert ensemble.run_shard(range(start, start + 4), file) == "written"
    assert ensemble.run_shard(range(4), files[0]) == "found"
    merged = riparian.merge_shards(list(reversed(files)))
    assert merged.digest() == ensemble.run(8).digest()
    assert riparian.read_shard(files[1]).members == 4
    assert pyarrow.parquet.read_table(files[0]).num_rows == 4
    with pytest.raises(riparian.OutputError, match="no shard of members"):
        ensemble.run_shard(range(5), files[0])
    merged.write_shard(tmp_path / "whole.parquet")
    assert riparian.merge_shards(tmp_path / "whole.parquet") == merged
    with pytest.raises(riparian.EnsembleError, match="no shards"):
        riparian.merge_shards([])
    with pytest.raises(riparian.FileError):
        riparian.read_shard(tmp_path / "nothing.parquet")
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(riparian.EnsembleError):
        riparian.read_shard(tmp_path / "text.parquet")
    with pytest.raises(riparian.EnsembleError, match="summaries"):
        uncertain(protocol, "summaries").run_shard(2, tmp_path / "none.parquet")


def test_several_scenarios_in_turn(protocol: riparian.Scenario) -> None:
    other = protocol.sharing_by("constrained-equal-awards")
    turns = riparian.Ensemble([protocol, other], 1)
    assert turns.scenario(0) == protocol and turns.scenario(1) == other
    assert turns.run(2).members == 2
    with pytest.raises(riparian.ScenarioError, match="not of one ensemble"):
        riparian.Ensemble([protocol, protocol.over("2024-06-01", "2024-06-30")], 1)
    with pytest.raises(riparian.ScenarioError):
        riparian.Ensemble([], 1)


def test_observed_years_and_generated_ones(expected: dict[str, Any]) -> None:
    record = riparian.Scenario.read(DATA / "syr-darya-2001-2010")
    dry = riparian.Scenario.read(DATA / "syr-darya-dry-2008")
    years = riparian.ObservedYears.of(record, in_turn=True)
    assert years.in_turn
    assert years.years(dry) == list(range(2001, 2011))
    turns = riparian.Ensemble(dry, 5, [years])
    assert turns.run(2).digest() == expected["inflows"]["observed_years"]
    flows = record.inflows().to_pandas().drop(columns="date")
    same = riparian.ObservedYears(
        record.start, {node: flows[node] for node in flows}, in_turn=True
    )
    assert same == years == pickle.loads(pickle.dumps(years))
    assert same.nodes == sorted(flows)
    assert "ObservedYears" in repr(same)
    generator = riparian.Generator.fit(record, "contemporaneous", pooling=1)
    made = riparian.Ensemble(dry, 5, [generator])
    assert made.run(2).digest() == expected["inflows"]["generated"]
    again = pickle.loads(pickle.dumps(generator))
    assert again == generator
    assert set(generator.sites) == set(flows)
    assert generator.method and generator.method in repr(generator)
    daily = generator.daily("2008-04-01", "2008-04-30", 5, 0)
    assert len(daily) == 30
    assert set(daily.units) == set(flows)


def test_methods_of_generators() -> None:
    record = riparian.Scenario.read(DATA / "syr-darya-2001-2010")
    for method in ("thomas-fiering", "neighbours", "kirsch"):
        assert riparian.Generator.fit(record, method).sites  # type: ignore[arg-type]
    by_day = riparian.Generator.fit(record, "kirsch", days=True)
    assert len(by_day.daily("2008-04-01", "2008-04-30", 1, 0)) == 30
    for wrong in ({"method": "magic"}, {"margins": "odd"}, {"step": "week"}):
        with pytest.raises(ValueError, match="expected one of"):
            riparian.Generator.fit(record, **wrong)  # type: ignore[arg-type]


def test_variations_are_values() -> None:
    inflow = riparian.InflowFactor([(0.0, 0.5), (1.0, 1.5)], ["akjar"])
    demand = riparian.DemandFactor([(0.0, 0.5), (1.0, 1.5)], ["dostyk-kz"])
    storage = riparian.InitialStorage("bakhri-tochik", [(0.0, 3000.0), (1.0, 3100.0)])
    assert (inflow.nodes, demand.offtakes) == (["akjar"], ["dostyk-kz"])
    assert storage.reservoir == "bakhri-tochik"
    for variation in (inflow, demand, storage):
        assert len(variation.quantiles) == 2
        assert pickle.loads(pickle.dumps(variation)) == variation
        assert type(variation).__name__ in repr(variation)
    with pytest.raises(riparian.ScenarioError):
        riparian.InflowFactor([(0.0, 1.0), (0.5, 0.9)])


def test_wrong_arguments_say_what_is_right(protocol: riparian.Scenario) -> None:
    factor = riparian.InflowFactor([(0.0, 0.5), (1.0, 1.5)], ["akjr"])
    with pytest.raises(riparian.ScenarioError, match="did you mean `akjar`"):
        riparian.Ensemble(protocol, 1, [factor])
    with pytest.raises(TypeError, match="no variation"):
        riparian.Ensemble(protocol, 1, [3])  # type: ignore[list-item]
    with pytest.raises(riparian.ScenarioError, match="nothing to watch"):
        riparian.Ensemble(protocol, 1, watch=["bakhri-tochk"])
    with pytest.raises(ValueError, match="unknown measure"):
        riparian.Ensemble(protocol, 1, watch=[("bakhri-tochik", "depth")])
    with pytest.raises(ValueError, match="unknown keep"):
        riparian.Ensemble(protocol, 1, keep="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="0 threads"):
        riparian.Ensemble(protocol, 1, threads=0)
    ensemble = riparian.Ensemble(protocol, 1)
    for members in (range(0, 10, 2), range(-1, 3), "ten"):
        with pytest.raises(TypeError, match="members are a range"):
            ensemble.run(members)  # type: ignore[arg-type]


def test_a_member_that_fails_stops_no_other(protocol: riparian.Scenario) -> None:
    # The lake holds 3670 Mm3 at most: members that would begin with more are none.
    storage = riparian.InitialStorage("bakhri-tochik", [(0.0, 3000.0), (1.0, 4400.0)])
    results = riparian.Ensemble(protocol, 3, [storage]).run(10)
    assert results.members == 10
    assert 0 < len(results.failed) < 10
    assert all("at most" in why for why in results.failed.values())
    assert results.summary().failed == len(results.failed)
    assert pickle.loads(pickle.dumps(results)).failed == results.failed


def test_progress_is_told(protocol: riparian.Scenario) -> None:
    heard: list[tuple[int, int, int]] = []
    uncertain(protocol).run(30, progress=lambda *told: heard.append(told))
    assert heard[-1] == (30, 0, 30)
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)

    def stop(*_: int) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        uncertain(protocol).run(100_000, progress=stop)


def interrupted_after(seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    return timer


def test_an_interrupt_stops_an_ensemble(protocol: riparian.Scenario, tmp_path: Path) -> None:
    ensemble = uncertain(protocol)
    shard = tmp_path / "shard.parquet"
    for run in (
        lambda: ensemble.run(200_000),
        lambda: ensemble.run_shard(200_000, shard),
    ):
        timer = interrupted_after(0.5)
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            run()
        timer.join()
        assert time.monotonic() - begun < 10.0
    assert list(tmp_path.iterdir()) == []


def test_the_interpreter_is_free_while_members_run(protocol: riparian.Scenario) -> None:
    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.001)

    other = threading.Thread(target=tick)
    other.start()
    begun = time.monotonic()
    uncertain(protocol, threads=1).run(60)
    took = time.monotonic() - begun
    done.set()
    other.join()
    # Were the lock held, the other thread would have stood still.
    assert ticks > 20 * took


def test_numpy_feeds_an_ensemble(protocol: riparian.Scenario) -> None:
    wet = protocol.with_inflows({"akjar": np.full(protocol.days, 900.0)})
    assert riparian.Ensemble(wet, 1).key != riparian.Ensemble(protocol, 1).key
