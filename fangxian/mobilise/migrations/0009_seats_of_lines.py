"""What skills those at a line have, whoever sees it but not them; calls are held by who pledges."""

from django.db import migrations

# Whoever claims a head sees the line of his county and not who else is placed there. He learns how
# many of them have which of the skills that the line asks for, and of nobody who it is. A unit's
# heads have none that are known.
SEATS = """
CREATE FUNCTION mobilise_line_skills(wanted uuid[])
RETURNS TABLE (line uuid, heads integer, skills text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
    SELECT p.line_id, p.heads, ARRAY(
        SELECT s.skill::text FROM mobilise_skill s
        WHERE s.volunteer_id = pledge.volunteer_id AND l.skills ? s.skill
          AND (s.expires_on IS NULL OR s.expires_on >= c.ends_on)
        ORDER BY s.skill
    )
    FROM mobilise_placement p
    JOIN mobilise_pledge pledge ON pledge.id = p.pledge_id
    JOIN mobilise_callline l ON l.id = p.line_id
    JOIN mobilise_call c ON c.id = l.call_id
    WHERE p.line_id = ANY (wanted) AND p.state IN ('asked', 'confirmed');
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""

# Whoever pledges holds the call before volunteers, as who claims a head does. It tells nothing.
HOLD = """
CREATE FUNCTION mobilise_hold_calls(wanted uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    PERFORM id FROM mobilise_call WHERE id = ANY (wanted) ORDER BY id FOR NO KEY UPDATE;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""

# A human's links are of all his records, wherever he serves. It tells nothing.
RENEW = """
CREATE FUNCTION mobilise_renew_links(human uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    PERFORM id FROM mobilise_volunteer WHERE person_id = human ORDER BY id FOR NO KEY UPDATE;
    UPDATE mobilise_volunteer SET link_round = link_round + 1 WHERE person_id = human;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""

# When somebody is off is known wherever he is planned, not at which of his places he said it.
DAYS_OFF = """
CREATE FUNCTION mobilise_days_off(people uuid[], from_day date, to_day date)
RETURNS TABLE (person uuid, weekday smallint, first date, until date, part text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
    SELECT v.person_id, w.weekday, w.first, w.until, w.part::text FROM mobilise_volunteer v
    JOIN mobilise_wish w ON w.volunteer_id = v.id AND w.kind = 'off'
    WHERE v.person_id = ANY (people) AND w.first <= to_day
      AND (w.until IS NULL OR w.until >= from_day)
    ORDER BY w.id;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("mobilise", "0008_aid_members_and_trainees")]

    operations = [
        migrations.RunSQL(SEATS, "DROP FUNCTION mobilise_line_skills(uuid[])"),
        migrations.RunSQL(RENEW, "DROP FUNCTION mobilise_renew_links(uuid)"),
        migrations.RunSQL(DAYS_OFF, "DROP FUNCTION mobilise_days_off(uuid[], date, date)"),
        migrations.RunSQL(HOLD, "DROP FUNCTION mobilise_hold_calls(uuid[])"),
    ]
