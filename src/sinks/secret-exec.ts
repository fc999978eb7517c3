import type { Readable } from 'node:stream';
import { type Ending, type Environment, type Running, start, withinTime } from '../child.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { REDACTED, redact } from '../redact.ts';
import type { Secret } from '../secret.ts';
import type { Subject } from './template.ts';

/** How long a command may take. */
export const COMMAND_TIMEOUT_MS = 60_000;
/** How long its last words may take: another process may hold its output open. */
const LAST_WORDS_MS = 500;
/** Of its output, the end is kept: where it says why it failed. */
const MAX_KEPT_BYTES = 16 * 1024;
const MAX_SHOWN_CHARS = 500;

export interface Surroundings {
  readonly env: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A signing secret on its way, and whose it is. */
export interface Handover extends Subject {
  readonly webhookUrl: string | null;
  readonly secret: Secret;
}

/**
 * Runs a command line of the user in the shell, with the secret on its standard input, without a line break, and whose
 * it is in its environment. Throws Failure `store_unwritable` where it fails or takes longer than 60 s, the signal's
 * reason where that aborts; then it does not run any more.
 */
export async function runSecretExec(
  line: string,
  handover: Handover,
  { env, clock, signal }: Surroundings,
): Promise<void> {
  signal.throwIfAborted();
  const running = start({ program: { line }, env, added: about(handover), hasInput: true }, clock);
  // Each by itself: what comes in between would hide a secret from its redaction.
  const outputs = running.outputs.map((output) => new Tail(output));
  running.stdin?.end(Buffer.from(handover.secret.reveal(), 'utf8'));
  const ending = await firstOf(running, clock, signal);
  if (ending === 'late') throw failed(`it did not end within ${COMMAND_TIMEOUT_MS / 1000} s`, '');
  await withinTime(clock, LAST_WORDS_MS, running.closed);
  if (!ending.isSuccess)
    throw failed(
      ending.how,
      outputs
        .map((output) => output.shown(handover.secret))
        .join(' ')
        .trim(),
    );
}

/** Its end, or `late` once it was stopped for taking too long. */
async function firstOf(running: Running, clock: Clock, signal: AbortSignal): Promise<Ending | 'late'> {
  const over = new AbortController();
  const late = clock
    .sleep(COMMAND_TIMEOUT_MS, AbortSignal.any([signal, over.signal]))
    .then(() => 'late' as const);
  try {
    const ending = await Promise.race([running.over, late]);
    if (ending === 'late') await running.stop();
    return ending;
  } catch (error) {
    await running.stop();
    throw error;
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}

const about = ({ webhookId, eventType, webhookUrl }: Handover): Readonly<Record<string, string>> => ({
  KYCGENIE_WEBHOOK_ID: withoutNul(webhookId),
  KYCGENIE_EVENT_TYPE: withoutNul(eventType ?? ''),
  KYCGENIE_WEBHOOK_URL: withoutNul(webhookUrl ?? ''),
});

/** No environment can hold one. */
const withoutNul = (text: string): string => text.replaceAll('\0', '');

const failed = (how: string, said: string): Failure =>
  new Failure(
    'store_unwritable',
    `The command of --secret-exec failed: ${how}${said === '' ? '' : `: ${said}`}`,
  );

/** The end of what a program prints. It is read whole, so that the program never waits. */
class Tail {
  #kept = Buffer.alloc(0);
  #isCut = false;

  constructor(output: Readable) {
    output.on('data', (chunk: Buffer) => this.#take(chunk));
    output.on('error', () => undefined);
  }

  #take(chunk: Buffer): void {
    const all = Buffer.concat([this.#kept, chunk]);
    this.#isCut ||= all.length > MAX_KEPT_BYTES;
    this.#kept = all.subarray(-MAX_KEPT_BYTES);
  }

  /** On one line, without the secret, also as base64 has it. Where the beginning is cut off, no word is left in halves. */
  shown(secret: Secret): string {
    const text = this.#kept.toString('utf8');
    const whole = this.#isCut ? text.replace(/^\S*/, '') : text;
    const base64 = Buffer.from(secret.reveal(), 'utf8').toString('base64').replace(/=+$/, '');
    const tame = redact(whole.replaceAll(base64, REDACTED), [secret]).replace(/\s+/g, ' ').trim();
    return tame.length > MAX_SHOWN_CHARS ? `…${tame.slice(-MAX_SHOWN_CHARS)}` : tame;
  }
}
