"""The trail's keys: their making and their end are chained, and none is replaced while its person is there."""

from django.conf import settings
from django.db import migrations, models

GUARD = """
-- whoever may make temporary tables must not put one in the place of the chain
ALTER FUNCTION privacy_chain_event() SET search_path = public, pg_temp;

CREATE FUNCTION privacy_note_key() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    noted privacy_subjectkey := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO privacy_accessevent
        (position, at, actor_kind, actor, subject, action, what, through, why, reference, previous, hash)
    VALUES (
        0, now(), 'database', '', encode(sha256(noted.key || 'trail'::bytea), 'hex'), 'key',
        -- the second hash binds the key to its person; both lead nowhere once the key is gone
        CASE TG_OP WHEN 'DELETE' THEN 'ended' ELSE
            'made for ' || encode(sha256(noted.key || convert_to('person' || noted.user_id, 'UTF8')), 'hex') END,
        '', '', '', '', ''
    );
    RETURN NULL;
END $$;
CREATE TRIGGER note_key AFTER INSERT OR DELETE ON privacy_subjectkey
    FOR EACH ROW EXECUTE FUNCTION privacy_note_key();

CREATE FUNCTION privacy_refuse_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a key of the access trail is never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER never_changed BEFORE UPDATE ON privacy_subjectkey FOR EACH ROW
    WHEN (OLD.key IS DISTINCT FROM NEW.key OR OLD.user_id IS DISTINCT FROM NEW.user_id)
    EXECUTE FUNCTION privacy_refuse_key_change();

CREATE FUNCTION privacy_keep_key_of_living() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts_user WHERE id = OLD.user_id) THEN
        RAISE EXCEPTION 'a key of the access trail ends with its person' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
-- at the end of the transaction: erasure deletes the key first
CREATE CONSTRAINT TRIGGER ends_with_its_person AFTER DELETE ON privacy_subjectkey
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION privacy_keep_key_of_living();

-- the keys of before
INSERT INTO privacy_accessevent
    (position, at, actor_kind, actor, subject, action, what, through, why, reference, previous, hash)
SELECT 0, now(), 'database', '', encode(sha256(key || 'trail'::bytea), 'hex'), 'key',
    'made for ' || encode(sha256(key || convert_to('person' || user_id, 'UTF8')), 'hex'), '', '', '', '', ''
FROM privacy_subjectkey ORDER BY user_id;
"""
UNGUARD = """
DROP TRIGGER ends_with_its_person ON privacy_subjectkey;
DROP TRIGGER never_changed ON privacy_subjectkey;
DROP TRIGGER note_key ON privacy_subjectkey;
DROP FUNCTION privacy_keep_key_of_living();
DROP FUNCTION privacy_refuse_key_change();
DROP FUNCTION privacy_note_key();
ALTER FUNCTION privacy_chain_event() RESET search_path;
"""
ACTORS = ["person", "staff", "task", "shell", "tiktok", "database"]
ACTIONS = [
    *(("read", "Read"), ("change", "Change"), ("export", "Export"), ("erase", "Erase")),
    *(("consent", "Consent given"), ("withdraw", "Consent withdrawn"), ("refused", "Refused"), ("key", "Key")),
]


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0004_jobs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AlterField(
            "accessevent",
            "action",
            models.CharField(choices=ACTIONS, max_length=8),
        ),
        migrations.AlterField(
            "accessevent",
            "actor_kind",
            models.CharField(choices=[(each, each.capitalize()) for each in ACTORS], max_length=8),
        ),
        migrations.AddIndex(
            "accessevent", models.Index("subject", condition=models.Q(action="key"), name="events_of_keys")
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
