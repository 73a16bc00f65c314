"""Secrets CloudFormation would generate: the same at every start, so clients can know them."""

from __future__ import annotations

import hashlib
import json
import string
from typing import Any

_DEFAULT_LENGTH = 32


def generated_secret(name: str, settings: dict[str, Any]) -> str:
    """Return a secret for `GenerateSecretString`, derived from the secret's name."""
    excluded = settings.get("ExcludeCharacters", "")
    alphabet = [c for c in string.ascii_letters + string.digits if c not in excluded]
    length = int(settings.get("PasswordLength", _DEFAULT_LENGTH))
    password = ""
    block = 0
    while len(password) < length:
        digest = hashlib.sha256(f"{name}:{block}".encode()).digest()
        password += "".join(alphabet[byte % len(alphabet)] for byte in digest)
        block += 1
    password = password[:length]
    if "SecretStringTemplate" not in settings:
        return password
    content = json.loads(settings["SecretStringTemplate"])
    content[settings["GenerateStringKey"]] = password
    return json.dumps(content)
