"""`python -m chalicelib.ops`: dead letters and why they are there, redrive, replay, stories.

Works against AWS, LocalStack and chalice-offline: endpoint, region and credentials are boto3's
(AWS_ENDPOINT_URL …), names those of the stage in .chalice/config.json. Never printed: payloads,
secrets, customers. Exit code 0: done; 2: not done, and the last line says why.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.access.endings import revoke_one
from chalicelib.access.requests import read_reason
from chalicelib.adapters.errors import aws_errors
from chalicelib.bootstrap import system_clock
from chalicelib.domain.errors import DomainError
from chalicelib.ops.desk import Desk, OpsError, open_desk
from chalicelib.ops.menus import menus_of
from chalicelib.ops.messages import dead_letter_queues, held, queue_named
from chalicelib.ops.redrive import redrive
from chalicelib.ops.replay import instant_ms, period_of, replay_file, replay_period, replay_raw
from chalicelib.ops.stock import set_available, stock_of
from chalicelib.ops.story import story

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence

NOT_DONE = 2
Options = argparse.Namespace


def main(
    arguments: Sequence[str] | None = None,
    environ: MutableMapping[str, str] = os.environ,
    now_ms: Callable[[], int] = system_clock,
) -> int:
    """Carry out one command."""
    options = _parser(environ).parse_args(arguments)
    try:
        done = options.carry_out(open_desk(options.stage, environ, now_ms), options)
    except (DomainError, BotoCoreError, ClientError, OSError) as error:
        return _not_done(str(error), as_json=options.json)
    if options.json:
        sys.stdout.write(json.dumps(done, indent=2) + "\n")
    else:
        options.show(done)
    return 0


def _not_done(why: str, *, as_json: bool) -> int:
    sys.stderr.write((json.dumps({"error": why}) if as_json else f"error: {why}") + "\n")
    return NOT_DONE


def _parser(environ: MutableMapping[str, str]) -> argparse.ArgumentParser:
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--json", action="store_true", help="print JSON")
    both.add_argument(
        "--stage",
        default=environ.get("STAGE", "local"),
        help="of .chalice/config.json (%(default)s)",
    )
    parser = argparse.ArgumentParser(
        prog="python -m chalicelib.ops",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, carry_out: Any, show: Any, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=[both], help=text, description=text)
        made.set_defaults(carry_out=carry_out, show=show)
        return made

    letters = command("dead-letters", _dead_letters, _show_letters, "what was given up, and why")
    letters.add_argument("queue", nargs="?", help="one queue (all)")
    again = command("redrive", _redrive, _show_letters, "deliver again what still helps anybody")
    again.add_argument("queue", help="the dead-letter queue, or the queue it belongs to")
    again.add_argument("--order", default="", metavar="KEY", help="this order's alone")
    again.add_argument("--late", action="store_true", help="also what would only deny an order")
    again.add_argument("--drop-done", action="store_true", help="delete what nobody is owed")
    again.add_argument("--dry-run", action="store_true", help="say what would be done")
    replay = command("replay", _replay, _show_fields, "take webhooks in again")
    replay.add_argument("--order", metavar="KEY", help="the minute around this order's webhook")
    replay.add_argument("--from", dest="start", metavar="TIME", help="a period of the archive")
    replay.add_argument("--to", dest="end", metavar="TIME", help="its end")
    replay.add_argument("--file", metavar="KEY", help="an event in the bucket")
    replay.add_argument("--channel", metavar="NAME", help="whose raw webhook --body is")
    replay.add_argument("--body", type=Path, metavar="FILE", help="its bytes as they came")
    replay.add_argument("--headers", type=Path, metavar="FILE", help="its headers, a JSON object")
    replay.add_argument("--late", action="store_true", help="also what would only be denied")
    out = command("revoke", _revoke, _show_fields, "end break-glass access that is open")
    out.add_argument("id", help="of the request")
    out.add_argument("--reason", required=True, help="why, for the trail")
    told = command("story", _story, _show_story, "all that is known about an order")
    told.add_argument("key", help="channel#store#order")
    told.add_argument("--since", metavar="TIME", help="log lines from then on (its webhook)")
    for name, text in (("86", "take an item off at every partner"), ("un86", "put it back")):
        item = command(name, _86, _show_fields, text)
        item.add_argument("store", help="its id in the menu file")
        item.add_argument("item", help="the item's or option's id in the menu file")
        item.set_defaults(available=name == "un86", until=None)
        if name == "86":
            item.add_argument("--until", metavar="TIME", help="when it comes back (un86)")
    shown = command("menus", _menus, _show_menus, "which partner has which menu of a store")
    shown.add_argument("store", help="its id in the menu file")
    shown.add_argument("--channel", default="", metavar="NAME", help="this partner alone")
    shown.add_argument("--again", action="store_true", help="have it published once more")
    off = command("stock", _stock, _show_stock, "what of a store is off, and who knows")
    off.add_argument("store", help="its id in the menu file")
    return parser


def _86(desk: Desk, options: Options) -> dict[str, Any]:
    until_ms = instant_ms(options.until) if options.until else None
    return set_available(
        desk, options.store, options.item, available=options.available, until_ms=until_ms
    )


def _stock(desk: Desk, options: Options) -> list[dict[str, Any]]:
    return stock_of(desk, options.store)


def _menus(desk: Desk, options: Options) -> list[dict[str, Any]]:
    return menus_of(desk, options.store, again=options.again, channel=options.channel)


def _dead_letters(desk: Desk, options: Options) -> list[dict[str, Any]]:
    queues = dead_letter_queues(desk)
    if options.queue:
        name, url = queue_named(desk, options.queue)
        queues = {name: url}
    found: list[dict[str, Any]] = []
    for name, url in queues.items():
        with held(desk, name, url) as letters:
            found += [letter.to_dict(desk.now_ms()) for letter in letters]
    return found


def _redrive(desk: Desk, options: Options) -> list[dict[str, Any]]:
    return redrive(
        desk,
        options.queue,
        order=options.order,
        late=options.late,
        drop_done=options.drop_done,
        dry_run=options.dry_run,
    )


def _replay(desk: Desk, options: Options) -> dict[str, Any]:
    ways = [options.order, options.start or options.end, options.file, options.channel]
    if sum(map(bool, ways)) != 1:
        raise OpsError("say one of --order, --from and --to, --file, --channel and --body")
    if options.channel:
        return replay_raw(desk, options.channel, *_raw(options))
    if options.file:
        return replay_file(desk, options.file, late=options.late)
    if options.order:
        start, end = period_of(desk, options.order)
    elif options.start and options.end:
        start, end = instant_ms(options.start), instant_ms(options.end)
    else:
        raise OpsError("a period has --from and --to")
    return replay_period(desk, *(datetime.fromtimestamp(at / 1000, UTC) for at in (start, end)))


def _raw(options: Options) -> tuple[bytes, dict[str, str]]:
    if options.body is None:
        raise OpsError("--channel needs --body FILE")
    headers: Any = {}
    if options.headers is not None:
        try:
            headers = json.loads(options.headers.read_bytes())
        except ValueError:
            headers = None
    if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
        raise OpsError(f"{options.headers} is no JSON object of texts")
    return options.body.read_bytes(), headers


def _revoke(desk: Desk, options: Options) -> dict[str, Any]:
    with aws_errors("GetCallerIdentity"):
        who = desk.sts.get_caller_identity()["Arn"]
    request = revoke_one(desk, options.id, who, read_reason(options.reason))
    return {"id": request.id, "state": str(request.state), "store": request.store}


def _story(desk: Desk, options: Options) -> dict[str, Any]:
    return story(desk, options.key, instant_ms(options.since) if options.since else None)


def _say(text: str) -> None:
    # Ids are strangers' texts: none of them gets to steer the terminal.
    shown = "".join(one if one.isprintable() else "?" for one in text)
    sys.stdout.write(f"{shown}\n")


def _show_letters(letters: list[dict[str, Any]]) -> None:
    for letter in letters:
        did = f"{letter['action']:<10}" if "action" in letter else ""
        _say(f"{did}{letter['queue']}  {letter['use']}  {letter['type']}  {letter['order']}")
        age, times = letter["age_seconds"], letter["receives"]
        _say(f"    {age} s old, received {times} times: {letter['why']}")
    _say(f"{len(letters)} dead letter{'' if len(letters) == 1 else 's'}")


def _show_fields(fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else value
        _say(f"{name:<15} {text}")


def _show_stock(items: list[dict[str, Any]]) -> None:
    for item in items:
        state = f"off by {item['by']}" if item["off"] else "there again"
        until = f" until {item['until']}" if item["until"] else ""
        owed = ", ".join(item["to_be_told"]) or "nobody"
        _say(f"{item['item']}  {state}{until}; to be told: {owed}")
        for channel, why in item["refused"].items():
            _say(f"    {channel} refused: {why}")
    _say(f"{len(items)} item{'' if len(items) == 1 else 's'}")


def _show_menus(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        has = f"has {row['has']} since {row['since']}" if row["has"] else "has none of ours"
        _say(f"{row['channel']:<14} {row['state']:<10} {row['version']}; {has}")
        if row["why"]:
            _say(f"    {row['tries']} tries: {row['why']}")


def _show_story(told: dict[str, Any]) -> None:
    _say(told["order"])
    _show_fields(told.get("record") or {"record": told.get("unreadable", "none")})
    for line in told["lines"]:
        rest = "  ".join(
            f"{name}={value}"
            for name, value in line.items()
            if name not in ("at", "function", "event", "level", "request_id", "trace")
        )
        _say(f"{line['at']}  {line['function']:<34} {line.get('event', ''):<24} {rest}")
    if not told["log_groups"]:
        _say("no log groups: this stage keeps its lines elsewhere")


if __name__ == "__main__":
    sys.exit(main())
