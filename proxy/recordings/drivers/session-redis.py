"""The Redis scenario with redis-py; the argument is the version of the protocol."""

import os
import sys

import redis

protocol = int(sys.argv[1])
client = redis.Redis.from_url(
    os.environ["REDIS"], protocol=protocol, decode_responses=True, single_connection_client=True
)

assert client.set("idem:acme:t1", "1", nx=True, ex=60)
assert client.set("idem:acme:t1", "1", nx=True, ex=60) is None
assert client.get("idem:acme:t1") == "1"
client.hset("quota:acme", mapping={"balance": 100, "used": 0})
assert client.hgetall("quota:acme") == {"balance": "100", "used": "0"}
client.expire("quota:acme", 60)
client.incrby("counter:acme", 5)
try:
    client.incr("quota:acme")
except redis.ResponseError:
    pass

with client.pipeline(transaction=True) as pipe:
    pipe.incr("counter:acme").hincrby("quota:acme", "used", 1).get("idem:acme:t1").execute()
with client.pipeline(transaction=True) as pipe:
    pipe.watch("counter:acme")
    pipe.multi()
    pipe.set("counter:acme", 7).execute()
with client.pipeline(transaction=False) as pipe:
    for _ in range(5):
        pipe.incr("counter:acme")
    pipe.execute()

add = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
assert add(keys=["counter:acme"], args=[2]) == 14
assert client.eval("return {1, 'two', false}", 0)[:2] == [1, "two"]
client.zadd("late:acme", {"t1": 1.5})
client.zrange("late:acme", 0, -1, withscores=True)
assert client.info("keyspace")["db0"]["keys"] == 4
assert client.blpop("empty:acme", timeout=0.1) is None

subscriber = client.pubsub()
subscriber.subscribe("charges")
assert subscriber.get_message(timeout=5)["type"] == "subscribe"
client.publish("charges", "t1")
assert subscriber.get_message(timeout=5)["data"] == "t1"
subscriber.unsubscribe("charges")
assert subscriber.get_message(timeout=5)["type"] == "unsubscribe"
subscriber.close()

if protocol == 3:
    # The server tells this very connection, before it answers, that the key it has read is another.
    client.execute_command("CLIENT", "TRACKING", "ON")
    client.get("idem:acme:t1")
    client.set("idem:acme:t1", "2")
    client.get("idem:acme:t1")
client.close()
