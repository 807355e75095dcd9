"""The files in which the function notes its charges and attempts, read from outside it."""

import json
from pathlib import Path


class Ledger:
    """One line for every charge, and beside it a file with one line for every attempt; a line is an order's id."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def charges(self, order_id: str) -> int:
        """How often the order was charged."""
        return lines(self.path).count(order_id)

    def attempts(self, order_id: str) -> int:
        """How often the function started on the order; a replayed result is no attempt."""
        return lines(self.path.with_name(f"{self.path.name}.attempts")).count(order_id)


def lines(path: Path) -> list[str]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
