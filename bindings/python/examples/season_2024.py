"""The season of 2024 at Bakhri Tochik: its settlement, and a picture of the lakes."""

from pathlib import Path

import matplotlib.pyplot as plt

import riparian

DATA = Path(__file__).resolve().parents[3] / "data"
run = riparian.Scenario.read(DATA / "bakhri-tochik-2024").run()
settlement = run.settlements().to_pandas()
print(settlement[["obligation", "from", "committed", "delivered", "unit", "status"]].to_string())
lakes = run.reservoirs().to_pandas().pivot(index="date", columns="reservoir", values="storage")
figure, axes = plt.subplots(figsize=(10, 4))
lakes.div(1e6).plot(ax=axes, title=run.scenario.title, ylabel="storage, Mm3")
figure.savefig("season_2024.svg")
