//! Numbers as arguments, and what is said of what is none.

use std::str::FromStr;

/// Reads a seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    let form = "a seed is a whole number from 0 to 2^64 - 1, such as 7";
    text.parse().map_err(|_| match text.contains("..") {
        true => format!("{form}; a range of them is written `--seeds {text}`"),
        false => form.to_owned(),
    })
}

/// Reads a whole number.
pub(super) fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number, 0 or more".to_owned())
}

/// Reads a whole number that is not 0.
pub(super) fn positive<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "write a whole number, 1 or more".to_owned())
}

/// Reads a whole number between these, both included.
pub(super) fn between(least: u64, most: u64) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("write a whole number from {least} to {most}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    #[test]
    fn what_is_no_number_is_told_with_what_would_be_one() {
        for text in ["abc", "", "-1", "1.5", "18446744073709551616"] {
            assert_eq!(seed(text).unwrap_err(), "a seed is a whole number from 0 to 2^64 - 1, such as 7");
            assert_eq!(whole(text).unwrap_err(), "write a whole number, 0 or more");
            assert_eq!(positive::<NonZeroU64>(text).unwrap_err(), "write a whole number, 1 or more");
            assert_eq!(between(1, 9)(text).unwrap_err(), "write a whole number from 1 to 9");
        }
        assert!(seed("0..9").unwrap_err().ends_with("; a range of them is written `--seeds 0..9`"));
        assert!(positive::<NonZeroU64>("0").is_err() && between(1, 9)("10").is_err());
        assert_eq!(
            (seed("18446744073709551615"), whole("0"), between(1, 9)("9")),
            (Ok(u64::MAX), Ok(0), Ok(9))
        );
    }
}
