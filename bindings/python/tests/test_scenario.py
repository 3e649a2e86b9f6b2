"""Reading, checking, changing and running scenarios."""

from __future__ import annotations

import datetime
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import riparian
from conftest import DATA


def test_what_a_scenario_tells(season: riparian.Scenario, expected: dict[str, Any]) -> None:
    assert "2024" in season.title
    assert season.start == datetime.date(2024, 4, 1)
    assert season.end == datetime.date(2024, 9, 30)
    assert season.days == 183
    assert "bakhri-tochik" in season.reservoirs
    assert "bakhri-tochik" in season.nodes
    assert "dostyk-kz" in season.offtakes
    assert "KZ" in season.parties
    assert "kz-dostyk-jja" in season.obligations
    assert season.classes
    assert season.key == expected["key"]
    assert season.title in repr(season)


def test_the_key_is_that_of_the_crate(
    protocol: riparian.Scenario, expected: dict[str, Any]
) -> None:
    assert protocol.key == expected["protocol_key"]


def test_a_scenario_from_files_is_that_of_the_folder(season: riparian.Scenario) -> None:
    folder = DATA / "bakhri-tochik-2024"
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    assert riparian.Scenario.from_files(files) == season


def test_faults_have_places(tmp_path: Path) -> None:
    folder = tmp_path / "season"
    shutil.copytree(DATA / "bakhri-tochik-2024", folder)
    reaches = folder / "reaches.csv"
    reaches.write_text(reaches.read_text().replace("bakhri-tochik", "bakhri-tochikx", 1))
    faults = riparian.Scenario.check(folder)
    assert faults
    fault = faults[0]
    assert isinstance(fault, riparian.Fault)
    assert (fault.file, fault.nearest) == ("reaches.csv", "bakhri-tochik")
    assert fault.line is not None and fault.line > 1
    assert fault.column is not None and fault.column >= 1
    assert "bakhri-tochikx" in fault.found
    assert fault.expected
    with pytest.raises(riparian.ScenarioError) as raised:
        riparian.Scenario.read(folder)
    assert raised.value.faults == faults
    # The message is what the Rust user gets, a line a fault, and so is that of each.
    assert str(raised.value).splitlines() == [str(fault) for fault in faults]
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.faults) == (str(raised.value), faults)


def test_a_sound_scenario_has_no_faults() -> None:
    assert riparian.Scenario.check(DATA / "bakhri-tochik-2024") == ()


def test_no_folder_is_an_error_of_files() -> None:
    for read in (riparian.Scenario.read, riparian.Scenario.check):
        with pytest.raises(riparian.FileError, match="no such folder") as raised:
            read(DATA / "nowhere")
        assert isinstance(raised.value, OSError)


def test_series_of_any_kind(season: riparian.Scenario) -> None:
    flows = season.inflows().to_pandas()["akjar"].to_numpy() * 0.7
    dry = season.with_inflows({"akjar": flows})
    assert dry != season
    assert dry.inflows().to_pandas()["akjar"].tolist() == flows.tolist()
    for same in (
        flows.tolist(),
        tuple(flows),
        pd.Series(flows),
        pl.Series(flows),
        np.repeat(flows, 2)[::2],
        flows.astype(">f8"),
        memoryview(flows),
    ):
        assert season.with_inflows({"akjar": same}) == dry, type(same)
    assert season.with_inflows({"akjar": flows.astype("f4")}) != dry


def test_series_that_do_not_fit(season: riparian.Scenario) -> None:
    right = np.ones(season.days)
    with pytest.raises(ValueError, match="expected 183, one for each day"):
        season.with_inflows({"akjar": right[1:]})
    with pytest.raises(ValueError, match="2 dimensions"):
        season.with_inflows({"akjar": np.ones((season.days, 1))})
    with pytest.raises(TypeError, match="array or sequence of numbers"):
        season.with_inflows({"akjar": object()})  # type: ignore[dict-item]
    with pytest.raises(riparian.ScenarioError, match="did you mean `akjar`"):
        season.with_inflows({"akjr": right})
    with pytest.raises(riparian.ScenarioError, match="did you mean `dostyk-kz`"):
        season.with_demands({"dostyk-k": right})
    with pytest.raises(riparian.ScenarioError, match="at least 0"):
        season.with_demands({"dostyk-kz": -right})


