//! The argument that names whose Raft the nodes run.

use super::Failure;
use crate::adapters;
use crate::fuzz::always_left_out;
use crate::plan::{Implementation, Profile};

/// The implementation of this name, if this build has it.
pub(super) fn implementation(name: &str) -> Result<Implementation, String> {
    let found = Implementation::ALL.into_iter().find(|it| it.name() == name);
    let all = || Implementation::ALL.map(Implementation::name).join(", ");
    let found = found.ok_or_else(|| format!("there is none of this name; write one of {}", all()))?;
    match (adapters::software(found), found.feature()) {
        (None, Some(feature)) => {
            Err(format!("this build has no adapter for `{name}`; build with `--features {feature}`"))
        }
        _ => Ok(found),
    }
}

/// Lets the nodes of a profile's runs run this implementation, if one is named. Runs without what each run of the profile is to have would
/// say nothing of what it is for, so that is refused.
pub(super) fn run_with(profile: &mut Profile, implementation: Option<Implementation>) -> Result<(), Failure> {
    profile.implementation = implementation.unwrap_or(profile.implementation);
    let always = always_left_out(profile);
    if always.is_empty() {
        return Ok(());
    }
    let (profile, name) = (&profile.name, profile.implementation.name());
    let lines = always.iter().map(|it| {
        let (switch, why) = (it.switch, it.why);
        format!("error: the profile `{profile}` is about `{switch}`, which `{name}` can't express: {why}\n")
    });
    let help = format!(
        "all its runs would go without; take another profile, such as `quick`, or another implementation, or a copy of \
         `{profile}` that leaves it out"
    );
    Err(Failure::BadInput(format!("{}help: {help}", lines.collect::<String>())))
}
