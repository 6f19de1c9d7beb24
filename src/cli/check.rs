//! `squall check`: whether scenarios, profiles and studies are valid.

use super::implementation::{Whose, pointless};
use super::inputs::{Wanted, beside, expand, language_of, text_of, understand};
use super::problems::Told;
use super::{Failure, Output, Status};
use crate::plan::Profile;
use crate::scenario::vocabulary::Language;
use crate::scenario::{self, Errors, Warning};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `squall check`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files of scenarios, profiles and studies, or patterns in quotes such as 'scenarios/**/*.ron'.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    whose: Whose,
    /// Print what is wrong with each, and what is doubtful, as one JSON document.
    #[arg(long)]
    json: bool,
}

/// What is said of a file.
#[derive(Debug, Serialize)]
struct File {
    file: String,
    /// Whether there are no errors.
    valid: bool,
    errors: Vec<Told>,
    /// How many errors there are beside them.
    more: usize,
    warnings: Vec<Told>,
}

pub(super) fn check(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let (paths, whose) = (expand(&arguments.files, Wanted::All)?, arguments.whose);
    if arguments.json {
        return document(&paths, whose, output);
    }
    let mut status = Status::Held;
    for path in paths {
        let language = language_of(&path);
        let read = understand(&path, output, |text| read(text, &path, language, whose));
        match read.and_then(|profile| profile.map_or(Ok(()), |mut profile| whose.run_profile(&mut profile))) {
            Ok(()) => output.print(format_args!("{}: ok\n", path.display()))?,
            Err(failure) => {
                output.diagnose(&failure);
                status = status.worst(failure.status());
            }
        }
    }
    Ok(status)
}

/// Reads a text of a language, for what is wrong with it. Of what a profile draws nothing is wrong, but it may be beside the point.
fn read(
    text: &str,
    path: &Path,
    language: Language,
    whose: Whose,
) -> Result<(Option<Profile>, Vec<Warning>), Errors> {
    let implementation = whose.implementation;
    match language {
        Language::Scenario => scenario::read_for(text, implementation).map(|(_, warnings)| (None, warnings)),
        Language::Profile => {
            scenario::read_profile(text).map(|(profile, warnings)| (Some(profile), warnings))
        }
        Language::Study => scenario::read_study_for(text, &beside(path), implementation)
            .map(|(_, warnings)| (None, warnings)),
    }
}

fn document(paths: &[PathBuf], whose: Whose, output: &Output) -> Result<Status, Failure> {
    #[derive(Serialize)]
    struct Document {
        format: u32,
        version: &'static str,
        files: Vec<File>,
    }
    let files: Vec<File> = paths.iter().map(|path| looked_at(path, whose, output)).collect();
    let status = if files.iter().all(|file| file.valid) { Status::Held } else { Status::BadInput };
    let document = Document { format: 1, version: env!("CARGO_PKG_VERSION"), files };
    let text = serde_json::to_string_pretty(&document).map_err(anyhow::Error::from)?;
    output.print(text + "\n")?;
    Ok(status)
}

fn looked_at(path: &Path, whose: Whose, output: &Output) -> File {
    let file = path.display().to_string();
    let text = match text_of(path) {
        Ok(text) => text,
        Err(message) => {
            output.annotations().bad_file(&file, &message);
            let errors = vec![Told::of_file(message, None)];
            return File { file, valid: false, errors, more: 0, warnings: Vec::new() };
        }
    };
    match read(&text, path, language_of(path), whose) {
        Ok((profile, warnings)) => {
            for warning in &warnings {
                output.annotations().warning(&file, &text, warning);
            }
            let warnings = warnings.iter().map(|warning| Told::of(&text, warning.problem())).collect();
            let errors: Vec<Told> = profile.map_or(Vec::new(), |profile| beside_the_point(profile, whose));
            File { file, valid: errors.is_empty(), errors, more: 0, warnings }
        }
        Err(errors) => {
            output.annotations().errors(&file, &text, &errors);
            let (errors, more) = Told::errors(&text, &errors);
            File { file, valid: false, errors, more, warnings: Vec::new() }
        }
    }
}

/// What a profile is about and the implementation that is named can't express.
fn beside_the_point(mut profile: Profile, whose: Whose) -> Vec<Told> {
    profile.implementation = whose.implementation.unwrap_or(profile.implementation);
    let (lacking, help) = pointless(&profile);
    lacking.into_iter().map(|message| Told::of_file(message, None).with_fix(&help)).collect()
}
