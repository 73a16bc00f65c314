"""An outbox: an order and its event are written together, so neither is ever without the other.

POST /orders ─→ table orders: order and event, one transaction
stream of the table ─→ publish ─→ event bus ─rule→ cook ─→ table orders: the ticket, once
"""

import json
import os

import boto3
from botocore.exceptions import ClientError
from chalice import BadRequestError, Chalice, ConflictError, Response

app = Chalice(app_name="outbox")
dynamodb = boto3.client("dynamodb")
events = boto3.client("events")

TABLE = "orders"


@app.route("/orders", methods=["POST"])
def order():
    """Take an order: all of it or nothing, and only once."""
    asked = app.current_request.json_body
    if not isinstance(asked, dict) or not isinstance(asked.get("id"), str):
        raise BadRequestError('send JSON: {"id": "…", "dish": "…"}')
    detail = json.dumps({"id": asked["id"], "dish": str(asked.get("dish", ""))})
    try:
        dynamodb.transact_write_items(
            TransactItems=[
                new_item(f"order#{asked['id']}", detail),
                new_item(f"event#{asked['id']}", detail),
            ]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "TransactionCanceledException":
            raise ConflictError(f"order {asked['id']} is there already") from error
        raise
    return Response({"id": asked["id"]}, status_code=201)


# The label at the end of the ARN is AWS's: see README.md. Offline any will do.
@app.on_dynamodb_record(stream_arn=os.environ["ORDERS_STREAM_ARN"], batch_size=10)
def publish(event):
    """Publish each new event. When the bus is down the stream brings them again, in order."""
    for record in event:
        if record.event_name == "INSERT" and record.keys["pk"]["S"].startswith("event#"):
            entry = {
                "Source": "orders",
                "DetailType": "OrderPlaced",
                "Detail": record.new_image["detail"]["S"],
            }
            answer = events.put_events(Entries=[entry])
            if answer["FailedEntryCount"]:
                raise RuntimeError(f"not published: {answer['Entries']}")


@app.on_cw_event({"source": ["orders"], "detail-type": ["OrderPlaced"]})
def cook(event):
    """Print the ticket. An event may come twice; the ticket is there once."""
    placed = event.detail
    try:
        dynamodb.put_item(**new_item(f"ticket#{placed['id']}", json.dumps(placed))["Put"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def new_item(key, detail):
    """Give a write that fails when the item is there already."""
    return {
        "Put": {
            "TableName": TABLE,
            "Item": {"pk": {"S": key}, "detail": {"S": detail}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
