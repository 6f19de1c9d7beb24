//! Which study a folder of results holds: results of two would be taken for those of one.

use super::super::Failure;
use super::write;
use crate::plan::Study;
use crate::report::json::indented;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// The name of the file that says it.
const FILE: &str = "study.json";

/// What is known of the study that a folder holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Held {
    /// Its name.
    name: String,
    /// Its seeds, in words.
    seeds: String,
    /// Whose Raft the nodes run, in the scenario as it stands; none if an older version of Squall made it.
    implementation: Option<String>,
    /// By what it is known again: the keys of all its cells, and what varies.
    key: String,
}

impl Held {
    /// Of a study whose cells have these keys.
    pub(super) fn of<'a>(study: &Study, keys: impl Iterator<Item = &'a str>) -> Self {
        let Study { name, first_seed, trials, axes, base, .. } = study;
        let keys: Vec<&str> = keys.collect();
        let all = format!("{axes:?} {}", keys.join(" "));
        let seeds = format!("{first_seed}..{}", u128::from(*first_seed) + u128::from(*trials));
        let implementation = base.as_ref().map(|it| it.cluster.implementation.name().to_owned());
        let key = format!("{:032x}", xxh3_128(all.as_bytes()));
        Self { name: name.clone(), seeds, implementation, key }
    }

    /// Whether it is the same study. That the implementation is the same follows from the key.
    fn is(&self, other: &Self) -> bool {
        (&self.name, &self.seeds, &self.key) == (&other.name, &other.seeds, &other.key)
    }

    /// How it differs from another study, for people.
    fn against(&self, other: &Self) -> String {
        if self.name != other.name {
            format!("the study {}", self.name)
        } else if self.seeds != other.seeds {
            format!("the study {} with the seeds {}", self.name, self.seeds)
        } else if let (Some(own), Some(others)) = (&self.implementation, &other.implementation)
            && own != others
        {
            format!("the study {} with {own}, not {others}", self.name)
        } else {
            format!(
                "the study {} as it was before its file, its implementation, or Squall, was changed",
                self.name
            )
        }
    }
}

/// Takes a folder for the results of a study. What it holds of another one is a reason to refuse, unless all is to be made anew; then it
/// is removed, as far as Squall made it.
pub(super) fn take(out: &Path, study: &Held, fresh: bool) -> Result<(), Failure> {
    let file = out.join(FILE);
    let held: Option<Held> = fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str(&text).ok());
    if let Some(other) = held.filter(|held| !held.is(study)) {
        if !fresh {
            let folder = out.display();
            return Err(Failure::BadInput(format!(
                "error: {folder} holds the results of {}\nhelp: name another folder with `--out DIR`, or add `--fresh` to have these \
                 results in place of those",
                other.against(study)
            )));
        }
        clear(out);
    }
    super::begin_reports(Some(out))?;
    Ok(write(&file, &(indented(study, "") + "\n"))?)
}

/// Removes the results in a folder, and the cells that are kept beside them. What can't be removed is written over.
fn clear(out: &Path) {
    let results =
        ["txt", "csv", "md", "html", "svg", "json"].map(|form| out.join("results").with_extension(form));
    let cells = fs::read_dir(out.join("cells")).into_iter().flatten().flatten().map(|entry| entry.path());
    let cells = cells.filter(|path| is_cell(path));
    for path in results.into_iter().chain(cells.collect::<Vec<PathBuf>>()) {
        let _ = fs::remove_file(path);
    }
}

/// Whether a file is named as cells are: by a key.
fn is_cell(path: &Path) -> bool {
    let is_key = |stem: &str| stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
    path.extension().is_some_and(|it| it == "json")
        && path.file_stem().and_then(|it| it.to_str()).is_some_and(is_key)
}
