"""JSONata: `{% … %}` in a state's fields, evaluated by the package jsonata-python.

It is imported at the first expression: workflows in JSONPath do not pay for it. It is imported and
runs within `_ROOM` only, as it changes the process's recursion limit.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language.failures import evaluation_failure
from chalice_offline.services.stepfunctions.language.json_text import NotJson, compact, parse
from chalice_offline.services.stepfunctions.language.jsonata_messages import message_of
from chalice_offline.services.stepfunctions.language.recursion import RoomForRecursion
from chalice_offline.services.stepfunctions.language.timestamps import spell

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.language.sources import Sources

_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384",
           "SHA-512": "sha512"}  # fmt: skip
_KINDS = {str: "string", bool: "boolean", int: "number", float: "number", list: "array",
          dict: "object", type(None): "null"}  # fmt: skip

_ROOM = RoomForRecursion()


def is_expression(value: Any) -> bool:
    """Whether a field's value is a JSONata expression rather than itself."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def fill(template: Any, sources: Sources, location: str) -> Any:
    """Return a template in which every text in {% %} is replaced by its value."""
    if isinstance(template, dict):
        return {
            name: fill(value, sources, f"{location}/{name}") for name, value in template.items()
        }
    if isinstance(template, list):
        return [
            fill(value, sources, f"{location}[{position}]")
            for position, value in enumerate(template)
        ]
    return evaluate(template, sources, location) if is_expression(template) else template


def evaluate(text: str, sources: Sources, location: str) -> Any:
    """Return the value of one expression; States.QueryEvaluationError when it has none."""
    with _ROOM:
        return _evaluated(text[2:-2].strip(), sources, location)


def _evaluated(expression: str, sources: Sources, location: str) -> Any:
    from jsonata.jexception import JException
    from jsonata.utils import Utils

    where = f"The JSONata expression '{expression}' specified for the field '{location}'"
    try:
        compiled = _compiled(expression)
        value = compiled.evaluate(None, _bindings(sources, Utils.NULL_VALUE))
    except JException as error:
        what = f"threw an error during evaluation. {error.error}: {message_of(error)}"
        raise evaluation_failure(f"{where} {what}", location) from error
    except (RecursionError, ArithmeticError, TypeError, ValueError, LookupError) as error:
        what = f"threw an error during evaluation: {error}"
        raise evaluation_failure(f"{where} {what}", location) from error
    if value is None:
        raise evaluation_failure(f"{where} returned nothing (undefined).", location)
    return _plain(value, Utils.NULL_VALUE, where, location)


def parsed(text: str) -> tuple[Any, str]:
    """Return the tree of an expression, or None and what is wrong with it."""
    with _ROOM:
        from jsonata.jexception import JException

        try:
            return _compiled(text[2:-2].strip()).ast, ""
        except JException as error:
            return None, message_of(error)


def expect(value: Any, text: Any, location: str, *kinds: type) -> Any:
    """Return a field's value if it is of one of the kinds; States.QueryEvaluationError if not."""
    found = bool if isinstance(value, bool) else type(value)
    if found in kinds:
        return value
    wanted = _KINDS[kinds[0]]
    expression = text[2:-2].strip() if is_expression(text) else text
    cause = (
        f"The JSONata expression '{expression}' specified for the field '{location}' returned an "
        f"unexpected result type. Expected '{wanted}', but was '{_KINDS[found]}' for value: "
        f"{compact(value)}"
    )
    raise evaluation_failure(cause, location)


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> Any:
    from jsonata import Jsonata

    compiled = Jsonata(expression)
    compiled.set_validate_input(False)
    compiled.set_output_convert_nulls(False)
    return compiled


def _bindings(sources: Sources, null: Any) -> dict[str, Any]:
    from jsonata import Jsonata

    states = {**sources.states, "context": sources.context}
    bound = {name: _nulls(value, null) for name, value in sources.variables.all().items()}
    bound["states"] = _nulls(states, null)
    functions = {
        "partition": _partition,
        "range": _range,
        "hash": _hash,
        "parse": lambda text=None: _nulls(_parsed(text), null),
        "uuid": sources.ids.uuid,
        "random": lambda seed=None: _random(sources, seed),
        "now": lambda *_picture: spell(sources.now_ms()),
        "millis": sources.now_ms,
    }
    for name, function in functions.items():
        bound[name] = Jsonata.JLambda(function)
    return bound


def _nulls(value: Any, null: Any) -> Any:
    """Return a JSON value as the package takes it: null apart from undefined."""
    if value is None:
        return null
    if isinstance(value, dict):
        return {name: _nulls(member, null) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_nulls(item, null) for item in value]
    return value


def _plain(value: Any, null: Any, where: str, location: str) -> Any:
    if value is null:
        return None
    if isinstance(value, dict):
        return {name: _plain(member, null, where, location) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, null, where, location) for item in value]
    if isinstance(value, range):
        return list(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise evaluation_failure(f"{where} returned an unsupported result type.", location)


def _partition(items: Any, size: Any) -> list[Any]:
    step = int(size)
    return [items[start : start + step] for start in range(0, len(items), step)]


def _range(first: Any, last: Any, step: Any) -> Any:
    """A sequence, so a single number is itself (recorded)."""
    increment = int(step)
    values = list(range(int(first), int(last) + (1 if increment > 0 else -1), increment))
    return values[0] if len(values) == 1 else values


def _hash(value: Any, algorithm: Any = "SHA-256") -> str:
    text = value if isinstance(value, str) else compact(value)
    return hashlib.new(_HASHES[algorithm], text.encode()).hexdigest()


def _parsed(text: Any) -> Any:
    try:
        return parse(text)
    except NotJson as error:
        message = error.message
        raise ValueError(message) from error


def _random(sources: Sources, seed: Any) -> float:
    if seed is None:
        return sources.ids.fraction()
    digest = hashlib.sha256(str(seed).encode()).digest()
    return int.from_bytes(digest[:6], "big") / (1 << 48)
