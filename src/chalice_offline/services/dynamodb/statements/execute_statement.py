"""ExecuteStatement, BatchExecuteStatement, ExecuteTransaction: PartiQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import (
    MismatchError,
    transaction_too_large,
    validation,
)
from chalice_offline.services.dynamodb.items.cancellations import (
    cancelled,
    check_distinct,
    reason_of,
)
from chalice_offline.services.dynamodb.items.capacity import (
    TRANSACTIONAL,
    Consumed,
    asked_for,
    bill,
)
from chalice_offline.services.dynamodb.items.writes import commit
from chalice_offline.services.dynamodb.partiql import (
    Exists,
    Select,
    checked_parameters,
    parse_statement,
)
from chalice_offline.services.dynamodb.statements.statement_reads import read_one, select
from chalice_offline.services.dynamodb.statements.statement_writes import (
    plan_statement,
    returned,
    weigh_statement,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.items.writes import Weighed
    from chalice_offline.services.dynamodb.partiql import Statement
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.statements.statement_writes import Planned

Document = dict[str, Any]


def execute_statement(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Carry out one statement."""
    statement = _parsed(request)
    if isinstance(statement, Exists):
        raise _exists_outside()
    if isinstance(statement, Select):
        return select(dynamodb, context, statement, request)
    planned = plan_statement(dynamodb, context, statement, request)
    weighed = weigh_statement(planned)
    result: Result = {"Items": []}
    if weighed is not None:
        commit(dynamodb, (weighed,), context.entry)
        item = returned(planned, weighed)
        result["Items"] = [item] if item else []
    asked = asked_for(request)
    if asked:
        consumed = Consumed(planned.plan.table, planned.plan.table.name)
        _charge(consumed, weighed)
        result["ConsumedCapacity"] = consumed.describe(asked)
    return result


