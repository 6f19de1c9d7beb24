//! The program `squall`. See the library for everything.

fn main() -> std::process::ExitCode {
    // A panic that reaches this point is Squall's own bug: worlds keep theirs to themselves.
    std::panic::catch_unwind(squall::cli::main).unwrap_or_else(|_| std::process::ExitCode::from(6))
}
