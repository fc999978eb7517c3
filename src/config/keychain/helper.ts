import { type Environment, type Running, start, withinTime } from '../../child.ts';
import type { Clock } from '../../clock.ts';
import { isRecord } from '../../record.ts';

/** The program that asks the keychain, and its arguments: bin/keychain.cjs. Null in a build that has none. */
export type HelperProgram = { readonly path: string; readonly args: readonly string[] } | null;

export type Question =
  | { readonly op: 'put'; readonly account: string; readonly value: string }
  | { readonly op: 'get' | 'delete'; readonly account: string };

/** The value that is there now; or why there is no answer, as half a sentence for people. */
export type Answer = { readonly value: string | null } | { readonly problem: string };

export interface HelperOptions {
  readonly program: HelperProgram;
  readonly env: Environment;
  readonly clock: Clock;
}

const ANSWER_MS = 3_000;
/**
 * After it failed, nothing is asked for so long: many secrets are not to wait for it one by one, nor a person to be
 * asked for the password at each.
 */
const SILENCE_MS = 30_000;
/** The process ends when it has nothing to do, perhaps just as it is asked; and Ctrl-C may end it. */
const ATTEMPTS = 2;
/** Far more than an answer takes. */
const MAX_ANSWER_CHARS = 64 * 1024;

const LATE = `it did not answer within ${ANSWER_MS / 1000} s: it may be locked and wait for its password`;
const MISSING =
  'the optional package @napi-rs/keyring, which reaches it, is not installed with this kycgenie';

/** One question at a time to the process that asks the keychain, which is started on use. */
export class Helper {
  readonly #options: HelperOptions;
  #last: Promise<unknown> = Promise.resolve();
  #process: Exchange | null = null;
  #failed: { readonly answer: Answer; readonly untilMs: number } | null = null;

  constructor(options: HelperOptions) {
    this.#options = options;
  }

  ask(question: Question): Promise<Answer> {
    const answer = this.#last.then(() => this.#ask(question));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #ask(question: Question): Promise<Answer> {
    const { program, clock } = this.#options;
    if (program === null) return { problem: MISSING };
    if (this.#failed && clock.now() < this.#failed.untilMs) return this.#failed.answer;
    const answer = await this.#inTime(this.#try(JSON.stringify(question), program));
    this.#failed = 'problem' in answer ? { answer, untilMs: clock.now() + SILENCE_MS } : null;
    return answer;
  }

  async #inTime(asked: Promise<Answer>): Promise<Answer> {
    if (await withinTime(this.#options.clock, ANSWER_MS, asked)) return asked;
    this.#process?.stop();
    this.#process = null;
    return { problem: LATE };
  }

  async #try(question: string, program: NonNullable<HelperProgram>): Promise<Answer> {
    const { env, clock } = this.#options;
    let how = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      this.#process ??= new Exchange(start({ program, env, hasInput: true }, clock));
      const line = await this.#process.exchange(question);
      if ('text' in line) return readAnswer(line.text);
      this.#process = null;
      how = line.how;
    }
    return { problem: `the program that asks it failed: ${how}` };
  }
}

/** A process that answers a line with a line. */
class Exchange {
  readonly #running: Running;
  #text = '';
  #wake: () => void = () => undefined;

  constructor(running: Running) {
    this.#running = running;
    running.outputs[0]?.setEncoding('utf8').on('data', (text: string) => {
      this.#text = (this.#text + text).slice(0, MAX_ANSWER_CHARS);
      this.#wake();
    });
    running.outputs[1]?.resume();
  }

  async exchange(line: string): Promise<{ readonly text: string } | { readonly how: string }> {
    this.#text = '';
    this.#running.stdin?.write(`${line}\n`);
    const answered = new Promise<{ text: string }>((resolve) => {
      this.#wake = () => this.#text.endsWith('\n') && resolve({ text: this.#text });
    });
    return Promise.race([answered, this.#running.over]);
  }

  /** Whether it has ended is nobody's business any more. */
  stop(): void {
    void this.#running.stop();
  }
}

function readAnswer(text: string): Answer {
  const answer = parse(text);
  if (!isRecord(answer)) return { problem: 'the program that asks it said nothing that can be read' };
  const { value, problem, missing } = answer;
  if (missing === true) return { problem: MISSING };
  if (typeof problem === 'string') return { problem: `it refused: ${firstSentence(problem)}` };
  return { value: typeof value === 'string' ? value : null };
}

/** The libraries' errors go on to guess. */
const firstSentence = (text: string): string => text.split(/\.(?:\s|$)/, 1)[0] ?? text;

/** The parser's own error is dropped: it quotes the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
