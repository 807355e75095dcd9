"""The function behind `cargo lambda watch`.

- `--only-lambda-apis` serves the Runtime API alone, so that the function is the very binary under test, with a process
  id of our own, not one that cargo builds. Its Runtime API is `http://<address>/.rt/<function>`; with the scheme,
  which AWS leaves out, because there is a path.
- `watch` insists on a package with a binary in its directory all the same.
- The deadline of every invocation is 600000 ms after the epoch, a moment in 1970, and the function's ARN is the
  constant `function-arn`; the request id is new for each `invoke`, and there is no tenant.
- There are no retries, and nothing is killed; `cargo lambda invoke` exits with 1 when the function fails. Several
  pollers (`AWS_LAMBDA_MAX_CONCURRENCY`) are served at once.
- It stops on SIGTERM, at once and with nothing left behind, except for the function, which is ours to stop.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from .check import Failed, equal, that
from .ledger import Ledger
from .order import order
from .process import free_port, inherited, listening, running

CARGO_LAMBDA = Path(sys.executable).with_name("cargo-lambda")
# An own workspace, in case the directory lies inside another's.
MANIFEST = '[workspace]\n[package]\nname = "orders"\nversion = "0.0.0"\nedition = "2024"\n'


def scenarios(binary: Path, directory: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Serves the function while its scenarios are taken."""
    (directory / "src").mkdir()
    (directory / "src/main.rs").write_text("fn main() {}\n")
    (directory / "Cargo.toml").write_text(MANIFEST)
    ledger = Ledger(directory / "ledger")
    port = free_port()
    server = [CARGO_LAMBDA, "lambda", "watch", "--only-lambda-apis", *address(port)]
    with (
        running(server, directory, lambda: listening(port)),
        running(
            [binary],
            directory,
            # An invocation waits until the function asks for one.
            lambda: True,
            AWS_LAMBDA_RUNTIME_API=f"http://127.0.0.1:{port}/.rt/orders",
            AWS_LAMBDA_FUNCTION_NAME="orders",
            AWS_LAMBDA_FUNCTION_VERSION="$LATEST",
            AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128,
            ORDERS_LEDGER=ledger.path,
        ),
    ):
        yield (
            "an order invoked twice: equal results, one charge",
            lambda: invoked_twice(lambda event: invoke(event, port, directory), ledger),
        )


def invoked_twice(invoke: Callable[[str], bytes], ledger: Ledger) -> None:
    event = order("A-1001")
    first, second = invoke(event), invoke(event)
    receipt = json.loads(first)
    equal("members of the result", sorted(receipt), ["amountCents", "chargeId", "orderId"])
    that("the result is that order's", receipt["orderId"] == "A-1001")
    that("the second result equals the first, byte for byte", second == first)
    equal("charges", ledger.charges("A-1001"), 1)


def invoke(event: str, port: int, directory: Path) -> bytes:
    """Invokes the function and returns its answer as it was written."""
    try:
        answer = subprocess.run(
            [CARGO_LAMBDA, "lambda", "invoke", "orders", "--data-ascii", event, *address(port)],
            cwd=directory,
            env=inherited(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
        )
    except subprocess.TimeoutExpired:
        raise Failed("no answer to an invocation within 30 s") from None
    if answer.returncode != 0:
        raise Failed(f"an invocation failed; {answer.stderr.decode(errors='replace').strip()}")
    return answer.stdout


def address(port: int) -> list[str]:
    return ["--invoke-address", "127.0.0.1", "--invoke-port", str(port)]
