"""How stories went, in their list and in what their runs say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.conftest import Shop


def test_the_list_says_how_each_story_went(shop: Shop) -> None:
    """Runs, failures, and how long until the last one ended; what failed can be had alone."""
    shop.order("soup")
    shop.order("fugu")
    fugu, soup = shop.get("stories?only=runs")["stories"]
    assert (soup["runs"], soup["failed"]) == (2, 0)
    assert (fugu["runs"], fugu["failed"], fugu["took_ms"]) == (3, 2, 60_000)
    assert [story["story"] for story in shop.get("stories?only=failed")["stories"]] == [
        fugu["story"]
    ]
    found = shop.get("stories?only=failed&text=soup")["stories"]
    assert found == []
    assert len(shop.get("stories")["stories"]) > 2
    assert shop.refused("GET", "stories?only=some") == (
        400,
        "?only=some is neither runs nor failed.",
    )


def test_functions_have_the_names_that_their_authors_gave_them(shop: Shop) -> None:
    """In each step's words; the run itself tells the deployed name, too."""
    shop.order("fugu")
    (found,) = shop.get("stories?only=failed")["stories"]
    waiting, told, runs = shop.get(f"stories/{found['story']}")["steps"], [], set()
    for step in waiting:  # it grows meanwhile
        told.append(step["words"].split(" →")[0])
        waiting += step["steps"]
        if "run" in step:
            runs.add((step["run"]["name"], step["run"]["function"]))
    assert {"delivers Invoke function api_handler", "api_handler runs"} < set(told)
    assert {"cook runs with 1 record", "cook runs with 1 record, try 2"} < set(told)
    assert runs == {("api_handler", "shop-dev"), ("cook", "shop-dev-cook")}
    drawn = shop.send("GET", f"stories/{found['story']}/text").body.decode()
    assert "shop-dev" not in drawn


def test_what_a_schedule_began_is_in_the_list(shop: Shop) -> None:
    """Nobody sent it, but it ran."""
    shop.post("time/advance", {"hours": 1})
    (story,) = shop.get("stories?only=runs")["stories"]
    (run,) = shop.get("runs")["runs"]
    assert (run["name"], run["story"]) == ("hourly", story["story"])
    assert shop.get("stories")["stories"][0] == story


def test_a_route_that_raises_answers_500_though_its_run_is_ok(
    begin_shop: Callable[[str], Shop],
) -> None:
    """Chalice answers for it; the run's row and line say what was answered."""
    code = """
    from chalice import Chalice

    app = Chalice(app_name="shop")

    @app.route("/boom")
    def boom():
        raise ValueError("boom")

    @app.route("/fine")
    def fine():
        return {}
    """
    shop = begin_shop(code)
    shop.offline.http.get("/boom")
    shop.offline.http.get("/fine")
    shop.post("functions/api_handler/invoke", {"event": {}})
    shop.post("time/settle")
    answered = {run["source"]: run["status"] for run in shop.get("runs")["runs"]}
    assert answered == {"GET /boom": 500, "GET /fine": 200, "Invoke": None}


def test_a_story_tells_how_long_the_code_ran(begin_shop: Callable[[str], Shop]) -> None:
    """Not how long it waited before that, as the list of runs does."""
    code = """
    import time
    from chalice import Chalice

    app = Chalice(app_name="shop")

    @app.lambda_function(name="slow")
    def slow(event, context):
        time.sleep(2)
    """
    shop = begin_shop(code)
    shop.post("faults", {"kind": "reorder", "target": "slow", "milliseconds": 60_000, "seed": 1})
    shop.post("functions/slow/invoke", {"event": {}, "type": "Event"})
    shop.post("time/settle")
    (run,) = shop.get("runs")["runs"]
    assert run["duration_ms"] == 2_000
    assert run["started_ms"] - run["queued_ms"] > 0
    told = shop.send("GET", f"stories/{run['story']}/text").body.decode()
    assert "slow runs → ok in 2 s" in told


def test_a_replay_names_the_story_that_it_begins(shop: Shop) -> None:
    """The request is made again as the first entry of another story."""
    shop.order("soup")
    entry = shop.get("runs")["runs"][-1]["story"]
    story = shop.post(f"replay/{entry}")["story"]
    shop.post("time/settle")
    assert story > entry
    assert shop.get("runs")["runs"][0]["story"] == story


def test_a_story_that_goes_on_becomes_no_test_yet(shop: Shop) -> None:
    """Its test would not pass: a second try is to come. One that only goes to dead letters may."""
    shop.post("queues/orders/send", {"body": '{"dish": "fugu"}'})
    shop.post("time/advance", {"seconds": 10})
    story = shop.get("runs")["runs"][0]["story"]
    status, why = shop.refused("POST", f"stories/{story}/test", {})
    assert status == 409
    assert why == (
        "The story goes on: cook is tried again in 50 s (try 2). Save it when it has ended."
    )
    shop.post("time/advance", {"seconds": 55})
    assert shop.post(f"stories/{story}/test")["runs"] == 2


def test_stories_come_in_pages(shop: Shop) -> None:
    """Each story once, newest first; the last page says of no other."""
    for number in range(5):
        shop.post("buses/default/put", {"source": "shop", "detail_type": str(number)})
    whole = shop.get("stories")
    pages, before = [], 0
    while before is not None:
        page = shop.get(f"stories?limit=2&before={before}")
        pages += page["stories"]
        before = page["before"]
    assert pages == whole["stories"]
    assert whole["before"] is None


def test_what_chance_did_becomes_no_test(shop: Shop) -> None:
    """Nor what a fault did that is there no more: said is what to do instead."""
    fault = shop.post(
        "faults", {"kind": "error", "target": "cook", "probability": 0.99, "times": 1}
    )
    shop.order("soup")
    story = shop.get("runs")["runs"][0]["story"]
    status, why = shop.refused("POST", f"stories/{story}/test", {})
    assert status == 409
    assert why.startswith("Fault 1 struck in this story and strikes by chance:")
    shop.post(f"faults/{fault['number']}/remove")
    _, why = shop.refused("POST", f"stories/{story}/test", {})
    assert "is switched off by now" in why
