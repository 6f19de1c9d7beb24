//! The floors of the house: a module sees only what lies below it.
//!
//! The table here is the one in the crate documentation and in ARCHITECTURE.md. It is held against every path that
//! the sources name, in `use` lines and inline.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module, its floor, the neighbours on its own floor that it sees, and what below it it must not see.
struct Module {
    name: &'static str,
    floor: u32,
    sees: &'static [&'static str],
    never: &'static [&'static str],
}

const fn module(name: &'static str, floor: u32, sees: &'static [&str], never: &'static [&str]) -> Module {
    Module { name, floor, sees, never }
}

const HOUSE: &[Module] = &[
    module("time", 0, &[], &[]),
    module("ids", 0, &[], &[]),
    module("rng", 0, &["time"], &[]),
    module("queue", 0, &["time"], &[]),
    module("property", 0, &[], &[]),
    module("history", 0, &[], &[]),
    module("replica", 1, &[], &["queue"]),
    module("plan", 1, &["replica"], &["queue"]),
    module("trace", 1, &["replica"], &["queue"]),
    module("statistics", 1, &[], &["time", "ids", "queue", "property", "history"]),
    module("raft", 2, &[], &["queue", "plan", "trace"]),
    module("adapters", 2, &["raft"], &["queue", "trace"]),
    module("rpc", 2, &[], &["queue", "plan"]),
    module("net", 2, &["rpc"], &["queue"]),
    module("disk", 2, &[], &["queue", "plan", "trace"]),
    module("cpu", 2, &[], &["queue", "trace"]),
    module("scenario", 2, &["adapters"], &["queue", "trace"]),
    module("host", 3, &[], &["queue", "plan", "raft", "adapters", "scenario"]),
    module("client", 3, &[], &["queue", "raft", "adapters", "disk", "cpu", "scenario"]),
    module("world", 4, &[], &["raft", "adapters", "scenario"]),
    module(
        "check",
        4,
        &[],
        &["plan", "raft", "adapters", "rpc", "net", "disk", "cpu", "scenario", "host", "client"],
    ),
    module(
        "report",
        5,
        &[],
        &["raft", "adapters", "rpc", "net", "disk", "cpu", "scenario", "host", "client", "world"],
    ),
    module(
        "fuzz",
        5,
        &["report"],
        &["raft", "rpc", "net", "disk", "cpu", "scenario", "host", "client", "world"],
    ),
    module(
        "study",
        5,
        &["report"],
        &["raft", "adapters", "rpc", "net", "disk", "cpu", "scenario", "host", "client", "world"],
    ),
    module(
        "advise",
        5,
        &["report", "study"],
        &["raft", "adapters", "rpc", "net", "disk", "cpu", "scenario", "host", "client", "world"],
    ),
    module(
        "diff",
        5,
        &["report", "study"],
        &["raft", "adapters", "rpc", "net", "disk", "cpu", "scenario", "host", "client", "world"],
    ),
    module(
        "compare",
        5,
        &["report", "diff"],
        &["raft", "adapters", "rpc", "net", "disk", "cpu", "scenario", "host", "client", "world"],
    ),
    module("runner", 6, &[], &[]),
    module("cli", 7, &[], &[]),
    module("testing", 7, &[], &[]),
];

fn find(name: &str) -> Option<&'static Module> {
    HOUSE.iter().find(|module| module.name == name)
}

/// Whether `from` may name `to`.
fn allowed(from: &Module, to: &Module) -> bool {
    from.name == to.name
        || to.floor < from.floor && !from.never.contains(&to.name)
        || to.floor == from.floor && from.sees.contains(&to.name)
}

/// The source without comments and without the contents of strings.
fn code_only(source: &str) -> String {
    let mut code = String::new();
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        code.push('\n');
                        break;
                    }
                }
            }
            '"' => {
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
                code.push_str("\"\"");
            }
            '\'' => {
                // A character that would otherwise open a string or a comment; lifetimes have no second quote near.
                let ahead: String = chars.clone().take(3).collect();
                let length = if ahead.starts_with('\\') { 3 } else { 2 };
                if ahead.chars().nth(length - 1) == Some('\'') {
                    chars.by_ref().take(length).for_each(drop);
                }
                code.push_str("''");
            }
            c => code.push(c),
        }
    }
    code
}

