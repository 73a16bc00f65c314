"""Random requests over all operations: each is answered as by AWS, and the state stays sound.

`make fuzz` sends many more; `python scripts/fuzz.py --seed S --only N` goes back to one.
"""

from __future__ import annotations

from typing import Any

import pytest

from scripts.fuzzing.episode import EPISODE_LENGTH, play
from scripts.fuzzing.http_door import play_over_http

SEED = 7
EPISODES = 12


@pytest.mark.parametrize("episode", range(EPISODES))
def test_any_request_is_answered_and_leaves_the_state_sound(episode: int) -> None:
    """No traceback, no 5xx but NotImplemented, no endless step; every message in one place."""
    run = play(f"{SEED}:{episode}", EPISODE_LENGTH)
    broken = [failure for failure in run.failures if not failure.delegated]
    if broken:
        sent = sum(step.request is not None for step in run.steps[: broken[0].index + 1])
        number = episode * EPISODE_LENGTH + max(0, sent - 1)
        again = f"python scripts/fuzz.py --seed {SEED} --only {number}"
        pytest.fail(f"{broken[0].kind}: {broken[0].reason}\n{again}", pytrace=False)


def test_enough_requests_succeed_to_reach_every_service() -> None:
    """The generator is worth something: a good part of its requests succeeds, in each service."""
    run = play(f"{SEED}:plausible", EPISODE_LENGTH)
    succeeded = {
        name.split(".")[0] for name, row in run.statuses.items() if row.keys() & {200, 202}
    }
    assert {"sqs", "sns", "events", "lambda"} <= succeeded
    replies = sum(sum(row.values()) for row in run.statuses.values())
    good = sum(
        count for row in run.statuses.values() for status, count in row.items() if status < 300
    )
    assert good > replies / 4


def test_an_episode_repeats_itself() -> None:
    """One seed gives the same requests and the same replies, so that a failure can be repeated."""
    first, second = play(f"{SEED}:0", 60), play(f"{SEED}:0", 60)
    assert first.steps == second.steps
    assert first.statuses == second.statuses


@pytest.mark.parametrize("seed", ["a", "b"])
def test_the_http_door_survives_anything(seed: str, require_clean: Any) -> None:
    """Requests over a socket, broken HTTP among them: each is answered, and the next one, too."""
    require_clean(play_over_http(seed, 250))
