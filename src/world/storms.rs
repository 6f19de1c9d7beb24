//! Faults that come again: storms, whose times and targets are drawn, and flapping links.

use super::World;
use super::agenda::Step;
use super::faults::{INSTANT, kind};
use super::targets::{Hit, Links};
use crate::plan::{Action, Storm};
use crate::rng::{Distribution, Expansion, Stream};
use crate::time::{Duration, Time};
use crate::trace::{FaultSource, Observer};
use std::collections::BTreeMap;

/// A storm's faults. Three words are drawn for each: the time before it, its length, its choices.
#[derive(Debug)]
pub(super) struct Gusts {
    stream: Stream,
    /// The words for the length and the choices of the next one.
    next: [u64; 2],
}

impl Gusts {
    /// Those of all storms of a plan. A stream is named by what its storm does and when, not by its place, so that
    /// taking another storm out of the plan leaves it the same.
    pub(super) fn of(storms: &[Storm], seed: u64) -> Vec<Self> {
        let mut alike = BTreeMap::new();
        let gusts = |storm: &Storm| {
            let (from, to) = storm.during;
            let label = format!(
                "storm {} from {} to {} every {} for {}",
                kind(&storm.action),
                from.nanos(),
                to.nanos(),
                times(storm.every),
                times(storm.length)
            );
            let number = alike.entry(label.clone()).or_insert(0);
            *number += 1;
            Self { stream: Stream::new(seed, &label, *number, 0), next: [0; 2] }
        };
        storms.iter().map(gusts).collect()
    }

    /// Draws the next one. How long it is until then.
    fn draw(&mut self, every: Distribution) -> Duration {
        let [every_word, length, choices] = self.stream.words();
        self.next = [length, choices];
        every.sample(every_word).max(INSTANT)
    }
}

/// A distribution as the numbers that it is made of.
fn times(distribution: Distribution) -> String {
    match distribution {
        Distribution::Constant(always) => always.nanos().to_string(),
        Distribution::Uniform(min, max) => format!("{}-{}", min.nanos(), max.nanos()),
        Distribution::Exponential { min, mean, max } => {
            format!("{}-{}-{}", min.nanos(), mean.nanos(), max.nanos())
        }
    }
}

/// Links that are cut and healed in turn.
#[derive(Debug)]
pub(super) struct Flap<'p> {
    source: FaultSource,
    action: &'p Action,
    links: Links,
    down: Distribution,
    up: Distribution,
    words: Expansion,
    /// When that ends.
    until: Option<Time>,
    /// When they are cut next.
    next: Time,
}

impl<'p> Flap<'p> {
    pub(super) fn new(
        (source, action): (FaultSource, &'p Action),
        links: Links,
        (down, up): (Distribution, Distribution),
        word: u64,
        until: Option<Time>,
    ) -> Self {
        Self { source, action, links, down, up, words: Expansion::new(!word), until, next: Time::ZERO }
    }

    /// Whether the links are not cut again after `now`.
    pub(super) fn is_last(&self, now: Time) -> bool {
        let goes_on = self.next > now && self.until.is_none_or(|until| self.next < until);
        !goes_on
    }
}

impl<'p, O: Observer> World<'p, O> {
    pub(super) fn schedule_storms(&mut self) {
        for place in 0..self.plan.storms.len() {
            self.schedule_gust(place as u32, self.plan.storms[place].during.0);
        }
    }

    /// Draws a storm's next fault, some time after this one.
    fn schedule_gust(&mut self, place: u32, after: Time) {
        let storm = &self.plan.storms[place as usize];
        let at = after + self.faults.storms[place as usize].draw(storm.every);
        if at < storm.during.1 {
            self.plan_step(at, Step::Storm(place));
        }
    }

    /// A storm's next fault begins, or is skipped if its targets can't be bound.
    pub(super) fn start_gust(&mut self, place: u32) {
        let plan = self.plan;
        let storm = &plan.storms[place as usize];
        let [length, choices] = self.faults.storms[place as usize].next;
        let until = self.now + storm.length.sample(length).max(INSTANT);
        let source = FaultSource::Storm(place);
        if !self.begin(source, &storm.action, choices, Some(until)) {
            self.skip(source, &storm.action);
        }
        self.schedule_gust(place, self.now);
    }

    /// Links begin to flap: they are cut for the first time.
    pub(super) fn start_flap(&mut self, flap: Flap<'p>) {
        let end = self.plan.settle.map_or(Time::ZERO + self.plan.duration, |settle| settle.from);
        let until = Some(flap.until.map_or(end, |until| until.min(end)));
        let number = self.faults.flaps.last_key_value().map_or(0, |(last, _)| last + 1);
        self.faults.flaps.insert(number, Flap { until, ..flap });
        self.cut_again(number);
    }

    /// Flapping links are cut again, for a while that is drawn together with the one after it.
    pub(super) fn cut_again(&mut self, place: u32) {
        let flap = self.faults.flaps.get_mut(&place).expect("it still flaps");
        let [down, up] = [flap.words.word(), flap.words.word()];
        let heals = self.now + flap.down.sample(down).max(INSTANT);
        flap.next = heals + flap.up.sample(up).max(INSTANT);
        let heals = flap.until.map_or(heals, |until| heals.min(until));
        let (source, action, links) = (flap.source, flap.action, flap.links.clone());
        self.hit(source, action, Hit::Links(links), Some(heals), Some(place));
    }

    /// Flapping links have healed: sees to it that they are cut again, if there is time.
    pub(super) fn plan_flap(&mut self, place: u32) {
        let flap = &self.faults.flaps[&place];
        if flap.is_last(self.now) {
            self.faults.flaps.remove(&place);
        } else {
            self.plan_step(flap.next, Step::Flap(place));
        }
    }
}
