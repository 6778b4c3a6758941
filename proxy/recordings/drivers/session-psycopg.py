"""The Postgres scenario with psycopg; with the argument `pipeline`, that which its pipeline mode does otherwise."""

import os
import sys

import psycopg

BALANCE = "SELECT balance FROM account WHERE tenant = %s FOR UPDATE"
CHARGE = "INSERT INTO line (trace, tenant, amount) VALUES (%s, %s, %s)"
DEDUCT = "UPDATE account SET balance = balance - %s WHERE tenant = %s"


def normal(connection):
    with connection.transaction():
        assert connection.execute(BALANCE, ["acme"]).fetchone() == (100,)
        connection.execute(CHARGE, ["t1", "acme", 5])
        connection.execute(DEDUCT, [5, "acme"])

    try:
        with connection.transaction():
            try:
                with connection.transaction():
                    connection.execute(CHARGE, ["t1", "acme", 5])
            except psycopg.errors.UniqueViolation:
                pass
            connection.execute("SELECT 1 / 0")
    except psycopg.errors.DivisionByZero:
        pass

    assert connection.execute("SELECT trace FROM line WHERE trace = ANY(%s)", [["t1", "t2"]]).fetchall() == [("t1",)]
    with connection.cursor() as cursor:
        cursor.executemany(CHARGE, [("t2", "acme", 6), ("t3", "acme", 7)])
        with cursor.copy("COPY line FROM STDIN") as copy:
            copy.write_row(("t4", "acme", 8))
        with cursor.copy("COPY line TO STDOUT") as copy:
            assert len(list(copy.rows())) == 4
        for _ in range(2):
            cursor.execute(DEDUCT, [1, "acme"], prepare=True)

    connection.execute("UPDATE account SET balance = 50; SELECT balance FROM account; DELETE FROM line")


def pipeline(connection):
    with connection.pipeline(), connection.transaction():
        balance = connection.execute(BALANCE, ["acme"])
        connection.execute(CHARGE, ["t1", "acme", 5])
        connection.execute(DEDUCT, [5, "acme"])
    assert balance.fetchone() == (100,)

    # The server skips what follows the failing statement up to the Sync.
    try:
        with connection.pipeline():
            connection.execute(CHARGE, ["t2", "acme", 6])
            connection.execute(CHARGE, ["t1", "acme", 5])
            connection.execute(DEDUCT, [5, "acme"])
    except psycopg.errors.UniqueViolation:
        connection.rollback()

    with connection.pipeline() as pipe:
        connection.execute(CHARGE, ["t3", "acme", 7])
        pipe.sync()
        connection.cursor().executemany(DEDUCT, [(1, "acme"), (2, "acme"), (3, "acme")])
        traces = connection.execute("SELECT trace FROM line")
    assert len(traces.fetchall()) == 2
    connection.commit()


kind = {"normal": normal, "pipeline": pipeline}[sys.argv[1]]
with psycopg.connect(os.environ["POSTGRES"], autocommit=kind is normal) as connection:
    kind(connection)
