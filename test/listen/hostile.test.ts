import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../src/listen/listen.ts';
import { replyInTurn } from '../../src/listen/reply.ts';
import { serve } from '../../src/serve.ts';
import { FULL } from '../support/full.ts';
import { clock, KNOWN, STANDARD, send, signed } from './deliveries.ts';

const CONNECTIONS = FULL ? 50_000 : 2_000;
const AT_ONCE = 50;
/** Of one hostile connection: its own end, whether or not the receiver ends it first. */
const PATIENCE_MS = 200;
const BODY = '{"type": "case.opened"}';

const stop = new AbortController();
let url = '';
let port = 0;
let events = 0;
let over: Promise<void>;

beforeAll(async () => {
  const lines = listen({
    serve,
    host: '127.0.0.1',
    port: 0,
    pid: process.pid,
    scheme: STANDARD,
    candidates: () => KNOWN,
    clock,
    policy: 'check',
    path: '/',
    reply: replyInTurn(clock),
    signal: stop.signal,
  });
  const ready = (await lines.next()).value;
  if (ready?.type !== 'ready') throw new Error('not ready');
  ({ url, port } = ready);
  over = (async () => {
    for await (const line of lines) if (line.type === 'event') events++;
  })();
});

afterAll(async () => {
  stop.abort();
  await over;
});

const pick = <T>(all: readonly T[], index: number): T => all[index % all.length] as T;

/** What a hostile client writes; after it, it hangs, half-closes or resets. */
const ATTACKS: readonly (() => readonly (string | Uint8Array)[])[] = [
  () => [randomBytes(1 + Math.floor(Math.random() * 2_000))],
  () => ['POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nonly so much'],
  () => ['POST / HTTP/1.1\r\n', 'x-a: b\r\n'.repeat(5_000), '\r\n'],
  () => [`POST / HTTP/1.1\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`],
  () => ['POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999\r\n\r\n', randomBytes(10_000)],
  () => ['POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n', 'zz\r\nnot a chunk'],
  () => [
    'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\nGET /x',
  ],
  () => ['POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  () => ['POST /\0 HTTP/1.1\r\nhost: a\r\n\r\n'],
  () => ['GET / HTTP/9.9\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  () => [Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]), randomBytes(500)],
  () => [
    'POST / HTTP/1.1\r\nhost: a\r\nwebhook-signature: ',
    'v1,'.repeat(9_000),
    '\r\ncontent-length: 2\r\n\r\n{}',
  ],
  () => ['POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n'],
  () => ['\r\n\r\n\r\n\r\n'],
];

async function attack(index: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  const closed = once(socket, 'close');
  for (const piece of pick(ATTACKS, index)()) socket.write(piece);
  pick([leave, halfClose, reset], Math.floor(index / ATTACKS.length))(socket);
  await closed;
}

const leave = (socket: Socket) => socket.setTimeout(PATIENCE_MS, () => socket.destroy());
const halfClose = (socket: Socket) => leave(socket.end());
const reset = (socket: Socket) => socket.once('connect', () => socket.resetAndDestroy());

describe('a receiver under malformed traffic', () => {
  it(`serves good deliveries beside ${CONNECTIONS} hostile connections, and is alive afterwards`, async () => {
    let next = 0;
    let good = 0;
    const attackers = Array.from({ length: AT_ONCE }, async () => {
      while (next < CONNECTIONS) await attack(next++);
    });
    const friend = (async () => {
      while (next < CONNECTIONS) {
        const { status } = await send(url, { headers: signed(BODY, `msg_${good}`), body: BODY });
        expect(status).toBe(200);
        good++;
      }
    })();
    await Promise.all([...attackers, friend]);
    expect(good).toBeGreaterThan(0);
    expect((await send(url, { method: 'GET' })).status).toBe(200);
    expect((await send(url, { headers: signed(BODY, 'msg_last'), body: BODY })).status).toBe(200);
    stop.abort();
    await over;
    expect(events).toBeGreaterThanOrEqual(good + 1);
  }, 600_000);
});
