//! What many random runs came to as one HTML file: for those who look at what many machines have found.

use super::campaign::{Campaign, Group};
use super::signature::Signature;
use crate::report::format::{count, counted, moment, percent, short};
use crate::report::html::{self, Grown, blocks, code, growth, table};
use crate::report::page::{Block, FAINT, Form, Grid, Page};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The smallest scenario of each way of failing: its file's name, and its text.
pub type Smallest = BTreeMap<Signature, (String, String)>;

impl Campaign {
    /// The summary as a page that stands alone, with the smallest scenario of each way of failing in it. `lacking` says which
    /// seeds are missing, if any are.
    pub fn page(&self, smallest: &Smallest, lacking: Option<&str>) -> String {
        let title =
            format!("{}: random runs{}, seeds {}..{}", self.profile, self.with(), self.first, self.end);
        let verdict = self.verdict();
        let body = html! {
            h1 { (title) }
            p.verdict { "Verdict: " strong class=(html::class(verdict)) { (verdict) } ": " (self.statement_with_origin()) }
            @if let Some(lacking) = lacking { p { strong.bad { (lacking) } } }
            p { "digest: " code { (self.total.digest) } }
            h2 { "Findings" }
            (self.findings_over_time())
            @for (at, (signature, group)) in self.groups.iter().enumerate() {
                (self.finding(at + 1, signature, group, smallest.get(signature)))
            }
            (self.what_was_covered())
            (blocks(&self.figures()))
        };
        html::page(&title, &body)
    }

    /// How many ways of failing were found after how many runs, and how soon each.
    fn findings_over_time(&self) -> Markup {
        if self.groups.is_empty() {
            return html! { p { "No run failed." } };
        }
        let mut found: Vec<u64> = self.groups.values().map(|group| group.after).collect();
        found.sort_unstable();
        let steps: Vec<(u64, u64)> = found.into_iter().zip(1..).collect();
        let grown = Grown { id: "findings", title: "Ways of failing", counts: "ways of failing found" };
        let mut grid = Grid { right: vec![1, 2, 3, 4, 5], rules: vec![1], ..Grid::default() };
        let head = ["way of failing", "runs", "share", "first seed", "after runs", "after virtual time"];
        grid.rows.push(head.map(String::from).to_vec());
        for (signature, group) in &self.groups {
            grid.rows.push(vec![
                signature.to_string(),
                count(group.count),
                percent(group.count as f64 / self.total.runs.max(1) as f64),
                group.first.to_string(),
                count(group.after),
                short(group.simulated),
            ]);
        }
        html! {
            (table("Findings", &grid))
            (growth(&grown, &steps, self.total.runs))
        }
    }

    /// A way of failing, with the smallest run that failed so.
    fn finding(
        &self,
        number: usize,
        signature: &Signature,
        group: &Group,
        smallest: Option<&(String, String)>,
    ) -> Markup {
        html! {
            h3 { (number) ". " (signature) }
            p {
                "The smallest: seed " (group.seed) ", failed at " (moment(group.at)) " after " (counted(group.faults, "fault")) "."
                @if let Some(reason) = &group.reason { " " (code(reason)) "." }
            }
            div.scroll tabindex="0" role="region" aria-label="How to run it again" { pre { (self.replay(group.seed)) } }
            @if let Some((file, text)) = smallest {
                details {
                    summary { "The scenario, " code { (file) } }
                    div.scroll tabindex="0" role="region" aria-label=(file) { pre { (text) } }
                }
            }
        }
    }

    fn what_was_covered(&self) -> Markup {
        let Some(covered) = &self.covered else { return html! {} };
        let grown = Grown { id: "coverage", title: "Coverage", counts: "points of coverage reached" };
        html! {
            (blocks(&with_page(|page| {
                page.coverage(&covered.reached());
                page.paragraph(&covered.statement(), FAINT);
            })))
            (growth(&grown, covered.growth(), self.total.runs))
        }
    }

    fn figures(&self) -> Vec<Block> {
        with_page(|page| {
            page.heading("Runs", "");
            self.totals(page);
            self.what_was_drawn(page);
            self.what_was_left_out(page);
        })
    }
}

/// What is written on a page, before it is laid out.
fn with_page(write: impl FnOnce(&mut Page<'_>)) -> Vec<Block> {
    let form = Form { width: 200, colour: false, kind: &|_| String::new() };
    let mut page = Page::new(&form);
    write(&mut page);
    page.blocks
}
