//! Numbers as people read them. The only place where floats are made of them.

use crate::time::{Duration, Time};

/// Three digits and a unit: `152ms`, `12.3us`, `1.52s`.
pub(crate) fn short(duration: Duration) -> String {
    let nanos = duration.nanos();
    let (unit, name) = match nanos {
        0 => return "0".into(),
        1..1_000 => return format!("{nanos}ns"),
        1_000..999_500 => (1e3, "us"),
        999_500..999_500_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let value = nanos as f64 / unit;
    let decimals = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}{name}")
}

/// A point in time to the millisecond: `12.345s`; late ones to a tenth of a second.
pub(crate) fn moment(time: Time) -> String {
    let decimals = if time < Time::from_nanos(1_000_000_000_000) { 3 } else { 1 };
    format!("{:.decimals$}s", time.nanos() as f64 / 1e9)
}

/// With thousands set off: `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with a noun, in the plural where it needs one: `1 span`, `2 spans`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A share in per cent, never rounded up to all or down to nothing: `99.99 %`. What is more than all is so.
pub(crate) fn percent(share: f64) -> String {
    match share {
        0.0 => "0 %".into(),
        1.0 => "100 %".into(),
        more if more > 1.0 => format!("{:.2} %", (more * 100.0).max(100.01)),
        _ => format!("{:.2} %", (share * 100.0).clamp(0.01, 99.99)),
    }
}

/// An upper bound of a share in per cent, with two digits that count, rounded up: `0.015 %`.
pub(crate) fn at_most(share: f64) -> String {
    let percent = share * 100.0;
    let digits = (0..12).find(|digits| percent * 10_f64.powi(*digits) >= 10.0).unwrap_or(12);
    let unit = 10_f64.powi(digits);
    // A bound that is a round number is not to be pushed up by what floats lose.
    let rounded = (percent * unit - 1e-9).ceil() / unit;
    let text = format!("{rounded:.*}", digits as usize);
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{short} %")
}

/// A text in lines of at most so many characters, broken between words. A longer word is a line of its own.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut wrapped = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            wrapped.push('\n');
            used = 0;
        } else if used > 0 {
            wrapped.push(' ');
            used += 1;
        }
        wrapped += word;
        used += length;
    }
    wrapped
}

/// A line in pieces of at most so many characters, broken where a blank is. Columns in it stay as they are, and what follows the
/// first piece is indented.
pub(crate) fn folded(line: &str, width: usize) -> Vec<String> {
    const INDENT: &str = "        ";
    let mut pieces = Vec::new();
    let mut rest = line.to_string();
    while let Some((end, _)) = rest.char_indices().nth(width) {
        // A blank right behind what fits is one to break at, too; those at the beginning are none.
        let end = if rest[end..].starts_with(' ') { end + 1 } else { end };
        let begin = rest.len() - rest.trim_start().len();
        let blank = rest[..end].rfind(' ').filter(|at| *at > begin);
        let Some(at) = blank else { break };
        let more = format!("{INDENT}{}", rest[at..].trim_start());
        rest.truncate(at);
        pieces.push(rest.trim_end().to_string());
        rest = more;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_folded_at_blanks_and_keeps_its_columns() {
        assert_eq!(folded("one  two three four", 100), ["one  two three four"]);
        assert_eq!(folded("one  two threes four", 14), ["one  two", "        threes", "        four"]);
        assert_eq!(folded("  onetwothree é four", 15), ["  onetwothree é", "        four"]);
        assert_eq!(folded("onetwothree", 5), ["onetwothree"]);
    }

    #[test]
    fn durations_have_three_digits() {
        for (nanos, text) in [
            (0, "0"),
            (999, "999ns"),
            (1_000, "1.00us"),
            (12_345, "12.3us"),
            (999_499, "999us"),
            (999_500, "1.00ms"),
            (9_995_000, "10.0ms"),
            (152_400_000, "152ms"),
            (999_600_000, "1.00s"),
            (61_500_000_000, "61.5s"),
            (3_600_000_000_000, "3600s"),
        ] {
            assert_eq!(short(Duration::from_nanos(nanos)), text);
        }
        assert_eq!(moment(Time::from_nanos(12_345_678_901)), "12.346s");
        assert_eq!(moment(Time::from_nanos(3_600_000_000_000)), "3600.0s");
    }

    #[test]
    fn shares_are_not_rounded_to_all_or_nothing() {
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.999_999), "99.99 %");
        assert_eq!(percent(0.000_001), "0.01 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.4567), "45.67 %");
        assert_eq!(percent(1.0569), "105.69 %");
    }

    #[test]
    fn counts_are_set_off_by_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "span"), "1 span");
        assert_eq!(counted(1_000, "span"), "1,000 spans");
    }

    #[test]
    fn bounds_are_rounded_up() {
        let bounds = [(3.0 / 20_000.0, "0.015 %"), (0.01, "1 %"), (3.0 / 40.0, "7.5 %"), (0.75, "75 %")];
        for (share, text) in bounds.into_iter().chain([(1.0, "100 %"), (3.0 / 7e5, "0.00043 %")]) {
            assert_eq!(at_most(share), text);
        }
    }

    #[test]
    fn texts_are_broken_between_words() {
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(wrap("incomprehensibilities are long", 10), "incomprehensibilities\nare long");
        assert_eq!(wrap("", 10), "");
    }
}
