//! Labelled random streams, and the few lines of sampling that Squall needs.
//!
//! One ChaCha8 stream per purpose: each directed link, disk, replica and client has its own, named by
//! a label, a key and an epoch. So taking a fault out of a run leaves every other stream the same sequence.
//! A decision draws a *fixed number of words*, whatever the rates; what varies is derived from those words. Sampling
//! is ours rather than a library's, because a library's distributions change between releases and a digest must not.

use crate::time::Duration;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::fmt;
use xxhash_rust::xxh3::xxh3_64;

/// A sequence of random words that depends on nothing but the run's seed and the stream's name.
///
/// Many streams of a run are never asked for a word, so the generator is made for the first one.
#[derive(Clone, Debug)]
pub struct Stream {
    seed: u64,
    /// The hash of its name.
    number: u64,
    /// How many words have been drawn.
    position: u64,
    source: Option<Box<Source>>,
}

/// The generator of a stream, and the position of its next word.
#[derive(Clone, Debug)]
struct Source {
    generator: ChaCha8Rng,
    position: u64,
}

impl Stream {
    /// The stream of `seed` for this purpose: `label` says what draws, `key` which one of them, `epoch` in which of
    /// its lives.
    pub fn new(seed: u64, label: &str, key: u64, epoch: u64) -> Self {
        Self { seed, number: number(label, key, epoch), position: 0, source: None }
    }

    /// The next word.
    pub fn word(&mut self) -> u64 {
        let [word] = self.words();
        word
    }

    /// The next words.
    #[inline]
    pub fn words<const N: usize>(&mut self) -> [u64; N] {
        let first = self.position;
        self.position += N as u64;
        let source = self.source_at(first);
        source.position += N as u64;
        std::array::from_fn(|_| source.generator.next_u64())
    }

    /// Draws so many words that nobody looks at: all later ones are what they would be after as many others.
    #[inline]
    pub fn skip(&mut self, words: u64) {
        self.position += words;
    }

    /// The word at this position, counted from 0. It does not count as drawn.
    pub fn at(&mut self, position: u64) -> u64 {
        let source = self.source_at(position);
        source.position += 1;
        source.generator.next_u64()
    }

    /// How many words have been drawn.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The generator, ready for the word at this position.
    #[inline]
    fn source_at(&mut self, position: u64) -> &mut Source {
        if self.source.as_ref().is_none_or(|source| source.position != position) {
            self.seek(position);
        }
        self.source.as_mut().expect("made when it was looked for")
    }

    #[cold]
    fn seek(&mut self, position: u64) {
        let source = self.source.get_or_insert_with(|| {
            let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
            generator.set_stream(self.number);
            Box::new(Source { generator, position: 0 })
        });
        if source.position != position {
            source.generator.set_word_pos(u128::from(position) * 2);
            source.position = position;
        }
    }
}

/// The hash of a stream's name.
fn number(label: &str, key: u64, epoch: u64) -> u64 {
    // Only labels that a scenario has chosen are longer than this; the others cost no allocation.
    const ROOM: usize = 64;
    let parts = [&key.to_le_bytes(), &epoch.to_le_bytes(), label.as_bytes()];
    let mut room = [0; ROOM];
    match room.get_mut(..16 + label.len()) {
        Some(name) => {
            let mut rest = &mut *name;
            for part in parts {
                let (place, behind) = rest.split_at_mut(part.len());
                place.copy_from_slice(part);
                rest = behind;
            }
            xxh3_64(name)
        }
        None => xxh3_64(&parts.concat()),
    }
}

/// Many words from one, for a choice of variable size that may draw one word of its stream only: the generator SplitMix64
/// (Steele, Lea and Flood 2014).
#[derive(Clone, Copy, Debug)]
pub struct Expansion(u64);

impl Expansion {
    /// The words that this one expands to.
    pub const fn new(word: u64) -> Self {
        Self(word)
    }

    /// The next word.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }
}

/// Maps a word to `0..bound`, by multiply and shift (Lemire 2019, without the rejection: the bias is below
/// `bound / 2^64`).
///
/// # Panics
/// If `bound` is 0: there is nothing to choose from.
pub fn below(word: u64, bound: u64) -> u64 {
    assert!(bound > 0, "nothing to choose from");
    ((u128::from(word) * u128::from(bound)) >> 64) as u64
}

/// A word as a float in `[0, 1)`, with 53 bits.
fn unit(word: u64) -> f64 {
    (word >> 11) as f64 / (1_u64 << 53) as f64
}

/// A whole number from `least` to `most`, each order of magnitude being equally likely; rounded down.
///
/// # Panics
/// If `least` is 0, or above `most`.
pub fn log_uniform(word: u64, least: u64, most: u64) -> u64 {
    assert!(0 < least && least <= most, "no range of magnitudes: {least} to {most}");
    let ratio = (most as f64 + 1.0) / least as f64;
    let value = least as f64 * libm::exp(unit(word) * libm::log(ratio));
    (value as u64).clamp(least, most)
}

