#!/bin/sh
# Closes what the engine cannot close over Docker's API: containers on the bridge reach FrontendMaster's
# door and the internet, and neither anything else of their host, nor one another, nor private networks,
# nor metadata.
# Usage, as root, at every boot after Docker:   isolate.sh <bridge> <door>...
#   isolate.sh joh0 8787                             a door on this machine: any address, this port
#   isolate.sh joh0 10.0.0.2:8787 10.0.0.53:53/udp   on others: address:port, and /udp where it is not tcp
#   isolate.sh --deny 198.51.100.0/24 joh0 …         a range that is closed besides the private ones
#   isolate.sh --remove joh0                         takes the rules away
# Again with other doors replaces the rules at once.
set -eu

# RFC 6890: private, shared, link-local (metadata), this network, protocols, benchmarks, and what is no host.
closed='10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10
  0.0.0.0/8 127.0.0.0/8 192.0.0.0/24 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4'

jump() { $1 -C "$2" -i "$bridge" -j "$3" 2>/dev/null || $1 -I "$2" -i "$bridge" -j "$3"; }
unjump() { while $1 -D "$2" -i "$bridge" -j "$3" 2>/dev/null; do :; done; }
# Frames between containers, so that none answers for another by ARP: they go to the bridge itself alone.
layer() {
  ebtables -N JOH-FORWARD -P RETURN 2>/dev/null || ebtables -F JOH-FORWARD
  if ! ebtables -A JOH-FORWARD --logical-in "$bridge" -j DROP 2>/dev/null; then
    # A kernel without that match (NFT_BRIDGE_META): by the bridge's own addresses.
    range=$(ip -4 -oneline addr show dev "$bridge" | sed -n 's/.* inet \([^ ]*\) .*/\1/p')
    [ -n "$range" ] || fail "there is no interface $bridge; run network.sh first"
    ebtables -A JOH-FORWARD -p ARP --arp-ip-dst "$range" -j DROP
    ebtables -A JOH-FORWARD -p IPv4 --ip-destination "$range" -j DROP
  fi
  ebtables -L FORWARD | grep -q -- '-j JOH-FORWARD' || ebtables -I FORWARD -j JOH-FORWARD
}
unlayer() {
  while ebtables -D FORWARD -j JOH-FORWARD 2>/dev/null; do :; done
  ebtables -X JOH-FORWARD 2>/dev/null || true
}
fail() { echo "isolate.sh: $1" >&2; exit 2; }

remove() {
  unjump iptables INPUT JOH-INPUT
  unjump iptables DOCKER-USER JOH-FORWARD
  unjump ip6tables INPUT JOH-INPUT
  unjump ip6tables FORWARD JOH-INPUT
  for chain in JOH-INPUT JOH-FORWARD; do
    for tables in iptables ip6tables; do
      $tables -F $chain 2>/dev/null || true
      $tables -X $chain 2>/dev/null || true
    done
  done
  unlayer
}

while [ "${1:-}" = --deny ]; do
  closed="$closed ${2:?the range to close}"
  shift 2
done
if [ "${1:-}" = --remove ]; then
  bridge=${2:?the interface of the bridge}
  remove
  exit 0
fi
bridge=${1:?the interface of the bridge, for example joh0}
[ $# -ge 2 ] || fail 'name at least one door, for example 8787 or 10.0.0.2:8787'
shift

here= away=
for door in "$@"; do
  protocol=tcp
  case $door in */udp) protocol=udp ;; esac
  place=${door%/*}
  port=${place##*:}
  case $port in '' | *[!0-9]*) fail "$door is no door: write port, or address:port" ;; esac
  case $place in
    *:*) to="-d ${place%:*} " ;;
    *) to= ;;
  esac
  here="$here
-A JOH-INPUT $to-p $protocol --dport $port -j ACCEPT"
  [ -z "$to" ] || away="$away
-A JOH-FORWARD $to-p $protocol --dport $port -j RETURN"
done
reject=
for range in $closed; do
  reject="$reject
-A JOH-FORWARD -d $range -j REJECT"
done

layer

# One transaction a family: there is no moment without rules. DOCKER-USER sees what is forwarded, INPUT
# what is for the host itself; with the first alone a container reaches its own host's daemon.
iptables-restore --noflush <<RULES
*filter
:JOH-INPUT - [0:0]
-A JOH-INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT$here
-A JOH-INPUT -j REJECT
:JOH-FORWARD - [0:0]
-A JOH-FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN$away$reject
COMMIT
RULES
# The bridge has no IPv6 but the link-local one of every interface, and none is needed.
ip6tables-restore --noflush <<RULES
*filter
:JOH-INPUT - [0:0]
-A JOH-INPUT -j DROP
COMMIT
RULES
# Docker makes the chain when it starts; the rules may come first.
iptables -N DOCKER-USER 2>/dev/null || true
jump iptables INPUT JOH-INPUT
jump iptables DOCKER-USER JOH-FORWARD
jump ip6tables INPUT JOH-INPUT
jump ip6tables FORWARD JOH-INPUT
