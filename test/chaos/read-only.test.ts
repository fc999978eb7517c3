import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { send, signed } from '../listen/deliveries.ts';
import type { Ran, World } from '../support/cli.ts';
import { type Json, startSandbox, type TestSandbox } from '../support/sandbox.ts';
import { open } from '../support/stream.ts';
import { CAN_MOUNT, mountSmallDisk, type SmallDisk } from './small-disk.ts';

const RECEIVER = 'http://127.0.0.1:9/kyc';
const BODY = '{"id":"evt_1","type":"case.opened"}';

describe.skipIf(!CAN_MOUNT)('a read-only store (where file systems can be mounted)', () => {
  let disk: SmallDisk;
  let api: TestSandbox;
  let files: readonly string[];
  let webhook = '';
  let log = '';
  let event = '';
  let manifest = '';

  const run = (argv: readonly string[], more: World = {}): Promise<Ran> =>
    api.run(argv, { ...more, env: { ...disk.env, ...more.env } });
  const everything = (): readonly string[] =>
    readdirSync(disk.home, { recursive: true, encoding: 'utf8' }).sort();

  beforeAll(async () => {
    disk = mountSmallDisk();
    // Nothing leaves this machine: whatever the sandbox delivers is taken.
    const deliver = async () => ({ status: 200, headers: {}, body: new Uint8Array() });
    api = await startSandbox({ seedLogs: 50, send: deliver });
    const create = ['webhooks', 'create', '--event', 'case.opened', '--url', RECEIVER, '-q'];
    webhook = (await run(create)).stdout.trim();
    [log = ''] = (await run(['logs', 'list', '--status', 'failed', '-q'])).stdout.split('\n');
    await run(['logs', 'tail', '--resume', 'alerts', '--lines', '1', '--exit-after', '1']);
    await receiveOne();
    manifest = join(disk.desk, 'webhooks.yaml');
    writeFileSync(manifest, `version: 1\nwebhooks:\n  - {event: all, url: "${RECEIVER}"}\n`);
    disk.setReadOnly(true);
    files = everything();
  });
  afterAll(async () => {
    await api.close();
    disk.remove();
  });

  async function receiveOne(): Promise<void> {
    const world = { env: disk.env, clock: systemClock };
    const receiving = open(['listen', '--port', '0', '--json', '--exit-after', '1'], world);
    const { url } = await receiving.line({ type: 'ready' });
    await send(url, { headers: signed(BODY), body: BODY });
    event = (await receiving.line({ type: 'event' })).id;
    await receiving.ended;
  }

  const fill = (argv: string): readonly string[] =>
    argv
      .split(' ')
      .map((word) => ({ WEBHOOK: webhook, LOG: log, EVENT: event, MANIFEST: manifest })[word] ?? word);

  test.each([
    ...['webhooks list', 'webhooks get WEBHOOK', 'webhooks export', `webhooks test --url ${RECEIVER}`],
    ...['webhooks recover', 'webhooks prune', `webhooks update WEBHOOK --url ${RECEIVER}`],
    ...['logs list', 'logs get LOG', 'logs stats', 'logs tail --lines 1 --exit-after 1', 'logs retry LOG'],
    ...['events list', 'events show EVENT', 'events export', 'secrets list', 'secrets show WEBHOOK'],
    ...['secrets export WEBHOOK', 'config list', 'config get base_url', 'config path', 'config profiles'],
    ...['whoami', 'sign --body {} --webhook WEBHOOK', 'listen --port 0 --no-save --duration 50ms'],
  ])('%s works all the same', async (argv) => {
    const { code, stderr } = await run(fill(argv));
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/EROFS|✗|⚠/) });
    expect(everything()).toEqual(files);
  });

  test('completion offers what is there', async () => {
    expect((await run(['__complete', 'secrets', 'show', ''])).stdout).toContain(webhook);
  });

  test.each([
    ...['webhooks create --event all --url http://127.0.0.1:9/', 'webhooks rotate WEBHOOK --yes'],
    ...['webhooks delete WEBHOOK --yes', 'webhooks apply -f MANIFEST --yes'],
    ...['logs retry --status failed --yes', 'logs tail --resume alerts', 'logs tail --resume other'],
    ...['login --api-key-file -', 'config set base_url http://127.0.0.1:1', 'config unset timeout'],
    ...['secrets import other', 'secrets forget WEBHOOK --yes', 'events clear --yes'],
    ...['listen --port 0', 'listen --port 0 --subscribe all --public-url https://a.example'],
  ])('%s fails before the API is asked to change anything', async (argv) => {
    const before = api.calls.length;
    const { code, stdout, stderr } = await run([...fill(argv), '--json'], { stdin: api.key });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'store_unwritable',
      message: expect.stringContaining('(EROFS)'),
      hint: expect.any(String),
    });
    expect(api.calls.slice(before).filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(everything()).toEqual(files);
  });

  test('doctor says which store it is', async () => {
    const { code, stdout } = await run(['doctor', '--json'], { clock: systemClock });
    expect(code).not.toBe(0);
    const failed: readonly Json[] = JSON.parse(stdout).filter(({ status }: Json) => status === 'fail');
    expect(failed.map(({ check }) => check)).toEqual(expect.arrayContaining(['store', 'data']));
    expect(failed[0].message).toContain('cannot be written');
  });
});
