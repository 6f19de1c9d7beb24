//! Where the panics of other people's code end, and who says nothing.

use crate::replica::{Effect, Effects, Input, Replica, Unrecoverable};
use crate::time::LocalTime;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A server that may have forgotten what it promised, or that is no member: it says nothing.
pub(super) struct Silent;

impl Replica for Silent {
    fn step(&mut self, _: LocalTime, _: Input<'_>, _: &mut Effects) {}

    fn words_drawn(&self) -> u64 {
        0
    }
}

/// A node that this makes, and whose panics end it and nothing else.
///
/// # Errors
/// [`Unrecoverable`] if it can't be made, or panics while it is.
pub(super) fn boot<N: Replica + 'static>(
    make: impl FnOnce() -> Result<N, Unrecoverable>,
) -> Result<Box<dyn Replica>, Unrecoverable> {
    let node = catch_unwind(AssertUnwindSafe(make));
    let node = node.unwrap_or_else(|panic| Err(Unrecoverable(told(panic.as_ref()))))?;
    Ok(Box::new(Guarded { node, is_dead: false }))
}

struct Guarded<N> {
    node: N,
    is_dead: bool,
}

impl<N: Replica> Replica for Guarded<N> {
    fn step(&mut self, now: LocalTime, input: Input<'_>, out: &mut Effects) {
        if self.is_dead {
            return;
        }
        let stepped = catch_unwind(AssertUnwindSafe(|| self.node.step(now, input, out)));
        if let Err(panic) = stepped {
            self.is_dead = true;
            out.clear();
            out.deadline = None;
            let message = out.bytes(told(panic.as_ref()).as_bytes());
            out.push(Effect::Panicked { message });
        }
    }

    fn words_drawn(&self) -> u64 {
        self.node.words_drawn()
    }
}

/// What a panic said.
fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without message").to_owned()
}
