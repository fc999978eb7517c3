import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Failure } from '../../../src/errors.ts';
import { readInbox } from '../../../src/listen/inbox/read.ts';
import type { InboxBounds } from '../../../src/listen/inbox/retention.ts';
import { type Inbox, openInbox } from '../../../src/listen/inbox.ts';
import type { KeptDelivery } from '../../../src/listen/kept.ts';

const folders: string[] = [];
const inboxes: Inbox[] = [];

afterEach(async () => {
  await Promise.all(inboxes.splice(0).map((inbox) => inbox.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A data folder of its own for one test. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-inbox-'));
  folders.push(folder);
  return folder;
}

interface OpenOptions {
  readonly bounds?: Partial<InboxBounds>;
  readonly pid?: number;
  /** Of the processes that run, for the inbox; default: all. */
  readonly alive?: (pid: number) => boolean;
  readonly now?: () => number;
  readonly problems?: Error[];
}

/** Closed by itself after the test. */
export async function opened(dataDir: string, options: OpenOptions = {}): Promise<Inbox> {
  const { bounds, pid = process.pid, alive = () => true, now = systemClock.now, problems = [] } = options;
  const processes = { pid, isAlive: alive };
  const onProblem = (problem: Failure): number => problems.push(problem);
  const inbox = await openInbox({ dataDir, clock: { now }, processes, bounds, onProblem });
  inboxes.push(inbox);
  return inbox;
}

export function delivery(fields: Partial<KeptDelivery> = {}): KeptDelivery {
  return {
    id: crypto.randomUUID(),
    receivedMs: 1_700_000_000_000,
    method: 'POST',
    path: '/hook',
    query: null,
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Twice', 'one'],
      ['X-Twice', 'two'],
    ],
    body: Buffer.from('{"id":"evt_1"}'),
    signature: {
      status: 'valid',
      reason: null,
      hint: null,
      scheme: 'stripe',
      webhook_id: 'wh_1',
      secret_age: 'current',
    },
    accepted: true,
    status: 200,
    forward: null,
    owedTo: null,
    sentTo: null,
    ...fields,
  };
}

/** With its body as text, which is quick to compare. */
export const plain = (kept: KeptDelivery) => ({ ...kept, body: Buffer.from(kept.body).toString('hex') });

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const item of items) read.push(item);
  return read;
}

export async function everything(dataDir: string, newestFirst = false) {
  const damage = { tornTails: 0, damagedRecords: 0 };
  const onDamage = (found: typeof damage): unknown => Object.assign(damage, found);
  const deliveries = await all(readInbox(dataDir, { newestFirst, onDamage }));
  return { deliveries, ids: deliveries.map(({ id }) => id), damage };
}

export const segmentsIn = (dataDir: string): readonly string[] =>
  readdirSync(join(dataDir, 'inbox'))
    .filter((name) => name.endsWith('.inbox'))
    .sort()
    .map((name) => join(dataDir, 'inbox', name));
