import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Answer, ReceivedRequest } from '../serve.ts';
import { refusal } from './answers.ts';

const SECRET_BYTES = 32;
const COOKIE = 'kycgenie_inspector';

/** What a request wants, as far as the guard tells requests apart. */
export type Purpose = 'page' | 'read' | 'stream' | 'change';

const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/**
 * Lets in who has the address that was printed, and nobody who sits in another page of the same browser: another
 * host name that leads here, another site, or another port of this machine, which for cookies is the same site.
 */
export class Guard {
  readonly #port: number;
  readonly #token = newSecret();
  readonly #session = newSecret();
  /**
   * Everything is below it. A browser sends a cookie to all ports of a host, but to no path besides its own: who
   * listens at another port would have to guess this one to be sent the cookie, or to put another in its place.
   */
  readonly #folder = `/${newSecret()}/`;

  constructor(port: number) {
    this.#port = port;
  }

  /** With the token, good for as long as this run. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/?token=${this.#token}`;
  }

  /** The path below the folder that nobody can guess, with a slash before it; null: it is somewhere else. */
  within(path: string): string | null {
    const { length } = this.#folder;
    return isSame(path.slice(0, length), this.#folder) ? path.slice(length - 1) : null;
  }

  /** What a request gets that is not within: for the token a cookie, and the way in. */
  enter(request: ReceivedRequest, token: string | null): Answer {
    const misled = this.#misled(request);
    if (misled) return misled;
    if (token === null || !isSame(token, this.#token)) return NOT_LET_IN;
    const cookie = `${COOKIE}=${this.#session}; HttpOnly; SameSite=Strict; Path=${this.#folder}`;
    return {
      status: 303,
      headers: [
        ['location', this.#folder],
        ['set-cookie', cookie],
      ],
    };
  }

  /** What a request within gets that is not let in; null: it is. */
  stop(request: ReceivedRequest, purpose: Purpose): Answer | null {
    const misled = this.#misled(request);
    if (misled) return misled;
    if (!isFromHere(request, purpose, `http://${only(request, 'host')}`))
      return refusal(403, 'Another page may not ask this server');
    if (purpose === 'change' && !/^application\/json(?:;|$)/i.test(only(request, 'content-type') ?? ''))
      return refusal(415, 'A body has to be application/json');
    if (this.#hasSession(request)) return null;
    if (purpose !== 'page') return refusal(401, 'Not let in', OPEN_PRINTED);
    return valuesOf(request, 'sec-fetch-site').includes('cross-site') ? comeAgain(this.#folder) : NOT_LET_IN;
  }

  /** A name that was made to lead here is not ours. */
  #misled(request: ReceivedRequest): Answer | null {
    const host = only(request, 'host');
    if (host === `127.0.0.1:${this.#port}` || host === `localhost:${this.#port}`) return null;
    return refusal(421, 'This server has another name', `Open http://127.0.0.1:${this.#port}.`);
  }

  #hasSession(request: ReceivedRequest): boolean {
    return valuesOf(request, 'cookie')
      .flatMap((line) => line.split(';'))
      .map((pair) => pair.trim().split('='))
      .some(([name, value = '']) => name === COOKIE && isSame(value, this.#session));
  }
}

const OPEN_PRINTED = 'Open the address that this run of kycgenie has printed: it holds a token.';

/** For a person. */
const NOT_LET_IN: Answer = {
  status: 401,
  headers: [['content-type', 'text/plain; charset=utf-8']],
  body: `Not let in. ${OPEN_PRINTED}\n`,
};

/**
 * A browser that comes from a link of another site holds a strict cookie back, also behind a redirect; this page
 * brings it here on its own account.
 */
const comeAgain = (folder: string): Answer => ({
  status: 200,
  headers: [['content-type', 'text/html; charset=utf-8']],
  body: `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${folder}"><title>kycgenie</title>`,
});

/** As the browser tells it. A client that is no browser tells nothing, and has to have the cookie anyway. */
function isFromHere(request: ReceivedRequest, purpose: Purpose, origin: string): boolean {
  const origins = valuesOf(request, 'origin');
  const sites = valuesOf(request, 'sec-fetch-site');
  if (purpose === 'page') return true;
  if (purpose === 'change' && origins.length !== 1) return false;
  const allowed = purpose === 'read' ? ['same-origin', 'none'] : ['same-origin'];
  return origins.every((one) => one === origin) && sites.every((one) => allowed.includes(one));
}

/** In a time that tells nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function valuesOf({ headers }: ReceivedRequest, wanted: string): readonly string[] {
  return headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}

/** Undefined where there is none, or more than one. */
function only(request: ReceivedRequest, wanted: string): string | undefined {
  const values = valuesOf(request, wanted);
  return values.length === 1 ? values[0] : undefined;
}