def test_demands_and_storages(protocol: riparian.Scenario) -> None:
    none = protocol.with_demands({"dostyk-kz": np.zeros(protocol.days)})
    taken = none.run().offtakes().to_pandas().query("offtake == 'dostyk-kz'")["delivered"]
    assert taken.sum() == 0.0
    assert none.demands().to_pandas()["dostyk-kz"].sum() == 0.0
    empty = protocol.with_storages({"bakhri-tochik": 1000.0})
    lake = empty.run().reservoirs().to_pandas().query("reservoir == 'bakhri-tochik'")
    assert lake["storage"].iloc[0] < 1200e6
    with pytest.raises(riparian.ScenarioError, match="at most"):
        protocol.with_storages({"bakhri-tochik": 1e6})


def test_other_days(season: riparian.Scenario) -> None:
    june = season.over("2024-06-01", datetime.date(2024, 6, 30))
    assert (june.start, june.days) == (datetime.date(2024, 6, 1), 30)
    assert len(june.run().reservoirs()) == 30 * len(june.reservoirs)
    with pytest.raises(riparian.ScenarioError):
        season.over("2023-01-01", "2023-12-31")
    with pytest.raises(ValueError, match="no date"):
        season.over("June", "2024-06-30")


def test_pickles_hold_all_that_is_needed(protocol: riparian.Scenario) -> None:
    changed = (
        protocol.over("2024-05-01", "2024-07-31")
        .with_inflows({"akjar": np.linspace(100.0, 200.0, 92)})
        .with_demands({"dostyk-kz": [50.0] * 92})
        .with_storages({"bakhri-tochik": 3000.0})
        .sharing_by("talmud")
    )
    again = pickle.loads(pickle.dumps(changed))
    assert again == changed
    assert hash(again) == hash(changed)
    assert again.settle() == changed.settle()
    assert len(pickle.dumps(protocol)) < 1_000_000


def test_a_pickle_needs_no_folder(tmp_path: Path, season: riparian.Scenario) -> None:
    shutil.copytree(DATA / "bakhri-tochik-2024", tmp_path / "season")
    there = pickle.dumps(riparian.Scenario.read(tmp_path / "season"))
    shutil.rmtree(tmp_path / "season")
    assert pickle.loads(there) == season


def test_runs_have_tables_of_all_places(season: riparian.Scenario) -> None:
    run = season.run()
    assert run.scenario is season
    assert "Run" in repr(run)
    for table, kind, ids in (
        (run.nodes(), "node", season.nodes),
        (run.reservoirs(), "reservoir", season.reservoirs),
        (run.offtakes(), "offtake", season.offtakes),
    ):
        frame = table.to_pandas()
        assert frame[kind].unique().tolist() == ids
        assert len(frame) == len(ids) * season.days
    reaches = run.reaches()
    assert set(reaches.units.values()) == {"m3"}
    balance = run.balance().to_pandas()
    assert balance.loc[0, "kind"] == "basin"
    assert (balance["residual"].abs() <= 1e-12 * balance["throughput"]).all()
    assert len(run.pumps()) % season.days == 0
    assert "allowed" in run.licences().columns
    again = pickle.loads(pickle.dumps(run))
    assert again.settlements() == run.settlements()


def test_a_run_writes_its_tables(season: riparian.Scenario, tmp_path: Path) -> None:
    run = season.run()
    run.write(tmp_path / "out")
    assert (tmp_path / "out/summary.json").is_file()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(riparian.OutputError):
        run.write(tmp_path / "out")
    assert (tmp_path / "out/mine.txt").read_text() == "mine"


def test_nothing_can_be_set(season: riparian.Scenario) -> None:
    for thing in (season, season.run(), season.settle()):
        with pytest.raises(AttributeError):
            thing.title = "another"  # type: ignore[union-attr]
