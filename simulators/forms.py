"""PDF files as merchants send them: a form, a scan, and what breaks readers.

Written by hand (ISO 32000-1, 7.5 "File structure"), so that what reads them is not what wrote them.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABELS = {
    "legal_name": "Legal name",
    "bank_routing": "Routing number",
    "bank_account": "Account number",
    "street": "Street",
    "city": "City",
    "postcode": "ZIP",
    "licence_number": "License number",
}
"""What a printed form calls its fields."""

_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_MEGABYTE_OF_TEXT = b"(x) Tj " * 149_797


def form_pdf(fields: Mapping[str, str]) -> bytes:
    """Return a form whose fields are filled in."""
    made = [
        f"<< /Type /Annot /Subtype /Widget /FT /Tx /Rect [50 50 90 60] /T ({_escaped(name)})"
        f" /V ({_escaped(value)}) >>".encode()
        for name, value in fields.items()
    ]
    listed = " ".join(f"{number} 0 R" for number in range(4, 4 + len(made)))
    return _file(
        [
            f"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [{listed}] >> >>".encode(),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [{listed}] >>".encode(),
            *made,
        ]
    )


def scan_pdf(fields: Mapping[str, str]) -> bytes:
    """Return a page whose text was recognised: labelled lines, and no fields."""
    lines = ["Application form", *(f"{LABELS[name]}: {value}" for name, value in fields.items())]
    shown = "".join(f"({_escaped(line)}) Tj T* " for line in lines)
    return pages_pdf([f"BT /F1 12 Tf 14 TL 50 800 Td {shown} ET".encode()])


def pages_pdf(pages: Sequence[bytes], encoding: str = "") -> bytes:
    """Return pages that show these contents; `encoding` names how they are encoded already."""
    how = f" /Filter /{encoding}" if encoding else ""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        _FONT.encode(),
    ]
    for number, content in enumerate(pages):
        page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents"
        page += f" {5 + 2 * number} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        head = f"<< /Length {len(content)}{how} >>\nstream\n".encode()
        objects += [page.encode(), head + content + b"\nendstream"]
    return _file(objects)


def bomb_pdf(megabytes: int, pages: int = 1) -> bytes:
    """Return a small file each of whose pages unpacks to many megabytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(_MEGABYTE_OF_TEXT) for _ in range(megabytes))
    return pages_pdf([packed + packer.flush()] * pages, "FlateDecode")


def locked_pdf(fields: Mapping[str, str], password: str) -> bytes:
    """Return a form that nobody can read without the password."""
    from pypdf import PdfWriter  # of the development group

    writer = PdfWriter(clone_from=io.BytesIO(form_pdf(fields)))
    writer.encrypt(password, algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _file(objects: Sequence[bytes]) -> bytes:
    made, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = len(made)
    made += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    made += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    size = f"<< /Size {len(objects) + 1} /Root 1 0 R >>"
    made += f"trailer\n{size}\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(made)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
