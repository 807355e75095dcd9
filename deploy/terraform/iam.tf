resource "aws_iam_role" "function" {
  name_prefix        = "${substr(var.function_name, 0, 30)}-"
  description        = "What the function may do, each permission with its reason in the template"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "function" {
  name   = "function"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function.json
}

data "aws_iam_policy_document" "trust" {
  # Lambda runs the function in this role; nobody else takes it.
  statement {
    sid     = "RunAsLambda"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# About the conditions on `dynamodb:LeadingKeys`, the partition keys that a request names: a record's id is
# `<function>/<handler>#<hash>`, and that of a large result `<function>/<handler>#<hash>#<owner>`, so one function
# cannot touch another's records. `ForAllValues` also holds for requests that name no key; `Null` refuses those, should
# somebody add such an action.
#
# A table with a sort key has the id there, and its partition key is the same in all records: put the value given to
# `composite_key` into these lists, a value for each function to keep them apart.
data "aws_iam_policy_document" "function" {
  # Every claim, completion, release and renewal of a lease is one conditional update. The completion of a transaction
  # is, too: IAM knows no `TransactWriteItems`, only the writes in it.
  statement {
    sid       = "ClaimAndComplete"
    actions   = ["dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.records.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["${var.function_name}/${var.handler_name}#*"]
    }
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  # A result over the inline limit (4 KB) is put into an item of its own.
  statement {
    sid       = "StoreLargeResults"
    actions   = ["dynamodb:PutItem"]
    resources = [aws_dynamodb_table.records.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["${var.function_name}/${var.handler_name}#*"]
    }
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  # And read from there for a duplicate.
  statement {
    sid       = "ReplayLargeResults"
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.records.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["${var.function_name}/${var.handler_name}#*"]
    }
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  # `DynamoDb::warm_up` reads an item that is not there. Remove this where nobody calls it.
  statement {
    sid       = "WarmUp"
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.records.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["warm-up"]
    }
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  # `execution.transact(..)`: what the handler writes to a table of yours, and only in a transaction. Of UpdateItem,
  # PutItem, DeleteItem and ConditionCheckItem, allow those that it uses.
  # statement {
  #   sid       = "CommitWithTheRecord"
  #   actions   = ["dynamodb:UpdateItem"]
  #   resources = [aws_dynamodb_table.accounts.arn]
  #
  #   condition {
  #     test     = "ForAnyValue:StringEquals"
  #     variable = "dynamodb:EnclosingOperation"
  #     values   = ["TransactWriteItems"]
  #   }
  # }

  # `DynamoDb::check` looks at key schema and TTL. Guarded calls do not; better let the pipeline check.
  dynamic "statement" {
    for_each = var.allow_check ? [1] : []

    content {
      sid       = "Check"
      actions   = ["dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"]
      resources = [aws_dynamodb_table.records.arn]
    }
  }

  # To its own log group, which the template makes: the function cannot. `:*` are its streams.
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }

  # Lambda sends events that failed for good in the function's role.
  statement {
    sid       = "KeepFailedEvents"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.failed_events.arn]
  }
}
