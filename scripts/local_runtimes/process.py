"""Programs started here, and stopped here whatever happens."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .check import Failed, until


@contextmanager
def running(command: list[object], directory: Path, ready: Callable[[], bool], **environment: object) -> Iterator[None]:
    """Runs a program until the block ends, which starts once `ready` says so."""
    name = Path(str(command[0])).name
    with (directory / f"{name}.log").open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=directory,
            env=inherited() | {key: str(value) for key, value in environment.items()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(f"{name} is ready", lambda: process.poll() is not None or ready())
        if process.poll() is not None:
            raise Failed(f"{name} exited with {process.returncode}")
        yield
    finally:
        stop(process)


def stop(process: subprocess.Popen) -> None:
    """Stops the program and what it started in turn.

    The group is signalled, not the leader alone: a function whose Runtime API goes away while it has several pollers
    asks again at once, for ever, on a full core.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stop_on_signals() -> None:
    """Turns signals into an exception, on whose way out every `with` stops what it started; a second one must not."""
    signals = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

    def leave(number: int, _frame: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for each in signals:
        signal.signal(each, leave)


def inherited() -> dict[str, str]:
    """The environment without what could lead to an account, or to another emulator."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "LAMBDA_", "LOCALSTACK_"))}


def free_port() -> int:
    """A port of the loopback interface that nobody listened on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listening(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0
