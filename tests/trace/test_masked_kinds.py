"""What is masked, by kind; what only looks like it is left alone; and no text takes for ever."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.trace.masking import mask, mask_text


@pytest.mark.parametrize(
    "name",
    ["tokens", "DB_PASS", "password2", "token_value", "X-Api-Key", "iban", "clientSecrets"],
)
def test_names_in_the_plural_numbered_or_with_a_suffix_are_sensitive(name: str) -> None:
    """What stands under them is hidden, whatever it is."""
    assert mask({name: "open sesame"}) == {name: "***"}


@pytest.mark.parametrize("name", ["compass", "max_tokens", "NextToken", "passenger", "tokenizer"])
def test_names_that_only_contain_such_a_word_are_not(name: str) -> None:
    """Their values are shown."""
    assert mask({name: "shown"}) == {name: "shown"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('<Password type="text">abc</Password>', '<Password type="text">***</Password>'),
        ("<ns:Token><![CDATA[a]b]]></ns:Token>", "<ns:Token>***</ns:Token>"),
        ('<login password="abc" user="ana"/>', '<login password="***" user="ana"/>'),
        ("password: abc\nuser: ana", "password: ***\nuser: ana"),
        ("IBAN DE89 3704 0044 0532 0130 00 paid", "IBAN *** paid"),
        ("order AB12 3456 7890 1234", "order AB12 3456 7890 1234"),
        ("card 4111 1111 1111 1111", "card ***"),
        ("order 4111 1111 1111 1112", "order 4111 1111 1111 1112"),
    ],
)
def test_texts_are_masked_by_form(text: str, masked: str) -> None:
    """XML, attributes, lines of YAML, bank accounts and cards that pass their checks."""
    assert mask_text(text) == masked


def test_fields_of_a_form_are_masked_by_their_names() -> None:
    """A multipart form's part goes up to the next boundary."""
    form = (
        '--b\r\nContent-Disposition: form-data; name="token"\r\n\r\nabc\r\n'
        '--b\r\nContent-Disposition: form-data; name="item"\r\n\r\npizza\r\n--b--\r\n'
    )
    assert mask_text(form) == form.replace("abc", "***")


def test_placeholders_of_dynamodb_stand_for_their_attributes() -> None:
    """The value of an attribute called "token" is hidden; others are shown."""
    request = {
        "UpdateExpression": "SET #t = :t, #n = if_not_exists(#n, :n)",
        "ExpressionAttributeNames": {"#t": "token", "#n": "name"},
        "ExpressionAttributeValues": {":t": {"S": "abc"}, ":n": {"S": "ana"}},
    }
    shown: dict[str, Any] = mask(request)["ExpressionAttributeValues"]
    assert shown == {":t": {"S": "***"}, ":n": {"S": "ana"}}


@pytest.mark.parametrize(
    "piece",
    [
        "\\", "<a><![CDATA[", "<a><![CDATA[]]", "<a ", "form-data;", 'form-data;name="x"\n', '"a":',
        'a="', "x-a", "-----BEGIN ", "://a", "eyJ", "bearer ", "a@-", "+1 ", "DE12 ", "1", "\t-",
    ],
)  # fmt: skip
def test_texts_made_against_the_patterns_come_out_as_they_went_in(piece: str) -> None:
    """Beginnings of everything that is masked, without an end, many thousand times."""
    text = piece * (100_000 // len(piece))
    assert mask_text(text) == text
    expression = {"ExpressionAttributeValues": {":a": {"N": "1"}}, "UpdateExpression": text}
    assert mask(expression)["ExpressionAttributeValues"] == {":a": {"N": "1"}}
