/** What a container of a rack must not have or reach, looked at from inside it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId, systemRandom } from '@joh/clock';
import type { ContainerId, NodeId } from '@joh/protocol';
import type { ClusterNode } from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inside } from './conformance-inside.ts';
import { type Rack, runOnNode } from './conformance-rack.ts';
import type { ContainerSpec, Engine } from './engine.ts';

export interface IsolationOptions {
  name: string;
  rack(): Rack;
  createEngine(): Engine;
  /** Which of the rack's machines is looked at. */
  at: number;
  nodeId(node: ClusterNode): NodeId;
  /** Where the machine's daemon listens, if it answers there to whoever asks. */
  daemonPort?: number;
}

const memoryBytes = 128 * 2 ** 20;
const signal = () => AbortSignal.timeout(30_000);

function run([program = '', ...enter]: readonly string[], ...command: string[]): string {
  return execFileSync(program, [...enter, ...command], { encoding: 'utf8' });
}

/** Of an interface of a machine; IPv6 is the link's own. */
function addressesOf({ enter }: ClusterNode, device: string) {
  const text = run(enter, 'ip', '-oneline', 'addr', 'show', 'dev', device);
  const ipv4 = /inet ([\d.]+)/.exec(text)?.[1] ?? '';
  return { ipv4, ipv6: /inet6 (fe80[\w:]+)/.exec(text)?.[1] ?? 'fe80::1' };
}

/** A listener on some machine of the cluster, told by its answer. */
async function listen(enter: readonly string[], address: string, answer: string, port = 0) {
  const script = `const { createServer } = require('http');
    createServer((_, a) => a.end('${answer}')).listen(${port}, '${address}',
      function () { console.log(this.address().port) })`;
  const [nsenter = '', ...parameters] = enter;
  const child = spawn(nsenter, [...parameters, process.execPath, '-e', script]);
  const [line] = await once(child.stdout, 'data');
  return { port: Number(line), close: () => child.kill('SIGKILL') };
}

/** Prints a line for each question for a name that reaches port 53 of an address. */
async function listenForNames(enter: readonly string[], address: string) {
  const script = `const socket = require('dgram').createSocket('udp4');
    socket.on('message', (m) => console.log('asked ' + m.toString('latin1').replace(/[^a-z]/g, '')));
    socket.bind(53, '${address}', () => console.log('listening'));`;
  const [nsenter = '', ...parameters] = enter;
  const child = spawn(nsenter, [...parameters, process.execPath, '-e', script]);
  let heard = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  await once(child.stdout, 'data');
  return { heard: () => heard, close: () => child.kill('SIGKILL') };
}

