"""What the Terraform files make, as far as they can be read without the AWS provider."""

import re
from pathlib import Path

import hcl2

# What a reference gives, in the words that both templates are compared in.
NAMES = {
    "var.function_name": "{function name}",
    "var.handler_name": "{handler name}",
    "var.table_name": "{table name argument}",
    "aws_lambda_function.function.function_name": "{function name}",
    "aws_dynamodb_table.records.name": "{table name}",
    "aws_dynamodb_table.records.arn": "{table arn}",
    "aws_sqs_queue.failed_events.arn": "{queue arn}",
    "aws_sqs_queue.failed_events.name": "{queue name}",
    "aws_cloudwatch_log_group.function.name": "{log group name}",
    "aws_cloudwatch_log_group.function.arn": "{log group arn}",
    "aws_iam_role.function.arn": "{role arn}",
}
RESOURCES = {
    "aws_cloudwatch_log_group": ["function"],
    "aws_cloudwatch_metric_alarm": ["alarm"],
    "aws_dynamodb_table": ["records"],
    "aws_iam_role": ["function"],
    "aws_iam_role_policy": ["function"],
    "aws_lambda_function": ["function"],
    "aws_lambda_function_event_invoke_config": ["function"],
    "aws_sqs_queue": ["failed_events"],
}
POLICY = "${data.aws_iam_policy_document.function.json}"
TRUST = "${data.aws_iam_policy_document.trust.json}"
TOPIC = '${var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]}'
TIMES_TIMEOUT = "${aws_lambda_function.function.timeout * "
CHECKED = "${var.allow_check ? [1] : []}"
# The alarms are a table of what differs, and one resource.
ALARM = {
    "for_each": "${local.alarms}",
    "alarm_name": "${var.function_name}-${each.key}",
    "alarm_description": "${each.value.description}",
    "namespace": "${each.value.namespace}",
    "metric_name": "${each.value.metric}",
    "dimensions": "${each.value.dimensions}",
    "statistic": "${each.value.statistic}",
    "threshold": "${each.value.threshold}",
}


def unquoted(value):
    """What the parser gives, without its quotes around strings and names, and its marks."""
    if isinstance(value, list):
        return [unquoted(item) for item in value]
    if isinstance(value, dict):
        marks = ("__is_block__", "__comments__", "__inline_comments__")
        return {name.strip('"'): unquoted(item) for name, item in value.items() if name not in marks}
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].replace('\\"', '"')
    return value


def read(folder: Path) -> dict:
    """All files of a folder: blocks by kind, type and name."""
    blocks = {"resource": {}, "data": {}, "variable": {}, "locals": {}, "output": {}}
    for path in sorted(folder.glob("*.tf")):
        with path.open() as file:
            parsed = unquoted(hcl2.load(file))
        for kind, found in parsed.items():
            for block in found:
                for name, body in block.items():
                    into = blocks.setdefault(kind, {}).setdefault(name, {} if isinstance(body, dict) else body)
                    if isinstance(body, dict):
                        into.update(body)
    return blocks


def faults(folder: Path, blocks: dict) -> list[str]:
    """References that lead nowhere, and variables that nothing uses."""
    lines = [line for path in sorted(folder.glob("*.tf")) for line in path.read_text().splitlines()]
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    used = {
        "variable": set(re.findall(r"(?<![\w.])var\.(\w+)", text)),
        "locals": set(re.findall(r"(?<![\w.])local\.(\w+)", text)),
    }
    found = []
    for kind, names in used.items():
        found += [f"{kind} {name} is used and not declared" for name in sorted(names - set(blocks[kind]))]
        found += [f"{kind} {name} is declared and not used" for name in sorted(set(blocks[kind]) - names)]
    for data, kind, name in re.findall(r"(?<![\w.])(data\.)?(aws_\w+)\.(\w+)", text):
        declared = blocks["data" if data else "resource"].get(kind, {})
        if name not in declared:
            found.append(f"{data}{kind}.{name} is used and not declared")
    return found


def name(reference: str) -> str:
    if reference not in NAMES:
        raise SystemExit(f"Terraform refers to {reference}, which is unknown to terraform.py")
    return NAMES[reference]


