import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { send, signed } from '../listen/deliveries.ts';
import type { Ran, World } from '../support/cli.ts';
import {
  alone,
  type Fault,
  impatient,
  type Json,
  startSandbox,
  type TestSandbox,
} from '../support/sandbox.ts';
import { linesOf, open } from '../support/stream.ts';
import { CAN_MOUNT, mountSmallDisk, type SmallDisk } from './small-disk.ts';

const RECEIVER = 'http://127.0.0.1:9/kyc';
const EVENTS = ['case.opened', 'all', 'test', 'screening.completed'];
const CREATE = ['webhooks', 'create', '--event', 'case.opened', '--url', RECEIVER];
const SECRET = /whsec_[\w+/=-]{20,}/;

describe.skipIf(!CAN_MOUNT)('a full disk (where file systems can be mounted)', () => {
  let disk: SmallDisk;
  let api: TestSandbox;

  beforeEach(async () => {
    disk = mountSmallDisk();
    // Nothing leaves this machine: whatever the sandbox delivers is taken.
    const send = async () => ({ status: 200, headers: {}, body: new Uint8Array() });
    api = await startSandbox({ seedLogs: 600, send });
  });
  afterEach(async () => {
    await api.close();
    disk.remove();
  });

  const run = (argv: readonly string[], more: World = {}): Promise<Ran> =>
    api.run(argv, { ...more, env: disk.env });
  const json = async (argv: readonly string[], more: World = {}): Promise<Json> => {
    const { code, stdout, stderr } = await run([...argv, '--json'], more);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  /** A process that comes after what went before. */
  const later = { processes: alone(1) };
  const changes = () => api.calls.filter(({ method }) => method !== 'GET');
  const desk = (name: string): string => join(disk.desk, name);
  const isChange = (method: string): boolean => method !== 'GET';

  /** From its n-th change on the API answers at the instant in which the disk has become full. */
  function fullFromChange(number: number): void {
    let count = 0;
    const fault: Fault = async (request, pass) => {
      const response = await pass(request);
      if (isChange(request.method) && ++count >= number) disk.fill();
      return response;
    };
    api.next(...Array.from({ length: 200 }, () => fault));
  }

  const failed = async (argv: readonly string[], more: World = {}): Promise<Ran> => {
    const ran = await run(argv, more);
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('(ENOSPC)') });
    return ran;
  };

  test.each([
    ['create', CREATE],
    ['retries', ['logs', 'retry', '--status', 'failed', '--yes']],
    ['a named tail', ['logs', 'tail', '--resume', 'alerts', '--lines', '3', '--exit-after', '3']],
  ])('stops %s before the API is asked to change anything', async (_name, argv) => {
    disk.fill();
    await failed(argv);
    expect(changes()).toEqual([]);
  });

  test('of a create: its secret is printed, and recovering stores it once there is room', async () => {
    fullFromChange(1);
    const { code, stderr } = await run(CREATE);
    const secret = SECRET.exec(stderr)?.[0] ?? expect.fail(stderr);
    expect(code).toBe(1);
    disk.free();
    api.forgive();
    const [recovered] = await json(['webhooks', 'recover'], later);
    expect(recovered).toMatchObject({ outcome: 'recovered' });
    expect((await run(['secrets', 'show', recovered.webhook_id])).stdout.trim()).toBe(secret);
    expect(await json(['webhooks', 'list'])).toHaveLength(1);
  });

  test('of a rotation: its secret is printed, and recovering stores it once there is room', async () => {
    const { id } = await json(CREATE);
    fullFromChange(1);
    const { code, stderr } = await run(['webhooks', 'rotate', id, '--yes']);
    const secret = SECRET.exec(stderr)?.[0] ?? expect.fail(stderr);
    expect(code).toBe(1);
    disk.free();
    api.forgive();
    await json(['webhooks', 'recover'], later);
    expect((await run(['secrets', 'show', id])).stdout.trim()).toBe(secret);
  });

  test('in the middle of a manifest: no secret is lost, and applying again makes no double', async () => {
    const file = desk('webhooks.yaml');
    const manifest = `version: 1\nwebhooks:\n  - {events: [${EVENTS.join(', ')}], url: "${RECEIVER}"}\n`;
    writeFileSync(file, manifest);
    fullFromChange(2);
    const ran = await run(['webhooks', 'apply', '-f', file, '--yes', '--concurrency', '1', '--json']);
    expect(ran.code).toBe(1);
    const printed = new Map(
      [...ran.stderr.matchAll(/webhook (\S+), not stored: (whsec_\S+)/g)].map(([, id = '', it]) => [id, it]),
    );
    disk.free();
    api.forgive();
    await json(['webhooks', 'apply', '-f', file, '--yes'], later);
    const webhooks: readonly Json[] = await json(['webhooks', 'list']);
    expect(webhooks.map(({ event_type }) => event_type).sort()).toEqual(EVENTS.toSorted());
    expect(webhooks.filter(({ has_secret }) => !has_secret)).toEqual([]);
    expect(printed.size).toBeGreaterThan(0);
    for (const [id, secret] of printed)
      expect((await run(['secrets', 'show', id])).stdout.trim()).toBe(secret);
  });

  test('of retries under way: none is asked for twice, and resuming does the rest', async () => {
    fullFromChange(30);
    const { code, stderr } = await run(['logs', 'retry', '--status', 'failed', '--yes', '--json']);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOSPC') });
    disk.free();
    api.forgive();
    const outcomes: readonly Json[] = await json(['logs', 'retry', '--resume', '--yes'], later);
    const asked = changes().map(({ url }) => url.pathname);
    expect(asked.length).toBeGreaterThan(30);
    expect(new Set(asked).size).toBe(asked.length);
    const isSettled = ({ outcome }: Json): boolean => outcome === 'requested' || outcome === 'skipped';
    expect(outcomes.filter((one) => !isSettled(one))).toEqual([]);
  });

  test('of a named tail: it ends and says so, and the next one tells what this one has not', async () => {
    await run(CREATE);
    const world = { env: { ...api.env, ...disk.env }, send: api.send, clock: systemClock };
    const argv = ['logs', 'tail', '--resume', 'alerts', '--json', '--lines', '0', '--interval', '100ms'];
    const tail = open(argv, world);
    await vi.waitFor(
      () => expect(existsSync(join(disk.home, 'data', 'tails', 'alerts.json'))).toBe(true),
      10_000,
    );
    disk.fill();
    for (const _time of [1, 2, 3]) await api.fire('case.opened');
    const ended = await tail.ended;
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOSPC') });
    const told = entriesOf(ended.stdout);
    disk.free();
    await api.fire('case.opened');
    const all: readonly Json[] = await api.json(['logs', 'list', '--event', 'case.opened', '--limit', '4']);
    const next = open(argv, world);
    for (const { id } of all) if (!told.includes(id)) await next.line({ type: 'entry', id });
    await next.stop();
  });

  test('of what people name: a plan, an export and a secret file are there whole or not at all', async () => {
    const file = desk('webhooks.yaml');
    writeFileSync(file, `version: 1\nwebhooks:\n  - {event: all, url: "${RECEIVER}"}\n`);
    writeFileSync(desk('.env'), 'A=1\n');
    const { id } = await json(CREATE);
    disk.fill();
    const before = readdirSync(disk.desk);
    await failed(['webhooks', 'apply', '-f', file, '--out', desk('plan.json')]);
    await failed(['webhooks', 'export', '-o', desk('export.yaml')]);
    await failed(['secrets', 'export', id, '--secret-file', desk('secret')]);
    await failed(['secrets', 'export', id, '--dotenv', desk('.env'), '--env-name', 'SIGNING']);
    expect(readdirSync(disk.desk)).toEqual(before);
    expect(readFileSync(desk('.env'), 'utf8')).toBe('A=1\n');
  });

  test('of the inbox: what cannot be kept is answered 503, said once, and taken again when there is room', async () => {
    const receiving = open(['listen', '--port', '0', '--json'], { env: disk.env, clock: impatient });
    const { url } = await receiving.line({ type: 'ready' });
    const acknowledged: string[] = [];
    let refused = 0;
    const deliver = async (id: string): Promise<void> => {
      const body = JSON.stringify({ id, filling: 'x'.repeat(5_000) });
      const { status } = await send(url, { headers: signed(body, id), body });
      if (status === 200) acknowledged.push(id);
      else refused += status === 503 ? 1 : Number.NaN;
    };
    for (let round = 0; round < 3; round += 1) {
      await deliver(`before-${round}`);
      disk.fill();
      for (let time = 0; time < 5; time += 1) await deliver(`full-${round}-${time}`);
      disk.free();
      await deliver(`after-${round}`);
    }
    const { stdout } = await receiving.stop();
    expect(refused).toBe(15);
    expect(acknowledged).toHaveLength(6);
    expect(linesOf(stdout).filter(({ type }) => type === 'problem')).toHaveLength(1);
    disk.fill();
    await failed(['events', 'export', '-o', desk('events.ndjson')]);
    expect(readdirSync(disk.desk)).toEqual([]);
    const kept = linesOf((await run(['events', 'export'])).stdout).map(({ event_id }) => event_id);
    expect(kept.sort()).toEqual(acknowledged.sort());
  });
});

const entriesOf = (stdout: string): readonly string[] =>
  linesOf(stdout)
    .filter(({ type }) => type === 'entry')
    .map(({ id }) => id);
