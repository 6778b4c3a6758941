//! What is said of a story that goes otherwise, or that says what nobody knows.

use expect_test::expect;

use crate::stories::played;
use crate::story::Played;

/// What is said of a file with this text.
fn said(text: &str) -> String {
    match played(text, Played::new) {
        Ok(played) => format!("{}; {}", played.stories, played.differs.join("; ")),
        Err(why) => why.split(" crashes, a is given up").next().unwrap().to_owned(),
    }
}

#[test]
fn a_file_that_is_no_story_says_where_and_what_was_expected() {
    let texts = [
        "",
        "// of nothing\n",
        "a: begin -> ok\n",
        "a: begin -> ok\n\n# Too late\na: begin -> ok\n",
        "# Nothing happens\n  committed: nothing\n",
        "# A word\na: begin -> ok\na: commence -> ok\n",
        "# A session\nz: begin -> ok\n",
        "# A tenant\na: select quota of beta -> none\n",
        "# A field\ngiven daily 3\n",
        "# Late\na: begin\ngiven daily_quota 3\n",
        "# An amount\na: add much to acme -> 1 rows\n",
        "# In other words\na: add 20 to acme -> 1 rows\n",
        "# Nobody waits\na: begin, b wins -> ok\n",
    ];
    expect![[r#"
        1: expected a story, which begins with `# ` and its title
        1: expected a story, which begins with `# ` and its title
        1: expected a story, which begins with `# ` and its title
        1: `a: begin -> ok` stands before the first story
        1: Nothing happens: expected a move
        3: A word: `commence`: expected a
        2: A session: `z`: expected a or b or c
        2: A tenant: `beta`: expected acme or zenith
        2: A field: `daily`: expected one of balance, credit_limit, daily_quota, daily_used, monthly_quota, monthly_used, version, daily_reset_at, monthly_reset_at
        3: Late: what is given stands before the first move
        2: An amount: `much`: expected an amount
        2: In other words: `a: add 20 to acme`: expected `a: add 20.00 to acme`
        2: Nobody waits: nothing lets b go on"#]].assert_eq(&texts.map(said).join("\n"));
}

#[test]
fn the_first_difference_of_each_story_is_reported_and_the_answers_are_written_anew_without_the_moves() {
    let text =
        "// of two\n\n# One\na: begin -> fine  # a remark\na: commit -> ok\n\n# Two\n# and why\na: rollback\n  seen\n";
    expect![[r#"
        2; 4: One
          expected: a: begin -> fine  # a remark
          got:      a: begin -> ok  # a remark; 9: Two
          expected: a: rollback
          got:      a: rollback -> ok"#]]
    .assert_eq(&said(text));
    let anew = played(text, Played::new).unwrap().text;
    expect![[r#"
        // of two

        # One
        a: begin -> ok  # a remark
        a: commit -> ok
          committed: nothing

        # Two
        # and why
        a: rollback -> ok
          committed: nothing
    "#]]
    .assert_eq(&anew);
    assert_eq!(said(&anew), "2; ");
}
