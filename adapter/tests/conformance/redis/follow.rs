//! A case on model and server at once: the same answers, and the same contents after each action.

use super::action::Action;
use super::bench::Bench;
use super::rules::Rules;
use super::state::State;
use crate::found::file;

/// Plays a generated case.
pub async fn play(bench: &mut Bench, rules: Rules, picks: &[u16]) -> Result<(), String> {
    let mut picks = picks.iter();
    follow(bench, rules, |state| {
        let enabled = state.enabled();
        picks.next().map(|pick| enabled[usize::from(*pick) % enabled.len()])
    })
    .await
}

/// Plays these actions.
pub async fn replay(bench: &mut Bench, rules: Rules, actions: &[Action]) -> Result<(), String> {
    let mut actions = actions.iter();
    follow(bench, rules, |state| actions.next().copied().filter(|action| state.can(*action))).await
}

async fn follow(bench: &mut Bench, rules: Rules, mut next: impl FnMut(&State) -> Option<Action>) -> Result<(), String> {
    bench.reset().await;
    let mut state = State::first(bench.keeps, rules);
    let (mut actions, mut story) = (Vec::new(), String::new());
    while let Some(action) = next(&state) {
        actions.push(action);
        let model = state.act(action);
        let server = bench.act(action, &state).await;
        story += &format!("  {:<58} -> {server:?}\n", action.to_string());
        let [expected, found] = bench.compare(&state).await;
        let difference = if model != server {
            format!("the answer\n  the model says:  {model:?}\n  the server says: {server:?}")
        } else if expected != found {
            format!("the contents\n  the model says:  {expected:#?}\n  the server says: {found:#?}")
        } else {
            continue;
        };
        let file = file(&actions);
        return Err(format!("{story}differs in {difference}\nto keep it as a file of `found/redis`:\n{file}"));
    }
    Ok(())
}
