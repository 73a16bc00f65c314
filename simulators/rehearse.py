"""`make rehearse`: docs/DEPLOY.md from an empty account to the first orders and back, offline.

The programs are those of the page: the AWS CLI and Chalice's, each a process of its own, against
`chalice-offline aws --iam enforce`. The vendors are the simulators.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulators.account import holdings
from simulators.applicant import Applicant, ApplicationError, Mailbox
from simulators.ending import INTERRUPTED, end_by_signals
from simulators.menu import SHOP
from simulators.operators import GlassError, Operators
from simulators.orders import OrderGenerator
from simulators.playground import PROJECT, REGION, Ports, StartError, wait_until
from simulators.project_copy import ProjectCopy, url_on_this_machine
from simulators.server import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulators.world import World

BIN = Path(sys.executable).parent
STAGE = "dev"
TEMPLATES = "templates-order-middleware-000000000000"
LETTERS = "pos-square-dead-letters"
WITHIN_SECONDS = 90  # Lambda tries an event that failed again after a minute
# The partners' words for yes.
ACCEPTED = ("accepted", "confirmed")


class RehearsalError(Exception):
    """A step did not do what docs/DEPLOY.md says it does; the text says what happened."""


class Rehearsal:
    """One deployment's whole life, step by step."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.endpoint = f"http://127.0.0.1:{ports.aws}"
        self.vendors_port = ports.vendors or 0
        self.project = ProjectCopy(folder, STAGE, f"http://127.0.0.1:{ports.vendors}")
        self.stack = self.project.app_name
        self.url = ""
        self._layer = ""
        self._operators: Operators | None = None
        self._access = ""
        self.before: set[str] = set()
        self._variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_PAGER": "",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    def run(self) -> None:
        """Go through the page."""
        self.before = holdings(self.client)
        with step("the stack"):
            self._deploy_stack()
        with step("the secret"):
            self._create_secret()
        with step("config.json: the bucket"):
            self._name_bucket()
        with step("the layer that reads merchants' forms"):
            self._publish_layer()
        with step("chalice deploy"):
            self._deploy()
        with step("an operator breaks the glass, and another one agrees"):
            self._break_the_glass()
        with RunningServer(port=self.vendors_port, app_url=self.url) as vendors:
            with step("config.json: the URL; chalice deploy again"):
                self._deploy_again()
            with step("the menus"):
                self._upload_menus(vendors.world)
            with step("the first order of each partner"):
                self._first_orders(vendors.world)
            with step("the first order of our own shop"):
                self._first_of_the_shop(vendors.world)
            with step("a merchant applies, and a person approves"):
                self._open_a_store(vendors.world)
            with step("chalice logs"):
                self._read_logs()
            with step("the glass is whole again at its minute"):
                self._see_the_glass_whole()
        with step("chalice delete"):
            self.command("chalice", "delete", "--stage", STAGE)
        with step("the stack away, and what it retains"):
            self._delete_stack()
        with step("nothing is left"):
            self._look_for_leftovers()

    def client(self, service: str) -> Any:
        """Return a boto3 client of the rehearsal's AWS."""
        import boto3

        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - no secret: the endpoint asks for none
        )

    def command(self, program: str, *arguments: str) -> str:
        """Run a program of the deployer's; returns what it printed."""
        done = subprocess.run(  # noqa: S603 - programs of our own environment
            [str(BIN / program), *arguments],
            cwd=self.project.folder,
            env=self._variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            words = (done.stderr or done.stdout).strip()
            raise RehearsalError(f"{program} {' '.join(arguments)}: {words}")
        return done.stdout

    def _deploy_stack(self) -> None:
        command = ["cloudformation", "deploy", "--stack-name", self.stack]
        command += ["--s3-bucket", TEMPLATES, "--template-file", ".chalice/resources.json"]
        self.command("aws", "s3", "mb", f"s3://{TEMPLATES}")
        command += ["--capabilities", "CAPABILITY_NAMED_IAM"]
        command += ["--parameter-overrides", f"Stage={STAGE}", "AlarmEmail=on-call@example.com"]
        command += ["ShopMailFrom=orders@example.com"]
        self.command("aws", *command)
        self.command("aws", "cloudformation", *self._protection("--enable-termination-protection"))
        listed = self.client("cloudformation").describe_stack_resources(StackName=self.stack)
        tell(f"{len(listed['StackResources'])} resources")

    def _create_secret(self) -> None:
        name = self.project.variables["SECRET_ID"]
        secret = self.project.vendors_secret()
        self.command(
            "aws", "secretsmanager", "create-secret", "--name", name, "--secret-string", secret
        )
        tell(name)

    def _name_bucket(self) -> None:
        self.project.set_variables(ORDERS_BUCKET=self._bucket())
        tell(self._bucket())

    def _bucket(self) -> str:
        return self._output("Bucket")

    def _output(self, name: str) -> str:
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        return str(outputs[name])

    def _publish_layer(self) -> None:
        script = str(PROJECT / "scripts" / "layers.py")
        self._layer = self.command("python", script, "--stage", STAGE).strip()
        self.project.read_again()
        tell(self._layer)

    def _deploy(self) -> None:
        self.command("chalice", "deploy", "--stage", STAGE)
        said = self.command("chalice", "url", "--stage", STAGE).strip()
        self.url = url_on_this_machine(said, self.endpoint)
        functions = self.client("lambda").list_functions()["Functions"]
        tell(f"{len(functions)} functions, {said}")
        with urllib.request.urlopen(  # noqa: S310 - http, as `url_on_this_machine` made it
            f"{self.url}/health", timeout=WITHIN_SECONDS
        ) as reply:
            tell(f"GET /health answers {reply.status}")

    def _break_the_glass(self) -> None:
        """Look at a dead letter through a role's session, for a minute; all else goes on."""
        letter, sqs = json.dumps({"order_key": "doordash#store#order"}), self.client("sqs")
        url = sqs.get_queue_url(QueueName=LETTERS)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=letter)
        topic = self._output("ApprovalsTopicArn")
        mailbox = Mailbox(self.client("sns"), sqs, topic, "rehearsal-operators")
        operators = self._operators = Operators(self.client, self.url, REGION)
        try:
            self._access = operators.ask(LETTERS, minutes=1)
            mail = wait_until(mailbox.next_mail, WITHIN_SECONDS, "the link that decides")
            operators.approve(mail)
            wait_until(
                lambda: operators.shown(self._access)["state"] == "open",
                WITHIN_SECONDS,
                "the access to be open",
            )
            seen = operators.look(self._access)
        finally:
            mailbox.close()
        tell(f"open until {operators.shown(self._access)['ends']}, {len(seen)} letter was shown")
        if seen != [letter]:
            raise RehearsalError(f"the look shows {seen}")

    def _see_the_glass_whole(self) -> None:
        """Wait for the minute's end: its schedule ends the access, and no look is made any more."""
        operators = self._operators
        if operators is None:
            raise RehearsalError("nobody has broken the glass")
        wait_until(
            lambda: operators.shown(self._access)["state"] == "ended",
            2 * WITHIN_SECONDS,
            "the access to end",
        )
        operators.refused_look(self._access)
        tell(", ".join(one["what"] for one in operators.shown(self._access)["trail"]))
        operators.close()

    def _deploy_again(self) -> None:
        """Deploy with the URL that the first deployment found out; it must be the same API."""
        self.project.call_back(self.url)
        self.command("chalice", "deploy", "--stage", STAGE)
        said = self.command("chalice", "url", "--stage", STAGE).strip()
        if url_on_this_machine(said, self.endpoint) != self.url:
            raise RehearsalError(f"the second deployment has another URL: {said}")

    def _upload_menus(self, world: World) -> None:
        s3 = self.client("s3")
        # The last store is not ours yet: its merchant applies.
        menus = dict(list(world.generator.menu_files().items())[:-1])
        for store_id, menu in menus.items():
            key = f"menus/{store_id}.json"
            s3.put_object(Bucket=self._bucket(), Key=key, Body=json.dumps(menu).encode())
        wait_until(
            lambda: self._logged("menu.imported") >= len(menus),
            WITHIN_SECONDS,
            "the menus to be imported",
        )
        tell(f"{len(menus)} imported")

    def _logged(self, text: str) -> int:
        """Return how often the functions have logged a text."""
        logs = self.client("logs")
        found = 0
        pages = logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix=f"/aws/lambda/{self.stack}-{STAGE}"
        )
        for group in (group for page in pages for group in page["logGroups"]):
            events = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], filterPattern=f'"{text}"'
            )
            found += sum(len(page["events"]) for page in events)
        return found

    def _first_orders(self, world: World) -> None:
        """Let a customer order at each partner; its webhook goes to the deployed URL."""
        store = world.generator.stores[0]
        placed: dict[str, str] = {}
        for number, (channel, partner) in enumerate(world.channels.items()):
            generator = OrderGenerator(seed=number, stores=[store], channels=[channel])
            placed[channel] = partner.place(generator.order(number, world.now_ms()).payload)
        started = time.monotonic()
        wait_until(
            lambda: all(_decision(world, *order) for order in placed.items()),
            2 * WITHIN_SECONDS,  # a partner whose events are polled for is asked every other minute
            "every partner to be answered",
        )
        for channel, order_id in placed.items():
            decision = _decision(world, channel, order_id)
            tell(f"{channel} was told: {decision}")
            if decision not in ACCEPTED:
                raise RehearsalError(f"{channel}'s order {order_id} was not accepted: {decision}")
        tickets = world.points_of_sale[store.pos].tickets()
        tell(f"{len(tickets)} tickets at {store.pos} in {time.monotonic() - started:.1f} s")
        if len(tickets) != len(placed):
            raise RehearsalError(f"{len(placed)} orders made {len(tickets)} tickets")

    def _first_of_the_shop(self, world: World) -> None:
        """Let a customer check out: held, made, taken, and a courier on the way."""
        store = world.generator.stores[0]
        generator = OrderGenerator(seed=7, stores=[store], channels=[SHOP])
        orders = (generator.order(number, world.now_ms()) for number in range(100))
        order = next(one for one in orders if one.payload["handover"] == "courier")
        world.shop.place(order.payload)
        wait_until(
            lambda: world.stripe.kept() == order.payload["total"] and world.drive.deliveries(),
            WITHIN_SECONDS,
            "the order to be paid and its courier to be sent",
        )
        wait_until(lambda: self._logged("shop.told") >= 1, WITHIN_SECONDS, "the customer's mail")
        tell(f"paid {world.stripe.kept() / 100:.2f}, a courier is on the way, the customer knows")

    def _open_a_store(self, world: World) -> None:
        """Go the merchant's way, from the application to the first order."""
        store = world.generator.stores[-1]
        topic = self._output("ApprovalsTopicArn")
        mailbox = Mailbox(self.client("sns"), self.client("sqs"), topic, "rehearsal-merchants")
        merchant = Applicant(self.url)
        try:
            merchant.apply(world.generator.menu_files()[store.store_id])
            mail = wait_until(mailbox.next_mail, WITHIN_SECONDS, "the link that decides")
            merchant.approve(mail)
            wait_until(lambda: merchant.state() == "open", WITHIN_SECONDS, "the store to be open")
        except ApplicationError as error:
            raise RehearsalError(str(error)) from error
        finally:
            mailbox.close()
        channel = next(iter(world.channels))
        generator = OrderGenerator(seed=99, stores=[store], channels=[channel])
        order_id = world.channels[channel].place(generator.order(99, world.now_ms()).payload)
        decision = wait_until(
            lambda: _decision(world, channel, order_id), WITHIN_SECONDS, "the new store's order"
        )
        tell(f"{store.store_id} is open, and its first order was {decision}")
        if decision not in ACCEPTED:
            raise RehearsalError(f"the new store's order was not accepted: {decision}")

    def _read_logs(self) -> None:
        functions = json.loads(
            (self.project.folder / ".chalice" / "deployed" / f"{STAGE}.json").read_text()
        )["resources"]
        named = [one["name"] for one in functions if one["resource_type"] == "lambda_function"]
        lines = 0
        for name in named:
            said = self.command("chalice", "logs", "--stage", STAGE, "--name", name)
            lines += len(said.splitlines())
        tell(f"{lines} lines of {len(named)} functions")
        if not lines:
            raise RehearsalError("chalice logs printed nothing")

    def _delete_stack(self) -> None:
        """Take away the stack, and by hand what its template retains (DEPLOY.md, at its end)."""
        bucket = self._bucket()
        retained = self._retained()
        self.command(
            "aws", "cloudformation", *self._protection("--no-enable-termination-protection")
        )
        for what in (("delete-stack",), ("wait", "stack-delete-complete")):
            self.command("aws", "cloudformation", *what, "--stack-name", self.stack)
        tables = [name for kind, name in retained if kind == "AWS::DynamoDB::Table"]
        for table in tables:
            self.command("aws", "dynamodb", "delete-table", "--table-name", table)
        for one in (bucket, TEMPLATES):
            self.command("aws", "s3", "rb", f"s3://{one}", "--force")
        secret = ("--secret-id", self.project.variables["SECRET_ID"])
        self.command(
            "aws", "secretsmanager", "delete-secret", *secret, "--force-delete-without-recovery"
        )
        layer, _, version = self._layer.rpartition(":")
        which = ("--layer-name", layer, "--version-number", version)
        self.command("aws", "lambda", "delete-layer-version", *which)
        tell(f"retained and deleted by hand: buckets, secret, layer, {len(tables)} tables")

    def _retained(self) -> list[tuple[str, str]]:
        """Return kind and name of what outlives the stack."""
        resources = self.project.template()["Resources"]
        listed = self.client("cloudformation").describe_stack_resources(StackName=self.stack)
        return [
            (one["ResourceType"], one["PhysicalResourceId"])
            for one in listed["StackResources"]
            if resources[one["LogicalResourceId"]].get("DeletionPolicy", "").startswith("Retain")
        ]

    def _protection(self, what: str) -> tuple[str, ...]:
        return ("update-termination-protection", "--stack-name", self.stack, what)

    def _look_for_leftovers(self) -> None:
        left = sorted(holdings(self.client) - self.before)
        if left:
            raise RehearsalError(f"left behind: {', '.join(left)}")


