import { devNull } from 'node:os';
import { describe, expect, test } from 'vitest';
import { parseTunnel } from '../../src/tunnel/choice.ts';
import { programOf } from '../../src/tunnel/programs.ts';

const program = (choice: string, isPublic = false, origin = 'http://127.0.0.1:4242') =>
  programOf(parseTunnel(choice), { origin: new URL(origin), isPublic });

describe('cloudflared', () => {
  test('is pointed at the receiver, whatever its own configuration says', () => {
    const { args } = program('cloudflared');
    expect(args).toEqual([
      'tunnel',
      '--config',
      devNull,
      '--no-autoupdate',
      '--url',
      'http://127.0.0.1:4242',
    ]);
    expect(program('cloudflared', false, 'https://127.0.0.1:4242').args.slice(-2)).toEqual([
      'https://127.0.0.1:4242',
      '--no-tls-verify',
    ]);
  });

  test.each([
    ['2026-01-02T03:04:05Z INF |  https://a-b-c.trycloudflare.com   |', 'https://a-b-c.trycloudflare.com'],
    ['INF Requesting new quick Tunnel on trycloudflare.com...', null],
    ['ERR failed: Post "https://api.trycloudflare.com/tunnel": dial tcp: no such host', null],
    ['see https://developers.cloudflare.com/cloudflare-one/connections', null],
  ])('says %j', (line, url) => {
    expect(program('cloudflared').read(line)).toEqual(url === null ? null : { kind: 'url', url });
  });
});

describe('ngrok', () => {
  test.each([
    ['{"msg":"started tunnel","url":"https://ab12.ngrok-free.app"}', 'https://ab12.ngrok-free.app'],
    ['{"msg":"started tunnel","url":"http://ab12.ngrok-free.app"}', null],
    ['{"msg":"started tunnel","url":7}', null],
    ['{"msg":"update available","url":"https://ngrok.com/download"}', null],
    ['{"lvl":"eror","err":"authentication failed"}', null],
    ['not JSON', null],
    ['[]', null],
  ])('says %j', (line, url) => {
    expect(program('ngrok').read(line)).toEqual(url === null ? null : { kind: 'url', url });
  });
});

describe('ssh', () => {
  test('asks a service for a URL, in a session whose input stays open', () => {
    const { args, readsInput } = program('ssh:nokey@localhost.run');
    expect(args).not.toContain('-N');
    expect(args.slice(-3)).toEqual(['-R', '80:127.0.0.1:4242', 'nokey@localhost.run']);
    expect(args).toContain('BatchMode=yes');
    expect(args).toContain('ExitOnForwardFailure=yes');
    expect(readsInput).toBe(true);
  });

  test('asks no service for what it cannot reach', () => {
    expect(() => program('ssh:nokey@localhost.run', false, 'https://127.0.0.1:4242')).toThrow(
      expect.objectContaining({ kind: 'usage' }),
    );
    expect(program('ssh:me@example.com', true, 'https://127.0.0.1:4242').args.at(-2)).toBe(
      '0:127.0.0.1:4242',
    );
  });

  test('asks a server of the user for a port, without a session', () => {
    const { args, readsInput } = program('ssh:me@example.com:2222/8080', true);
    expect(args).toContain('-N');
    expect(args.slice(-5)).toEqual(['-p', '2222', '-R', '8080:127.0.0.1:4242', 'me@example.com']);
    expect(readsInput).toBe(false);
    expect(program('ssh:me@example.com', true).args.at(-2)).toBe('0:127.0.0.1:4242');
    expect(program('ssh:me@example.com', true, 'http://[::1]:4242').args.at(-2)).toBe('0:[::1]:4242');
  });

  test.each([
    ['f00.lhr.life tunneled with tls termination, https://f00.lhr.life', 'https://f00.lhr.life'],
    ['Forwarding HTTP traffic from https://f00.serveo.net', 'https://f00.serveo.net'],
    ['HTTPS: https://f00.ssi.sh', 'https://f00.ssi.sh'],
    ['https://f00.a.free.pinggy.link', 'https://f00.a.free.pinggy.link'],
    ['To set up and manage custom domains go to https://admin.localhost.run/', null],
    ['https://localhost.run/docs/', null],
    ['http://f00.a.free.pinggy.link', null],
    ['https://', null],
    ['Permission denied (publickey).', null],
  ])('a service says %j', (line, url) => {
    expect(program('ssh:nokey@localhost.run').read(line)).toEqual(url === null ? null : { kind: 'url', url });
  });

  test.each([
    ['ssh:me@example.com', 'Allocated port 40001 for remote forward to 127.0.0.1:4242', 40_001],
    ['ssh:me@example.com', 'debug1: remote forward success for: listen 0, connect 127.0.0.1:4242', null],
    [
      'ssh:me@example.com/8080',
      'debug1: remote forward success for: listen 8080, connect 127.0.0.1:42',
      8080,
    ],
    ['ssh:me@example.com/8080', 'Error: remote port forwarding failed for listen port 8080', null],
  ])('%s: a server says %j', (choice, line, port) => {
    expect(program(choice, true).read(line)).toEqual(port === null ? null : { kind: 'port', port });
  });
});
