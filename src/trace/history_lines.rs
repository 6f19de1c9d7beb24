//! What clients asked for and were told, as a history that can be judged anew: see the form in `history::json_lines`.

use super::{Body, Format, Operation, Outcome, Record};
use crate::ids::OperationId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Each invocation and each return of a client's operation as one JSON object on a line of its own.
///
/// A client may have several operations under way; in a history a process has one. So each takes the lowest number of a process
/// that has none.
#[derive(Clone, Debug, Default)]
pub struct HistoryLines {
    under_way: BTreeMap<OperationId, (u32, Operation)>,
    busy: BTreeSet<u32>,
}

impl HistoryLines {
    fn invoked(&mut self, operation: OperationId, request: Operation) -> (u32, Value) {
        let process = (0..).find(|process| !self.busy.contains(process)).unwrap_or_default();
        self.busy.insert(process);
        self.under_way.insert(operation, (process, request));
        let asked = match request {
            Operation::Get { .. } => json!({}),
            Operation::Put { value, .. } => json!({"value": value}),
            Operation::Cas { expected, value, .. } => json!({"expected": expected, "value": value}),
        };
        (process, asked)
    }
}

impl Format for HistoryLines {
    fn record(&mut self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        let (operation, request, (process, said), what) = match record.body {
            Body::Invoked { operation, request } => {
                (operation, request, self.invoked(operation, request), "invoke")
            }
            Body::Returned { operation, outcome } => {
                let Some((process, request)) = self.under_way.remove(&operation) else { return Ok(()) };
                self.busy.remove(&process);
                let (said, what) = match outcome {
                    Outcome::Done { previous, previous_index, written } => {
                        (json!({"found": previous, "version": previous_index, "written": written}), "ok")
                    }
                    Outcome::Refused => (json!({}), "fail"),
                    Outcome::Unknown => (json!({}), "info"),
                };
                (operation, request, (process, said), what)
            }
            _ => return Ok(()),
        };
        let (kind, key) = match request {
            Operation::Get { key } => ("read", key),
            Operation::Put { key, .. } => ("write", key),
            Operation::Cas { key, .. } => ("cas", key),
        };
        let mut line = json!({
            "process": process, "type": what, "f": kind, "key": format!("k{key}"),
            "time_ns": record.time, "client": record.node, "operation": operation,
        });
        if let (Some(line), Value::Object(said)) = (line.as_object_mut(), said) {
            line.extend(said);
        }
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    }
}
