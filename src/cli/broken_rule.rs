//! The rules of safety that a run broke, and how it came to that.

use super::run::kind_name;
use crate::report::format::{counted, moment};
use crate::report::page::{BAD, FAINT, ODD, Page};
use crate::runner::{self, BrokenRule, BrokenRules};
use crate::trace::{Body, Record};
use serde_json::{Value, json};

impl Page<'_> {
    /// Each rule, and the records that lead to it.
    pub(super) fn broken_rules(&mut self, broken: &BrokenRules) {
        broken.told.iter().for_each(|broken| self.broken_rule(broken));
        if !broken.more.is_empty() {
            let rules = counted(broken.more.len() as u64, "rule");
            self.paragraph(&format!("And {rules} more, later: {}.", broken.more.join(", ")), FAINT);
        }
    }

    /// A rule, and the records that lead to it.
    fn broken_rule(&mut self, broken: &BrokenRule) {
        let violation = &broken.violation;
        self.heading("Broken rule", &format!("{} at {}", broken.check, moment(violation.time)));
        self.paragraph(&format!("{}.", violation.message), BAD);
        self.paragraph(&told(broken), FAINT);
        for record in &broken.chain {
            let line = line(record, broken);
            let style = match record.body {
                Body::FaultStarted { .. } => Some(ODD),
                _ if record.id == violation.record => Some(BAD),
                _ => None,
            };
            let line = line.trim_end();
            let line = style.map_or_else(|| line.to_owned(), |style| self.styled(style, line));
            self.text += &format!("{line}\n");
        }
    }
}

/// A record as a trace has it. If its cause is not in the chain, what it builds upon stands for that.
fn line(record: &Record, broken: &BrokenRule) -> String {
    let Some(earlier) = broken.built_upon.get(&record.id) else { return record.line(&kind_name) };
    Record { cause: Some(*earlier), ..*record }.line(&kind_name).replacen("<-", "<~", 1)
}

/// What the chain is, in a sentence.
fn told(broken: &BrokenRule) -> String {
    match (broken.fault, broken.linked) {
        (Some(fault), true) => {
            format!("The shortest chain of records that leads to it from a fault, {fault}:")
        }
        (Some(fault), false) => format!(
            "No chain of records leads to it from a fault. How it came about, and the last fault before it that hit one of \
             the nodes, {fault}:"
        ),
        (None, _) => "No fault was needed. The shortest chain of records that leads to it:".into(),
    }
}

/// All of it for programs.
pub(super) fn value(broken: &BrokenRule) -> Value {
    json!({
        "check": broken.check,
        "message": broken.violation.message,
        "record": broken.violation.record,
        "at_ns": broken.violation.time.nanos(),
        "fault": broken.fault,
        "linked": broken.linked,
        "chain": broken.chain.iter().map(|record| of_record(record, broken)).collect::<Vec<_>>(),
    })
}

/// A record as traces have it, with what it builds upon if its cause is not in the chain.
fn of_record(record: &Record, broken: &BrokenRule) -> Value {
    let mut value = json!(record);
    if let (Some(earlier), Some(fields)) = (broken.built_upon.get(&record.id), value.as_object_mut()) {
        fields.insert("builds_upon".into(), json!(earlier));
    }
    if let (Some(kind), Some(fields)) = (record.body.kind(), value.as_object_mut()) {
        fields.insert("kind_name".into(), runner::kind_name(kind).into());
    }
    value
}
