//! Where events are read from.

use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom, Write};

/// A file or a stream, of which any part can be read a second time.
pub(crate) struct Source {
    name: String,
    from: From,
}

enum From {
    File(File),
    /// What was read so far is copied into a file without a name.
    Stream {
        from: Box<dyn Read>,
        copy: File,
    },
}

impl Source {
    /// Opens the file `name`; `-` is standard input.
    pub(crate) fn open(name: &str) -> Result<Self> {
        let from: Box<dyn Read> = if name == "-" {
            Box::new(std::io::stdin())
        } else {
            let file = File::open(name)?;
            if file.metadata()?.is_file() {
                return Ok(Self {
                    name: shown(name),
                    from: From::File(file),
                });
            }
            Box::new(file)
        };
        Ok(Self {
            name: shown(name),
            from: From::Stream {
                from,
                copy: tempfile::tempfile()?,
            },
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes there are, where that is known before they were read.
    pub(crate) fn size(&self) -> Option<u64> {
        match &self.from {
            From::File(file) => Some(file.metadata().ok()?.len()),
            From::Stream { .. } => None,
        }
    }

    /// Reads again what was read before.
    pub(crate) fn again(&mut self, offset: u64, length: u32) -> Result<Vec<u8>> {
        let (From::File(file) | From::Stream { copy: file, .. }) = &mut self.from;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; length as usize];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match &mut self.from {
            From::File(file) => file.read(buffer),
            From::Stream { from, copy } => {
                let length = from.read(buffer)?;
                copy.write_all(&buffer[..length])?;
                Ok(length)
            }
        }
    }
}

/// No name may steer the terminal.
fn shown(name: &str) -> String {
    name.replace(char::is_control, " ")
}
