import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SHORT } from '../support/full.ts';
import {
  exitOfReceiver,
  onGo,
  onNext,
  onNode,
  type Program,
  type Receiver,
  receiverEnv,
  runs,
  startReceiver,
} from './receivers.ts';
import { kycgenie } from './tool.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLES = join(ROOT, 'examples');
const WRONG = join(ROOT, 'test', 'fixtures', 'wrong-receivers');

const folder = mkdtempSync(join(tmpdir(), 'kycgenie-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NEW = `whsec_${randomBytes(32).toString('base64')}`;
const OLD = `whsec_${randomBytes(24).toString('base64url')}`;

interface Probe {
  readonly id: string;
  readonly result: string;
  readonly detail: string;
}

interface Report {
  readonly grade: string | null;
  readonly probes: readonly Probe[];
}

/** Lends a receiver that knows these secrets. */
async function withReceiver<T>(
  program: Program,
  secrets: string,
  work: (receiver: Receiver) => Promise<T>,
): Promise<T> {
  const env = receiverEnv(mkdtempSync(join(folder, 'run-')), { KYC_SECRET: secrets });
  const receiver = await startReceiver(program, env);
  try {
    return await work(receiver);
  } finally {
    await receiver.stop();
  }
}

async function check({ url, output }: Receiver, ...options: readonly string[]) {
  const argv = ['check', url, '--secret-env', 'KYC_NEW', '--secret-env', 'KYC_OLD', '--json'];
  const env = { KYCGENIE_CONFIG_DIR: join(folder, 'config'), KYC_NEW: NEW, KYC_OLD: OLD };
  const { code, stdout, stderr } = await kycgenie([...argv, ...options], env);
  if (stdout === '') throw new Error(`check says nothing: ${stderr}${output()}`);
  const report: Report = JSON.parse(stdout);
  return { code, ...report, output: output() };
}

/** What did not pass, with its result. */
const troubles = (probes: readonly Probe[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    probes
      .filter(({ result }) => result === 'failed' || result === 'warned')
      .map(({ id, result }) => [id, result]),
  );

const programOf = (path: string): Program => (path.endsWith('.ts') ? onNext(path, folder) : onNode(path));

/** The first Python that has this package; null: none here. */
const pythonWith = (name: string): string | null =>
  ['python3', '/usr/bin/python3'].find((file) => runs(file, ['-c', `import ${name}`], folder)) ?? null;

function python(path: string, ...packages: readonly string[]): Program | null {
  const file = pythonWith(packages.join(', '));
  return file === null ? null : { file, argv: () => [path] };
}

function ruby(path: string, library: string): Program | null {
  return runs('ruby', ['-e', `require '${library}'`], folder) ? { file: 'ruby', argv: () => [path] } : null;
}

function php(path: string): Program | null {
  if (!runs('php', ['--version'], folder)) return null;
  // As it is without a php.ini.
  return { file: 'php', argv: (port) => ['-d', 'display_errors=1', '-S', `127.0.0.1:${port}`, path] };
}

/** The answers to a delivery that is sent twice. */
async function statusesOf({ url }: Receiver, key: Buffer, body: string): Promise<readonly number[]> {
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', key).update(`evt_1.${timestamp}.${body}`).digest('base64');
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': `${timestamp}`,
    'webhook-signature': `v1,${signature}`,
  };
  const send = async () => (await fetch(url, { method: 'POST', headers, body })).status;
  return [await send(), await send()];
}

interface Right {
  /** Null where what it runs on is not here. */
  readonly program: (path: string) => Program | null;
  /** What it does without a secret. */
  readonly without: 'ends' | 'refuses';
}

const RIGHT: Readonly<Record<string, Right>> = {
  'node-http.mjs': { program: programOf, without: 'ends' },
  'express.mjs': { program: programOf, without: 'ends' },
  'fastify.mjs': { program: programOf, without: 'ends' },
  'hono.mjs': { program: programOf, without: 'ends' },
  'next-route.ts': { program: programOf, without: 'refuses' },
  'python-http.py': { program: (path) => python(path, 'http.server'), without: 'ends' },
  'python-flask.py': { program: (path) => python(path, 'flask'), without: 'ends' },
  'python-fastapi.py': { program: (path) => python(path, 'fastapi', 'uvicorn'), without: 'ends' },
  'ruby-webrick.rb': { program: (path) => ruby(path, 'webrick'), without: 'ends' },
  'ruby-sinatra.rb': { program: (path) => ruby(path, 'sinatra/base'), without: 'ends' },
  'php-router.php': { program: php, without: 'refuses' },
  'go-http.go': {
    program: (path) => (runs('go', ['version'], folder) ? onGo(path, folder) : null),
    without: 'ends',
  },
};

const files = (path: string): readonly string[] =>
  readdirSync(path)
    .filter((name) => !name.endsWith('.md'))
    .toSorted();

it('tries each example and each wrong receiver that is there', () => {
  expect(files(EXAMPLES)).toEqual(Object.keys(RIGHT).toSorted());
  expect(files(WRONG)).toEqual(Object.keys(WRONG_ONES).toSorted());
});

describe('an example', () => {
  for (const [name, { program: find, without }] of Object.entries(RIGHT)) {
    // On other versions of Node only what runs on Node can come out differently.
    const program = SHORT && !/\.(?:mjs|ts)$/.test(name) ? null : find(join(EXAMPLES, name));
    const needs =
      program === null ? ' (left out: what it runs on is not installed, or is run elsewhere)' : '';

    it.skipIf(program === null)(`${name} passes check${needs}`, { concurrent: true }, async () => {
      if (program === null) return;
      await withReceiver(program, `${NEW} ${OLD}`, async (receiver) => {
        const { code, grade, probes, output } = await check(receiver);
        expect(troubles(probes), JSON.stringify(probes)).toEqual({});
        expect({ code, grade }, output).toEqual({ code: 0, grade: 'A' });
        const done = output.match(/screening completed: \S+/g) ?? [];
        expect(done.length).toBeGreaterThan(0);
        expect(new Set(done).size, 'each event once').toBe(done.length);
        const key = Buffer.from(NEW.slice('whsec_'.length), 'base64');
        expect(await statusesOf(receiver, key, 'not JSON'), 'what fails is no success').toEqual([500, 500]);
      });
    });

    it.skipIf(program === null)(`${name} takes no empty secret${needs}`, { concurrent: true }, async () => {
      if (program === null) return;
      if (without === 'ends') {
        const env = receiverEnv(folder, { KYC_SECRET: 'whsec_' });
        expect(await exitOfReceiver(program, env)).toBeGreaterThan(0);
        return;
      }
      const statuses = await withReceiver(program, 'whsec_', (receiver) =>
        statusesOf(receiver, Buffer.alloc(0), '{}'),
      );
      expect(statuses).toEqual([401, 401]);
    });
  }
});

const REFUSALS = {
  forged: 'failed',
  unsigned: 'failed',
  'empty-signature': 'failed',
  'truncated-signature': 'failed',
  'flipped-signature': 'failed',
  'altered-body': 'failed',
  'old-timestamp': 'failed',
  'future-timestamp': 'warned',
};

const WRONG_ONES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'node-http-no-timestamp.mjs': { 'old-timestamp': 'failed', 'future-timestamp': 'warned' },
  'node-http-answers-first.mjs': REFUSALS,
  'node-http-crashes.mjs': { unsigned: 'failed' },
  'node-http-prefix.mjs': {
    unsigned: 'failed',
    'empty-signature': 'failed',
    'truncated-signature': 'failed',
  },
  'node-http-forgets-get.mjs': { get: 'warned' },
  'node-http-acts-on-get.mjs': { head: 'warned', get: 'warned' },
  'express-reserialised.mjs': { 'raw-body': 'failed' },
  'express-json-in-front.mjs': { valid: 'failed' },
  'express-small-body.mjs': { 'large-body': 'warned' },
  'express-unsigned-passes.mjs': { unsigned: 'failed', 'empty-signature': 'failed' },
  'express-throws.mjs': { unsigned: 'warned', 'empty-signature': 'warned', 'truncated-signature': 'warned' },
  'fastify-reserialised.mjs': { 'raw-body': 'failed' },
  'fastify-swallows-errors.mjs': {
    unsigned: 'failed',
    'empty-signature': 'failed',
    'truncated-signature': 'failed',
  },
  'fastify-one-signature.mjs': { rotation: 'failed' },
  'hono-reserialised.mjs': { 'raw-body': 'failed' },
  'hono-empty-secret.mjs': { forged: 'failed' },
  'hono-future.mjs': { 'future-timestamp': 'warned' },
  'next-reserialised.ts': { 'raw-body': 'failed' },
  'next-known-events-only.ts': { 'unknown-event': 'warned' },
  'next-refuses-twice.ts': { duplicate: 'warned' },
};

/** Where all would take too long. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'node-http-forgets-get.mjs': ['--only', 'get', '--timeout', '3s'],
};

describe('a wrong receiver', () => {
  for (const [name, expected] of Object.entries(WRONG_ONES)) {
    it.concurrent(`${name} is caught by ${Object.keys(expected).join(', ')}`, async () => {
      const { code, probes } = await withReceiver(programOf(join(WRONG, name)), `${NEW} ${OLD}`, (receiver) =>
        check(receiver, ...(OPTIONS[name] ?? [])),
      );
      expect(troubles(probes), JSON.stringify(probes)).toEqual(expected);
      expect(code).toBe(Object.values(expected).includes('failed') ? 8 : 0);
    });
  }
});
