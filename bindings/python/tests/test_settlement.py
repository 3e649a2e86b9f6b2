"""Settlements, equal to the crate's to the last bit."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import riparian
from conftest import DATA, float_of


def same(frame: pd.DataFrame, rows: list[dict[str, Any]]) -> None:
    """Every figure of a settlement against the crate's bits."""
    assert len(frame) == len(rows)
    for (_, got), row in zip(frame.iterrows(), rows, strict=True):
        for name in ("obligation", "status", "unit"):
            assert got[name] == row[name]
        assert (str(got["from"]), str(got["to"])) == (row["from"], row["to"])
        for name in ("committed", "delivered", "balance", "missing", "unaccounted"):
            wanted = float_of(row[name])
            if wanted is None:
                assert math.isnan(got[name]), (row["obligation"], name)
            else:
                assert struct.pack(">d", got[name]).hex() == row[name], (row["obligation"], name)
        amounts = [struct.pack(">d", reason["amount"]).hex() for reason in got["reasons"]]
        assert amounts == row["reasons"]


def test_the_season_of_2024_in_three_lines(expected: dict[str, Any]) -> None:
    scenario = riparian.Scenario.read(DATA / "bakhri-tochik-2024")
    settlement = scenario.settle().to_pandas()
    same(settlement, expected["settlement"])


def test_every_day_of_the_lake_is_the_crates(
    season: riparian.Scenario, expected: dict[str, Any]
) -> None:
    lakes = season.run().reservoirs().to_pandas()
    storage = lakes[lakes["reservoir"] == "bakhri-tochik"]["storage"]
    assert [struct.pack(">d", value).hex() for value in storage] == expected["storage"]


def test_an_agreement_against_gauges(expected: dict[str, Any]) -> None:
    agreement = DATA / "agreements/bakhri-tochik-2000.toml"
    observed = DATA / "agreements/observed/bakhri-tochik-2024.csv"
    same(riparian.settle(agreement, observed).to_pandas(), expected["observed"])
    # A list of agreements is several.
    same(riparian.settle([agreement], str(observed)).to_pandas(), expected["observed"])


def test_a_scenario_against_gauges_lacks_what_was_not_measured(season: riparian.Scenario) -> None:
    with pytest.raises(riparian.ScenarioError) as raised:
        season.settle(DATA / "agreements/observed/bakhri-tochik-2024.csv")
    assert len(raised.value.faults) > 1
    assert all(fault.expected for fault in raised.value.faults)


def test_a_scenario_against_gauges(tmp_path: Path) -> None:
    # Gauges that read just what the run computed settle alike.
    canal = riparian.Scenario.from_files(
        {
            "scenario.toml": b'title = "A canal"\nstart = 2024-06-01\nend = 2024-06-30\n'
            b'[[class]]\nname = "use"\nrule = "proportional"\n',
            "parties.csv": b"party,name\nUP,Upland\nLO,Lowland\n",
            "nodes.csv": b"node,kind\nspring,inflow\nsea,terminal\n",
            "reaches.csv": b"reach,from,to,kind\nbrook,spring,sea,river\n",
            "offtakes.csv": b"offtake,at,party,class\ncanal,spring,LO,use\n",
            "series/inflows.csv": b"month,spring_m3s\n2024-06,2.5\n",
            "series/demands.csv": b"month,canal_m3s\n2024-06,1.5\n",
            "agreements/canal.toml": b'title = "On the canal"\nparties = ["UP", "LO"]\n'
            b'[[obligation]]\nid = "summer"\nform = "volume"\ndebtor = "UP"\ncreditor = "LO"\n'
            b'point = "canal"\nvolume = "3.0 Mm3"\nfrom = 2024-06-01\nto = 2024-06-30\n',
        }
    )
    table = tmp_path / "gauges.csv"
    table.write_text("month,canal_m3s\n2024-06,1.5\n")
    run_of, gauged = canal.settle().to_pandas(), canal.settle(table).to_pandas()
    assert run_of["delivered"].tolist() == pytest.approx(gauged["delivered"].tolist())
    assert gauged["status"].tolist() == ["met"]


def test_accounts_events_and_explanations(season: riparian.Scenario) -> None:
    run = season.run()
    assert isinstance(run.accounts(), riparian.Table)
    assert isinstance(run.events(), riparian.Table)
    short = run.settlements().to_pandas().query("status == 'short' and unit == 'Mm3'").iloc[0]
    why = run.explain(short["obligation"], short["from"]).to_pandas()
    assert why["amount"].sum() == pytest.approx(short["missing"])
    with pytest.raises(riparian.ScenarioError, match="did you mean"):
        run.explain(short["obligation"] + "x", short["from"])
