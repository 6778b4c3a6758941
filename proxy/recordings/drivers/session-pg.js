// The Postgres scenario with node-postgres.
const assert = require("node:assert");
const { once } = require("node:events");
const { pipeline } = require("node:stream/promises");
const { Readable, Writable } = require("node:stream");
const { Pool } = require("pg");
const copy = require("pg-copy-streams");

const BALANCE = "SELECT balance FROM account WHERE tenant = $1 FOR UPDATE";
const CHARGE = "INSERT INTO line (trace, tenant, amount) VALUES ($1, $2, $3)";
const DEDUCT = "UPDATE account SET balance = balance - $1 WHERE tenant = $2";

async function main() {
  const pool = new Pool({ connectionString: process.env.POSTGRES, max: 1 });
  const client = await pool.connect();

  await client.query("BEGIN");
  const { rows } = await client.query(BALANCE, ["acme"]);
  assert.equal(rows[0].balance, 100);
  await client.query({ name: "charge", text: CHARGE, values: ["t1", "acme", 5] });
  await client.query(DEDUCT, [5, "acme"]);
  await client.query("COMMIT");

  await client.query("BEGIN");
  await client.query("SAVEPOINT one");
  await assert.rejects(client.query({ name: "charge", text: CHARGE, values: ["t1", "acme", 5] }));
  await client.query("ROLLBACK TO SAVEPOINT one");
  await client.query({ name: "charge", text: CHARGE, values: ["t2", "acme", 6] });
  await client.query("ROLLBACK");

  assert.equal((await client.query("SELECT trace FROM line WHERE trace = ANY($1)", [["t1", "t2"]])).rowCount, 1);
  await pipeline(Readable.from(["t2\tacme\t6\n", "t3\tacme\t7\n"]), client.query(copy.from("COPY line FROM STDIN")));
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(client.query(copy.to("COPY line TO STDOUT")), nowhere);

  await client.query("LISTEN charges");
  const [[note]] = await Promise.all([
    once(client, "notification"),
    client.query("SELECT pg_notify('charges', $1)", ["t1"]),
  ]);
  assert.equal(note.payload, "t1");
  await client.query("UPDATE account SET balance = 50; SELECT balance FROM account; DELETE FROM line");
  await client.query("");
  client.release();
  await pool.end();
}

main();
