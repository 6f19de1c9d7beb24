//! The scenario files of a call: patterns expanded, each file read and understood.

use super::implementation::Whose;
use super::{Failure, Output, list};
use crate::adapters;
use crate::plan::{Implementation, Plan, Profile};
use crate::report::batch::{Lacking, NotRun};
use crate::scenario::vocabulary::Language;
use crate::scenario::{self, Errors, Meant, Warning};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A scenario file, read and understood.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) path: PathBuf,
    pub(super) plan: Plan,
}

impl Scenario {
    /// Reads a scenario. Warnings go to standard error.
    pub(super) fn read(path: &Path, output: &Output) -> Result<Self, Failure> {
        Self::read_for(path, None, output)
    }

    /// Reads a scenario, for another implementation than its own if one is given.
    pub(super) fn read_for(
        path: &Path,
        implementation: Option<Implementation>,
        output: &Output,
    ) -> Result<Self, Failure> {
        let plan = understand(path, output, |text| scenario::read_for(text, implementation))?;
        Ok(Self { path: path.to_owned(), plan })
    }

    /// Reads all these scenarios. What is wrong with any of them is told; then nothing is to be run.
    pub(super) fn read_all(files: &[PathBuf], output: &Output) -> Result<Vec<Self>, Failure> {
        Self::read_all_for(files, None, output).map(|(scenarios, _)| scenarios)
    }

    /// Reads all these scenarios, for another implementation than their own if one is given. Those that it can't express are put aside, and
    /// told if there are no others; anything else that is wrong with any of them is told, and then nothing is to be run.
    pub(super) fn read_all_for(
        files: &[PathBuf],
        implementation: Option<Implementation>,
        output: &Output,
    ) -> Result<(Vec<Self>, Vec<NotRun>), Failure> {
        let (mut scenarios, mut aside, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        let paths = expand(files, Wanted::Scenarios)?;
        refuse_twice(&paths)?;
        for path in paths {
            match Self::read_for(&path, implementation, output) {
                Ok(scenario) => scenarios.push(scenario),
                Err(failure) => {
                    aside.extend(implementation.and_then(|it| not_run(&path, it)));
                    failures.push(failure);
                }
            }
        }
        let are_wrong = failures.len() > aside.len();
        if !are_wrong && !scenarios.is_empty() {
            return Ok((scenarios, aside));
        }
        let last = failures.pop_if(|_| are_wrong);
        for failure in &failures {
            output.diagnose(failure);
        }
        last.map_or(Ok((scenarios, aside)), Err)
    }

    /// The file's name, for people.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// Refuses a scenario that would have the same runs twice.
fn refuse_twice(paths: &[PathBuf]) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    match paths.iter().find(|path| real(path).is_some_and(|path| !seen.insert(path))) {
        None => Ok(()),
        Some(twice) => Err(Failure::BadInput(format!(
            "error: {} is named twice\nhelp: name each scenario once; a pattern may stand for it, too",
            twice.display()
        ))),
    }
}

/// A scenario with which nothing is wrong but that this implementation can't express it; none if anything else is.
fn not_run(path: &Path, implementation: Implementation) -> Option<NotRun> {
    let (mut plan, _) = scenario::read_for(&text_of(path).ok()?, Some(Implementation::Squall)).ok()?;
    plan.cluster.implementation = implementation;
    let cannot_express = lacking(&plan);
    Some(NotRun { scenario: plan.name, file: path.display().to_string(), cannot_express })
}

/// What a plan asks for and its implementation can't express, each switch once.
pub(super) fn lacking(plan: &Plan) -> Vec<Lacking> {
    let mut all = adapters::unexpressed(plan);
    all.dedup_by_key(|it| it.switch);
    all.iter().map(|it| Lacking { switch: it.switch, why: it.why }).collect()
}

/// Whether a word is meant as a file's name rather than as that of something that comes with Squall.
pub(super) fn is_file(name: &str) -> bool {
    name.ends_with(".ron") || name.contains(['/', '\\']) || Path::new(name).is_file()
}

/// The profile of this name: a file if there is one, else one that comes with Squall.
pub(super) fn profile(name: &str, output: &Output) -> Result<Profile, Failure> {
    profile_and_text(name, output).map(|(profile, _)| profile)
}

/// The profile of this name, and its text. Those of the profiles in its mixture come with the version.
pub(super) fn profile_and_text(name: &str, output: &Output) -> Result<(Profile, String), Failure> {
    // A folder is told as such, unless it hides a name.
    if is_file(name) || list::profile(name).is_err() && Path::new(name).is_dir() {
        return understand_text(Path::new(name), output, scenario::read_profile);
    }
    let text = list::profile(name)?;
    let (profile, _) =
        scenario::read_profile(text).map_err(|errors| Failure::Other(anyhow::anyhow!("{name}: {errors}")))?;
    Ok((profile, text.to_owned()))
}

/// The scenario in this file, or the profile in it or of this name, for nodes that run what is named.
pub(super) fn either(name: &Path, whose: Whose, output: &Output) -> Result<Meant, Failure> {
    let mut meant = match name.to_str().filter(|name| !is_file(name)) {
        Some(word) => Meant::Profile(Box::new(profile(word, output)?)),
        None => understand(name, output, |text| scenario::read_either_for(text, whose.implementation))?,
    };
    if let Meant::Profile(profile) = &mut meant {
        whose.run_profile(profile)?;
    }
    Ok(meant)
}

/// Reads a file of a language, by this reader of it. Warnings go to standard error.
pub(super) fn understand<T>(
    path: &Path,
    output: &Output,
    read: impl Fn(&str) -> Result<(T, Vec<Warning>), Errors>,
) -> Result<T, Failure> {
    understand_text(path, output, read).map(|(meant, _)| meant)
}

/// The same, with the file's text.
fn understand_text<T>(
    path: &Path,
    output: &Output,
    read: impl Fn(&str) -> Result<(T, Vec<Warning>), Errors>,
) -> Result<(T, String), Failure> {
    let name = path.display().to_string();
    let bad = |text: String| {
        output.annotations().bad_file(&name, &text);
        Failure::BadInput(format!("error: {text}"))
    };
    let text = text_of(path).map_err(bad)?;
    let (width, colour) = (output.width_of_diagnostics(), output.colours_diagnostics());
    let (meant, warnings) = read(&text).map_err(|errors| {
        output.annotations().errors(&name, &text, &errors);
        Failure::BadInput(errors.render_to(width, &name, &text, colour))
    })?;
    for warning in &warnings {
        output.diagnose(&warning.render_to(width, &name, &text, colour));
        output.annotations().warning(&name, &text, warning);
    }
    Ok((meant, text))
}

/// The text of a file of a language, or why it has none.
pub(super) fn text_of(path: &Path) -> Result<String, String> {
    let bytes =
        crate::runner::read_scenario(path, scenario::MAX_BYTES as u64).map_err(|error| error.to_string())?;
    scenario::decode(&bytes).map(str::to_owned).map_err(|error| format!("{}: {error}", path.display()))
}

/// What patterns stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Scenarios, which profiles and studies among them are not.
    Scenarios,
    /// Every file that matches.
    All,
}

