//! The folder for what takes long to make: installed servers and the Postgres template.

use std::path::PathBuf;

/// The subfolder that the wheels are installed into.
pub const WHEELS: &str = "wheels";

/// `$XDG_CACHE_HOME/trial-balance`, else `~/.cache/trial-balance`; for root `/var/cache/trial-balance`, since the
/// unprivileged account that the servers then run as cannot read root's home. `None` without a home.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| {
        if rustix::process::geteuid().is_root() {
            return Some("/var/cache".into());
        }
        absolute("HOME").map(|home| home.join(".cache"))
    })?;
    Some(base.join("trial-balance"))
}
