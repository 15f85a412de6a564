#!/bin/sh
# Writes PgBouncer's configuration, with the service's password from a file, and starts it.
set -eu
umask 077
printf '"postcast_service" "%s"\n' "$(cat "${SERVICE_PASSWORD_FILE:-/run/secrets/service_password}")" >/tmp/users.txt
cat >/tmp/pgbouncer.ini <<END
[databases]
* = host=${POSTGRES_HOST:-postgres} port=${POSTGRES_PORT:-5432}
[pgbouncer]
listen_addr = *
listen_port = 6432
unix_socket_dir =
auth_type = scram-sha-256
auth_file = /tmp/users.txt
pool_mode = transaction
default_pool_size = ${POOL_SIZE:-20}
max_client_conn = ${MAX_CLIENTS:-1000}
server_connect_timeout = 3
query_wait_timeout = 10
log_connections = 0
log_disconnections = 0
END
exec pgbouncer /tmp/pgbouncer.ini
