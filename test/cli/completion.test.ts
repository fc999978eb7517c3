import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVENT_GROUPS, EVENT_TYPES } from '../../src/events/catalog.ts';
import { kycgenie, temporaryHome, type World } from '../support/cli.ts';

let home: ReturnType<typeof temporaryHome>;

beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home.remove());

const unreachable: NonNullable<World['send']> = () => Promise.reject(new Error('completion calls no API'));

/** What a shell is told: candidates and the directive. */
async function complete(...typed: readonly string[]) {
  return answerTo(['__complete', ...typed]);
}

async function answerTo(argv: readonly string[], world: World = {}) {
  const { code, stdout, stderr } = await kycgenie(argv, { env: home.env, send: unreachable, ...world });
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n');
  expect(lines.pop()).toBe('');
  const directive = lines.pop()?.replace(/^:/, '');
  const described = lines.map((line) => line.split('\t'));
  return {
    directive,
    values: described.map(([value = '']) => value),
    descriptions: described.map(([, text]) => text),
  };
}

const values = async (...typed: readonly string[]): Promise<readonly string[]> =>
  (await complete(...typed)).values;

function keepSecret(file: string, content: unknown, profile = 'default'): void {
  const folder = join(home.folder, 'secrets', profile);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
}

describe('commands', () => {
  it('complete with their summaries, in help order', async () => {
    const { values: found, descriptions, directive } = await complete('webhooks', '');
    expect(found.slice(0, 3)).toEqual(['create', 'list', 'get']);
    expect(descriptions[0]).toBe('Subscribe a URL to event types');
    expect(directive).toBe('words');
    expect(await values('webhooks', 'l')).toEqual(['list']);
    expect(await values('comp')).toEqual(['completion']);
  });

  it('do not include the hidden one', async () => {
    expect((await values('')).filter((value) => value.startsWith('_'))).toEqual([]);
    const { stdout } = await kycgenie(['--help']);
    expect(stdout).not.toContain('__complete');
  });

  it('are found behind global options and their values', async () => {
    expect(await values('--profile', 'live', '-q', 'webhooks', 'rot')).toEqual(['rotate']);
    expect(await values('--profile=live', 'webhooks', 'rot')).toEqual(['rotate']);
  });

  it('complete after help, with its topics', async () => {
    expect(await values('help', 'e')).toEqual(['events', 'environment', 'exit-codes']);
    expect(await values('help', 'webhooks', 'cr')).toEqual(['create']);
    expect(await values('help', 'login', '')).toEqual([]);
  });

  it('that there are not, complete to nothing', async () => {
    expect(await values('webhoks', '')).toEqual([]);
    expect(await values('constructor', '')).toEqual([]);
  });
});

describe('options', () => {
  it('are those of the command typed, and the global ones after them', async () => {
    const found = await values('webhooks', 'list', '-');
    expect(found.slice(0, 3)).toEqual(['--event', '--url', '--active']);
    expect(found).toContain('--profile');
    expect(found).toContain('--help');
    expect(found).not.toContain('--tunnel');
    expect(await values('--ver')).toEqual(['--version']);
  });

  it('come without a dash where a command takes no argument, its own alone', async () => {
    const found = await values('webhooks', 'list', '');
    expect(found).toContain('--sort');
    expect(found).not.toContain('--profile');
  });

  it('end at --', async () => {
    expect(await values('webhooks', 'list', '--', '-')).toEqual([]);
  });
});

describe('values', () => {
  it.each([
    [
      ['webhooks', 'create', '--event', 'screening.'],
      ['screening.*', 'screening.completed', 'screening.failed'],
    ],
    [['webhooks', 'create', '--event=case.o'], ['--event=case.opened']],
    [
      ['listen', '--subscribe', 'alert.'],
      ['alert.*', 'alert.created'],
    ],
    [['listen', '--route', 'alert'], ['alert.*=']],
    [['trigger', 'case.r'], ['case.resolved']],
    [['events', 'types', '--group', 'ca'], ['case.*']],
    [
      ['logs', 'list', '--status', ''],
      ['pending', 'delivered', 'failed', 'retrying'],
    ],
    [['events', 'list', '--signature', 'v'], ['valid']],
    [['webhooks', 'list', '--sort', 'c'], ['created_at']],
    [['webhooks', 'list', '-o', 'y'], ['yaml']],
    [['webhooks', 'list', '--output=nd'], ['--output=ndjson']],
    [
      ['--color', 'a'],
      ['auto', 'always'],
    ],
    [
      ['whoami', '--api-version', ''],
      ['v1', 'v2'],
    ],
    [['listen', '--scheme', 'a'], ['auto']],
    [['sign', '--scheme', 'a'], []],
    [['listen', '--tunnel', 's'], ['ssh:']],
    [['listen', '--ack', 'on'], ['on-receipt']],
    [['events', 'show', ''], ['last']],
    [['verify', '--event', ''], ['last']],
    [['completion', 'p'], ['powershell']],
    [['config', 'set', 'a'], ['api_version']],
    [
      ['config', 'set', 'api_version', ''],
      ['v1', 'v2'],
    ],
    [['config', 'get', 'api_k'], ['api_key']],
    [['webhooks', 'create', '--description', ''], []],
    [['listen', '--path', '/'], []],
  ])('%j', async (typed, expected) => {
    expect(await values(...typed)).toEqual(expected);
  });

  it('of event types are the whole catalogue', async () => {
    const found = await values('webhooks', 'create', '--event', '');
    expect(found).toEqual([...EVENT_GROUPS, ...EVENT_TYPES.map(({ type }) => type)]);
  });

  it.each([
    ['files', ['listen', '--tls-cert', '']],
    ['files', ['login', '--api-key-file', '']],
    ['files', ['sign', '--scheme', './']],
    ['folders', ['sandbox', '--data', '']],
    ['@files', ['sign', '--body', '@']],
    ['words', ['sign', '--body', '{']],
    ['nospace', ['listen', '--tunnel', 'ss']],
  ])('that are %s: %j', async (directive, typed) => {
    expect((await complete(...typed)).directive).toBe(directive);
  });
});

