"""Refused patterns: AWS's reason and where AWS's parser stood.

The texts are those of aws/event-ruler; the places follow from recorded errors of
TestEventPattern and SNS Subscribe.
"""

from __future__ import annotations

import pytest

from chalice_offline.patterns import (
    EVENT_BRIDGE,
    LAMBDA_FILTER,
    SNS_MESSAGE_ATTRIBUTES,
    SNS_MESSAGE_BODY,
    Dialect,
    PatternError,
    compile_pattern,
)

ANY_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
VALUE_EXPECTED = f"expected a valid value {ANY_VALUE}"
TWO_OBJECTS = "There must have at least 2 Objects in $or relationship."
SCALAR = "Value of anything-but must be an array or single string/number value."

# Source and reason; the sign ▲, not part of the source, is where the error is placed.
SYNTAX = [
    ("▲", "Filter is not an object"),
    ("null▲", "Filter is not an object"),
    ("[▲]", "Filter is not an object"),
    (
        "shop▲",
        f"Unrecognized token 'shop': was expecting {ANY_VALUE}",
    ),
    ('{"a": [▲,1]}', f"Unexpected character (',' (code 44)): {VALUE_EXPECTED}"),
    ('{"a": ["x",▲]}', f"Unexpected character (']' (code 93)): {VALUE_EXPECTED}"),
    ('{"a": ▲}', f"Unexpected character ('}}' (code 125)): {VALUE_EXPECTED}"),
    (
        '{"a": ["x"],▲}',
        "Unexpected character ('}' (code 125)): was expecting double-quote to start field name",
    ),
    (
        '{"a": ["x" ▲"y"]}',
        "Unexpected character ('\"' (code 34)): was expecting comma to separate Array entries",
    ),
    (
        '{"a" ▲["x"]}',
        (
            "Unexpected character ('[' (code 91)): was expecting a colon to separate field name"
            " and value"
        ),
    ),
    ('{"a": ["x▲', "Unexpected end-of-input: was expecting closing quote for a string value"),
    ('{"a": ["\\q▲"]}', "Unrecognized character escape 'q' (code 113)"),
    (
        '{"a": ["\\n\\u00▲zz"]}',
        (
            "Unexpected character ('z' (code 122)): expected a hex-digit for character escape"
            " sequence"
        ),
    ),
    ('{"a": [0▲1]}', "Invalid numeric value: Leading zeroes not allowed"),
]

