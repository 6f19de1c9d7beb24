//! `squall run --at`: every node at one moment.

use super::super::{Failure, Output, Status};
use super::printed;
use crate::host::{NodeView, Power, Queues};
use crate::ids::{Index, NodeId, NodeSet};
use crate::plan::Plan;
use crate::replica::{Members, Membership, Role};
use crate::report::format::{count, counted, moment, wrap};
use crate::report::page::{BAD, FAINT, GOOD, Grid, ODD, Page, TITLE};
use crate::report::{FaultSpan, Judges, with_other};
use crate::runner::{self, Look};
use crate::time::Time;
use anstyle::Style;

pub(super) fn run(file: &str, plan: &Plan, time: Time, output: &Output) -> Result<Status, Failure> {
    let mut judges = Judges::new(plan);
    match runner::look(plan, time, &mut judges) {
        Ok(look) => {
            let form = printed(output);
            let mut page = Page::new(&form);
            render(file, plan, time, &look, &mut page);
            output.print(page.text)?;
            Ok(if look.violated { Status::Unsafe } else { Status::Held })
        }
        Err(panicked) => {
            output.diagnose(&format_args!("error: the run broke off before {time}: {panicked}"));
            Ok(Status::Unsafe)
        }
    }
}

fn render(file: &str, plan: &Plan, time: Time, look: &Look, page: &mut Page<'_>) {
    let title = page.styled(TITLE, &plan.name);
    let with = with_other(plan.cluster.implementation);
    page.text += &format!("{title}  {file}, seed {}{with}, at {time}\n\n", plan.seed);
    nodes(&look.view.nodes, page);
    if plan.members_vary() {
        page.text.push('\n');
        members(&look.view.nodes, page);
    }
    let none = || "none".to_owned();
    let mut grid = Grid::default();
    let leader = look.view.leader.map_or_else(none, |leader| leader.to_string());
    grid.faint_first(vec!["effective leader".into(), leader]);
    for (name, all) in [("links cut", &look.view.cut), ("links clogged", &look.view.clogged)] {
        let room = page.room() - 18;
        grid.faint_first(vec![name.into(), wrap(&links(all), room)]);
    }
    let faults: Vec<String> = look.faults.iter().map(fault).collect();
    grid.faint_first(vec![
        "active faults".into(),
        if faults.is_empty() { none() } else { faults.join("\n") },
    ]);
    page.text.push('\n');
    page.grid(&grid);
    if look.violated {
        let text = "A safety property was violated by then; the report of the whole run says which.";
        page.text.push('\n');
        page.paragraph(text, BAD);
    }
}

fn nodes(nodes: &[NodeView], page: &mut Page<'_>) {
    let mut grid = Grid { right: vec![3, 6, 7, 8], rules: vec![1], ..Grid::default() };
    let names = ["node", "state", "role", "term", "vote", "leader", "last", "commit", "applied", "waiting"];
    grid.rows.push(names.map(String::from).into());
    grid.styles.extend((0..names.len()).map(|column| (0, column, FAINT)));
    // What the other columns leave as a rule.
    let room = page.room().saturating_sub(70).max(10);
    for node in nodes {
        let row = grid.rows.len();
        let (state, style) = state(node);
        grid.styles.push((row, 1, style));
        if node.role == Some(Role::Leader) {
            grid.styles.push((row, 2, TITLE));
        }
        let known = |node: Option<NodeId>| node.map_or("-".into(), |node| node.to_string());
        let (last, term) = node.last;
        grid.rows.push(vec![
            node.id.to_string(),
            state.into(),
            node.role.map_or("-".into(), |role| role.to_string()),
            count(node.term.0),
            known(node.vote),
            known(node.leader),
            format!("{} t{term}", count(last.0)),
            count(node.commit.0),
            count(node.applied.0),
            waiting(node.queues, room),
        ]);
    }
    page.grid(&grid);
    page.paragraph(
        "term, vote: of a node that is down those on its disk; a vote may not be durable yet. leader: whom the node \
         takes for it. last: the last entry of its log, with that entry's term. waiting: frames that piled up at a \
         pause, frames that are held until a write is durable, writes that are not, and calls to other nodes without \
         an answer so far.",
        FAINT,
    );
}

