//! Virtual time: nanoseconds as integers, so that no rounding of a machine ever reaches a record.
//!
//! [`Time`] is what the world's event queue is ordered by; [`LocalTime`] is what one machine's own clock shows, and
//! all that a replica ever sees. They are different types because mixing them up is a classic source of lease bugs.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

/// A length of virtual time, in nanoseconds.
///
/// Written and read as people write it: `"150ms"`, `"1.5s"`, `"2m"`. Months and years are refused: no simulation
/// runs that long, and their length is ambiguous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

/// A point in the world's virtual time, in nanoseconds since the start of the run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Time(u64);

/// What the clock of one machine shows, in nanoseconds. Never goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A duration of this many nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }
    /// A duration of this many microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros * 1_000)
    }
    /// A duration of this many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }
    /// A duration of this many seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * 1_000_000_000)
    }
    /// This duration in nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }
    /// This duration in seconds, for rendering only.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// The sum, or the longest duration where it would overflow.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
    /// This duration so many times over, or the longest duration where it would overflow.
    pub const fn saturating_mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

/// Why a text is not a [`Duration`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not of the form number and unit.
    #[error("{0}; write a number and a unit: \"150ms\", \"1.5s\", \"2m\"")]
    Syntax(String),
    /// Less than nothing.
    #[error("a duration is not negative; write a number and a unit: \"150ms\", \"1.5s\", \"2m\"")]
    Negative,
    /// Longer than 2^64 nanoseconds, about 584 years.
    #[error("too long: at most 584 years fit")]
    TooLong,
    /// Not a whole number of nanoseconds.
    #[error("finer than a nanosecond")]
    TooFine,
    /// A month or a year, whose length is ambiguous.
    #[error("months and years have no fixed length; write days, hours, minutes or seconds")]
    Ambiguous,
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let unit: String = text.chars().filter(|c| c.is_alphabetic()).collect();
        let has_number = text.trim_start().starts_with(|c: char| c.is_ascii_digit());
        if has_number && ["M", "month", "months", "y", "year", "years"].contains(&unit.as_str()) {
            return Err(DurationError::Ambiguous);
        }
        if text.trim_start().starts_with('-') {
            return Err(DurationError::Negative);
        }
        match fractional(text) {
            Some(nanos) => Ok(Self(nanos?)),
            None => {
                let parsed =
                    humantime::parse_duration(text).map_err(|e| DurationError::Syntax(e.to_string()))?;
                u64::try_from(parsed.as_nanos()).map(Self).map_err(|_| DurationError::TooLong)
            }
        }
    }
}

/// A number with decimals and one unit, such as `1.234567891s`, exactly; `None` for every other form.
fn fractional(text: &str) -> Option<Result<u64, DurationError>> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_alphabetic())?);
    let (whole, decimals) = number.trim().split_once('.')?;
    let digits = |s: &str| !s.is_empty() && s.len() <= 18 && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    let unit: u64 = match unit.trim() {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" | "sec" => 1_000_000_000,
        "m" | "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let scale = 10_u128.pow(decimals.len() as u32);
    let scaled = whole.parse::<u128>().ok()? * scale + decimals.parse::<u128>().ok()?;
    let nanos = scaled * u128::from(unit);
    if !nanos.is_multiple_of(scale) {
        return Some(Err(DurationError::TooFine));
    }
    let nanos = nanos / scale;
    Some(u64::try_from(nanos).map_err(|_| DurationError::TooLong))
}

impl fmt::Display for Duration {
    /// The shortest exact form in one unit: `150ms`, `1.5s`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, name) = match self.0 {
            0 => return f.pad("0s"),
            n if n < 1_000 => (1, "ns"),
            n if n < 1_000_000 => (1_000, "us"),
            n if n < 1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        let (whole, rest) = (self.0 / unit, self.0 % unit);
        if rest == 0 {
            return f.pad(&format!("{whole}{name}"));
        }
        let decimals = unit.ilog10() as usize;
        let fraction = format!("{rest:0decimals$}");
        f.pad(&format!("{whole}.{}{name}", fraction.trim_end_matches('0')))
    }
}

impl serde::Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|error| serde::de::Error::custom(format!("`{text}` is not a duration: {error}")))
    }
}

macro_rules! clock {
    ($name:ident) => {
        impl $name {
            /// The start of the run.
            pub const ZERO: Self = Self(0);
            /// The point this many nanoseconds after the start.
            pub const fn from_nanos(nanos: u64) -> Self {
                Self(nanos)
            }
            /// Nanoseconds since the start.
            pub const fn nanos(self) -> u64 {
                self.0
            }
            /// How long after `earlier` this is; zero if it is not after it.
            pub const fn since(self, earlier: Self) -> Duration {
                Duration(self.0.saturating_sub(earlier.0))
            }
        }
        impl Add<Duration> for $name {
            type Output = Self;
            fn add(self, duration: Duration) -> Self {
                Self(self.0.saturating_add(duration.0))
            }
        }
        impl AddAssign<Duration> for $name {
            fn add_assign(&mut self, duration: Duration) {
                *self = *self + duration;
            }
        }
        impl Sub<$name> for $name {
            type Output = Duration;
            /// # Panics
            /// If `earlier` is later than `self`; see [`Self::since`].
            fn sub(self, earlier: Self) -> Duration {
                Duration(self.0 - earlier.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Duration(self.0).fmt(f)
            }
        }
    };
}
clock!(Time);
clock!(LocalTime);

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write_exactly() {
        for (text, nanos, shown) in [
            ("150ms", 150_000_000, "150ms"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("1.234567891s", 1_234_567_891, "1.234567891s"),
            ("20us", 20_000, "20us"),
            ("0s", 0, "0s"),
            ("2m", 120_000_000_000, "120s"),
            ("1s 500ms", 1_500_000_000, "1.5s"),
            ("0.5ms", 500_000, "500us"),
        ] {
            let duration: Duration = text.parse().expect(text);
            assert_eq!(duration.nanos(), nanos, "{text}");
            assert_eq!(duration.to_string(), shown);
            assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "150",
            "ms",
            "-5ms",
            "1.5",
            "1month",
            "1y",
            "999999999999h",
            "1..5s",
            "NaN s",
            "0.1ns",
            "1.0000000001s",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}
