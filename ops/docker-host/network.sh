#!/bin/sh
# Makes the bridge that session containers sit on ahead of the first one, so that isolate.sh can be run
# for it. Containers on it do not reach one another. Again changes nothing.
#   network.sh joh            on a host of the docker engine (which makes it by itself, too)
#   network.sh --swarm joh    on every node of a swarm: its manager cannot make a node's own half
# The bridge's interface is the name with a 0: joh0.
set -eu
kind='--driver bridge'
suffix=
if [ "${1:-}" = --swarm ]; then
  kind=--config-only
  suffix=-config
  shift
fi
name=${1:?the name of the network, for example joh}
# Succeeds when it is there, and is as it must be.
there() {
  icc=$(docker network inspect --format '{{index .Options "com.docker.network.bridge.enable_icc"}}' "$name$suffix" 2>/dev/null) ||
    return 1
  [ "$icc" = false ] && return 0
  echo "network.sh: the network $name$suffix lets containers reach one another; remove it first" >&2
  exit 1
}
there && exit 0
# shellcheck disable=SC2086
problem=$(docker network create $kind \
  --opt com.docker.network.bridge.enable_icc=false \
  --opt "com.docker.network.bridge.name=$(printf %.13s "$name")0" \
  --label "joh.network=$name" "$name$suffix" 2>&1 >/dev/null) ||
  # FrontendMaster may have made it meanwhile.
  there || {
  echo "network.sh: $problem" >&2
  exit 1
}
