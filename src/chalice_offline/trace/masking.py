"""What must not be shown: secrets and personal data, by the names of keys and by shape.

Journal and traces are pasted into tickets and shown on screens. The journal itself keeps
everything, for a replay needs it; whatever shows an entry sends it through here first.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "***"
_DEEPEST = 64

# Names without punctuation and in lower case. A name is sensitive when it is one of these …
_NAMES = frozenset(
    {
        "auth", "cardnumber", "ciphertextblob", "confirmationcode", "credential",
        "credentials", "cvc", "cvv", "fax", "iban", "jwt", "msisdn", "otp", "pan", "passwd", "pin",
        "plaintext", "pwd", "secretbinary", "secrethash", "sig", "ssn", "tel", "tokencode",
        "verificationcode", "xamzcredential", "secretstring", "apikeyvalue", "sessionid",
    }
)  # fmt: skip
# … or ends in one of these: "client_secret", "X-Amz-Security-Token", "DB_PASSWORD", "homePhone".
_ENDINGS = (
    "accesskey", "apikey", "authorization", "cookie", "email", "emailaddress", "mobile",
    "mobilenumber", "passphrase", "password", "phone", "phonenumber", "privatekey", "secret",
    "secretkey", "signature", "signingkey", "telephone", "token",
)  # fmt: skip
# Tokens of AWS's that open nothing: where a list goes on, or which request this is.
_HARMLESS = frozenset(
    {
        "clientrequesttoken", "clienttoken", "continuationtoken", "nextcontinuationtoken",
        "nextsequencetoken", "nexttoken", "paginationtoken", "sequencetoken", "startingtoken",
    }
)  # fmt: skip

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


def is_sensitive(name: str) -> bool:
    """Whether what stands under a name must not be shown."""
    plain = _NOT_IN_A_NAME.sub("", name.lower())
    return (plain in _NAMES or plain.endswith(_ENDINGS)) and plain not in _HARMLESS


def mask(value: Any) -> Any:
    """Return a JSON value with everything in it masked; bytes become text."""
    return _mask(value, 0)


def _mask(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return MASK
    if isinstance(value, str):
        return _mask_string(value, depth)
    if isinstance(value, bytes | bytearray | memoryview):
        return _mask_string(bytes(value).decode("utf-8", "backslashreplace"), depth)
    if isinstance(value, dict):
        return _mask_object(value, depth)
    if isinstance(value, list | tuple):
        if len(value) == 2 and isinstance(value[0], str) and is_sensitive(value[0]):
            return [value[0], _hidden(value[1])]  # a header field
        return [_mask(item, depth + 1) for item in value]
    return value


def _mask_object(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    pair = next((name for name in _PAIR_NAMES if isinstance(value.get(name), str)), None)
    hides_value = value.get("Type") == "SecureString" or value.get("IsValueSecret") is True
    if pair is not None and is_sensitive(value[pair]):
        hides_value = True  # {"Key": "token", "Value": "…"}
    masked = {}
    for name, item in value.items():
        if is_sensitive(str(name)) or (hides_value and str(name).lower().endswith("value")):
            masked[name] = _hidden(item)
        elif str(name).lower() == "data" and isinstance(item, str):
            masked[name] = _mask_base64(item, depth)
        else:
            masked[name] = _mask(item, depth + 1)
    return masked


_PAIR_NAMES = ("Key", "Name", "key", "name", "ParameterKey")


def _hidden(value: Any) -> Any:
    """Hide every text and number, and leave the structure: `{"S": "***"}`."""
    if isinstance(value, dict):
        return {name: item if name == "DataType" else _hidden(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    return value if value is None or isinstance(value, bool) or value in ("", b"") else MASK


def _mask_string(text: str, depth: int) -> str:
    """Mask a text; one that is JSON is read, masked and written again."""
    if text[:1] in ("{", "[") or text[:1].isspace():
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return mask_text(text)
        masked = _mask(parsed, depth + 1)
        return text if masked == parsed else json.dumps(masked, ensure_ascii=False)
    return mask_text(text)


def _mask_base64(text: str, depth: int) -> str:
    """Mask the data of a stream's record, which is text in Base64 more often than not."""
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return _mask_string(text, depth)
    masked = _mask_string(plain, depth)
    return text if masked == plain else base64.b64encode(masked.encode()).decode()


