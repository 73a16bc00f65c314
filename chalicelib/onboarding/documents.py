"""What a merchant's form says: the fields of a PDF form, or the labelled lines of a scanned one.

A scan is expected to carry its recognised text, as scanners write it: "Licence number: 4711".
Whatever is wrong with a file is a doubt for a person, never a reason to try again.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from chalicelib.onboarding.application import Form

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES = 10
MAX_TEXT = 50_000
MAX_UNPACKED = 2_000_000
LIMITS: dict[str, Any] = {
    "zlib_maximum_output_length": MAX_UNPACKED,
    "lzw_maximum_output_length": MAX_UNPACKED,
    "run_length_maximum_output_length": MAX_UNPACKED,
    "brotli_maximum_output_length": MAX_UNPACKED,
    "array_based_stream_maximum_output_length": MAX_UNPACKED,
    "stream_decoding_work_maximum_length": 4 * MAX_UNPACKED,
    "stream_parsing_work_maximum_count": 100_000,
    "page_tree_maximum_entries": 1_000,
    "form_fields_maximum_entries": 1_000,
    "xform_maximum_invocations_per_extraction": 50,
}
"""A file of a few kilobytes can unpack to gigabytes, and pypdf's own limits are for desktops."""

_LENGTH = 100
_LABELS = {
    "legal name": "legal_name",
    "bank routing": "bank_routing",
    "routing number": "bank_routing",
    "bank account": "bank_account",
    "account number": "bank_account",
    "street": "street",
    "city": "city",
    "postcode": "postcode",
    "zip": "postcode",
    "licence number": "licence_number",
    "license number": "licence_number",
}
_LINE = re.compile(r"([A-Za-z ]{3,30}?)\s*:\s*(\S.*)")


def read_form(content: bytes) -> tuple[Form, list[str]]:
    """Return what a form says, and what a person has to look at."""
    # In the layer of one function only: the order path starts without it.
    from pypdf import apply_configuration
    from pypdf.errors import PyPdfError

    try:
        with apply_configuration(**LIMITS):
            found, doubt = _read(content)
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError) as error:
        # pypdf meets damage of every kind, and not all of it has a class of its own.
        return Form(), [f"the form cannot be read ({type(error).__name__})"]
    except (RecursionError, MemoryError, ArithmeticError) as error:
        return Form(), [f"the form cannot be read ({type(error).__name__})"]
    if doubt:
        return Form(), [doubt]
    form = Form(**found)
    return form, [f"the form does not say {name.replace('_', ' ')}" for name in form.missing()]


def _read(content: bytes) -> tuple[dict[str, str], str]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted:
        return {}, "the form is encrypted"
    if len(reader.pages) > MAX_PAGES:
        return {}, f"the form has more than {MAX_PAGES} pages"
    return _form_fields(reader) or _labelled_lines(reader), ""


def _form_fields(reader: PdfReader) -> dict[str, str]:
    names = Form.__dataclass_fields__
    fields = reader.get_form_text_fields() or {}
    return {name: _clean(value) for name, value in fields.items() if name in names and value}


def _labelled_lines(reader: PdfReader) -> dict[str, str]:
    found: dict[str, str] = {}
    left = MAX_TEXT
    for page in reader.pages:
        text = page.extract_text()[:left]
        left -= len(text)
        for line in text.splitlines():
            match = _LINE.fullmatch(line.strip())
            name = _LABELS.get(" ".join(match[1].lower().split())) if match else None
            if match and name:
                found.setdefault(name, _clean(match[2]))
        if left <= 0:
            break
    return found


def _clean(value: object) -> str:
    return " ".join(str(value).split())[:_LENGTH]
