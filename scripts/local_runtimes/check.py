"""Assertions that say what was found, and waiting for what another process does."""

import time
from collections.abc import Callable


class Failed(Exception):
    """A scenario did not end as it should."""


def that(what: str, holds: bool) -> None:
    """Fails with the sentence unless it holds; for values that no message may show."""
    if not holds:
        raise Failed(f"not so: {what}")


def equal(what: str, found: object, expected: object) -> None:
    """Fails unless both are equal."""
    if found != expected:
        raise Failed(f"{what}: expected {expected!r}, found {found!r}")


def until(what: str, condition: Callable[[], bool], seconds: float = 30) -> None:
    """Waits for the condition; nothing announces these changes, so it asks again and again."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)
