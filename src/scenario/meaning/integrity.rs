//! By what frames are known to be sound.

use crate::plan::Integrity;
use crate::scenario::notes::Notes;
use crate::scenario::path::Path;
use crate::scenario::shape;

/// The most characters of a secret.
const LONGEST_SECRET: usize = 100;

/// The integrity of frames, with the secret where that takes one.
pub(super) fn integrity(path: &Path<'_>, cluster: &shape::Cluster, notes: &mut Notes<'_>) -> Integrity {
    let integrity = cluster.integrity.unwrap_or(shape::Integrity::Crc32c);
    match (integrity, &cluster.secret) {
        (shape::Integrity::Keyed, Some(secret)) => {
            let length = secret.chars().count();
            if length == 0 || length > LONGEST_SECRET || secret.chars().any(char::is_control) {
                let message = format!("a secret has 1 to {LONGEST_SECRET} characters and fits on one line");
                notes.error(&path.field("secret"), message, "any will do: \"storm\"");
            }
            Integrity::Keyed { secret: secret.clone() }
        }
        (shape::Integrity::Keyed, None) => {
            let message = "a key is made of a secret, and there is none";
            notes.error(&path.field("integrity"), message, "add one beside it: `secret: \"storm\"`");
            Integrity::Crc32c
        }
        (other, secret) => {
            if secret.is_some() {
                let help = "write `integrity: Keyed`, or take the secret away";
                notes.error(&path.field("secret"), "nothing uses this secret", help);
            }
            if other == shape::Integrity::Unchecked { Integrity::Unchecked } else { Integrity::Crc32c }
        }
    }
}
