//! Reads a filter for its first fault.

use super::fault::Fault;
use super::reader::{Read, Reader};

/// The longest word that a message repeats.
const WORD: usize = 24;

/// A function of RFC 9535.
struct Function {
    name: &'static str,
    parameters: &'static [Parameter],
    /// Whether it gives a value, to be compared, and not a condition.
    gives_value: bool,
    example: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parameter {
    Value,
    Nodes,
}

const FUNCTIONS: [Function; 5] = [
    Function {
        name: "count",
        parameters: &[Parameter::Nodes],
        gives_value: true,
        example: "count(@.a[*]) > 1",
    },
    Function {
        name: "length",
        parameters: &[Parameter::Value],
        gives_value: true,
        example: "length(@.a) > 1",
    },
    Function {
        name: "match",
        parameters: &[Parameter::Value, Parameter::Value],
        gives_value: false,
        example: "match(@.a, 'x.*')",
    },
    Function {
        name: "search",
        parameters: &[Parameter::Value, Parameter::Value],
        gives_value: false,
        example: "search(@.a, 'x')",
    },
    Function {
        name: "value",
        parameters: &[Parameter::Nodes],
        gives_value: true,
        example: "value(@..a) == 1",
    },
];

/// Comparisons of other languages; those that start with another come first.
const FOREIGN: [(&str, &str); 6] = [
    ("===", "=="),
    ("!==", "!="),
    ("=~", "search(@.a, 'x')"),
    ("=>", ">="),
    ("=<", "<="),
    ("<>", "!="),
];
const COMPARISONS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];

/// What a filter compares or asks for.
enum Operand {
    Literal,
    /// A path to one node at most.
    One,
    Nodes,
    Call(&'static Function),
}

impl Reader<'_> {
    /// Tests, with `&&` and `||` between them.
    pub(super) fn condition(&mut self) -> Read<()> {
        loop {
            self.test()?;
            let end = self.at;
            self.space();
            if self.eat("&&") || self.eat("||") {
                self.space();
                continue;
            }
            let word = self.rest().split(|c: char| !c.is_ascii_alphabetic()).next();
            let (found, write) = match (word.unwrap_or_default(), self.peek()) {
                ("and" | "AND", _) => ("and", "&&"),
                ("or" | "OR", _) => ("or", "||"),
                (_, Some('&')) => ("&", "&&"),
                (_, Some('|')) => ("|", "||"),
                _ => {
                    self.at = end;
                    return Ok(());
                }
            };
            return self.fault(Fault::Operator(found), Some(write.into()));
        }
    }

    fn test(&mut self) -> Read<()> {
        let negated = self.eat("!");
        self.space();
        if self.eat("(") {
            self.space();
            self.nested(Self::condition)?;
            self.space();
            return self.expect(')');
        }
        let start = self.at;
        let left = self.operand()?;
        let end = self.at;
        self.space();
        if negated || !self.comparison()? {
            self.at = end;
            return self.asks(&left, start);
        }
        self.space();
        let middle = self.at;
        let right = self.operand()?;
        self.compares(&left, start)?;
        self.compares(&right, middle)
    }

    fn asks(&self, operand: &Operand, at: usize) -> Read<()> {
        match operand {
            Operand::Literal => self.fault_at(at, Fault::Condition, None),
            Operand::Call(function) if function.gives_value => self.misused(function, at),
            _ => Ok(()),
        }
    }

    fn compares(&self, operand: &Operand, at: usize) -> Read<()> {
        match operand {
            Operand::Nodes => self.fault_at(at, Fault::Comparison, None),
            Operand::Call(function) if !function.gives_value => self.misused(function, at),
            _ => Ok(()),
        }
    }

    fn comparison(&mut self) -> Read<bool> {
        for (found, write) in FOREIGN {
            if self.rest().starts_with(found) {
                return self.fault(Fault::Operator(found), Some(write.into()));
            }
        }
        if COMPARISONS.into_iter().any(|operator| self.eat(operator)) {
            return Ok(true);
        }
        if self.peek() == Some('=') {
            return self.fault(Fault::Operator("="), Some("==".into()));
        }
        Ok(false)
    }

