//! Many runs, at the same time and reported in their order.

use super::super::cases::Cases;
use super::super::inputs::Scenario;
use super::super::{Failure, Output, Status};
use super::{
    Arguments, FILED, Work, begin_report, kind_name, printed, second, settle, status, threads, timed,
    write_not_run, write_report, write_run_report,
};
use crate::plan::Implementation;
use crate::report::batch::{self, Batch, Figures, Total};
use crate::report::format::counted;
use crate::report::{Host, Interruption, Judges, Report, Timeline, html, json, markdown, text, with_other};
use crate::runner::{self, Checkpoints, Options, Progress};
use crate::trace::Observer;
use anyhow::anyhow;
use std::ops::ControlFlow;
use std::path::Path;

pub(super) fn run(work: &Work, arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    begin_report(arguments.report.as_deref())?;
    if arguments.report.is_some() {
        refuse_same_names(work)?;
    }
    runner::report_when_interrupted();
    let jobs = threads(arguments.jobs);
    let mut results = Results::new(work, arguments, output);
    let ((), wall_ns) = timed(|| {
        let piece = |number| Ran::of(work, number, arguments);
        runner::in_order(jobs, work.count(), piece, |number, ran| results.take(number, ran));
    });
    results.end(wall_ns);
    let of_usage = if work.not_run.is_empty() { Status::Held } else { Status::BadInput };
    let of_work = if results.interruption().is_some() { Status::Failed } else { Status::Held };
    let status = status(results.total.verdict).worst(of_usage).worst(of_work);
    Ok(settle(status, &results.troubles, output))
}

/// Reports are named after scenario files, so that two files of one name would overwrite each other's.
fn refuse_same_names(work: &Work) -> Result<(), Failure> {
    let paths = work.scenarios.iter().map(|it| it.path.as_path());
    let paths: Vec<&Path> = paths.chain(work.not_run.iter().map(|it| Path::new(&it.file))).collect();
    for (at, one) in paths.iter().enumerate() {
        if let Some(other) = paths[..at].iter().find(|other| other.file_stem() == one.file_stem()) {
            let text = format!(
                "error: the reports of {} and {} would have the same name\nhelp: write them into different folders",
                other.display(),
                one.display()
            );
            return Err(Failure::BadInput(text));
        }
    }
    Ok(())
}

/// What is handed on of a run: its report only where somebody will want it.
struct Ran {
    figures: Figures,
    element: Option<String>,
    report: Option<Report>,
    trouble: Option<anyhow::Error>,
}

impl Ran {
    /// Makes a run.
    fn of(work: &Work, number: u64, arguments: &Arguments) -> Self {
        let (scenario, plan) = work.piece(number);
        let mut judges = Judges::new(&plan).stopping_at_violation(arguments.fail_fast);
        let mut checkpoints = Checkpoints::default();
        let disturbance = arguments.inject_nondeterminism.then(second::wall_clock_noise);
        let options = Options { disturbance, ..Options::default() };
        let shows = arguments.report.is_some() && work.seeds.is_none();
        let mut timeline = shows.then(|| Timeline::new(&plan));
        let mut others: Vec<&mut dyn Observer> = Vec::new();
        others.extend(arguments.check_determinism.then_some(&mut checkpoints as &mut dyn Observer));
        others.extend(timeline.as_mut().map(|timeline| timeline as &mut dyn Observer));
        let mut outcome = runner::judge(&plan, &mut judges, &mut others, &options);
        let evidence = runner::evidence(&plan, &judges, &options);
        outcome.file = Some(scenario.name());
        let mut trouble = None;
        if arguments.check_determinism {
            match second::Again::of(arguments, &scenario.path, &plan).compare(&checkpoints.finish()) {
                Ok(difference) => outcome.nondeterminism = difference,
                Err(error) => trouble = Some(error),
            }
        }
        let timeline = timeline.map(|timeline| timeline.all(outcome.end));
        let report = Report { timeline, evidence, ..Report::new(&plan, &judges, outcome) };
        let wanted = report.failed() && !arguments.json || arguments.report.is_some() && work.seeds.is_none();
        Self {
            figures: Figures::of(&report),
            element: arguments.json.then(|| json::element(&report)),
            report: wanted.then_some(report),
            trouble,
        }
    }
}

