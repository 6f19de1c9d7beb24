//! Panics of worlds: kept inside, with the place where they happened, and not printed among the results.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// A world that panicked: a bug of the replica or of Squall, not an outcome of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Panicked {
    /// What the panic said, and where.
    pub message: String,
}

thread_local! {
    /// Whether this thread is inside a world.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    /// Where this thread panicked last.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does `work`, whose panic becomes an error.
pub(super) fn contain<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let outside = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if INSIDE.get() {
                PLACE.set(info.location().map(ToString::to_string));
            } else {
                outside(info);
            }
        }));
    });
    INSIDE.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(false);
    result.map_err(|payload| Panicked { message: message(payload.as_ref()) })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without message");
    match PLACE.take() {
        Some(place) => format!("{text} ({place})"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place() {
        assert_eq!(contain(|| 7), Ok(7));
        let told = contain(|| panic!("no {}", "way")).expect_err("a panic").message;
        assert!(told.starts_with("no way (") && told.contains("panics.rs:"), "{told}");
        let told = contain(|| panic::resume_unwind(Box::new(7))).expect_err("a panic").message;
        assert_eq!(told, "a panic without message");
    }
}