def _decision(world: World, channel: str, order_id: str) -> str:
    """Return the latest word a partner had about an order, or nothing."""
    decisions = world.channels[channel].decisions()
    return next((d.decision for d in reversed(decisions) if d.order_id == order_id), "")


def tell(text: str) -> None:
    """Print a detail of the step under way."""
    print(f"        {text}", flush=True)  # noqa: T201 - a command line


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print a step, and how long it took."""
    started = time.monotonic()
    print(f"  …     {what}", flush=True)  # noqa: T201 - a command line
    yield
    print(f"{time.monotonic() - started:5.1f} s {what}", flush=True)  # noqa: T201 - a command line


@contextmanager
def aws(port: int | None, log: Path) -> Iterator[None]:
    """Run `chalice-offline aws` on a port, which checks each function's role."""
    command = [sys.executable, "-m", "chalice_offline", "aws", "--port", str(port)]
    command += ["--region", REGION, "--iam", "enforce"]
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until(lambda: _answers(process, port, log), 30, "the AWS endpoint to start")
            yield
        finally:
            process.terminate()
            process.wait(timeout=WITHIN_SECONDS)


def _answers(process: subprocess.Popen[bytes], port: int | None, log: Path) -> bool:
    if process.poll() is not None:
        raise StartError(f"the AWS endpoint ended: {log.read_text().strip()}")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/health", timeout=5) as reply:
        return b'"running"' in reply.read()


def main(arguments: Sequence[str] | None = None) -> int:
    """Rehearse the deployment; returns 0 when every step did what the page says."""
    parser = argparse.ArgumentParser(
        prog="python -m simulators.rehearse",
        description="Deploy, take the first orders and delete, as docs/DEPLOY.md says, offline.",
    )
    parser.parse_args(arguments)
    end_by_signals()
    started = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rehearsal-")))
        log = folder / "aws.log"
        (folder / "project").mkdir()
        try:
            ports = Ports(app=0, aws=0, vendors=0).chosen()
            stack.enter_context(aws(ports.aws, log))
            Rehearsal(folder / "project", ports).run()
        except KeyboardInterrupt:
            return INTERRUPTED
        except (RehearsalError, StartError, GlassError) as error:
            sys.stderr.write(f"{error}\n\nThe AWS endpoint's last lines:\n{_end_of(log)}")
            return 1
    print(f"{time.monotonic() - started:5.1f} s in all")  # noqa: T201 - a command line
    return 0


def _end_of(log: Path) -> str:
    return "".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[-400:])


if __name__ == "__main__":
    sys.exit(main())
