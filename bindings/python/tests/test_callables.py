"""Rules and policies written in Python."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time

import pytest

import riparian


def equal_awards(claim: float, weight: float, largest: float) -> list[tuple[float, float, float]]:
    return [(0.0, claim / weight, weight)]


def follow_inflow(lake: riparian.Lake) -> float:
    wanted = min(lake.last_inflow_m3s, lake.max_release_m3s)
    return max(wanted, lake.min_release_m3s)


def fails_in_june(lake: riparian.Lake) -> None:
    if lake.date.month == 6:
        raise LookupError(f"no plan for {lake.date}")


class Careful:
    """Releases part of what is asked for while the lake is low."""

    def __init__(self, part: float) -> None:
        self.part = part

    def __call__(self, lake: riparian.Lake) -> riparian.Decision | None:
        if lake.available_mcm > 0.5 * lake.full_mcm:
            return None
        most = max(self.part * lake.demand_m3s, lake.min_release_m3s)
        return riparian.Decision(at_most=min(most, lake.max_release_m3s))


def test_a_rule_in_python_is_the_crates(protocol: riparian.Scenario) -> None:
    short = protocol.with_storages({"bakhri-tochik": 1000.0})
    named = short.sharing_by("constrained-equal-awards")
    written = short.sharing_by(equal_awards, weighted=True)
    assert written.settle() == named.settle()
    assert written.settle() != short.settle()
    assert pickle.loads(pickle.dumps(written)) == written
    assert written.key != named.key


def test_a_rule_for_one_class(protocol: riparian.Scenario) -> None:
    one = protocol.classes[-1]
    assert protocol.sharing_by("talmud", priority_class=one) != protocol.sharing_by("talmud")
    with pytest.raises(riparian.ScenarioError, match="unknown priority class"):
        protocol.sharing_by("talmud", priority_class=one + "x")
    with pytest.raises(ValueError, match="unknown rule `talmut`; expected one of"):
        protocol.sharing_by("talmut")
    with pytest.raises(TypeError, match="callable"):
        protocol.sharing_by(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layers", "what"),
    [
        (lambda claim, weight, largest: [(0.0, 1.0, claim / 2)], "add up to the claim"),
        (lambda claim, weight, largest: [(1.0, 0.0, claim)], "do not rise"),
        (lambda claim, weight, largest: [(0.0, 0.1, claim)] * 5, "more than 4 layers"),
        (lambda claim, weight, largest: "none", "expected a list of layers"),
    ],
)
def test_a_rule_that_cheats_is_caught(protocol: riparian.Scenario, layers, what: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises((ValueError, TypeError), match=what):
        protocol.sharing_by(layers).run()


def test_policies_in_python(protocol: riparian.Scenario) -> None:
    natural = protocol.operated_by("bakhri-tochik", follow_inflow)
    lake = natural.run().reservoirs().to_pandas().query("reservoir == 'bakhri-tochik'")
    usual = protocol.run().reservoirs().to_pandas().query("reservoir == 'bakhri-tochik'")
    assert (lake["release"].to_numpy() != usual["release"].to_numpy()).any()
    assert pickle.loads(pickle.dumps(natural)) == natural
    with pytest.raises(riparian.ScenarioError, match="did you mean `bakhri-tochik`"):
        protocol.operated_by("bakhri-tochk", follow_inflow)


def test_what_a_policy_sees(protocol: riparian.Scenario) -> None:
    seen: list[riparian.Lake] = []

    def look(lake: riparian.Lake) -> None:
        seen.append(lake)

    watched = protocol.operated_by("bakhri-tochik", look, sees_demand=True, horizon=3)
    watched.run()
    assert [lake.date for lake in seen[:1]] == [protocol.start]
    assert len(seen) == protocol.days
    lake = seen[5]
    assert lake.reservoir == "bakhri-tochik"
    assert lake.dead_mcm == 824.0 and lake.full_mcm == 3546.0
    assert 0.0 < lake.storage_mcm <= 3670.0 and lake.available_mcm > 0.0
    assert lake.level_m is not None and lake.level_m > 300.0
    assert len(lake.forecast_m3s) >= 3
    assert lake.min_release_m3s <= lake.last_release_m3s
    assert lake.max_release_m3s >= lake.min_release_m3s
    assert lake.demand_m3s > 0.0 and lake.last_inflow_m3s > 0.0
    assert isinstance(lake.entered_m3s, float)


def test_storage_wishes(protocol: riparian.Scenario) -> None:
    senior = protocol.classes[0]

    def hold(lake: riparian.Lake) -> riparian.Decision:
        return riparian.Decision(keep=[lake.full_mcm - lake.dead_mcm])

    held = protocol.operated_by("bakhri-tochik", hold, storage_classes=[senior])
    end = held.run().reservoirs().to_pandas().query("reservoir == 'bakhri-tochik'")["storage"]
    usual = protocol.run().reservoirs().to_pandas().query("reservoir == 'bakhri-tochik'")
    assert end.iloc[-1] > usual["storage"].iloc[-1]
    with pytest.raises(ValueError, match="1 storage wishes, and 0 storage classes"):
        protocol.operated_by("bakhri-tochik", hold).run()


def test_decisions_are_values() -> None:
    decision = riparian.Decision(at_least=10.0, at_most=20.0, keep=[1.0])
    assert (decision.at_least, decision.at_most, decision.keep) == (10.0, 20.0, [1.0])
    assert pickle.loads(pickle.dumps(decision)) == decision
    assert eval(repr(decision)) == decision  # noqa: S307
    assert riparian.Decision().at_least is None


def test_the_key_tells_callables_apart(protocol: riparian.Scenario) -> None:
    def key(policy: object) -> str:
        return protocol.operated_by("bakhri-tochik", policy).key  # type: ignore[arg-type]

    assert key(Careful(0.5)) == key(Careful(0.5))
    assert key(Careful(0.5)) != key(Careful(0.6))
    assert key(follow_inflow) != key(fails_in_june)

    def to(flow: float) -> object:
        return lambda lake: flow

    assert key(to(100.0)) != key(to(200.0))


def test_what_a_policy_raises_is_raised(protocol: riparian.Scenario) -> None:
    with pytest.raises(LookupError, match="no plan for 2024-06-01"):
        protocol.operated_by("bakhri-tochik", fails_in_june).run()
    with pytest.raises(TypeError, match="expected a release in m3/s, a Decision or None"):
        protocol.operated_by("bakhri-tochik", lambda lake: "much").run()  # type: ignore[arg-type,return-value]
    with pytest.raises(riparian.PolicyError, match="bakhri-tochik"):
        protocol.operated_by("bakhri-tochik", lambda lake: 1e9).run()


def test_in_an_ensemble_it_is_the_members_error(
    protocol: riparian.Scenario, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuses_low_lakes(lake: riparian.Lake) -> None:
        if lake.date.day == 1 and lake.storage_mcm < 2800.0 and lake.date.month == 4:
            raise LookupError("too low to begin with")

    storage = riparian.InitialStorage("bakhri-tochik", [(0.0, 2500.0), (1.0, 3400.0)])
    dam = protocol.operated_by("bakhri-tochik", refuses_low_lakes)
    results = riparian.Ensemble(dam, 4, [storage]).run(10)
    assert results.members == 10
    assert 0 < len(results.failed) < 10
    for why in results.failed.values():
        assert "of `bakhri-tochik` on 2024-04-01: LookupError: too low to begin with" in why
    assert "panicked" not in capfd.readouterr().err


def test_a_policy_in_an_ensemble_pickles(protocol: riparian.Scenario) -> None:
    dam = protocol.operated_by("bakhri-tochik", Careful(0.5), sees_demand=True)
    ensemble = riparian.Ensemble(dam, 1)
    again = pickle.loads(pickle.dumps(ensemble))
    assert again.run(2).digest() == ensemble.run(2).digest()


def test_an_interrupt_stops_a_run(protocol: riparian.Scenario) -> None:
    def slow(lake: riparian.Lake) -> None:
        time.sleep(0.05)

    dam = protocol.operated_by("bakhri-tochik", slow)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        dam.run()
    timer.join()
    # The whole season would sleep for nine seconds.
    assert time.monotonic() - begun < 5.0
