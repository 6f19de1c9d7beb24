//! What many random runs came to, for people and for programs.

use super::campaign::{self, Campaign, Regression};
use super::covered::Covered;
use super::signature::Signature;
use crate::report::batch::Total;
use crate::report::format::{at_most, count, counted, moment, percent, short, wrap};
use crate::report::page::{BAD, FAINT, Grid, ODD, Page, TITLE};
use crate::report::text::Form;
use crate::report::{Group, Host, Interruption, Point, RunVerdict, json};
use crate::trace::Digest;
use serde::Serialize;
use std::collections::BTreeMap;

impl Campaign {
    /// The summary as text. With `brief` only what failed and the last lines.
    pub fn render(&self, form: &Form<'_>, brief: bool) -> String {
        let mut page = Page::new(form);
        if !brief {
            let title = page.styled(TITLE, &self.profile);
            let shard = if self.shard.is_whole() { String::new() } else { format!(", shard {}", self.shard) };
            page.text += &format!(
                "{title}  random runs{}, seeds {}..{}{shard}\n\n",
                self.with(),
                self.first,
                self.end
            );
            self.totals(&mut page);
            self.what_was_drawn(&mut page);
            self.what_was_left_out(&mut page);
        }
        if let Some(covered) = &self.covered {
            page.coverage(&covered.reached());
            page.paragraph(&covered.statement(), FAINT);
        }
        if !self.regressions.is_empty() {
            self.what_became_of_regressions(&mut page, brief);
        }
        if !self.groups.is_empty() {
            self.findings(&mut page);
        }
        if !page.text.is_empty() {
            page.text.push('\n');
        }
        page.text += &self.statement();
        page.text.push('\n');
        page.text += &Total { verdict: self.verdict(), ..self.total }.render(form);
        page.text
    }

    fn what_became_of_regressions(&self, page: &mut Page<'_>, brief: bool) {
        let stale = self.regressions.iter().filter(|it| it.stale).count();
        let failed = self.regressions.iter().filter(|it| it.figures.failed()).count();
        let held = self.regressions.len() - stale - failed;
        if brief && stale + failed == 0 {
            return;
        }
        page.heading("Regressions", &format!("held: {held}, stale: {stale}, failed: {failed}"));
        for regression in self.regressions.iter().filter(|it| it.stale || it.figures.failed() || !brief) {
            let how = match &regression.failure {
                Some(failure) => page.styled(BAD, &failure.signature.to_string()),
                None if regression.stale => {
                    page.styled(ODD, "stale: passes, but as another run than the one found")
                }
                None => regression.figures.verdict.to_string(),
            };
            page.text += &format!("  {}: {how}\n", regression.file);
            if let Some(replay) = &regression.figures.replay {
                page.text += &format!("  replay: {replay}\n");
            }
        }
    }

    pub(super) fn totals(&self, page: &mut Page<'_>) {
        let ended = self.verdicts.iter().map(|(verdict, runs)| format!("{verdict}: {}", count(*runs)));
        let mut grid = Grid { right: vec![1], ..Grid::default() };
        let rows = [
            ("runs", count(self.total.runs), ended.collect::<Vec<_>>().join("; ")),
            ("simulated", short(self.simulated), "virtual time of all runs".into()),
            ("faults", count(self.faults), "that happened".into()),
            ("elections", count(self.elections), "how often a node became leader of a term".into()),
        ];
        let room = page.room() - 30;
        for (name, value, meaning) in rows {
            grid.rows.push(vec![name.into(), value, wrap(&meaning, room)]);
        }
        page.grid(&grid);
    }

    pub(super) fn what_was_drawn(&self, page: &mut Page<'_>) {
        page.heading("Drawn", "in how many of the runs");
        let cells: Vec<[String; 3]> = self
            .drawn
            .iter()
            .map(|(drawn, runs)| {
                let share = *runs as f64 / self.total.runs.max(1) as f64;
                [drawn.name().to_owned(), count(*runs), percent(share)]
            })
            .collect();
        let half = cells.len().div_ceil(2);
        let mut grid = Grid { right: vec![1, 2, 4, 5], ..Grid::default() };
        for at in 0..half {
            let right = cells.get(at + half).cloned().unwrap_or_default();
            let [name, runs, share] = right;
            let name = if name.is_empty() { name } else { format!("  {name}") };
            grid.rows.push([cells[at].to_vec(), vec![name, runs, share]].concat());
        }
        page.grid(&grid);
    }

