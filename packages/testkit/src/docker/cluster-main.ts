/** `npm run cluster`: a cluster for a person to use, until Ctrl-C. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type DockerCluster, startDockerCluster } from './docker-cluster.ts';

const kinds = ['hosts', 'swarm', 'machines'] as const;
const doorPort = 8788;
const usage = `npm run cluster -- [${kinds.join('|')}] [--nodes N]`;

const kind = readKind();
const stopped = Promise.race(
  (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((one) => once(process, one)),
);
const cluster = await startDockerCluster({ ...kind, registry: true });
process.stdout.write(describe(cluster));
// A promise alone keeps no process alive.
const awake = setInterval(() => undefined, 60_000);
await stopped;
clearInterval(awake);
process.stdout.write('\nRemoving it…\n');
await cluster.remove();

function readKind(): { as: (typeof kinds)[number]; nodes: number } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { nodes: { type: 'string', default: '4' } },
  });
  const as = kinds.find((one) => one === (positionals[0] ?? 'hosts'));
  const nodes = Number(values.nodes);
  if (as && nodes >= 1 && nodes <= 100) return { as, nodes };
  process.stderr.write(`${usage}\n`);
  process.exit(1);
}

function describe({
  nodes,
  frontend,
  traces,
  registry,
  authority,
  ...rest
}: DockerCluster): string {
  const { as } = kind;
  const { key, certificate } = authority;
  const kept = join(traces.folder, 'authority.json');
  writeFileSync(kept, JSON.stringify({ key, certificate }), { mode: 0o600 });
  const door = `http://${frontend.address}:${doorPort}`;
  const environment = [
    `JOH_ENGINE=${as === 'swarm' ? 'swarm' : 'docker'}`,
    `DOCKER_HOST=${as === 'swarm' ? `unix://${nodes[0]?.socketPath}` : 'none'}`,
    `JOH_HOST=${frontend.address} JOH_DOOR=${door}`,
    `JOH_REGISTRY=${registry?.address}`,
  ];
  const rows = nodes.map(
    ({ name, address, socketPath }) => `  ${name}  ${address}  DOCKER_HOST=unix://${socketPath}`,
  );
  const [first] = nodes;
  return `
${nodes.length} Docker daemons on machines of their own, as ${as}:
${rows.join('\n')}

A shell on one:             ${first?.enter.join(' ')} bash
FrontendMaster's machine:   ${frontend.enter.join(' ')} bash   (${frontend.address})
FrontendMaster there:       ${frontend.enter.join(' ')} env ${environment.join(' ')} \\
                              JOH_DATA=<folder> node apps/frontend-master/src/main.ts
This machine among them:    ${rest.testAddress}
The registry:               ${registry?.address}; copy ${kept} into JOH_DATA, so that
                            machines that join trust it
To join ${first?.name}:              on it, export JOH_JOIN_RESTART='${first?.restartCommand}', then paste
Cut ${first?.name} off:              ip -n ${traces.name}0 link set node0 nomaster   (back: master bridge)

Ctrl-C removes all of it.
`;
}
