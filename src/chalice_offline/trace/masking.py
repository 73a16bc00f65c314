"""What must not be shown: secrets and personal data, by the names of keys and by shape.

Journal and traces are pasted into tickets and shown on screens. The journal itself keeps
everything, for a replay needs it; whatever shows an entry sends it through here first.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MASK = "***"
_DEEPEST = 64

# Names without punctuation and in lower case. A name is sensitive when it is one of these …
_NAMES = frozenset(
    {
        "auth", "authorizationcode", "cardnumber", "ciphertextblob", "clientassertion",
        "codeverifier", "confirmationcode", "credential", "csrf", "cvc", "cvv", "fax", "iban",
        "jwt", "msisdn", "otp", "pan", "passwd", "pin",
        "plaintext", "pwd", "samlassertion", "samlresponse", "secretbinary", "sessionid", "sig",
        "ssn", "tel", "tokencode", "verificationcode", "xamzcredential", "xsrf",
    }
)  # fmt: skip
# … or ends in one of these: "client_secret", "X-Amz-Security-Token", "DB_PASSWORD", "homePhone".
_ENDINGS = (
    "accesskey", "apikey", "authorization", "cookie", "email", "emailaddress", "encryptionkey",
    "licensekey", "masterkey", "mobile", "mobilenumber", "passphrase", "password", "phone",
    "phonenumber", "privatekey", "secret", "secretkey", "sharedkey", "signature", "signingkey",
    "stripekey", "telephone", "token",
)  # fmt: skip
# … maybe with one of these behind it, in the plural, or numbered: "token_value", "password2".
_SUFFIX = re.compile(r"(?:values?|hash|strings?|text|confirm(?:ation)?|header)?\d*$")
# A word of its own at the end: DB_PASS, but not "compass".
_PASS = re.compile(r"(?:^|[^A-Za-z])pass$", re.IGNORECASE)
# Tokens of AWS's that open nothing: where a list goes on, or which request this is.
_HARMLESS = frozenset(
    {
        "clientrequesttoken", "clienttoken", "continuationtoken", "nextcontinuationtoken",
        "nextsequencetoken", "nexttoken", "paginationtoken", "sequencetoken", "startingtoken",
        # What a language model counts.
        "completiontokens", "inputtokens", "maxtokens", "outputtokens", "prompttokens",
        "totaltokens",
    }
)  # fmt: skip

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 128  # of a longer one the end is looked at


@lru_cache(maxsize=4096)
def is_sensitive(name: str) -> bool:
    """Whether what stands under a name must not be shown."""
    name = name[-_LONGEST_NAME:]
    plain = _NOT_IN_A_NAME.sub("", name.lower())
    if plain in _HARMLESS:
        return False
    stem = _SUFFIX.sub("", plain)
    forms = (plain, stem, plain.removesuffix("s"), stem.removesuffix("s"))
    return any(form in _NAMES or form.endswith(_ENDINGS) for form in forms) or bool(
        _PASS.search(name)
    )


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
    if isinstance(value, int) and value >= _SMALLEST_CARD:
        return value if mask_text(str(value)) == str(value) else MASK
    return value


_SMALLEST_CARD = 10**14  # American Express


def _mask_object(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    pair = next((name for name in _PAIR_NAMES if isinstance(value.get(name), str)), None)
    hides_value = value.get("Type") == "SecureString" or value.get("IsValueSecret") is True
    if pair is not None and is_sensitive(value[pair]):
        hides_value = True  # {"Key": "token", "Value": "…"}
    masked: dict[str, Any] = {}
    hidden_values = _sensitive_values(value)
    for name, item in value.items():
        if name == "ExpressionAttributeValues" and hidden_values and isinstance(item, dict):
            shown = _mask(item, depth + 1)
            masked[name] = {k: _hidden(v) if k in hidden_values else v for k, v in shown.items()}
        elif is_sensitive(str(name)) or (hides_value and str(name).lower().endswith("value")):
            masked[name] = _hidden(item)
        elif str(name).lower() == "data" and isinstance(item, str):
            masked[name] = _mask_base64(item, depth)
        else:
            masked[name] = _mask(item, depth + 1)
    return masked


_PAIR_NAMES = ("Key", "Name", "key", "name", "ParameterKey", "Field", "field", "HeaderName")
# A condition or an assignment of DynamoDB's: name, operator, placeholder.
_COMPARED = re.compile(
    r"(?<![#\w.])([#\w.]{1,255})\s*(?:=|<>|[<>]=?)\s*(?:if_not_exists\([^,(]{0,255},\s*)?(:\w+)"
)


def _sensitive_values(request: Mapping[str, Any]) -> set[str]:
    """Return the placeholders that stand for sensitive attributes in a request of DynamoDB's."""
    if "ExpressionAttributeValues" not in request:
        return set()
    names = request.get("ExpressionAttributeNames") or {}
    texts = [text for key, text in request.items() if str(key).endswith("Expression")]
    return {
        placeholder
        for text in texts
        if isinstance(text, str)
        for path, placeholder in _COMPARED.findall(text)
        if is_sensitive(str(names.get(path.rpartition(".")[2], path)))
    }


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
            return mask_text(text, depth)
        masked = _mask(parsed, depth + 1)
        return text if masked == parsed else json.dumps(masked, ensure_ascii=False)
    return mask_text(text, depth)


