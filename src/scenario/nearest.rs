//! The nearest valid name to a misspelt one.

/// The candidate that `found` was most likely meant to be; none if none is close. Case does not count.
pub(crate) fn nearest<'a>(found: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let length = found.chars().count();
    let allowed = (length / 3).max(1);
    let found = if length <= 64 { found.to_lowercase() } else { return None };
    candidates
        .iter()
        .map(|candidate| (distance(&found, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, dropped, changed or swapped with their neighbour to turn one word into the other
/// (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before_last[j - 2] + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("voter", "voters", 1),
            ("crahs", "crash", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn only_close_names_are_offered() {
        let names = ["voters", "raft", "disk"];
        assert_eq!(nearest("voter", &names), Some("voters"));
        assert_eq!(nearest("RAFT", &names), Some("raft"));
        assert_eq!(nearest("dsik", &names), Some("disk"));
        assert_eq!(nearest("nodes", &names), None);
        assert_eq!(nearest(&"v".repeat(1 << 20), &names), None);
    }
}
