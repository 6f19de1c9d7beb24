//! Records written down, in one of several formats.

use super::{Observer, Record};
use std::io::{self, Write};

/// How records are written.
pub trait Format {
    /// What comes before the first record.
    ///
    /// # Errors
    /// If it can't be written.
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// The next record.
    ///
    /// # Errors
    /// If it can't be written.
    fn record(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()>;

    /// What comes after the last record.
    ///
    /// # Errors
    /// If it can't be written.
    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Names kinds of message.
pub type KindName = fn(u8) -> &'static str;

/// Writes each record as it is made.
///
/// An error ends the writing, not the run; [`Scribe::finish`] tells.
pub struct Scribe<W> {
    out: W,
    format: Box<dyn Format>,
    failed: Option<io::Error>,
}

impl<W: Write> Scribe<W> {
    /// Will write to `out`.
    pub fn new(mut out: W, mut format: Box<dyn Format>) -> Self {
        let failed = format.begin(&mut out).err();
        Self { out, format, failed }
    }

    /// Writes what is left and gives the output back.
    ///
    /// # Errors
    /// The first error of any write.
    pub fn finish(mut self) -> io::Result<W> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.format.end(&mut self.out)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Observer for Scribe<W> {
    fn observe(&mut self, record: &Record) {
        if self.failed.is_none() {
            self.failed = self.format.record(record, &mut self.out).err();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NodeId;
    use crate::time::Time;
    use crate::trace::{Body, JsonLines, Trace};

    #[test]
    fn the_first_error_is_told() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut scribe = Scribe::new(Full, Box::new(JsonLines::new(|_| "")));
        Trace::new(&mut scribe).event(Time::ZERO, NodeId(1).into(), None, Body::Woke);
        assert_eq!(scribe.finish().err().map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
    }
}