def _mask_base64(text: str, depth: int) -> str:
    """Mask the data of a stream's record, which is text in Base64 more often than not."""
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return _mask_string(text, depth)
    masked = _mask_string(plain, depth)
    return text if masked == plain else base64.b64encode(masked.encode()).decode()


# ---- text --------------------------------------------------------------------------------------
#
# Each pattern looks at a text once: what it repeats is bounded, or ends where another match could
# begin. Anybody may send us a text, and masking it must not take longer than its length asks for.

# "name": "…" in what is no whole JSON (also escaped), name="…", <name>…</name>, name=… in a URL.
_QUOTED = re.compile(r"""(\\{0,8}["'])([\w .-]{1,64})\1(\s*[:=]\s*)(\\{0,8}["'])((?:(?!\4).)*)""")
_NUMBER = re.compile(r"""(\\{0,8}["'])([\w .-]{1,64})\1(\s*:\s*)-?\d[\d.]*""")
_ATTRIBUTE = re.compile(r"""(?<![\w.-])([\w.:-]{1,64})(\s?=\s?)(["'])((?:(?!\3).)*)""")
_ELEMENT = re.compile(
    r"<([\w.:-]{1,64})((?:\s[^<>]*)?)>"
    r"(?:[^<]+|<!\[CDATA\[(?:[^\]<]|\](?!\]>)|<(?!!\[CDATA\[))*\]\]>)(?=</\1>)"
)
_ASSIGNED = re.compile(r"(?<![\w.%\[\]-])([\w.%\[\]-]{1,128})=([^&\s\"'<>;,]+)")
_LINE = re.compile(r"^([ \t-]{0,40}([\w.-]{1,64})[ \t]?:[ \t]+)([^\s\"'{\[|>].*)$", re.MULTILINE)
_PART = re.compile(  # RFC 7578
    r"""(form-data;[^\n"]{0,64}\bname="([^"\n]{1,64})"[^\n]{0,512}\n"""
    r"""(?:[^\r\n]{1,512}\r?\n){0,8}\r?\n)"""
    r"""((?:.|\n)*?)(?=\r?\n--|\Z)"""
)
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


