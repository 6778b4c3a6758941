"""The Postgres scenario with asyncpg, which describes a statement behind a Flush before it runs it."""

import asyncio
import io
import os

import asyncpg

BALANCE = "SELECT balance FROM account WHERE tenant = $1 FOR UPDATE"
CHARGE = "INSERT INTO line (trace, tenant, amount) VALUES ($1, $2, $3)"
DEDUCT = "UPDATE account SET balance = balance - $1 WHERE tenant = $2"


async def main():
    connection = await asyncpg.connect(os.environ["POSTGRES"])

    async with connection.transaction():
        assert await connection.fetchval(BALANCE, "acme") == 100
        await connection.execute(CHARGE, "t1", "acme", 5)
        await connection.execute(DEDUCT, 5, "acme")

    outer = connection.transaction()
    await outer.start()
    inner = connection.transaction()
    await inner.start()
    try:
        await connection.execute(CHARGE, "t1", "acme", 5)
    except asyncpg.UniqueViolationError:
        await inner.rollback()
    await outer.rollback()

    assert len(await connection.fetch("SELECT trace FROM line WHERE trace = ANY($1)", ["t1", "t2"])) == 1
    await connection.executemany(CHARGE, [("t2", "acme", 6), ("t3", "acme", 7)])
    async with connection.transaction():
        assert len([row async for row in connection.cursor("SELECT trace FROM line", prefetch=2)]) == 3

    await connection.copy_records_to_table("line", records=[("t4", "acme", 8), ("t5", "acme", 9)])
    await connection.copy_from_query("SELECT trace FROM line", output=io.BytesIO())
    try:
        await connection.copy_to_table("line", source=io.BytesIO(b"t6\tacme\n"))
    except asyncpg.BadCopyFileFormatError:
        pass

    heard = asyncio.Event()
    await connection.add_listener("charges", lambda *_: heard.set())
    await connection.execute("SELECT pg_notify('charges', $1)", "t1")
    await heard.wait()

    await connection.execute("UPDATE account SET balance = 50; SELECT balance FROM account; DELETE FROM line")
    try:
        await connection.execute("SELECT pg_sleep(60)", timeout=0.2)
    except asyncio.TimeoutError:
        pass
    await connection.reset()
    await connection.close()


asyncio.run(main())
