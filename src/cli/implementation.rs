//! The argument that names whose Raft the nodes run.

use crate::adapters;
use crate::plan::Implementation;

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
