import { describe, expect, test } from 'vitest';
import { parseTunnel } from '../../src/tunnel/choice.ts';

describe('--tunnel', () => {
  test.each(['cloudflared', 'ngrok'])('takes %s', (program) => {
    expect(parseTunnel(program)).toEqual({ program });
  });

  test.each([
    ['ssh:me@example.com', 'me@example.com', null, null],
    ['ssh:nokey@localhost.run', 'nokey@localhost.run', null, null],
    ['ssh:my-alias', 'my-alias', null, null],
    ['ssh:me@example.com:2222', 'me@example.com', 2222, null],
    ['ssh:me@example.com/8080', 'me@example.com', null, 8080],
    ['ssh:me.x+y@10.0.0.1:22/65535', 'me.x+y@10.0.0.1', 22, 65_535],
  ])('takes %s', (text, destination, sshPort, remotePort) => {
    expect(parseTunnel(text)).toEqual({ program: 'ssh', destination, sshPort, remotePort });
  });

  test.each([
    '',
    'Cloudflared',
    '/usr/bin/ngrok',
    'ssh:',
    'ssh:-oProxyCommand=touch x',
    'ssh:-oProxyCommand=x@host',
    'ssh:me@-oProxyCommand=x',
    'ssh:me@host -v',
    'ssh:me@host\n-v',
    'ssh:me@host;id',
    'ssh:me@host$(id)',
    'ssh:a@b@c',
    'ssh:me@',
    'ssh:me@host:0',
    'ssh:me@host:65536',
    'ssh:me@host/0',
    'ssh:me@host/x',
    'ssh:me@host:22:33',
  ])('refuses %j', (text) => {
    expect(() => parseTunnel(text)).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});
