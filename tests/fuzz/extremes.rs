//! Profiles whose ranges end where they can at the most: what is not refused draws valid plans only.

use super::reads_back;
use squall::fuzz::draw;
use squall::rng::{Stream, below};
use squall::scenario::read_profile;

/// Writes profiles of extremes.
struct Extremes(Stream);

impl Extremes {
    fn below(&mut self, bound: u64) -> u64 {
        below(self.0.word(), bound)
    }

    fn one<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    /// A range between two of these, which are in order. Mostly the first and the last are left out: with them nearly
    /// every profile would be refused, for one reason each.
    fn range(&mut self, from: &[&str], quoted: bool) -> String {
        let from = if self.below(5) == 0 || from.len() < 3 { from } else { &from[1..from.len() - 1] };
        let places = [(); 2].map(|()| self.below(from.len() as u64) as usize);
        let [least, most] = [places[0].min(places[1]), places[0].max(places[1])].map(|place| from[place]);
        if quoted { format!("(\"{least}\", \"{most}\")") } else { format!("({least}, {most})") }
    }

    fn times(&mut self, from: &[&str]) -> String {
        self.range(from, true)
    }

    fn numbers(&mut self, from: &[&str]) -> String {
        self.range(from, false)
    }

    /// Something in a part of all profiles only, so that what it is refused for does not hide the others.
    fn perhaps(&mut self, text: String) -> String {
        if self.below(2) == 0 { text } else { String::new() }
    }

    fn cluster(&mut self) -> String {
        let voters = self.one(&[
            "[(1, 1)]",
            "[(2, 1), (3, 1e-9)]",
            "[(5, 1)]",
            "[(4, 1e12), (7, 1)]",
            "[(3, 0), (255, 1)]",
        ]);
        let heartbeat =
            self.times(&["1ns", "9ns", "10ns", "11ns", "1009999ns", "20ms", "1s", "25days", "30days"]);
        let timeout = self.numbers(&["1.1", "1.101", "2", "3", "10000"]);
        let spread = self.numbers(&["1", "1.001", "2", "10000"]);
        let batch = self.numbers(&["1", "1001", "65536", "524288"]);
        let flush = self.times(&["1ns", "999ns", "1ms", "30days"]);
        let bug = self.one(&["", "bug: AckBeforeFlush", "bug: CommitOldTermByCount"]);
        let logs = self.one(&["0", "0.5", "1"]);
        let parts = [
            format!("voters: {voters}, heartbeat: {heartbeat}, shuffled_logs: {logs}, "),
            self.perhaps(format!("election_timeout: {timeout}, ")),
            self.perhaps(format!("timeout_spread: {spread}, ")),
            self.perhaps(format!("max_batch_bytes: {batch}, ")),
            self.perhaps(format!("flush: {flush}, ")),
            bug.to_string(),
        ];
        format!("({})", parts.concat())
    }

    fn network(&mut self) -> String {
        let latency = self.times(&["1ns", "2ns", "1001ns", "5ms", "1s", "30days"]);
        let loss = self.numbers(&["0.000000001", "0.001", "1", "1.0"]);
        let twice = self.numbers(&["0.000000001", "0.999999999", "1"]);
        let parts = [
            self.perhaps(format!("latency: {latency}, ")),
            self.perhaps(format!("loss: (likely: 1, rate: {loss}), ")),
            self.perhaps(format!("duplicate: (likely: 0.5, rate: {twice}), ")),
        ];
        format!("({})", parts.concat())
    }

    fn clients(&mut self) -> String {
        let count = self.numbers(&["1", "2", "999", "1009", "10000"]);
        let rate = self.numbers(&["0.001", "0.0015", "1", "1009.999", "1000000"]);
        let closed = self.one(&["0", "0.5", "1"]);
        let think = self.times(&["1ns", "1ms", "10ms", "30days"]);
        let keys = self.numbers(&["1", "1001", "1000000"]);
        let bytes = self.numbers(&["8", "64", "65536"]);
        let timeout = self.times(&["1ns", "1ms", "500ms", "30days"]);
        let mix = self.one(&[
            "(put: 1e12, get: 0, cas: 0)",
            "(put: 0, get: 0.1, cas: 0)",
            "(put: 1, get: 1, cas: 1e-9)",
        ]);
        let parts = [
            format!("likely: 0.9, count: {count}, rate: {rate}, closed_loop: {closed}, "),
            self.perhaps(format!("think: {think}, ")),
            self.perhaps(format!("keys: {keys}, ")),
            self.perhaps(format!("value_bytes: {bytes}, ")),
            self.perhaps(format!("timeout: {timeout}, ")),
            self.perhaps(format!("mix: {mix}, ")),
        ];
        format!("({})", parts.concat())
    }

