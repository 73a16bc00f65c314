"""A target of a rule: its settings as given, and what it makes of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from chalice_offline.core.arn import Arn, parse_arn
from chalice_offline.services.events import json_text
from chalice_offline.services.events.errors import validation_error
from chalice_offline.services.events.input_template import (
    InputTemplate,
    Named,
    TransformedInputError,
    UnknownPlaceholderError,
)
from chalice_offline.services.events.json_path import (
    MISSING,
    JsonPath,
    JsonPathError,
    parse_json_path,
)

if TYPE_CHECKING:
    from chalice_offline.services.events.event import Event

# What the target gets; raises TransformedInputError when it gets nothing.
Shape: TypeAlias = Callable[[Named, "Event"], str]

_INPUT_MEMBERS = ("Input", "InputPath", "InputTransformer")
# Targets that EventBridge reaches through a role, not through the target's resource policy
# (user guide, "Using identity-based policies"), and refuses without one.
_NEEDS_ROLE = frozenset({"kinesis", "firehose", "states"})


class Target:
    """One target. `settings` are its members as PutTargets got them."""

    __slots__ = ("arn", "partition_key_path", "settings", "shape")

    def __init__(self, settings: dict[str, Any]) -> None:
        """Check the members as PutTargets does; raises ValidationException."""
        self.settings = settings
        self.arn: Arn = _parse_target_arn(settings["Arn"])
        self._check_required_settings()
        self.shape: Shape = _compile_shape(settings)
        key_path = settings.get("KinesisParameters", {}).get("PartitionKeyPath")
        self.partition_key_path = _compile_path(key_path, settings["Id"]) if key_path else None

    @property
    def id(self) -> str:
        """The target's id, unique on its rule."""
        return str(self.settings["Id"])

    @property
    def dead_letter_arn(self) -> str:
        """The ARN of the target's dead-letter queue, or ""."""
        return str(self.settings.get("DeadLetterConfig", {}).get("Arn", ""))

    def _check_required_settings(self) -> None:
        arn = self.settings["Arn"]
        if (
            self.arn.service == "sqs"
            and arn.endswith(".fifo")
            and "SqsParameters" not in self.settings
        ):
            raise validation_error(
                f"Parameter(s) SqsParameters must be specified for target: {self.id}."
            )
        if self.arn.service in _NEEDS_ROLE and "RoleArn" not in self.settings:
            raise validation_error(f"RoleArn is required for target {arn}.")
        if self.dead_letter_arn:
            _parse_target_arn(self.dead_letter_arn)


def _parse_target_arn(text: str) -> Arn:
    try:
        arn = parse_arn(text)
    except ValueError:
        arn = None
    if arn is None or not arn.partition or not arn.service or not arn.resource:
        raise validation_error(
            f"Parameter {text} is not valid. Reason: Provided Arn is not in correct format."
        )
    return arn


def _compile_shape(settings: dict[str, Any]) -> Shape:
    given = [member for member in _INPUT_MEMBERS if settings.get(member)]
    target_id = settings["Id"]
    if len(given) > 1:
        raise validation_error(
            "Only one of Input, InputPath, or InputTransformer must be provided for target "
            f"{target_id}."
        )
    if not given:
        return lambda _rule, event: event.text
    if given == ["Input"]:
        return _constant(settings["Input"], target_id)
    if given == ["InputPath"]:
        return _at_path(settings["InputPath"], target_id)
    return _transformed(settings["InputTransformer"], target_id)


def _constant(text: str, target_id: str) -> Shape:
    try:
        json_text.parse(text)
    except json_text.InvalidJsonError as error:
        # The text of a real refusal, seen with {'db_name'…: line 1, column 3.
        raise validation_error(
            f"JSON syntax error in input for target {target_id}: "
            f'[Source: (String)"{text}"; line: {error.line}, column: {error.column + 1}]'
        ) from error
    return lambda _rule, _event: text


def _at_path(text: str, target_id: str) -> Shape:
    path = _compile_path(text, target_id)
    if not path.steps:
        return lambda _rule, event: event.text

    def shape(_rule: Named, event: Event) -> str:
        value = path.find(event.document)
        if value is MISSING:
            message = f"the event has nothing at InputPath {text}"
            raise TransformedInputError(message)
        return json_text.compact(value)

    return shape


def _transformed(transformer: dict[str, Any], target_id: str) -> Shape:
    paths = {
        name: _compile_path(text, target_id)
        for name, text in transformer.get("InputPathsMap", {}).items()
    }
    try:
        template = InputTemplate(transformer["InputTemplate"], paths)
    except UnknownPlaceholderError as error:
        raise validation_error(
            f"InputTemplate for target {target_id} contains invalid placeholder {error.name}."
        ) from error
    return template.fill


def _compile_path(text: str, target_id: str) -> JsonPath:
    try:
        return parse_json_path(text)
    except JsonPathError as error:
        # Not recorded; worded as its neighbours are.
        raise validation_error(f"InputPath for target {target_id} is invalid: {text}") from error
