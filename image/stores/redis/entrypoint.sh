#!/bin/sh
# As in the official image: bare options or a configuration file are arguments of redis-server.
set -eu
umask 077 # the data may hold what users said
case "${1:-}" in
    '' | -* | *.conf) set -- redis-server "$@" ;;
esac
exec "$@"
