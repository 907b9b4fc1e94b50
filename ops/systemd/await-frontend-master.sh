#!/bin/sh
# Returns when FrontendMaster answers on its own address; systemd stops waiting after TimeoutStartSec.
set -eu
host=${JOH_HOST:-127.0.0.1}
case $host in 0.0.0.0 | ::) host=127.0.0.1 ;; *:*) host="[$host]" ;; esac
until curl --silent --fail --max-time 2 --output /dev/null "http://$host:${JOH_PORT:-8787}/healthz"; do
  # Nobody will answer any more.
  [ -z "${MAINPID:-}" ] || kill -0 "$MAINPID" 2>/dev/null || exit 1
  sleep 0.2
done
