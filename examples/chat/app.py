"""A chat: what one says in a room, the others in it hear.

ws connect ?room=… ─→ table chat-people      ws message ─→ everybody in the room
ws disconnect ─→ out of the table
"""

import json

import boto3
from chalice import Chalice
from chalice.app import WebsocketDisconnectedError

app = Chalice(app_name="chat")
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.websocket_api.session = boto3.session.Session()
dynamodb = boto3.client("dynamodb")

TABLE = "chat-people"


@app.on_ws_connect()
def enter(event):
    """Let somebody into a room: wss://…/?room=kitchen&name=Ann."""
    given = event.to_dict().get("queryStringParameters") or {}
    if not given.get("room") or not given.get("name"):
        return {"statusCode": 400, "body": "give room and name"}
    person = {"id": event.connection_id, "room": given["room"], "name": given["name"]}
    dynamodb.put_item(TableName=TABLE, Item={key: {"S": value} for key, value in person.items()})
    return {"statusCode": 200}


@app.on_ws_message()
def say(event):
    """Pass on what was said to the others in the room."""
    key = {"id": {"S": event.connection_id}}
    speaker = dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")
    if speaker is None:  # left a moment ago
        return
    message = json.dumps({"from": speaker["name"]["S"], "text": event.body})
    for listener in people_in(speaker["room"]["S"]):
        if listener != event.connection_id:
            tell(listener, message)


@app.on_ws_disconnect()
def leave(event):
    """Forget who has left."""
    dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": event.connection_id}})


def people_in(room):
    """Give the connections of a room."""
    found = dynamodb.query(
        TableName=TABLE,
        IndexName="rooms",
        KeyConditionExpression="room = :room",
        ExpressionAttributeValues={":room": {"S": room}},
    )
    return [person["id"]["S"] for person in found["Items"]]


def tell(connection_id, message):
    """Send to one; who is gone without a word is forgotten, and the others still hear it."""
    try:
        app.websocket_api.send(connection_id, message)
    except WebsocketDisconnectedError:
        dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": connection_id}})
