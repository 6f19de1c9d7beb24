//! What a call came to, case by case, for the pages of CI: as JUnit's XML, and as the summary of a job on GitHub.

use super::annotations::Annotations;
use super::run::begin_reports;
use super::{Failure, Output};
use crate::fuzz::Campaign;
use crate::plan::Implementation;
use crate::report::batch::{Figures, NotRun};
use crate::report::format::{count, counted};
use crate::report::{Interruption, RunVerdict, with_other};
use crate::runner::{self, NewFile};
use anyhow::Context;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::io::Write;
use std::path::{Path, PathBuf};

/// So many seeds are named of a case that failed with many.
const SEEDS: usize = 10;

/// A scenario, or a way of failing.
#[derive(Debug)]
struct Case {
    name: String,
    file: String,
    runs: u64,
    failure: Option<Broken>,
}

/// How a case failed.
#[derive(Debug)]
struct Broken {
    kind: String,
    message: String,
    /// How many runs failed.
    runs: u64,
    /// The commands that make some of them again.
    replays: Vec<String>,
}

impl Broken {
    /// All that is told of it, one thing in a line.
    fn text(&self) -> String {
        let mut lines = vec![self.message.clone()];
        lines.extend(self.replays.iter().map(|replay| format!("replay: {replay}")));
        if let Some(more) = self.runs.checked_sub(self.replays.len() as u64).filter(|more| *more > 0) {
            lines.push(format!("and {} more", counted(more, "run")));
        }
        lines.push(format!("with squall {}", env!("CARGO_PKG_VERSION")));
        lines.join("\n")
    }
}

/// The cases of a call.
#[derive(Debug, Default)]
pub(super) struct Cases(Vec<Case>);

impl Cases {
    /// Before any run: whether the file for them can be written.
    pub(super) fn refuse_unwritable(file: Option<&PathBuf>) -> Result<(), Failure> {
        let folder = file.and_then(|file| file.parent()).filter(|folder| !folder.as_os_str().is_empty());
        let Some(folder) = folder else { return Ok(()) };
        runner::writable_folder(folder).map_err(|error| Failure::BadInput(format!("error: {error}")))
    }

    /// Adds a run of a scenario. Runs of one file are one case.
    pub(super) fn add(&mut self, file: &str, run: &Figures) {
        if self.0.last().is_none_or(|last| last.file != file) {
            let (name, file) =
                (format!("{}{}", run.scenario, with_other(run.implementation)), file.to_owned());
            self.0.push(Case { name, file, runs: 0, failure: None });
        }
        let Some(case) = self.0.last_mut() else { return };
        case.runs += 1;
        if !run.failed() {
            return;
        }
        let reason = run.reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
        let broken = case.failure.get_or_insert_with(|| Broken {
            kind: run.verdict.to_string(),
            message: format!("seed {}: {}{reason}", run.seed, run.verdict),
            runs: 0,
            replays: Vec::new(),
        });
        broken.runs += 1;
        if broken.replays.len() < SEEDS {
            broken.replays.extend(run.replay.clone());
        }
    }

    /// Adds a scenario that was not run, since this implementation can't express it.
    pub(super) fn add_not_run(&mut self, it: &NotRun, implementation: Implementation) {
        let why: Vec<String> = it.cannot_express.iter().map(ToString::to_string).collect();
        let message = format!("{} can't express {}", implementation.name(), why.join("; "));
        let name = format!("{}{}", it.scenario, with_other(implementation));
        let failure = Some(Broken { kind: "not run".into(), message, runs: 0, replays: Vec::new() });
        self.0.push(Case { name, file: it.file.clone(), runs: 0, failure });
    }

    /// Adds runs that an interrupt kept from being made.
    pub(super) fn add_not_made(&mut self, name: String, file: String, interruption: &Interruption) {
        let (kind, message) = ("interrupted".into(), interruption.to_string());
        let failure = Some(Broken { kind, message, runs: 0, replays: Vec::new() });
        self.0.push(Case { name, file, runs: 0, failure });
    }