/// The modules of the crate that a source names: after `crate::`, in `crate::{..}`, or by climbing up with `super`.
fn named(source: &str, depth: usize) -> BTreeSet<String> {
    let code = code_only(source);
    let words = |text: &str| {
        let mut names = BTreeSet::new();
        match text.strip_prefix('{') {
            None => {
                names
                    .extend(text.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned));
            }
            Some(group) => {
                let mut level = 0;
                let mut fresh = true;
                let mut word = String::new();
                for c in group.chars() {
                    match c {
                        '{' => level += 1,
                        '}' if level == 0 => break,
                        '}' => level -= 1,
                        ',' if level == 0 => {
                            names.insert(std::mem::take(&mut word));
                            fresh = true;
                        }
                        c if level == 0 && fresh && (c.is_alphanumeric() || c == '_') => word.push(c),
                        c if level == 0 && !c.is_whitespace() => fresh = false,
                        _ => {}
                    }
                }
                names.insert(word);
            }
        }
        names
    };
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        names.extend(words(&code[at + "crate::".len()..]));
    }
    // So many steps up lead out of the module; tests stand one level deeper.
    let (code, tests) = code.split_once("mod tests {").unwrap_or((&code, ""));
    for (code, depth) in [(code, depth), (tests, depth + 1)] {
        let climb = "super::".repeat(depth);
        for (at, _) in code.match_indices(&climb) {
            names.extend(words(&code[at + climb.len()..]));
        }
    }
    names.remove("");
    names
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What is wrong with a source that stands in `module`.
fn violations(module: &Module, path: &Path, depth: usize) -> Vec<String> {
    let source = fs::read_to_string(path).expect("a source");
    let known = named(&source, depth).into_iter().filter_map(|name| find(&name));
    known
        .filter(|to| !allowed(module, to))
        .map(|to| format!("{}: `{}` must not see `{}`", path.display(), module.name, to.name))
        .collect()
}

#[test]
fn every_module_sees_only_what_lies_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for path in files {
        let relative = path.strip_prefix(&src).expect("below src");
        let first = relative.iter().next().expect("a name").to_string_lossy();
        let name = first.trim_end_matches(".rs");
        if ["lib", "main"].contains(&name) {
            continue;
        }
        let module = find(name).unwrap_or_else(|| panic!("`{name}` has no floor: add it to the table"));
        seen.insert(module.name);
        let is_root = relative.ends_with("mod.rs");
        let depth = relative.iter().count() - usize::from(is_root);
        wrong.extend(violations(module, &path, depth));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all: BTreeSet<&str> = HOUSE.iter().map(|module| module.name).collect();
    assert_eq!(seen, all, "the table names modules that do not exist");
}

#[test]
fn a_wrong_path_is_found_wherever_it_stands() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wrong_layer.rs");
    let raft = find("raft").expect("in the table");
    let found: Vec<String> = violations(raft, &path, 1)
        .iter()
        .filter_map(|line| line.rsplit('`').nth(1).map(str::to_owned))
        .collect();
    assert_eq!(found, ["client", "host", "net", "plan", "queue", "trace", "world"]);
}

#[test]
fn the_documents_show_the_same_house() {
    let crate_docs = include_str!("../src/lib.rs").replace("//! ", "");
    for (name, text) in
        [("src/lib.rs", crate_docs.as_str()), ("ARCHITECTURE.md", include_str!("../ARCHITECTURE.md"))]
    {
        for module in HOUSE {
            let row = format!("| {} |", module.floor);
            let names = format!("`{}`", module.name);
            let stands = text.lines().any(|line| line.starts_with(&row) && line.contains(&names));
            assert!(stands, "{name} does not show `{}` on floor {}", module.name, module.floor);
        }
    }
}
