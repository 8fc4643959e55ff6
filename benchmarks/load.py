"""Load a city's register by COPY, with indexes, row-level security and history on.

The reference is raw COPY of the very same rows into bare tables, then the same indexes, in the same
run. Both find files of the write-ahead log to use again, as on a server that has run for a while:
who comes first would pay for making them. ``make bench NAME=load ARGS="--residents 1000000"``.
"""

from __future__ import annotations

import argparse
import io
import time
from typing import Any

from _database import database
from _report import report


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--residents", type=int, default=100_000)
    options.add_argument("--data", default="", help="a folder to keep the database in")
    given = options.parse_args()
    with database(given.data):
        run(given.residents)


def run(residents: int) -> None:
    import _county

    from fangxian.common.bulk import Load
    from fangxian.register.bulk import MODELS, load_register

    ids, units = _county.make_places(residents)
    homes = list(_county.households(residents, ids, units))
    write_log_once_round()
    started, cpu = time.perf_counter(), time.process_time()
    with Load(MODELS, using="owner") as load:
        counts = load_register(load, homes)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    rows = sum(counts.values())
    reference = raw_copy(MODELS)
    if reference["rows"] != rows:
        raise SystemExit(f"the reference copied {reference['rows']} rows instead of {rows}")
    ours = rows / seconds
    report(
        "load",
        {
            "rows_per_s": round(ours),
            "copy_ratio": round(ours / reference["rows_per_s"], 3),
            "residents": sum(len(home.residents) for home in homes),
            "rows": rows,
            "history_rows": history_rows(MODELS),
            "seconds": round(seconds, 1),
            "client_cpu_s": round(cpu, 1),
        },
        reference=reference,
        ratio={"copy": round(ours / reference["rows_per_s"], 3)},
    )


def write_log_once_round() -> None:
    """Write as much as the write-ahead log keeps, so that its files exist."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_bytes(setting || unit) / 1024 FROM pg_settings"
            " WHERE name = 'max_wal_size'"
        )
        (kilobytes,) = cursor.fetchone()
        cursor.execute(
            "CREATE TABLE filler AS SELECT repeat(md5(i::text), 32) FROM generate_series(1, %s) i",
            [kilobytes],
        )
        cursor.execute("DROP TABLE filler")


def raw_copy(models: Any) -> dict[str, Any]:
    """Copy the loaded rows into bare copies of the tables, then build the same indexes."""
    from django.db import connections

    seconds = 0.0
    rows = 0
    with connections["owner"].cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            with connections["maintenance"].cursor() as reader:
                buffer = io.BytesIO()
                with reader.copy(f'COPY "{table}" TO STDOUT') as copy:
                    for part in copy:
                        buffer.write(part)
            data = buffer.getbuffer()
            cursor.execute(f'CREATE TABLE "raw_{table}" (LIKE "{table}")')
            cursor.execute(
                "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass",
                [table],
            )
            indexes = [row[0] for row in cursor.fetchall()]
            cursor.execute("SET maintenance_work_mem = '256MB'")
            began = time.perf_counter()
            with cursor.copy(f'COPY "raw_{table}" FROM STDIN') as copy:
                for at in range(0, len(data), 1 << 20):
                    copy.write(data[at : at + (1 << 20)])
            rows += cursor.rowcount
            for definition in indexes:
                head, tail = definition.split(" ON ", 1)
                unique = " UNIQUE" if " UNIQUE " in head else ""
                cursor.execute(f"CREATE{unique} INDEX ON " + tail.replace(table, f"raw_{table}", 1))
            seconds += time.perf_counter() - began
            cursor.execute(f'DROP TABLE "raw_{table}"')
    return {
        "name": "raw COPY of the same rows into bare tables, then the same indexes",
        "rows_per_s": round(rows / seconds),
        "rows": rows,
        "seconds": round(seconds, 1),
    }


def history_rows(models: Any) -> int:
    """How many rows of history the load has written."""
    from django.apps import apps
    from django.db import connections

    found = 0
    with connections["maintenance"].cursor() as cursor:
        for model in models:
            name = f"{model.__name__}History"
            if any(
                m.__name__ == name for m in apps.get_app_config(model._meta.app_label).get_models()
            ):
                cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}history"')
                found += cursor.fetchone()[0]
    return found


if __name__ == "__main__":
    main()
