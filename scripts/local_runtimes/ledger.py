"""The files in which the function notes its charges and attempts, read from outside it."""

from pathlib import Path


class Ledger:
    """One line for every charge, and beside it a file for each order with one line for every attempt."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def charges(self, order_id: str) -> int:
        """How often the order was charged."""
        return lines(self.path).count(order_id)

    def attempts(self, order_id: str) -> int:
        """How often the function started on the order; a replayed result is no attempt."""
        return len(lines(self.path.with_name(f"{self.path.name}.{order_id}.attempts")))


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