# ---- text --------------------------------------------------------------------------------------

# name="…", "name": "…" in what is no whole JSON (also escaped), <Name>…</Name>, name=… in a URL.
_QUOTED = re.compile(r"""(\\*["'])([\w .-]{1,64})\1(\s*[:=]\s*)(\\*["'])((?:(?!\4).)*)""")
_ELEMENT = re.compile(r"<([\w.-]{1,64})>([^<]+)(?=</\1>)")
_ASSIGNED = re.compile(r"(?<![\w.%-])([\w.%-]{1,128})=([^&\s\"'<>;,]+)")
_FIELD = re.compile(
    r"(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{0,40}(?:key|token|secret|signature))"
    r"(\s*:\s*)([^\r\n\"']+)",
    re.IGNORECASE,
)


def _is_card(found: re.Match[str]) -> bool:
    """Whether digits pass the check of payment card numbers (ISO/IEC 7812-1, Luhn)."""
    digits = [int(digit) for digit in found[0] if digit.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


_ISSUERS = (
    "(?:sk|pk|rk)_(?:live|test)_", "whsec_", "gh[pousr]_", "github_pat_", "xox[abeoprs]-", "EAAA",
    "sq0[a-z]{3}-", "npm_", "pypi-", "AIza",
)  # fmt: skip
# Pattern, what stands instead, and whether only card numbers are meant.
_SHAPES: tuple[tuple[str, str, bool], ...] = (
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?(?:-----END|\Z)", MASK, False),
    (r"(://)[^/\s:@]*:[^/\s@]+@", rf"\1{MASK}@", False),
    # JSON Web Tokens, and what stands behind the name of an authentication scheme.
    (r"(?<![\w-])eyJ[\w-]{1,8192}\.[\w-]+(?:\.[\w-]*)*", MASK, False),
    (r"(?i)\b(bearer|basic|digest)\s+(?=[\w+/.~=-]{8,})[^\s\"',]+", rf"\1 {MASK}", False),
    (r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b", MASK, False),
    # Stripe, GitHub, Slack, Square, npm, PyPI, Google
    (
        rf"\b(?:{'|'.join(_ISSUERS)})[\w-]{{10,}}",
        MASK,
        False,
    ),
    (r"(?<![\w.+-])([\w.+-])[\w.+-]{0,63}(@[\w-]+(?:\.[\w-]+)+)", rf"\1{MASK}\2", False),
    # Telephone numbers: E.164, also with separators or percent-encoded; or as in North America.
    (r"(?<!\w)(?:\+|%2[Bb])[1-9]\d{0,3}(?:[ .()/-]{0,2}\d){6,12}(?!\w)", MASK, False),
    (r"(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])", MASK, False),
    # Card numbers by their first digits, so that no timestamp is one.
    (
        r"(?<![\w.-])(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6\d{3})(?:[ -]?\d{4}){3}(?![\w-])",
        MASK,
        True,
    ),
    (r"(?<![\w.-])3[47]\d\d[ -]?\d{6}[ -]?\d{5}(?![\w-])", MASK, True),
)
_COMPILED = tuple((re.compile(shape), instead, card) for shape, instead, card in _SHAPES)


def mask_text(text: str) -> str:
    """Return a text that is no JSON, masked."""
    text = _QUOTED.sub(_mask_quoted, text)
    text = _ELEMENT.sub(lambda m: f"<{m[1]}>{MASK}" if is_sensitive(m[1]) else m[0], text)
    text = _FIELD.sub(rf"\1\2{MASK}", text)
    text = _ASSIGNED.sub(_mask_assigned, text)
    for shape, instead, card in _COMPILED:
        if card:
            text = shape.sub(lambda found: MASK if _is_card(found) else found[0], text)
        else:
            text = shape.sub(instead, text)
    return text


def _mask_quoted(found: re.Match[str]) -> str:
    if not is_sensitive(found[2]):
        return found[0]
    return f"{found[1]}{found[2]}{found[1]}{found[3]}{found[4]}{MASK}"


def _mask_assigned(found: re.Match[str]) -> str:
    return f"{found[1]}={MASK}" if is_sensitive(unquote(found[1])) else found[0]
