"""Tables in the hands of others."""

from __future__ import annotations

import pickle

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import xarray as xr

import riparian


@pytest.fixture(scope="module")
def table(season: riparian.Scenario) -> riparian.Table:
    return season.run().reservoirs()


def test_all_take_it(table: riparian.Table) -> None:
    frame = table.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    arrow = pa.table(table)
    assert arrow.equals(table.to_arrow())
    assert table.to_polars().equals(pl.DataFrame(table))
    for other in (arrow.to_pandas(), table.to_polars().to_pandas()):
        assert other["storage"].tolist() == frame["storage"].tolist()
    batch = pa.record_batch(table)
    assert batch.to_pandas()["storage"].tolist() == frame["storage"].tolist()
    assert len(table) == len(frame) == arrow.num_rows


def test_xarray_takes_it(table: riparian.Table) -> None:
    frame = table.to_pandas()
    frame["date"] = pd.to_datetime(frame["date"])
    cube = xr.Dataset.from_dataframe(frame.set_index(["reservoir", "date"]))
    lake = cube["storage"].sel(reservoir="bakhri-tochik")
    wanted = frame.query("reservoir == 'bakhri-tochik'")["storage"]
    assert lake.to_numpy().tolist() == wanted.tolist()


def test_units_are_in_the_metadata(table: riparian.Table) -> None:
    assert table.units["storage"] == "m3" and table.units["energy"] == "kWh"
    schema = pa.schema(table)
    assert schema.field("storage").metadata == {b"unit": b"m3"}
    assert pa.table(table).schema.field("energy").metadata == {b"unit": b"kWh"}
    assert table.columns[:2] == ["reservoir", "date"]


def test_one_copy_serves_many(table: riparian.Table) -> None:
    # The same memory, not a copy of it.
    first, second = pa.table(table), pa.table(table)
    column = [part.column("storage").chunk(0).buffers()[1].address for part in (first, second)]
    assert column[0] == column[1]


def test_a_table_outlives_its_run(season: riparian.Scenario) -> None:
    arrow = pa.table(season.run().nodes())
    assert arrow["arrived"].null_count == 0


def test_capsules_that_nobody_takes_are_freed(table: riparian.Table) -> None:
    for _ in range(100):
        table.__arrow_c_stream__()
        table.__arrow_c_array__()
        table.__arrow_c_schema__()


def test_tables_pickle_and_compare(table: riparian.Table, season: riparian.Scenario) -> None:
    again = pickle.loads(pickle.dumps(table))
    assert again == table and hash(again) == hash(table)
    assert again.units == table.units
    assert table != season.run().nodes()
    assert "storage" in repr(table)
