"""Checks the templates: `python -m deploy_check <folder> <file for the CloudFormation>`."""

import json
import re
import sys
from pathlib import Path

from . import sam, terraform

# What the library needs of a table, and what it writes. `tests/dynamodb/templates.rs` holds the templates to what the
# store sends.
TABLE = {
    "name": "{table name argument}",
    "key": [("id", "S", "HASH")],
    "ttl": "expiration",
    "billing": "PAY_PER_REQUEST",
    "point in time": True,
    "key of AWS's": True,
    "protected": True,
    "kept": True,
}
RECORDS = {
    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["{function name}/{handler name}#*"]},
    "Null": {"dynamodb:LeadingKeys": ["false"]},
}
WARM_UP = RECORDS | {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["warm-up"]}}
# Each permission: actions, resource, conditions. There is no other.
PERMISSIONS = {
    "RunAsLambda": (["sts:AssumeRole"], [], {}),
    "ClaimAndComplete": (["dynamodb:UpdateItem"], ["{table arn}"], RECORDS),
    "StoreLargeResults": (["dynamodb:PutItem"], ["{table arn}"], RECORDS),
    "ReplayLargeResults": (["dynamodb:GetItem"], ["{table arn}"], RECORDS),
    "WarmUp": (["dynamodb:GetItem"], ["{table arn}"], WARM_UP),
    "Check": (["dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"], ["{table arn}"], {}),
    "WriteLogs": (["logs:CreateLogStream", "logs:PutLogEvents"], ["{log group arn}:*"], {}),
    "KeepFailedEvents": (["sqs:SendMessage"], ["{queue arn}"], {}),
}
METRICS = {
    ("AWS/Lambda", "Errors"),
    ("AWS/Lambda", "Duration"),
    ("AWS/Lambda", "AsyncEventAge"),
    ("AWS/Lambda", "DestinationDeliveryFailures"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    ("AWS/DynamoDB", "WriteThrottleEvents"),
    ("AWS/DynamoDB", "SystemErrors"),
}
# CloudWatch's limit.
LONGEST_DESCRIPTION = 1024


def differences(path: str, left, right) -> list[str]:
    """Where two models differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        names = sorted(left.keys() | right.keys(), key=str)
        return [fault for name in names for fault in differences(f"{path} > {name}", left.get(name), right.get(name))]
    return [] if left == right else [f"{path}: SAM has {left!r}, Terraform {right!r}"]


def needs(model: dict) -> list[str]:
    """What the library needs and the template has otherwise."""
    faults = []
    for name, expected in TABLE.items():
        if model["table"][name] != expected:
            faults.append(f"table > {name}: expected {expected!r}, found {model['table'][name]!r}")
    if model["function"]["environment"] != {"IDEM_TABLE": "{table name}"}:
        faults.append(f"the environment is {model['function']['environment']}")
    sids = [sid for sid, _ in model["permissions"]]
    if sorted(map(str, sids)) != sorted(PERMISSIONS):
        faults.append(f"expected the permissions {sorted(PERMISSIONS)}, found {sids}")
    for sid, found in model["permissions"]:
        wanted = PERMISSIONS.get(sid)
        if wanted and (found["actions"], found["resources"], found["conditions"]) != wanted:
            faults.append(f"permission {sid}: expected {wanted}, found {found}")
        if found["optional"] != (sid == "Check"):
            faults.append(f"permission {sid} must {'' if sid == 'Check' else 'not '}be optional")
    if model["more permissions"]:
        faults.append(f"the role may allow more by {model['more permissions']}")
    alarms = model["alarms"]
    metrics = [(each["namespace"], each["metric"]) for each in alarms.values()]
    if sorted(metrics) != sorted(METRICS):
        faults.append(f"expected alarms on {sorted(METRICS)}, found {sorted(metrics)}")
    for name, each in alarms.items():
        if not 0 < len(each["description"]) <= LONGEST_DESCRIPTION:
            faults.append(f"alarm {name}: its description has {len(each['description'])} characters")
        if not each["topic"] or each["more"]:
            faults.append(f"alarm {name}: without the topic, or with {each['more']}")
    if alarms.get("duration", {}).get("threshold") != model["function"]["timeout"] * 800:
        faults.append("the alarm on the duration is not at 80% of the timeout")
    return faults


def unreasoned(path: Path, begins: str) -> list[str]:
    """Permissions without a comment above them."""
    lines = path.read_text().splitlines()
    return [
        f"{path}:{number}: a permission without a comment above it that gives the reason"
        for number, line in enumerate(lines, 1)
        if re.match(begins, line) and not lines[number - 2].lstrip().startswith("# ")
    ]


def main(folder: Path, transformed: Path) -> None:
    template = sam.cloudformation(folder / "sam" / "template.yaml")
    transformed.write_text(json.dumps(template, indent=2))
    blocks = terraform.read(folder / "terraform")
    faults = terraform.faults(folder / "terraform", blocks)
    if faults:
        # What is not declared cannot be compared.
        raise SystemExit("\n".join(faults))
    models = {"SAM": sam.model(template), "Terraform": terraform.model(blocks)}
    for name, model in models.items():
        faults += [f"{name}: {fault}" for fault in needs(model)]
    for model in models.values():
        model["permissions"] = dict(model["permissions"])
    faults += differences("templates", models["SAM"], models["Terraform"])
    faults += unreasoned(folder / "sam" / "template.yaml", r"\s*- Sid:")
    faults += unreasoned(folder / "terraform" / "iam.tf", r'\s*(dynamic "statement"|statement) \{')
    if faults:
        raise SystemExit("\n".join(faults))
    count = len(models["SAM"]["permissions"]), len(models["SAM"]["alarms"])
    print("both templates make the same: the table, the function, %d permissions, %d alarms" % count)


main(Path(sys.argv[1]), Path(sys.argv[2]))
