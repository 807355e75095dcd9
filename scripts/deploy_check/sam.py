"""What the SAM template makes, read from the CloudFormation that it is transformed to."""

import re
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# What a reference gives, in the words that both templates are compared in. The ARN that CloudFormation gives for a log
# group ends in `:*`.
NAMES = {
    "FunctionName": "{function name}",
    "Function": "{function name}",
    "HandlerName": "{handler name}",
    "TableName": "{table name argument}",
    "Table": "{table name}",
    "Table.Arn": "{table arn}",
    "FailedEvents.Arn": "{queue arn}",
    "FailedEvents.QueueName": "{queue name}",
    "LogGroup": "{log group name}",
    "LogGroup.Arn": "{log group arn}:*",
    "Role.Arn": "{role arn}",
}
KINDS = {
    "AWS::CloudWatch::Alarm",
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
}
NOTHING = {"Ref": "AWS::NoValue"}
TOPIC = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], NOTHING]}


class NoPolicies:
    """The template uses no managed policy, whose ARNs AWS would be asked for."""

    def load(self) -> dict:
        return {}


def cloudformation(template: Path) -> dict:
    """The template as CloudFormation gets it."""
    sam = yaml_parse(template.read_text())
    # As `sam deploy` has it, which uploads the package first.
    sam["Resources"]["Function"]["Properties"]["CodeUri"] = "s3://bucket/key"
    return transform(sam, {}, NoPolicies())


def name(reference: str) -> str:
    if reference not in NAMES:
        raise SystemExit(f"the SAM template refers to {reference}, which is not declared, or is unknown to sam.py")
    return NAMES[reference]


def plain(value):
    """The value with references in common words."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return name(value["Ref"])
    if set(value) == {"Fn::GetAtt"}:
        return name(".".join(value["Fn::GetAtt"]))
    if set(value) == {"Fn::Sub"}:
        return re.sub(r"\$\{([^}]+)\}", lambda found: name(found[1]), value["Fn::Sub"])
    return {key: plain(item) for key, item in value.items()}


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def only(resources: dict, kind: str) -> dict:
    """The one resource of a kind."""
    found = [resource for resource in resources.values() if resource["Type"] == kind]
    if len(found) != 1:
        raise SystemExit(f"the SAM template has {len(found)} of {kind}, not one")
    return found[0]


def statement(found: dict) -> tuple:
    optional = "Fn::If" in found
    if optional:
        condition, found, otherwise = found["Fn::If"]
        if (condition, otherwise) != ("AllowsCheck", NOTHING):
            raise SystemExit("a permission depends on something else than AllowsCheck")
    found = plain(found)
    more = found.keys() - {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}
    if found["Effect"] != "Allow" or more:
        raise SystemExit(f"{found.get('Sid')} does not allow, or has {more}")
    conditions = {
        test: {key: listed(values) for key, values in keys.items()}
        for test, keys in found.get("Condition", {}).items()
    }
    return found.get("Sid"), {
        "actions": sorted(listed(found["Action"])),
        "resources": listed(found.get("Resource", [])),
        "principals": found.get("Principal"),
        "conditions": conditions,
        "optional": optional,
    }


def alarm(properties: dict) -> tuple:
    actions = properties.pop("AlarmActions", None)
    properties = plain(properties)
    return properties.pop("AlarmName").removeprefix("{function name}-"), {
        "description": properties.pop("AlarmDescription"),
        "topic": actions == TOPIC,
        "namespace": properties.pop("Namespace"),
        "metric": properties.pop("MetricName"),
        "dimensions": {each["Name"]: each["Value"] for each in properties.pop("Dimensions")},
        "statistic": properties.pop("Statistic"),
        "threshold": properties.pop("Threshold"),
        "comparison": properties.pop("ComparisonOperator"),
        "period": properties.pop("Period"),
        "periods": properties.pop("EvaluationPeriods"),
        "missing": properties.pop("TreatMissingData"),
        "more": properties,
    }


def model(template: dict) -> dict:
    """What the template makes, in the words that both are compared in."""
    resources = template["Resources"]
    unknown = {each["Type"] for each in resources.values()} - KINDS
    if unknown:
        raise SystemExit(f"the SAM template makes what nobody checks: {sorted(unknown)}")
    made = only(resources, "AWS::DynamoDB::Table")
    table = plain(made["Properties"])
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    keys = [(each["AttributeName"], types[each["AttributeName"]], each["KeyType"]) for each in table["KeySchema"]]
    ttl = table.get("TimeToLiveSpecification", {})
    encryption = table.get("SSESpecification", {})
    function = plain(only(resources, "AWS::Lambda::Function")["Properties"])
    events = plain(only(resources, "AWS::Lambda::EventInvokeConfig")["Properties"])
    queue = only(resources, "AWS::SQS::Queue")
    role = only(resources, "AWS::IAM::Role")["Properties"]
    documents = [role["AssumeRolePolicyDocument"]]
    documents += [policy["PolicyDocument"] for policy in role["Policies"]]
    alarms = [each for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    return {
        "parameters": {name: str(each["Default"]) for name, each in template["Parameters"].items()},
        "table": {
            "name": table["TableName"],
            "key": keys,
            "ttl": ttl.get("AttributeName") if ttl.get("Enabled") else None,
            "billing": table.get("BillingMode"),
            "point in time": table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"),
            "key of AWS's": encryption.get("SSEEnabled") and "KMSMasterKeyId" not in encryption,
            "protected": table.get("DeletionProtectionEnabled"),
            "kept": kept(made),
        },
        "function": {
            "name": function["FunctionName"],
            "handler": function["Handler"],
            "runtime": function["Runtime"],
            "architectures": function["Architectures"],
            "memory": function["MemorySize"],
            "timeout": function["Timeout"],
            "role": function["Role"],
            "environment": function.get("Environment", {}).get("Variables"),
            "log format": function.get("LoggingConfig", {}).get("LogFormat"),
            "log group": function.get("LoggingConfig", {}).get("LogGroup"),
        },
        "events": {
            "retries": events.get("MaximumRetryAttempts"),
            "age": events.get("MaximumEventAgeInSeconds"),
            "on failure": events.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
        },
        "queue": {
            "retention": queue["Properties"].get("MessageRetentionPeriod"),
            "encrypted": queue["Properties"].get("SqsManagedSseEnabled"),
            "kept": kept(queue),
        },
        "log days": only(resources, "AWS::Logs::LogGroup")["Properties"]["RetentionInDays"],
        "permissions": [statement(each) for document in documents for each in document["Statement"]],
        "more permissions": sorted(role.keys() - {"Description", "AssumeRolePolicyDocument", "Policies"}),
        "alarms": dict(alarm(each["Properties"]) for each in alarms),
    }


def kept(resource: dict) -> bool:
    return resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
