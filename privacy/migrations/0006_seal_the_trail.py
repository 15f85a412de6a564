"""Events are written without waiting for each other; the database chains those that were committed when asked to."""

from django.db import migrations, models

SEAL = """
CREATE OR REPLACE FUNCTION privacy_chain_event() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    NEW.position := NULL;
    NEW.at := clock_timestamp();
    NEW.previous := '';
    NEW.hash := '';
    RETURN NEW;
END $$;

-- chains up to `most` events that were committed since, and returns how many; with the rights of the trail's owner, as
-- the service may not update events
CREATE FUNCTION privacy_seal_events(most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    head record;
    event privacy_accessevent;
    part text;
    written text;
    place bigint;
    before text;
    sealed integer := 0;
BEGIN
    -- one at a time: positions have no gap and each hash follows the one before it; writers do not take this lock
    PERFORM pg_advisory_xact_lock(x'747261696c'::bigint);
    SELECT position, hash INTO head FROM privacy_accessevent WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1;
    place := coalesce(head.position, 0);
    before := coalesce(head.hash, repeat('0', 64));
    FOR event IN SELECT * FROM privacy_accessevent WHERE position IS NULL ORDER BY id LIMIT most LOOP
        place := place + 1;
        written := '';
        -- each part with its length, or two different events could be written alike
        FOREACH part IN ARRAY ARRAY[
            place::text, to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), event.actor_kind,
            event.actor, event.subject, event.action, event.what, event.through, event.why, event.reference, before
        ] LOOP
            written := written || octet_length(part) || ':' || part;
        END LOOP;
        UPDATE privacy_accessevent
            SET position = place, previous = before, hash = encode(sha256(convert_to(written, 'UTF8')), 'hex')
            WHERE id = event.id RETURNING hash INTO before;
        sealed := sealed + 1;
    END LOOP;
    RETURN sealed;
END $$;
REVOKE EXECUTE ON FUNCTION privacy_seal_events(integer) FROM PUBLIC;

-- an event that is not chained yet takes its place in the chain, and nothing else of it changes
CREATE FUNCTION privacy_refuse_all_but_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.position IS NULL AND NEW.position IS NOT NULL AND
        (OLD.id, OLD.at, OLD.actor_kind, OLD.actor, OLD.subject, OLD.action, OLD.what, OLD.through, OLD.why,
            OLD.reference) =
        (NEW.id, NEW.at, NEW.actor_kind, NEW.actor, NEW.subject, NEW.action, NEW.what, NEW.through, NEW.why,
            NEW.reference)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the access trail is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER append_only ON privacy_accessevent;
CREATE TRIGGER append_only BEFORE DELETE ON privacy_accessevent
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change();
CREATE TRIGGER sealed_once BEFORE UPDATE ON privacy_accessevent
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_all_but_sealing();
"""
# events that are not chained cannot be kept by the triggers of before
UNSEAL = """
SELECT privacy_seal_events(2147483647);
DROP TRIGGER sealed_once ON privacy_accessevent;
DROP TRIGGER append_only ON privacy_accessevent;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON privacy_accessevent
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change();
DROP FUNCTION privacy_refuse_all_but_sealing();
DROP FUNCTION privacy_seal_events(integer);
CREATE OR REPLACE FUNCTION privacy_chain_event() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    head record;
    part text;
    written text := '';
BEGIN
    PERFORM pg_advisory_xact_lock(x'747261696c'::bigint);
    SELECT position, hash INTO head FROM privacy_accessevent ORDER BY position DESC LIMIT 1;
    NEW.position := coalesce(head.position, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous := coalesce(head.hash, repeat('0', 64));
    FOREACH part IN ARRAY ARRAY[
        NEW.position::text, to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), NEW.actor_kind, NEW.actor,
        NEW.subject, NEW.action, NEW.what, NEW.through, NEW.why, NEW.reference, NEW.previous
    ] LOOP
        written := written || octet_length(part) || ':' || part;
    END LOOP;
    NEW.hash := encode(sha256(convert_to(written, 'UTF8')), 'hex');
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("privacy", "0005_keys_of_the_trail")]
    operations = [
        migrations.AlterModelOptions("accessevent", {"ordering": ["-pk"]}),
        migrations.AlterField(
            "accessevent",
            "position",
            models.BigIntegerField(
                editable=False, help_text="Gapless; none until it is sealed.", null=True, unique=True
            ),
        ),
        migrations.AlterField(
            "accessevent",
            "previous",
            models.CharField(blank=True, help_text="The hash before this one, given by the database.", max_length=64),
        ),
        migrations.AlterField(
            "accessevent",
            "hash",
            models.CharField(
                blank=True, help_text="SHA-256, in hex, over all of the above; by the database.", max_length=64
            ),
        ),
        migrations.AddIndex(
            "accessevent", models.Index("id", condition=models.Q(position=None), name="events_to_seal")
        ),
        migrations.RunSQL(SEAL, UNSEAL),
    ]
