/** What tests look at from inside a container on a real daemon, as its own user. */
import type { ContainerId } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import { labels } from './docker/container-request.ts';
import type { EngineApi } from './docker/engine-api.ts';

export interface Inside {
  /** Docker's name of a container on this daemon, whichever engine made it; null when it is not there. */
  find(id: ContainerId): Promise<string | null>;
  /** Runs a shell line; its output. In the background: none, and it goes on. */
  sh(id: ContainerId, line: string, background?: boolean): Promise<string>;
  /** What it gets over HTTP: the answer's text, or `failed` and why. Takes `fe80::1%eth0`, too. */
  fetched(id: ContainerId, host: string, port: number): Promise<string>;
  /** Serves HTTP in it on port 8000 of every address, with one answer; its addresses. */
  serve(id: ContainerId, answer: string): Promise<{ ipv4: string; ipv6: string | null }>;
  /** Runs Perl, which every image here has; its output. */
  perl(id: ContainerId, script: string): Promise<string>;
  /** Kills its first process. */
  kill(id: ContainerId): Promise<void>;
}

/** One GET; arguments: host, port. */
const get = String.raw`use IO::Socket::IP;
my $s = IO::Socket::IP->new(PeerHost => $h, PeerPort => $p, Timeout => 1.5)
  or do { print "failed $@"; exit };
$SIG{ALRM} = sub { print "failed late"; exit }; alarm 2;
print $s "GET / HTTP/1.0\r\n\r\n"; local $/; my $t = <$s> // "failed empty"; $t =~ s/.*?\r\n\r\n//s; print $t;`;

/** Makes it for one daemon. */
export function createInside(api: EngineApi): Inside {
  const given = () => ({ signal: AbortSignal.timeout(20_000), timeoutMs: 20_000 });
  const find = async (id: ContainerId) => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`${labels.container}=${id}`] }));
    const { body } = await api.call('GET', `/containers/json?all=1&filters=${filters}`, given());
    return (body as { Id: string }[])[0]?.Id ?? null;
  };
  const sh: Inside['sh'] = async (id, line, background = false) => {
    const path = `/containers/${await find(id)}/exec`;
    const attached = { AttachStdout: !background, AttachStderr: !background, Tty: !background };
    const body = { ...attached, Cmd: ['sh', '-c', line] };
    const made = await api.call('POST', path, { ...given(), body });
    const { Id } = made.body as { Id: string };
    const out = await api.call('POST', `/exec/${Id}/start`, {
      ...given(),
      body: { Detach: background, Tty: !background },
    });
    const text = typeof out.body === 'string' ? out.body : JSON.stringify(out.body);
    return text.replaceAll('\r', '');
  };
  const perl: Inside['perl'] = (id, script) => sh(id, `perl -e '${script.replaceAll("'", '"')}'`);
  return {
    find,
    sh,
    perl,
    fetched: (id, host, port) => perl(id, `my ($h, $p) = ('${host}', ${port}); ${get}`),
    async serve(id, answer) {
      const script = String.raw`use IO::Socket::IP;
        my $l = IO::Socket::IP->new(LocalHost => "::", LocalPort => 8000, Listen => 5, V6Only => 0)
          // IO::Socket::IP->new(LocalHost => "0.0.0.0", LocalPort => 8000, Listen => 5);
        open my $up, ">", "/tmp/up"; close $up;
        while (my $c = $l->accept) { sysread $c, my $asked, 99; print $c "HTTP/1.0 200 OK\r\n\r\n${answer}"; close $c }`;
      await sh(id, `exec perl -e '${script}'`, true);
      await waitFor(async () => (await sh(id, 'ls /tmp')).includes('up'), { deadlineMs: 10_000 });
      // Lines of if_inet6: address, index, length, scope, flags, interface.
      const all = await sh(id, 'hostname -i; cat /proc/net/if_inet6');
      const local = /^(fe80\w{28}) .* eth0$/m.exec(all)?.[1];
      const ipv6 = local ? `${local.match(/.{4}/g)?.join(':')}%eth0` : null;
      return { ipv4: all.split(/\s/)[0] ?? '', ipv6 };
    },
    async kill(id) {
      await api.call('POST', `/containers/${await find(id)}/kill`, given());
    },
  };
}
