"""The function deployed to MiniStack, as `provided.al2023`, through the AWS client for Python.

Processes
- The bootstrap runs natively, started by MiniStack. One warm process serves a function's invocations one after
  another; invocations at the same time get a process each, up to the reserved concurrency. The first process of a
  function is kept for ever, the others until they idled for LAMBDA_WARM_TTL_SECONDS (300). An error that the handler
  returns keeps the process; an exit or a timeout ends it, and the next invocation starts another.
- So a store inside the process serves all duplicates only where the reserved concurrency is 1, and only until a kill.
- At the deadline, to some hundredths of a second, not up to a second late as on AWS: SIGTERM, and SIGKILL two seconds
  later. The caller reads `Sandbox.Timedout`.

Invocations
- The deadline is real: the moment of the call plus the timeout. There is no tenant, and no trace id without tracing.
- An asynchronous event gets three attempts, on a failure as on a timeout. The delay between them starts at
  LAMBDA_ASYNC_RETRY_BASE_SECONDS (1; on AWS a minute) and doubles up to LAMBDA_ASYNC_RETRY_MAX_SECONDS (30).
- Each attempt has a new request id, where AWS repeats it, so a key or verdict that builds on it cannot be shown here.
- Events and results are parsed and written anew: equal as JSON, not byte for byte.
- The SQS event source sends `Records`, as on AWS. It polls at once when a message is sent, else each second, deletes a
  batch that succeeded and leaves a failed one to the visibility timeout; it honours `ReportBatchItemFailures`, and
  runs up to five batches at once (one where the reserved concurrency is 1).
- CloudWatch Logs has a REPORT line for each finished attempt, with its duration, killed ones included.

The server
- `/_ministack/ready` answers 200 when it is ready, half a second after the start; before that nothing listens.
- SIGTERM stops it in a second or two, but not the functions' processes: they are in its process group.
- It binds 0.0.0.0, opens 8883 for MQTT, writes into TMPDIR and removes labelled containers from a Docker daemon it
  finds, unless told otherwise as below.
"""

import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .account import Account
from .check import equal, that, until
from .order import order
from .process import free_port, running


def scenarios(binary: Path, directory: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Runs MiniStack while its scenarios are taken."""
    with serving(directory) as port:
        account = Account(port, binary, directory)
        yield "an order that fails twice: three attempts, one charge", lambda: fails_twice(account)
        yield "an order killed at its timeout: retried in a new process, one charge", lambda: killed(account)
        yield "an SQS batch redelivered, an order sent again: one charge for each order", lambda: redelivered(account)


@contextmanager
def serving(directory: Path) -> Iterator[int]:
    """Runs MiniStack on a free port, which it gives."""
    port = free_port()
    server = [Path(sys.executable).with_name("ministack")]
    with running(
        server,
        directory,
        lambda: is_ready(port),
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=port,
        TMPDIR=directory,
        IOT_MTLS_ENABLED=0,
        SFTP_ENABLED=0,
        DOCKER_HOST="unix:///nonexistent",
        LAMBDA_EXECUTOR="local",
        LAMBDA_ASYNC_RETRY_BASE_SECONDS=0.2,
    ):
        yield port


def fails_twice(account: Account) -> None:
    function = account.deploy("fails-twice", timeout=10)
    event = order("B-1001", failTimes=2)
    function.send(event)
    until("the third attempt has ended", lambda: len(function.durations()) >= 3)
    equal("attempts", function.ledger.attempts("B-1001"), 3)
    equal("charges", function.ledger.charges("B-1001"), 1)
    function.answers_without_charging(event, "B-1001")


def killed(account: Account) -> None:
    # The kill takes the process's store along. That one charge remains is true because the attempt hangs before it
    # charges; a kill after the charge needs a store outside the process, or a token that the payment provider knows.
    function = account.deploy("killed", timeout=2)
    event = order("C-1001", hangTimes=1)
    function.send(event)
    until("the second attempt has ended", lambda: len(function.durations()) >= 2)
    that("the first attempt ran until its timeout", function.durations()[0] >= 2000)
    equal("attempts", function.ledger.attempts("C-1001"), 2)
    equal("charges", function.ledger.charges("C-1001"), 1)
    function.answers_without_charging(event, "C-1001")


def redelivered(account: Account) -> None:
    function = account.deploy("redelivered", timeout=5)
    forwarder = account.deploy_forwarder(function, timeout=10)
    charged, failing = order("D-1001"), order("D-1002", failTimes=1)
    # A failed batch comes back after this, which AWS wants no shorter than the function's timeout.
    queue = account.sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "10"})["QueueUrl"]

    def drained() -> bool:
        counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found = account.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(counts))["Attributes"]
        return all(found[count] == "0" for count in counts)

    # Both are in the queue before anything reads it, so that one batch holds them.
    account.sqs.send_message_batch(
        QueueUrl=queue,
        Entries=[{"Id": "0", "MessageBody": charged}, {"Id": "1", "MessageBody": failing}],
    )
    arn = account.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    account.functions.create_event_source_mapping(FunctionName=forwarder.name, EventSourceArn=arn, BatchSize=10)
    # A message leaves the queue only when it was processed.
    until("the batch was processed", drained)
    equal("deliveries of the batch", len(forwarder.durations()), 2)
    account.sqs.send_message(QueueUrl=queue, MessageBody=charged)
    until("the order that was sent again was processed", drained)
    equal("deliveries", len(forwarder.durations()), 3)
    equal("invocations", len(function.durations()), 5)
    equal("charges of the first order", function.ledger.charges("D-1001"), 1)
    equal("charges of the second order", function.ledger.charges("D-1002"), 1)
    equal("attempts at the second order", function.ledger.attempts("D-1002"), 2)


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/ready", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