/// A draw from the exponential distribution with this mean, by inversion.
pub fn exponential(word: u64, mean: Duration) -> Duration {
    let nanos = -libm::log(1.0 - unit(word)) * mean.nanos() as f64;
    Duration::from_nanos(nanos as u64)
}

/// A probability, as the threshold below which a word means yes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate(u64);

impl Rate {
    /// Never.
    pub const ZERO: Self = Self(0);
    /// Always.
    pub const ONE: Self = Self(u64::MAX);

    /// What a decimal may lose when it is kept in binary, in parts of 2^64.
    const ROUNDING: u64 = 1 << 11;

    /// From a number in `0.0..=1.0`; `None` for any other, NaN included. Turned into an integer once, here.
    pub fn new(probability: f64) -> Option<Self> {
        match probability {
            1.0 => Some(Self::ONE),
            p if (0.0..1.0).contains(&p) => Some(Self((p * 18_446_744_073_709_551_616.0) as u64)),
            _ => None,
        }
    }

    /// Whether this word is a hit. (Rate 1 misses one word in 2^64: none in practice.)
    pub fn hits(self, word: u64) -> bool {
        word < self.0
    }

    /// Whether `part` of `whole` is at least this share. What was written as a decimal is kept in binary, to 53 bits: what
    /// falls short by less than that rounding is that very decimal.
    pub fn is_reached(self, part: u64, whole: u64) -> bool {
        u128::from(part) << 64 >= u128::from(self.0.saturating_sub(Self::ROUNDING)) * u128::from(whole)
    }

    /// Whether `part` of `whole` is more than this share, with the same grace.
    pub fn is_exceeded(self, part: u64, whole: u64) -> bool {
        u128::from(part) << 64 > (u128::from(self.0) + u128::from(Self::ROUNDING)) * u128::from(whole)
    }

    /// It as parts of 2^64; 1 is a part less than the whole.
    pub const fn parts(self) -> u128 {
        self.0 as u128
    }

    /// The probability, for rendering only.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 18_446_744_073_709_551_616.0
    }
}

impl fmt::Display for Rate {
    /// The decimal with the fewest digits that reads as this rate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.as_f64();
        let fits = |text: &String| text.parse().is_ok_and(|value| Self::new(value) == Some(*self));
        // The nearest decimal may lie just below, and rates are rounded down: the one above it is tried as well.
        let shortest = (0..=19)
            .flat_map(|decimals: usize| {
                let step = 1.0 / 10_u64.pow(decimals as u32) as f64;
                [format!("{value:.decimals$}"), format!("{:.decimals$}", value + step / 2.0)]
            })
            .find(fits);
        f.pad(&shortest.unwrap_or_else(|| value.to_string()))
    }
}

/// How a delay is distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Always the same.
    Constant(Duration),
    /// Every length from the first to the last is equally likely.
    Uniform(Duration, Duration),
    /// `min` and on top of it an exponential part, so that the mean is `mean`; cut off at `max`.
    Exponential {
        /// The least delay.
        min: Duration,
        /// The mean before the cut-off.
        mean: Duration,
        /// The greatest delay.
        max: Duration,
    },
}

impl Distribution {
    /// The delay that this word stands for. One word, whatever the distribution.
    pub fn sample(&self, word: u64) -> Duration {
        match *self {
            Self::Constant(delay) => delay,
            Self::Uniform(min, max) => {
                Duration::from_nanos(min.nanos() + below(word, (max.nanos() - min.nanos()).saturating_add(1)))
            }
            Self::Exponential { min, mean, max } => {
                let tail = exponential(word, Duration::from_nanos(mean.nanos() - min.nanos()));
                min.saturating_add(tail).min(max)
            }
        }
    }

    /// The least delay it can give.
    pub fn min(&self) -> Duration {
        match *self {
            Self::Constant(delay) => delay,
            Self::Uniform(min, _) | Self::Exponential { min, .. } => min,
        }
    }

