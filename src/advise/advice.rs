//! What the settings came to, and which of them are worth choosing.

use super::choice::{by_needless, choice};
use super::grid::{Setting, in_nanos, one_way, quiet_time, thesis_rule};
use super::tried::Tried;
use crate::plan::Plan;
use crate::report::Summary;
use crate::statistics::Interval;
use crate::time::Duration;
use serde::{Serialize, Serializer};

/// An hour, in nanoseconds.
const HOUR: f64 = 3.6e12;

/// What a setting came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfSetting {
    /// Which.
    #[serde(flatten)]
    pub setting: Setting,
    /// Whether it is the scenario's own.
    pub is_present: bool,
    /// Whether its least election timeout is as the thesis's rule has it.
    pub follows_rule: bool,
    /// Whether it had all trials, no other of those is better in one way and as good in the other, and none had a leader in more trials.
    pub on_front: bool,
    /// Whether it is what is advised in place of the present setting.
    pub is_advised: bool,
    /// How many trials of each kind it had: all, or the first ones only.
    pub trials: u64,
    /// The time without a leader after a crash of the leader, in nanoseconds: the mean over the trials.
    pub without_ns: f64,
    /// Where its true value lies, at 95 %.
    pub without_interval: Option<Interval>,
    /// Its 99th percentile, by nearest rank.
    pub without_p99_ns: u64,
    /// In how many trials nobody led for as long as they lasted; they are counted with that.
    pub unfinished: u64,
    /// How often a leader was deposed without need, in an hour.
    pub needless_per_hour: f64,
    /// Where its true value lies, at 95 %.
    pub needless_interval: Option<Interval>,
    /// How the time without a leader compares with that of the scenario's own setting; none of that itself.
    pub versus_present: Option<Versus>,
}

/// A paired difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Versus {
    /// The mean, in nanoseconds.
    pub mean_ns: f64,
    /// Where the true one lies, at 95 %.
    pub interval: Option<Interval>,
}

/// What came of all settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// The scenario's name.
    pub scenario: String,
    /// The mean latency from voter to voter.
    #[serde(rename = "one_way_ns", serialize_with = "in_nanos")]
    pub one_way: Duration,
    /// The thesis's rule: the least election timeout from here to there.
    #[serde(rename = "thesis_rule_ns", serialize_with = "both_in_nanos")]
    pub rule: (Duration, Duration),
    /// The best of the settings that follow that rule, of those that had all trials.
    #[serde(skip)]
    by_rule: Option<Setting>,
    /// The first seed, in text since it may be large.
    pub first_seed: String,
    /// How many trials of each kind a setting had that may be worth a choice.
    pub trials: u64,
    /// For how long a trial waits for a leader after the crash at most.
    #[serde(rename = "horizon_ns")]
    pub horizon: u64,
    /// How long the trials are in which nothing goes wrong.
    #[serde(rename = "quiet_ns", serialize_with = "in_nanos")]
    pub quiet: Duration,
    /// The settings, by their timers.
    pub settings: Vec<OfSetting>,
    /// Settings that could not be tried, and why.
    pub left_out: Vec<String>,
}

fn both_in_nanos<S: Serializer>(times: &(Duration, Duration), to: S) -> Result<S::Ok, S::Error> {
    (times.0.nanos(), times.1.nanos()).serialize(to)
}

