//! Any text is read or refused, and a refusal points into the text.

use super::read::read;
use proptest::prelude::*;

/// Histories of all forms, to be broken.
const WHOLE: [&str; 4] = [
    "[{:process 0, :type :invoke, :f :write, :value [:x 1]}\n {:process 0, :type :ok, :f :write, :value [:x 1]}\n \
     {:process 1, :type :invoke, :f :cas, :value [:x [1 2]]}\n {:process 1, :type :info, :f :cas, :value [:x [1 2]]}]\n",
    "{:process 0, :type :invoke, :f :read, :error \"é\"}\n#_ skipped {:process 0, :type :ok, :f :read, :value nil} ; said\n",
    "INFO  jepsen.util - 4\t:invoke\t:cas\t[0 3]\n\
     2021{GMT}\tINFO\t[jepsen worker 4] jepsen.util: 4\t:fail\t:cas\t[0 3]\t:closed\n",
    "{\"process\":1,\"type\":\"invoke\",\"f\":\"cas\",\"key\":\"k\",\"expected\":null,\"value\":9}\r\n\
     {\"process\":1,\"type\":\"ok\",\"f\":\"cas\",\"key\":\"k\",\"found\":null,\"version\":0,\"written\":true}\n",
];

#[test]
fn what_is_to_be_broken_is_whole() {
    for text in WHOLE {
        assert!(read(text).is_ok(), "{text}: {:?}", read(text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_at_places_of_it(
        which in 0_usize..4, times in 1_usize..30,
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), "[{}\\[\\]()\":# \n0-9é\\\\]{0,2}"), 0..4),
    ) {
        let mut text = WHOLE[which].repeat(times);
        for (at, instead) in cuts {
            let start = text.floor_char_boundary(at.index(text.len()));
            let end = text.ceil_char_boundary((start + 1).min(text.len()));
            text.replace_range(start..end, &instead);
        }
        let Err(mistakes) = read(&text) else { return Ok(()) };
        prop_assert!((1..=20).contains(&mistakes.first.len()));
        prop_assert!(mistakes.first.is_sorted_by_key(|mistake| mistake.place.start));
        for mistake in &mistakes.first {
            prop_assert!(!mistake.help.is_empty(), "{:?}", mistake);
            let places = mistake.beside.iter().map(|(place, _)| place).chain([&mistake.place]);
            for place in places {
                prop_assert!(text.get(place.start..place.end).is_some(), "{:?} in {:?}", place, &text);
                let line = 1 + text[..place.start].matches('\n').count() as u64;
                prop_assert_eq!(place.line, line, "{:?} in {:?}", mistake, &text);
            }
        }
    }
}

/// A frame that was damaged and believed may carry any word of 64 bits.
#[test]
fn values_are_words_of_64_bits() {
    let text = "{\"process\":1,\"type\":\"invoke\",\"f\":\"write\",\"key\":\"k\",\"value\":18446744073709551615}\n\
                {\"process\":1,\"type\":\"ok\",\"f\":\"write\",\"key\":\"k\"}\n\
                {\"process\":1,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"k\"}\n\
                {\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"key\":\"k\",\"found\":9223372036854776024}\n";
    assert!(read(text).is_ok(), "{:?}", read(text));
    let too_long = text.replace("9223372036854776024", "18446744073709551616");
    assert!(read(&too_long).is_err());
}
