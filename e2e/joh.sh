#!/bin/sh
# The main job from a terminal: sign-up to a programmed board. Needs JOH_URL; leaves nothing behind.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
PATH="$here/node_modules/.bin:$PATH"
export JOH_CONFIG="${JOH_CONFIG:-$(mktemp -d)}"
work=$(mktemp -d)
trap 'rm -rf "$work" "$JOH_CONFIG"' EXIT

step() { printf '\n-- %s\n' "$*"; }
# field NAME: a field of the JSON object in the last line of standard input
field() { tail -n 1 | node -e 'const o = JSON.parse(require("fs").readFileSync(0, "utf8")); process.stdout.write(String(o[process.argv[1]]))' "$1"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

step 'sign up'
printf 'correct horse battery\n' | joh signup --email shell@example.com --name shell --password-stdin

step 'templates and a new project'
joh templates
joh new blinky --template icebreaker-blinky
if joh new blinky --template icebreaker-blinky 2>"$work/taken"; then fail 'a taken name was accepted'; fi
grep -q E_PROJECT_NAME_TAKEN "$work/taken"

step 'open'
session=$(joh open blinky --no-browser --json | field session)
joh sessions
joh nodes

step 'exec: streams, bytes and exit codes'
joh exec "$session" -- git log --oneline
head -c 100000 /dev/urandom >"$work/bytes"
joh exec "$session" -- cat <"$work/bytes" | cmp - "$work/bytes"
code=0; joh exec "$session" -- sh -c 'exit 7' || code=$?
[ "$code" = 7 ] || fail "exit code was $code, not 7"

step 'cp both ways'
joh cp "$work/bytes" "$session:data.bin"
joh cp "$session:data.bin" "$work/back"
cmp "$work/bytes" "$work/back"
joh exec "$session" -- rm data.bin

step 'edit, commit, push'
joh exec "$session" -- sh -c 'echo "// from a shell" >>src/top.v && git commit -qam "A comment from a shell" && git push -q'

step 'build'
bitstream=$(joh build "$session" --json | field bitstream)
[ -n "$bitstream" ] || fail 'no bitstream'

step 'program the simulated board and verify'
joh program "$session" "$bitstream" --board sim:icebreaker
joh program "$session" "$bitstream" --board sim:icebreaker --target sram

step 'a damaged bitstream is refused'
joh cp "$session:$bitstream" "$work/top.bin"
printf '\125\252\125\252' | dd of="$work/top.bin" bs=1 seek=2000 conv=notrunc 2>/dev/null
joh cp "$work/top.bin" "$session:damaged.bin"
if joh program "$session" damaged.bin --board sim:icebreaker; then fail 'a damaged bitstream was accepted'; fi

step 'close; open again; the work is there'
joh close "$session"
again=$(joh open blinky --no-browser --json | field session)
[ "$again" != "$session" ] || fail 'the closed session came back'
joh exec "$again" -- grep -q 'from a shell' src/top.v
joh close "$again"
joh logout
printf '\nThe main job works from a shell.\n'
