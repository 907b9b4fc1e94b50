import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ops = join(import.meta.dirname, '..', '..');
const program = '/usr/bin/nix-instantiate';

describe('the NixOS module of FrontendMaster', () => {
  const given = `{ enable = true; package = "/opt/joh"; door = "http://10.0.0.1:8788";
    hostNames = { site = "joy.example"; git = "git.joy.example"; }; }`;

  it('makes a unit with the settings, and Caddy for the names', () => {
    const config = evaluate('frontend-master', given);
    expect(config.systemd.services['joh-frontend-master'].environment).toEqual({
      NODE_ENV: 'production',
      JOH_DATA: '/var/lib/joh',
      JOH_ENGINE: 'docker',
      JOH_PORT: '8787',
      JOH_HOST_NAMES: 'site=joy.example,git=git.joy.example',
      JOH_TRUSTED_PROXY: '127.0.0.1',
      JOH_DOOR: 'http://10.0.0.1:8788',
    });
    expect(config.systemd.services.caddy.environment.JOH_CADDY_NAMES).toBe(
      'git.joy.example, joy.example',
    );
    expect(config.users.users.joh.extraGroups).toEqual(['docker']);
  });

  it('confines it exactly as the plain unit does', () => {
    const unit = readFileSync(join(ops, 'systemd/joh-frontend-master.service'), 'utf8');
    const own = [
      'Environment',
      'EnvironmentFile',
      'SupplementaryGroups',
      'ExecStart',
      'ExecStartPost',
      'WorkingDirectory',
    ];
    const service = unit.slice(unit.indexOf('[Service]'), unit.indexOf('[Install]'));
    const plain = Object.fromEntries(
      [...service.matchAll(/^(\w+)=(.*)$/gm)]
        .filter(([, key = '']) => !own.includes(key))
        .map(([, key, value]) => [key, value]),
    );
    const { serviceConfig } = evaluate('frontend-master', given).systemd.services[
      'joh-frontend-master'
    ];
    const nix = Object.fromEntries(
      Object.entries(serviceConfig as Record<string, unknown>)
        .filter(([key]) => !own.includes(key))
        .map(([key, value]) => [key, value === true ? 'yes' : String(value)]),
    );
    expect(nix).toEqual(plain);
  });

  it('needs no Caddy, no names and no group of Docker for one person', () => {
    const config = evaluate(
      'frontend-master',
      '{ enable = true; package = "/opt/joh"; engine = "local"; }',
    );
    expect(config.services.caddy).toEqual({});
    expect(config.users.users.joh.extraGroups).toEqual([]);
    expect(config.networking.firewall.allowedTCPPorts).toEqual([]);
  });

  it.each([
    [
      '{ enable = true; package = "/opt/joh"; engine = "kubernetes"; }',
      'the option engine is not enum',
    ],
    ['{ enable = true; }', 'the option package has no value'],
    ['{ enable = true; package = "/opt/joh"; hostname = "x"; }', 'there is no option hostname'],
  ])('refuses %s', (wrong, message) => {
    expect(() => evaluate('frontend-master', wrong)).toThrow(message);
  });

  it('is nothing until it is enabled', () => {
    expect(evaluate('frontend-master', '{ package = "/opt/joh"; }')).toEqual({});
  });
});

describe('the NixOS module of a compute node', () => {
  const given = (joined: boolean) => `{ enable = true; package = "/opt/joh"; address = "10.0.0.7";
    doors = [ "10.0.0.1:8788" "10.0.0.53:53/udp" ]; joined = ${joined}; }`;

  it('listens to nobody before it has joined, and then by mutual TLS alone', () => {
    const before = evaluate('compute-node', given(false));
    expect(before.virtualisation.docker).toMatchObject({
      liveRestore: true,
      daemon: { settings: {} },
    });
    expect(before.networking.firewall.allowedTCPPorts).toEqual([]);
    const after = evaluate('compute-node', given(true));
    expect(after.virtualisation.docker.daemon.settings).toEqual({
      hosts: ['tcp://10.0.0.7:2376'],
      tlsverify: true,
      tlscacert: '/etc/docker/joh/authority.pem',
      tlscert: '/etc/docker/joh/certificate.pem',
      tlskey: '/etc/docker/joh/key.pem',
    });
  });

  it('isolates containers at every start of Docker', () => {
    const unit = evaluate('compute-node', given(true)).systemd.services['joh-isolate'];
    expect(unit.wantedBy).toEqual(['docker.service']);
    expect(unit.serviceConfig.ExecStart.at(-1)).toBe(
      '/pkgs/bash/bin/sh /opt/joh/ops/docker-host/isolate.sh joh0 10.0.0.1:8788 10.0.0.53:53/udp',
    );
  });
});

/** What the module makes of the options that are given. Nix's store is not used. */
// biome-ignore lint/suspicious/noExplicitAny: the configuration of a whole machine
function evaluate(module: string, given: string): any {
  if (!existsSync(program)) throw new Error(`this test needs ${program}: apt-get install nix-bin`);
  const file = join(ops, 'nixos', `${module}.nix`);
  const stub = join(import.meta.dirname, 'stub-lib.nix');
  const expression = `import ${stub} { module = ${file}; given = ${given}; }`;
  const parameters = ['--eval', '--strict', '--json', '--readonly-mode', '--expr', expression];
  const { status, stdout, stderr } = spawnSync(program, parameters, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
