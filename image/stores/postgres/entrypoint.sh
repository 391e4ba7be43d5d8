#!/bin/sh
# First start: create the cluster, its database and user, run /docker-entrypoint-initdb.d; then become the server.
#
# The variables are the official image's: POSTGRES_USER (postgres), POSTGRES_DB (the user's name),
# POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE (required on first start), POSTGRES_INITDB_ARGS, PGDATA.
#
# PGDATA is the volume's mount point, so it cannot be renamed into place. Everything is made in $PGDATA/.initializing
# and moved up, PG_VERSION last: PG_VERSION alone says that the cluster is complete. A first start that was
# interrupted anywhere leaves .initializing without PG_VERSION, and the next start begins again.
set -eu

say() { echo "docker-entrypoint: $*" >&2; }
fail() { say "$*"; exit 1; }

docker_process_sql() { # the official image's helper, for scripts in /docker-entrypoint-initdb.d
    psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"
}

server=
stop_server() {
    [ -n "$server" ] || return 0
    kill -INT "$server" 2>/dev/null || true
    wait "$server" || return
    server=
}

start_server() { # on a unix socket only: no client gets in before the cluster is complete
    postgres -D "$staging" "$@" -c listen_addresses= -c unix_socket_directories="$PGHOST" &
    server=$!
    until pg_isready --quiet --dbname postgres; do
        kill -0 "$server" 2>/dev/null || { wait "$server" || true; fail "the temporary server did not start"; }
        sleep 0.2
    done
}

read_password() { # as in the official image: the file or the variable, and never none
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        [ -z "${POSTGRES_PASSWORD:-}" ] || fail "set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, not both"
        [ -r "$POSTGRES_PASSWORD_FILE" ] || fail "POSTGRES_PASSWORD_FILE = $POSTGRES_PASSWORD_FILE cannot be read"
        POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    fi
    [ -n "${POSTGRES_PASSWORD:-}" ] || fail "POSTGRES_PASSWORD_FILE is not set: the first start needs a password"
}

run_scripts() {
    for script in /docker-entrypoint-initdb.d/*; do
        case "$script" in
            *.sh)
                say "running $script"
                if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
            *.sql) say "running $script"; docker_process_sql -f "$script" ;;
            */\*) ;;
            *) say "ignoring $script" ;;
        esac
    done
}

initialize() {
    read_password
    export POSTGRES_USER POSTGRES_DB PGHOST="${PGHOST:-/var/run/postgresql}"
    mkdir "$staging"
    password_file=$(umask 077 && mktemp)
    trap 'rm -f "$password_file"' EXIT
    trap 'stop_server; exit 143' INT TERM
    printf '%s\n' "$POSTGRES_PASSWORD" > "$password_file"
    # POSTGRES_INITDB_ARGS is a line of shell words, quotes included, as in the official image.
    eval 'initdb --pgdata="$staging" --username="$POSTGRES_USER" --pwfile="$password_file"' \
        '--auth-local=trust --auth-host=scram-sha-256 --no-instructions' "${POSTGRES_INITDB_ARGS:-}"
    rm -f "$password_file"
    printf '\nhost all all all scram-sha-256\n' >> "$staging/pg_hba.conf"

    start_server "$@"
    if [ "$POSTGRES_DB" != postgres ]; then
        printf 'CREATE DATABASE :"name";\n' |
            POSTGRES_DB=postgres docker_process_sql --set name="$POSTGRES_DB"
    fi
    run_scripts
    stop_server || fail "the temporary server did not stop cleanly"
    trap - INT TERM EXIT

    for entry in "$staging"/* "$staging"/.[!.]*; do
        case "$entry" in
            */PG_VERSION | */\* | */.\[!.\]\*) ;;
            *) mv "$entry" "$PGDATA/" ;;
        esac
    done
    sync
    mv "$staging/PG_VERSION" "$PGDATA/PG_VERSION"
    rmdir "$staging"
    sync
    say "the cluster is complete"
}

case "${1:-}" in
    '' | -*) set -- postgres "$@" ;;
esac
[ "$1" = postgres ] || exec "$@"
shift
for argument; do
    case "$argument" in
        -\? | --help | --describe-config | -V | --version) exec postgres "$@" ;;
    esac
done

PGDATA=${PGDATA:-/var/lib/postgresql/data}
POSTGRES_USER=${POSTGRES_USER:-postgres}
POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
export PGDATA
staging=$PGDATA/.initializing

[ -w "$PGDATA" ] || fail "$PGDATA cannot be written by uid $(id -u): give the volume to uid 999"
chmod 0700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if [ -e "$staging" ]; then
        say "an earlier first start was interrupted: beginning again"
        find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name .initializing ! -name lost+found -exec rm -rf {} +
        rm -rf "$staging"
    fi
    content=$(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -print | head -n 1)
    [ -z "$content" ] || fail "$PGDATA holds $content but no PG_VERSION: it is not a PostgreSQL cluster; empty it"
    initialize "$@"
elif [ -e "$staging" ]; then
    rm -rf "$staging"
fi
[ "$(cat "$PGDATA/PG_VERSION")" = "$PG_MAJOR" ] ||
    fail "$PGDATA was made by PostgreSQL $(cat "$PGDATA/PG_VERSION"), this image is $PG_MAJOR: dump and restore, or pin the older image"
unset POSTGRES_PASSWORD
exec postgres "$@"
