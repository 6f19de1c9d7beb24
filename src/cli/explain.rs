//! `squall explain`: how a rule of safety came to be broken; why nobody led, with evidence, and whether a leader appears
//! without that.

use super::broken_rule;
use super::numbers::positive;
use super::run::{jobs, printed, seeds, threads};
use super::shrink::{Given, read};
use super::{Failure, Output, Status};
use crate::fuzz;
use crate::plan::Plan;
use crate::report::format::{count, counted, moment, short};
use crate::report::page::{BAD, FAINT, GOOD, Grid, Page, TITLE};
use crate::report::{Answer, Candidacy, Cause, Election, FaultSpan, Report, with_other};
use crate::runner::{self, BrokenRules, Tried};
use crate::scenario::Meant;
use crate::time::{Duration, Time};
use crate::trace::ActionKind;
use serde::Serialize;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};

/// How many spans of a run are explained unless one is chosen: the longest.
const SPANS: usize = 20;

const EXAMPLES: &str = "\
Examples:
  squall explain scenarios/partial/constrained-plain.ron
  squall explain scenarios/elections/split-votes.ron --span 2
  squall explain scenarios/bugs/vote-not-persisted.ron  (from the fault to the broken rule)
  squall explain default --seed 7                  (the run that seed 7 draws from the profile)
  squall explain default --seeds 0..100            (how often each cause, and how often its remedy helps)";

/// Arguments of `squall explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    given: Given,
    /// Explain this span only; 1 is the first.
    #[arg(long, value_name = "K", value_parser = positive::<NonZeroUsize>, conflicts_with = "seeds")]
    span: Option<NonZeroUsize>,
    /// Every seed from A to B, B excluded: a table of causes instead.
    #[arg(long, value_name = "A..B", value_parser = seeds, conflicts_with = "seed")]
    seeds: Option<Range<u64>>,
    /// How many runs go on at a time; by default as many as there are cores. What is printed does not depend on it.
    #[arg(long, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// A span of a run, and what came of the run without its cause.
struct Explained {
    /// Its place among the run's spans, from 1.
    number: usize,
    span: Election,
    tried: Option<Tried>,
}

impl Explained {
    fn helps(&self) -> bool {
        self.tried.is_some_and(|tried| tried.helps)
    }
}

pub(super) fn explain(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    match &arguments.seeds {
        Some(seeds) => many(arguments, seeds.clone(), output),
        None => one(arguments, output),
    }
}

fn one(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let plan = read(&arguments.given, output)?;
    let report = runner::report(&plan);
    let all = explained(&plan, &report, arguments.span);
    if let (Some(span), true) = (arguments.span, all.is_empty()) {
        let spans = counted(report.elections.len() as u64, "span");
        return Err(Failure::BadInput(format!(
            "error: there is no span {span}: the run has {spans} without a leader"
        )));
    }
    let broken = runner::broken_rules(&plan, &report);
    if arguments.json {
        output.print(document(&plan, &report, &broken, &all)?)?;
    } else {
        let form = printed(output);
        let mut page = Page::new(&form);
        let (title, spans) = (page.styled(TITLE, &plan.name), report.elections.len());
        let without = counted(spans as u64, "span");
        let with = with_other(plan.cluster.implementation);
        page.text += &format!("{title}  seed {}{with}: {without} without an effective leader, ", plan.seed);
        page.text += &format!("{} of {}\n", short(report.leaderless()), short(report.simulated));
        if all.len() < spans && arguments.span.is_none() {
            page.paragraph(&format!("Explained are the {SPANS} longest."), FAINT);
        }
        if let Some(why) = &report.panicked {
            page.paragraph(&format!("The run broke off at {}: {why}", report.simulated), BAD);
        }
        page.broken_rules(&broken);
        all.iter().for_each(|explained| page.span(explained, &report));
        output.print(page.text)?;
    }
    Ok(Status::Held)
}

/// The spans that are asked for, each tried without its cause.
fn explained(plan: &Plan, report: &Report, wanted: Option<NonZeroUsize>) -> Vec<Explained> {
    let mut spans: Vec<(usize, &Election)> = (1..).zip(&report.elections).collect();
    match wanted {
        Some(number) => spans.retain(|(place, _)| *place == number.get()),
        None => {
            spans.sort_by_key(|(place, span)| (std::cmp::Reverse(span.vacant), *place));
            spans.truncate(SPANS);
            spans.sort_by_key(|(place, _)| *place);
        }
    }
    let explain = |(number, span): (usize, &Election)| {
        let tried = runner::without_cause(plan, span);
        Explained { number, span: span.clone(), tried }
    };
    spans.into_iter().map(explain).collect()
}

