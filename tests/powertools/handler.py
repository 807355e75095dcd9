"""Calls guarded by Powertools for AWS Lambda. A line of JSON on standard input says which, one on standard output what
came of it; a body that was told to wait says so, and the next line says how it ends."""

import json
import sys
import warnings
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent,
    idempotent_function,
)
from botocore.config import Config


class Table(DynamoDBPersistenceLayer):
    """Takes the id that it is given: its own would be a hash under a name of its own."""

    def _get_hashed_idempotency_key(self, data: dict[str, Any]) -> str:
        return data["id"]


class Context:
    """All that is asked of a Lambda context."""

    def __init__(self, remaining: int):
        self.remaining = remaining

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


class Planned(Exception):
    """What a body raises that was told to."""


@cache
def client(endpoint: str) -> Any:
    config = Config(proxies={}, retries={"total_max_attempts": 1})
    return boto3.client("dynamodb", endpoint_url=endpoint, config=config)


def read() -> dict[str, Any]:
    line = sys.stdin.readline()
    return json.loads(line) if line else sys.exit()


def say(reply: dict[str, Any]) -> None:
    print(json.dumps(reply), flush=True)


def called(call: dict[str, Any]) -> dict[str, Any]:
    ran = False

    def body(event: dict[str, Any], _context: Any = None) -> Any:
        nonlocal ran
        ran = True
        end = call["body"]
        if end == "wait":
            say({"waiting": True})
            end = read()["body"]
        if end == "raise":
            raise Planned
        return json.loads(end["return"])

    composite = {"key_attr": "pk", "static_pk_value": "idempotency", "sort_key_attr": "sk"}
    table = Table(
        table_name=call["table"],
        boto3_client=client(call["endpoint"]),
        **(composite if call["is_composite"] else {}),
    )
    config = IdempotencyConfig(
        expires_after_seconds=3600,
        payload_validation_jmespath="amount" if call["validation"] else "",
        hash_function=call["validation"] or "md5",
    )
    event = {"id": call["id"], "amount": 17}
    try:
        if call["remaining"] is None:
            guarded = idempotent_function(body, data_keyword_argument="event", persistence_store=table, config=config)
            value = guarded(event=event)
        else:
            value = idempotent(body, persistence_store=table, config=config)(event, Context(call["remaining"]))
    except Exception as error:  # Whatever it is, the test judges it.
        return {"ran": ran, "raised": type(error).__name__, "cause": type(error.__cause__).__name__}
    return {"ran": ran, "returned": json.dumps(value)}


# Without a context Powertools warns of it at every call.
warnings.filterwarnings("ignore", message="Couldn't determine the remaining time left")
while True:
    say(called(read()))
