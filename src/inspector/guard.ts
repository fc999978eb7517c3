import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Answer, ReceivedRequest } from '../serve.ts';
import { refusal } from './answers.ts';

const SECRET_BYTES = 32;

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

  constructor(port: number) {
    this.#port = port;
  }

  /** With the token, good for as long as this run. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/?token=${this.#token}`;
  }

  /** What a request gets that is not let in, or that brings the token; null: it is let in. */
  stop(request: ReceivedRequest, purpose: Purpose, token: string | null): Answer | null {
    const host = only(request, 'host');
    if (host !== `127.0.0.1:${this.#port}` && host !== `localhost:${this.#port}`)
      return refusal(421, 'This server has another name', `Open http://127.0.0.1:${this.#port}.`);
    if (!isFromHere(request, purpose, `http://${host}`))
      return refusal(403, 'Another page may not ask this server');
    if (purpose === 'change' && !/^application\/json(?:;|$)/i.test(only(request, 'content-type') ?? ''))
      return refusal(415, 'A body has to be application/json');
    if (token !== null) return this.#enter(token);
    if (this.#hasSession(request)) return null;
    if (purpose !== 'page') return refusal(401, 'Not let in', OPEN_PRINTED);
    return valuesOf(request, 'sec-fetch-site').includes('cross-site') ? COME_AGAIN : NOT_LET_IN;
  }

  /** Changes the token of an address for a cookie. */
  #enter(token: string): Answer {
    if (!isSame(token, this.#token)) return NOT_LET_IN;
    const cookie = `${this.#cookie}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`;
    return {
      status: 303,
      headers: [
        ['location', '/'],
        ['set-cookie', cookie],
      ],
    };
  }

  /** For cookies all ports of a host are one. */
  get #cookie(): string {
    return `kycgenie_inspector_${this.#port}`;
  }

  #hasSession(request: ReceivedRequest): boolean {
    return valuesOf(request, 'cookie')
      .flatMap((line) => line.split(';'))
      .map((pair) => pair.trim().split('='))
      .some(([name, value = '']) => name === this.#cookie && isSame(value, this.#session));
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
const COME_AGAIN: Answer = {
  status: 200,
  headers: [['content-type', 'text/html; charset=utf-8']],
  body: '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>kycgenie</title>',
};

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
