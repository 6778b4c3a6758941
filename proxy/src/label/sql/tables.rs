//! The tables that a statement reads, writes and locks.

use std::ops::ControlFlow;

use sqlparser::ast::{
    CopySource, Expr, FromTable, Ident, ObjectName, Query, Statement, TableFactor, TableObject, Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::lexer::{Kind, Token};
use super::words;
use crate::label::{Footprint, Resource};

/// The longest statement that is parsed. The tree of a longer one may be too deep for the stack.
const TOKENS: usize = 1000;
/// Statements that are about rows. Whatever else is not parsed may touch anything.
const ROWS: [&str; 11] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "COPY", "LOCK", "TRUNCATE", "VALUES", "TABLE"];

/// What the statement `text` touches. `tokens` are its own.
pub(super) fn footprint(text: &str, tokens: &[Token]) -> Footprint {
    let parsed = if tokens.len() <= TOKENS { Parser::parse_sql(&PostgreSqlDialect {}, text).ok() } else { None };
    let Some(statements) = parsed else { return names(tokens) };
    let mut walk = Walk::default();
    // The walk never breaks off.
    let _: ControlFlow<()> = statements.visit(&mut walk);
    let mut footprint = Footprint::default();
    footprint.extend(walk.footprint);
    footprint
}

/// What a statement that cannot be parsed may touch: a table of each name in it.
fn names(tokens: &[Token]) -> Footprint {
    let mut footprint = Footprint { everything: !ROWS.iter().any(|word| tokens[0].is(word)), ..Footprint::default() };
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word) {
        let name = token.text.trim_matches('"').replace("\"\"", "\"");
        footprint.everything |= tokens.get(at + 1).is_some_and(|next| next.is("(")) && !words::pure(&name);
        footprint.writes.insert(Resource::Table(name));
    }
    footprint
}

#[derive(Default)]
struct Walk {
    footprint: Footprint,
    queries: Vec<Scope>,
}

/// A query around the place where the walk is.
struct Scope {
    /// The names that its WITH gives to queries, in their order.
    named: Vec<String>,
    /// How many of them are in force.
    visible: usize,
    /// It locks the rows that it reads.
    locks: bool,
}

impl Walk {
    fn writes(&mut self, table: &ObjectName) {
        self.footprint.writes.insert(Resource::Table(last(table)));
    }

    fn writes_factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, .. } => self.writes(name),
            _ => self.footprint.everything = true,
        }
    }

    fn calls(&mut self, function: &ObjectName) {
        self.footprint.everything |= !words::pure(&last(function));
    }
}

impl Visitor for Walk {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Query(_) | Statement::Explain { .. } | Statement::Copy { source: CopySource::Query(_), .. } => {}
            Statement::Insert(insert) => match &insert.table {
                TableObject::TableName(name) => self.writes(name),
                TableObject::TableFunction(_) | TableObject::TableQuery(_) => self.footprint.everything = true,
            },
            Statement::Update(update) => self.writes_factor(&update.table.relation),
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                from.iter().for_each(|table| self.writes_factor(&table.relation));
            }
            Statement::Merge(merge) => self.writes_factor(&merge.table),
            Statement::Truncate(truncate) => {
                truncate.table_names.iter().for_each(|table| self.writes(&table.name));
                self.footprint.everything |= truncate.cascade.is_some();
            }
            Statement::Copy { source: CopySource::Table { table_name, .. }, .. } => self.writes(table_name),
            Statement::Lock(lock) => lock.tables.iter().for_each(|table| self.writes(&table.name)),
            _ => self.footprint.everything = true,
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let with = query.with.as_ref();
        let named: Vec<_> =
            with.iter().flat_map(|with| &with.cte_tables).map(|named| folded(&named.alias.name)).collect();
        let visible = if with.is_some_and(|with| with.recursive) { named.len() } else { 0 };
        self.queries.push(Scope { named, visible, locks: !query.locks.is_empty() });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.queries.pop();
        // The queries of a WITH come first, and each puts its own name in force.
        if let Some(outer) = self.queries.last_mut() {
            outer.visible = outer.named.len().min(outer.visible + 1);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let name = last(relation);
        let given = |scope: &Scope| relation.0.len() == 1 && scope.named[..scope.visible].contains(&name);
        if !self.queries.iter().any(given) {
            let locks = self.queries.iter().any(|scope| scope.locks);
            let set = if locks { &mut self.footprint.writes } else { &mut self.footprint.reads };
            set.insert(Resource::Table(name));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } = factor {
            self.calls(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expression {
            self.calls(&function.name);
        }
        ControlFlow::Continue(())
    }
}

/// The last part of a name.
fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(folded).unwrap_or_default()
}

/// A name as Postgres reads it.
fn folded(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_ascii_lowercase() }
}