def batch_execute_statement(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """Carry out up to 25 statements, each for itself: reads only, or writes only."""
    statements = [_parsed_or_error(one) for one in request["Statements"]]
    _check_one_kind(statements, "BatchExecuteStatement")
    responses = [
        _one_of_batch(dynamodb, context, statement, one)
        for statement, one in zip(statements, request["Statements"], strict=True)
    ]
    return {"Responses": responses}


def execute_transaction(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Carry out up to a hundred statements, or none: reads only, or writes and EXISTS."""
    entries = request["TransactStatements"]
    token = request.get("ClientRequestToken")
    is_repeated = dynamodb.request_tokens.is_repeated(context, token, entries)
    statements = _parsed_transaction(entries)
    _check_one_kind(statements, "ExecuteTransaction")
    if isinstance(statements[0], Select):
        return _read_transaction(dynamodb, context, statements, request)
    planned, reasons = _plan_all(dynamodb, context, statements, entries)
    check_distinct([(one.plan.table, one.plan.key) for one in planned])
    if is_repeated:
        return _read_back(planned, request)
    writes: list[Weighed | None] = []
    for position, one in enumerate(planned):
        try:
            writes.append(weigh_statement(one))
        except AwsError as error:
            reasons[position] = reason_of(error)
    if len(writes) < len(planned):
        raise cancelled(reasons)
    commit(dynamodb, [one for one in writes if one is not None], context.entry)
    dynamodb.request_tokens.keep(context, token, entries)
    consumed: dict[str, Consumed] = {}
    for one, weighed in zip(planned, writes, strict=True):
        table = one.plan.table
        of_table = consumed.setdefault(table.name, Consumed(table, table.name))
        _charge(of_table, weighed, TRANSACTIONAL)
    return _answer([], consumed, request)


def _parsed(request: Request) -> Statement:
    return parse_statement(request["Statement"], request.get("Parameters"))


def _parsed_or_error(request: Request) -> Statement | AwsError:
    """Of a batch the other statements are carried out when one is wrong."""
    try:
        return _parsed(request)
    except AwsError as error:
        return error


def _parsed_transaction(entries: list[Request]) -> list[Statement]:
    """All parameters are looked at before any statement, which is named when it is wrong."""
    for entry in entries:
        checked_parameters(entry.get("Parameters"))
    statements = []
    for position, entry in enumerate(entries):
        try:
            statements.append(_parsed(entry))
        except AwsError as error:
            raise validation(
                f"Validation failed in TransactStatements[{position}]: {error.message}"
            ) from error
    return statements


def _exists_outside() -> AwsError:
    return validation("EXISTS can only be used in ExecuteTransaction write requests.")


def _charge(consumed: Consumed, weighed: Weighed | None, factor: float = 1.0) -> None:
    if weighed is None:
        consumed.write(None, 0, None, 0, factor)
    else:
        consumed.write(weighed.old_item, weighed.old_size, weighed.new, weighed.new_size, factor)


def _check_one_kind(statements: Sequence[Statement | AwsError], operation: str) -> None:
    kinds = {isinstance(one, Select) for one in statements if not isinstance(one, AwsError)}
    if len(kinds) > 1:
        raise validation(
            f"{operation} cannot contain both read and write statements"
            if operation == "BatchExecuteStatement"
            else "Transaction cannot contain both read and write operations"
        )


def _one_of_batch(
    dynamodb: DynamoDbState,
    context: CallContext,
    statement: Statement | AwsError,
    request: Request,
) -> Document:
    response: Document = {}
    try:
        if isinstance(statement, AwsError):
            raise statement
        if isinstance(statement, Exists):
            raise _exists_outside()
        if isinstance(statement, Select):
            response["TableName"] = statement.table
            item = read_one(dynamodb, context, statement)[1]
        else:
            response["TableName"] = statement.table
            planned = plan_statement(dynamodb, context, statement, request)
            weighed = weigh_statement(planned)
            item = None
            if weighed is not None:
                commit(dynamodb, (weighed,), context.entry)
                item = returned(planned, weighed)
    except AwsError as error:
        return {"Error": _batch_error(error), **response}
    if item is not None:
        response["Item"] = item
    return response


def _batch_error(error: AwsError) -> Document:
    """Return AWS's BatchStatementError: codes without "Exception", but for two of their own."""
    described: Document = {
        "Code": {
            "ValidationException": "ValidationError",
            "ResourceNotFoundException": "ResourceNotFound",
        }.get(error.code, error.code.removesuffix("Exception")),
        "Message": error.message,
    }
    if "Item" in error.fields:
        described["Item"] = error.fields["Item"]
    return described


def _plan_all(
    dynamodb: DynamoDbState,
    context: CallContext,
    statements: list[Statement],
    entries: list[Request],
) -> tuple[list[Planned], list[Document]]:
    planned = []
    for position, (statement, entry) in enumerate(zip(statements, entries, strict=True)):
        try:
            planned.append(plan_statement(dynamodb, context, statement, entry))
        except MismatchError as error:
            reasons = [{"Code": "None"} for _ in statements]
            reasons[position] = reason_of(error)
            raise cancelled(reasons) from error
    return planned, [{"Code": "None"} for _ in statements]


def _read_transaction(
    dynamodb: DynamoDbState, context: CallContext, statements: list[Any], request: Request
) -> Result:
    responses = []
    consumed: dict[str, Consumed] = {}
    total = 0
    for statement in statements:
        table, item, size = read_one(dynamodb, context, statement)
        total += size
        if total > limits.TRANSACTION_BYTES:
            raise transaction_too_large()
        of_table = consumed.setdefault(table.name, Consumed(table, table.name))
        of_table.read(size, consistent=True, factor=TRANSACTIONAL)
        responses.append({} if item is None else {"Item": item})
    return _answer(responses, consumed, request)


def _read_back(planned: list[Planned], request: Request) -> Result:
    """Return the answer to writes that happened before: it costs what reading the items costs."""
    consumed: dict[str, Consumed] = {}
    for one in planned:
        table, stored = one.plan.table, one.plan.table.items.get(one.plan.key)
        of_table = consumed.setdefault(table.name, Consumed(table, table.name))
        of_table.read(stored.size if stored else 0, consistent=True, factor=TRANSACTIONAL)
    return _answer([], consumed, request)


def _answer(responses: list[Document], consumed: dict[str, Consumed], request: Request) -> Result:
    return {"Responses": responses} | bill(request, consumed.values(), transactional=True)
