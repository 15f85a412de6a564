#!/bin/sh
# Makes the secrets that production reads, once each: an existing file is never replaced.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
cd secrets

keep() { # name, value
  [ -s "$1" ] || printf '%s' "$2" >"$1"
}
random() { # bytes
  head -c "$1" /dev/urandom | base64 | tr -d '\n'
}
random_password() { # of letters and digits, as it stands in a URL
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'
}

push_key() { # the 32 bytes of a P-256 key, in base64url
  openssl ecparam -name prime256v1 -genkey -noout -outform DER | tail -c +8 | head -c 32 | base64 | tr '+/' '-_' | tr -d '=\n'
}

keep secret_key "$(random 48)"
keep data_encryption_keys "key1:$(random 32)"
keep vapid_private_key "$(push_key)"
keep metrics_token "$(random 24)"
keep postgres_password "$(random_password)"
keep service_password "$(random_password)"
keep redis_password "$(random_password)"
keep grafana_password "$(random_password)"
keep redis_url "redis://:$(cat redis_password)@redis:6379/0"
keep cache_redis_url "redis://:$(cat redis_password)@redis-cache:6379/0"
# smtp://user:password@host:587, or smtps://...:465; empty: nobody is written to
keep mail_url ""
# postgresql://... of a standby, and the secret to OBJECTS_ACCESS_KEY of deploy/settings.env; empty: none
keep database_replica_url ""
keep objects_secret_key ""
# where Alertmanager tells of pages and tickets: incoming webhooks in Slack's format; empty: nowhere
keep alerts_page_url ""
keep alerts_ticket_url ""
# made before the service had a role of its own, it is the owner's
[ -s database_owner_url ] || [ ! -s database_url ] || mv database_url database_owner_url
keep database_owner_url "postgresql://postcast:$(cat postgres_password)@postgres:5432/postcast"
keep database_url "postgresql://postcast_service:$(cat service_password)@postgres:5432/postcast"
keep pooler_url "postgresql://postcast_service:$(cat service_password)@pgbouncer:6432/postcast"

# the containers read single files through bind mounts as another user; other users of this host cannot enter the folder
chmod 700 . && chmod 644 ./*

for name in tiktok_client_key tiktok_client_secret; do
  [ -s "$name" ] || echo "Write the value from your TikTok app into deploy/secrets/$name"
done
