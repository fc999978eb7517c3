import { describe, expect, test } from 'vitest';
import { type Env, proxyFor } from '../../src/http/proxy.ts';

const shown = (env: Env, target: string): string | null => proxyFor(env, new URL(target))?.url.href ?? null;

describe('which proxy', () => {
  test.each<[string, Env, string, string | null]>([
    ['no setting', {}, 'https://api.test', null],
    ['an empty setting', { HTTPS_PROXY: ' ' }, 'https://api.test', null],
    ['https', { HTTPS_PROXY: 'http://p:1' }, 'https://api.test', 'http://p:1/'],
    ['https is not http', { HTTPS_PROXY: 'http://p:1' }, 'http://api.test', null],
    ['http is not https', { HTTP_PROXY: 'http://p:1' }, 'https://api.test', null],
    [
      'lower case first',
      { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:2' },
      'https://api.test',
      'http://q:2/',
    ],
    ['all', { ALL_PROXY: 'http://p:1' }, 'http://api.test', 'http://p:1/'],
    [
      'its own before all',
      { all_proxy: 'http://p:1', HTTP_PROXY: 'http://q:2' },
      'http://api.test',
      'http://q:2/',
    ],
    ['without a scheme', { https_proxy: 'proxy.corp:3128' }, 'https://api.test', 'http://proxy.corp:3128/'],
    ['an https proxy', { https_proxy: 'https://proxy.corp' }, 'https://api.test', 'https://proxy.corp/'],
    ['localhost', { ALL_PROXY: 'http://p:1' }, 'http://localhost:80', null],
    ['127.0.0.0/8', { ALL_PROXY: 'http://p:1' }, 'http://127.9.9.9', null],
    ['any address', { ALL_PROXY: 'http://p:1' }, 'http://0.0.0.0:80', null],
    ['any IPv6 address', { ALL_PROXY: 'http://p:1' }, 'http://[::]:80', null],
    ['a name below localhost', { ALL_PROXY: 'http://p:1' }, 'http://app.localhost', null],
    ['a name that only ends like it', { ALL_PROXY: 'http://p:1' }, 'http://mylocalhost', 'http://p:1/'],
    ['::1', { ALL_PROXY: 'http://p:1' }, 'http://[::1]:8080', null],
  ])('%s', (_, env, target, expected) => {
    expect(shown(env, target)).toBe(expected);
  });

  test.each<[string, string, boolean]>([
    ['*', 'https://api.test', true],
    ['other.test, *', 'https://api.test', true],
    ['api.test', 'https://api.test', true],
    ['API.Test', 'https://api.TEST', true],
    ['api.test', 'https://api.test.', true],
    ['test', 'https://api.test', true],
    ['.test', 'https://api.test', true],
    ['*.test', 'https://api.test', true],
    ['.api.test', 'https://api.test', true],
    ['pi.test', 'https://api.test', false],
    ['other.test other2.test', 'https://api.test', false],
    ['.', 'https://api.test', false],
    ['api.test:443', 'https://api.test', true],
    ['api.test:8443', 'https://api.test', false],
    ['api.test:8443', 'https://api.test:8443', true],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['0.1.2.3', 'https://10.0.1.2', false],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/8', 'https://api.test', false],
    ['10.0.0.0/99', 'https://10.1.2.3', false],
    ['10.0.0.0/x', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['fd12::1', 'https://[fd12::1]', true],
    ['[fd12::1]:443', 'https://[fd12::1]', true],
    ['[fd12::1]:444', 'https://[fd12::1]', false],
  ])('NO_PROXY=%s for %s: excluded %s', (exceptions, target, excluded) => {
    expect(shown({ ALL_PROXY: 'http://p:1', NO_PROXY: exceptions }, target)).toBe(
      excluded ? null : 'http://p:1/',
    );
  });
});

describe('credentials', () => {
  test.each([
    ['http://user:p%40ss@p:1', 'user:p@ss'],
    ['http://token@p:1', 'token:'],
    ['http://us%er:50%25@p:1', 'us%er:50%'],
  ])('%s are sent apart from the address', (value, expected) => {
    const proxy = proxyFor({ https_proxy: value }, new URL('https://api.test'));
    expect(proxy?.authorization).toBe(`Basic ${Buffer.from(expected).toString('base64')}`);
    expect(proxy?.url.href).toBe('http://p:1/');
  });

  test('there are none without a user', () => {
    expect(proxyFor({ https_proxy: 'http://p:1' }, new URL('https://api.test'))?.authorization).toBeNull();
  });
});

test.each(['socks5://user:hush@p:1', 'http://user:hush@', 'ftp://hush', 'http://user:hush@p:port'])(
  'an unusable setting is named, not repeated: %s',
  (value) => {
    const read = () => proxyFor({ HTTPS_PROXY: value }, new URL('https://api.test'));
    expect(read).toThrow('HTTPS_PROXY does not name an http or https proxy');
    expect(read).not.toThrow('hush');
  },
);
