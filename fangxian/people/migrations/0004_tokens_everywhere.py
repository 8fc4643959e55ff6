"""Tokens of a name that changes, at every place of the person."""

from django.db import migrations

# They run as the schema's owner with the range of the whole country, for persons whom the caller
# sees in the caller's own range, and return nothing: who has renamed somebody known in two areas
# must not learn of the other, but the other must find the new name.
WIDE = """
CREATE FUNCTION people_{verb}_tokens(persons uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
    seen uuid[];
BEGIN
    SELECT array_agg(id) INTO seen FROM people_person WHERE id = ANY (persons);
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    {statement};
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""
ERASE = """
    DELETE FROM people_nametoken USING people_person person,
         LATERAL people_tokens(person.name, person.initials) gone
    WHERE person.id = ANY (seen) AND people_nametoken.person_id = person.id
      AND people_nametoken.token = gone
"""
WRITE = """
    INSERT INTO people_nametoken (token, place_code, person_id)
    SELECT token, place.code, person.id
    FROM people_person person
    JOIN (SELECT DISTINCT person_id, place_code AS code FROM people_personlink
          WHERE person_id = ANY (seen) AND kind <> 'merged') place ON place.person_id = person.id,
         LATERAL people_tokens(person.name, person.initials) token
    ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0003_lean_history")]
    operations = [
        migrations.RunSQL(
            WIDE.format(verb=verb, statement=statement),
            f"DROP FUNCTION people_{verb}_tokens(uuid[])",
        )
        for verb, statement in (("erase", ERASE), ("write", WRITE))
    ]
