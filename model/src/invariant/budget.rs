use crate::books::{Books, Edge};
use crate::invariant::{Concern, Evaluation, Figure, Invariant, Subject, When, each_tenant, tenant_of};
use crate::money::Money;
use crate::policy::BudgetRecord;
use crate::row::Tenant;
use crate::setup::Setup;

/// BUDGET: what a key has spent is on record, and bounded.
///
/// Readings: the design's `budget` choice decides where the record is kept; a missing counter is 0. The cost is known
/// only after the call, so each gateway may have let one call through: the declared overshoot is the largest price
/// times the gateways. As reported a key without a limit has no record to keep.
pub const INVARIANT: Invariant = Invariant {
    id: "budget",
    sentence: "What is on record as spent by an API key is the sum of its effective charges, and that sum exceeds its \
               budget by no more than one call per gateway.",
    reason: "A budget that does not count what was spent limits nobody: the key's owner pays more than they allowed.",
    concerns: Concern::Money,
    when: When::AsClaimed,
    evaluation,
    figures,
};

/// The recorded spending.
fn on_record(books: &Books, tenant: Tenant) -> Money {
    let book = &books.tenants[tenant.index()];
    match books.design.budget_record() {
        BudgetRecord::Key => book.key.used,
        BudgetRecord::Row(_) => book.budget.unit.money(book.budget.used),
        BudgetRecord::Counter => Money::from_micros(book.counter.map_or(0, |counter| counter.value)),
    }
}

fn kept(books: &Books, tenant: Tenant) -> bool {
    let limited = books.tenants[tenant.index()].key.limit.is_some();
    books.path.auth && (limited || books.design.budget_record() != BudgetRecord::Key)
}

/// The most that may be spent, overshoot included.
fn most(books: &Books, tenant: Tenant) -> Option<Money> {
    let limit = books.tenants[tenant.index()].key.limit?;
    let prices = books.requests_of(tenant).filter(|book| book.asking.is_call()).map(|book| book.price);
    let largest = prices.max().unwrap_or(Money::ZERO);
    Some(limit + (0..books.gateways).map(|_| largest).sum())
}

fn evaluation(edge: &Edge<'_>) -> Evaluation {
    let books = edge.after;
    each_tenant(books, |tenant| {
        if !kept(books, tenant) {
            return Evaluation::NotEvaluated;
        }
        let (spent, record) = (books.charged(tenant).cost, on_record(books, tenant));
        let record_is_due = books.at_rest || books.design.budgets_with_the_charge();
        let bounded = most(books, tenant).is_none_or(|most| spent <= most);
        let non_vacuous = spent != Money::ZERO || record != Money::ZERO;
        Evaluation::judge(Subject::Tenant(tenant), non_vacuous, bounded && (!record_is_due || record == spent))
    })
}

fn figures(edge: &Edge<'_>, subject: Subject, setup: &Setup) -> Vec<Figure> {
    let tenant = tenant_of(edge.after, subject);
    let (books, name) = (edge.after, setup.account_name(tenant));
    let place = match books.design.budget_record() {
        BudgetRecord::Key => "api_key.budget_used",
        BudgetRecord::Row(_) => "the budget row",
        BudgetRecord::Counter => "the redis counter",
    };
    let mut figures = vec![
        Figure::new(format!("effective charges of the key of {name}"), books.charged(tenant).cost),
        Figure::new(format!("spent by the key of {name} according to {place}"), on_record(books, tenant)),
    ];
    if let (Some(limit), Some(most)) = (books.tenants[tenant.index()].key.limit, most(books, tenant)) {
        figures.push(Figure::new(format!("budget of the key of {name}"), limit));
        figures.push(Figure::new("budget plus one call per gateway", most));
    }
    figures
}
