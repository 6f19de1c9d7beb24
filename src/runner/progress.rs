//! How far a run is, or many runs are, on a terminal's standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// A bar that vanishes when the work ends. It draws on standard error, and nothing where that is no terminal.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// How many steps a run is cut into.
    pub const STEPS: u64 = 200;

    /// A bar for the run of this name.
    pub fn of_run(name: &str) -> Self {
        let bar =
            Self::bar(Self::STEPS, "{prefix:.30} {wide_bar} {percent:>3} % of simulated time, {eta} left");
        bar.set_prefix(name.to_owned());
        Self(bar)
    }

    /// A bar for so many runs.
    pub fn of_runs(count: u64) -> Self {
        let bar = Self::bar(count, "{wide_bar} {human_pos} of {human_len} runs, {rate}{msg}, {eta} left");
        // Also while no run ends, the time that is left changes.
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self(bar)
    }

    /// A bar for so many random runs; a line if nobody knows how many there will be.
    pub fn of_seeds(count: Option<u64>) -> Self {
        let bar = match count {
            Some(count) => {
                Self::bar(count, "{wide_bar} {human_pos} of {human_len} seeds, {rate}{msg}, {eta} left")
            }
            None => Self::bar(0, "{spinner} {human_pos} seeds, {rate}{msg}, for {elapsed}"),
        };
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self(bar)
    }

    /// A bar for so many trials of a study.
    pub fn of_trials(count: u64) -> Self {
        let bar = Self::bar(count, "{wide_bar} {human_pos} of {human_len} trials, {rate}, {eta} left");
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self(bar)
    }

    /// A bar for so many scripts and hunts, of which some take long.
    pub fn of_hunts(count: u64) -> Self {
        let bar = Self::bar(count, "{wide_bar} {human_pos} of {human_len} scripts and hunts, for {elapsed}");
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self(bar)
    }

    fn bar(steps: u64, template: &str) -> ProgressBar {
        let bar = ProgressBar::with_draw_target((steps > 0).then_some(steps), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let decimals = if state.per_sec() < 10.0 { 1 } else { 0 };
            let _ = write!(out, "{:.decimals$}/s", state.per_sec());
        };
        bar.set_style(style.with_key("rate", rate));
        bar
    }

    /// One step more is done.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// So many steps more are done.
    pub fn steps(&self, count: u64) {
        self.0.inc(count);
    }

    /// So many runs have failed.
    pub fn failed(&self, count: u64) {
        self.0.set_message(format!(", {count} failed"));
    }

    /// Prints something without the bar in between.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