    /// Those of a campaign: each way of failing, each scenario that was found before, and all runs that did not fail.
    pub(super) fn of(campaign: &Campaign, profile: &str) -> Self {
        let mut cases = Self::default();
        for regression in &campaign.regressions {
            cases.add(&regression.file, &regression.figures);
        }
        let mut told = 0;
        for (signature, group) in &campaign.groups {
            told += group.count;
            let reason = group.reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
            let smallest = format!("{}, the smallest with seed {}", counted(group.count, "run"), group.seed);
            cases.0.push(Case {
                name: signature.to_string(),
                file: profile.to_owned(),
                runs: group.count,
                failure: Some(Broken {
                    kind: "finding".into(),
                    message: format!("{smallest}{reason}"),
                    runs: 1,
                    replays: vec![campaign.replay(group.seed)],
                }),
            });
        }
        let vague = campaign.total.failed - told;
        if vague > 0 {
            let message = format!("{} showed too little for a verdict", counted(vague, "run"));
            let kind = RunVerdict::Vacuous.to_string();
            let failure = Some(Broken { kind, message, runs: 0, replays: Vec::new() });
            cases.0.push(Case { name: "no verdict".into(), file: profile.to_owned(), runs: vague, failure });
        }
        let passed = campaign.total.runs - campaign.total.failed;
        if passed > 0 || cases.0.is_empty() {
            let name = format!("{} of seeds {}..{}", count(passed), campaign.first, campaign.end);
            cases.0.push(Case { name, file: profile.to_owned(), runs: passed, failure: None });
        }
        cases
    }

    /// Annotates those that failed.
    pub(super) fn annotate(&self, annotations: &Annotations) {
        for case in &self.0 {
            let Some(broken) = &case.failure else { continue };
            let replay = broken.replays.first().map(String::as_str);
            annotations.failed(&case.file, &case.name, Some(&broken.message), replay);
        }
        annotations.end();
    }

    /// Writes them for programs that read JUnit's XML.
    pub(super) fn write(&self, name: &str, file: &Path) -> anyhow::Result<()> {
        let mut suite = TestSuite::new(name);
        for case in &self.0 {
            let mut status = match &case.failure {
                None => TestCaseStatus::success(),
                // Nothing failed that was not even run.
                Some(_) if case.runs == 0 => TestCaseStatus::non_success(NonSuccessKind::Error),
                Some(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
            };
            if let Some(broken) = &case.failure {
                status.set_type(&*broken.kind).set_message(&*broken.message).set_description(broken.text());
            }
            let mut junit = TestCase::new(&*case.name, status);
            junit.set_classname(&*case.file).add_property(("runs", &*case.runs.to_string()));
            suite.add_test_case(junit);
        }
        let mut report = Report::new("squall");
        report.add_test_suite(suite);
        let text = report.to_string().context("the cases can't be written as XML")?;
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            begin_reports(Some(folder))?;
        }
        let mut out = NewFile::create(file)?;
        out.write_all(text.as_bytes()).with_context(|| format!("{} can't be written", file.display()))?;
        Ok(out.commit()?)
    }

    /// The summary of a job: what was shown, and what failed.
    pub(super) fn summary(&self, title: &str, statement: &str) -> String {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let mut page = format!("### {}\n\n{}\n", cell(title), cell(statement));
        let failed: Vec<(&Case, &Broken)> =
            self.0.iter().filter_map(|case| Some((case, case.failure.as_ref()?))).collect();
        if !failed.is_empty() {
            page += "\n| failed | how | make it again |\n|---|---|---|\n";
        }
        for (case, broken) in failed {
            let replay = broken.replays.first().map_or(String::new(), |replay| format!("`{}`", cell(replay)));
            page += &format!("| {} | {} | {replay} |\n", cell(&case.name), cell(&broken.message));
        }
        page
    }

    /// Hands them on to whoever is to know of them. `troubles` takes what can't be written.
    pub(super) fn end(
        &self,
        (title, statement): (&str, &str),
        junit: Option<&Path>,
        output: &Output,
        troubles: &mut Vec<anyhow::Error>,
    ) {
        if let Some(file) = junit {
            troubles.extend(self.write(title, file).err());
        }
        troubles.extend(output.annotations().summary(&self.summary(title, statement)).err());
    }
}
