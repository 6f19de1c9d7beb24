//! The inboxes of hosts, in the report for a terminal.

use crate::ids::NodeId;
use crate::report::Report;
use crate::report::format::{count, short};
use crate::report::page::{FAINT, Grid, Page};
use crate::time::Duration;

impl Page<'_> {
    /// What waited at each node, where frames cost something.
    pub(super) fn inboxes(&mut self, report: &Report) {
        let Some(inbox) = &report.inboxes else { return };
        self.heading("Inboxes", "");
        let mut grid = Grid { right: (1..7).collect(), rules: vec![1], ..Grid::default() };
        let names = ["node", "longest", "served", "mean wait", "dropped", "turned away", "left"];
        grid.styles.extend((0..names.len()).map(|column| (0, column, FAINT)));
        grid.rows.push(names.map(String::from).into());
        for of in &inbox.each {
            grid.rows.push(vec![
                NodeId(of.node).to_string(),
                count(of.longest),
                count(of.served),
                of.mean_wait_ns.map_or("-".into(), |mean| short(Duration::from_nanos(mean))),
                count(of.dropped),
                count(of.turned_away),
                count(of.left),
            ]);
        }
        self.grid(&grid);
        self.paragraph(
            "left: frames that wait when the run ends; they count as neither served nor dropped.",
            FAINT,
        );
    }
}
