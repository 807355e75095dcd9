"""Checks the `orders` example on local Lambda runtimes; started by `scripts/local-runtimes`."""
