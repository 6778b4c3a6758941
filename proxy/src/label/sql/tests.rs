//! What SQL is called, and which tables it touches.

use super::describe;
use crate::label::Resource;
use proptest::prelude::*;

/// Texts of SQL, with their names where these differ.
const NAMES: &str = "
COMMIT
commit ;; -- done => COMMIT
-- ping => (empty)
BEGIN ISOLATION LEVEL READ COMMITTED
SELECT Balance, \"Version\" FROM \"account\" WHERE id=$1 => SELECT balance, \"Version\" FROM account WHERE id = ?
SELECT * FROM t WHERE a = -5 AND b - 5 > .5e-3 => SELECT * FROM t WHERE a = ? AND b - ? > ?
SELECT 'a''b', E'a\\'b', $$x'$$, $q$ $$ $q$, B'01', 0x1F, 1_000 => SELECT ?, ?, ?, ?, ?, ?, ?
SELECT /* a /* b */ c */ count(*) FROM public.t => SELECT count(*) FROM public.t
SELECT a FROM t WHERE b IN ($1, $2,$3) => SELECT a FROM t WHERE b IN (…)
SELECT a FROM t WHERE b IN ($1::UUID, $2::UUID) => SELECT a FROM t WHERE b IN (?::uuid)
SELECT a FROM t WHERE (b, c) IN ((1, 2), (3, 4)) => SELECT a FROM t WHERE (b, c) IN ((?, ?))
SELECT a FROM t WHERE b IN (SELECT c FROM u) AND d = ANY(ARRAY[1, NULL]) => SELECT a FROM t WHERE b IN (SELECT c FROM u) AND d = ANY (ARRAY[…])
INSERT INTO t(a,b) VALUES(1,'x'),(2,NULL) => INSERT INTO t (a, b) VALUES (…)
INSERT INTO t (a, b) VALUES ($1, now()), ($2, now()) => INSERT INTO t (a, b) VALUES (?, now())
SAVEPOINT sa_savepoint_1 => SAVEPOINT sa_savepoint_*
ROLLBACK TO SAVEPOINT \"s139915_x2\" => ROLLBACK TO SAVEPOINT s*_x*
RELEASE s12 => RELEASE s*
EXECUTE __asyncpg_stmt_3__(1) => EXECUTE __asyncpg_stmt_*__(?)
DEALLOCATE ALL
DECLARE C_3 CURSOR FOR SELECT a FROM t1 => DECLARE c_* CURSOR FOR SELECT a FROM t1
FETCH FORWARD 50 FROM c_3 => FETCH forward ? FROM c_*
CLOSE \"Cur 7\" => CLOSE \"Cur *\"
SET statement_timeout = 500; SELECT a FROM t => SET statement_timeout = ?; SELECT a FROM t
SELECT data->>'a', data ?| array['b'] FROM t => SELECT data ->> ?, data ?| ARRAY[…] FROM t
FETCH s1*/ => FETCH s* */
SAVEPOINT in1 => SAVEPOINT in*
SELECT 'never ends => SELECT ?";

#[test]
fn sql_has_a_name_that_is_its_own_name() {
    for line in NAMES.trim().lines() {
        let (sql, name) = line.split_once(" => ").unwrap_or((line, line));
        assert_eq!(describe(sql).label.full, name, "{sql}");
        assert!(name == "(empty)" || describe(name).label.full == name, "{name}");
    }
}

#[test]
fn tables_show_what_matters() {
    for (sql, short) in [
        ("INSERT INTO ledger (a, b) VALUES ($1, $2) RETURNING id", "INSERT INTO ledger (…)"),
        ("INSERT INTO s.t (a) VALUES (1) ON CONFLICT (a) DO NOTHING", "INSERT INTO s.t (…) ON CONFLICT DO NOTHING"),
        ("SELECT a.id, a.b FROM c AS a WHERE a.id = $1 FOR UPDATE", "SELECT … FROM c AS a WHERE a.id = ? FOR UPDATE"),
        ("SELECT a FROM t", "SELECT a FROM t"),
        (
            "UPDATE billing_account SET balance = balance - $1, version = version + 1 WHERE id = $2",
            "UPDATE billing_account SET balance = balance - ?, version …",
        ),
    ] {
        assert_eq!(describe(sql).label.short, short, "{sql}");
    }
}