    /// The greatest delay it can give.
    pub fn max(&self) -> Duration {
        match *self {
            Self::Constant(delay) => delay,
            Self::Uniform(_, max) | Self::Exponential { max, .. } => max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_pinned() {
        let mut generator = ChaCha8Rng::seed_from_u64(42);
        let words: Vec<u64> = (0..4).map(|_| generator.next_u64()).collect();
        assert_eq!(words, [0xae90bfb5395d5ba1, 0xf3453fc625799188, 0x6d71b708c5b6538c, 0xa09ab2f958166752]);
    }

    #[test]
    fn streams_are_named_by_label_key_and_epoch() {
        let first = |label, key, epoch| Stream::new(7, label, key, epoch).word();
        let all = [first("link", 1, 0), first("disk", 1, 0), first("link", 2, 0), first("link", 1, 1)];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
        assert_eq!(first("link", 1, 0), first("link", 1, 0));
    }

    #[test]
    fn any_word_of_a_stream_can_be_had_at_once() {
        let mut stream = Stream::new(7, "test", 1, 0);
        let words: Vec<u64> = (0..100).map(|_| stream.word()).collect();
        let mut other = Stream::new(7, "test", 1, 0);
        for position in [0, 99, 3, 50, 31, 32, 33] {
            assert_eq!(other.at(position), words[position as usize]);
        }
    }

    #[test]
    fn words_that_were_skipped_leave_those_after_them_as_they_are() {
        let words: Vec<u64> = {
            let mut stream = Stream::new(7, "test", 1, 0);
            (0..100).map(|_| stream.word()).collect()
        };
        let mut stream = Stream::new(7, "test", 1, 0);
        for (skipped, next) in [(0, 0), (4, 5), (0, 6), (60, 67), (1, 69)] {
            stream.skip(skipped);
            assert_eq!((stream.position(), stream.word()), (next, words[next as usize]));
            assert_eq!(stream.at(3), words[3], "which moves nothing on");
        }
    }

    #[test]
    fn names_of_any_length_tell_streams_apart_alike() {
        for length in [0, 1, 47, 48, 49, 300] {
            let label = "n".repeat(length);
            let name = [&5_u64.to_le_bytes(), &9_u64.to_le_bytes(), label.as_bytes()].concat();
            assert_eq!(number(&label, 5, 9), xxh3_64(&name), "{length} bytes");
        }
    }

    #[test]
    fn an_expansion_is_pinned() {
        let mut words = Expansion::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([words.word(), words.word(), words.word()], expected);
    }

    #[test]
    fn below_covers_its_range_evenly() {
        let mut stream = Stream::new(1, "test", 0, 0);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[below(stream.word(), 7) as usize] += 1;
        }
        assert!(counts.iter().all(|&c| (9_500..10_500).contains(&c)), "{counts:?}");
        assert_eq!(below(u64::MAX, 3), 2);
        assert_eq!(below(0, 3), 0);
    }

    #[test]
    fn each_order_of_magnitude_is_as_likely() {
        let mut stream = Stream::new(1, "test", 0, 0);
        let mut counts = [0_u32; 4];
        for _ in 0..40_000 {
            counts[log_uniform(stream.word(), 10, 99_999).ilog10() as usize - 1] += 1;
        }
        assert!(counts.iter().all(|&c| (9_500..10_500).contains(&c)), "{counts:?}");
        for (least, most) in [(1, 1), (1, 8), (7, 9), (1, 1 << 40), (u64::MAX, u64::MAX)] {
            assert_eq!(log_uniform(0, least, most), least);
            assert_eq!(log_uniform(u64::MAX, least, most), most);
        }
    }

    #[test]
    fn rates_hit_as_often_as_they_say() {
        assert_eq!(Rate::new(f64::NAN), None);
        assert_eq!(Rate::new(1.1), None);
        assert_eq!(Rate::new(-0.1), None);
        let quarter = Rate::new(0.25).expect("a rate");
        let mut stream = Stream::new(1, "test", 0, 0);
        let hits = (0..100_000).filter(|_| quarter.hits(stream.word())).count();
        assert!((24_500..25_500).contains(&hits), "{hits}");
        assert!(!Rate::ZERO.hits(0));
    }

    #[test]
    fn a_share_is_reached_just_when_the_decimal_is() {
        for thousandths in 0..=1000_u64 {
            let rate = Rate::new(thousandths as f64 / 1000.0).expect("a rate");
            for whole in [1, 2, 3, 7, 10, 30, 100, 999, 1000, 12_000_000_000] {
                let least = (thousandths * whole).div_ceil(1000);
                assert!(rate.is_reached(least, whole), "{least} of {whole} is {rate}");
                assert!(
                    least == 0 || !rate.is_reached(least - 1, whole),
                    "{least} - 1 of {whole} is not {rate}"
                );
            }
        }
    }

    #[test]
    fn rates_are_written_as_they_were_read() {
        for text in ["0", "1", "0.5", "0.95", "0.001", "0.999999", "0.1234567"] {
            let rate = Rate::new(text.parse().expect("a number")).expect("a rate");
            assert_eq!(rate.to_string(), text);
        }
    }

    #[test]
    fn distributions_have_their_mean_and_bounds() {
        let ms = Duration::from_millis;
        let mean = |d: Distribution| {
            let mut stream = Stream::new(3, "test", 0, 0);
            let draws: Vec<u64> = (0..200_000).map(|_| d.sample(stream.word()).nanos()).collect();
            let total: u64 = draws.iter().sum();
            (total as f64 / 2e5 / 1e6, *draws.iter().max().expect("draws"))
        };
        assert_eq!(mean(Distribution::Constant(ms(3))).0, 3.0);
        let (uniform, top) = mean(Distribution::Uniform(ms(1), ms(5)));
        assert!((uniform - 3.0).abs() < 0.02 && top <= 5_000_000, "{uniform}");
        let (exponential, top) = mean(Distribution::Exponential { min: ms(1), mean: ms(4), max: ms(60) });
        assert!((exponential - 4.0).abs() < 0.05 && top <= 60_000_000, "{exponential}");
    }
}
