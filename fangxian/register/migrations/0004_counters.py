"""Counters of the register: each statement that changes rows appends what it changes in counts.

Triggers do it, as they do for history, so that no way of writing is forgotten: an action, a merge,
an import, a bulk load, a redraw that rewrites codes. What is there already is counted once.
"""

from django.db import migrations

# table → the columns that are read, and by metric what of them counts
COUNTED = {
    "register_household": (
        "place_code, state",
        {"households": "state <> 'closed'", "empty": "state = 'empty'"},
    ),
    "register_residency": (
        "place_code, kind, to_date, away_since",
        {
            "residents": "to_date IS NULL",
            "away": "to_date IS NULL AND away_since IS NOT NULL",
            "tenants": "to_date IS NULL AND kind = 'tenant'",
        },
    ),
    "register_establishment": ("place_code, to_date", {"establishments": "to_date IS NULL"}),
}
SUMS = """
INSERT INTO core_counterdelta (metric, key, place_code, n)
SELECT one.metric, 'register', sums.place_code, one.n
FROM (SELECT place_code, {sums} FROM ({rows}) AS changed GROUP BY place_code) AS sums,
     LATERAL (VALUES {metrics}) AS one (metric, n)
WHERE one.n <> 0
"""
GROUPS = """
INSERT INTO core_counterdelta (metric, key, place_code, n)
SELECT 'group:' || "group", 'register', place_code, sum(sign)
FROM ({rows}) AS changed WHERE to_date IS NULL
GROUP BY "group", place_code HAVING sum(sign) <> 0
"""
FUNCTION = """
CREATE FUNCTION {table}_counts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN {insert};
    ELSIF TG_OP = 'UPDATE' THEN {update};
    ELSE {delete};
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER counts_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_counts();
CREATE TRIGGER counts_update AFTER UPDATE ON {table}
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_counts();
CREATE TRIGGER counts_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_counts();
"""
# The owner, too, sees rows of its range alone.
WIDE = "SELECT set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true)"
NARROW = "SELECT set_config('fangxian.lo', '', true), set_config('fangxian.hi', '', true)"


def _statements(columns, counting):
    came = f"SELECT 1 AS sign, {columns} FROM %s"
    went = f"SELECT -1 AS sign, {columns} FROM %s"
    return {
        "insert": counting(came % "new_rows"),
        "update": counting(f"{came % 'new_rows'} UNION ALL {went % 'old_rows'}"),
        "delete": counting(went % "old_rows"),
        "all": lambda table: counting(came % table),
    }


def _sums(metrics):
    sums = ", ".join(f"sum(sign) FILTER (WHERE {what}) AS {name}" for name, what in metrics.items())
    values = ", ".join(f"('{name}', {name})" for name in metrics)
    return lambda rows: SUMS.format(rows=rows, sums=sums, metrics=values)


def _tables():
    for table, (columns, metrics) in COUNTED.items():
        yield table, _statements(columns, _sums(metrics))
    yield "register_keygroupentry", _statements(
        'place_code, "group", to_date', lambda rows: GROUPS.format(rows=rows)
    )


def count(apps, schema_editor):
    """Make the triggers, then count what is there: writers wait from the first on."""
    for table, sql in _tables():
        every = sql.pop("all")
        schema_editor.execute(FUNCTION.format(table=table, **sql), params=None)
        schema_editor.execute(WIDE, params=None)
        schema_editor.execute(every(table), params=None)
        schema_editor.execute(NARROW, params=None)


def uncount(apps, schema_editor):
    for table, _sql in _tables():
        schema_editor.execute(f"DROP FUNCTION {table}_counts() CASCADE", params=None)
    schema_editor.execute(WIDE, params=None)
    for table in ("core_counterdelta", "core_nodestat"):
        schema_editor.execute(f"DELETE FROM {table} WHERE key = 'register'", params=None)
    schema_editor.execute(NARROW, params=None)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial"), ("register", "0003_ended_by_death")]
    operations = [migrations.RunPython(count, uncount)]
