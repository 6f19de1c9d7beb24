//! `squall list`: the scenarios, profiles and studies that come with Squall, wherever it was installed.

use super::run::printed;
use super::{Failure, Output, Status};
use crate::plan::Cluster;
use crate::report::format::wrap;
use crate::report::page::{FAINT, Form, Grid, Page, TITLE};
use crate::scenario::nearest;
use crate::scenario::shipped::{self, SHIPPED};
use crate::scenario::vocabulary::Language;
use include_dir::Dir;
use serde::Serialize;
use std::path::Path;

/// Arguments of `squall list`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print this scenario, profile or study: its path, or its name such as leader-crash.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print the list as one JSON document.
    #[arg(long, conflicts_with = "name")]
    json: bool,
    /// Print, instead, all that scenarios, profiles and studies can say: each field and variant, with an example.
    #[arg(long, conflicts_with_all = ["name", "json"])]
    vocabulary: bool,
}

/// Folders whose files are no scenarios to begin with: input of other commands, and bugs of the past.
const APART: [&str; 3] = ["profiles", "studies", "regressions"];

/// The least room for what is said of each, in characters.
const LEAST_ABOUT: usize = 40;

/// A scenario or profile that comes with Squall.
#[derive(Clone, Serialize)]
struct Shipped {
    path: String,
    name: String,
    about: String,
    duration: Option<crate::time::Duration>,
    voters: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    learners: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spares: Option<u32>,
    #[serde(skip)]
    text: &'static str,
}

pub(super) fn list(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let all = scenarios();
    if arguments.vocabulary {
        let text = |language| crate::scenario::vocabulary::text(language, output.width());
        let all = [Language::Scenario, Language::Profile, Language::Study].map(text);
        output.print(all.join("\n\n"))?;
    } else if let Some(name) = &arguments.name {
        output.print(find(name, &[all, profiles(), studies()].concat())?.text)?;
    } else if arguments.json {
        #[derive(Serialize)]
        struct Document {
            format: u32,
            version: &'static str,
            scenarios: Vec<Shipped>,
            profiles: Vec<Apart>,
            studies: Vec<Apart>,
        }
        #[derive(Serialize)]
        struct Apart {
            path: String,
            name: String,
            about: String,
        }
        let apart = |Shipped { path, name, about, .. }: Shipped| Apart { path, name, about };
        let profiles = profiles().into_iter().map(apart).collect();
        let studies = studies().into_iter().map(apart).collect();
        let version = env!("CARGO_PKG_VERSION");
        let document = Document { format: 1, version, scenarios: all, profiles, studies };
        let text = serde_json::to_string_pretty(&document).map_err(anyhow::Error::from)?;
        output.print(text + "\n")?;
    } else {
        output.print(table(&[all, profiles(), studies()].concat(), &printed(output)))?;
    }
    Ok(Status::Held)
}

/// The profiles that come with Squall, by path.
fn profiles() -> Vec<Shipped> {
    apart("profiles", |text| {
        let profile = crate::scenario::read_profile(text).map(|(profile, _)| profile).ok();
        profile.map_or((String::new(), None), |profile| (profile.about, Some(profile.duration)))
    })
}

/// The studies that come with Squall, by path. Each holds its scenario.
fn studies() -> Vec<Shipped> {
    apart("studies", |text| {
        let study = crate::scenario::read_study(text, &|path| Err(format!("{path} is not here")));
        (study.map_or(String::new(), |(study, _)| study.about), None)
    })
}

/// The files of a folder whose files are no scenarios, by path, with what each says about itself and how long its runs are.
fn apart(folder: &str, about: impl Fn(&str) -> (String, Option<crate::time::Duration>)) -> Vec<Shipped> {
    let folder = SHIPPED.get_dir(folder).into_iter();
    let shipped = |file: &'static include_dir::File<'static>| {
        let text = file.contents_utf8().unwrap_or_default();
        let (about, duration) = about(text);
        Shipped {
            path: Path::new("scenarios").join(file.path()).display().to_string(),
            name: file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            about,
            duration,
            voters: None,
            learners: None,
            spares: None,
            text,
        }
    };
    let mut all: Vec<Shipped> = folder.flat_map(|folder| folder.files()).map(shipped).collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// The text of the profile of this name.
pub(super) fn profile(name: &str) -> Result<&'static str, Failure> {
    shipped::profile(name).ok_or_else(|| {
        let names = shipped::profiles();
        let help = match nearest(name, &names) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("there are {}; a file of your own is named with its path", names.join(", ")),
        };
        Failure::BadInput(format!("error: no profile that comes with Squall is called {name}\nhelp: {help}"))
    })
}

/// All of them, by path; those in no folder first.
fn scenarios() -> Vec<Shipped> {
    let mut all = Vec::new();
    collect(&SHIPPED, &mut all);
    all.sort_by_cached_key(|shipped| (folder(shipped).to_owned(), shipped.path.clone()));
    all
}