describe('what is stored', () => {
  const profiles = { default: { api_key: 'kycg_secret' }, live: {}, '$(id)': {}, 'a b': {} };

  it('profiles complete by name, and nothing of them is printed', async () => {
    writeFileSync(join(home.folder, 'config.json'), JSON.stringify({ version: 1, profiles }));
    expect(await values('whoami', '--profile', '')).toEqual(['default', 'live']);
    expect(await values('whoami', '--profile=l')).toEqual(['--profile=live']);
  });

  it('webhooks complete with their event type, in the profile that the line names', async () => {
    keepSecret('wh-1.json', { webhook_id: 'wh-1', event_type: 'case.opened' });
    keepSecret('wh-2.json', { webhook_id: 'wh-2', event_type: null }, 'live');
    const { values: found, descriptions } = await complete('webhooks', 'get', 'w');
    expect([found, descriptions]).toEqual([['wh-1'], ['case.opened']]);
    expect(await values('listen', '--webhook', '')).toEqual(['wh-1']);
    expect(await values('--profile', 'live', 'secrets', 'show', '')).toEqual(['wh-2']);
    const { values: named } = await answerTo(['__complete', 'secrets', 'show', ''], {
      env: { ...home.env, KYCGENIE_PROFILE: 'live' },
    });
    expect(named).toEqual(['wh-2']);
  });

  it('ids given already are not offered again', async () => {
    for (const id of ['wh-1', 'wh-2']) keepSecret(`${id}.json`, { webhook_id: id, event_type: 'all' });
    expect(await values('webhooks', 'delete', 'wh-1', '')).toEqual(['wh-2']);
  });

  it.each([
    '$(touch x)',
    '`id`',
    'a;b',
    "a'b",
    'a"b',
    'a b',
    'a\nb',
    'a\tb',
    '\u001b[31mred',
    '-rf',
    '*',
    '~root',
    'x\\',
    'a&b',
    'a|b',
    '\u202ea',
    '',
  ])('an id of %j is no candidate', async (id) => {
    keepSecret('x-1.json', { webhook_id: id, event_type: 'case.opened' });
    keepSecret('fine.json', { webhook_id: 'fine', event_type: 'case.opened' });
    expect(await values('webhooks', 'get', '')).toEqual(['fine']);
  });

  it('a description is stripped of escape sequences, line ends and tabs', async () => {
    keepSecret('wh.json', { webhook_id: 'wh', event_type: 'a\u001b]0;title\u0007\nb\tc\r:files' });
    const { values: found, descriptions, directive } = await complete('webhooks', 'get', '');
    expect([found, descriptions, directive]).toEqual([['wh'], ['a b c :files'], 'words']);
  });

  it('what is damaged stays as it is and where it is, and nothing is said', async () => {
    writeFileSync(join(home.folder, 'config.json'), '{"version": 1, "profiles"');
    chmodSync(join(home.folder, 'config.json'), 0o644);
    keepSecret('wh.json', '{"webhook_id"');
    expect(await values('whoami', '--profile', '')).toEqual([]);
    expect(await values('webhooks', 'get', '')).toEqual([]);
    expect(readdirSync(home.folder).sort()).toEqual(['config.json', 'secrets']);
    expect(readFileSync(join(home.folder, 'config.json'), 'utf8')).toBe('{"version": 1, "profiles"');
    if (process.platform !== 'win32') {
      expect(statSync(join(home.folder, 'config.json')).mode & 0o777).toBe(0o644);
    }
  });

  it('a settings folder that cannot be, completes to nothing', async () => {
    const env = { KYCGENIE_CONFIG_DIR: join(home.folder, 'none') };
    expect((await answerTo(['__complete', 'webhooks', 'get', ''], { env })).values).toEqual([]);
    const bad = { ...home.env, KYCGENIE_PROFILE: '../../etc' };
    expect((await answerTo(['__complete', 'webhooks', 'get', ''], { env: bad })).values).toEqual([]);
  });

  it('however much there is, an answer is bounded', async () => {
    for (let index = 0; index < 400; index += 1) {
      keepSecret(`wh-${index}.json`, { webhook_id: `wh-${index}`, event_type: 'x'.repeat(500) });
    }
    const { values: found, descriptions } = await complete('webhooks', 'get', '');
    expect(found.length).toBe(300);
    expect(Math.max(...descriptions.map((text) => text?.length ?? 0))).toBe(120);
    expect(await values('webhooks', 'get', 'wh-399')).toEqual(['wh-399']);
  });
});

describe('the call itself', () => {
  it('takes a line whose last word is empty without that word, for shells that drop it', async () => {
    const { values: found } = await answerTo(['__complete-next', 'config', 'get']);
    expect(found).toContain('base_url');
  });

  it('gives nothing for no word, too many words, and words that are none', async () => {
    expect(await values()).toContain('webhooks');
    expect(await values(...Array.from({ length: 300 }, () => 'webhooks'), '')).toEqual([]);
    expect(await values('webhooks', 'create', '--event', '\u001b[31m$(id)')).toEqual([]);
  });
});