    fn operand(&mut self) -> Read<Operand> {
        let start = self.at;
        match self.peek() {
            Some('\'' | '"') => {
                self.string()?;
                Ok(Operand::Literal)
            }
            Some('-' | '+' | '.' | '0'..='9') => {
                self.number()?;
                Ok(Operand::Literal)
            }
            Some(root @ ('$' | '@')) => {
                self.next();
                let selects = match root {
                    '$' => self.rooted()?,
                    _ => self.segments(None)?,
                };
                Ok(if selects.is_singular() {
                    Operand::One
                } else {
                    Operand::Nodes
                })
            }
            Some(c) if c.is_alphabetic() || c == '_' => {
                let word = self.take_while(|c| c.is_alphanumeric() || c == '_');
                self.word(word, start)
            }
            _ => self.fault(Fault::Operand(self.found()), None),
        }
    }

    fn word(&mut self, word: &str, start: usize) -> Read<Operand> {
        let (found, write) = match word {
            "true" | "false" | "null" => return Ok(Operand::Literal),
            "True" => ("True", "true"),
            "False" => ("False", "false"),
            "Null" => ("Null", "null"),
            "None" => ("None", "null"),
            "nil" => ("nil", "null"),
            "not" => ("not", "!"),
            _ => {
                let function = FUNCTIONS.iter().find(|function| function.name == word);
                return match (function, self.peek()) {
                    (Some(function), Some('(')) => self.call(function, start),
                    (Some(function), _) => self.misused(function, start),
                    (None, Some('(')) => self.fault_at(start, Fault::Function(short(word)), None),
                    (None, _) => self.fault_at(start, Fault::Word(short(word)), None),
                };
            }
        };
        self.fault_at(start, Fault::Operator(found), Some(write.into()))
    }

    fn call(&mut self, function: &'static Function, start: usize) -> Read<Operand> {
        self.eat("(");
        self.space();
        let mut arguments = Vec::new();
        if !self.eat(")") {
            self.nested(|reader| {
                loop {
                    arguments.push(reader.operand()?);
                    reader.space();
                    if reader.eat(")") {
                        return Ok(());
                    }
                    reader.expect_or(',', ')')?;
                    reader.space();
                }
            })?;
        }
        let fits = |(argument, parameter): (&Operand, &Parameter)| match argument {
            Operand::One => true,
            Operand::Literal => *parameter == Parameter::Value,
            Operand::Call(inner) => *parameter == Parameter::Value && inner.gives_value,
            Operand::Nodes => *parameter == Parameter::Nodes,
        };
        let parameters = function.parameters;
        if arguments.len() != parameters.len() || !arguments.iter().zip(parameters).all(fits) {
            return self.misused(function, start);
        }
        Ok(Operand::Call(function))
    }

    fn misused<T>(&self, function: &Function, at: usize) -> Read<T> {
        self.fault_at(
            at,
            Fault::Call(function.name),
            Some(function.example.into()),
        )
    }

    /// A number of a filter.
    fn number(&mut self) -> Read<()> {
        let start = self.at;
        self.eat("-");
        let digits = self.take_while(|c| c.is_ascii_digit());
        if digits.len() > 1 && digits.starts_with('0') {
            return self.fault_at(start, Fault::LeadingZero, None);
        }
        let mut complete = !digits.is_empty();
        if self.eat(".") {
            complete &= !self.take_while(|c| c.is_ascii_digit()).is_empty();
        }
        if self.eat("e") || self.eat("E") {
            let _sign = self.eat("+") || self.eat("-");
            complete &= !self.take_while(|c| c.is_ascii_digit()).is_empty();
        }
        // Without a check, a feature of `serde_json` would decide whether `1e999` is a number.
        let number = &self.before()[start..];
        complete &= number.parse().is_ok_and(f64::is_finite);
        if !complete || self.peek().is_some_and(|c| c == '.' || c.is_alphanumeric()) {
            return self.fault_at(start, Fault::Number, None);
        }
        Ok(())
    }
}

fn short(word: &str) -> String {
    word.chars().take(WORD).collect()
}