/** Declares the tests for one engine on one node of a rack. */
export function engineIsolation(options: IsolationOptions): void {
  describe(`isolation: ${options.name}`, () => {
    let engine: Engine;
    let rack: Rack;
    let node: ClusterNode;
    let inside: Inside;
    let one: ContainerSpec;
    let two: ContainerSpec;
    const spec = (): ContainerSpec => {
      const id = newId('container', systemRandom()) as ContainerId;
      const resources = { cores: 0.75, memoryBytes };
      return { id, node: options.nodeId(node), class: 'burst', resources, environment: {} };
    };
    /** Asks the container's name service for `<word>.joh`. */
    const ask = (id: ContainerId, word: string) =>
      inside.perl(id, `alarm 1; gethostbyname "${word}.joh"`);
    /** Of whom it knows the hardware address. Lines of /proc/net/arp: address, type, flags (2: known)… */
    const neighbours = async (id: ContainerId) =>
      [...(await inside.sh(id, 'cat /proc/net/arp')).matchAll(/^(\S+) +\S+ +0x2 /gm)].map(
        ([, address]) => address,
      );
    beforeAll(async () => {
      rack = options.rack();
      engine = options.createEngine();
      node = rack.cluster.nodes[options.at] as ClusterNode;
      inside = rack.inside[options.at] as Inside;
      // Read when a container is created: where the daemon's name service hands questions on to.
      const file = join(node.etc, 'resolv.conf');
      writeFileSync(file, `nameserver ${rack.cluster.frontend.address}\n`);
      run(node.enter, 'mount', '--bind', file, '/etc/resolv.conf');
      [one, two] = [spec(), spec()];
      await Promise.all([one, two].map((each) => engine.create(each, signal())));
    });
    afterAll(async () => {
      await Promise.all([one, two].map(({ id }) => engine.destroy(id, signal())));
      run(node.enter, 'umount', '/etc/resolv.conf');
      await engine.close();
    });

    it('has limits, no capability, and a root that it cannot write', async () => {
      const status = await inside.sh(one.id, 'cat /proc/self/status');
      for (const set of ['CapEff', 'CapBnd', 'CapPrm', 'CapInh']) {
        expect(status).toMatch(new RegExp(`${set}:\t0{16}`));
      }
      expect(status).toContain('NoNewPrivs:\t1');
      expect(status).toMatch(/Seccomp:\t2/);
      const limits = await inside.sh(
        one.id,
        `cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max 2>/dev/null;
         cat cpu/cpu.cfs_quota_us cpu.max 2>/dev/null; cat pids/pids.max pids.max 2>/dev/null; ulimit -n; ulimit -c; ulimit -f`,
      );
      // The last: 8 GiB in blocks of 512.
      const expected = [String(memoryBytes), '75000', '512', '4096', '0', '16777216'];
      expect(limits.split(/\s+/)).toEqual(expect.arrayContaining(expected));
      for (const path of ['/', '/usr/bin', '/etc']) {
        expect(await inside.sh(one.id, `touch ${path}/x`)).toMatch(/Read-only file system/);
      }
      for (const path of ['/tmp', '/run', '/work', '/home/joh']) {
        expect(await inside.sh(one.id, `touch ${path}/x && echo written`)).toContain('written');
      }
      // Builds run what they made.
      const made = 'echo "echo ran" > /tmp/made; perl -e "chmod 0755, q(/tmp/made)"; /tmp/made';
      expect(await inside.sh(one.id, made)).toContain('ran');
      // A user of its own, for the kernel's tables that count by user.
      const users = await Promise.all([one, two].map(({ id }) => inside.sh(id, 'id -u')));
      expect(users[0]).not.toBe(users[1]);
      for (const user of users) expect(user).toMatch(/^20\d{3}\s*$/);
    });

    it('makes no frame of its own: what ARP and others are spoofed with', async () => {
      // packet(7), raw(7): both need CAP_NET_RAW.
      const raw =
        'socket(my $a, 17, 3, 0x300) or print "frames: $!\\n"; socket(my $b, 2, 3, 1) or print "packets: $!\\n"';
      const answer = await inside.perl(one.id, raw);
      expect(answer).toMatch(/frames: Operation not permitted/);
      expect(answer).toMatch(/packets: Operation not permitted/);
    });

    it('reaches FrontendMaster’s door and the internet, and nothing else', async () => {
      const { cluster } = rack;
      const { addresses } = cluster.decoys;
      const other = cluster.nodes[(options.at + 1) % cluster.nodes.length] as ClusterNode;
      const here = node.enter;
      const listeners = await Promise.all([
        listen(cluster.frontend.enter, cluster.frontend.address, 'door'),
        listen(cluster.frontend.enter, cluster.frontend.address, 'private'),
        listen(here, '::', 'host'),
        listen(other.enter, '0.0.0.0', 'other host'),
      ]);
      const [door, secret, host, beyond] = listeners.map(({ port }) => port) as [
        number,
        number,
        number,
        number,
      ];
      const names = await listenForNames(cluster.frontend.enter, cluster.frontend.address);
      const served = await inside.serve(two.id, 'neighbour');
      const bridge = addressesOf(node, 'joh0');
      const places: Record<string, [string, number]> = {
        door: [cluster.frontend.address, door],
        internet: [addresses.internet, 80],
        'FrontendMaster, another port': [cluster.frontend.address, secret],
        'its host, by the gateway': [bridge.ipv4, host],
        'its host, by its address': [node.address, host],
        'its host, by IPv6': [`${bridge.ipv6}%eth0`, host],
        'another host': [other.address, beyond],
        ...(options.daemonPort && { 'its daemon': [node.address, options.daemonPort] }),
        metadata: [addresses.metadata, 80],
        'private, 10': [addresses.private10, 80],
        'private, 172': [addresses.private172, 80],
        'private, 192': [addresses.private192, 80],
        'between carriers': [addresses.carrier, 80],
        'another container': [served.ipv4, 8000],
        'another container, by IPv6': [served.ipv6 ?? '::2', 8000],
      };
      const reached = async () => {
        const all = await Promise.all(
          Object.entries(places).map(async ([place, [address, port]]) => {
            const text = await inside.fetched(one.id, address, port);
            return text.includes('failed') ? [] : [place];
          }),
        );
        return all.flat();
      };
      try {
        // Without the rules there is something to be closed, or this test could not fail.
        const open = await reached();
        expect(open).toEqual(
          expect.arrayContaining([
            ...['door', 'internet', 'FrontendMaster, another port', 'another host', 'metadata'],
            ...['its host, by the gateway', 'its host, by its address', 'private, 10'],
            ...['private, 172', 'private, 192', 'between carriers'],
          ]),
        );
        if (options.daemonPort) expect(open).toContain('its daemon');
        for (const place of open) expect(place).not.toContain('another container');
        await ask(one.id, 'open');
        expect(names.heard()).toContain('openjoh');
        expect(await neighbours(one.id)).toContain(served.ipv4);
        const doors = [`${cluster.frontend.address}:${door}`];
        runOnNode(node, 'isolate.sh', 'joh0', ...doors);
        runOnNode(node, 'isolate.sh', 'joh0', ...doors);
        expect(await reached()).toEqual(['door', 'internet']);
        // The daemon's own name service hands questions on; they leave as the container's, so not at all.
        await ask(one.id, 'closed');
        expect(names.heard()).not.toContain('closedjoh');
        // Below IP, too: who comes now does not even find its neighbour.
        const three = spec();
        await engine.create(three, signal());
        expect(await inside.fetched(three.id, served.ipv4, 8000)).toContain('failed');
        expect(await neighbours(three.id)).not.toContain(served.ipv4);
        await engine.destroy(three.id, signal());
        runOnNode(node, 'isolate.sh', '--remove', 'joh0');
        expect(await reached()).toEqual(open);
      } finally {
        runOnNode(node, 'isolate.sh', '--remove', 'joh0');
        for (const { close } of [...listeners, names]) close();
      }
    });
  });
}
