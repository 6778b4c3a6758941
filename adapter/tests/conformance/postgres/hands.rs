//! Real sessions, each in a task of its own: a statement that waits for a lock is a reply that has not come.

use adapter::names::Names;
use adapter::session::StoreSession as Connection;
use adapter::stores::Stores;
use model::effect::{Call, Effect, PgOp};
use model::reply::Reply;
use model::step::Step;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// What a session is told to do.
enum Command {
    Ask(PgOp, oneshot::Sender<Reply>),
    SetLocal(&'static str, &'static str, oneshot::Sender<()>),
}

/// One real session.
pub struct Hand {
    /// Its name in `pg_stat_activity`.
    pub label: String,
    orders: mpsc::UnboundedSender<Command>,
    task: JoinHandle<()>,
    reply: Option<oneshot::Receiver<Reply>>,
}

impl Hand {
    /// A session that is connected.
    pub async fn new(stores: &Stores, names: &Names, label: &str) -> Hand {
        let mut connection = Connection::new(stores.clone(), names.clone(), label.to_owned());
        connection.warm().await;
        let (orders, queue) = mpsc::unbounded_channel();
        Hand { label: label.to_owned(), orders, task: tokio::spawn(obey(connection, queue)), reply: None }
    }

    /// Sends a statement.
    pub fn ask(&mut self, op: PgOp) {
        let (answer, reply) = oneshot::channel();
        self.reply = Some(reply);
        self.orders.send(Command::Ask(op, answer)).unwrap_or_else(|_| panic!("{} is gone", self.label));
    }

    /// SET LOCAL.
    pub async fn set_local(&mut self, parameter: &'static str, value: &'static str) {
        let (answer, done) = oneshot::channel();
        self.orders
            .send(Command::SetLocal(parameter, value, answer))
            .unwrap_or_else(|_| panic!("{} is gone", self.label));
        done.await.unwrap();
    }

    /// Whether a statement has no reply so far.
    pub fn pending(&self) -> bool {
        self.reply.is_some()
    }

    /// The reply, if it has come by now.
    pub fn take(&mut self) -> Option<Reply> {
        let outcome = self.reply.as_mut()?.try_recv();
        match outcome {
            Ok(reply) => {
                self.reply = None;
                Some(reply)
            }
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => panic!("{} gave up", self.label),
        }
    }

    /// The process is gone.
    pub fn drop_it(self) {
        self.task.abort();
    }
}

async fn obey(mut connection: Connection, mut orders: mpsc::UnboundedReceiver<Command>) {
    while let Some(order) = orders.recv().await {
        match order {
            Command::Ask(op, answer) => {
                let reply = connection.execute(Call { step: Step::T1, behalf: None, effect: Effect::Pg(op) }).await;
                // Nobody listens any more to a session that was ended while it waited.
                let _ = answer.send(reply.unwrap_or_else(|error| panic!("{op:?}: {error}")));
            }
            Command::SetLocal(parameter, value, answer) => {
                connection.set_local(parameter, value).await.unwrap();
                let _ = answer.send(());
            }
        }
    }
}
