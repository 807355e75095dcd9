"""Powertools for AWS Lambda in Python, and the handler alone: takes turns on standard input and output.

    python.py SUBJECT EVENTS
"""

import importlib.metadata
import itertools
import json
import platform
import sys
import time
from pathlib import Path

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import (
    BasePersistenceLayer,
)

COMPLETED = 1_000
CACHED = 100_000
HUNDRED = 100

runs = 0


def charge(event, context):
    global runs
    runs += 1
    return {
        "orderId": event["orderId"],
        "chargeId": "ch_5f0c8e7d91ab4c",
        "amountCents": event["amountCents"],
    }


class InMemoryPersistenceLayer(BasePersistenceLayer):
    """The smallest that guards: records in a dict."""

    def __init__(self):
        super().__init__()
        self.records = {}

    def _get_record(self, idempotency_key):
        try:
            return self.records[idempotency_key]
        except KeyError:
            raise IdempotencyItemNotFoundError from None

    def _put_record(self, data_record):
        found = self.records.get(data_record.idempotency_key)
        if found is not None and not found.is_expired:
            raise IdempotencyItemAlreadyExistsError(old_data_record=found)
        self.records[data_record.idempotency_key] = data_record

    def _update_record(self, data_record):
        self.records[data_record.idempotency_key] = data_record

    def _delete_record(self, data_record):
        self.records.pop(data_record.idempotency_key, None)


class Context:
    """What the Lambda runtime hands over, as far as it is asked."""

    def get_remaining_time_in_millis(self):
        return 900_000


def subject(name):
    if name == "handler":
        return charge
    layer = InMemoryPersistenceLayer() if name == "memory" else DynamoDBPersistenceLayer(table_name="records")
    # The local cache holds 256 results unless it is told otherwise: new ones would drive out those to replay.
    cache = {"use_local_cache": True, "local_cache_max_items": CACHED} if name == "cache" else {}
    config = IdempotencyConfig(event_key_jmespath="orderId", **cache)
    return idempotent(charge, config=config, persistence_store=layer)


def take(call, events, turn):
    context = Context()
    before = runs
    wall, cpu = [], 0
    for hundred in range(turn["hundreds"] + 1):
        hundred_events = [json.loads(line) for line in itertools.islice(events[turn["call"]], HUNDRED)]
        walls = []
        processor, together = time.process_time_ns(), time.perf_counter_ns()
        if turn["pace"] == "each":
            for event in hundred_events:
                start = time.perf_counter_ns()
                call(event, context)
                walls.append(time.perf_counter_ns() - start)
        else:
            for event in hundred_events:
                call(event, context)
        together, processor = time.perf_counter_ns() - together, time.process_time_ns() - processor
        if hundred > 0:
            wall += walls if walls else [together / HUNDRED]
            cpu += processor
    return {"wall": wall, "cpu": cpu, "runs": runs - before}


def main(name, path):
    lines = Path(path).read_text().splitlines()
    events = {"first": iter(lines[COMPLETED:]), "replay": itertools.cycle(lines[:COMPLETED])}
    call = subject(name)
    for _ in range(2):
        for line in lines[:COMPLETED]:
            call(json.loads(line), Context())
    packages = [] if name == "handler" else ["aws-lambda-powertools", "boto3"]
    versions = [f"{package} {importlib.metadata.version(package)}" for package in packages]
    print(json.dumps({"versions": [f"Python {platform.python_version()}", *versions]}), flush=True)
    for line in sys.stdin:
        print(json.dumps(take(call, events, json.loads(line))), flush=True)


main(*sys.argv[1:])
