//! The way to a value within an event.

use std::fmt::{self, Display, Formatter};

use idem_lambda::key::path::{Parsed, Step as Hop, parse};
use idem_lambda::key::{Expression, Path, volatile};

use crate::text;

/// The longest member name that is shown.
const LONGEST: usize = 64;
/// With so many digits a name is rather data.
const DIGITS: usize = 5;

/// One step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Name(String),
    /// A member whose name looks like data: those are not told apart, nor shown.
    AnyName,
    First,
    /// Any item but the first.
    Rest,
    /// Into the JSON that a string holds.
    Json,
    /// Into the text that a string holds as base64.
    Base64,
}

/// The way to a value within an event, and into the JSON that strings hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route(Vec<Step>);

impl Step {
    /// To the member `name`.
    pub(crate) fn name(name: &str) -> Self {
        let digits = name.chars().filter(char::is_ascii_digit).count();
        let is_data = name.len() > LONGEST
            || digits >= DIGITS
            || name.contains(|c: char| c == '@' || c.is_control());
        if is_data {
            Self::AnyName
        } else {
            Self::Name(name.to_owned())
        }
    }
}

impl Route {
    /// The way of an expression that takes one value.
    pub(crate) fn of(expression: &Expression) -> Option<Self> {
        match expression {
            Expression::Path(path) => Self::default().along(*path),
            Expression::Json(source, path) => {
                let mut route = Self::of(source)?;
                route.push(Step::Json);
                route.along(*path)
            }
            Expression::Base64(source) => {
                let mut route = Self::of(source)?;
                route.push(Step::Base64);
                Some(route)
            }
            Expression::Header(name) => Some(Self(vec![
                Step::Name("headers".to_owned()),
                Step::name(&name.to_ascii_lowercase()),
            ])),
            _ => None,
        }
    }

    fn along(mut self, path: Path) -> Option<Self> {
        let Ok(Parsed::Streamed(hops)) = parse(&Expression::Path(path).to_string()) else {
            return None;
        };
        for hop in hops {
            let step = match hop {
                Hop::Name(name) if self.is_headers() => Step::name(&name.to_ascii_lowercase()),
                Hop::Name(name) => Step::name(&name),
                Hop::Index(0) => Step::First,
                Hop::Index(_) => Step::Rest,
                Hop::Wildcard => return None,
            };
            self.push(step);
        }
        Some(self)
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }

    pub(crate) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    /// Whether the members of what it leads to are headers, whose names have no case.
    pub(crate) fn is_headers(&self) -> bool {
        matches!(self.0.as_slice(), [Step::Name(name)] if name == "headers" || name == "multiValueHeaders")
    }

    /// The name of the header that it leads to.
    fn header(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Step::Name(headers), Step::Name(name)] if headers == "headers" => Some(name),
            [Step::Name(headers), Step::Name(name), Step::First]
                if headers == "multiValueHeaders" =>
            {
                Some(name)
            }
            _ => None,
        }
    }

    /// Whether it leads to what is said about the request.
    pub(crate) fn is_context(&self) -> bool {
        self.starts_with("requestContext") || self.is_header()
    }

    /// Whether it leads to a header, or into one.
    pub(crate) fn is_header(&self) -> bool {
        self.0.len() > 1 && (self.starts_with("headers") || self.starts_with("multiValueHeaders"))
    }

    fn starts_with(&self, name: &str) -> bool {
        matches!(self.0.first(), Some(Step::Name(first)) if first == name)
    }

    /// Whether it leads to what clients and proxies say of one attempt. The next one may bring another.
    pub(crate) fn is_of_attempt(&self) -> bool {
        let name = self.last_name();
        if self.is_header() {
            return !text::words(name).contains(&"idempotency".to_owned());
        }
        self.starts_with("requestContext") && matches!(name, "sourceIp" | "userAgent")
    }

    /// The last name on the way.
    pub(crate) fn last_name(&self) -> &str {
        let names = self.0.iter().rev().find_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            _ => None,
        });
        names.unwrap_or_default()
    }

    /// How far a value is from the event, or from the JSON that it stands in.
    pub(crate) fn depth(&self) -> usize {
        let inner = self.0.iter().rev().take_while(|step| **step != Step::Json);
        inner.filter(|step| matches!(step, Step::Name(_))).count()
    }

    pub(crate) fn is_inner(&self) -> bool {
        self.0.contains(&Step::Json)
    }

    /// Whether it leads to one value at most.
    pub(crate) fn is_single(&self) -> bool {
        !self
            .0
            .iter()
            .any(|step| matches!(step, Step::AnyName | Step::Rest))
    }

    /// Whether the value is known to change on every delivery.
    pub(crate) fn is_volatile(&self) -> bool {
        !self.is_inner()
            && (self
                .header()
                .is_some_and(|name| volatile::of_header(name).is_some())
                || volatile::of_path(&self.path()).is_some_and(|volatile| !volatile.is_within))
    }

    /// The path from the event, or from the last JSON on the way.
    fn path(&self) -> String {
        let from = self.0.iter().rposition(|step| *step == Step::Json);
        path(&self.0[from.map_or(0, |from| from + 1)..])
    }
}

/// As the attribute has it.
impl Display for Route {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.header() {
            Some(name) => write!(f, "header({name:?})"),
            None => f.write_str(&expression(&self.0)),
        }
    }
}

fn expression(steps: &[Step]) -> String {
    if let [source @ .., Step::Base64] = steps {
        return format!("base64({})", expression(source));
    }
    let json = steps.iter().rposition(|step| *step == Step::Json);
    match json {
        None => format!("{:?}", path(steps)),
        Some(at) => format!(
            "json({}, {:?})",
            expression(&steps[..at]),
            path(&steps[at + 1..])
        ),
    }
}

fn path(steps: &[Step]) -> String {
    let mut path = "$".to_owned();
    for step in steps {
        match step {
            Step::Name(name) if is_short(name) => path.extend([".", name]),
            Step::Name(name) => {
                let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
                path.extend(["['", &quoted, "']"]);
            }
            Step::AnyName => path.push_str(".*"),
            Step::First => path.push_str("[0]"),
            Step::Rest => path.push_str("[*]"),
            Step::Json | Step::Base64 => {}
        }
    }
    path
}

/// Whether a name needs no quotes in a path.
fn is_short(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
