//! The account that private servers run as: Postgres refuses to run as root.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// An account, by its numbers. `None` if our own account is suitable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account(Option<(u32, u32)>);

impl Account {
    /// Our own account or, as root, `postgres` if it exists and otherwise `nobody`.
    ///
    /// # Errors
    /// `NotFound`, when we are root and neither exists.
    pub fn for_servers() -> io::Result<Account> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Account(None));
        }
        let users = std::fs::read_to_string("/etc/passwd")?;
        let found = ["postgres", "nobody"].iter().find_map(|name| lookup(&users, name));
        found.map(|ids| Account(Some(ids))).ok_or_else(|| {
            let why = "Postgres refuses to run as root, and there is neither a user postgres nor a user nobody";
            io::Error::new(io::ErrorKind::NotFound, why)
        })
    }

    /// The user's number.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.0.map_or_else(|| rustix::process::geteuid().as_raw(), |(uid, _)| uid)
    }

    /// Has the command run as this account.
    pub fn apply(&self, command: &mut Command) {
        if let Some((uid, gid)) = self.0 {
            command.uid(uid).gid(gid);
        }
    }

    /// Gives a file or folder to this account.
    ///
    /// # Errors
    /// As for `chown`.
    pub fn give(&self, path: &Path) -> io::Result<()> {
        self.0.map_or(Ok(()), |(uid, gid)| chown(path, Some(uid), Some(gid)))
    }

    /// Makes a folder of mode 0700 that belongs to this account.
    ///
    /// # Errors
    /// As for `mkdir`, `chmod` and `chown`.
    pub fn make_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir(path)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o700))?;
        self.give(path)
    }

    /// Copies a folder with its files and folders; the copy belongs to this account, mode 0700 and 0600.
    ///
    /// # Errors
    /// As for the file operations; an incomplete copy is left.
    pub fn copy_folder(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.make_folder(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            let copy = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.copy_folder(&entry.path(), &copy)?;
            } else {
                std::fs::copy(entry.path(), &copy)?;
                self.give(&copy)?;
            }
        }
        Ok(())
    }
}

/// The numbers of a user in the text of a passwd file. macOS writes `nobody` as -2, hence the wrapping cast.
fn lookup(users: &str, name: &str) -> Option<(u32, u32)> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line.split(':').skip(2).map(|number| number.parse::<i64>().ok().map(|n| n as u32));
    Some((numbers.next()??, numbers.next()??))
}
