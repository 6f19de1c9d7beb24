//! The guide to scenarios says what is so: its examples are read, and its reference is the vocabulary.

use squall::scenario::vocabulary::Language;
use squall::scenario::{read, read_profile, read_study, vocabulary, write};
use std::fs;

const GUIDE: &str = "docs/scenarios.md";

/// The guide to fuzzing: its examples are profiles, and its reference is their vocabulary.
const FUZZING: &str = "docs/fuzzing.md";

/// The guide to studies: likewise.
const STUDIES: &str = "docs/studies.md";

/// A block of the guide that is set apart.
struct Block {
    /// What it is: `ron`, `ron faults`, `text`.
    info: String,
    /// The line of its text, from 1.
    line: usize,
    text: String,
}

fn blocks(guide: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (number, line) in guide.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(info) => {
                inside = true;
                blocks.push(Block { info: info.to_string(), line: number + 2, text: String::new() });
            }
            None if inside => {
                let block = blocks.last_mut().expect("one that was opened");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!inside, "the last block is closed");
    blocks
}

/// The scenario that a block is, or is a part of.
fn scenario(block: &Block) -> String {
    let with = |part: &str| {
        let mut text = String::from("(format: 1, name: \"part\", ");
        for (field, usual) in [("duration", "\"60s\""), ("cluster", "(voters: 5)"), ("clients", "(count: 4)")]
        {
            if !part.contains(&format!("{field}: ")) || field == "clients" && !part.starts_with("clients") {
                text.push_str(&format!("{field}: {usual}, "));
            }
        }
        format!("{text}\n{part}\n)")
    };
    match block.info.as_str() {
        "ron" | "ron broken" => block.text.clone(),
        "ron part" => with(&block.text),
        "ron faults" => with(&format!("faults: [\n{}\n],", block.text)),
        other => panic!("line {}: what is `{other}`?", block.line),
    }
}

#[test]
fn every_example_reads() {
    let guide = fs::read_to_string(GUIDE).expect("the guide");
    let blocks = blocks(&guide);
    let examples: Vec<&Block> =
        blocks.iter().filter(|block| block.info.starts_with("ron") && block.info != "ron broken").collect();
    assert!(examples.len() > 15, "{}", examples.len());
    for block in examples {
        let text = scenario(block);
        let (plan, warnings) = read(&text)
            .unwrap_or_else(|errors| panic!("line {}: {}", block.line, errors.render("guide", &text, false)));
        assert_eq!(warnings, [], "line {}", block.line);
        assert_eq!(read(&write(&plan)), Ok((plan, vec![])), "line {}", block.line);
    }
}

#[test]
fn every_profile_reads() {
    let guide = fs::read_to_string(FUZZING).expect("the guide");
    let blocks = blocks(&guide);
    let examples = blocks.iter().filter(|block| block.info == "ron");
    for block in examples {
        match read_profile(&block.text) {
            Ok((_, warnings)) => assert_eq!(warnings, [], "line {}", block.line),
            Err(errors) => panic!("line {}: {}", block.line, errors.render("guide", &block.text, false)),
        }
    }
}

#[test]
fn every_study_reads() {
    let guide = fs::read_to_string(STUDIES).expect("the guide");
    let blocks = blocks(&guide);
    for block in blocks.iter().filter(|block| block.info == "ron") {
        match read_study(&block.text, &|path| fs::read_to_string(path).map_err(|error| error.to_string())) {
            Ok((_, warnings)) => assert_eq!(warnings, [], "line {}", block.line),
            Err(errors) => panic!("line {}: {}", block.line, errors.render("guide", &block.text, false)),
        }
    }
}

/// The guide as it has to be: what is made from the code is made anew.
fn made(guide: &str, language: Language) -> String {
    let mut made = guide.to_string();
    let blocks = blocks(guide);
    for pair in blocks.windows(2).filter(|pair| pair[0].info == "ron broken") {
        let errors = read(&pair[0].text).expect_err("a broken one");
        let shown = errors.render_to(100, "draft.ron", &pair[0].text, false) + "\n";
        let old = format!("{}```\n\n```text\n{}```\n", pair[0].text, pair[1].text);
        assert!(made.contains(&old), "what a broken one gives stands below it");
        made = made.replace(&old, &format!("{}```\n\n```text\n{shown}```\n", pair[0].text));
    }
    let head = made.find("<!-- From here on").expect("where the reference begins");
    let head = head + made[head..].find("-->\n").expect("the end of the comment") + 4;
    made.truncate(head);
    made + "\n" + &vocabulary::markdown(language)
}

/// With `UPDATE` set in the environment the guide is written anew; the difference is then to be reviewed like code.
#[test]
fn what_is_made_from_the_code_is_up_to_date() {
    for (file, language) in
        [(GUIDE, Language::Scenario), (FUZZING, Language::Profile), (STUDIES, Language::Study)]
    {
        let guide = fs::read_to_string(file).expect("the guide");
        let made = made(&guide, language);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(file, made).expect("a file that can be written");
        } else {
            assert!(guide == made, "run `UPDATE=1 cargo test guide::`, and review what it changes");
        }
    }
}
