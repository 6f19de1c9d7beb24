//! Records as lines of JSON, for other programs.

use super::{Observer, Record};
use serde::Serialize;
use std::io::{self, Write};

/// Writes each record as one JSON object on a line of its own.
///
/// An error ends the writing, not the run; [`JsonLines::finish`] tells.
pub struct JsonLines<W> {
    out: W,
    kind_name: Box<dyn Fn(u8) -> &'static str>,
    failed: Option<io::Error>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    record: &'a Record,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind_name: Option<&'static str>,
}

impl<W: Write> JsonLines<W> {
    /// A sink that writes to `out`; `kind_name` names kinds of message.
    pub fn new(out: W, kind_name: impl Fn(u8) -> &'static str + 'static) -> Self {
        Self { out, kind_name: Box::new(kind_name), failed: None }
    }

    /// Writes what is left and gives the output back.
    ///
    /// # Errors
    /// The first error of any write.
    pub fn finish(mut self) -> io::Result<W> {
        match self.failed {
            Some(error) => Err(error),
            None => self.out.flush().map(|()| self.out),
        }
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        let line = Line { record, kind_name: record.body.kind().map(&self.kind_name) };
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")
    }
}

impl<W: Write> Observer for JsonLines<W> {
    fn observe(&mut self, record: &Record) {
        if self.failed.is_none() {
            self.failed = self.write(record).err();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CallId, NodeId};
    use crate::time::Time;
    use crate::trace::{Body, Trace};

    #[test]
    fn a_record_is_a_line() {
        let mut sink = JsonLines::new(Vec::new(), |_| "AppendEntries");
        let mut trace = Trace::new(&mut sink);
        let (node, to) = (NodeId(1).into(), NodeId(2).into());
        trace.event(Time::from_nanos(1_500), node, None, Body::Woke);
        trace.effect(node, Body::CallFailed { to, kind: 3, call: CallId(7) });
        let text = String::from_utf8(sink.finish().expect("a vector takes all")).expect("JSON is text");
        let expected = "{\"id\":1,\"cause\":null,\"time_ns\":1500,\"node\":\"n1\",\"what\":\"woke\"}\n\
            {\"id\":2,\"cause\":1,\"time_ns\":1500,\"node\":\"n1\",\"what\":\"call_failed\",\"to\":\"n2\",\"kind\":3,\
            \"call\":7,\"kind_name\":\"AppendEntries\"}\n";
        assert_eq!(text, expected);
    }

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
        let mut sink = JsonLines::new(Full, |_| "");
        Trace::new(&mut sink).event(Time::ZERO, NodeId(1).into(), None, Body::Woke);
        assert_eq!(sink.finish().err().map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
    }
}
