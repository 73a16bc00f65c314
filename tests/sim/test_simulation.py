"""The simulation itself: seeds repeat, do not leak into each other, and fair weather is fair."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.sim.__main__ import main
from simulators.sim.plan import Weather, make_plan, reduced
from simulators.sim.play import play

ROOT = Path(__file__).parents[2]
FAIR = replace(make_plan(1, 12), weather=Weather(), vendors=(), aws=())


def test_seeds_do_not_leak_into_each_other() -> None:
    """A seed among others is what it is alone: every call at the same instant."""
    alone = {seed: play(make_plan(seed, 6)).digest for seed in (5, 7)}
    among = {seed: play(make_plan(seed, 6)).digest for seed in (6, 7, 5)}
    assert {seed: among[seed] for seed in alone} == alone
    assert len(set(among.values())) == 3


@pytest.mark.parametrize("seed", [3, 5])
def test_way_past_botocore_is_the_same_way(seed: int) -> None:
    """Every call at the same instant, with the same end, as through its bytes."""
    plan = make_plan(seed)
    assert play(plan).digest == play(plan, through_botocore=True).digest


def test_in_fair_weather_every_order_is_made() -> None:
    """But for those that somebody takes back, and wrong ones: an app that denies all is found."""
    result = play(FAIR)
    assert result.plan.is_fair
    assert result.findings == ()
    assert result.counts["partner: accepted"] >= 4
    assert not any(name.startswith(("crash", "vendor:", "aws")) for name in result.counts)


def test_an_operator_whose_upload_fails_tries_again() -> None:
    """AWS may refuse people, too: that is weather, and no end of the evening."""
    played = play(make_plan(210_001, 24))
    assert played.counts["people: operator's upload fails"] > 0
    assert played.findings == ()


def test_a_part_of_a_plan_keeps_the_fate_of_what_is_left() -> None:
    """How a failing seed is made smaller."""
    plan = make_plan(9, 10)
    part = reduced(plan, keep=[2, 3], calm=["crash"], windows=[0])
    assert [order.number for order in part.orders] == [2, 3]
    assert part.orders[0] == plan.orders[2]
    assert (part.weather.crash, part.weather.trouble) == (0, plan.weather.trouble)
    assert (part.vendors, part.aws) == (plan.vendors[:1], ())


@pytest.mark.parametrize("mood", [Weather(trouble=0.3), Weather(crash=0.05), Weather(webhook=0.4)])
def test_each_kind_of_weather_is_met(mood: Weather) -> None:
    """Nobody shall believe an empty simulation."""
    result = play(replace(FAIR, weather=mood))
    kinds = {"trouble": "vendor: ", "crash": "crash: ", "webhook": "webhook: "}
    (wanted,) = [start for name, start in kinds.items() if getattr(mood, name)]
    assert sum(n for name, n in result.counts.items() if name.startswith(wanted)) >= 3
    assert result.findings == ()


def test_command_says_what_it_exercised() -> None:
    """Its summary and its exit code are what CI sees."""
    command = [sys.executable, "-m", "simulators.sim", "--seeds", "2", "--orders", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no finding" in done.stdout
    assert "12 orders in 2 seeds (0 to 1)" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--seeds", "0"], "'0' is not a number of at least 1"),
        (["--keep", "3,x"], "'3,x' is not a list of numbers like 0,2"),
        (["--calm", "rain"], "no weather is called rain; there is trouble, crash"),
    ],
)
def test_command_refuses_what_it_cannot_use(
    capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """By name, and before anything is played."""
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