def plain(value):
    """The value with references in common words."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, str):
        return re.sub(r"\$\{([\w.]+)\}", lambda found: name(found[1]), value)
    return value


def block(body: dict, name: str) -> dict:
    """The one block of a name in another; empty where there is none."""
    found = body.get(name, [])
    if len(found) > 1:
        raise SystemExit(f"there is more than one block {name}")
    return found[0] if found else {}


def statement(found: dict, optional: bool) -> tuple:
    found = plain(found)
    principals = {each["type"]: each["identifiers"] for each in found.get("principals", [])}
    conditions = {}
    for each in found.get("condition", []):
        conditions.setdefault(each["test"], {})[each["variable"]] = each["values"]
    more = found.keys() - {"sid", "actions", "resources", "principals", "condition"}
    if more:
        raise SystemExit(f"{found.get('sid')} has {more}")
    return found.get("sid"), {
        "actions": sorted(found["actions"]),
        "resources": found.get("resources", []),
        "principals": {"Service": "".join(principals["Service"])} if principals else None,
        "conditions": conditions,
        "optional": optional,
    }


def statements(document: dict) -> list[tuple]:
    if document.keys() - {"statement", "dynamic"}:
        raise SystemExit(f"a policy has more than statements: {sorted(document)}")
    found = [statement(each, optional=False) for each in document.get("statement", [])]
    for each in document.get("dynamic", []):
        body = each["statement"]
        if body["for_each"] != CHECKED:
            raise SystemExit("a permission depends on something else than allow_check")
        found.append(statement(block(body, "content"), optional=True))
    return found


def joined(text: str) -> str:
    """The strings of `join(" ", [..])`."""
    if not text.startswith('${join(" ", ['):
        return text
    return " ".join(part.replace('\\"', '"') for part in re.findall(r'"((?:[^"\\]|\\.)*)"', text)[1:])


def alarms(blocks: dict, timeout: int) -> dict:
    resource = blocks["resource"]["aws_cloudwatch_metric_alarm"]["alarm"]
    for name, expected in ALARM.items():
        if resource.get(name) != expected:
            raise SystemExit(f"the alarms' {name} is {resource.get(name)}, not {expected}")
    found = {}
    for name, each in blocks["locals"]["alarms"].items():
        threshold = each["threshold"]
        if isinstance(threshold, str):
            threshold = timeout * int(threshold.removeprefix(TIMES_TIMEOUT).removesuffix("}"))
        found[name] = {
            "description": joined(each["description"]),
            "topic": resource.get("alarm_actions") == TOPIC,
            "namespace": each["namespace"],
            "metric": each["metric"],
            "dimensions": plain(each["dimensions"]),
            "statistic": each["statistic"],
            "threshold": threshold,
            "comparison": resource["comparison_operator"],
            "period": resource["period"],
            "periods": resource["evaluation_periods"],
            "missing": resource["treat_missing_data"],
            "more": {},
        }
    return found


def parameter(name: str, body: dict) -> tuple:
    default = body["default"]
    return name.title().replace("_", ""), str(default).lower() if isinstance(default, bool) else default


def model(blocks: dict) -> dict:
    """What the files make, in the words that both templates are compared in."""
    resources = blocks["resource"]
    made = {kind: sorted(found) for kind, found in resources.items()}
    if made != RESOURCES:
        raise SystemExit(f"Terraform makes {made}, and checked is {RESOURCES}")
    role, policy = resources["aws_iam_role"]["function"], resources["aws_iam_role_policy"]["function"]
    if (role["assume_role_policy"], policy["policy"]) != (TRUST, POLICY):
        raise SystemExit("the role's policies are not those of the documents")
    table = plain(resources["aws_dynamodb_table"]["records"])
    types = {each["name"]: each["type"] for each in table["attribute"]}
    ttl = block(table, "ttl")
    encryption = block(table, "server_side_encryption")
    function = resources["aws_lambda_function"]["function"]
    events = plain(resources["aws_lambda_function_event_invoke_config"]["function"])
    queue = resources["aws_sqs_queue"]["failed_events"]
    logging = plain(block(function, "logging_config"))
    kinds = {"hash_key": "HASH", "range_key": "RANGE"}
    keys = [(table[each], types[table[each]], kind) for each, kind in kinds.items() if each in table]
    documents = blocks["data"]["aws_iam_policy_document"].values()
    return {
        # The package has its place in the SAM template itself: no parameter may stand there.
        "parameters": dict(parameter(name, body) for name, body in blocks["variable"].items() if name != "package"),
        "table": {
            "name": table["name"],
            "key": keys,
            "ttl": ttl.get("attribute_name") if ttl.get("enabled") else None,
            "billing": table.get("billing_mode"),
            "point in time": block(table, "point_in_time_recovery").get("enabled"),
            "key of AWS's": encryption.get("enabled") and "kms_key_arn" not in encryption,
            "protected": table.get("deletion_protection_enabled"),
            "kept": block(table, "lifecycle").get("prevent_destroy"),
        },
        "function": {
            "name": plain(function["function_name"]),
            "handler": function["handler"],
            "runtime": function["runtime"],
            "architectures": function["architectures"],
            "memory": function["memory_size"],
            "timeout": function["timeout"],
            "role": plain(function["role"]),
            "environment": plain(block(function, "environment").get("variables")),
            "log format": logging.get("log_format"),
            "log group": logging.get("log_group"),
        },
        "events": {
            "retries": events.get("maximum_retry_attempts"),
            "age": events.get("maximum_event_age_in_seconds"),
            "on failure": block(block(events, "destination_config"), "on_failure").get("destination"),
        },
        "queue": {
            "retention": queue.get("message_retention_seconds"),
            "encrypted": queue.get("sqs_managed_sse_enabled"),
            "kept": block(queue, "lifecycle").get("prevent_destroy"),
        },
        "log days": resources["aws_cloudwatch_log_group"]["function"]["retention_in_days"],
        "permissions": [each for document in documents for each in statements(document)],
        "more permissions": sorted(role.keys() - {"name_prefix", "description", "assume_role_policy"}),
        "alarms": alarms(blocks, function["timeout"]),
    }
