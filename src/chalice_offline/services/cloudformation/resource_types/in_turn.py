"""Calls one after the other, each when what the one before began has ended.

Lambda refuses a change while another is under way, and ends one right after it has answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chalice_offline.services.cloudformation.resource_types.base import Made, Place, Resource


def in_turn(place: Place, made: Resource, calls: Sequence[Callable[[], object]]) -> Made:
    """Make the calls; returns the resource once the last has had its effect.

    Outside of a stack nothing can be waited for, and all are made at once.
    """
    stage = place.stage
    if stage is None:
        for call in calls:
            call()
        return made
    left = list(calls)
    done: Pending[Resource] = Pending()

    def go_on(_happened: Pending[dict[str, Any]]) -> None:
        if not left:
            done.resolve(made)
            return
        try:
            left.pop(0)()
        except AwsError as error:
            done.fail(error)
            return
        stage.soon().then(go_on)

    stage.soon().then(go_on)
    return done
