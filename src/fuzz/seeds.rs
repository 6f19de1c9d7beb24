//! Which seeds a campaign makes runs of: a range, or one share of it.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::Range;
use std::str::FromStr;

/// One of so many equal shares of the seeds, for machines that work side by side: seed by seed in turn, so that each gets as
/// much to do as any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u64,
    of: NonZeroU64,
}

impl Shard {
    /// All seeds.
    pub const WHOLE: Self = Self { number: 1, of: NonZeroU64::MIN };

    /// The share of this number, from 1 to `of`.
    ///
    /// # Errors
    /// If there is no such share.
    pub fn new(number: u64, of: u64) -> Result<Self, String> {
        match NonZeroU64::new(of) {
            Some(of) if (1..=of.get()).contains(&number) => Ok(Self { number, of }),
            Some(of) => Err(format!("shards of {of} have the numbers 1 to {of}: there is no {number}")),
            None => Err("there are no shards of 0".into()),
        }
    }

    /// Whether this seed belongs to it.
    pub const fn has(self, seed: u64) -> bool {
        seed % self.of.get() == self.number - 1
    }

    /// Whether it is all seeds.
    pub const fn is_whole(self) -> bool {
        self.of.get() == 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        let (number, of) = parts.ok_or("a shard is written I/N, such as 2/4: the second of four")?;
        Self::new(number, of)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// The seeds of a range that belong to a share of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The range.
    pub range: Range<u64>,
    /// The share.
    pub shard: Shard,
}

impl Seeds {
    /// All seeds of a range.
    pub const fn all(range: Range<u64>) -> Self {
        Self { range, shard: Shard::WHOLE }
    }

    /// The first seed at or after the beginning of the range; it may lie behind the end of the range.
    fn first(&self) -> u64 {
        let of = self.shard.of.get();
        let ahead = (self.shard.number - 1 + of - self.range.start % of) % of;
        self.range.start.saturating_add(ahead)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.range.end.saturating_sub(self.first()).div_ceil(self.shard.of.get())
    }

    /// The seed of this number, counted from 0.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn nth(&self, number: u64) -> u64 {
        assert!(number < self.count(), "there are {} seeds", self.count());
        self.first() + number * self.shard.of.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_a_range_out() {
        for of in 1..=9 {
            let shards: Vec<Shard> = (1..=of).map(|number| Shard::new(number, of).unwrap()).collect();
            for range in [0..0, 0..1, 0..30, 7..8, 13..64, 5..5, u64::MAX - 20..u64::MAX] {
                let mut seeds = Vec::new();
                for shard in &shards {
                    let of_shard = Seeds { range: range.clone(), shard: *shard };
                    let those: Vec<u64> = (0..of_shard.count()).map(|number| of_shard.nth(number)).collect();
                    assert!(those.iter().all(|seed| shard.has(*seed)) && those.is_sorted(), "{those:?}");
                    seeds.extend(those);
                }
                seeds.sort_unstable();
                assert_eq!(seeds, range.clone().collect::<Vec<u64>>(), "{of} shards of {range:?}");
            }
        }
    }

    #[test]
    fn shards_are_read_as_they_are_written() {
        let shard: Shard = "2/4".parse().unwrap();
        assert_eq!((shard, shard.to_string().as_str()), (Shard::new(2, 4).unwrap(), "2/4"));
        for (text, why) in [
            ("5/4", "shards of 4 have the numbers 1 to 4: there is no 5"),
            ("0/4", "shards of 4 have the numbers 1 to 4: there is no 0"),
            ("1/0", "there are no shards of 0"),
            ("2", "a shard is written I/N, such as 2/4: the second of four"),
            ("a/b", "a shard is written I/N, such as 2/4: the second of four"),
        ] {
            assert_eq!(text.parse::<Shard>(), Err(why.to_owned()));
        }
    }
}