GRAMMAR = [
    ('{"a": 5▲}', '"a" must be an object or an array'),
    ('{"a": "▲x"}', '"a" must be an object or an array'),
    ('{"a": true▲}', '"a" must be an object or an array'),
    ('{"a": {"b": 5▲}}', '"b" must be an object or an array'),
    ("{}▲", "Empty objects are not allowed"),
    ('{"a": {}▲}', "Empty objects are not allowed"),
    ('{"a": []▲}', "Empty arrays are not allowed"),
    ('{"a": [[▲"x"]]}', "Match value must be String, number, true, false, or null"),
    ('{"a": [{}▲]}', "Match expression name not found"),
    ('{"a": [{"regex": "▲x"}]}', "Unrecognized match type regex"),
    ('{"a": [{"Prefix": "▲x"}]}', "Unrecognized match type Prefix"),
    ('{"a": [{"prefix": "x", "suffix": "▲y"}]}', "Only one key allowed in match expression"),
    ('{"a": [{"exactly": 1▲}]}', "exact match pattern must be a string"),
    ('{"a": [{"prefix": 1▲}]}', "prefix match pattern must be a string"),
    ('{"a": [{"suffix": [▲"x"]}]}', "suffix match pattern must be a string"),
    ('{"a": [{"prefix": {"suffix": "▲x"}}]}', "Unsupported prefix pattern: suffix"),
    ('{"a": [{"suffix": {"prefix": "▲x"}}]}', "Unsupported suffix pattern: prefix"),
    ('{"a": [{"suffix": {}▲}]}', "Suffix expression name not found"),
    (
        '{"a": [{"prefix": {"equals-ignore-case": 1▲}}]}',
        "equals-ignore-case match pattern must be a string",
    ),
    (
        '{"a": [{"equals-ignore-case": null▲}]}',
        "equals-ignore-case match pattern must be a string",
    ),
    ('{"a": [{"wildcard": 1▲}]}', "wildcard match pattern must be a string"),
    ('{"a": [{"wildcard": "ab**"▲}]}', "Consecutive wildcard characters at pos 3"),
    ('{"a": [{"wildcard": "é**"▲}]}', "Consecutive wildcard characters at pos 3"),
    ('{"a": [{"wildcard": "a\\\\b"▲}]}', "Invalid escape character at pos 2"),
    ('{"a": [{"wildcard": "a\\\\"▲}]}', "Invalid escape character at pos 2"),
    ('{"a": [{"exists": "▲yes"}]}', "exists match pattern must be either true or false."),
    ('{"a": [{"cidr": 1▲}]}', "prefix match pattern must be a string"),
    ('{"a": [{"numeric": 5▲}]}', "Value of numeric must be an array."),
    ('{"a": [{"numeric": []▲}]}', "Invalid member in numeric match: ]"),
    ('{"a": [{"numeric": [7▲]}]}', "Invalid member in numeric match: 7"),
    ('{"a": [{"numeric": ["!=", 7▲]}]}', "Unrecognized numeric range operator: !="),
    ('{"a": [{"numeric": ["=", "▲7"]}]}', "Value of equals must be numeric"),
    ('{"a": [{"numeric": ["<"]▲}]}', "Value of < must be numeric"),
    ('{"a": [{"numeric": ["<", 1, 2▲]}]}', "Too many elements in numeric expression"),
    ('{"a": [{"numeric": ["=", 1, 2▲]}]}', "Too many elements in numeric expression"),
    ('{"a": [{"numeric": [">", 1, 2▲]}]}', "Bad value in numeric range: 2"),
    ('{"a": [{"numeric": [">", 1, ">="▲, 2]}]}', "Bad numeric range operator: >="),
    ('{"a": [{"numeric": [">", 1, "<", null▲]}]}', "Value of < must be numeric"),
    (
        '{"a": [{"numeric": [">", 1, "<", 2, 3▲]}]}',
        "Too many terms in numeric range expression",
    ),
    ('{"a": [{"numeric": [">", 2, "<", 2]▲}]}', "Bottom must be less than top"),
    (
        '{"a": [{"numeric": ["=", 9007199254740993]▲}]}',
        "Cannot compare number : 9007199254740993",
    ),
    ('{"a": [{"anything-but": null▲}]}', SCALAR),
    ('{"a": [{"anything-but": {"prefix": {▲"suffix": "x"}}}]}', SCALAR),
    ('{"a": [{"anything-but": {}▲}]}', "Anything-But expression name not found"),
    ('{"a": [{"anything-but": {"cidr": "▲x"}}]}', "Unsupported anything-but pattern: cidr"),
    ('{"a": [{"anything-but": {"suffix": ""▲}}]}', "Null prefix/suffix not allowed"),
    (
        '{"a": [{"anything-but": []▲}]}',
        (
            "Inside anything but list, either all values are number or string,"
            " mixed type is not supported"
        ),
    ),
    (
        '{"a": [{"anything-but": [1, "x"]▲}]}',
        (
            "Inside anything but list, either all values are number or string,"
            " mixed type is not supported"
        ),
    ),
    (
        '{"a": [{"anything-but": {"equals-ignore-case": 1▲}}]}',
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
    ),
    ('{"$or": [{"a": ["x"]}]▲}', TWO_OBJECTS),
    ('{"$or": []▲}', TWO_OBJECTS),
    (
        '{"$or": [{"a": ["x"]}, 5▲]}',
        "Only JSON object is allowed in array of $or relationship.",
    ),
    (
        '{"$or": [{"numeric": [▲"x"]}, {"a": ["x"]}]}',
        "numeric is Ruler reserved fieldName which cannot be used inside $or.",
    ),
    ('{"a": ["x"],\n "b": 5▲}', '"b" must be an object or an array'),
    ('{"a":\r\n\r\n [{"prefix":\n 1▲}]}', "prefix match pattern must be a string"),
]


def refuse(source: str, dialect: Dialect = EVENT_BRIDGE) -> PatternError:
    """Compile a pattern that must be refused, and return the error."""
    with pytest.raises(PatternError) as refused:
        compile_pattern(source, dialect)
    return refused.value


@pytest.mark.parametrize(("marked", "reason"), SYNTAX + GRAMMAR)
def test_refused_pattern_names_reason_and_place(marked: str, reason: str) -> None:
    """Reason, line and column are those that AWS's parser would report."""
    before, _, after = marked.partition("▲")
    error = refuse(before + after)
    assert error.reason == reason
    lines = before.split("\n")
    assert (error.line, error.column) == (len(lines), len(lines[-1]) + 1)


@pytest.mark.parametrize(
    ("operator", "reason"),
    [
        ('{"cidr": "10.0.0.0"}', "Malformed CIDR, one '/' required"),
        ('{"cidr": "10.0.0.0/"}', "Malformed CIDR, one '/' required"),
        ('{"cidr": "1/2/3"}', "Malformed CIDR, one '/' required"),
        ('{"cidr": "10.0.0.0/8x"}', "Malformed CIDR, mask bits must be an integer"),
        ('{"cidr": "10.0.0.0/-1"}', "Malformed CIDR, mask bits must not be negative"),
        ('{"cidr": "10.0.0.0/32"}', "IPv4 mask bits must be < 32"),
        ('{"cidr": "::/128"}', "IPv6 mask bits must be < 128"),
        ('{"cidr": "10.0.0/8"}', "Nonstandard IP address: 10.0.0"),
        ('{"cidr": "10.0.0.999/8"}', "Invalid IP address: 10.0.0.999"),
        (
            '{"wildcard": "*a*a*a*a*a*a*"}',
            (
                "Rule is too complex - try using fewer wildcard characters or fewer repeating"
                " character sequences after a wildcard character"
            ),
        ),
    ],
)
def test_some_reasons_come_without_a_place(operator: str, reason: str) -> None:
    """AWS gives no place for address blocks and for overly complex wildcards."""
    error = refuse(f'{{"a": [{operator}]}}')
    assert (error.reason, error.line, error.column) == (reason, None, None)
    assert error.located_reason == reason


