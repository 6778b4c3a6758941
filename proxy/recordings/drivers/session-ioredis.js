// The Redis scenario with ioredis, which writes each command without waiting for earlier answers.
const assert = require("node:assert");
const { once } = require("node:events");
const Redis = require("ioredis");

async function main() {
  // The check asks for INFO, which would be most of the recording.
  const client = new Redis(process.env.REDIS, { enableReadyCheck: false });
  assert.equal(await client.set("idem:acme:t1", "1", "EX", 60, "NX"), "OK");
  assert.equal(await client.set("idem:acme:t1", "1", "EX", 60, "NX"), null);
  assert.equal(await client.get("idem:acme:t1"), "1");
  await client.hset("quota:acme", { balance: 100, used: 0 });
  assert.deepEqual(await client.hgetall("quota:acme"), { balance: "100", used: "0" });
  await client.expire("quota:acme", 60);
  await client.incrby("counter:acme", 5);
  await assert.rejects(client.incr("quota:acme"));

  await client.multi().incr("counter:acme").hincrby("quota:acme", "used", 1).get("idem:acme:t1").exec();
  // Without its own pipeline, each of MULTI, SET and EXEC waits for an answer.
  await client.multi({ pipeline: false });
  await client.set("counter:acme", 7);
  await client.exec();
  const five = client.pipeline();
  for (let n = 0; n < 5; n++) five.incr("counter:acme");
  await five.exec();
  await Promise.all([client.get("idem:acme:t1"), client.hget("quota:acme", "used"), client.incr("counter:acme")]);

  client.defineCommand("add", { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])" });
  assert.equal(await client.add("counter:acme", 2), 15);
  assert.equal(await client.add("counter:acme", 2), 17);

  const subscriber = client.duplicate();
  await subscriber.subscribe("charges");
  const [[, message]] = await Promise.all([once(subscriber, "message"), client.publish("charges", "t1")]);
  assert.equal(message, "t1");
  await subscriber.unsubscribe("charges");
  await subscriber.quit();
  await client.quit();
}

main();
