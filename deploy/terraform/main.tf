resource "aws_dynamodb_table" "records" {
  name = var.table_name

  # Without its records, whatever is delivered again runs again: neither a slip in the console nor Terraform takes them.
  deletion_protection_enabled = true
  lifecycle {
    prevent_destroy = true
  }

  hash_key = "id"
  attribute {
    name = "id"
    type = "S"
  }

  # A throttled claim is a delivery that fails, and deliveries come in bursts; nothing is to be planned here.
  billing_mode = "PAY_PER_REQUEST"

  # Clears away what is over. When a record ends is decided by the times in it: DynamoDB deletes days late.
  ttl {
    attribute_name = "expiration"
    enabled        = true
  }

  # Against records that were overwritten or deleted; see the README for what a restored table says.
  point_in_time_recovery {
    enabled = true
  }

  # The key that AWS manages for the account (aws/dynamodb): its uses are in CloudTrail, and the role needs no
  # permission for it. A key of your own could be switched off, and then no handler runs; to keep results from those who
  # may read the table, encrypt them with a codec.
  server_side_encryption {
    enabled = true
  }
}

resource "aws_lambda_function" "function" {
  function_name    = var.function_name
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  memory_size      = 256
  # Room for the handler and for two requests of up to 5 s each. A claim is leased until this is over, and 3 s later a
  # retry gets through: under 57 s, Lambda's first retry, which comes a minute after the failure, does.
  timeout = 30
  role    = aws_iam_role.function.arn

  environment {
    variables = {
      IDEM_TABLE = aws_dynamodb_table.records.name
    }
  }

  # So that the fields of the library's events can be searched: `record`, `outcome`, `verdict`, `reason`. Lambda only tells a
  # custom runtime; it is the function's `tracing` subscriber that writes JSON, as `lambda_runtime`'s default then does.
  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  # A call that came before its permissions would be refused.
  depends_on = [aws_iam_role_policy.function]
}

# For asynchronous invocations. Each retry counts, also one that only found another execution at work.
resource "aws_lambda_function_event_invoke_config" "function" {
  function_name          = aws_lambda_function.function.function_name
  maximum_retry_attempts = 2
  # Lambda's maximum, 6 hours. The ttl of results must be longer: an event that is delivered later runs again.
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed_events.arn
    }
  }
}

resource "aws_sqs_queue" "failed_events" {
  name_prefix = "${substr(var.function_name, 0, 30)}-failed-events-"
  # The longest there is, 14 days. An event that is sent again finds its record only within the record's ttl.
  message_retention_seconds = 1209600
  # The messages hold the events.
  sqs_managed_sse_enabled = true

  # What is in it has still to be done.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = 30
}
