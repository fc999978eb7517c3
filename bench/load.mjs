// Signed deliveries, sent over connections that each wait for an answer before the next.
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { cpuOf, pause } from './measure.mjs';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
/** For receivers that know no Standard Webhooks: an HMAC of the body, in hexadecimal. */
export const PLAIN_SECRET = 'plain-secret';
export const CONNECTIONS = 64;
const DISTINCT = 2000;
const WARM_MS = 1500;

/** Whole requests, each with an id and a signature of its own. */
export function requests(bodyBytes) {
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const timestamp = Math.floor(Date.now() / 1000);
  return Array.from({ length: DISTINCT }, (_none, index) => {
    const id = `msg_${index}_${randomBytes(6).toString('hex')}`;
    const frame = { id, type: 'screening.completed', data: { rows: [] } };
    const row = { name: 'Ada Example', status: 'clear', score: 0.25, note: 'näher geprüft' };
    while (Buffer.byteLength(JSON.stringify(frame)) < bodyBytes) frame.data.rows.push(row);
    const body = Buffer.from(JSON.stringify(frame));
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    const head = [
      'POST /hooks/kyc HTTP/1.1',
      'host: localhost',
      'content-type: application/json',
      'user-agent: bench/1',
      `webhook-id: ${id}`,
      `webhook-timestamp: ${timestamp}`,
      `webhook-signature: v1,${signature}`,
      `x-signature: ${createHmac('sha256', PLAIN_SECRET).update(body).digest('hex')}`,
      `content-length: ${body.length}`,
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
  });
}

/** Sends until it is stopped, or `limit` were answered; `stop` resolves when all is closed. */
export function send(port, all, limit = Number.POSITIVE_INFINITY) {
  const state = { answered: 0, refused: 0, isOver: false };
  let next = 0;
  const connections = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    const post = () => {
      next += 1;
      socket.write(all[next % all.length]);
    };
    socket.on('connect', post);
    socket.on('error', () => {
      state.refused += 1;
    });
    socket.on('data', (data) => {
      // Answers are small and come one at a time: each in one piece.
      if (data[9] === 0x32) state.answered += 1;
      else state.refused += 1;
      if (!state.isOver && state.answered < limit) post();
      else socket.destroy();
    });
    return once(socket, 'close');
  });
  return {
    state,
    done: Promise.all(connections),
    async stop() {
      state.isOver = true;
      await Promise.all(connections);
      if (state.refused > 0) throw new Error(`${state.refused} were refused`);
    },
  };
}

/** Answers a second, and microseconds of processor time each. */
export async function load({ child, port }, all, windowMs) {
  const sending = send(port, all);
  await pause(WARM_MS);
  const [from, cpu, begin] = [sending.state.answered, cpuOf(child.pid), process.hrtime.bigint()];
  await pause(windowMs);
  const count = sending.state.answered - from;
  const rate = (count * 1e9) / Number(process.hrtime.bigint() - begin);
  const each = (cpuOf(child.pid) - cpu) / count;
  await sending.stop();
  return { rate, each };
}
