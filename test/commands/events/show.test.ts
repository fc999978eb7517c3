import { afterEach, beforeEach, expect, test } from 'vitest';
import { findInInbox } from '../../../src/listen/inbox/read.ts';
import { opened, delivery as stored } from '../../listen/inbox/place.ts';
import { startReceiver } from '../../support/sandbox.ts';
import { bodyOf, delivery, inboxHome } from './kept.ts';

let inbox: ReturnType<typeof inboxHome>;
let told: Awaited<ReturnType<typeof inbox.keep>>;

beforeEach(async () => {
  inbox = inboxHome();
  await inbox.store();
  told = await inbox.keep([
    delivery('case.opened', 'evt_1', { path: '/kyc?team=a' }),
    delivery('screening.completed', 'evt_2'),
    delivery('screening.completed', 'evt_2'),
  ]);
});

afterEach(() => inbox.remove());

test.each([
  ['last', 2],
  ['its id', 1],
  ['a unique beginning of it', 0],
])('shows an event as listen told of it, by %s', async (how, index) => {
  const { id } = told[index];
  const wanted = how === 'last' ? 'last' : how === 'its id' ? id : id.slice(0, 12);
  expect(await inbox.json(['show', wanted])).toStrictEqual(told[index]);
  expect((await inbox.run(['show', wanted, '-q'])).stdout).toBe(`${id}\n`);
});

test('shows headers and body to people, and where it was seen first', async () => {
  const { code, stdout, stderr } = await inbox.run(['show', 'last']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(told[2].id);
  expect(stdout).toContain('2026-01-02T03:04:07.000Z  58 s ago');
  expect(stdout).toMatch(new RegExp(`first seen as +${told[1].id}`));
  expect(stdout).toMatch(/✓ screening\.completed .* 200 {2}delivered again/);
  expect(stdout).toMatch(/^ +POST \/$/m);
  expect(stdout).toMatch(/^ +webhook-id: evt_2$/m);
  expect(stdout).toMatch(/^ +"id": "evt_2",$/m);
});

test('shows what your app said', async () => {
  const app = await startReceiver(422);
  await inbox.keep([delivery('case.opened', 'evt_3')], ['--forward-to', `${app.url}/kyc`]);
  await app.close();
  const { stdout } = await inbox.run(['show', 'last']);
  expect(stdout).toMatch(new RegExp(`forwarded to +${app.url}/kyc`));
  expect(stdout).toMatch(/→ 422 in \d+ ms/);
});

test('keeps the bytes of a body that JSON would not', async () => {
  const { request } = await inbox.json(['show', told[0].id]);
  expect(Buffer.from(request.body_base64, 'base64').toString()).toBe(bodyOf('case.opened', 'evt_1'));
});

test('there is no such event', async () => {
  for (const wanted of ['none', '']) expect((await inbox.run(['show', wanted])).code).toBe(3);
  const { stderr } = await inbox.run(['show', 'none']);
  expect(stderr).toContain('The inbox has no event none');
  expect(stderr).toContain('kycgenie events list');
});

test('an ambiguous beginning names the candidates', async () => {
  const dataDir = `${inbox.home.folder}/data`;
  expect((await findInInbox(dataDir, 'last')).kind).toBe('found');
  const writer = await opened(dataDir);
  for (const id of ['xyz-1', 'xyz-2']) await writer.keep(stored({ id }));
  const { code, stderr } = await inbox.run(['show', 'xyz']);
  expect(code).toBe(2);
  expect(stderr).toContain('2 events in the inbox begin with xyz');
  expect(stderr).toContain('xyz-1, xyz-2');
});
