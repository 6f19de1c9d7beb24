//! `squall gallery`: the planted bugs, who catches them, and how soon.

use super::inputs::profile;
use super::numbers::between;
use super::run::{printed, threads};
use super::{Failure, Output, Status};
use crate::plan::Profile;
use crate::report::format::{count, counted, moment, short};
use crate::report::page::{BAD, FAINT, GOOD, Grid, Page, TITLE};
use crate::runner::gallery::{Exhibit, Found, GALLERY, Shown, Verdict, hunt};
use crate::runner::{Progress, in_order};
use crate::scenario::Errors;
use crate::time::Duration;
use clap::builder::PossibleValuesParser;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// Arguments of `squall gallery`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The bugs, such as CommitOldTermByCount; by default all of them.
    #[arg(value_name = "BUG", value_parser = names(), hide_possible_values = true, ignore_case = true)]
    bugs: Vec<String>,
    /// The profile in whose runs they are looked for: one that comes with Squall, or a file of yours.
    #[arg(long, value_name = "PROFILE", default_value = "default")]
    profile: String,
    /// How often each bug is looked for in random runs, from seeds 10,000 apart; 0 for the scripts alone.
    #[arg(long, value_name = "N", default_value = "20", value_parser = between(0, 1000))]
    starts: u64,
    /// How many seeds a hunt may take.
    #[arg(long, value_name = "N", default_value = "5000", value_parser = between(1, APART))]
    within: u64,
    /// How many hunts go on at a time; by default as many as there are cores. What is printed does not depend on it.
    #[arg(long, value_name = "N", value_parser = super::run::jobs)]
    jobs: Option<NonZeroUsize>,
    /// Print the table as one JSON document.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  squall gallery
  squall gallery --starts 1 --within 1000
  squall gallery CommitOldTermByCount --json

