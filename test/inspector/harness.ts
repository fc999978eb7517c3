import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { afterEach } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { ReadAsset } from '../../src/inspector/assets.ts';
import { Deliveries } from '../../src/inspector/deliveries.ts';
import { openInspector } from '../../src/inspector/inspector.ts';
import type { Sources } from '../../src/inspector/sources.ts';
import { serve } from '../../src/serve.ts';
import { findPreset } from '../../src/signing/scheme.ts';
import type { Json } from '../support/sandbox.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Runs after the test, the last one first. */
export const afterwards = (close: () => unknown): void => void closing.push(close);

export const STATE = {
  version: '1.2.3',
  profile: 'default',
  mode: 'inbox',
  listening_url: null,
  forward_to: null,
  has_account: false,
  base_url: 'https://api.example.com/',
} as const;

const PAGE: Readonly<Record<string, string>> = {
  'ui/index.html': 'the page',
  'ui/app.js': 'the script',
  'ui/app.css': 'the style',
};
const readPage: ReadAsset = async (name) => Buffer.from(PAGE[name] ?? '');

interface Given {
  readonly dataDir?: string | null;
  readonly sources?: Partial<Sources>;
  readonly asset?: ReadAsset;
  readonly errors?: unknown[];
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  json(): Json;
}

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  /** Undefined takes away what a browser of the page would send. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** An inspector on a free port, and a browser that was let in. */
export async function opened({ dataDir = null, sources, asset = readPage, errors = [] }: Given = {}) {
  const deliveries = new Deliveries({ clock: systemClock, dataDir });
  const inspector = await openInspector({
    ...{ serve, port: 0, portOption: '--ui-port', clock: systemClock, deliveries, asset },
    onError: (error) => errors.push(error),
    sources: {
      state: () => STATE,
      addressOf: ({ sentTo }) => sentTo,
      schemeOf: async (name) => findPreset(name ?? '') ?? null,
      replay: async () => {
        throw new Error('Nobody replays here');
      },
      account: null,
      ...sources,
    },
  });
  afterwards(() => inspector.close());
  const { port } = inspector;
  const { cookie, folder } = await enter(inspector.url, port);
  const ask = ({ path = '/', headers, ...asked }: Asked): Promise<Answered> =>
    send(port, { ...asked, path: folder + path, headers: { cookie, ...headers } });
  return {
    ...{ inspector, port, cookie, folder, deliveries, ask, origin: `http://127.0.0.1:${port}` },
    get: async (path: string): Promise<Json> => (await ask({ path })).json(),
    post: (path: string, body: unknown, headers: Asked['headers'] = {}): Promise<Answered> =>
      ask({
        method: 'POST',
        path,
        body: JSON.stringify(body),
        headers: {
          origin: `http://127.0.0.1:${port}`,
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/json',
          ...headers,
        },
      }),
    live: (path: string) => listenTo(port, folder + path, cookie),
  };
}

/** What the token of an address is changed for; both are empty where it is wrong. */
export async function enter(address: string, port: number) {
  const { pathname, search } = new URL(address);
  const { headers } = await send(port, { path: pathname + search });
  return {
    cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '',
    /** What comes before all paths. */
    folder: headers.location?.replace(/\/$/, '') ?? '',
  };
}

export function send(
  port: number,
  { method = 'GET', path = '/', headers = {}, body }: Asked,
): Promise<Answered> {
  const sent = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: sent, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: text,
            json: () => JSON.parse(text),
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Server-sent events as they come. */
export interface Stream {
  readonly status: number;
  /** All that came so far. */
  text(): string;
  lines(): readonly Json[];
  /** Resolves when one with these fields is there, past or to come; rejects when the stream ends before. */
  line(fields: Readonly<Record<string, unknown>>): Promise<Json>;
  leave(): void;
  readonly ended: Promise<void>;
}

export function listenTo(port: number, path: string, cookie: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => {
      let text = '';
      const watchers = new Set<() => void>();
      answer.setEncoding('utf8');
      answer.on('error', () => undefined);
      const ended = new Promise<void>((over) => answer.once('close', over));
      const lines = (): readonly Json[] =>
        [...text.matchAll(/^data: (.*)\n\n/gm)].map(([, data = '']) => JSON.parse(data));
      const stream: Stream = {
        ...{ status: answer.statusCode ?? 0, text: () => text, lines, ended, leave: () => request.destroy() },
        line: (fields) =>
          new Promise((found, missing) => {
            const look = (): void => {
              const line = lines().find((one) =>
                Object.entries(fields).every(([name, value]) => one[name] === value),
              );
              if (line === undefined) return;
              watchers.delete(look);
              found(line);
            };
            watchers.add(look);
            look();
            void ended.then(() => missing(new Error(`It ended before: ${text}`)));
          }),
      };
      answer.on('data', (chunk: string) => {
        text += chunk;
        for (const look of watchers) look();
        // Its first chunk says that it is there.
        resolve(stream);
      });
      answer.on('end', () => resolve(stream));
      afterwards(() => request.destroy());
    });
    request.on('error', reject);
    request.end();
  });
}
