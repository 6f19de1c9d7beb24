//! Frames that may be others than their senders laid out: changed on their way, or forged.
//!
//! Of an intact frame none of this has to be looked at: whoever laid it out makes sense, or has gone wrong in a way that is
//! for the replica to stand and for the checkers to find.

use super::Setup;
use crate::replica::{Bug, Flaw, Status};
use crate::rpc::Integrity;
use crate::rpc::frame::{self, Header};
use crate::trace::Rejection;

/// Reads a frame, integrity first.
///
/// [`Bug::ChecksumIgnored`]: its form is all that is looked at.
#[cold]
pub(super) fn read<'b>(
    bytes: &'b [u8],
    integrity: &Integrity,
    setup: &Setup<'_>,
) -> Result<(Header, &'b [u8]), Rejection> {
    if setup.options.bug == Some(Bug::ChecksumIgnored) {
        frame::decode_unverified(bytes, integrity)
    } else {
        frame::decode(bytes, false, integrity)
    }
}

/// Whether a message makes sense to a replica of this status.
#[cold]
pub(super) fn examine(
    header: &Header,
    payload: &[u8],
    status: &Status,
    setup: &Setup<'_>,
) -> Result<(), Rejection> {
    setup.software.examine(header.kind, payload, status).map_err(|flaw| match flaw {
        Flaw::Undecodable => Rejection::Undecodable,
        Flaw::Indexes => Rejection::Indexes,
        Flaw::Entries => Rejection::Entries,
        Flaw::TermJump => Rejection::TermJump,
    })
}
