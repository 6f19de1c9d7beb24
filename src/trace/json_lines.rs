//! Records as lines of JSON, for other programs.

use super::{Format, KindName, Record};
use serde::Serialize;
use std::io::{self, Write};

/// Each record as one JSON object on a line of its own.
#[derive(Clone, Copy, Debug)]
pub struct JsonLines {
    kind_name: KindName,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    record: &'a Record,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind_name: Option<&'static str>,
}

impl JsonLines {
    /// Lines in which kinds of message have these names, too.
    pub fn new(kind_name: KindName) -> Self {
        Self { kind_name }
    }
}

impl Format for JsonLines {
    fn record(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        let line = Line { record, kind_name: record.body.kind().map(self.kind_name) };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CallId, NodeId};
    use crate::time::Time;
    use crate::trace::{Body, Scribe, Trace};

    #[test]
    fn a_record_is_a_line() {
        let mut scribe = Scribe::new(Vec::new(), Box::new(JsonLines::new(|_| "AppendEntries")));
        let mut trace = Trace::new(&mut scribe);
        let (node, to) = (NodeId(1).into(), NodeId(2).into());
        trace.event(Time::from_nanos(1_500), node, None, Body::Woke);
        trace.effect(node, Body::CallFailed { to, kind: 3, call: CallId(7) });
        let text = String::from_utf8(scribe.finish().expect("a vector takes all")).expect("JSON is text");
        let expected = "{\"id\":1,\"cause\":null,\"time_ns\":1500,\"node\":\"n1\",\"what\":\"woke\"}\n\
            {\"id\":2,\"cause\":1,\"time_ns\":1500,\"node\":\"n1\",\"what\":\"call_failed\",\"to\":\"n2\",\"kind\":3,\
            \"call\":7,\"kind_name\":\"AppendEntries\"}\n";
        assert_eq!(text, expected);
    }
}
