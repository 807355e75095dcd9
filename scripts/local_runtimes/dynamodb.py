"""Runs a command while MiniStack's DynamoDB serves at IDEM_DYNAMODB_ENDPOINT, and exits as the command does."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from . import ministack
from .process import stop_on_signals


def main() -> int:
    stop_on_signals()
    with (
        tempfile.TemporaryDirectory(prefix="local-runtimes-") as directory,
        ministack.serving(Path(directory)) as port,
    ):
        endpoint = {"IDEM_DYNAMODB_ENDPOINT": f"http://127.0.0.1:{port}"}
        return subprocess.run(sys.argv[1:], env=os.environ | endpoint, check=False).returncode


sys.exit(main())
