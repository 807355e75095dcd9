"""Runs every scenario on every runtime, prints a line for each and fails if one did."""

import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from . import cargo_lambda, ministack
from .check import Failed
from .process import stop_on_signals


def main() -> int:
    stop_on_signals()
    failures = sum(
        failures_of(name, runtime, Path(sys.argv[1]))
        for name, runtime in (("cargo-lambda", cargo_lambda), ("ministack", ministack))
    )
    say("all passed" if failures == 0 else f"{failures} failed")
    return 1 if failures else 0


def failures_of(name: str, runtime: ModuleType, binary: Path) -> int:
    """Runs the scenarios of one runtime; where one fails, what the programs wrote last follows."""
    say(f"{name} {version(name)}")
    failures = 0
    with tempfile.TemporaryDirectory(prefix="local-runtimes-") as directory:
        try:
            for title, scenario in runtime.scenarios(binary, Path(directory)):
                failures += not passes(title, scenario)
        except Failed as failure:
            say(f"  FAIL  {failure}")
            failures += 1
        if failures:
            for log in sorted(Path(directory).glob("*.log")):
                for line in log.read_text(errors="replace").splitlines()[-10:]:
                    say(f"        {log.stem}: {line}")
    return failures


def passes(title: str, scenario: Callable[[], None]) -> bool:
    """Runs one scenario; its failure does not keep the next from running."""
    try:
        scenario()
    except Failed as failure:
        say(f"  FAIL  {title}: {failure}")
        return False
    except Exception as failure:
        say(f"  FAIL  {title}: {type(failure).__name__}: {failure}")
        return False
    say(f"  ok    {title}")
    return True


def say(line: str) -> None:
    print(line, flush=True)


sys.exit(main())