impl Page<'_> {
    fn span(&mut self, explained: &Explained, report: &Report) {
        let Explained { number, span, .. } = explained;
        let why = &span.why;
        self.heading(
            &format!("Span {number}  {}", why.cause),
            &format!("{} without a leader from {} on", short(span.vacant), moment(span.from)),
        );
        let before = match why.before {
            Some((leader, term)) => format!("{leader} led before, in term {term}"),
            None => "nobody had led before".into(),
        };
        let after = match span.leader {
            Some((leader, term)) => format!("then {leader} led, in term {term}"),
            None => "nobody did to the end of the run".into(),
        };
        self.paragraph(&format!("{before}; {after}."), FAINT);
        let shares = why.shares.iter().map(|(cause, time)| format!("{cause} {}", short(*time)));
        self.paragraph(&format!("Put down to: {}.", shares.collect::<Vec<_>>().join(", ")), FAINT);
        for candidacy in &why.candidacies {
            self.paragraph(&told(candidacy), FAINT);
        }
        if why.more > 0 {
            let noun = if why.more == 1 { "candidacy" } else { "candidacies" };
            self.paragraph(&format!("And {} {noun} more.", count(why.more)), FAINT);
        }
        for fault in report.faults.iter().filter(|fault| overlaps(fault, span)) {
            self.paragraph(&standing(fault), FAINT);
        }
        self.tried(explained);
    }

    fn tried(&mut self, explained: &Explained) {
        let span = &explained.span;
        let (Some((_, words)), Some(tried)) = (runner::remedy(span.why.cause), explained.tried) else {
            return self.paragraph("There is nothing to take away.", BAD);
        };
        let outcome = match tried.vacant {
            Some(vacant) if vacant == Duration::ZERO => "there would have been a leader all the time".into(),
            Some(vacant) if vacant < span.vacant => {
                format!("a leader after {} instead of {}", short(vacant), short(span.vacant))
            }
            Some(vacant) => {
                format!("a leader after {}, no sooner than in {}", short(vacant), short(span.vacant))
            }
            None => "no leader in that time either".into(),
        };
        let style = if explained.helps() { GOOD } else { BAD };
        self.paragraph(&format!("The same run, {words}: {outcome}."), style);
    }
}

/// A candidacy in a line.
fn told(candidacy: &Candidacy) -> String {
    let asked = match candidacy.term {
        Some(term) => format!("asks for votes in term {term}"),
        None => "asks whether it would get votes".into(),
    };
    let mut alike: Vec<(Answer, Vec<String>)> = Vec::new();
    for reply in &candidacy.replies {
        match alike.iter_mut().find(|(answer, _)| *answer == reply.answer) {
            Some((_, voters)) => voters.push(reply.voter.to_string()),
            None => alike.push((reply.answer, vec![reply.voter.to_string()])),
        }
    }
    let replies = alike.iter().map(|(answer, voters)| format!("{} {answer}", voters.join(" ")));
    let replies = replies.collect::<Vec<_>>().join("; ");
    format!("{} {} {asked}: {replies}.", moment(candidacy.at), candidacy.node)
}

fn overlaps(fault: &FaultSpan, span: &Election) -> bool {
    let (begin, end) = (span.from.nanos(), (span.from + span.vacant).nanos());
    // What a disk has lost stays lost, and tells where too few have a say.
    let took_a_disk = matches!(fault.action, ActionKind::Wipe | ActionKind::Rot);
    let misses_some = |(cause, _): &(Cause, Duration)| matches!(cause, Cause::NoQuorumUp | Cause::LeaderDown);
    let lasts = if took_a_disk && span.why.shares.iter().any(misses_some) {
        true
    } else if is_done_at_once(fault.action) {
        fault.from_ns.is_some_and(|from| from >= begin)
    } else {
        fault.to_ns.is_none_or(|to| to > begin)
    };
    lasts && fault.from_ns.is_some_and(|from| from <= end)
}

/// Whether it is over as soon as it has begun, whatever comes of it.
const fn is_done_at_once(action: ActionKind) -> bool {
    matches!(
        action,
        ActionKind::Transfer
            | ActionKind::AddLearner
            | ActionKind::Promote
            | ActionKind::Remove
            | ActionKind::Replace
            | ActionKind::Rot
            | ActionKind::Step
    )
}

/// A fault that stood in the way, in a line.
fn standing(fault: &FaultSpan) -> String {
    let whom = if fault.nodes.is_empty() { fault.between.clone() } else { fault.nodes.to_string() };
    let strength = fault.strength.as_ref().map_or(String::new(), |strength| format!(" {strength}"));
    let at = |nanos: Option<u64>| nanos.map(|nanos| moment(Time::from_nanos(nanos)));
    let until = at(fault.to_ns).unwrap_or_else(|| "the end".into());
    let from = at(fault.from_ns).unwrap_or_default();
    if is_done_at_once(fault.action) {
        return format!("{} ({}{strength}) hit {whom} at {from}.", fault.name, fault.action);
    }
    format!("{} ({}{strength}) hit {whom} from {from} until {until}.", fault.name, fault.action)
}

