"""A Lambda function of its own, deployed beside the one under test: hands each message of an SQS batch on as an event.

The function under test takes one order, and an event source mapping sends batches. As a consumer must, it fails the
batch when one message failed, so that SQS redelivers all of them.
"""

import os

from botocore.session import Session


def handler(event: dict, _context: object) -> None:
    functions = Session().create_client("lambda")
    answers = [
        functions.invoke(FunctionName=os.environ["FUNCTION"], Payload=record["body"]) for record in event["Records"]
    ]
    failed = sum("FunctionError" in answer for answer in answers)
    if failed:
        raise RuntimeError(f"{failed} of {len(answers)} messages failed")
