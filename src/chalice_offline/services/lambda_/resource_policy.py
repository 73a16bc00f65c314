"""Who may invoke a function, or use a layer: a policy that is made statement by statement."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ResourcePolicy:
    """The statements of one resource, by their ids. Its revision changes with every change."""

    revision: str
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)

    def document(self) -> str:
        """Return the policy as JSON."""
        statements = list(self.statements.values())
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return json.dumps(policy, separators=(",", ":"))