    /// What was drawn and can't be expressed: runs say nothing of it.
    pub(super) fn what_was_left_out(&self, page: &mut Page<'_>) {
        if self.left_out.is_empty() {
            return;
        }
        let name = self.implementation.name();
        page.heading("Left out", &format!("{name} can't express it; in how many of the runs it was drawn"));
        let mut grid = Grid { right: vec![1, 2], names: &["drawn", "runs", "share"], ..Grid::default() };
        for (switch, runs) in &self.left_out {
            let share = *runs as f64 / self.total.runs.max(1) as f64;
            grid.rows.push(vec![switch.clone(), count(*runs), percent(share)]);
        }
        page.grid(&grid);
    }

    fn findings(&self, page: &mut Page<'_>) {
        let ways = match self.groups.len() {
            1 => "1 way of failing".to_owned(),
            ways => format!("{ways} ways of failing"),
        };
        page.heading("Findings", &ways);
        for (signature, group) in &self.groups {
            let name = page.styled(BAD, &signature.to_string());
            page.text +=
                &format!("  {name}: {}, first with seed {}\n", counted(group.count, "run"), group.first);
            let smallest = format!(
                "the smallest with seed {}: failed at {} after {}",
                group.seed,
                moment(group.at),
                counted(group.faults, "fault")
            );
            page.paragraph(&format!("  {smallest}"), FAINT);
            page.text += &format!("  replay: {}\n", self.replay(group.seed));
        }
    }

    /// What the runs show, in one sentence. If none of n seeds fails, then with 95 % confidence at most 3 in n do (the rule
    /// of three).
    pub fn statement(&self) -> String {
        let seeds = counted(self.total.runs, "seed");
        let shown = match (self.total.failed, self.total.runs) {
            (_, 0) => "no run was made".to_owned(),
            (0, 1..=3) => format!("no failure in {seeds}"),
            (0, made) => {
                format!("no failure in {seeds}: at most {} of seeds fail (95 %)", at_most(3.0 / made as f64))
            }
            (failed, _) => format!("{} of {seeds} failed", count(failed)),
        };
        let of = |what: &str, is: fn(&&Regression) -> bool| match self.regressions.iter().filter(is).count() {
            0 => String::new(),
            some => format!("; {some} of {} {what}", counted(self.regressions.len() as u64, "regression")),
        };
        shown + &of("failed", |it| it.figures.failed()) + &of("stale", |it| it.stale)
    }

    /// The same, and what it is a statement about.
    pub fn statement_with_origin(&self) -> String {
        let shard = if self.shard.is_whole() { String::new() } else { format!(", shard {}", self.shard) };
        let version = env!("CARGO_PKG_VERSION");
        format!(
            "{} (squall {version}, profile {}{}, seeds {}..{}{shard})",
            self.statement(),
            self.profile,
            self.with(),
            self.first,
            self.end
        )
    }

