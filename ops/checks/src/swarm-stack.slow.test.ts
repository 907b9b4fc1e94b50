import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { askEngine, type DockerCluster, startDockerCluster } from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const stack = join(import.meta.dirname, '..', '..', 'swarm', 'stack.yml');
const settings = {
  JOH_IMAGE: `10.0.0.1:5000/joh-frontend-master@sha256:${'a'.repeat(64)}`,
  JOH_SESSION_IMAGE: `10.0.0.1:5000/joh-session@sha256:${'b'.repeat(64)}`,
  JOH_DOOR: 'http://10.0.0.1:8788',
  JOH_HOST_NAMES: 'site=joy.example',
  JOH_DOCKER_GROUP: '998',
};

let cluster: DockerCluster;
beforeAll(async () => {
  cluster = await startDockerCluster({ nodes: 1, as: 'swarm' });
});
afterAll(() => cluster?.remove());

describe('the stack on a real Swarm', () => {
  it('names the setting that is missing', async () => {
    await expect(deploy({ ...settings, JOH_DOOR: '' })).rejects.toThrow(
      /JOH_DOOR.*|http:\/\/<address of the manager>/,
    );
  });

  it('is accepted, and every limit in it is applied', async () => {
    await deploy(settings);
    const services = JSON.parse(await askEngine(socket(), '/services'));
    expect(services).toHaveLength(1);
    const { TaskTemplate: task, Mode: mode, UpdateConfig: update } = services[0].Spec;
    expect(mode).toEqual({ Replicated: { Replicas: 1 } });
    expect(update.Order).toBe('stop-first');
    expect(task.Placement.Constraints).toEqual(['node.role == manager']);
    expect(task.Resources.Limits.MemoryBytes).toBe(2 * 1024 ** 3);
    expect(task.ContainerSpec).toMatchObject({
      Image: settings.JOH_IMAGE,
      User: '990:998',
      ReadOnly: true,
      Init: true,
      CapabilityDrop: ['ALL'],
    });
    expect(task.ContainerSpec.Env).toContain('JOH_DOOR=http://10.0.0.1:8788');
    expect(
      task.ContainerSpec.Mounts.map(({ Target }: { Target: string }) => Target).sort(),
    ).toEqual(['/tmp', '/var/lib/joh', '/var/run/docker.sock']);
    const [network] = task.Networks;
    const { Name } = JSON.parse(await askEngine(socket(), `/networks/${network.Target}`));
    expect(Name).toBe('host');
  });
});

const socket = () => cluster.nodes[0]?.socketPath ?? '';

function deploy(environment: Record<string, string>) {
  const parameters = [
    'stack',
    'deploy',
    '--resolve-image',
    'never',
    '--compose-file',
    stack,
    'joh',
  ];
  return run('/usr/bin/docker', parameters, {
    timeout: 60_000,
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      DOCKER_HOST: `unix://${socket()}`,
      ...environment,
    },
  });
}