/// What the runs so far came to.
struct Results<'a> {
    work: &'a Work,
    arguments: &'a Arguments,
    output: &'a Output,
    progress: Option<Progress>,
    total: Total,
    /// The runs of the current file, where there are many of each.
    batch: Option<(&'a Scenario, Batch)>,
    /// The runs, where there is one of each file.
    rows: Vec<Figures>,
    /// Those of them that failed.
    failed: Vec<Report>,
    troubles: Vec<anyhow::Error>,
    cases: Cases,
    /// Whether nothing is printed any more, since it can't be.
    is_mute: bool,
    has_printed: bool,
}

impl<'a> Results<'a> {
    fn new(work: &'a Work, arguments: &'a Arguments, output: &'a Output) -> Self {
        Self {
            work,
            arguments,
            output,
            progress: (!arguments.quiet).then(|| Progress::of_runs(work.count())),
            total: Total { not_run: work.not_run.len() as u64, ..Total::default() },
            batch: None,
            rows: Vec::new(),
            failed: Vec::new(),
            troubles: Vec::new(),
            cases: Cases::default(),
            is_mute: false,
            has_printed: false,
        }
    }

    /// Takes the next run. After the first that failed nothing may be wanted any more, and after an interrupt nothing is.
    fn take(&mut self, number: u64, ran: Ran) -> ControlFlow<()> {
        let Ran { figures, element, report, trouble } = ran;
        let is_cut = runner::was_interrupted();
        if is_cut && trouble.is_some() {
            // A terminal interrupts the second process as well: nobody knows whether the runs differ.
            return ControlFlow::Break(());
        }
        let scenario = &self.work.scenarios[(number / self.work.seeds()) as usize];
        self.total.add(figures.verdict, figures.digest.value());
        self.troubles.extend(trouble.map(|trouble| trouble.context(format!("seed {}", figures.seed))));
        if let Some(element) = element {
            let before = if number == 0 { json::opening() } else { ",".into() };
            self.print(&(before + &element));
        }
        self.cases.add(&scenario.name(), &figures);
        let failed = figures.failed();
        if failed {
            self.tell_failure(scenario, &figures);
        }
        if let Some(progress) = &self.progress {
            progress.step();
        }
        let ends = failed && self.arguments.fail_fast;
        match &self.work.seeds {
            None => self.take_row(scenario, figures, report),
            Some(seeds) => {
                let fresh = || (scenario, Batch::new(&scenario.plan, scenario.name(), seeds.clone()));
                self.batch.get_or_insert_with(fresh).1.add(&figures, report);
                if (number + 1).is_multiple_of(self.work.seeds()) {
                    self.end_batch();
                }
            }
        }
        if ends || is_cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn tell_failure(&self, scenario: &Scenario, figures: &Figures) {
        let annotate = || self.output.annotations().failed_run(&scenario.name(), figures);
        match &self.progress {
            Some(progress) if self.output.annotations().are_wanted() => progress.suspend(annotate),
            _ => annotate(),
        }
        if let Some(progress) = &self.progress {
            progress.failed(self.total.failed);
        }
    }

    fn take_row(&mut self, scenario: &Scenario, figures: Figures, report: Option<Report>) {
        let Some(report) = report else { return self.rows.push(figures) };
        if let Some(folder) = &self.arguments.report {
            self.troubles.extend(write_run_report(folder, &scenario.path, &report).err());
        }
        if figures.failed() && !self.arguments.json {
            self.failed.push(report);
        }
        self.rows.push(figures);
    }

    /// No more runs of a file will come.
    fn end_batch(&mut self) {
        let Some((scenario, mut batch)) = self.batch.take() else { return };
        if self.interruption().is_some() {
            batch.interrupt();
        }
        if let Some(folder) = &self.arguments.report {
            let mut forms = vec![
                ("txt", batch.render(&FILED, false)),
                ("json", batch.document() + "\n"),
                ("md", markdown::render_batch(&batch, &kind_name)),
                ("html", html::render_batch(&batch, &kind_name)),
            ];
            forms.extend(html::picture_batch(&batch).map(|picture| ("svg", picture)));
            self.troubles.extend(write_report(folder, &scenario.path, &forms).err());
        }
        if !self.arguments.json {
            self.section(&batch.render(&printed(self.output), self.arguments.quiet));
        }
    }

    /// After how many of the runs an interrupt came, if it came before the last.
    fn interruption(&self) -> Option<Interruption> {
        let (made, asked) = (self.total.runs, self.work.count());
        // Whoever wants no run after the first that failed has all.
        let is_over = made == asked || self.total.failed > 0 && self.arguments.fail_fast;
        let is_cut = !is_over && runner::was_interrupted();
        is_cut.then_some(Interruption { runs: made, planned: Some(asked) })
    }

    /// Prints and writes what comes after the last run.
    fn end(&mut self, wall_ns: u64) {
        self.end_batch();
        self.progress = None;
        self.print_end(wall_ns);
        self.output.annotations().end();
        let mut statement = format!("{} of {} failed", self.total.failed, counted(self.total.runs, "run"));
        let interruption = self.interruption();
        if let Some(interruption) = &interruption {
            statement += &format!("; {interruption}");
            self.add_not_made(interruption);
        }
        statement += &self.tell_not_run();
        let junit = self.arguments.junit.as_deref();
        self.cases.end(("squall run", &statement), junit, self.output, &mut self.troubles);
        if self.arguments.check_determinism && self.troubles.is_empty() {
            let runs = self.total.runs;
            self.output.diagnose(&format_args!("determinism: second processes made {runs} runs again"));
        }
        if let Some(interruption) = &interruption {
            self.output.diagnose(interruption);
        }
    }

    /// Adds a case for each scenario some of whose runs were not made.
    fn add_not_made(&mut self, interruption: &Interruption) {
        let (mut made, seeds) = (self.total.runs, self.work.seeds());
        for scenario in &self.work.scenarios {
            let of_these = made.min(seeds);
            made -= of_these;
            let Scenario { plan, .. } = scenario;
            let name = format!("{}{}", plan.name, with_other(plan.cluster.implementation));
            match seeds - of_these {
                0 => {}
                left if left == seeds => self.cases.add_not_made(name, scenario.name(), interruption),
                left => {
                    let name = format!("{name}, {}", counted(left, "more seed"));
                    self.cases.add_not_made(name, scenario.name(), interruption);
                }
            }
        }
    }

    /// Prints what comes after the last run.
    fn print_end(&mut self, wall_ns: u64) {
        let not_run = &self.work.not_run;
        let form = printed(self.output);
        if self.arguments.json {
            let before = if self.total.runs == 0 { json::opening() } else { String::new() };
            self.print(&(before + &json::closing(not_run, self.interruption(), &Host { wall_ns }) + "\n"));
        } else if self.work.count() > 0 {
            if !self.rows.is_empty() && !self.arguments.quiet {
                self.section(&batch::table(&self.rows, &form));
            }
            for report in std::mem::take(&mut self.failed) {
                self.section(&text::render_among_others(&report, &form));
            }
            if !not_run.is_empty() {
                self.section(&batch::not_run(not_run, self.implementation(), &form));
            }
            self.section(&self.total.render(&form));
        }
    }

    /// Whose Raft was named in the call.
    fn implementation(&self) -> Implementation {
        self.arguments.whose.implementation.unwrap_or_default()
    }

    /// Tells and writes which scenarios were not run; returns what a statement about the runs says of that.
    fn tell_not_run(&mut self) -> String {
        let not_run = &self.work.not_run;
        if not_run.is_empty() {
            return String::new();
        }
        let implementation = self.implementation();
        for it in not_run {
            self.cases.add_not_run(it, implementation);
            if let Some(folder) = &self.arguments.report {
                self.troubles.extend(write_not_run(folder, it, implementation).err());
            }
        }
        let scenarios = counted(not_run.len() as u64, "scenario");
        // Where there are no others, each was told with its place.
        if self.work.count() > 0 {
            let asks = if not_run.len() == 1 { "it asks" } else { "they ask" };
            self.output.diagnose(&format_args!(
                "error: {scenarios} not run, since `{name}` can't express what {asks} for\nhelp: `squall check \
                 --implementation {name}` shows the place of each",
                name = implementation.name()
            ));
        }
        format!("; {scenarios} not run")
    }

    /// Prints text with an empty line before it, unless it is the first.
    fn section(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let gap = if std::mem::replace(&mut self.has_printed, true) { "\n" } else { "" };
        self.print(&format!("{gap}{text}"));
    }

    fn print(&mut self, text: &str) {
        if self.is_mute {
            return;
        }
        let print = || self.output.print(text);
        let printed = match &self.progress {
            Some(progress) => progress.suspend(print),
            None => print(),
        };
        if let Err(error) = printed {
            self.is_mute = true;
            self.troubles.push(anyhow!(error));
        }
    }
}
