//! Which records are of interest, as people write it.

use super::super::Failure;
use crate::ids::{Address, ClientId, NodeId, RecordId};
use crate::plan::Plan;
use crate::runner::{self, Options};
use crate::scenario::nearest;
use crate::trace::{Causes, Condition, Focus, Story};
use std::num::NonZeroU64;

/// Reads what `--focus` names in a run of this plan.
pub(super) fn parse(texts: &[String], plan: &Plan) -> Result<Focus, Failure> {
    let condition = |text: &String| {
        condition(text, plan).map_err(|why| Failure::BadInput(format!("error: --focus {text}: {why}")))
    };
    Ok(Focus { conditions: texts.iter().map(condition).collect::<Result<_, _>>()? })
}

fn condition(text: &str, plan: &Plan) -> Result<Condition, String> {
    let form = "write node=3, link=1-2, link=1>2, kind=RequestVote or record=120";
    let (what, which) = text.split_once('=').ok_or(form)?;
    match what.trim() {
        "node" => address(which, plan).map(Condition::Of),
        "link" => {
            if let Some((from, to)) = which.split_once('>') {
                let (from, to) = (address(from, plan)?, address(to, plan)?);
                return match from == to {
                    true => Err("a link leads from one to another".into()),
                    false => Ok(Condition::OneWay(from, to)),
                };
            }
            let (a, b) = which.split_once('-').ok_or("write link=1-2, or link=1>2 for one way")?;
            let (a, b) = (address(a, plan)?, address(b, plan)?);
            if a == b {
                Err("a link leads from one to another".into())
            } else {
                Ok(Condition::BothWays(a, b))
            }
        }
        "kind" => kinds(which.trim()).map(Condition::Kinds),
        "record" => story(which.trim(), plan).map(Condition::Told),
        other => Err(match nearest(other, &["node", "link", "kind", "record"]) {
            Some(meant) => format!("there is no `{other}`\nhelp: did you mean `{meant}`?"),
            None => format!("there is no `{other}`\nhelp: {form}"),
        }),
    }
}

/// The story of a record such as `120` or `#120`. What led to it is known from a run up to there.
fn story(text: &str, plan: &Plan) -> Result<Story, String> {
    let number = text.strip_prefix('#').unwrap_or(text);
    let number: NonZeroU64 =
        number.parse().map_err(|_| format!("`{text}` is no number of a record, such as 120"))?;
    let mut causes = Causes::of(RecordId(number));
    // Where a replica panics, the records up to there are what counts.
    let _ = runner::simulate(plan, plan.seed, &mut causes, &Options::default());
    causes.story().ok_or_else(|| format!("this run has fewer than {number} records"))
}

/// A node such as `3` or `n3`, or a client such as `c1`.
fn address(text: &str, plan: &Plan) -> Result<Address, String> {
    let text = text.trim();
    let clients = plan.clients.as_ref().map_or(0, |clients| clients.count);
    let (digits, most, noun) = match text.strip_prefix('c') {
        Some(digits) => (digits, clients, "client"),
        None => (text.strip_prefix('n').unwrap_or(text), plan.cluster.nodes(), "node"),
    };
    let number: u32 =
        digits.parse().map_err(|_| format!("`{text}` is no node, such as 3, and no client, such as c1"))?;
    match number {
        1.. if number <= most && noun == "client" => Ok(ClientId(number).into()),
        1.. if number <= most => Ok(NodeId(number).into()),
        _ if most == 0 => Err(format!("there is no {noun} in this scenario")),
        _ => Err(format!("there is no {noun} {number}\nhelp: {noun}s are numbered from 1 to {most}")),
    }
}

/// The kinds of this name, or, if there is none, those whose names hold it: `vote` is asking and answering.
fn kinds(text: &str) -> Result<[u64; 4], String> {
    let all = runner::kind_names();
    let wanted = text.to_ascii_lowercase();
    let of = |fits: &dyn Fn(&str) -> bool| {
        let fitting = all.iter().filter(|(_, name)| fits(&name.to_ascii_lowercase()));
        let mut kinds = [0; 4];
        fitting.for_each(|(kind, _)| kinds[usize::from(*kind) / 64] |= 1 << (kind % 64));
        kinds
    };
    let exact = of(&|name| name == wanted);
    let kinds =
        if exact == [0; 4] { of(&|name| !wanted.is_empty() && name.contains(&wanted)) } else { exact };
    if kinds != [0; 4] {
        return Ok(kinds);
    }
    let names: Vec<&str> = all.iter().map(|(_, name)| *name).collect();
    let help = match nearest(text, &names) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", names.join(", ")),
    };
    Err(format!("no message is called `{text}`\nhelp: {help}"))
}
