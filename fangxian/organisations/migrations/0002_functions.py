"""How much somebody answers for, everywhere: for the most that one holder may have."""

from django.db import migrations

# It runs as the schema's owner, who is bound by row-level security too, with the range of the whole
# country while it works; an error takes the range back with everything else. It tells days and an
# id that means nothing elsewhere, no place and no name.
LOAD = """
CREATE FUNCTION organisations_load(holders uuid[], wanted text[])
RETURNS TABLE (holder uuid, role text, first date, last date, responsibility uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
    SELECT coalesce(r.person_id, r.organisation_id), r.role::text, r.from_date, r.to_date, r.id
    FROM organisations_responsibility r
    WHERE (r.person_id = ANY (holders) OR r.organisation_id = ANY (holders))
      AND r.role = ANY (wanted) AND r.substitute_for_id IS NULL;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("organisations", "0001_initial")]
    operations = [
        migrations.RunSQL(LOAD, "DROP FUNCTION organisations_load(uuid[], text[])"),
    ]
