//! The parts of the matrix: the original on the whole path, then per risk the original beside the risk's fixes, on the path
//! that the risk is about, so that what breaks elsewhere does not drown it.

use model::design::{Design, Midnight, PRESETS, Preset};
use model::flow::Path;
use model::risk::Risk;

/// Designs on one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The id of the risk, or a choice that every design makes; nothing for the original on the whole path.
    pub risk: Option<&'static str>,
    /// The parts of the request path that are walked.
    pub path: Path,
    /// The designs, originals first.
    pub designs: Vec<Design>,
}

const WHOLE: Path = Path { auth: true, quota_check: true, upstream: true, usage: true, stream: false };

impl Part {
    /// Every part, in the order of presets. Nobody in the matrix has a time zone, so that presets of another midnight are as
    /// reported and not among them.
    pub fn all() -> Vec<Part> {
        let originals: Vec<Design> =
            PRESETS.iter().filter(|preset| about(preset).is_none()).map(|preset| preset.design).collect();
        let met = PRESETS.iter().filter(|preset| preset.design.midnight == Midnight::default());
        let mut risks: Vec<&'static str> = met.filter_map(about).collect();
        risks.dedup();
        let part = |risk: &'static str| {
            let own = PRESETS.iter().filter(|preset| about(preset) == Some(risk)).map(|preset| preset.design);
            let own: Vec<Design> = own.collect();
            let path = own.iter().copied().map(path_of).fold(Path::default(), union);
            Part { risk: Some(risk), path, designs: originals.iter().copied().chain(own).collect() }
        };
        let whole = Part { risk: None, path: WHOLE, designs: originals.clone() };
        std::iter::once(whole).chain(risks.into_iter().map(part)).collect()
    }

    /// One design alone: on its risk's path if it is a preset, else on that of the choices it makes.
    pub fn of(design: Design) -> Part {
        let risk = design.preset().and_then(about);
        let path = Part::all().into_iter().find(|part| risk.is_some() && part.risk == risk).map(|part| part.path);
        Part { risk, path: path.unwrap_or(path_of(design)), designs: vec![design] }
    }

    /// `auth, quota-check, upstream, billing, usage` as far as they are walked.
    pub fn walks(&self) -> String {
        let Path { auth, quota_check, upstream, usage, stream } = self.path;
        let parts = [
            (auth, "auth"),
            (quota_check, "quota-check"),
            (upstream, if stream { "stream" } else { "upstream" }),
            (true, "billing"),
            (usage, "usage"),
        ];
        parts.into_iter().filter(|(walked, _)| *walked).map(|(_, name)| name).collect::<Vec<_>>().join(", ")
    }
}

/// What a preset changes: the risk that it is a fix of, else the first choice that it makes, such as `scripts`; nothing of an
/// original.
fn about(preset: &Preset) -> Option<&'static str> {
    let plain = Design { base: preset.design.base, ..Design::default() };
    let chosen = || preset.design.choices().into_iter().zip(plain.choices()).find(|(choice, plain)| choice != plain);
    preset.risk.map(Risk::id).or_else(|| chosen().map(|((key, _), _)| key))
}

/// What the choices that are not as reported are about; billing and the provider's call are always walked. What makes no
/// choice, or one that is not known here, walks all of it.
fn path_of(design: Design) -> Path {
    let plain = Design::default().choices();
    let chosen = design.choices().into_iter().zip(plain).filter(|(choice, plain)| choice != plain);
    let paths = chosen.filter_map(|((key, _), _)| {
        let billing = Path { upstream: true, ..Path::default() };
        match key {
            "base" => None,
            "idempotency" => Some(billing),
            "budget" => Some(Path { auth: true, ..billing }),
            "cache" | "counting" | "warm-up" | "scripts" => Some(Path { quota_check: true, ..billing }),
            "usage" => Some(Path { usage: true, ..billing }),
            "stream" | "sweeper" => Some(Path { usage: true, stream: true, ..billing }),
            _ => Some(WHOLE),
        }
    });
    paths.reduce(union).unwrap_or(WHOLE)
}

fn union(a: Path, b: Path) -> Path {
    Path {
        auth: a.auth || b.auth,
        quota_check: a.quota_check || b.quota_check,
        upstream: a.upstream || b.upstream,
        usage: a.usage || b.usage,
        stream: a.stream || b.stream,
    }
}
