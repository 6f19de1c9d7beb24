//! The argument that names whose Raft the nodes run.

use super::Failure;
use crate::adapters;
use crate::fuzz::always_left_out;
use crate::plan::{Implementation, Profile};
use crate::scenario::nearest;

/// The implementation of this name, if this build has it. Neither case nor blanks around the name count.
pub(super) fn implementation(name: &str) -> Result<Implementation, String> {
    let name = name.trim();
    let found = Implementation::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(name));
    let found = found.ok_or_else(|| unknown(name))?;
    match (adapters::software(found), found.feature()) {
        (None, Some(feature)) => Err(format!(
            "this build has no adapter for `{}`; build with `--features {feature}`",
            found.name()
        )),
        _ => Ok(found),
    }
}

/// The same of one of several names, with commas between them.
pub(super) fn one_of_some(name: &str) -> Result<Implementation, String> {
    if name.trim().is_empty() {
        let names = Implementation::ALL.map(Implementation::name).join(", ");
        return Err(format!("a name is missing; write one of {names} before and behind each comma"));
    }
    implementation(name)
}

fn unknown(name: &str) -> String {
    let names = Implementation::ALL.map(Implementation::name);
    if name.is_empty() {
        return format!("a name is missing; write one of {}", names.join(", "));
    }
    let meant = nearest(name, &names).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    format!("there is none of this name; write one of {}{meant}", names.join(", "))
}

/// Whose Raft the nodes run, for each command that runs something or says whether it can be run.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct Whose {
    /// Whose Raft the nodes run, whatever a file says: Squall, RaftRs or OmniPaxos, as far as this build has them.
    #[arg(long, value_name = "NAME", value_parser = implementation)]
    pub(super) implementation: Option<Implementation>,
}

impl Whose {
    /// The option as it was given, to go on in a command line: nothing where it was not.
    pub(super) fn option(self) -> String {
        self.implementation.map_or(String::new(), |it| format!(" --implementation {}", it.name()))
    }

    /// Lets the nodes of a profile's runs run it. Runs without what each run of the profile is to have would say nothing of what it is
    /// for, so that is refused.
    pub(super) fn run_profile(self, profile: &mut Profile) -> Result<(), Failure> {
        profile.implementation = self.implementation.unwrap_or(profile.implementation);
        let (lacking, help) = pointless(profile);
        if lacking.is_empty() {
            return Ok(());
        }
        let lines: String = lacking.iter().map(|message| format!("error: {message}\n")).collect();
        Err(Failure::BadInput(format!("{lines}help: {help}")))
    }
}

/// What each run of a profile is to have and its implementation can't express, and what helps.
pub(super) fn pointless(profile: &Profile) -> (Vec<String>, String) {
    let (name, implementation) = (&profile.name, profile.implementation.name());
    let lacking = always_left_out(profile).into_iter();
    let lacking = lacking.map(|it| {
        let (switch, why) = (it.switch, it.why);
        format!("the profile `{name}` is about `{switch}`, which `{implementation}` can't express: {why}")
    });
    let help = format!(
        "all its runs would go without; take another profile, such as `quick`, or another implementation, or a copy of `{name}` that \
         leaves it out"
    );
    (lacking.collect(), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_case_nor_blanks_count() {
        for name in ["Squall", "squall", " SQUALL "] {
            assert_eq!(implementation(name), Ok(Implementation::Squall));
        }
    }

    #[test]
    fn a_misspelt_name_is_told_with_what_it_may_mean() {
        let told = |name| implementation(name).expect_err("no such name");
        assert!(told("raft-rs").ends_with("write one of Squall, RaftRs, OmniPaxos; did you mean `RaftRs`?"));
        assert!(told("OmniPaxo").ends_with("; did you mean `OmniPaxos`?"));
        assert!(told("Zookeeper").ends_with("write one of Squall, RaftRs, OmniPaxos"));
    }
}
