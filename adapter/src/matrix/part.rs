//! The parts of the matrix: the original on the whole path, then per risk the original beside the risk's fixes, on the path
//! that the risk is about, so that what breaks elsewhere does not drown it.

use model::design::{Choice, Design, Midnight, PRESETS, Preset};
use model::flow::RequestPath;
use model::risk::Risk;

/// Designs on one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The id of the risk, or a choice that every design makes; nothing for the original on the whole path.
    pub risk: Option<&'static str>,
    /// The parts of the request path that are walked.
    pub path: RequestPath,
    /// The designs, originals first.
    pub designs: Vec<Design>,
}

const WHOLE: RequestPath = RequestPath { auth: true, quota_check: true, upstream: true, usage: true, stream: false };

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
            let path = own.iter().copied().map(path_of).fold(RequestPath::default(), union);
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
        let RequestPath { auth, quota_check, upstream, usage, stream } = self.path;
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
    let chosen = || preset.design.chosen().find(|choice| !matches!(choice, Choice::Base(_)));
    preset.risk.map(Risk::id).or_else(|| chosen().map(Choice::key))
}

/// What the choices that are not as reported are about; billing and the provider's call are always walked. What is about no part
/// of the path alone walks all of it.
fn path_of(design: Design) -> RequestPath {
    let billing = RequestPath { upstream: true, ..RequestPath::default() };
    let paths = design.chosen().filter_map(|choice| match choice {
        Choice::Base(_) => None,
        Choice::Idempotency(_) => Some(billing),
        Choice::Budget(_) => Some(RequestPath { auth: true, ..billing }),
        Choice::Cache(_) | Choice::Counting(_) | Choice::WarmUp(_) | Choice::Scripts(_) => {
            Some(RequestPath { quota_check: true, ..billing })
        }
        Choice::Usage(_) => Some(RequestPath { usage: true, ..billing }),
        Choice::Stream(_) | Choice::Sweeper(_) => Some(RequestPath { usage: true, stream: true, ..billing }),
        Choice::Midnight(_) | Choice::Recharge(_) | Choice::Reverse(_) | Choice::LimitChange(_) => Some(WHOLE),
    });
    paths.reduce(union).unwrap_or(WHOLE)
}

fn union(a: RequestPath, b: RequestPath) -> RequestPath {
    RequestPath {
        auth: a.auth || b.auth,
        quota_check: a.quota_check || b.quota_check,
        upstream: a.upstream || b.upstream,
        usage: a.usage || b.usage,
        stream: a.stream || b.stream,
    }
}