impl Advice {
    /// What these trials of a plan's settings, its own among them, come to.
    pub fn new(plan: &Plan, first_seed: u64, tried: &[Tried], left_out: Vec<String>) -> Self {
        let present = tried.iter().find(|it| it.setting == Setting::of(plan));
        let advised = present.and_then(|present| choice(tried, present)).map(|it| it.setting);
        let rule = thesis_rule(plan);
        let trials = tried.iter().map(Tried::trials).max().unwrap_or(0);
        let mut settings: Vec<OfSetting> = tried
            .iter()
            .map(|it| OfSetting {
                is_present: it.setting == Setting::of(plan),
                is_advised: advised == Some(it.setting),
                follows_rule: rule.0 <= it.setting.least && it.setting.least <= rule.1,
                ..OfSetting::new(it, quiet_time(plan), present)
            })
            .collect();
        let whole = |it: &&OfSetting| it.trials == trials;
        let never = settings.iter().filter(whole).map(|it| it.unfinished).min();
        let may_be = |it: &&OfSetting| whole(it) && Some(it.unfinished) == never;
        let front: Vec<bool> = settings
            .iter()
            .map(|it| may_be(&it) && !settings.iter().filter(may_be).any(|other| other.dominates(it)))
            .collect();
        settings.iter_mut().zip(front).for_each(|(it, on_front)| it.on_front = on_front);
        let best = tried.iter().filter(|it| it.trials() == trials);
        let best = best.filter(|it| rule.0 <= it.setting.least && it.setting.least <= rule.1);
        Self {
            scenario: plan.name.clone(),
            one_way: one_way(plan),
            rule,
            by_rule: best.min_by(|a, b| by_needless(a, b)).map(|it| it.setting),
            first_seed: first_seed.to_string(),
            trials,
            horizon: tried.first().map_or(0, |it| it.horizon),
            quiet: quiet_time(plan),
            settings,
            left_out,
        }
    }

    /// The settings on the front, those first that are without a leader for the shortest time.
    pub fn front(&self) -> Vec<&OfSetting> {
        let mut front: Vec<_> = self.settings.iter().filter(|it| it.on_front).collect();
        front.sort_by(|a, b| a.without_ns.total_cmp(&b.without_ns).then_with(|| a.setting.cmp(&b.setting)));
        front
    }

    /// The scenario's own setting.
    pub fn present(&self) -> Option<&OfSetting> {
        self.settings.iter().find(|it| it.is_present)
    }

    /// The setting that is advised in place of the present one; none if none is better by more than luck explains.
    pub fn advised(&self) -> Option<&OfSetting> {
        self.settings.iter().find(|it| it.is_advised)
    }

    /// The best of the settings that follow the thesis's rule: that with the least elections without need, and of these the one that is
    /// without a leader for the shortest time.
    pub fn by_rule(&self) -> Option<&OfSetting> {
        self.settings.iter().find(|it| Some(it.setting) == self.by_rule)
    }

    /// How many settings had all trials.
    pub fn whole(&self) -> u64 {
        self.settings.iter().filter(|it| it.trials == self.trials).count() as u64
    }

    /// The setting on the front that beats this one, with the shortest time without a leader; none if it is on the front.
    pub fn better_than(&self, it: &OfSetting) -> Option<&OfSetting> {
        self.front().into_iter().find(|other| other.dominates(it))
    }
}

impl OfSetting {
    fn new(tried: &Tried, quiet: Duration, present: Option<&Tried>) -> Self {
        let times = tried.times();
        let hours = quiet.nanos().max(1) as f64 / HOUR;
        let trials = tried.needless.len().max(1) as f64;
        let needless_interval = if tried.needless.iter().all(|times| *times == 0) {
            // The rule of three: what happens at this rate is missed with a probability of 5 %.
            Some(Interval { low: 0.0, high: 3.0 / (trials * hours) })
        } else {
            Interval::of_mean(&tried.needless)
                .map(|it| Interval { low: it.low / hours, high: it.high / hours })
        };
        let versus = present.filter(|it| it.setting != tried.setting).map(|present| {
            let all = tried.longer(present);
            let sum: i128 = all.iter().map(|it| i128::from(*it)).sum();
            Versus { mean_ns: sum as f64 / all.len().max(1) as f64, interval: Interval::of_differences(&all) }
        });
        Self {
            setting: tried.setting,
            is_present: false,
            follows_rule: false,
            on_front: false,
            is_advised: false,
            trials: tried.trials(),
            without_ns: tried.mean_time(),
            without_interval: Interval::of_mean(&times),
            without_p99_ns: Summary::of(times).map_or(0, |it| it.p99),
            unfinished: tried.never(),
            needless_per_hour: tried.mean_needless() / hours,
            needless_interval,
            versus_present: versus,
        }
    }

    /// Whether it is as good as another in both ways, and better in one.
    pub fn dominates(&self, other: &Self) -> bool {
        let ours = [self.without_ns, self.needless_per_hour];
        let theirs = [other.without_ns, other.needless_per_hour];
        ours.iter().zip(theirs).all(|(ours, theirs)| *ours <= theirs) && ours != theirs
    }
}
