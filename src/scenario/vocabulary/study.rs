//! The vocabulary of studies. The scenarios in them are written in that of scenarios.

use super::entry::{Entry, Kind, Section};
use crate::scenario::bounds;

pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "study",
        kind: Kind::Struct,
        places: &[""],
        about: "A whole file.",
        entries: &[
            Entry::field("format", "whole number", "the version of the language; comes first", "1")
                .required()
                .within(bounds::FORMAT),
            Entry::field("name", "text", "what the study is called", "\"lan-crash\"")
                .required()
                .limit("1 to 100 characters on one line"),
            Entry::field("about", "text", "what it shows, for people", "\"How long an election takes.\"")
                .or("\"\"")
                .limit("up to 4000 characters"),
            Entry::field(
                "scenario",
                "scenario, or text",
                "a whole scenario, valid as it stands; or the path of its file, from this file's folder on",
                "(format: 1, name: \"idle\", duration: \"5s\", cluster: (voters: 5))",
            )
            .required(),
            Entry::field(
                "seeds",
                "(whole number, whole number)",
                "the first seed of the trials, and the one after the last; each cell of the grid has the same",
                "(0, 1000)",
            )
            .required()
            .limit("1 to 10000000 seeds"),
            Entry::field(
                "grid",
                "list of axes",
                "what varies; each choice of values is a cell, the last axis varying fastest",
                "[(field: \"cluster.voters\", values: [3, 5, 7])]",
            )
            .or("[]")
            .limit("up to 10000 cells"),
            Entry::field("measure", "Measure", "what is measured in each run", "FirstLeader").required(),
        ],
        frame: "@",
    },
    Section {
        name: "grid",
        kind: Kind::Struct,
        places: &["grid[]"],
        about: "An axis: a field that varies, or some that vary together.",
        entries: &[
            Entry::field("name", "text", "what it is called in the results", "\"timeouts\"")
                .else_as("the last part of the field's path"),
            Entry::field("field", "text", "the path of a field of the scenario", "\"cluster.raft.heartbeat\""),
            Entry::field(
                "fields",
                "list of text",
                "the paths of some fields, instead of `field`; then each value holds one for each of them",
                "[\"cluster.raft.heartbeat\", \"cluster.raft.election_timeout\"]",
            )
            .or("[]"),
            Entry::field(
                "values",
                "list of values",
                "what is put in the field's place, written as in the scenario",
                "[\"50ms\", \"100ms\"]",
            )
            .required()
            .limit("at least one"),
            Entry::field("labels", "list of text", "what the values are called in the results", "[\"short\", \"long\"]")
                .else_as("the values as they are written"),
        ],
        frame: "grid: [(@)]",
    },
    Section {
        name: "Measure",
        kind: Kind::Enum,
        places: &["measure"],
        about: "What is measured in each run.",
        entries: &[
            Entry::word(
                "FirstLeader",
                "how the first leader comes to be, from the beginning of the run, which ends with its election",
            ),
            Entry::field(
                "Election",
                "Election(after)",
                "how a leader comes to be after a fault, until every node that it can reach has heard from it; then the run ends",
                "Election(after: \"crash\")",
            ),
            Entry::word(
                "Availability",
                "for which share of the run there is a leader, and operations succeed; the run goes on to its end",
            ),
        ],
        frame: "measure: @",
    },
    Section {
        name: "Election",
        kind: Kind::Struct,
        places: &[],
        about: "Which election is measured.",
        entries: &[
            Entry::field("after", "text", "the id of the fault from whose beginning on time is taken", "\"crash\"")
                .required(),
        ],
        frame: "measure: Election(@)",
    },
];
