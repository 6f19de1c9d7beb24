//! How far a run is, or many runs are, on standard error.

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// A bar that vanishes when the work ends. Where standard error is no terminal, a line now and then.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// What is counted.
    what: &'static str,
    /// How many lines could have been told where there is no bar.
    told: AtomicU64,
}

/// Where there is no bar, a line comes after so many seconds.
const EVERY: u64 = 30;

impl Progress {
    /// How many steps a run is cut into.
    pub const STEPS: u64 = 200;

    /// A bar for the run of this name.
    pub fn of_run(name: &str) -> Self {
        let bar = Self::bar(Self::STEPS, "{prefix:.30} {wide_bar} {percent:>3} % of simulated time{left}");
        bar.set_prefix(name.to_owned());
        Self::counting(bar, "parts of the simulated time")
    }

    /// A bar for so many runs.
    pub fn of_runs(count: u64) -> Self {
        let bar = Self::bar(count, "{wide_bar} {human_pos} of {human_len} runs, {rate}{msg}{left}");
        // Also while no run ends, the time that is left changes.
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self::counting(bar, "runs")
    }

    /// A bar for so many random runs; a line if nobody knows how many there will be.
    pub fn of_seeds(count: Option<u64>) -> Self {
        let bar = match count {
            Some(count) => Self::bar(count, "{wide_bar} {human_pos} of {human_len} seeds, {rate}{msg}{left}"),
            None => Self::bar(0, "{spinner} {human_pos} seeds, {rate}{msg}, for {elapsed}"),
        };
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self::counting(bar, "seeds")
    }

    /// A bar for so many trials of a study.
    pub fn of_trials(count: u64) -> Self {
        let bar = Self::bar(count, "{wide_bar} {human_pos} of {human_len} trials, {rate}{left}");
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self::counting(bar, "trials")
    }

    /// A bar for so many scripts and hunts, of which some take long.
    pub fn of_hunts(count: u64) -> Self {
        let bar = Self::bar(count, "{wide_bar} {human_pos} of {human_len} scripts and hunts, for {elapsed}");
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self::counting(bar, "scripts and hunts")
    }

    fn bar(steps: u64, template: &str) -> ProgressBar {
        let bar = ProgressBar::with_draw_target((steps > 0).then_some(steps), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let decimals = if state.per_sec() < 10.0 { 1 } else { 0 };
            let _ = write!(out, "{:.decimals$}/s", state.per_sec());
        };
        // Before the first step nobody knows.
        let left = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            if state.pos() > 0 {
                let _ = write!(out, ", {:#} left", HumanDuration(state.eta()));
            }
        };
        bar.set_style(style.with_key("rate", rate).with_key("left", left));
        bar
    }

    fn counting(bar: ProgressBar, what: &'static str) -> Self {
        Self { bar, what, told: AtomicU64::new(0) }
    }

    /// One step more is done.
    pub fn step(&self) {
        self.steps(1);
    }

    /// So many steps more are done.
    pub fn steps(&self, count: u64) {
        self.bar.inc(count);
        if self.bar.is_hidden() {
            self.tell();
        }
    }

    /// Tells how far it is, if that was last told long enough ago.
    fn tell(&self) {
        let due = self.bar.elapsed().as_secs() / EVERY;
        if self.told.swap(due, Ordering::Relaxed) < due {
            let of = self.bar.length().map_or(String::new(), |all| format!(" of {}", HumanCount(all)));
            let known = self.bar.length().filter(|_| self.bar.position() > 0);
            let left = known.map_or(String::new(), |_| format!(", {} left", HumanDuration(self.bar.eta())));
            let done = HumanCount(self.bar.position());
            // Whoever closed it does not want to know.
            let _ = writeln!(std::io::stderr(), "{done}{of} {}{}{left}", self.what, self.bar.message());
        }
    }

    /// So many runs have failed.
    pub fn failed(&self, count: u64) {
        self.bar.set_message(format!(", {count} failed"));
    }

    /// Prints something without the bar in between.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