/// Who belongs to the cluster, as each node takes it.
fn members(nodes: &[NodeView], page: &mut Page<'_>) {
    let mut grid = Grid { right: vec![5], rules: vec![1], ..Grid::default() };
    let names = ["node", "is a", "voters", "outgoing", "learners", "by entry"];
    grid.rows.push(names.map(String::from).into());
    grid.styles.extend((0..names.len()).map(|column| (0, column, FAINT)));
    let some = |nodes: NodeSet| if nodes.is_empty() { "-".into() } else { wrap(&nodes.to_string(), 30) };
    for node in nodes {
        let Membership { index, members } = node.membership;
        grid.rows.push(vec![
            node.id.to_string(),
            standing(&members, node.id).into(),
            some(members.voters),
            some(members.outgoing),
            some(members.learners),
            if index == Index::ZERO { "-".into() } else { count(index.0) },
        ]);
    }
    page.grid(&grid);
    page.paragraph(
        "The members that are in force for each node: those that the last entry of its log names that names any, \
         committed or not; \"-\" for those from the beginning. Outgoing voters have a say, too, until a joint \
         configuration is left. is a: what the node is by them itself.",
        FAINT,
    );
}

/// What a node is by the members that are in force for it.
fn standing(members: &Members, node: NodeId) -> &'static str {
    match (members.voters_hold(node), members.votes(node), members.learns(node)) {
        (true, ..) => "voter",
        (_, true, _) => "outgoing voter",
        (.., true) => "learner",
        _ if members.voters.is_empty() => "-",
        _ => "non-member",
    }
}

/// How much of what waits, as far as something does; on lines of its own each if there is no room beside each other.
fn waiting(queues: Queues, room: usize) -> String {
    let Queues { arrived, held, writes, calls } = queues;
    let held = (held > 0).then(|| format!("{} held", count(held as u64)));
    let some = |waiting: usize, noun| (waiting > 0).then(|| counted(waiting as u64, noun));
    let all = [some(arrived, "frame"), held, some(writes, "write"), some(calls, "call")];
    let all: Vec<String> = all.into_iter().flatten().collect();
    match all.join(", ") {
        none if none.is_empty() => "-".into(),
        line if line.len() <= room => line,
        _ => all.join(",\n"),
    }
}

fn state(node: &NodeView) -> (&'static str, Style) {
    match (node.state, node.blank) {
        (Power::Up, false) => ("up", GOOD),
        (Power::Up, true) => ("blank", ODD),
        (Power::Paused, false) => ("paused", ODD),
        (Power::Paused, true) => ("paused, blank", ODD),
        (Power::Down, false) => ("down", BAD),
        (Power::Down, true) => ("down, blank", BAD),
    }
}

/// Directed links, those of both ways as one.
fn links(all: &[(NodeId, NodeId)]) -> String {
    const SHOWN: usize = 60;
    let both = |&(from, to): &(NodeId, NodeId)| all.binary_search(&(to, from)).is_ok();
    let names = all.iter().filter(|link| link.0 < link.1 || !both(link));
    let names: Vec<String> =
        names.map(|link| format!("{}{}{}", link.0, if both(link) { '-' } else { '>' }, link.1)).collect();
    match names.len() {
        0 => "none".into(),
        1..=SHOWN => names.join(" "),
        more => format!("{} and {} more", names[..SHOWN].join(" "), count((more - SHOWN) as u64)),
    }
}

fn fault(fault: &FaultSpan) -> String {
    let since = moment(Time::from_nanos(fault.from_ns.unwrap_or_default()));
    let hit = if fault.nodes.is_empty() { String::new() } else { format!(" of {}", fault.nodes) };
    let strength = fault.strength.as_ref().map_or(String::new(), |strength| format!(" {strength}"));
    format!("{}: {}{strength}{hit}, since {since}", fault.name, fault.action)
}