    fn action(&mut self) -> &'static str {
        self.one(&[
            "Crash(Random)",
            "Crash(All)",
            "Crash(Majority)",
            "Wipe(Minority)",
            "Pause(Follower(1))",
            "Crash(Nodes([1, 2, 3]))",
            "Pause(Node(255))",
            "Partition(groups: [[Minority], [Rest]])",
            "Partition(oneway: (from: [Leader], to: [Rest]))",
            "Partition(ring: [Random, Rest])",
            "Partition(cut: [\"leader>random\", \"1-2\"])",
            "Clog(isolate: Leader)",
            "Flap(isolate: All, down: Constant(\"1ms\"), up: Uniform(\"0s\", \"2ms\"))",
            "Flap(bridge: Random, down: Exponential(mean: \"30days\"), up: Constant(\"30days\"))",
        ])
    }

    fn faults(&mut self) -> String {
        let count = self.numbers(&["0", "1", "2", "100"]);
        let length = self.times(&["1ns", "1009ns", "10ms", "1s", "1day", "29days"]);
        let start = if self.below(2) == 0 {
            format!("at: {}", self.times(&["0s", "1ns", "1ms", "1009999ns", "5s", "1day"]))
        } else {
            let election = self.numbers(&["1", "2", "4294967296"]);
            let after = self.times(&["1ns", "1s", "1day"]);
            format!("elected: {election}{}", self.perhaps(format!(", after: {after}")))
        };
        let least = self.one(&["1", "3", "4", "255"]);
        format!(
            "(likely: 1, least_voters: {least}, count: {count}, {start}, for: {length}, do: {})",
            self.action()
        )
    }

    fn storm(&mut self) -> String {
        let every = self.times(&["1ms", "1009999ns", "1s", "1day", "30days"]);
        let length = self.times(&["1ns", "1009ns", "1s", "1day", "30days"]);
        let least = self.one(&["1", "3", "4", "255"]);
        format!("(likely: 1, least_voters: {least}, every: {every}, for: {length}, do: {})", self.action())
    }

    fn profile(&mut self) -> String {
        let (duration, settle) = [
            ("2ns", "1ns"),
            ("1us", "1ns"),
            ("30ms", "29ms"),
            ("10s", "1ns"),
            ("10s", "9999999999ns"),
            ("30s", "20s"),
            ("10day", "2days"),
            ("30days", "1ns"),
            ("30days", "29days"),
        ][self.below(9) as usize];
        let (cluster, network, clients) = (self.cluster(), self.network(), self.clients());
        let (faults, storm) = (self.faults(), self.storm());
        let parts = [
            self.perhaps(format!("network: {network}, ")),
            self.perhaps(format!("clients: {clients}, ")),
            self.perhaps(format!("faults: [{faults}], ")),
            self.perhaps(format!("storm: [{storm}], ")),
        ];
        format!(
            "(format: 1, name: \"x\", duration: \"{duration}\", settle: \"{settle}\", cluster: {cluster}, {})",
            parts.concat()
        )
    }
}

#[test]
fn profiles_at_their_limits_are_refused_or_draw_valid_plans() {
    let mut extremes = Extremes(Stream::new(1, "extremes", 0, 0));
    let (mut taken, mut with_all) = (0, 0);
    for _ in 0..60_000 {
        let text = extremes.profile();
        let Ok((profile, _)) = read_profile(&text) else { continue };
        taken += 1;
        with_all +=
            u32::from(profile.clients.is_some() && !profile.faults.is_empty() && !profile.storms.is_empty());
        for seed in 0..12 {
            reads_back(&draw(&profile, seed));
        }
    }
    assert!(taken >= 1_000 && with_all >= 20, "only {taken} were valid, {with_all} of them with everything");
}
