//! What DynamoDB makes of an update expression: as much of its language as the store writes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use idem_core::store::dynamodb::Write;

pub type Item = HashMap<String, AttributeValue>;

/// The item that a write leaves. All that it reads is what stood there before.
pub fn apply(write: &Write, before: &Item) -> Item {
    let mut after = before.clone();
    let (set, remove) = match write.change.split_once(" REMOVE ") {
        Some((set, remove)) => (set, remove),
        None => (write.change.as_str(), ""),
    };
    let set = set
        .strip_prefix("SET ")
        .expect("every write sets something");
    for assignment in split(set) {
        let (name, value) = assignment.split_once(" = ").expect("an assignment");
        let value = sum(write, before, value);
        assert!(
            after
                .insert(attribute(write, name).to_owned(), value)
                .is_none()
                || !remove.split(", ").any(|removed| removed == name)
        );
    }
    for name in remove.split(", ").filter(|name| !name.is_empty()) {
        after.remove(attribute(write, name));
    }
    after
}

/// At the commas outside of parentheses.
fn split(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in list.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[start..].trim());
    parts
}

fn sum(write: &Write, item: &Item, text: &str) -> AttributeValue {
    let number = |text| tenths(&operand(write, item, text));
    let sum = match (text.split_once(" + "), text.split_once(" - ")) {
        (Some((left, right)), _) => number(left) + number(right),
        (_, Some((left, right))) => number(left) - number(right),
        _ => return operand(write, item, text),
    };
    AttributeValue::N(match sum % 10 {
        0 => (sum / 10).to_string(),
        tenth => format!("{}.{tenth}", sum / 10),
    })
}

/// A number of at most one place after the point, of which every write makes do.
fn tenths(value: &AttributeValue) -> i128 {
    let text = value.as_n().expect("a number");
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let whole: i128 = whole.parse().expect("a whole number");
    whole * 10 + tenth.parse::<i128>().expect("a tenth")
}

fn operand(write: &Write, item: &Item, text: &str) -> AttributeValue {
    if let Some(arguments) = text.strip_prefix("if_not_exists(") {
        let arguments = arguments.strip_suffix(')').expect("a closing parenthesis");
        let (name, default) = arguments.split_once(", ").expect("two arguments");
        let found = item.get(attribute(write, name)).cloned();
        return found.unwrap_or_else(|| operand(write, item, default));
    }
    match write.values.get(text) {
        Some(value) => value.clone(),
        None => item[attribute(write, text)].clone(),
    }
}

fn attribute<'w>(write: &'w Write, name: &'w str) -> &'w str {
    if name.starts_with('#') {
        return &write.names[name];
    }
    name
}
