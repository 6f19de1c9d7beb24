//! Whatever a profile draws can be written down as a script: the same run to the last record.

use crate::common::run;
use crate::hunt::shipped;
use squall::fuzz::{Drawn, Resolver, draw};
use squall::runner::in_order;
use squall::scenario::{read, write};
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

/// What was drawn for the run of a seed, if its script gives the same run.
fn scripted(profile: &squall::plan::Profile, seed: u64) -> Result<Vec<Drawn>, String> {
    let plan = draw(profile, seed);
    let mut resolver = Resolver::default();
    let digest = run(&plan, seed, &mut resolver).digest;
    let script = resolver.script(&plan, seed);
    let written = write(&script);
    match read(&written) {
        Ok((again, _)) if again == script => {}
        Ok(_) => return Err(format!("seed {seed} reads back otherwise:\n{written}")),
        Err(errors) => return Err(errors.render(&format!("seed {seed}"), &written, false)),
    }
    if !script.storms.is_empty() || !script.names.is_empty() {
        return Err(format!("seed {seed} still leaves something to chance:\n{written}"));
    }
    let again = run(&script, seed, &mut ()).digest;
    if digest == again {
        Ok(Drawn::of(&plan))
    } else {
        Err(format!("seed {seed} runs otherwise:\n{written}"))
    }
}

/// A thousand runs. Most are of `quick`, whose runs are a third as long; the others are there for what it does not draw:
/// every shape of partition, flapping links, wiped disks, logs of different lengths, timeouts near the delays, a hundred
/// faults and more in a run. No run is cut short, since what is found at the end of a long one is that a difference at
/// its beginning has grown.
#[test]
fn whatever_is_drawn_can_be_scripted() {
    let all: [(&str, Range<u64>); 3] = [("quick", 0..500), ("default", 500..800), ("cruel", 800..1_000)];
    let mut drawn: BTreeMap<Drawn, u64> = BTreeMap::new();
    for (name, seeds) in all {
        let profile = shipped(name);
        let piece = |number| scripted(&profile, seeds.start + number);
        in_order(2, seeds.end - seeds.start, piece, |_, outcome| {
            match outcome {
                Ok(what) => what.into_iter().for_each(|what| *drawn.entry(what).or_default() += 1),
                Err(why) => panic!("{name}: {why}"),
            }
            ControlFlow::Continue(())
        });
    }
    use Drawn::{
        Clogs, Crashes, Duplicates, Flaps, Idle, Loss, Partitions, Pauses, ShuffledLogs, Starved, Wipes,
    };
    for what in
        [Crashes, Wipes, Pauses, Partitions, Clogs, Flaps, Loss, Duplicates, ShuffledLogs, Idle, Starved]
    {
        let count = drawn.get(&what).copied().unwrap_or(0);
        assert!(count >= 20, "{} in {count} runs", what.name());
    }
}
