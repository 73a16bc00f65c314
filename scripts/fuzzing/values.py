"""Values of botocore's shapes: plausible ones, and now and then one that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.protocols.constraints import compile_java_pattern
from scripts.fuzzing.vocabulary import PLAIN, TIMESTAMPS

if TYPE_CHECKING:
    import random

    from scripts.fuzzing.vocabulary import Vocabulary

DEEPEST = 6
_STRINGS = [
    "", " ", "\x00", "\x01\x1f", "é☃🙂", "\u2028", "٣", "-1", "1e400", "null", "true", "{", '{"a":',
    "[]", "[" * 400, "%", "%zz", "${x}", "<a>", "../..", "a\r\nx-injected: 1", "a" * 300,
    "arn:aws:sqs:us-east-1:000000000000:missing", "arn:aws:sqs:::", "arn:", "http://[::1",
    "http://127.0.0.1:4566/", "rate(0 minutes)", "cron(* * * * ? 1999)", '{"a": [{"prefix": 5}]}',
    '{"a": [{"numeric": ["<"]}]}', '{"a": NaN}', '{"deadLetterTargetArn": 5}', "$.a[",
]  # fmt: skip
_HUGE = ["x" * 262_145, "é" * 140_000, "y" * 1_048_577]
_NUMBERS = [-1, 0, 1, 101, 2**31, 2**63, -(2**63), 10**30]
_CHANCE_OF_HUGE = 0.03


class ValueSource:
    """Makes values. `wildness` is the chance that a part is something a client should not send."""

    def __init__(self, dice: random.Random, vocabulary: Vocabulary) -> None:
        self._dice = dice
        self._vocabulary = vocabulary
        self._wildness = 0.0
        self._fill = 0.25
        self._service = ""

    def parameters(
        self, service: str, shape: Any, *, wildness: float, sparse: bool = False
    ) -> dict[str, Any]:
        """Return the parameters of an operation with this input shape (None: it takes none).

        `sparse`: only those that are required.
        """
        self._service = service
        self._wildness = wildness
        self._fill = 0.0 if sparse else self._dice.choice([0.0, 0.1, 0.1, 0.3, 0.6])
        made = {} if shape is None else self._structure(shape, 0)
        return made if wildness else coherent(made)

    def _value(self, shape: Any, name: str, depth: int) -> Any:
        if self._wildness and self._dice.random() < self._wildness:
            return self._wild(shape, name, depth)
        known = self._vocabulary.choose(name, self._dice, self._service)
        if known is not None:
            fitting = _as_type(known, shape)
            if fitting is not None:
                return fitting
        return self._made(shape, name, depth)

    def _made(self, shape: Any, name: str, depth: int) -> Any:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape, depth)
        if kind == "list":
            low = max(1, shape.metadata.get("min", 0))
            size = self._dice.randint(low, low + 1)
            return [self._value(shape.member, _singular(name), depth + 1) for _ in range(size)]
        if kind == "map":
            return self._map(shape, depth, self._dice.randint(1, 2))
        if kind == "string":
            return self._string(shape)
        if kind == "timestamp":
            return self._dice.choice(TIMESTAMPS)
        if kind == "blob":
            return self._dice.randbytes(self._dice.randint(1, 9))
        if kind == "boolean":
            return self._dice.random() < 0.5
        return self._number(shape)

    def _structure(self, shape: Any, depth: int) -> dict[str, Any]:
        if getattr(shape, "is_document_type", False):
            return {"free": ["form", 1, None]}
        names = [name for name in shape.members if self._wants(shape, name, depth)]
        if getattr(shape, "is_tagged_union", False) and len(names) != 1:
            names = [self._dice.choice(list(shape.members))]
        made = {name: self._value(shape.members[name], name, depth + 1) for name in names}
        return self._in_agreement(made)

    def _wants(self, shape: Any, name: str, depth: int) -> bool:
        if name in shape.required_members:
            return not self._wildness or self._dice.random() >= self._wildness / 2
        return depth < DEEPEST and self._dice.random() < self._fill

    def _in_agreement(self, made: dict[str, Any]) -> dict[str, Any]:
        """Make members of one structure agree."""
        name = made.get("AttributeName")
        if isinstance(name, str):
            value = self._vocabulary.choose(name, self._dice)
            if value is not None:
                made["AttributeValue"] = str(value)
        kind = made.get("DataType")
        if isinstance(kind, str) and not self._wildness:
            made.pop("StringListValues", None)
            made.pop("BinaryListValues", None)
            text = "12" if kind.startswith("Number") else '["a"]'
            unwanted, wanted, value = ("BinaryValue", "StringValue", text)
            if kind.startswith("Binary"):
                unwanted, wanted, value = ("StringValue", "BinaryValue", b"\x00\xff")
            made.pop(unwanted, None)
            made.setdefault(wanted, value)
        return made

    def _map(self, shape: Any, depth: int, size: int) -> dict[Any, Any]:
        made = {}
        for _ in range(size):
            key = self._value(shape.key, shape.key.name, depth + 1)
            made[key] = self._value(shape.value, str(key), depth + 1)
        return made

    def _string(self, shape: Any) -> str:
        if shape.metadata.get("enum"):
            return str(self._dice.choice(shape.metadata["enum"]))
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 10**6)
        pattern = compile_java_pattern(shape.metadata.get("pattern", ""))
        fitting = [
            text
            for text in (word * max(1, -(-low // len(word))) for word in PLAIN)
            if len(text) <= high and (pattern is None or pattern.fullmatch(text))
        ]
        return str(self._dice.choice(fitting or PLAIN))

    def _number(self, shape: Any) -> float:
        low = int(shape.metadata.get("min", 0))
        high = int(shape.metadata.get("max", low + 10))
        number = self._dice.choice([low, high, self._dice.randint(low, high)])
        return float(number) if shape.type_name in ("float", "double") else number

    def _wild(self, shape: Any, name: str, depth: int) -> Any:
        kind = shape.type_name
        if kind == "string":
            huge = self._dice.random() < _CHANCE_OF_HUGE
            return self._dice.choice(_HUGE if huge else _STRINGS)
        if kind == "list":
            size = self._dice.choice([0, 0, 11, 101])
            one = self._value(shape.member, _singular(name), depth + 1)
            return [one] * size
        if kind == "map":
            return self._map(shape, depth, self._dice.choice([0, 11, 51]))
        if kind in ("integer", "long"):
            return self._dice.choice(_NUMBERS)
        if kind == "blob":
            return self._dice.choice([b"", b"\xff\xfe", b"{", b"x" * 262_145])
        return self._made(shape, name, depth)


def coherent(made: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a request with what FIFO queues, topics and batches ask for."""
    named = str(made.get("QueueUrl") or made.get("TopicArn") or "")
    fifo = named.endswith(".fifo")
    for name, value in made.items():
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            for number, one in enumerate(value):
                if "Id" in one:
                    one["Id"] = str(number + 1)
                if name.endswith("Entries"):
                    _group(one, fifo=fifo)
    if "MessageBody" in made or "Message" in made:
        _group(made, fifo=fifo)
    if str(made.get("QueueName", "")).endswith(".fifo") and "QueueOwnerAWSAccountId" not in made:
        made["Attributes"] = {"FifoQueue": "true"}
    if "TopicArn" in made and "Message" in made:
        for other in ("TargetArn", "PhoneNumber", "MessageStructure"):
            made.pop(other, None)
    return made


def _group(message: dict[str, Any], *, fifo: bool) -> None:
    if fifo:
        message.setdefault("MessageGroupId", "a")
        message.setdefault("MessageDeduplicationId", str(len(str(message))))
        message.pop("DelaySeconds", None)
    else:
        message.pop("MessageDeduplicationId", None)


def _singular(name: str) -> str:
    return name.removesuffix("s")


def _as_type(value: Any, shape: Any) -> Any:
    """Return the value in the shape's type, or None where it has no such form."""
    kind = shape.type_name
    if kind == "string" and isinstance(value, str | int):
        return str(value)
    if kind in ("integer", "long"):
        return int(value) if str(value).isdigit() else None
    wanted = {"structure": dict, "map": dict, "list": list, "blob": bytes}.get(kind)
    return value if wanted is not None and isinstance(value, wanted) else None