def test_located_reason_quotes_the_source() -> None:
    """The full text is the reason and the place, as EventBridge and SNS show it."""
    assert refuse('{"a": 5}').located_reason == (
        '"a" must be an object or an array\n at [Source: (String)"{"a": 5}"; line: 1, column: 8]'
    )


def test_located_reason_shortens_a_long_source() -> None:
    """Of the source, 500 characters are shown and the rest is counted."""
    source = '{"' + "k" * 600 + '": 5}'
    assert (
        f'(String)"{source[:500]}"[truncated 107 chars]; line: 1' in refuse(source).located_reason
    )


def test_error_inside_an_anything_but_list_is_placed_twice() -> None:
    """AWS wraps such an error in another one, which adds the place again."""
    source = '{"a": [{"anything-but": ["x", null]}]}'
    place = f'\n at [Source: (String)"{source}"; line: 1, column: 35]'
    assert refuse(source).located_reason == (
        f"Inside anything but list, start|null|boolean is not supported.{place}{place}"
    )


def test_unclosed_object_names_where_it_began() -> None:
    """The reason itself holds the place of the opening bracket."""
    error = refuse('{"a": ["x"]')
    assert error.reason == (
        "Unexpected end-of-input: expected close marker for Object"
        ' (start marker at [Source: (String)"{"a": ["x"]"; line: 1, column: 1])'
    )
    assert error.column == 12


def test_wrong_closing_bracket_names_the_opening_one() -> None:
    """A closing bracket of the wrong kind is told apart from missing input."""
    assert refuse('{"a": ["x"}').reason == (
        "Unexpected close marker '}': expected ']'"
        ' (for Array starting at [Source: (String)"{"a": ["x"}"; line: 1, column: 7])'
    )


def test_control_character_in_a_string_is_refused() -> None:
    """JSON strings hold no raw line breaks."""
    assert refuse('{"a": ["x\n"]}').reason.startswith("Illegal unquoted character ((CTRL-CHAR")


def test_absurd_nesting_is_refused() -> None:
    """A pattern nested beyond reason is an error of the caller, not a crash."""
    assert "nesting depth" in refuse('{"a":' * 5000).reason


def test_object_as_source_is_placed_in_its_json_text() -> None:
    """A pattern given as an object is reported as `json.dumps` writes it."""
    with pytest.raises(PatternError) as refused:
        compile_pattern({"a": 5}, EVENT_BRIDGE)
    assert (refused.value.source, refused.value.column) == ('{"a": 5}', 8)


@pytest.mark.parametrize(
    ("operator", "reason"),
    [
        ('{"wildcard": "a*"}', "Unrecognized match type wildcard"),
        ('{"anything-but": {"suffix": "x"}}', "Unsupported anything-but pattern: suffix"),
        ('{"anything-but": {"wildcard": "x"}}', "Unsupported anything-but pattern: wildcard"),
        ('{"anything-but": {"prefix": ["x"]}}', "prefix match pattern must be a string"),
        ('{"anything-but": {"prefix": 5}}', "prefix match pattern must be a string"),
        ('{"prefix": {"equals-ignore-case": "x"}}', "prefix match pattern must be a string"),
    ],
)
@pytest.mark.parametrize("dialect", [SNS_MESSAGE_ATTRIBUTES, SNS_MESSAGE_BODY])
def test_sns_refuses_newer_operators(operator: str, reason: str, dialect: Dialect) -> None:
    """Filter policies lack what event patterns gained later."""
    assert refuse(f'{{"key": [{operator}]}}', dialect).reason == reason
    assert compile_pattern('{"key": [{"anything-but": {"prefix": "x"}}]}', dialect)


@pytest.mark.parametrize("operator", ['{"wildcard": "a*"}', '{"anything-but": {"prefix": "x"}}'])
def test_lambda_refuses_what_pipes_refuse(operator: str) -> None:
    """Event filters have no wildcard and no operator inside anything-but."""
    refuse(f'{{"body": {{"a": [{operator}]}}}}', LAMBDA_FILTER)
    assert compile_pattern('{"body": {"a": [{"anything-but": ["x"]}]}}', LAMBDA_FILTER)


@pytest.mark.parametrize("source", ["null", '"text"', '{"a": "x"}', '{"a": []}'])
def test_lambda_refuses_malformed_filters(source: str) -> None:
    """Values outside lists, empty lists and anything but an object are refused."""
    refuse(source, LAMBDA_FILTER)


def test_wildcards_of_ordinary_complexity_are_accepted() -> None:
    """The limit is on repetition after a star, not on length."""
    for text in ("*/a/*/b/*", "/Users/*/dir/dir/dir/dir/dir/doc.txt", "s3://*/x/*.json"):
        assert compile_pattern({"a": [{"wildcard": text}]}, EVENT_BRIDGE)