Each bug has a script, scenarios/bugs/*.ron, in which what it is known to break has to be seen, and the same run without \
the bug must not break it. Then it is planted into random runs, and the seeds and the simulated time until the first one \
fails are counted. Exit code 0: each bug was caught, by its script and in half of the hunts at the least. 1: one survived.";

/// How far the first seeds of two hunts are apart.
const APART: u64 = 10_000;

/// The names of all bugs.
fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(GALLERY.iter().map(|exhibit| exhibit.name))
}

pub(super) fn gallery(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let asked = |exhibit: &Exhibit| {
        let is_it = |name: &String| name.eq_ignore_ascii_case(exhibit.name);
        arguments.bugs.is_empty() || arguments.bugs.iter().any(is_it)
    };
    let exhibits: Vec<Exhibit> = GALLERY.into_iter().filter(asked).collect();
    let profile = profile(&arguments.profile, output)?;
    let gallery = look(&exhibits, &profile, arguments).map_err(|errors| anyhow::anyhow!("{errors}"))?;
    if arguments.json {
        let document = Document::of(arguments, profile.name, &gallery);
        let text = serde_json::to_string_pretty(&document).map_err(anyhow::Error::from)?;
        output.print(text + "\n")?;
    } else {
        output.print(table(arguments, &gallery, output))?;
    }
    Ok(if gallery.iter().all(Verdict::caught) { Status::Held } else { Status::Unsafe })
}

/// What a piece of work came to: a script, or a hunt.
enum Piece {
    Script(Result<Shown, Errors>),
    Hunt(Found),
}

/// Runs all scripts, and all hunts.
fn look(exhibits: &[Exhibit], profile: &Profile, arguments: &Arguments) -> Result<Vec<Verdict>, Errors> {
    let each = 1 + arguments.starts;
    let pieces = exhibits.len() as u64 * each;
    let progress = Progress::of_hunts(pieces);
    let piece = |number: u64| {
        let (bug, start) = ((number / each) as usize, number % each);
        match start.checked_sub(1) {
            None => Piece::Script(exhibits[bug].show()),
            Some(start) => Piece::Hunt(hunt(profile, exhibits[bug].bug, start * APART, arguments.within)),
        }
    };
    let (mut shown, mut found) = (Vec::new(), vec![Vec::new(); exhibits.len()]);
    in_order(threads(arguments.jobs), pieces, piece, |number, piece| {
        match piece {
            Piece::Script(script) => shown.push(script),
            Piece::Hunt(hunt) => found[(number / each) as usize].push(hunt),
        }
        progress.step();
        ControlFlow::Continue(())
    });
    let all = exhibits.iter().zip(shown).zip(found);
    all.map(|((exhibit, shown), found)| Ok(Verdict { exhibit: *exhibit, shown: shown?, found })).collect()
}

fn table(arguments: &Arguments, gallery: &[Verdict], output: &Output) -> String {
    let form = printed(output);
    let mut page = Page::new(&form);
    page.text += &format!("{}  planted bugs, and who catches them\n\n", page.styled(TITLE, "Gallery"));
    let hunted = arguments.starts > 0;
    let mut head = vec!["bug", "caught by", "after"];
    head.extend(hunted.then_some(["seeds", "simulated"]).into_iter().flatten());
    let mut grid = Grid { rules: vec![1], right: vec![2, 3, 4], ..Grid::default() };
    grid.right.retain(|column| *column < head.len());
    grid.styles.extend((0..head.len()).map(|column| (0, column, FAINT)));
    grid.rows.push(head.into_iter().map(String::from).collect());
    for (at, verdict) in gallery.iter().enumerate() {
        grid.styles.push((at + 1, 1, if verdict.shown.caught { GOOD } else { BAD }));
        if hunted && verdict.median_seeds().is_none() {
            grid.styles.push((at + 1, 3, BAD));
        }
        grid.rows.push(row(verdict, hunted, arguments.within));
    }
    page.grid(&grid);
    page.text.push('\n');
    page.paragraph(
        "caught by: what the bug has to break in its script, scenarios/bugs/*.ron, and after which time it did; without the \
         bug the same run keeps it.",
        FAINT,
    );
    if hunted {
        let many = counted(arguments.starts, "hunt");
        page.paragraph(
            &format!(
                "seeds, simulated: how many random runs of the profile `{}` it takes until one fails, and how much \
                 virtual time; the median of {many}, each of at most {} seeds.",
                arguments.profile,
                count(arguments.within)
            ),
            FAINT,
        );
    }
    let survivors: Vec<&str> =
        gallery.iter().filter(|verdict| !verdict.caught()).map(|verdict| verdict.exhibit.name).collect();
    let (style, verdict) = match survivors.is_empty() {
        true => (GOOD, format!("all of {} caught", counted(gallery.len() as u64, "bug"))),
        false => {
            (BAD, format!("{} survived: {}", counted(survivors.len() as u64, "bug"), survivors.join(", ")))
        }
    };
    page.text += &format!("\nverdict: {}\n", page.styled(style, &verdict));
    page.text
}

fn row(verdict: &Verdict, hunted: bool, within: u64) -> Vec<String> {
    let Verdict { exhibit, shown, .. } = verdict;
    let by = match shown.at {
        Some(_) if shown.caught => exhibit.breaks.name().into(),
        Some(_) => "not the bug alone".into(),
        None => "nobody".into(),
    };
    let mut row = vec![exhibit.name.into(), by, shown.at.map_or(String::new(), moment)];
    if hunted {
        row.push(verdict.median_seeds().map_or_else(|| format!(">{}", count(within)), count));
        row.push(verdict.median_simulated().map_or_else(String::new, time));
    }
    row
}

/// A span of virtual time, which may be hours.
fn time(span: Duration) -> String {
    const HOUR: u64 = 3600 * 1_000_000_000;
    match span.nanos() {
        0..HOUR => short(span),
        nanos => format!("{:.1}h", nanos as f64 / HOUR as f64),
    }
}

/// The table for programs.
#[derive(Serialize)]
struct Document {
    format: u32,
    version: &'static str,
    profile: String,
    starts: u64,
    within: u64,
    caught: bool,
    bugs: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    bug: &'static str,
    breaks: &'static str,
    caught: bool,
    script: Script,
    median_seeds: Option<u64>,
    median_simulated_ns: Option<u64>,
    hunts: Vec<Hunt>,
}

#[derive(Serialize)]
struct Script {
    path: String,
    caught: bool,
    by: Vec<&'static str>,
    at_ns: Option<u64>,
}

#[derive(Serialize)]
struct Hunt {
    /// As text: not every reader of JSON keeps all of its digits.
    seed: String,
    seeds: u64,
    simulated_ns: u64,
    by: Option<String>,
}

impl Document {
    fn of(arguments: &Arguments, profile: String, gallery: &[Verdict]) -> Self {
        Self {
            format: 1,
            version: env!("CARGO_PKG_VERSION"),
            profile,
            starts: arguments.starts,
            within: arguments.within,
            caught: gallery.iter().all(Verdict::caught),
            bugs: gallery.iter().map(Entry::of).collect(),
        }
    }
}

impl Entry {
    fn of(verdict: &Verdict) -> Self {
        let Verdict { exhibit, shown, found } = verdict;
        let hunt = |found: &Found| Hunt {
            seed: found.start.to_string(),
            seeds: found.seeds,
            simulated_ns: found.simulated.nanos(),
            by: found.by.as_ref().map(ToString::to_string),
        };
        Self {
            bug: exhibit.name,
            breaks: exhibit.breaks.name(),
            caught: verdict.caught(),
            script: Script {
                path: exhibit.path(),
                caught: shown.caught,
                by: shown.by.clone(),
                at_ns: shown.at.map(|at| at.nanos()),
            },
            median_seeds: verdict.median_seeds(),
            median_simulated_ns: verdict.median_simulated().map(Duration::nanos),
            hunts: found.iter().map(hunt).collect(),
        }
    }
}
