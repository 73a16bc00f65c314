"""Renders a template."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.common.velocity import syntax, values
from chalice_offline.services.common.velocity.parser import parse
from chalice_offline.services.common.velocity.syntax import TemplateError

# AWS, "API Gateway quotas": iterations of a #foreach loop.
ITERATIONS_MAX = 1000


def render(template: str, variables: dict[str, Any]) -> str:
    """Return the text of a template; raises TemplateError. #set changes `variables`."""
    out: list[str] = []
    try:
        _Renderer(variables).block(parse(template), out)
    except _Stopped:
        return "".join(out)
    except RecursionError as error:
        raise TemplateError("the template is nested too deeply") from error
    return "".join(out)


class _Stopped(Exception):  # noqa: N818 - #stop and #break are no errors
    pass


class _Left(_Stopped):
    pass


class _Renderer:
    def __init__(self, variables: dict[str, Any]) -> None:
        self._variables = variables

    def block(self, parts: Any, out: list[str]) -> None:
        for part in parts:
            if isinstance(part, str):
                out.append(part)
            elif isinstance(part, syntax.Reference):
                out.append(self._shown(part))
            elif isinstance(part, syntax.Assignment):
                self._assign(part)
            elif isinstance(part, syntax.Branches):
                self._branch(part, out)
            elif isinstance(part, syntax.Loop):
                self._loop(part, out)
            elif isinstance(part, syntax.Leave):
                raise _Stopped if part.everything else _Left

    def _shown(self, reference: syntax.Reference) -> str:
        value = self._value(reference)
        # Velocity itself shows a reference without a value as it stands; API Gateway shows nothing
        # (recorded).
        return "" if value is None else values.written(value)

    def _assign(self, assignment: syntax.Assignment) -> None:
        value, target = self._value(assignment.value), assignment.target
        if not target.steps:
            self._variables[target.name] = value
            return
        parent = self._walk(self._variables.get(target.name), target.steps[:-1])
        last = target.steps[-1]
        key: Any = last.name or self._value(last.index)
        if isinstance(parent, dict) or (
            isinstance(parent, list) and isinstance(key, int) and key < len(parent)
        ):
            parent[key] = value

    def _branch(self, branches: syntax.Branches, out: list[str]) -> None:
        for condition, body in branches.branches:
            if _is_true(self._value(condition)):
                self.block(body, out)
                return

    def _loop(self, loop: syntax.Loop, out: list[str]) -> None:
        found = self._value(loop.items)
        items = list(found.values()) if isinstance(found, dict) else found
        if not isinstance(items, list):
            return
        variables = self._variables
        before = {name: variables.get(name) for name in (loop.name, "foreach", "velocityCount")}
        for index, item in enumerate(items[:ITERATIONS_MAX]):
            variables[loop.name] = item
            variables["velocityCount"] = index + 1
            variables["foreach"] = {
                "index": index,
                "count": index + 1,
                "hasNext": index + 1 < len(items),
                "first": index == 0,
                "last": index + 1 == len(items),
                "parent": before["foreach"],
            }
            try:
                self.block(loop.body, out)
            except _Left:
                break
        variables.update(before)

    # ---- values -------------------------------------------------------------------------------

    def _value(self, part: Any) -> Any:
        if isinstance(part, syntax.Literal):
            return part.value
        if isinstance(part, syntax.Reference):
            return self._walk(self._variables.get(part.name), part.steps)
        if isinstance(part, syntax.Operation):
            return self._operation(part)
        if isinstance(part, syntax.Interpolated):
            out: list[str] = []
            self.block(part.parts, out)
            return "".join(out)
        if isinstance(part, syntax.MapOf):
            return {self._value(key): self._value(value) for key, value in part.items}
        if isinstance(part, syntax.ListOf):
            items = [self._value(one) for one in part.items]
            return _range(*items) if part.is_range else items
        raise TemplateError(f"{part!r} has no value")

    def _walk(self, value: Any, steps: Any) -> Any:
        for step in steps:
            if value is None:
                return None
            if step.arguments is not None:
                arguments = [self._value(one) for one in step.arguments]
                value = values.call(value, step.name, arguments)
            elif step.name:
                value = values.member(value, step.name)
            else:
                value = values.item(value, self._value(step.index))
        return value

    def _operation(self, operation: syntax.Operation) -> Any:
        operator = operation.operator
        if operator == "!":
            return not _is_true(self._value(operation.right))
        left = self._value(operation.left)
        if operator == "&&":
            return _is_true(left) and _is_true(self._value(operation.right))
        if operator == "||":
            return _is_true(left) or _is_true(self._value(operation.right))
        return _computed(operator, left, self._value(operation.right))


def _is_true(value: Any) -> bool:
    return value is not None and value is not False


def _range(first: Any, last: Any) -> list[int]:
    step = 1 if last >= first else -1
    return list(range(first, last + step, step))[: ITERATIONS_MAX + 1]


def _computed(operator: str, left: Any, right: Any) -> Any:
    if operator in ("==", "!="):
        same = (
            left == right
            or {_text_or_none(left), _text_or_none(right)} == {None, ""}
            or (
                left is not None
                and right is not None
                and type(left) is not type(right)
                and values.written(left) == values.written(right)
            )
        )
        return same if operator == "==" else not same
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        return values.written(left) + values.written(right)
    try:
        return _OPERATORS[operator](left, right)
    except (TypeError, ZeroDivisionError):
        return None  # as Velocity does: the reference then has no value


def _text_or_none(value: Any) -> Any:
    """Nothing equals an empty text (recorded)."""
    return value if value is None or isinstance(value, str) else True


def _divided(left: Any, right: Any) -> Any:
    whole = isinstance(left, int) and isinstance(right, int)
    return int(left / right) if whole else left / right


_OPERATORS: dict[str, Any] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
    "%": lambda left, right: left % right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
