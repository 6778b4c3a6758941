//! The parts of the matrix: the original on the whole path, then for each risk the original and the risk's fixes on the
//! path that the risk concerns, so that other breaches do not hide its effect.

use model::design::{Choice, Design, Midnight, PRESETS, Preset};
use model::flow::RequestPath;
use model::risk::Risk;

/// The designs that share one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The id of the risk, or a choice that every design makes; `None` for the original on the whole path.
    pub risk: Option<&'static str>,
    /// The parts of the request path that are executed.
    pub path: RequestPath,
    /// The designs, originals first.
    pub designs: Vec<Design>,
}

const WHOLE: RequestPath = RequestPath { auth: true, quota_check: true, upstream: true, usage: true, stream: false };

impl Part {
    /// Every part, in the order of presets. No account in the matrix has a time zone, so presets of another midnight
    /// behave as reported and are left out.
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

    /// A single design: on its risk's path if it is a preset, otherwise on the path of the choices that it makes.
    pub fn of(design: Design) -> Part {
        let risk = design.preset().and_then(about);
        let path = Part::all().into_iter().find(|part| risk.is_some() && part.risk == risk).map(|part| part.path);
        Part { risk, path: path.unwrap_or(path_of(design)), designs: vec![design] }
    }

    /// The executed parts of `auth, quota-check, upstream, billing, usage`.
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

/// What a preset changes: the risk that it fixes, otherwise the first choice that it makes, such as `scripts`; `None`
/// for an original.
fn about(preset: &Preset) -> Option<&'static str> {
    let chosen = || preset.design.chosen().find(|choice| !matches!(choice, Choice::Base(_)));
    preset.risk.map(Risk::id).or_else(|| chosen().map(Choice::key))
}

/// The parts of the path that the choices other than the reported ones concern; billing and the provider's call are
/// always executed. A choice that concerns no part of the path alone selects the whole path.
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
