//! The shipped scenarios are part of the program: when there is a new one, it has to be built anew.

fn main() {
    println!("cargo::rerun-if-changed=scenarios");
}
