"""An account of the emulated cloud, and the functions in it."""

import io
import json
import re
import zipfile
from pathlib import Path

from botocore.config import Config
from botocore.session import Session

from . import forwarder
from .check import equal, that
from .ledger import Ledger


class Account:
    """Clients of the emulator, and what is deployed to it."""

    def __init__(self, port: int, binary: Path, directory: Path) -> None:
        def client(service: str):
            return Session().create_client(
                service,
                region_name="us-east-1",
                endpoint_url=f"http://127.0.0.1:{port}",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(read_timeout=30),
            )

        self.functions, self.sqs, self.logs = client("lambda"), client("sqs"), client("logs")
        self.binary = binary
        self.directory = directory

    def deploy(self, name: str, timeout: int) -> "Orders":
        """Creates the function under test with a ledger of its own."""
        ledger = Ledger(self.directory / f"{name}.ledger")
        self.create(
            name, "provided.al2023", "bootstrap", package("bootstrap", self.binary), timeout, ORDERS_LEDGER=ledger.path
        )
        return Orders(self, name, ledger)

    def deploy_forwarder(self, target: "Function", timeout: int) -> "Function":
        """Creates the function that unwraps SQS batches for `target`."""
        name = f"{target.name}-forwarder"
        code = package("forwarder.py", Path(forwarder.__file__))
        self.create(name, "python3.12", "forwarder.handler", code, timeout, FUNCTION=target.name)
        return Function(self, name)

    def create(self, name: str, runtime: str, handler: str, code: bytes, timeout: int, **variables: object) -> None:
        """Creates a function with one process at a time, and waits until it can be invoked."""
        self.functions.create_function(
            FunctionName=name,
            Runtime=runtime,
            Role="arn:aws:iam::000000000000:role/orders",
            Handler=handler,
            Code={"ZipFile": code},
            Timeout=timeout,
            Environment={"Variables": {key: str(value) for key, value in variables.items()}},
        )
        self.functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        self.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)


class Function:
    """A deployed function."""

    def __init__(self, account: Account, name: str) -> None:
        self.account = account
        self.name = name

    def durations(self) -> list[int]:
        """How many milliseconds each finished attempt took, in their order."""
        group = f"/aws/lambda/{self.name}"
        if not self.account.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        events = self.account.logs.filter_log_events(logGroupName=group)["events"]
        reports = (re.search(r"^REPORT .*?\tDuration: (\d+) ms", event["message"]) for event in events)
        return [int(report[1]) for report in reports if report]


class Orders(Function):
    """The function under test."""

    def __init__(self, account: Account, name: str, ledger: Ledger) -> None:
        super().__init__(account, name)
        self.ledger = ledger

    def send(self, event: str) -> None:
        """Invokes the function asynchronously."""
        self.account.functions.invoke(FunctionName=self.name, InvocationType="Event", Payload=event)

    def answers_without_charging(self, event: str, order_id: str) -> None:
        """Checks that a late duplicate, which waits for its answer, gets the order's receipt and makes no charge."""
        answer = self.account.functions.invoke(FunctionName=self.name, Payload=event)
        equal("error of a late duplicate", answer.get("FunctionError"), None)
        that("the late duplicate's result is that order's", json.load(answer["Payload"])["orderId"] == order_id)
        equal("charges after a late duplicate", self.ledger.charges(order_id), 1)


def package(name: str, file: Path) -> bytes:
    """A deployment package of one executable file."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o755 << 16
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()