/// Statements with their kinds, what they read and, after a bar, what they write.
const TABLES: &str = "
SELECT a FROM public.T JOIN \"U\" ON t.x = u.x => [Read] U t |
SELECT a FROM t WHERE b = (SELECT max(c) FROM u) => [Read] t u |
SELECT a FROM t JOIN u USING (b) FOR UPDATE OF t => [Write] | t u
INSERT INTO t (a) SELECT b FROM u => [Write] u | t
INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = (SELECT c FROM v) => [Write] v | t
UPDATE t SET a = u.a FROM u WHERE t.b = u.b => [Write] u | t
DELETE FROM t USING u WHERE t.b = u.b RETURNING * => [Write] u | t
WITH x AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM x => [Write] | t u
WITH t AS (SELECT * FROM t) SELECT * FROM t => [Read] t |
WITH x AS (SELECT 1), y AS (SELECT * FROM x) SELECT * FROM y => [Read] |
WITH RECURSIVE t AS (SELECT 1 UNION SELECT * FROM t) SELECT * FROM t => [Read] |
SELECT * FROM u WHERE EXISTS (WITH t AS (SELECT 1) SELECT * FROM t) AND a IN (SELECT a FROM t) => [Read] t u |
MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE => [Write] u | t
TRUNCATE t, u => [Write] | t u
LOCK TABLE t IN EXCLUSIVE MODE => [Write] | t
COPY t (a) FROM STDIN => [Write] | t
COPY (SELECT a FROM t) TO STDOUT => [Read] t |
SELECT deduct($1, $2) => [Unknown] | everything
SELECT pg_advisory_xact_lock($1) => [Unknown] | everything
SELECT a FROM deduct($1) JOIN t USING (a) => [Unknown] deduct t | everything
SELECT coalesce(sum(a), 0), now() FROM t => [Read] t |
CALL deduct(1) => [Unknown] | everything
SELECT a FRM t WHERE WHERE => [Write] | a frm t
SELECT a FROM WHERE f(1) => [Write] | a f everything
COMMIT => [Commit] |
ROLLBACK TO s1 => [Savepoint] |
RESET ALL => [Session] |
BEGIN; UPDATE t SET a = 1; SELECT a FROM t; ROLLBACK => [Begin, Write, Read, Rollback] | t";

#[test]
fn statements_touch_their_tables() {
    let long = format!("{TABLES}\nSELECT a FROM t WHERE {} b = 1 => [Write] | a b t", "b = 2 OR ".repeat(400));
    let deep = format!("{long}\nSELECT a FROM t WHERE {} b = 1 => [Read] t |", "b = 2 OR ".repeat(240));
    for line in deep.trim().lines() {
        let (sql, expected) = line.split_once(" => ").unwrap();
        let found = describe(sql);
        let text =
            |resource: &Resource| if let Resource::Table(name) = resource { format!("{name} ") } else { String::new() };
        let [reads, writes] =
            [&found.footprint.reads, &found.footprint.writes].map(|set| set.iter().map(text).collect::<String>());
        let rest = if found.footprint.everything { "everything" } else { "" };
        assert_eq!(format!("{:?} {reads}| {writes}{rest}", found.kinds).trim(), expected, "{sql}");
    }
}

/// Two statements and a savepoint: what their names keep, and what they do not.
fn write(kept: &[&str; 3], literals: &[&str], rows: usize, number: u16, blank: &str, capitals: bool) -> String {
    let [table, column, operator] = kept;
    let list = literals.join(",");
    let case = |text: String| if capitals { text.to_uppercase() } else { text };
    let select = case(format!("select {column} from {table} where {column} {operator} "));
    let and = case(format!("and {column} in"));
    let insert = case(format!("insert into {table}({column}) values "));
    let rows = vec![format!("({list})"); rows].join(" , ");
    let savepoint = case(format!("savepoint sa_savepoint_{number}"));
    let text = format!("{select}${number} {and} ({list}); {insert}{rows};{savepoint}");
    let mut quoted = false;
    let spread = |c: char| {
        quoted ^= c == '\'';
        if c == ' ' && !quoted { blank.to_owned() } else { c.to_string() }
    };
    text.chars().map(spread).collect()
}

fn kept() -> impl Strategy<Value = [&'static str; 3]> {
    let of = |values: &'static [&'static str]| prop::sample::select(values);
    [of(&["account", "ledger2", "ledger3"]), of(&["balance", "col_1", "col_2"]), of(&["=", "<", "->>", "- 1 >"])]
}

fn literals() -> impl Strategy<Value = Vec<&'static str>> {
    let all = ["1", "-2.5", "'it''s'", "$7", "$$;$$", "E'\\''", "NULL", "'-- no'", "'/*'"];
    prop::collection::vec(prop::sample::select(all.to_vec()), 1..6)
}

proptest! {
    #[test]
    fn only_what_matters_tells_names_apart(
        one in kept(), other in kept(), these in literals(), those in literals(), rows in 1..4_usize, n in any::<[u16; 2]>(),
        blank in prop::sample::select(vec![" ", "\n\t", " /* x; */ ", " -- y\n"]), capitals in any::<bool>(),
    ) {
        let first = describe(&write(&one, &these, rows, n[0], " ", false)).label;
        prop_assert_eq!(&describe(&write(&one, &those, 2, n[1], blank, capitals)).label, &first);
        let second = describe(&write(&other, &those, 1, n[1], blank, capitals)).label;
        prop_assert_eq!(first.full == second.full, one == other, "{:?} {:?}", first, second);
    }

    #[test]
    fn normalisation_is_idempotent(
        words in prop::collection::vec(prop_oneof![
            prop::sample::select(
                "SELECT  in IN( VALUES ( ( ) , , 1 'a ' $1 $$ $a$ - --\n /* */ \" \"A\" :: : a t.b . ? … * array[ [ ] ; savepoint s1 fetch _2 E' null e = @ default"
                    .split(' ').collect::<Vec<_>>()
            ).prop_map(str::to_owned),
            Just(" ".to_owned()),
            "\\PC{0,4}",
        ], 0..24),
    ) {
        let name = describe(&words.concat()).label.full;
        prop_assume!(name != "(empty)");
        prop_assert_eq!(&describe(&name).label.full, &name, "{:?}", words.concat());
    }
}