/// What a file is: by the folder that it stands in, else by how it reads.
pub(super) fn language_of(path: &Path) -> Language {
    let stands_in = |name: &str| path.parent().is_some_and(|folder| folder.ends_with(name));
    let by_text = || {
        let bytes = crate::runner::read_scenario(path, scenario::MAX_BYTES as u64).ok()?;
        scenario::language(scenario::decode(&bytes).ok()?)
    };
    match by_text() {
        _ if stands_in("profiles") => Language::Profile,
        _ if stands_in("studies") => Language::Study,
        language => language.unwrap_or(Language::Scenario),
    }
}

/// Reads the text of a scenario that the study in this file names: by its path from the study's folder on.
pub(super) fn beside(study: &Path) -> impl Fn(&str) -> Result<String, String> {
    let folder = study.parent().unwrap_or(Path::new("")).to_owned();
    move |path| text_of(&folder.join(path))
}

/// The files that these names mean: a name of no file that is a pattern stands for the files that match it, in order.
pub(super) fn expand(names: &[PathBuf], wanted: Wanted) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for name in names {
        if name.is_dir() {
            let pattern = name.join("**").join("*.ron");
            return Err(Failure::BadInput(format!(
                "error: {} is a folder; for all scenarios in it write '{}', in quotes",
                name.display(),
                pattern.display()
            )));
        }
        match name.to_str().filter(|text| text.contains(['*', '?', '[']) && !name.exists()) {
            None => files.push(name.clone()),
            Some(pattern) => files.extend(matching(pattern, wanted)?),
        }
    }
    Ok(files)
}

fn matching(pattern: &str, wanted: Wanted) -> Result<Vec<PathBuf>, Failure> {
    let bad = |what: &dyn std::fmt::Display| Failure::BadInput(format!("error: {what}"));
    let paths =
        glob::glob(pattern).map_err(|error| bad(&format_args!("{pattern} is no pattern: {error}")))?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|error| bad(&error))?;
        if path.is_file() && (wanted == Wanted::All || language_of(&path) == Language::Scenario) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(bad(&format_args!(
            "no file matches {pattern}\nhelp: * and ? match within a name, ** any folders between; try 'scenarios/**/*.ron'"
        )));
    }
    Ok(files)
}
