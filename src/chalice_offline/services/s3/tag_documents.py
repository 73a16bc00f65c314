"""A form's field `tagging`: the XML of PutObjectTagging, in a text."""

from __future__ import annotations

from urllib.parse import urlencode

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols.xml_body import load_document, local_name
from chalice_offline.services.s3.errors import malformed_xml


def header_of_document(text: str) -> str:
    """Return the tags of the document as the header field x-amz-tagging spells them."""
    try:
        root = load_document(text.encode())
    except AwsError:
        raise malformed_xml() from None
    pairs = []
    for tag in root.iter():
        if local_name(tag) != "Tag":
            continue
        parts = {local_name(child): child.text or "" for child in tag}
        if "Key" not in parts or "Value" not in parts:
            raise malformed_xml()
        pairs.append((parts["Key"], parts["Value"]))
    return urlencode(pairs)
