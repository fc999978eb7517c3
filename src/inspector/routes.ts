import type { Clock } from '../clock.ts';
import { isRecord } from '../record.ts';
import type { Answer, ReceivedRequest } from '../serve.ts';
import { json, Refusal } from './answers.ts';
import type { Deliveries, Whole } from './deliveries.ts';
import { detailOf, fixtureOf } from './detail.ts';
import { eventStream } from './event-stream.ts';
import { LogFeed } from './log-feed.ts';
import type { ReplayRequest, RetryOutcome } from './protocol.ts';
import type { AccountSource, Sources } from './sources.ts';

const DEFAULT_ROWS = 200;
const MAX_ROWS = 500;
/** Streams of all pages together; each page has one or two. */
const MAX_STREAMS = 16;
const MAX_SEARCHES = 4;
const MAX_SEARCH_CHARS = 1_000;
const MAX_ID_CHARS = 200;
/** Where `listen` takes deliveries unless it is told otherwise. */
const USUAL_RECEIVER = 'http://127.0.0.1:4242';

interface RoutesOptions {
  readonly deliveries: Deliveries;
  readonly sources: Sources;
  readonly clock: Clock;
}

/** What the page asks for, behind the guard. Each throws Refusal or Failure. */
export class Routes {
  readonly #deliveries: Deliveries;
  readonly #sources: Sources;
  readonly #logs: LogFeed | null;
  #streams = 0;
  #searches = 0;

  constructor({ deliveries, sources, clock }: RoutesOptions) {
    this.#deliveries = deliveries;
    this.#sources = sources;
    const { account } = sources;
    this.#logs = account && new LogFeed({ clock, follow: (signal) => account.follow(signal) });
  }

  /** A path below /api/. */
  async get(path: string, query: URLSearchParams, request: ReceivedRequest): Promise<Answer> {
    switch (path) {
      case '/api/state':
        return json(this.#sources.state());
      case '/api/deliveries':
        return json(await this.#deliveries.page(query.get('before'), limitOf(query.get('limit'))));
      case '/api/search':
        return this.#search(query.get('text') ?? '', request.signal);
      case '/api/deliveries/live':
        return this.#stream(request.signal, (signal) => this.#deliveries.live(signal));
      case '/api/logs/live':
        return this.#liveLogs(request.signal);
      case '/api/webhooks':
        return json(await this.#account().subscriptions(request.signal));
      default:
        return this.#delivery(path);
    }
  }

  async post(path: string, { body, signal }: ReceivedRequest): Promise<Answer> {
    const [, kind, id, action] = /^\/api\/([a-z]+)\/([^/]+)\/([a-z]+)$/.exec(path) ?? [];
    const value = parsed(body);
    if (kind === 'deliveries' && action === 'replay') {
      const { kept } = await this.#find(decoded(id));
      return json(await this.#sources.replay(kept, replayOf(value), signal));
    }
    if (kind !== 'logs' || action !== 'retry') throw nothingHere();
    const outcome: RetryOutcome = {
      id: decoded(id),
      message: await this.#account().retry(decoded(id), signal),
    };
    return json(outcome);
  }

  async #delivery(path: string): Promise<Answer> {
    const [, id, action] = /^\/api\/deliveries\/([^/]+)(\/fixture)?$/.exec(path) ?? [];
    if (id === undefined) throw nothingHere();
    const whole = await this.#find(decoded(id));
    if (action !== undefined) return fixtureAnswer(whole);
    const scheme = await this.#sources.schemeOf(whole.kept.signature.scheme);
    const receiverUrl = this.#sources.state().listening_url ?? USUAL_RECEIVER;
    const usualAddress = this.#sources.addressOf(whole.kept);
    return json(detailOf(whole, { scheme, receiverUrl, usualAddress }));
  }

  async #find(id: string): Promise<Whole> {
    const whole = await this.#deliveries.find(id);
    if (whole === null) throw new Refusal(404, 'This delivery is not kept, or not any more');
    return whole;
  }

  async #search(text: string, signal: AbortSignal): Promise<Answer> {
    if (text === '' || text.length > MAX_SEARCH_CHARS)
      throw new Refusal(400, `A text to search for has 1 to ${MAX_SEARCH_CHARS} characters`);
    if (this.#searches >= MAX_SEARCHES) throw new Refusal(429, 'Too many searches at once');
    this.#searches += 1;
    try {
      return json(await this.#deliveries.search(text, signal));
    } finally {
      this.#searches -= 1;
    }
  }

  #liveLogs(signal: AbortSignal): Answer {
    this.#account();
    const logs = this.#logs;
    if (logs === null) throw nothingHere();
    return this.#stream(signal, (until) => logs.open(until));
  }

  #stream(
    signal: AbortSignal,
    open: (signal: AbortSignal) => AsyncIterable<{ readonly type: string } | null>,
  ): Answer {
    if (this.#streams >= MAX_STREAMS)
      throw new Refusal(429, `${MAX_STREAMS} streams are open already`, 'Close a page that you do not need.');
    signal.throwIfAborted();
    this.#streams += 1;
    signal.addEventListener(
      'abort',
      () => {
        this.#streams -= 1;
      },
      { once: true },
    );
    return eventStream(open(signal));
  }

  #account(): AccountSource {
    if (this.#sources.account) return this.#sources.account;
    throw new Refusal(403, 'There is no API key', 'Run kycgenie login, and start this again.');
  }
}

export const nothingHere = (): Refusal => new Refusal(404, 'There is nothing here');

function fixtureAnswer(whole: Whole): Answer {
  // Of an id that a changed file may hold, too: nothing but what any system takes as a name.
  const name = `kycgenie-${whole.kept.id.replace(/[^0-9A-Za-z-]/g, '').slice(0, 36)}.json`;
  return json(fixtureOf(whole), 200, [['content-disposition', `attachment; filename="${name}"`]]);
}

function limitOf(text: string | null): number {
  if (text === null) return DEFAULT_ROWS;
  if (!/^\d{1,6}$/.test(text) || Number(text) < 1) throw new Refusal(400, 'A limit is a whole number from 1');
  return Math.min(Number(text), MAX_ROWS);
}

function decoded(id: string | undefined): string {
  try {
    const text = decodeURIComponent(id ?? '');
    if (text !== '' && text.length <= MAX_ID_CHARS) return text;
  } catch {
    // Told below.
  }
  throw nothingHere();
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw new Refusal(400, 'The body is not JSON');
  }
}

function replayOf(value: unknown): ReplayRequest {
  const { to = null, resign = false } = isRecord(value) ? value : { to: false };
  if ((to === null || typeof to === 'string') && typeof resign === 'boolean') return { to, resign };
  throw new Refusal(400, 'A replay takes {"to": <url or null>, "resign": <true or false>}');
}
