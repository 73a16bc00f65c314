"""Clients of a WebSocket API in virtual time: no socket, and an hour passes at once."""

import json

import pytest

# The functions may do what Chalice's own policy allows, and nothing else.
pytestmark = pytest.mark.offline(iam="enforce")


def enter(offline, room, name):
    return offline.websocket(f"/?room={room}&name={name}")


def test_what_one_says_the_others_in_the_room_hear(offline):
    ann, bob, eve = (
        enter(offline, *who) for who in [("kitchen", "Ann"), ("kitchen", "Bob"), ("cellar", "Eve")]
    )

    ann.send("soup is ready")

    assert json.loads(bob.receive()) == {"from": "Ann", "text": "soup is ready"}
    assert ann.messages == []
    assert eve.messages == []


def test_who_has_left_hears_nothing_more(offline):
    ann, bob = enter(offline, "kitchen", "Ann"), enter(offline, "kitchen", "Bob")

    bob.close()
    ann.send("anybody there?")

    assert bob.messages == []
    assert offline.client("dynamodb").scan(TableName="chat-people")["Count"] == 1


def test_who_says_nothing_for_ten_minutes_is_disconnected(offline):
    ann = enter(offline, "kitchen", "Ann")

    offline.advance(minutes=11)

    assert ann.closed is not None
    assert offline.client("dynamodb").scan(TableName="chat-people")["Count"] == 0


def test_nobody_enters_without_a_name(offline):
    with pytest.raises(Exception, match="400"):
        offline.websocket("/?room=kitchen")