def _is_iban(found: re.Match[str]) -> bool:
    """Whether letters and digits pass the check of bank accounts (ISO 7064, mod 97)."""
    plain = found[0].replace(" ", "")
    number = "".join(str(int(one, 36)) for one in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(number) % 97 == 1


_ISSUERS = (
    "(?:sk|pk|rk)_(?:live|test)_", "whsec_", "gh[pousr]_", "github_pat_", "xox[abeoprs]-", "EAAA",
    "sq0[a-z]{3}-", "npm_", "pypi-", "AIza",
)  # fmt: skip
# What every match has in it, pattern, what stands instead, and what is asked before. To look for a
# few characters takes a tenth of the time that some of these patterns take to find nothing.
_SHAPES: tuple[tuple[str, str, str, Callable[[re.Match[str]], bool] | None], ...] = (
    ("-----BEGIN", r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?(?:-----END|\Z)", MASK, None),
    ("://", r"(://)[^/\s@\"'<>]+@", rf"\1{MASK}@", None),
    ("hooks.", r"(hooks\.slack\.com/)[\w/]+", rf"\1{MASK}", None),
    # JSON Web Tokens, and what stands behind the name of an authentication scheme.
    ("eyJ", r"(?<![\w-])eyJ[\w-]{1,8192}\.[\w-]+(?:\.[\w-]*)*", MASK, None),
    (
        "",
        r"(?i)\b(bearer|basic|digest)\s+(?=[\w+/.~=-]{8,})[^\s\"',]+",
        rf"\1 {MASK}",
        None,
    ),
    ("", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b", MASK, None),
    # Stripe, GitHub, Slack, Square, npm, PyPI, Google
    ("", rf"\b(?:{'|'.join(_ISSUERS)})[\w-]{{10,}}", MASK, None),
    ("@", r"(?<![\w.+-])([\w.+-])[\w.+-]{0,63}(@[\w-]+(?:\.[\w-]+)+)", rf"\1{MASK}\2", None),
    # Telephone numbers: E.164, also with separators or percent-encoded; or as in North America.
    ("", r"(?<!\w)(?:\+|%2[Bb])[1-9]\d{0,3}(?:[ .()/-]{0,2}\d){6,12}(?!\w)", MASK, None),
    ("", r"(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])", MASK, None),
    (":", r"(?i)\b(tel|sms):[+\d][\d.()%-]{5,20}", rf"\1:{MASK}", None),
    ("", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", MASK, _is_iban),
    # Card numbers by their first digits, so that no timestamp is one.
    (
        "",
        r"(?<![\w.-])(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6\d{3})(?:[ -]?\d{4}){3}(?![\w-])",
        MASK,
        _is_card,
    ),
    ("", r"(?<![\w.-])3[47]\d\d[ -]?\d{6}[ -]?\d{5}(?![\w-])", MASK, _is_card),
)
_COMPILED = tuple(
    (needed, re.compile(shape), instead, holds) for needed, shape, instead, holds in _SHAPES
)


def mask_text(text: str, depth: int = 0) -> str:
    """Return a text that is no JSON, masked; `depth` says how deep within a value it stands."""
    if '"' in text or "'" in text:
        text = _QUOTED.sub(_mask_quoted, text)
        text = _NUMBER.sub(_mask_number, text)
        text = _ATTRIBUTE.sub(_mask_attribute, text)
    text = _ELEMENT.sub(_mask_element, text)
    if "form-data" in text:
        text = _PART.sub(lambda m: f"{m[1]}{MASK}" if is_sensitive(m[2]) else m[0], text)
    if ":" in text:
        text = _LINE.sub(lambda m: f"{m[1]}{MASK}" if is_sensitive(m[2]) else m[0], text)
        text = _FIELD.sub(rf"\1\2{MASK}", text)
    if "=" in text:
        text = _ASSIGNED.sub(lambda found: _mask_assigned(found, depth), text)
    for needed, shape, instead, holds in _COMPILED:
        if needed in text:
            text = shape.sub(instead if holds is None else _masked_if(holds), text)
    return text


def _masked_if(holds: Callable[[re.Match[str]], bool]) -> Callable[[re.Match[str]], str]:
    return lambda found: MASK if holds(found) else found[0]


def _mask_quoted(found: re.Match[str]) -> str:
    if not is_sensitive(found[2]):
        return found[0]
    return f"{found[1]}{found[2]}{found[1]}{found[3]}{found[4]}{MASK}"


def _mask_number(found: re.Match[str]) -> str:
    if not is_sensitive(found[2]):
        return found[0]
    return f"{found[1]}{found[2]}{found[1]}{found[3]}{MASK}"


def _mask_attribute(found: re.Match[str]) -> str:
    if not is_sensitive(found[1].rpartition(":")[2]):
        return found[0]
    return f"{found[1]}{found[2]}{found[3]}{MASK}"


def _mask_element(found: re.Match[str]) -> str:
    if not is_sensitive(found[1].rpartition(":")[2]):
        return found[0]
    return f"<{found[1]}{found[2]}>{MASK}"


def _mask_assigned(found: re.Match[str], depth: int) -> str:
    if is_sensitive(unquote(found[1])):
        return f"{found[1]}={MASK}"
    value = unquote(found[2])
    if value[:1] not in ("{", "["):
        return found[0]
    masked = _mask_string(value, depth)  # JSON in a query string
    return found[0] if masked == value else f"{found[1]}={quote(masked)}"
