"""A second person lets a limit be passed; who is away with a batch of aid can't be rostered."""

from django.db import migrations, models
from django.db.models import F, Q

# When somebody is away is known wherever he is planned, not where he is, nor who sent him.
AWAY = """
CREATE FUNCTION mobilise_away(people uuid[], from_day date, to_day date)
RETURNS TABLE (person uuid, first date, until date)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
    SELECT away.person, away.first, away.until FROM (
        SELECT m.person_id AS person, coalesce(b.left_on, b.from_date) AS first,
            CASE b.state WHEN 'planned' THEN b.until ELSE m.returned_on END AS until
        FROM mobilise_aidmember m JOIN mobilise_aidbatch b ON b.id = m.batch_id
        WHERE m.person_id = ANY (people) AND b.state <> 'called_off'
        UNION ALL
        SELECT m.person_id, q.from_date, coalesce(q.ended_on, q.until)
        FROM mobilise_aidquarantine q JOIN mobilise_aidmember m ON m.id = q.member_id
        WHERE m.person_id = ANY (people)
    ) away
    WHERE away.first <= to_day AND (away.until IS NULL OR away.until >= from_day)
    ORDER BY away.first;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("mobilise", "0011_joining_fewer_days")]

    operations = [
        migrations.RunSQL(AWAY, "DROP FUNCTION mobilise_away(uuid[], date, date)"),
        migrations.AddField(
            model_name="turn",
            name="asked_by",
            field=models.CharField(blank=True, max_length=80, verbose_name="asked by"),
        ),
        migrations.RemoveConstraint(model_name="turn", name="turn_allowed"),
        migrations.AddConstraint(
            model_name="turn",
            constraint=models.CheckConstraint(
                condition=Q(allowed_by="", asked_by="", allowed_for="")
                | (~Q(asked_by=F("allowed_by")) & ~Q(allowed_for="")),
                name="turn_allowed",
            ),
        ),
    ]
