# Each alarm says what it means and what to do where it is read: in its description.
locals {
  alarms = {
    errors = {
      description = join(" ", [
        "Handlers fail, or are refused. Nothing runs twice from it: the claim is released, or held where the",
        "policy says so, and the retry may run. Look for \"outcome\" in the log: \"refused\" with a reason that the",
        "table was denied or is missing stops every call; \"busy\" is a duplicate that came while the first was",
        "at work, which is as it should be.",
      ])
      namespace  = "AWS/Lambda"
      metric     = "Errors"
      dimensions = { FunctionName = aws_lambda_function.function.function_name }
      statistic  = "Sum"
      threshold  = 5
    }
    duration = {
      description = join(" ", [
        "A handler took over 80% of the timeout. One that is killed leaves its claim behind, and under the",
        "default policy a retry runs it again though it may have had its effect. Raise the timeout, or make",
        "the handler faster; then look for executions that did end there.",
      ])
      namespace  = "AWS/Lambda"
      metric     = "Duration"
      dimensions = { FunctionName = aws_lambda_function.function.function_name }
      statistic  = "Maximum"
      # In milliseconds, of the timeout in seconds.
      threshold = aws_lambda_function.function.timeout * 800
    }
    event-age = {
      description = join(" ", [
        "Events wait for over half of the 6 hours after which Lambda gives them up. A retry that comes after",
        "the ttl of its record runs again, so the ttl must be longer than that. Find out what delays them:",
        "throttled invocations, or errors.",
      ])
      namespace  = "AWS/Lambda"
      metric     = "AsyncEventAge"
      dimensions = { FunctionName = aws_lambda_function.function.function_name }
      statistic  = "Maximum"
      # In milliseconds.
      threshold = 10800000
    }
    failed-events = {
      description = join(" ", [
        "Lambda gave events up; they wait in the queue for 14 days. Each may have run in part. Mend the",
        "cause, then invoke the function with the message's requestPayload, within the ttl: what was",
        "completed is replayed and the rest runs. Not so where the key is request_id: that is new then, and",
        "everything runs again.",
      ])
      namespace  = "AWS/SQS"
      metric     = "ApproximateNumberOfMessagesVisible"
      dimensions = { QueueName = aws_sqs_queue.failed_events.name }
      statistic  = "Maximum"
      threshold  = 1
    }
    delivery-failures = {
      description = join(" ", [
        "Lambda gave an event up and could not put it into the queue of failed events: it is lost, and",
        "nothing will run it again. Check the role's sqs:SendMessage and the event's size; find the event by",
        "its record and request id in the log, and have its producer send it again.",
      ])
      namespace  = "AWS/Lambda"
      metric     = "DestinationDeliveryFailures"
      dimensions = { FunctionName = aws_lambda_function.function.function_name }
      statistic  = "Sum"
      threshold  = 1
    }
    throttled-writes = {
      description = join(" ", [
        "The table refused writes as too many. A claim that stays refused runs nothing, and the delivery",
        "fails. A completion that stays refused leaves work that was done unrecorded: once its lease is over,",
        "a retry runs it again. Warm the table up for the peak or raise its quota; on a table with a sort",
        "key, use more partitions.",
      ])
      namespace  = "AWS/DynamoDB"
      metric     = "WriteThrottleEvents"
      dimensions = { TableName = aws_dynamodb_table.records.name }
      statistic  = "Sum"
      threshold  = 1
    }
    system-errors = {
      description = join(" ", [
        "DynamoDB answers claims and completions with errors of its own. Requests are sent three times; after",
        "that it is as with throttled writes: no claim, no run, and a completion without an answer may be run",
        "again. See the AWS Health Dashboard, and look for outcome \"unknown\" in the log: those executions",
        "ended without a record of it.",
      ])
      namespace = "AWS/DynamoDB"
      metric    = "SystemErrors"
      # By operation only. Handlers that use `transact` complete by TransactWriteItems: give them an alarm of their own.
      dimensions = { TableName = aws_dynamodb_table.records.name, Operation = "UpdateItem" }
      statistic  = "Sum"
      threshold  = 5
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "alarm" {
  for_each = local.alarms

  alarm_name          = "${var.function_name}-${each.key}"
  alarm_description   = each.value.description
  alarm_actions       = var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
}
