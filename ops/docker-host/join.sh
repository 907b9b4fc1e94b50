#!/bin/sh
# Makes this machine a compute node of Joy of Hardware: a key made here, certificates for it, the Docker
# daemon behind mutual TLS with live-restore, and the isolation rules. Run again, it renews.
# `joh node join` prints the command that fetches and runs it. Lines on standard input: url, name, host,
# port, authority, token.
#
# Where systemd does not run Docker, JOH_JOIN_RESTART is the command that restarts it after its
# configuration was written, or `none`: then you restart it, and run the isolation script at every boot.
set -eu
umask 077

say() { printf 'joh: %s\n' "$*"; }
die() {
  printf 'joh: %s\n' "$*" >&2
  exit 1
}

etc=/etc/docker
ours=$etc/joh
isolate=/usr/local/sbin/joh-isolate
socket=${DOCKER_HOST:-}
case $socket in
  unix://*) socket=${socket#unix://} ;;
  *) socket=/var/run/docker.sock ;;
esac

url='' name='' host='' port='' authority='' token=''
while read -r key value; do
  case $key in
    url) url=$value ;;
    name) name=$value ;;
    host) host=$value ;;
    port) port=$value ;;
    authority) authority=$value ;;
    token) token=$value ;;
  esac
done
[ -n "$url" ] && [ -n "$name" ] && [ -n "$host" ] && [ -n "$port" ] && [ -n "$authority" ] &&
  [ -n "$token" ] || die 'paste the whole command that `joh node join` printed, to its last line.'
[ "$(id -u)" = 0 ] || die 'run it as root: it configures Docker and the firewall.'
for program in dockerd docker curl openssl base64 sed getent iptables ip6tables ebtables; do
  command -v "$program" >/dev/null || die "this machine lacks $program; install it and paste the command again."
done
restart=${JOH_JOIN_RESTART:-}
if [ -z "$restart" ]; then
  [ -d /run/systemd/system ] ||
    die 'systemd does not run here: set JOH_JOIN_RESTART to the command that restarts Docker, or to none.'
  restart='systemctl daemon-reload && systemctl restart docker.service'
  managed=yes
else
  managed=''
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ping() { curl --silent --fail --max-time 5 --output /dev/null --unix-socket "$socket" http://docker/_ping; }
if ping && curl --silent --max-time 5 --unix-socket "$socket" http://docker/info |
  grep -q '"LocalNodeState":"active"'; then
  die 'this Docker is part of a Swarm, which does not go with live-restore; leave the Swarm first.'
fi

# The key is made here and never leaves. What is there is used again: joining again renews.
mkdir -p "$ours"
[ -s "$ours/key.pem" ] || {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$ours/key.pem.new" 2>/dev/null
  mv "$ours/key.pem.new" "$ours/key.pem"
}
openssl req -new -key "$ours/key.pem" -subj "/CN=$name" -out "$work/csr.pem"
[ -e "$etc/daemon.json" ] && cp -p "$etc/daemon.json" "$work/before.json"
[ -e "$work/before.json" ] || : >"$work/none.json"

text() { base64 <"$1" | tr -d '\n'; }
printf '{"csr":"%s","daemon":"%s"}' "$(text "$work/csr.pem")" "$(text "$work"/[bn]*.json)" >"$work/request"
status=$(printf 'header = "authorization: Bearer %s"\n' "$token" |
  curl --silent --show-error --config - --max-time 30 --header 'content-type: application/json' \
    --data-binary "@$work/request" --output "$work/answer" --write-out '%{http_code}' \
    "$url/api/nodes/join") || die "FrontendMaster at $url does not answer; this machine was not changed."
word() { sed -n "s/.*\"$1\":\"\(\([^\"\\\\]\|\\\\.\)*\)\".*/\1/p" "$work/answer" | sed 's/\\\(.\)/\1/g'; }
[ "$status" = 200 ] || die "$(word message) $(word todo) (HTTP status $status; this machine was not changed.)"
field() { sed -n "s/.*\"$1\":\"\([A-Za-z0-9+/=]*\)\".*/\1/p" "$work/answer" | base64 -d; }
for part in certificate authority daemon; do field "$part" >"$work/$part.pem"; done

# Nobody in between: the command named the authority, and what came is signed by it for our key.
seen=$(openssl x509 -in "$work/authority.pem" -noout -fingerprint -sha256 | sed 's/.*=//')
[ "$seen" = "$authority" ] ||
  die 'the answer is not from the FrontendMaster that made this command; this machine was not changed.'
openssl verify -CAfile "$work/authority.pem" "$work/certificate.pem" >/dev/null ||
  die 'the certificate that came is not by the authority that came; is the clock of this machine right?'
[ "$(openssl x509 -in "$work/certificate.pem" -noout -pubkey)" = "$(openssl pkey -in "$ours/key.pem" -pubout)" ] ||
  die 'the certificate that came is for another key; this machine was not changed.'

registry=$(field registry)
door_host=$(field doorHost)
door_port=$(field doorPort)
# Rules know addresses alone. Containers ask the machine's own name servers, which are often private ones.
case $door_host in *[!0-9.]*) door_host=$(getent ahostsv4 "$door_host" | sed -n 's/ .*//;1p') ;; esac
[ -n "$door_host" ] || die "the door of FrontendMaster has no IPv4 address that this machine knows."
doors=$door_host:$door_port
resolv=/etc/resolv.conf
grep -q '^nameserver 127\.' "$resolv" && [ -e /run/systemd/resolve/resolv.conf ] &&
  resolv=/run/systemd/resolve/resolv.conf