fn collect(folder: &'static Dir<'_>, all: &mut Vec<Shipped>) {
    for file in folder.files().filter(|file| file.path().extension().is_some_and(|found| found == "ron")) {
        let text = file.contents_utf8().unwrap_or_default();
        let plan = crate::scenario::read(text).map(|(plan, _)| plan).ok();
        let beside = |count: fn(&Cluster) -> u32| {
            plan.as_ref().map(|plan| count(&plan.cluster)).filter(|count| *count > 0)
        };
        all.push(Shipped {
            path: Path::new("scenarios").join(file.path()).display().to_string(),
            name: file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            about: plan.as_ref().map_or(String::new(), |plan| plan.about.clone()),
            duration: plan.as_ref().map(|plan| plan.duration),
            voters: plan.as_ref().map(|plan| plan.cluster.voters),
            learners: beside(|cluster| cluster.learners),
            spares: beside(|cluster| cluster.spares),
            text,
        });
    }
    for inner in folder.dirs().filter(|inner| !APART.iter().any(|apart| inner.path().ends_with(apart))) {
        collect(inner, all);
    }
}

fn folder(shipped: &Shipped) -> &str {
    shipped.path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn file(shipped: &Shipped) -> &str {
    shipped.path.rsplit_once('/').map_or(&shipped.path, |(_, file)| file)
}

fn find<'a>(name: &str, all: &'a [Shipped]) -> Result<&'a Shipped, Failure> {
    let path = name.trim_start_matches("./").trim_start_matches("scenarios/").trim_end_matches(".ron");
    let is_meant = |shipped: &&Shipped| {
        let of = shipped.path.trim_start_matches("scenarios/").trim_end_matches(".ron");
        shipped.name == name || of == path
    };
    let mut meant = all.iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => Err(Failure::BadInput(format!(
            "error: two scenarios are called {name}\nhelp: write {} or {}",
            one.path, other.path
        ))),
        _ => {
            let names: Vec<&str> = all.iter().flat_map(|shipped| [&*shipped.name, &*shipped.path]).collect();
            let help = match nearest(name, &names) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "`squall list` shows them all".into(),
            };
            Err(Failure::BadInput(format!(
                "error: no scenario that comes with Squall is called {name}\nhelp: {help}"
            )))
        }
    }
}

fn table(all: &[Shipped], form: &Form<'_>) -> String {
    let mut page = Page::new(form);
    let widest =
        |name: fn(&Shipped) -> &str| all.iter().map(|it| name(it).chars().count()).max().unwrap_or(0);
    // Where a path leaves no room, the folder above has to do for it.
    let is_narrow = page.room() < widest(|shipped| &shipped.path) + 2 + LEAST_ABOUT;
    let name: fn(&Shipped) -> &str = if is_narrow { file } else { |shipped| &shipped.path };
    // All folders' columns begin at the same place.
    let width = widest(name);
    let room = page.room().min(120).saturating_sub(width + 2).max(LEAST_ABOUT);
    for group in all.chunk_by(|a, b| folder(a) == folder(b)) {
        if !page.text.is_empty() {
            page.text.push('\n');
        }
        page.text += &format!("{}\n", page.styled(TITLE, folder(&group[0])));
        let mut grid = Grid::default();
        for shipped in group {
            grid.rows
                .push(vec![format!("{:width$}", name(shipped)), wrap(first_sentence(&shipped.about), room)]);
        }
        page.grid(&grid);
    }
    page.text.push('\n');
    page.paragraph("`squall list NAME` prints one, `squall run FILE` runs a scenario, `squall fuzz NAME` runs of a profile, `squall study FILE` a study.", FAINT);
    page.text
}

/// Up to the first mark that ends a sentence; within a number or an abbreviation none does.
fn first_sentence(text: &str) -> &str {
    let ends = |(at, mark): (usize, char)| {
        let rest = &text[at + mark.len_utf8()..];
        let next = rest.trim_start();
        (".!?".contains(mark) && rest.len() > next.len() && next.starts_with(|c: char| !c.is_lowercase()))
            .then_some(at + mark.len_utf8())
    };
    &text[..text.char_indices().find_map(ends).unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_ends_where_another_begins() {
        for (text, sentence) in [
            ("The leader is gone. The rest wait.", "The leader is gone."),
            ("It takes 1.5 s, e.g. with a slow disk. Then", "It takes 1.5 s, e.g. with a slow disk."),
            ("Who leads? Nobody.", "Who leads?"),
            ("No end", "No end"),
            ("", ""),
        ] {
            assert_eq!(first_sentence(text), sentence);
        }
    }

    #[test]
    fn the_list_fits_into_its_width_and_names_each() {
        let all = [scenarios(), profiles(), studies()].concat();
        for width in [80, 100, 120] {
            let form = Form { width, colour: false, kind: &|_| String::new() };
            let text = table(&all, &form);
            for line in text.lines() {
                assert!(line.chars().count() <= width, "longer than {width}: {line}");
            }
            for it in &all {
                assert!(text.contains(file(it)), "{} is not in the list", it.path);
            }
        }
    }

    #[test]
    fn two_scenarios_of_one_name_are_told_apart_by_their_paths() {
        let shipped = |path: &str| Shipped {
            path: path.into(),
            name: "x".into(),
            about: String::new(),
            duration: None,
            voters: None,
            learners: None,
            spares: None,
            text: "",
        };
        let all = [shipped("scenarios/a/x.ron"), shipped("scenarios/b/x.ron")];
        assert!(find("x", &all).is_err_and(|error| error.to_string().contains("scenarios/b/x.ron")));
        assert!(find("a/x.ron", &all).is_ok_and(|found| found.path == "scenarios/a/x.ron"));
    }
}
