//! `squall access`: who may ask a server for what.

use super::run::printed;
use super::{Failure, Output, Status};
use crate::report::page::{BAD, FAINT, GOOD, Grid, ODD, Page, TITLE};
use crate::rpc::access::{self, ROLES, Right, Row};
use anstyle::Style;
use serde::Serialize;

/// Arguments of `squall access`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print the table as one JSON document.
    #[arg(long)]
    json: bool,
}

pub(super) fn access(arguments: &Arguments, output: &Output) -> Result<Status, Failure> {
    let rows = access::table();
    if arguments.json {
        #[derive(Serialize)]
        struct Document {
            format: u32,
            version: &'static str,
            roles: Vec<String>,
            access: Vec<Row>,
        }
        let roles = ROLES.iter().map(ToString::to_string).collect();
        let document = Document { format: 1, version: env!("CARGO_PKG_VERSION"), roles, access: rows };
        let text = serde_json::to_string_pretty(&document).map_err(anyhow::Error::from)?;
        output.print(text + "\n")?;
    } else {
        output.print(table(&rows, output))?;
    }
    Ok(Status::Held)
}

fn table(rows: &[Row], output: &Output) -> String {
    let form = printed(output);
    let mut page = Page::new(&form);
    page.text += &format!("{}  who may ask a server for what, by its role\n", page.styled(TITLE, "Access"));
    let mut grid = Grid { rules: vec![1], ..Grid::default() };
    let names = ["function".to_string(), "asked by".into()];
    grid.rows.push(names.into_iter().chain(ROLES.iter().map(ToString::to_string)).collect());
    grid.styles.extend((0..grid.rows[0].len()).map(|column| (0, column, FAINT)));
    for (at, row) in rows.iter().enumerate() {
        if at > 0 && rows[at - 1].caller != row.caller {
            grid.rules.push(grid.rows.len());
        }
        let styled = row.rights.iter().enumerate().map(|(role, right)| (at + 1, role + 2, style(*right)));
        grid.styles.extend(styled);
        let words = row.rights.iter().map(|right| word(*right).to_string());
        grid.rows.push([row.function.clone(), row.caller.clone()].into_iter().chain(words).collect());
    }
    page.grid(&grid);
    page.paragraph(
        "allow: it is handed on. redirect: the sender is told who leads. stale: a reply that a server of this role waits \
         for no more; it is counted and not handed on, unless it carries a higher term, which every role has to see. deny: \
         it is not handed on, and recorded. Who the members are is never a reason to deny a frame between nodes. \
         FollowerRead and LocalRead are reads where `follower_reads` is true.",
        FAINT,
    );
    page.text
}

const fn word(right: Right) -> &'static str {
    match right {
        Right::Allow => "allow",
        Right::Redirect => "redirect",
        Right::Stale => "stale",
        Right::Deny => "deny",
    }
}

const fn style(right: Right) -> Style {
    match right {
        Right::Allow => GOOD,
        Right::Redirect | Right::Stale => ODD,
        Right::Deny => BAD,
    }
}