for server in $(sed -n 's/^nameserver[[:space:]]*\([0-9.]*\)[[:space:]]*$/\1/p' "$resolv"); do
  case $server in 127.*) ;; *) doors="$doors $server:53 $server:53/udp" ;; esac
done
for part in certificate authority; do
  cp "$work/$part.pem" "$ours/$part.pem.new"
  mv "$ours/$part.pem.new" "$ours/$part.pem"
done
if [ -n "$registry" ]; then
  mkdir -p "$etc/certs.d/$registry"
  cp "$ours/authority.pem" "$etc/certs.d/$registry/ca.crt"
fi
if [ -e "$work/before.json" ] && [ ! -e "$etc/daemon.json.before-joh" ]; then
  cp -p "$work/before.json" "$etc/daemon.json.before-joh"
fi
cp "$work/daemon.pem" "$etc/daemon.json.new"
chmod 644 "$etc/daemon.json.new"
mv "$etc/daemon.json.new" "$etc/daemon.json"

mkdir -p "${isolate%/*}"
cat >"$isolate.new" <<'ISOLATE'
@isolate.sh@
ISOLATE
cat >"$work/network.sh" <<'NETWORK'
@network.sh@
NETWORK
chmod 755 "$isolate.new"
mv "$isolate.new" "$isolate"

if [ -n "$managed" ]; then
  # Hosts are in daemon.json now; Docker refuses to start when its command line names some, too.
  start=$(systemctl show docker.service --property ExecStart --value |
    sed -n 's/.*argv\[\]=\(.*\) ; ignore_errors.*/\1/p' |
    sed 's/ \(-H\|--host\)[ =][^ ]*//g')
  [ -n "$start" ] || die 'systemd has no docker.service; set JOH_JOIN_RESTART to the command that restarts Docker.'
  units=/etc/systemd/system
  mkdir -p "$units/docker.service.d"
  printf '[Service]\nExecStart=\nExecStart=%s\n' "$start" >"$units/docker.service.d/joh.conf"
  cat >"$units/joh-isolate.service" <<UNIT
[Unit]
Description=Joy of Hardware: what containers may not reach
After=docker.service
PartOf=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=$isolate joh0 $doors

[Install]
WantedBy=docker.service
UNIT
  chmod 644 "$units/docker.service.d/joh.conf" "$units/joh-isolate.service"
  systemctl daemon-reload
  systemctl enable --quiet joh-isolate.service
fi

if [ "$restart" = none ]; then
  say "configured as $name. Restart Docker (without --host on its command line), then run"
  say "  $isolate joh0 $doors"
  say 'now and at every boot after Docker.'
  exit 0
fi
say 'restarting Docker; with live-restore its containers go on.'
again() { sh -c "$restart"; }
wait_for_docker() {
  tries=60
  while [ "$tries" -gt 0 ]; do
    ping && return 0
    tries=$((tries - 1))
    sleep 1
  done
  return 1
}
if ! again || ! wait_for_docker; then
  if [ -e "$work/before.json" ]; then cp -p "$work/before.json" "$etc/daemon.json"; else rm -f "$etc/daemon.json"; fi
  [ -z "$managed" ] || rm -f /etc/systemd/system/docker.service.d/joh.conf
  again || true
  die 'Docker did not start with the new configuration; the old one is back. Its log says why (journalctl -u docker).'
fi
# The rules are about the bridge, so it comes first; Docker keeps it.
DOCKER_HOST=unix://$socket sh "$work/network.sh" joh ||
  die 'the bridge of the session containers could not be made: see above.'
if [ -n "$managed" ]; then
  systemctl restart joh-isolate.service
else
  # shellcheck disable=SC2086
  "$isolate" joh0 $doors
fi || die 'the isolation rules could not be applied: see above. Until they are, containers reach this machine.'

case $host in *:*) place="[$host]:$port" ;; *) place=$host:$port ;; esac
probe=$(curl --silent --max-time 5 --cacert "$ours/authority.pem" --output /dev/null \
  --write-out '%{http_code} %{time_connect}' "https://$place/_ping") || true
case $probe in
  '200 '*) die "Docker answers at $place without a certificate: something else listens there. Nobody should use it." ;;
  '000 0.000000') die "Docker does not listen at $place: is that an address of this machine?" ;;
esac
say "this machine is ready as $name; \`joh node join\` sees it within seconds."
