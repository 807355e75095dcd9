//! A timeline in words.

use std::fmt::{self, Display, Write as _};

use super::{Brought, End, Known, Stored, Timeline};

impl Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", Plain(&self.record))?;
        match (self.status, self.attempts) {
            (End::Foreign, _) => return f.write_str(End::Foreign.words()),
            (_, 0) => writeln!(f, "another program wrote it")?,
            (_, 1) => writeln!(f, "1 attempt")?,
            (_, attempts) => writeln!(f, "{attempts} attempts")?,
        }
        let mut next = 1;
        for known in &self.known {
            write_gap(f, next, known.attempt)?;
            next = known.attempt.saturating_add(1);
            write!(f, "{known}")?;
        }
        self.write_rest(f)?;
        f.write_str("each time is by the clock of whoever sent the claim; when an attempt ended is not kept")
    }
}

impl Timeline {
    fn write_rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(generation) = self.generation {
            writeln!(f, "its generation is {generation}")?;
        }
        if let Some(Stored { bytes, codec }) = &self.result {
            writeln!(f, "{bytes} bytes of {} are stored", Plain(codec))?;
        }
        let is_answer = matches!(
            self.status,
            End::Completed | End::Failed | End::DoneNoResult
        );
        match self.expires_at {
            Some(at) if is_answer => writeln!(f, "duplicates are answered with this until {at}"),
            None if is_answer => writeln!(f, "duplicates are answered with this for ever"),
            Some(at) => writeln!(f, "the store may delete this from {at} on"),
            None => writeln!(f, "the store never deletes this"),
        }
    }
}

/// The attempts of which only the number is known.
fn write_gap(f: &mut fmt::Formatter<'_>, next: u32, known: u32) -> fmt::Result {
    match known.saturating_sub(next) {
        0 => Ok(()),
        1 => writeln!(f, "  {next}  nothing is kept of this one"),
        gap => writeln!(
            f,
            "  {next} to {}  nothing is kept of these {gap}",
            known - 1
        ),
    }
}

impl Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempt {
            0 => f.write_str("  another program's")?,
            number => write!(f, "  {number}")?,
        }
        match self.started_at {
            Some(at) => write!(f, "  {at}")?,
            None => f.write_str("  at an unknown time")?,
        }
        match (self.ended, self.lease_until) {
            (Some(End::Disappeared), Some(lease)) => {
                writeln!(f, "  {} by {lease}", End::Disappeared.words())?;
            }
            (Some(ended), Some(lease)) => writeln!(f, "  {}; leased until {lease}", ended.words())?,
            (Some(ended), None) => writeln!(f, "  {}", ended.words())?,
            (None, _) => writeln!(f, "  how it ended is not kept")?,
        }
        let Brought {
            request_id,
            source,
            version,
        } = &self.origin;
        let brought = [
            ("request", request_id),
            ("message", source),
            ("version", version),
        ];
        let brought: Vec<_> = brought
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", Plain(value.as_ref()?))))
            .collect();
        if brought.is_empty() {
            return Ok(());
        }
        writeln!(f, "     {}", brought.join(", "))
    }
}

impl End {
    fn words(self) -> &'static str {
        match self {
            Self::InProgress => "in progress: no end is recorded yet",
            Self::Disappeared => "disappeared: no end was recorded",
            Self::Released => "failed and released",
            Self::Held => "held: a person must look",
            Self::Completed => "completed",
            Self::Failed => "failed with an error that is remembered",
            Self::DoneNoResult => "done, but the result could not be stored",
            Self::Foreign => {
                "it cannot be read: another program wrote it, or a version that is unknown here"
            }
        }
    }
}

/// Without what would steer a terminal: another program may have written it.
struct Plain<T>(T);

impl<T: Display> Display for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        text.chars().try_for_each(|letter| match letter {
            letter if letter.is_control() => write!(f, "{}", letter.escape_default()),
            letter => f.write_char(letter),
        })
    }
}
