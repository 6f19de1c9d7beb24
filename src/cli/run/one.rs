//! One run, reported in full.

use super::super::cases::Cases;
use super::super::inputs::Scenario;
use super::super::{Failure, Output, Status};
use super::{
    Arguments, begin_report, focus, printed, second, settle, status, timed, trace, write_run_report,
};
use crate::plan::Plan;
use crate::report::batch::Figures;
use crate::report::with_other;
use crate::report::{Coverage, Host, Judges, Reached, Report, Timeline, json, text};
use crate::runner::{self, Checkpoints, Options, Progress};
use crate::time::Time;
use crate::trace::{Focus, Focused, Observer, Record};

pub(super) fn run(
    scenario: &Scenario,
    plan: &Plan,
    arguments: &Arguments,
    output: &Output,
) -> Result<Status, Failure> {
    let closer = &arguments.closer;
    let focus = focus::parse(&closer.focus, plan)?;
    let prints = closer.trace.is_none() && !closer.focus.is_empty();
    if prints && arguments.json {
        let text =
            "error: --focus prints records, which can't stand in a JSON document\nhelp: add --trace FILE";
        return Err(Failure::BadInput(text.into()));
    }
    let trace =
        closer.trace.as_deref().map(|path| trace::Target::begin(path, closer.trace_format, &scenario.path));
    let mut trace = trace.transpose()?.map(|target| Focused::new(focus.clone(), target));
    let history = closer.history.as_deref().map(|path| trace::Target::history(path, &scenario.path));
    let mut history = history.transpose()?;
    begin_report(arguments.report.as_deref())?;

    let mut judges = Judges::new(plan).stopping_at_violation(arguments.fail_fast);
    let mut checkpoints = Checkpoints::default();
    let mut coverage = closer.coverage.then(|| Coverage::new(plan.cluster.nodes()));
    let mut timeline = arguments.report.is_some().then(|| Timeline::new(plan));
    let mut printer = Printer { focus, output, lines: String::new(), printed: 0, failed: None };
    let options = Options {
        // Records that are printed would be torn by a bar.
        progress: (!arguments.quiet && !prints).then(|| Progress::of_run(&plan.name)),
        disturbance: arguments.inject_nondeterminism.then(second::wall_clock_noise),
        until: closer.until.map(|until| Time::ZERO + until),
        software: None,
    };
    let (mut outcome, wall_ns) = {
        let mut others: Vec<&mut dyn Observer> = Vec::new();
        others.extend(trace.as_mut().map(|trace| trace as &mut dyn Observer));
        others.extend(history.as_mut().map(|history| history as &mut dyn Observer));
        others.extend(coverage.as_mut().map(|coverage| coverage as &mut dyn Observer));
        others.extend(timeline.as_mut().map(|timeline| timeline as &mut dyn Observer));
        others.extend(prints.then_some(&mut printer as &mut dyn Observer));
        others.extend(arguments.check_determinism.then_some(&mut checkpoints as &mut dyn Observer));
        timed(|| runner::judge(plan, &mut judges, &mut others, &options))
    };
    let evidence = runner::evidence(plan, &judges, &options);
    drop(options);
    outcome.file = Some(scenario.name());
    let mut troubles = Vec::from_iter(printer.end(prints).err());
    if arguments.check_determinism {
        let again = second::Again::of(arguments, &scenario.path, plan);
        match again.compare(&checkpoints.finish()) {
            Ok(None) => output.diagnose(&"determinism: a second process made the same records"),
            Ok(difference) => outcome.nondeterminism = difference,
            Err(trouble) => troubles.push(trouble),
        }
    }
    let coverage = coverage.map(|seen| Reached::new(seen.into_reached(), runner::out_of_reach(plan)));
    let timeline = timeline.map(|timeline| timeline.all(outcome.end));
    let report = Report { coverage, timeline, evidence, ..Report::new(plan, &judges, outcome) };
    // Whatever can't be written now must not cost the verdict.
    troubles.extend(print(&report, &Host { wall_ns }, arguments, output).err());
    if let Some(trace) = trace {
        troubles.extend(trace.into_observer().end().err());
    }
    if let Some(history) = history {
        troubles.extend(history.end().err());
    }
    if let Some(folder) = &arguments.report {
        troubles.extend(write_run_report(folder, &scenario.path, &report).err());
    }
    let figures = Figures::of(&report);
    if report.failed() {
        output.annotations().failed_run(&scenario.name(), &figures);
    }
    let mut cases = Cases::default();
    cases.add(&scenario.name(), &figures);
    let statement =
        format!("{}, seed {}{}: {}", plan.name, plan.seed, with_other(report.implementation), report.verdict);
    cases.end(("squall run", &statement), arguments.junit.as_deref(), output, &mut troubles);
    Ok(settle(status(report.verdict), &troubles, output))
}

fn print(report: &Report, host: &Host, arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    if arguments.json {
        output.print(format_args!("{}\n", json::document(std::slice::from_ref(report), host)))
    } else if arguments.quiet && !report.failed() {
        output.print(text::render_end(report, &printed(output)))
    } else {
        output.print(text::render(report, None, &printed(output)))
    }
}

/// Prints the records of interest, some lines at a time.
struct Printer<'a> {
    focus: Focus,
    output: &'a Output,
    lines: String,
    /// How many records were printed.
    printed: u64,
    failed: Option<anyhow::Error>,
}

impl Printer<'_> {
    fn print(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if self.failed.is_none() {
            self.failed = self.output.print(lines).err();
        }
    }

    /// Prints what is left, and an empty line before what follows.
    fn end(mut self, prints: bool) -> anyhow::Result<()> {
        if !self.lines.is_empty() {
            self.lines.push('\n');
            self.print();
        }
        if prints && self.printed == 0 {
            self.output.diagnose(&"no record of this run fits the focus");
        }
        self.failed.map_or(Ok(()), Err)
    }
}

impl Observer for Printer<'_> {
    fn observe(&mut self, record: &Record) {
        const SOME: usize = 16 << 10;
        if self.focus.takes(record) {
            self.lines += record.line(&super::kind_name).trim_end();
            self.lines.push('\n');
            self.printed += 1;
            if self.lines.len() > SOME {
                self.print();
            }
        }
    }
}
