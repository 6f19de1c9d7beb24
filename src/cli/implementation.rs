//! The argument that names whose Raft the nodes run.

use crate::adapters;
use crate::plan::Implementation;
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

fn unknown(name: &str) -> String {
    let names = Implementation::ALL.map(Implementation::name);
    let meant = nearest(name, &names).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    format!("there is none of this name; write one of {}{meant}", names.join(", "))
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
