"""The function that lets visits follow a household that was put elsewhere."""

from django.db import migrations

# Visits are only ever added, so it runs as the schema's owner, who is bound by the row-level
# security of the caller's area like everybody; it can put a visit only where its door lies.
FOLLOW = """
CREATE FUNCTION field_visits_follow(doors uuid[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE field_visit v SET place_code = t.place_code FROM field_target t
    WHERE t.id = ANY (doors) AND v.target_id = t.id AND v.place_code <> t.place_code;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("field", "0001_initial")]
    operations = [migrations.RunSQL(FOLLOW, "DROP FUNCTION field_visits_follow(uuid[])")]
