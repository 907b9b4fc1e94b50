import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFrontendClient } from '@joh/client';
import { systemClock } from '@joh/clock';
import {
  type ClusterNode,
  type DockerCluster,
  type Product,
  startDockerCluster,
  startProduct,
  waitFor,
} from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A port of the test's own address in the cluster's network, which nobody else has. */
const doorPort = 8788;

/** The script that a machine runs, on real Docker daemons and a real FrontendMaster. */
describe('a machine that joins', () => {
  let cluster: DockerCluster;
  let product: Product;
  let client: ReturnType<typeof createFrontendClient>;
  let folder: string;
  beforeAll(async () => {
    cluster = await startDockerCluster({ nodes: 2, as: 'machines' });
    product = await startProduct(
      {
        ...{ JOH_ENGINE: 'docker', DOCKER_HOST: 'none', JOH_POOL: 'standard=0/1,burst=0/0' },
        ...{ JOH_DOOR: `http://${cluster.testAddress}:${doorPort}`, JOH_REGISTRY: 'registry:5000' },
      },
      { warms: false },
    );
    const { url } = product;
    client = createFrontendClient({ url, fetch, clock: systemClock(), token: null });
    const signUp = { email: 'ada@example.com', name: 'ada', password: 'correct horse' };
    const { token } = await client.signUp(signUp);
    folder = mkdtempSync(join(tmpdir(), 'joh-join-'));
    const signIns = { [url]: { email: signUp.email, token } };
    writeFileSync(join(folder, 'sign-ins.json'), JSON.stringify({ signIns }), { mode: 0o600 });
  });
  afterAll(async () => {
    await product?.stop();
    await cluster?.remove();
    if (folder) rmSync(folder, { recursive: true });
  });

  const nodes = async () => (await client.nodes()).nodes;
  const leave = (name: string, node: ClusterNode) =>
    client.operator.joinNode({ name, host: node.address, labels: { rack: '1' } });
  /** The command line as an operator's process. */
  const startJoh = (parameters: string[]) => {
    const main = join(import.meta.dirname, '../../../cli/src/main.ts');
    const environment = { ...process.env, JOH_URL: product.url, JOH_CONFIG: folder };
    const child = spawn(process.execPath, [main, ...parameters, '--json'], { env: environment });
    let said = '';
    let printed = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    child.stdout.on('data', (chunk) => (printed += chunk));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { said: () => said, printed: () => printed, ended };
  };
  const configuration = (node: ClusterNode) => join(node.etc, 'daemon.json');
  const paste = (node: ClusterNode, command: string, restart: string) => {
    const [program = '', ...parameters] = [...node.enter, 'sh'];
    const environment = { PATH: process.env.PATH ?? '', JOH_JOIN_RESTART: restart };
    return new Promise<{ status: number | null; output: string }>((resolve) => {
      const child = spawn(program, parameters, { env: environment });
      let output = '';
      child.stdout.on('data', (chunk) => (output += chunk));
      child.stderr.on('data', (chunk) => (output += chunk));
      child.on('close', (status) => resolve({ status, output }));
      child.stdin.end(command);
    });
  };

  it('is a node within seconds, and its daemon answers FrontendMaster alone', async () => {
    const [node] = cluster.nodes as [ClusterNode];
    writeFileSync(configuration(node), '{"log-level": "warn"}');
    const joh = startJoh(['node', 'join', 'first', '--host', node.address, '--label', 'rack=1']);
    const command = await waitFor(() => /joh=\$\(mktemp\).*\nJOH\n/s.exec(joh.said())?.[0], {
      deadlineMs: 20_000,
      what: 'joh prints the command',
    });
    const [, token = ''] = /^token (\S+)$/m.exec(command) ?? [];
    const { status, output } = await paste(node, command, node.restartCommand);
    expect(output).toContain('ready as first');
    expect(status).toBe(0);
    expect(output).not.toContain(token);
    // joh ends when FrontendMaster itself has reached the node.
    expect(await joh.ended).toBe(0);
    const { node: shown } = JSON.parse(joh.printed());
    expect(shown).toMatchObject({
      ...{ id: 'first', name: 'first', state: 'ready' },
      address: `${node.address}:2376`,
      labels: { rack: '1' },
      reason: null,
      cores: expect.any(Number),
    });
    expect(JSON.parse(readFileSync(configuration(node), 'utf8'))).toMatchObject({
      'log-level': 'warn',
      'live-restore': true,
      tlsverify: true,
    });
    expect(existsSync(join(node.etc, 'certs.d/registry:5000/ca.crt'))).toBe(true);
    const rules = spawnSync(node.enter[0]!, [
      ...node.enter.slice(1),
      'iptables',
      '-S',
      'JOH-INPUT',
    ]);
    expect(String(rules.stdout)).toContain('REJECT');
    const events = (await client.operator.rack()).events.map(({ sentence }) => sentence);
    expect(events.some((sentence) => sentence.startsWith('first joined'))).toBe(true);
    // The token was for one machine, once.
    const again = await paste(node, command, 'true');
    expect(again.output).toContain('used, expired or unknown');
    expect(again.status).not.toBe(0);
  });

  it('changes nothing where it is refused, and puts the old configuration back where Docker fails', async () => {
    const node = cluster.nodes[1] as ClusterNode;
    const daemon = configuration(node);
    const { command } = await leave('second', node);
    writeFileSync(daemon, '{"tlsverify": false}');
    const refused = await paste(node, command, 'true');
    expect(refused.output).toContain('it has "tlsverify": false');
    expect(readFileSync(daemon, 'utf8')).toBe('{"tlsverify": false}');
    // The token is still good: the configuration was mended.
    const old = '{"no-such-setting": 1}';
    writeFileSync(daemon, old);
    const once = join(node.etc, 'once');
    const failsOnce = `[ -e ${once} ] || { : >${once}; false; }`;
    const failed = await paste(node, command, failsOnce);
    expect(failed.output).toContain('the old one is back');
    expect(readFileSync(daemon, 'utf8')).toBe(old);
    const shown = await waitFor(async () => (await nodes()).find(({ id }) => id === 'second'));
    expect(shown.state).toBe('unreachable');
    await client.operator.removeNode('second');
    await waitFor(async () => !(await nodes()).some(({ id }) => id === 'second'));
  });

  it('takes a script for nobody else’s', async () => {
    const [node] = cluster.nodes as [ClusterNode];
    const { command } = await leave('first', node);
    const forged = await paste(node, command.replace(/[0-9a-f]{64}/, '0'.repeat(64)), 'true');
    expect(forged.status).not.toBe(0);
    const other = command.replace(/^authority .*$/m, `authority ${'00:'.repeat(31)}00`);
    const { output, status } = await paste(node, other, 'true');
    expect(status).not.toBe(0);
    expect(output).toContain('not from the FrontendMaster');
  });

  it('moves Docker’s addresses out of its unit where systemd runs it', async () => {
    const node = cluster.nodes[1] as ClusterNode;
    writeFileSync(configuration(node), '{}');
    const { command } = await leave('third', node);
    // systemd as far as the script uses it: the units of this machine are not to be touched.
    const bin = mkdtempSync(join(tmpdir(), 'joh-systemctl-'));
    const units = '/etc/systemd/system';
    const systemctl = `#!/bin/sh
echo "$*" >>${bin}/calls
case "$*" in
  'show docker.service --property ExecStart --value')
    echo '{ path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS ; ignore_errors=no ; start_time=[n/a] }' ;;
  'restart docker.service') ${node.restartCommand} ;;
  'restart joh-isolate.service')
    cp -r ${units}/. ${bin}/
    $(sed -n 's/^ExecStart=//p' ${units}/joh-isolate.service) ;;
esac
`;
    writeFileSync(join(bin, 'systemctl'), systemctl, { mode: 0o755 });
    const script = join(bin, 'pasted.sh');
    writeFileSync(script, command);
    const inside = `mkdir -p /run/systemd/system && mount -t tmpfs tmpfs ${units} && unset JOH_JOIN_RESTART &&
      PATH=${bin}:$PATH sh ${script}`;
    const around = `exec unshare --mount --propagation private sh -c '${inside}'`;
    try {
      const { status, output } = await paste(node, around, '');
      expect(output).toContain('ready as third');
      expect(status).toBe(0);
      const kept = (name: string) => readFileSync(join(bin, name), 'utf8');
      expect(kept('docker.service.d/joh.conf')).toBe(
        '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd --containerd=/run/containerd/containerd.sock $DOCKER_OPTS\n',
      );
      expect(kept('joh-isolate.service')).toContain(`joh0 ${cluster.testAddress}:${doorPort}`);
      expect(kept('calls')).toContain('enable --quiet joh-isolate.service');
      await waitFor(
        async () => (await nodes()).some(({ id, state }) => id === 'third' && state === 'ready'),
        { deadlineMs: 15_000, what: 'the node is ready' },
      );
    } finally {
      rmSync(bin, { recursive: true });
    }
  });
});
