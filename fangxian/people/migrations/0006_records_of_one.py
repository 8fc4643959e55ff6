"""Records that were merged into one: who looked at them looked at the same human."""

from django.db import migrations

# It runs as the schema's owner with the range of the whole country while it works, since a merged
# record lies where the decision was taken, which may be above who asks. It returns ids, nothing
# about a person.
RECORDS = """
CREATE FUNCTION people_records(kept uuid) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
        WITH RECURSIVE one(id) AS (
            SELECT kept
            UNION
            SELECT p.id FROM people_person p JOIN one ON p.merged_into_id = one.id
        )
        SELECT id FROM one;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0005_match_in_a_province")]

    operations = [migrations.RunSQL(RECORDS, "DROP FUNCTION people_records(uuid)")]
