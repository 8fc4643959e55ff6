"""Reports count visits where their doors lay when they were received."""

import django.utils.timezone
from django.db import migrations, models

# A door that has left the place since is out of the reporter's sight: the function looks everywhere
# and tells sums alone, and only of a place whose report of that sweep the caller sees. The codes are
# those that the place has and had, without those that another place has taken over. The statement is
# handed over as text, so that it is planned for the span that is asked for.
REPORTED = """
CREATE FUNCTION field_reported(
    sweep uuid, place uuid, since timestamptz, upto timestamptz, closing text[]
) RETURNS TABLE (name text, n bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    lo text := current_setting('fangxian.lo', true);
    hi text := current_setting('fangxian.hi', true);
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM field_dailyreport r WHERE r.campaign_id = sweep AND r.place_id = place
    ) THEN
        RETURN;
    END IF;
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY EXECUTE $q$
WITH own AS (
  SELECT r.code FROM regions_region r WHERE r.id = $2
  UNION
  SELECT f.code FROM regions_regioncode f WHERE f.region_id = $2
    AND NOT EXISTS (SELECT 1 FROM regions_region o WHERE o.code = f.code)
), seen AS MATERIALIZED (
  SELECT v.id, v.target_id, v.household_id, v.outcome, v.exceptions, v.created_at,
    EXISTS (SELECT 1 FROM field_visit c
            WHERE c.corrects_op_id = v.op_id AND c.created_at < $4) AS mistaken
  FROM field_visit v
  WHERE v.campaign_id = $1 AND v.created_at >= coalesce($3, '-infinity') AND v.created_at < $4
    AND EXISTS (SELECT 1 FROM own WHERE starts_with(v.code_then, own.code))
), parts (name, n) AS (
  SELECT 'visits', count(*) FROM seen WHERE NOT mistaken
  UNION ALL
  SELECT 'exceptions', coalesce(sum(exceptions), 0) FROM seen WHERE NOT mistaken
  UNION ALL
  SELECT 'households', count(DISTINCT household_id) FROM seen WHERE NOT mistaken
  UNION ALL
  SELECT 'taken_back', count(*) FROM field_visit c JOIN field_visit m ON m.op_id = c.corrects_op_id
  WHERE c.campaign_id = $1 AND c.created_at >= $3 AND c.created_at < $4 AND m.created_at < $3
    AND EXISTS (SELECT 1 FROM own WHERE starts_with(m.code_then, own.code))
  UNION ALL
  SELECT outcome, count(*) FROM seen WHERE NOT mistaken AND outcome <> ALL($5) GROUP BY outcome
  UNION ALL
  SELECT 'newly_covered', count(DISTINCT seen.target_id) FROM seen
  WHERE NOT mistaken AND outcome = ANY($5) AND NOT EXISTS (
    SELECT 1 FROM field_visit v WHERE v.target_id = seen.target_id
      AND v.outcome = ANY($5) AND v.created_at < seen.created_at
      AND NOT EXISTS (SELECT 1 FROM field_visit c WHERE c.corrects_op_id = v.op_id
                      AND c.created_at < CASE WHEN v.created_at < $3 THEN $3 ELSE $4 END))
)
SELECT parts.name, parts.n::bigint FROM parts
$q$ USING sweep, place, since, upto, closing;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("field", "0007_closing_reports"), ("regions", "0004_movable")]
    operations = [
        migrations.RunSQL(
            REPORTED, "DROP FUNCTION field_reported(uuid, uuid, timestamptz, timestamptz, text[])"
        ),
        migrations.AlterField(
            model_name="visit",
            name="created_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, editable=False, verbose_name="created"
            ),
        ),
        migrations.RemoveIndex(model_name="visit", name="visit_received"),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                fields=["campaign", "created_at", "code_then"], name="visit_received"
            ),
        ),
    ]
