//! The guide to implementations of one's own says what is so: its code is that of the example, whose tests run with all others,
//! and what it shows is what the example prints.

#[path = "../examples/primary-with-backups.rs"]
#[allow(dead_code, reason = "its program is not run here")]
mod example;

use std::fs;

const GUIDE: &str = "docs/bring-your-own.md";

/// The blocks of the guide of this kind.
fn blocks(kind: &str) -> Vec<String> {
    let guide = fs::read_to_string(GUIDE).expect("the guide");
    let mut blocks = Vec::new();
    let mut block: Option<Vec<&str>> = None;
    for line in guide.lines() {
        match (&mut block, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) if info == kind => block = Some(Vec::new()),
            (Some(lines), Some("")) => {
                blocks.push(lines.join("\n"));
                block = None;
            }
            (Some(lines), _) => lines.push(line),
            (None, _) => {}
        }
    }
    assert!(!blocks.is_empty(), "there is none of {kind}");
    blocks
}

#[test]
fn its_code_is_that_of_the_example() {
    let source = fs::read_to_string("examples/primary-with-backups.rs").expect("the example");
    for block in blocks("rust") {
        assert!(source.contains(&block), "not in the example:\n{block}");
    }
    let scenario = fs::read_to_string("examples/primary-with-backups/primary-crash.ron").expect("a scenario");
    for block in blocks("ron") {
        assert!(scenario.contains(&block), "not in the scenario:\n{block}");
    }
}

/// With `UPDATE` set in the environment the guide is written anew; its difference is then to be reviewed like code.
#[test]
fn what_it_shows_is_what_the_example_finds() {
    let found = example::STORM.hunt("partitions", 0..1000).expect("a run that fails").to_string();
    let shown = blocks("text").pop().expect("one");
    if std::env::var_os("UPDATE").is_some() {
        let guide = fs::read_to_string(GUIDE).expect("the guide");
        let new = format!("```text\n{}\n```", found.trim_end());
        let old = if shown.is_empty() { "```text\n```".to_owned() } else { format!("```text\n{shown}\n```") };
        assert!(guide.contains(&old));
        fs::write(GUIDE, guide.replace(&old, &new)).expect("a file that can be written");
    } else {
        assert_eq!(shown, found.trim_end());
    }
}