    /// The summary as a JSON document, without what differs from machine to machine but for `host`. `files` are those
    /// that were written about each group.
    pub fn document(&self, files: &BTreeMap<Signature, String>, host: &Host) -> String {
        let finding = |(signature, group): (&Signature, &campaign::Group)| Found {
            signature: signature.to_string(),
            runs: group.count,
            first_seed: group.first.to_string(),
            after_runs: group.after,
            after_simulated_ns: group.simulated.nanos(),
            smallest: Smallest {
                seed: group.seed.to_string(),
                faults: group.faults,
                at_ns: group.at.nanos(),
                reason: group.reason.clone(),
                digest: format!("{:032x}", group.digest),
                replay: self.replay(group.seed),
                file: files.get(signature).cloned(),
            },
        };
        let again = |regression: &Regression| Again {
            file: regression.file.clone(),
            verdict: regression.figures.verdict,
            signature: regression.failure.as_ref().map(|failure| failure.signature.to_string()),
            stale: regression.stale,
            digest: regression.figures.digest,
        };
        json::indented(
            &Document {
                format: 1,
                version: env!("CARGO_PKG_VERSION"),
                profile: &self.profile,
                implementation: self.implementation.name(),
                seeds: [self.first.to_string(), self.end.to_string()],
                shard: (!self.shard.is_whole()).then(|| self.shard.to_string()),
                missing: self
                    .missing
                    .iter()
                    .map(|seeds| [seeds.start, seeds.end].map(|seed| seed.to_string()))
                    .collect(),
                runs: self.total.runs,
                interrupted: self.interrupted,
                failed: self.total.failed,
                verdict: self.verdict(),
                digest: self.total.digest,
                verdicts: self.verdicts.iter().map(|(verdict, runs)| (*verdict, *runs)).collect(),
                simulated_ns: self.simulated.nanos(),
                faults: self.faults,
                elections: self.elections,
                drawn: self.drawn.iter().map(|(drawn, runs)| (drawn.name(), *runs)).collect(),
                left_out: &self.left_out,
                findings: self.groups.iter().map(finding).collect(),
                regressions: self.regressions.iter().map(again).collect(),
                coverage: self.covered.as_ref().map(Coverage::of),
                host,
            },
            "",
        )
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    version: &'static str,
    profile: &'a str,
    implementation: &'static str,
    seeds: [String; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
    /// Seeds that were asked for and have no run, as ranges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<[String; 2]>,
    runs: u64,
    /// Left out if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<Interruption>,
    failed: u64,
    verdict: RunVerdict,
    digest: Digest,
    verdicts: BTreeMap<RunVerdict, u64>,
    simulated_ns: u64,
    faults: u64,
    elections: u64,
    drawn: BTreeMap<&'static str, u64>,
    /// What was drawn and can't be expressed, and in how many runs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    left_out: &'a BTreeMap<String, u64>,
    findings: Vec<Found>,
    regressions: Vec<Again>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Coverage>,
    host: &'a Host,
}

/// What was reached by how many runs, and what never.
#[derive(Serialize)]
struct Coverage {
    reached: BTreeMap<Group, BTreeMap<String, Times>>,
    never: BTreeMap<Group, Vec<Point>>,
    /// Of what has to happen what did not.
    missing: Vec<String>,
    /// In how many of the last runs nothing new was reached.
    level_for: u64,
    complete: bool,
}

#[derive(Serialize)]
struct Times {
    runs: u64,
    first_seed: String,
}

impl Coverage {
    fn of(covered: &Covered) -> Self {
        let mut reached: BTreeMap<Group, BTreeMap<String, Times>> = BTreeMap::new();
        for (point, times) in covered.points() {
            let times = Times { runs: times.runs, first_seed: times.first_seed.to_string() };
            reached.entry(point.group()).or_default().insert(point.to_string(), times);
        }
        let mut never: BTreeMap<Group, Vec<Point>> = BTreeMap::new();
        for point in covered.never() {
            never.entry(point.group()).or_default().push(point);
        }
        let missing = covered.missing().iter().map(|event| format!("{event:?}")).collect();
        Self { reached, never, missing, level_for: covered.level_for(), complete: covered.is_complete() }
    }
}

impl Covered {
    /// Whether all that has to happen did, and whether anything new still comes.
    pub fn statement(&self) -> String {
        let missing: Vec<String> = self.missing().iter().map(|event| format!("{event:?}")).collect();
        let gates = match missing.is_empty() {
            true => String::new(),
            false => format!(
                "Of what the profile wants to happen sometimes this never did: {}. ",
                missing.join(", ")
            ),
        };
        let level = match self.is_level() {
            true => "it has levelled off".to_owned(),
            false => {
                let left = self.level_after() - self.level_for();
                format!("after {} more without anything new it has levelled off", count(left))
            }
        };
        gates + &format!("Nothing new in the last {}: {level}.", counted(self.level_for(), "run"))
    }
}

#[derive(Serialize)]
struct Found {
    signature: String,
    runs: u64,
    first_seed: String,
    after_runs: u64,
    after_simulated_ns: u64,
    smallest: Smallest,
}

#[derive(Serialize)]
struct Again {
    file: String,
    verdict: RunVerdict,
    signature: Option<String>,
    stale: bool,
    digest: Digest,
}

#[derive(Serialize)]
struct Smallest {
    seed: String,
    faults: u64,
    at_ns: u64,
    reason: Option<String>,
    digest: String,
    replay: String,
    file: Option<String>,
}