/// What a cause came to over many runs.
#[derive(Clone, Debug, Default)]
struct Tally {
    spans: u64,
    time: Duration,
    tried: u64,
    helped: u64,
}

fn many(arguments: &Arguments, seeds: Range<u64>, output: &Output) -> Result<Status, Failure> {
    let meant = super::inputs::either(&arguments.given.file, arguments.given.whose, output)?;
    let threads = threads(arguments.jobs);
    let work = |number: u64| {
        let seed = seeds.start + number;
        let plan = match &meant {
            Meant::Scenario(plan) => Plan { seed, ..(**plan).clone() },
            Meant::Profile(profile) => fuzz::draw(profile, seed),
        };
        explained(&plan, &runner::report(&plan), None)
    };
    let mut tallies: BTreeMap<Cause, Tally> = BTreeMap::new();
    runner::in_order(threads, seeds.end - seeds.start, work, |_, all: Vec<Explained>| {
        for explained in all {
            let tally = tallies.entry(explained.span.why.cause).or_default();
            tally.spans += 1;
            tally.time = tally.time + explained.span.vacant;
            tally.tried += u64::from(explained.tried.is_some());
            tally.helped += u64::from(explained.helps());
        }
        ControlFlow::Continue(())
    });
    if arguments.json {
        output.print(causes(&tallies)?)?;
    } else {
        let form = printed(output);
        let mut page = Page::new(&form);
        page.causes(&tallies, seeds.end - seeds.start);
        output.print(page.text)?;
    }
    Ok(Status::Held)
}

impl Page<'_> {
    fn causes(&mut self, tallies: &BTreeMap<Cause, Tally>, runs: u64) {
        let spans: u64 = tallies.values().map(|tally| tally.spans).sum();
        self.heading("Causes", &format!("of {} in {}", counted(spans, "span"), counted(runs, "run")));
        let mut grid = Grid { right: (1..5).collect(), rules: vec![1], ..Grid::default() };
        grid.rows.push(["cause", "spans", "share", "time", "a leader without it"].map(String::from).into());
        grid.styles.extend((0..5).map(|column| (0, column, FAINT)));
        let mut rows: Vec<(&Cause, &Tally)> = tallies.iter().collect();
        rows.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.spans));
        for (cause, tally) in rows {
            let share = |part: u64, all: u64| format!("{:.1} %", part as f64 * 100.0 / all.max(1) as f64);
            grid.rows.push(vec![
                cause.to_string(),
                count(tally.spans),
                share(tally.spans, spans),
                short(tally.time),
                share(tally.helped, tally.spans),
            ]);
        }
        self.grid(&grid);
        self.paragraph(
            &format!(
                "Of each run the {SPANS} longest spans, each with what most of it is put down to. The run is made again \
                 without that from the beginning of the span on; the last column tells in how many a leader appears sooner \
                 than it did, or sooner than any timer could run out."
            ),
            FAINT,
        );
    }
}

#[derive(Serialize)]
struct SpanOut<'a> {
    span: usize,
    from_ns: u64,
    vacant_ns: u64,
    cause: Cause,
    candidacies: &'a [Candidacy],
    remedy: Option<&'static str>,
    vacant_without_ns: Option<u64>,
    helps: bool,
}

fn document(
    plan: &Plan,
    report: &Report,
    broken: &BrokenRules,
    all: &[Explained],
) -> Result<String, Failure> {
    let spans = all.iter().map(|explained| SpanOut {
        span: explained.number,
        from_ns: explained.span.from.nanos(),
        vacant_ns: explained.span.vacant.nanos(),
        cause: explained.span.why.cause,
        candidacies: &explained.span.why.candidacies,
        remedy: runner::remedy(explained.span.why.cause).map(|(_, words)| words),
        vacant_without_ns: explained.tried.and_then(|tried| tried.vacant).map(Duration::nanos),
        helps: explained.helps(),
    });
    let document = serde_json::json!({
        "format": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": plan.name,
        "seed": plan.seed.to_string(),
        "implementation": plan.cluster.implementation.name(),
        "digest": report.digest,
        "panicked": report.panicked,
        "violations": broken.told.iter().map(broken_rule::value).collect::<Vec<_>>(),
        "more_violations": broken.more,
        "spans": spans.collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&document).map_err(anyhow::Error::from)? + "\n")
}

fn causes(tallies: &BTreeMap<Cause, Tally>) -> Result<String, Failure> {
    let rows = tallies.iter().map(|(cause, tally)| {
        serde_json::json!({
            "cause": cause,
            "spans": tally.spans,
            "vacant_ns": tally.time.nanos(),
            "tried": tally.tried,
            "helped": tally.helped,
        })
    });
    let document = serde_json::json!({
        "format": 1, "version": env!("CARGO_PKG_VERSION"), "causes": rows.collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&document).map_err(anyhow::Error::from)? + "\n")
}
