"""Databases of before: triggers of history read their context once a statement (see common.history).

The first migrations of the rooms write them so; where they ran earlier, the functions are mended in
place. On a new database there are none to mend.
"""

from django.db import migrations

ONCE = """
DO $do$
DECLARE
    reads text := $$COALESCE(NULLIF(CURRENT_SETTING('pghistory.context_metadata', TRUE), ''),$$
        || ' NULL)::JSONB';
    mended text;
BEGIN
    FOR mended IN
        SELECT replace(pg_get_functiondef(oid), reads, '(SELECT ' || reads || ')') FROM pg_proc
        WHERE starts_with(proname, 'pgtrigger_') AND strpos(prosrc, reads) > 0
          AND strpos(prosrc, '(SELECT ' || reads || ')') = 0
    LOOP
        EXECUTE mended;
    END LOOP;
END
$do$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('config', '0001_initial'),
        ('accounts', '0001_squashed_0005_staff_number'),
        ('core', '0001_squashed_0009_daily_runs'),
        ('field', '0001_squashed_0009_every_door'),
        ('organisations', '0007_wishes'),
        ('people', '0001_squashed_0007_reasons_of_pairs'),
        ('register', '0001_squashed_0006_by_door'),
        ('regions', '0001_squashed_0004_movable'),
    ]

    operations = [
        migrations.RunSQL(ONCE, migrations.RunSQL.noop),
    ]
