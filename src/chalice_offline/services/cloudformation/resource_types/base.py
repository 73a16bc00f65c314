"""What every resource type is made of: how CloudFormation creates, updates and deletes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.arn import make_arn, partition_of
from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.cloudformation.property_text import text
from chalice_offline.services.cloudformation.resource import Properties, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Ids",
    "Place",
    "Properties",
    "Resource",
    "ResourceType",
    "Stage",
    "changed",
    "for_each_left",
    "gone_tags",
    "is_gone",
    "only",
    "tags_of",
    "text",
]

Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]
Made = Resource | Pending[Resource]


class Ids(Protocol):
    """The ids a type may ask for."""

    def uuid(self) -> str:
        """Return a new UUID."""
        ...

    def alphanumeric(self, length: int) -> str:
        """Return `length` capital letters and digits."""
        ...


class Stage(Protocol):
    """What resources that take their time may ask for: the stack they are made in."""

    stack_id: str
    stack_name: str
    logical_id: str
    ids: Ids

    @property
    def kind(self) -> str:
        """The resource's type, by the name the template gives it."""
        ...

    def expect(self, timeout_seconds: int) -> tuple[str, Pending[dict[str, Any]]]:
        """Return a URL, and what is sent to it; AwsError when nothing is in time."""
        ...

    def signals(self, handle: str, count: int, timeout_seconds: int) -> Pending[dict[str, Any]]:
        """Return the data of `count` signals sent to a handle; AwsError when they are too few."""
        ...

    def handle(self) -> str:
        """Return a URL that signals are sent to."""
        ...

    def define_macro(self, name: str, function: str) -> None:
        """Define a macro of the stack's account and region, or change it; AwsError if taken."""
        ...

    def drop_macro(self, name: str) -> None:
        """Forget a macro that the stack has defined."""
        ...

    def soon(self) -> Pending[dict[str, Any]]:
        """Return what is settled once all that is due at this instant has happened."""
        ...

    def nested(self, operation: str, request: dict[str, Any]) -> Pending[dict[str, Any]]:
        """Create, update or delete a nested stack; returns its description in the end."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where resources are, and how AWS is called there."""

    call: Call
    account_id: str
    region: str
    stage: Stage | None = None
    calls_in: Callable[[str], Call] | None = None

    def call_in(
        self, region: str, service: str, operation: str, request: dict[str, Any]
    ) -> dict[str, Any]:
        """Call AWS in another region, on behalf of the same account."""
        call = self.calls_in(region) if self.calls_in is not None else self.call
        return call(service, operation, request)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return make_arn(service, self.region, self.account_id, resource)

    @property
    def partition(self) -> str:
        """The partition the region is in."""
        return partition_of(self.region)


def _nothing_more(_place: Place, _resource: Resource, _properties: Properties) -> None:
    """Most resources are complete when they are created."""


def _stays(_place: Place, _resource: Resource, _properties: Properties) -> None:
    """Most settings go with what they are settings of."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of CloudFormation.

    `create(place, name, properties)` makes it with one call that can fail; `complete` sets what
    that call does not take. `look` fails when there is none, for types where creating would not
    fail when there is one. `update(place, resource, before, after)` changes what can be changed;
    it is also what takes a half-made update back, so it does every step whatever came of the last
    try; without one every change is a replacement. `name` is the property that names it, `fixed`
    are the others that cannot be changed. `longest` is how long a name may be. `is_its_reference`:
    a replacement that has the same reference is the same thing, spelled otherwise.

    A Pending is waited for.
    """

    create: Callable[[Place, str, Properties], Made]
    delete: Callable[[Place, Resource, Properties], object] = _stays
    complete: Callable[[Place, Resource, Properties], None] = _nothing_more
    update: Callable[[Place, Resource, Properties, Properties], Made | None] | None = None
    name: str = ""
    fixed: tuple[str, ...] = ()
    look: Callable[[Place, str, Properties], object] | None = None
    physical_name: Callable[[str, Properties], str] = lambda given, _properties: given
    longest: int = 255
    is_its_reference: bool = False
    required: tuple[str, ...] = field(default=())

    def is_there(self, place: Place, name: str, properties: Properties) -> bool:
        """Whether somebody made one of that name, which creating it would not notice."""
        if self.look is None:
            return False
        try:
            self.look(place, name, properties)
        except AwsError:
            return False
        return True

    def given_name(self, properties: Properties) -> str:
        """Return the name that the template gives; "" when it leaves it to CloudFormation."""
        return text(properties[self.name]) if self.name and self.name in properties else ""

    def generated_name(self, stack: str, logical_id: str, suffix: str, given: Properties) -> str:
        """Return the name CloudFormation makes up: stack, resource, and twelve characters."""
        room = self.longest - len(suffix) - 2
        logical_id = logical_id[: max(room // 2, room - len(stack))]
        stack = stack[: room - len(logical_id)]
        return self.physical_name(f"{stack}-{logical_id}-{suffix}", given)


def only(properties: Properties, *names: str) -> Properties:
    """Return some of the properties."""
    return {name: properties[name] for name in names if name in properties}


def tags_of(properties: Properties) -> dict[str, str]:
    """Return the tags as a mapping."""
    tags = properties.get("Tags", [])
    if isinstance(tags, dict):
        return {key: text(value) for key, value in tags.items()}
    return {tag["Key"]: text(tag["Value"]) for tag in tags}


def gone_tags(before: Properties, after: Properties) -> list[str]:
    """Return the keys of the tags that are no longer wanted."""
    return [key for key in tags_of(before) if key not in tags_of(after)]


def changed(
    before: dict[str, str], after: dict[str, str], defaults: dict[str, str]
) -> dict[str, str]:
    """Return the attributes to set: what is wanted, and the defaults of what is wanted no more."""
    # What is wanted first: a step back begins with what is known to be good.
    return after | {name: defaults.get(name, "") for name in before if name not in after}


_GONE = ("NotFound", "NonExistent", "DoesNotExist", "NoSuch", "404")


def is_gone(error: AwsError) -> bool:
    """Whether a service says that there is no such thing (any more)."""
    return any(word in error.code for word in _GONE)


def for_each_left(items: Iterable[str], do: Callable[[str], object]) -> None:
    """Do something for each of some resources; one that is no more there needs it no more."""
    for one in items:
        try:
            do(one)
        except AwsError as error:
            if not is_gone(error):
                raise


def first(items: Iterable[Any]) -> Any:
    """Return the first of some items, None when there is none."""
    return next(iter(items), None)
