#!/bin/sh
# Closes what the engine cannot close over Docker's API: containers on the bridge reach FrontendMaster's
# listener and the internet, and neither anything else of their host nor private networks nor metadata.
# Usage, as root, at every boot after Docker:   isolate.sh joh0 <port>
# Again with another port replaces the rules at once; `isolate.sh --remove joh0` takes them away.
set -eu

jump() { iptables -C "$1" -i "$bridge" -j "$2" 2>/dev/null || iptables -I "$1" -i "$bridge" -j "$2"; }
unjump() { while iptables -D "$1" -i "$bridge" -j "$2" 2>/dev/null; do :; done; }

if [ "${1:-}" = --remove ]; then
  bridge=${2:?the interface of the bridge}
  unjump INPUT JOH-INPUT
  unjump DOCKER-USER JOH-FORWARD
  for chain in JOH-INPUT JOH-FORWARD; do
    iptables -F $chain 2>/dev/null || true
    iptables -X $chain 2>/dev/null || true
  done
  exit 0
fi
bridge=${1:?the interface of the bridge, for example joh0}
port=${2:?the port on which FrontendMaster listens for containers}

# One transaction: there is no moment without rules. DOCKER-USER sees what is forwarded, INPUT what is
# for the host itself; with the first alone a container reaches its own host's daemon.
iptables-restore --noflush <<RULES
*filter
:JOH-INPUT - [0:0]
-A JOH-INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A JOH-INPUT -p tcp --dport $port -j ACCEPT
-A JOH-INPUT -j REJECT
:JOH-FORWARD - [0:0]
-A JOH-FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
-A JOH-FORWARD -d 10.0.0.0/8 -j REJECT
-A JOH-FORWARD -d 172.16.0.0/12 -j REJECT
-A JOH-FORWARD -d 192.168.0.0/16 -j REJECT
-A JOH-FORWARD -d 169.254.0.0/16 -j REJECT
-A JOH-FORWARD -d 100.64.0.0/10 -j REJECT
COMMIT
RULES
jump INPUT JOH-INPUT
jump DOCKER-USER JOH-FORWARD
