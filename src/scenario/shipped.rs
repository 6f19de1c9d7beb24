//! The files that come with Squall, wherever it was installed.

use include_dir::{Dir, include_dir};

/// The folder `scenarios`, as it was when Squall was built.
pub static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// The names of the profiles among them, in order.
pub fn profiles() -> Vec<&'static str> {
    let files = SHIPPED.get_dir("profiles").into_iter().flat_map(Dir::files);
    let mut names: Vec<&str> =
        files.filter_map(|file| file.path().file_stem().and_then(|name| name.to_str())).collect();
    names.sort_unstable();
    names
}

/// The text of the profile of this name.
pub fn profile(name: &str) -> Option<&'static str> {
    SHIPPED.get_file(format!("profiles/{name}.ron"))?.contents_utf8()
}
