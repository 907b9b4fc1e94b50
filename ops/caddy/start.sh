#!/bin/sh
# Starts Caddy for the host names of JOH_HOST_NAMES, the one setting that FrontendMaster reads, too:
#   JOH_HOST_NAMES=site=joy.example,git=git.joy.example,cache=cache.joy.example
#   start.sh run --config /etc/joh/caddy/Caddyfile        or: start.sh validate …, start.sh reload …
set -eu
: "${JOH_HOST_NAMES:?set it to site=<name>,git=<name>,cache=<name>}"
case $JOH_HOST_NAMES in
  *[!a-z0-9.,=-]*) echo 'start.sh: JOH_HOST_NAMES is site=<name>,git=<name>,cache=<name>' >&2; exit 2 ;;
esac
JOH_CADDY_NAMES=$(printf '%s' "$JOH_HOST_NAMES" | tr ',' '\n' | sed 's/^[a-z]*=//' | sort -u | paste -sd, | sed 's/,/, /g')
export JOH_CADDY_NAMES
exec "${JOH_CADDY:-caddy}" "$@"
