"""PDF files as merchants send them: a form, a scan, and damage of every kind."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    TextStringObject,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS = {
    "legal_name": "Legal name",
    "bank_routing": "Routing number",
    "bank_account": "Account number",
    "street": "Street",
    "city": "City",
    "postcode": "ZIP",
    "licence_number": "License number",
}


def form_pdf(fields: Mapping[str, str], password: str = "") -> bytes:
    """A form whose fields are filled in."""
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    made = ArrayObject()
    for name, value in fields.items():
        field = DictionaryObject(
            {
                NameObject("/FT"): NameObject("/Tx"),
                NameObject("/T"): TextStringObject(name),
                NameObject("/V"): TextStringObject(value),
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject("/Widget"),
                NameObject("/Rect"): ArrayObject([FloatObject(one) for one in (50, 50, 90, 60)]),
            }
        )
        made.append(writer._add_object(field))
    page[NameObject("/Annots")] = made
    form = DictionaryObject({NameObject("/Fields"): made})
    writer._root_object[NameObject("/AcroForm")] = writer._add_object(form)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    return written(writer)


def scan_pdf(fields: Mapping[str, str]) -> bytes:
    """A page whose text was recognised: labelled lines and no fields."""
    lines = [f"{LABELS[name]}: {value}" for name, value in fields.items()]
    shown = "".join(f"({line}) Tj T* " for line in ["Application form", *lines])
    return page_pdf(f"BT /F1 12 Tf 14 TL 50 800 Td {shown} ET".encode())


def page_pdf(content: bytes, filters: str = "") -> bytes:
    """A page that shows `content`; `filters` names how it is encoded already."""
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(content)
    if filters:
        stream[NameObject("/Filter")] = NameObject(filters)
    page[NameObject("/Contents")] = writer._add_object(stream)
    return written(writer)


def bomb_pdf(megabytes: int) -> bytes:
    """A small file whose one page unpacks to many megabytes."""
    packer = zlib.compressobj(9)
    piece = b"(x) Tj " * 149_797  # a megabyte
    packed = b"".join([*(packer.compress(piece) for _ in range(megabytes)), packer.flush()])
    return page_pdf(packed, "/FlateDecode")


def written(writer: PdfWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
