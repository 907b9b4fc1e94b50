import { describe, expect, it } from 'vitest';
import { mergeDaemonConfiguration } from './daemon-configuration.ts';

const address = { host: '10.0.0.7', port: 2376 };
const merged = (text: string, at = address) => JSON.parse(mergeDaemonConfiguration(text, at));

describe('a daemon.json with a node in it', () => {
  it('is behind mutual TLS, keeps its local socket, and outlives its daemon', () => {
    expect(merged('')).toEqual({
      hosts: ['unix:///var/run/docker.sock', 'tcp://10.0.0.7:2376'],
      tlsverify: true,
      tlscacert: '/etc/docker/joh/authority.pem',
      tlscert: '/etc/docker/joh/certificate.pem',
      tlskey: '/etc/docker/joh/key.pem',
      'live-restore': true,
    });
    expect(merged('', { host: 'fd00::7', port: 1 }).hosts[1]).toBe('tcp://[fd00::7]:1');
  });

  it('keeps what was there, and a second time changes nothing', () => {
    const before = { 'log-driver': 'local', hosts: ['fd://', 'unix:///run/other.sock'] };
    const once = mergeDaemonConfiguration(JSON.stringify(before), address);
    expect(JSON.parse(once)).toMatchObject({
      'log-driver': 'local',
      hosts: ['fd://', 'unix:///run/other.sock', 'tcp://10.0.0.7:2376'],
    });
    expect(mergeDaemonConfiguration(once, address)).toBe(once);
  });

  it.each([
    ['not JSON', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['{"hosts": "fd://"}', 'its "hosts" is not a list'],
    ['{"live-restore": false}', 'it has "live-restore": false, and a node needs true'],
    ['{"tlscert": "/etc/own.pem"}', 'it has "tlscert": "/etc/own.pem"'],
  ])('refuses %s with the reason', (text, reason) => {
    expect(() => mergeDaemonConfiguration(text, address)).toThrow(reason);
  });
});
