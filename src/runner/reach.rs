//! What no run of a plan can reach, whatever its seed: so that it is not told as missed.

use crate::plan::{Action, Event, Plan};
use crate::replica::{ReadBy, Role, VoteRefusal};
use crate::report::Point;
use crate::scenario::is_possible;
use crate::trace::Rejection;
use crate::world::kind;
use std::collections::BTreeSet;

/// The points that no run of this plan reaches, as far as that is known: for want of a fault, of clients, or of a switch.
pub fn out_of_reach(plan: &Plan) -> BTreeSet<Point> {
    let scripted = plan.faults.iter().map(|fault| &fault.action);
    let actions: Vec<&Action> = scripted.chain(plan.storms.iter().map(|storm| &storm.action)).collect();
    Point::all().into_iter().filter(|point| !can_be(*point, plan, &actions)).collect()
}

fn can_be(point: Point, plan: &Plan, actions: &[&Action]) -> bool {
    let any = |is_one: fn(&Action) -> bool| actions.iter().any(|action| is_one(action));
    // What a receiver has to be wary of: frames that are not what some node or client has sent to it.
    let tampered =
        || any(|it| matches!(it, Action::Corrupt { .. } | Action::Misdirect { .. } | Action::Forge { .. }));
    match point {
        Point::Event(event) if is_of_tampering(event) => tampered() && is_possible(event, plan),
        Point::Event(Event::FrameRejected) => tampered() || plan.clients.is_some(),
        Point::Event(Event::NodeStopped) => any(|it| matches!(it, Action::Rot(_) | Action::LoseFlush(_))),
        Point::Event(event) => is_possible(event, plan),
        Point::Fault(fault) => actions.iter().any(|action| kind(action) == fault),
        Point::Turn(Role::PreCandidate, _) | Point::Turn(_, Role::PreCandidate) => plan.cluster.raft.pre_vote,
        Point::Vote(VoteRefusal::Lease) => plan.cluster.raft.reads.by == ReadBy::Lease,
        Point::Frame(Rejection::Late) => plan.clients.is_some(),
        Point::Frame(Rejection::Cluster) => is_possible(Event::ClusterWrong, plan),
        Point::Frame(_) | Point::Right(_) => tampered(),
        Point::Transfer(_) => any(|it| matches!(it, Action::Transfer(_))),
        Point::Change(_) | Point::Aborted(_) => any(Action::changes_members),
        Point::Turn(..) | Point::Vote(_) => true,
    }
}

/// Whether it is told only of frames that are not what was sent.
const fn is_of_tampering(event: Event) -> bool {
    matches!(
        event,
        Event::AccessDenied
            | Event::LengthWrong
            | Event::ChecksumWrong
            | Event::MagicWrong
            | Event::ClusterWrong
            | Event::AddressWrong
            | Event::MessageUndecodable
            | Event::IndexesWrong
            | Event::EntriesWrong
            | Event::TermImpossible
            | Event::FrameTooLong
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Event;
    use crate::scenario::read;
    use crate::trace::{ActionKind, Denial};

    fn reachable(more: &str) -> BTreeSet<Point> {
        let text = format!("(format: 1, name: \"x\", duration: \"5s\", cluster: (voters: 3), {more})");
        let (plan, _) = read(&text).expect("a scenario");
        &Point::all() - &out_of_reach(&plan)
    }

    #[test]
    fn what_a_plan_has_nothing_for_is_out_of_reach() {
        let bare = reachable("");
        let of_clients = [Point::Event(Event::OperationDone), Point::Frame(Rejection::Late)];
        let of_faults = [
            Point::Fault(ActionKind::Crash),
            Point::Event(Event::NodeCrashed),
            Point::Event(Event::ChecksumWrong),
            Point::Frame(Rejection::Checksum),
            Point::Right(Denial::Impostor),
        ];
        assert!(bare.contains(&Point::Event(Event::LeaderElected)));
        assert!(of_clients.iter().chain(&of_faults).all(|point| !bare.contains(point)));
        let served = reachable("clients: (count: 1)");
        assert!(of_clients.iter().all(|point| served.contains(point)));
        let faults = "faults: [(at: \"1s\", for: \"1s\", do: Crash(Leader)), (at: \"1s\", for: \"1s\", do: Forge(to: All, rate: 9))]";
        let hit = reachable(faults);
        assert!(of_faults.iter().all(|point| hit.contains(point)));
    }
}
