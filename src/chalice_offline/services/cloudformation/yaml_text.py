"""YAML as CloudFormation reads it, without anything that runs code or grows without end.

Source: user guide, "CloudFormation template formats": YAML 1.1 without aliases, merges, and the
tags for binaries, sets and timestamps; short forms of the functions (!Ref, !Sub, !GetAtt).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.errors import format_error

if TYPE_CHECKING:
    import yaml

_NOT_PREFIXED = {"Ref": "Ref", "Condition": "Condition"}
_FUNCTIONS = frozenset(
    {
        "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "GetStackOutput", "If",
        "ImportValue", "Join", "Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString",
        "Transform",
    }
)  # fmt: skip


def read_yaml(text: str) -> Any:
    """Return what a YAML text says; raises ValidationError."""
    import yaml

    try:
        _check_events(text)
        return yaml.load(text, Loader=_loader())  # noqa: S506 - a safe loader of our own
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise format_error(f"YAML not well-formed.{where}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise format_error("YAML not well-formed.") from error


def _check_events(text: str) -> None:
    """Refuse aliases, which grow without end, and nesting that no reader survives."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=_base()):
        if isinstance(event, yaml.AliasEvent):
            raise format_error("YAML aliases are not allowed in CloudFormation templates")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > limits.NESTING:
                raise format_error("its values are nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _base() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def _loader() -> Any:
    import yaml

    class Loader(_base()):  # type: ignore[misc]
        """The safe loader, with short forms, without timestamps, with keys as they are written."""

    # AWSTemplateFormatVersion: 2010-09-09 is a text.
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
    Loader.add_multi_constructor("!", _function)
    return Loader


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    import yaml

    mapping: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key is no text", key.start_mark)
        if key.value in mapping:
            problem = f"the key {key.value} is there twice"
            raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        mapping[key.value] = loader.construct_object(value, deep=True)
    return mapping


def _function(loader: Any, name: str, node: yaml.Node) -> dict[str, Any]:
    import yaml

    if name not in _FUNCTIONS and name not in _NOT_PREFIXED:
        problem = f"there is no function !{name}"
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
    argument: Any
    if isinstance(node, yaml.ScalarNode):
        # As it is written, but for what stands without quotes and means something else.
        plain = loader.resolve(yaml.ScalarNode, node.value, (node.style is None, False))
        bare = yaml.ScalarNode(plain, node.value, node.start_mark, node.end_mark, node.style)
        argument = loader.construct_object(bare, deep=True)
        if name in ("Ref", "GetAtt", "Sub", "Condition", "ImportValue", "Base64"):
            argument = node.value
    elif isinstance(node, yaml.SequenceNode):
        argument = [loader.construct_object(item, deep=True) for item in node.value]
    else:
        assert isinstance(node, yaml.MappingNode)
        argument = _mapping(loader, node)
    if name == "GetAtt" and isinstance(argument, str):
        argument = argument.split(".", 1)
    return {_NOT_PREFIXED.get(name, f"Fn::{name}"): argument}
