//! Which settings deserve more trials, and which of them is advised.

use super::grid::Setting;
use super::tried::Tried;

/// With so many seeds every setting is tried. That shows which of them may be on the front, and an interval of fewer says nothing.
pub const FIRST: u64 = 10;

/// Which settings deserve all the trials, of those that had the first ones only: the present one, the best that `follows_rule`, and
/// those that no other clearly beats. None are left once all of these have `trials`.
pub fn promising(
    tried: &[Tried],
    trials: u64,
    present: Setting,
    follows_rule: impl Fn(Setting) -> bool,
) -> Vec<usize> {
    let is_short = |it: &Tried| it.trials() < trials;
    let by_rule = tried.iter().filter(|it| follows_rule(it.setting)).min_by(|a, b| by_needless(a, b));
    let is_promising = |it: &Tried| {
        it.setting == present
            || by_rule.is_some_and(|best| best.setting == it.setting)
            || !tried.iter().any(|other| other.clearly_beats(it))
    };
    (0..tried.len()).filter(|place| is_short(&tried[*place]) && is_promising(&tried[*place])).collect()
}

/// By how often a leader is deposed without need, then by how long nobody leads.
pub(super) fn by_needless(a: &Tried, b: &Tried) -> std::cmp::Ordering {
    let needless = a.mean_needless().total_cmp(&b.mean_needless());
    a.never().cmp(&b.never()).then(needless).then_with(|| a.mean_time().total_cmp(&b.mean_time()))
}

/// The setting that is advised in place of the present one: of those that clearly beat it, the one without a leader for the shortest
/// time, or, of the others that nothing but luck tells from that, the one nearest to the present. None if no setting clearly beats it.
pub(super) fn choice<'a>(tried: &'a [Tried], present: &Tried) -> Option<&'a Tried> {
    let all = tried.iter().filter(|it| it.trials() == present.trials() && it.clearly_beats(present));
    let better: Vec<&Tried> = all.collect();
    let never = better.iter().map(|it| it.never()).min()?;
    let best = better
        .iter()
        .filter(|it| it.never() == never)
        .min_by(|a, b| a.mean_time().total_cmp(&b.mean_time()).then_with(|| a.setting.cmp(&b.setting)))?;
    let alike = better.iter().filter(|it| it.setting == best.setting || it.is_like(best));
    alike.copied().min_by(|a, b| {
        let far = |it: &Tried| distance(it.setting, present.setting);
        far(a).total_cmp(&far(b)).then_with(|| a.setting.cmp(&b.setting))
    })
}

/// How far apart two settings are: of each time by which factor it differs, as a logarithm.
fn distance(a: Setting, b: Setting) -> f64 {
    let log = |time: crate::time::Duration| libm::log(time.nanos().max(1) as f64);
    [(a.least, b.least), (a.most, b.most), (a.heartbeat, b.heartbeat)]
        .iter()
        .map(|(a, b)| (log(*a) - log(*b)).abs())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    const HORIZON: u64 = 1_000;

    /// A setting of so many milliseconds, and what its trials showed.
    fn tried(least: u64, without: &[Option<u64>], needless: &[u64]) -> Tried {
        let (least, heartbeat) = (Duration::from_millis(least), Duration::from_millis(1));
        let setting = Setting { least, most: least.saturating_mul(2), heartbeat };
        Tried { without: without.to_vec(), needless: needless.to_vec(), ..Tried::new(setting, HORIZON) }
    }

    /// Around a mean.
    fn about(mean: u64) -> Vec<Option<u64>> {
        (0..FIRST).map(|seed| Some(mean + seed % 5)).collect()
    }

    fn whom(tried: &[Tried], present: &Tried) -> Option<u64> {
        choice(tried, present).map(|it| it.setting.least.nanos() / 1_000_000)
    }

    #[test]
    fn what_luck_explains_is_no_reason_to_change() {
        let none = [0; 10];
        let present = tried(8, &about(100), &none);
        let mut lucky = about(100);
        lucky[0] = Some(50);
        lucky[1] = Some(108);
        let all = [present.clone(), tried(2, &lucky, &none)];
        assert!(all[1].mean_time() < present.mean_time());
        assert_eq!(whom(&all, &present), None);
        assert_eq!(whom(&[present.clone(), tried(2, &about(80), &none)], &present), Some(2));
        // Shorter, but leaders are deposed without need.
        assert_eq!(whom(&[present.clone(), tried(2, &about(80), &[1; 10])], &present), None);
    }

    #[test]
    fn of_what_is_alike_the_nearest_to_the_present_is_advised() {
        let none = [0; 10];
        let present = tried(16, &about(100), &none);
        let mut lucky = about(80);
        lucky[3] = Some(75);
        let all = [
            present.clone(),
            tried(2, &lucky, &none),
            tried(8, &about(80), &none),
            tried(15, &about(90), &none),
        ];
        assert_eq!(whom(&all, &present), Some(8));
    }

    #[test]
    fn those_that_never_had_a_leader_are_not_better_however_short_their_timers_are() {
        let none = [0; 10];
        let dead = |least| tried(least, &[None; 10], &none);
        let present = dead(8);
        assert_eq!(whom(&[present.clone(), dead(1), dead(64)], &present), None);
        let alive = tried(64, &about(500), &none);
        assert_eq!(whom(&[present.clone(), dead(1), alive.clone()], &present), Some(64));
        let mut once = about(1);
        once[9] = None;
        assert!(!tried(1, &once, &none).clearly_beats(&alive), "it had a leader less often");
    }

    #[test]
    fn trials_go_to_what_may_be_worth_a_choice() {
        let none = [0; 10];
        let all = [
            tried(1, &about(10), &[2; 10]),
            tried(2, &about(20), &none),
            tried(3, &about(30), &none),
            tried(4, &about(40), &none),
        ];
        let wanted = |trials| promising(&all, trials, all[3].setting, |setting| setting == all[2].setting);
        assert_eq!(wanted(FIRST), [0; 0]);
        assert_eq!(wanted(100), [0, 1, 2, 3], "two are on the front, one by the rule, one present");
        let wanted = promising(&all, 100, all[1].setting, |_| false);
        assert_eq!(wanted, [0, 1]);
    }
}
