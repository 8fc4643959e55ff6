"""Who is but registered at a door and lives elsewhere is no resident there: a figure of its own."""

from importlib import import_module

from django.db import migrations

counters = import_module("fangxian.register.migrations.0004_counters")

TABLE = "register_residency"
COLUMNS, BEFORE = counters.COUNTED[TABLE]
AFTER = {
    "residents": "to_date IS NULL AND kind <> 'separated'",
    "away": "to_date IS NULL AND kind <> 'separated' AND away_since IS NOT NULL",
    "tenants": BEFORE["tenants"],
    "separated": "to_date IS NULL AND kind = 'separated'",
}
# %s: 1 takes those who are but registered out of the residents, -1 puts them back.
SHIFT = """
INSERT INTO core_counterdelta (metric, key, place_code, n)
SELECT one.metric, 'register', sums.place_code, one.n * (%s)
FROM (
    SELECT place_code, count(*) AS persons, count(away_since) AS away FROM register_residency
    WHERE to_date IS NULL AND kind = 'separated' GROUP BY place_code
) AS sums,
LATERAL (
    VALUES ('residents', -persons), ('away', -away), ('separated', persons)
) AS one (metric, n)
WHERE one.n <> 0
"""


def _change(schema_editor, metrics, sign):
    """Make the triggers anew, then count what is there by them: writers wait from the first on."""
    sql = counters._statements(COLUMNS, counters._sums(metrics))
    del sql["all"]
    schema_editor.execute(f"DROP FUNCTION {TABLE}_counts() CASCADE", params=None)
    schema_editor.execute(counters.FUNCTION.format(table=TABLE, **sql), params=None)
    schema_editor.execute(counters.WIDE, params=None)
    schema_editor.execute(SHIFT % sign, params=None)
    schema_editor.execute(counters.NARROW, params=None)


def apart(apps, schema_editor):
    _change(schema_editor, AFTER, 1)


def together(apps, schema_editor):
    _change(schema_editor, BEFORE, -1)


class Migration(migrations.Migration):
    dependencies = [("register", "0004_counters")]
    operations = [migrations.RunPython(apart, together)]
