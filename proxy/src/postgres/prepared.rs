//! The statements and the portals of a connection, by their names.

use std::collections::BTreeMap;

use super::body::Body;
use crate::frame::{RequestId, Statement, Value};

/// A statement that the client had parsed.
#[derive(Debug)]
struct Prepared {
    text: String,
    /// The types of its parameters; 0 if the client left it to the server, until the server has told it.
    types: Vec<u32>,
    /// The message that parsed it, and the request which that is in.
    parse: Vec<u8>,
    by: RequestId,
}

/// What the names of a connection stand for.
#[derive(Debug, Default)]
pub(super) struct Names {
    statements: BTreeMap<String, Prepared>,
    portals: BTreeMap<String, Statement>,
}

impl Names {
    /// Reads a Parse message of this request.
    pub(super) fn parse(&mut self, message: &[u8], mut body: Body<'_>, by: RequestId) {
        let (Some(name), Some(text)) = (body.text(), body.text()) else { return };
        let count = body.short().unwrap_or(0);
        let types = (0..count).map_while(|_| body.number()).collect();
        self.statements.insert(name, Prepared { text, types, parse: message.to_vec(), by });
    }

    /// The server has told the types of the parameters.
    pub(super) fn described(&mut self, name: &str, mut body: Body<'_>) {
        if let (Some(statement), Some(count)) = (self.statements.get_mut(name), body.short()) {
            statement.types = (0..count).map_while(|_| body.number()).collect();
        }
    }

    /// Reads a Bind message.
    pub(super) fn bind(&mut self, mut body: Body<'_>) {
        let (Some(portal), Some(name)) = (body.text(), body.text()) else { return };
        let bound = self.statements.get(&name).and_then(|statement| {
            let values = values(body, &statement.types)?;
            Some(Statement::Sql { text: statement.text.clone(), values })
        });
        match bound {
            Some(bound) => self.portals.insert(portal, bound),
            None => self.portals.remove(&portal),
        };
    }

    /// What an Execute of the portal does.
    pub(super) fn execute(&self, portal: String) -> Statement {
        self.portals.get(&portal).cloned().unwrap_or(Statement::Portal(portal))
    }

    /// Reads a Close message.
    pub(super) fn close(&mut self, mut body: Body<'_>) {
        match (body.byte(), body.text()) {
            (Some(b'S'), Some(name)) => drop(self.statements.remove(&name)),
            (Some(b'P'), Some(name)) => drop(self.portals.remove(&name)),
            _ => {}
        }
    }

    /// A simple query has ended the statement and the portal without a name.
    pub(super) fn simple_query(&mut self) {
        self.statements.remove("");
        self.portals.remove("");
    }

    /// The messages of earlier requests that parsed what still has its name.
    pub(super) fn parsed_before(&self, request: RequestId) -> Vec<u8> {
        let earlier = self.statements.values().filter(|statement| statement.by < request);
        earlier.flat_map(|statement| statement.parse.iter().copied()).collect()
    }
}

/// The values of a Bind message; what is left of it begins with their formats.
fn values(mut body: Body<'_>, types: &[u32]) -> Option<Vec<Value>> {
    let formats = body.short()?;
    let formats: Vec<u16> = (0..formats).map_while(|_| body.short()).collect();
    let count = body.short()?;
    let mut values = Vec::new();
    for place in 0..usize::from(count) {
        let length = body.number()?;
        // No format means text for all, and one format is that of all.
        let format = if formats.len() == 1 { formats.first() } else { formats.get(place) };
        values.push(Value {
            bytes: if length == u32::MAX { None } else { Some(body.bytes(length as usize)?.to_vec()) },
            binary: format == Some(&1),
            of_type: types.get(place).copied().filter(|number| *number != 0),
        });
    }
    Some(values)
}
