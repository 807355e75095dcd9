# Given, not generated: every record's id begins with it, so that a new name forgets all that was done.
variable "function_name" {
  description = "The function's name, with which the id of every record begins. Another name is another set of records."
  type        = string
  default     = "orders"

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.function_name))
    error_message = "A function's name has 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "handler_name" {
  description = "The handler's name, as in `#[idempotent(name = \"..\")]`; * for all handlers of the function."
  type        = string
  default     = "*"
}

variable "table_name" {
  description = "The name of the table of records."
  type        = string
  default     = "idempotency"
}

variable "package" {
  description = "What `cargo lambda build --release --arm64 --output-format zip` made."
  type        = string
  default     = "../../target/lambda/orders/bootstrap.zip"
}

variable "alarm_topic_arn" {
  description = "The SNS topic that alarms go to; empty for none."
  type        = string
  default     = ""
}

variable "allow_check" {
  description = "Whether the function may describe the table, which only `DynamoDb::check` needs."
  type        = bool
  default     = false
}
