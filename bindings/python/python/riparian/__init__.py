"""Shares the water of a river basin among its countries day by day, and settles what each delivered
against what it had promised.

>>> import riparian
>>> scenario = riparian.Scenario.read("data/bakhri-tochik-2024")
>>> settlement = scenario.settle().to_pandas()

Results are Arrow tables: pandas, polars, pyarrow and xarray take them as they are.
"""

from riparian._errors import (
    BalanceError,
    EnsembleError,
    Fault,
    FileError,
    OutputError,
    ParseError,
    PolicyError,
    RiparianError,
    RuleError,
    ScenarioError,
)
from riparian._riparian import (
    Decision,
    DemandFactor,
    Ensemble,
    Generator,
    InflowFactor,
    InitialStorage,
    Lake,
    ObservedYears,
    Results,
    Run,
    Scenario,
    Summary,
    Table,
    __version__,
    merge_shards,
    network_rules,
    read_shard,
    rule_names,
    settle,
    share,
)

__all__ = [
    "BalanceError",
    "Decision",
    "DemandFactor",
    "Ensemble",
    "EnsembleError",
    "Fault",
    "FileError",
    "Generator",
    "InflowFactor",
    "InitialStorage",
    "Lake",
    "ObservedYears",
    "OutputError",
    "ParseError",
    "PolicyError",
    "Results",
    "RiparianError",
    "RuleError",
    "Run",
    "Scenario",
    "ScenarioError",
    "Summary",
    "Table",
    "__version__",
    "merge_shards",
    "network_rules",
    "read_shard",
    "rule_names",
    "settle",
    "share",
]
