output "function_arn" {
  description = "What event sources invoke"
  value       = aws_lambda_function.function.arn
}

output "table_name" {
  description = "The table of records, as IDEM_TABLE has it"
  value       = aws_dynamodb_table.records.name
}

output "failed_events_url" {
  description = "The queue of events that Lambda gave up"
  value       = aws_sqs_queue.failed_events.url
}
