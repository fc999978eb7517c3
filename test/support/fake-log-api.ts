import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Api, LogPage } from '../../src/api/client.ts';
import type { ApiVersion, LogEntry } from '../../src/api/wire.ts';
import { ApiFailure } from '../../src/errors.ts';
import { NetworkFailure } from '../../src/http/failure.ts';

/** What goes wrong with one request. `expired` does so only where a cursor or a later page is asked for. */
export type LogFault = 'limited' | 'error' | 'reset' | 'cut' | 'hang' | 'expired' | 'forbidden';

interface Listed {
  entry: LogEntry;
  readonly at: number;
  readonly seq: number;
}

/** A delivery log that tests write: newest first by creation, of equal times by insertion. */
export class FakeLog {
  readonly #listed: Listed[] = [];
  readonly #byId = new Map<string, Listed>();
  #seq = 0;
  #epoch = 0;

  /** A larger page_size is clipped to it. */
  readonly maxPageSize: number;

  constructor(maxPageSize = 100) {
    this.maxPageSize = maxPageSize;
  }

  get size(): number {
    return this.#listed.length;
  }

  /** Milliseconds since the epoch, of the newest entry; 0 where there is none. */
  get newestAt(): number {
    return this.#listed.at(-1)?.at ?? 0;
  }

  entries(): readonly LogEntry[] {
    return this.#listed.map(({ entry }) => entry);
  }

  get(id: string): LogEntry | undefined {
    return this.#byId.get(id)?.entry;
  }

  insert(entry: LogEntry): void {
    this.#seq += 1;
    const listed = { entry, at: Date.parse(entry.created_at), seq: this.#seq };
    this.#listed.splice(this.#end(listed.at, listed.seq), 0, listed);
    this.#byId.set(entry.id, listed);
  }

  change(id: string, changes: Partial<LogEntry>): void {
    const listed = this.#byId.get(id);
    if (listed) listed.entry = { ...listed.entry, ...changes };
  }

  forgetOldest(count: number): void {
    for (const { entry } of this.#listed.splice(0, count)) this.#byId.delete(entry.id);
  }

  expireCursors(): void {
    this.#epoch += 1;
  }

  /** Null for a cursor that does not exist or has expired. */
  page(version: ApiVersion, after: string | null, pageSize: number): LogPage | null {
    const size = Math.min(pageSize, this.maxPageSize);
    const total = version === 'v1' ? this.#listed.length : null;
    const end = version === 'v1' ? this.#endOfPage(after, size) : this.#endByCursor(after);
    if (end === null) return null;
    const start = Math.max(0, end - size);
    const listed = this.#listed.slice(start, end).reverse();
    const last = listed.at(-1);
    const next = version === 'v1' ? String(Number(after ?? 1) + 1) : last && this.#cursor(last);
    return { entries: listed.map(({ entry }) => entry), next: start > 0 ? (next ?? null) : null, total };
  }

  #endOfPage(after: string | null, size: number): number {
    return Math.max(0, this.#listed.length - (Number(after ?? 1) - 1) * size);
  }

  #endByCursor(after: string | null): number | null {
    if (after === null) return this.#listed.length;
    const [epoch, at, seq] = Buffer.from(after, 'base64url').toString().split(' ').map(Number);
    if (epoch !== this.#epoch || at === undefined || seq === undefined) return null;
    return this.#end(at, seq);
  }

  #cursor({ at, seq }: Listed): string {
    return Buffer.from(`${this.#epoch} ${at} ${seq}`).toString('base64url');
  }

  /** How many are listed as older than an entry of this time and number. */
  #end(at: number, seq: number): number {
    let low = 0;
    let high = this.#listed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const one = this.#listed[middle];
      if (one && (one.at < at || (one.at === at && one.seq < seq))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export interface Misbehaviour {
  /** The fault of the request that comes now; what happens to the log before it is answered happens here. */
  onRequest?(after: string | null): LogFault | undefined;
}

/** The log without sockets: what the API client would make of the same answers. */
export const directApi = (
  log: FakeLog,
  version: ApiVersion,
  { onRequest }: Misbehaviour = {},
): Pick<Api, 'logPage'> => ({
  async logPage({ after = null, pageSize = 50, signal } = {}) {
    signal?.throwIfAborted();
    const fault = onRequest?.(after);
    signal?.throwIfAborted();
    if (fault !== undefined && !(fault === 'expired' && after === null)) throw failureOf(fault);
    const page = log.page(version, after, pageSize);
    if (page === null) throw failureOf('expired');
    return page;
  },
});

function failureOf(fault: LogFault): Error {
  const problem = { code: undefined, requestId: undefined, errors: undefined, details: undefined };
  const refused = (kind: 'rate_limited' | 'api_unavailable' | 'rejected' | 'not_logged_in', status: number) =>
    new ApiFailure(kind, `The API answered ${status}`, { ...problem, httpStatus: status });
  switch (fault) {
    case 'limited':
      return Object.assign(refused('rate_limited', 429), { retryAfterMs: 3_000 });
    case 'error':
      return refused('api_unavailable', 500);
    case 'expired':
      return refused('rejected', 400);
    case 'forbidden':
      return refused('not_logged_in', 403);
    case 'reset':
    case 'cut':
      return new NetworkFailure(fault, 'The connection was closed', {});
    case 'hang':
      return new NetworkFailure('timeout', 'No answer in time', {});
  }
}

export interface FakeLogApi {
  readonly url: URL;
  readonly requests: number;
  close(): Promise<void>;
}

/** The log on a socket, v1 and v2, with real faults. */
export async function startFakeLogApi(log: FakeLog, misbehaviour: Misbehaviour = {}): Promise<FakeLogApi> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(request, response, log, misbehaviour);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  log: FakeLog,
  { onRequest }: Misbehaviour,
): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const version: ApiVersion = pathname.startsWith('/api/v1/') ? 'v1' : 'v2';
  const page = searchParams.get('page');
  const after = version === 'v2' ? searchParams.get('after') : page === '1' ? null : page;
  const size = Number(searchParams.get('page_size') ?? 50);
  const fault = onRequest?.(after);
  const found = fault === 'expired' && after !== null ? null : log.page(version, after, size);
  if (found === null) {
    send(response, 400, { error: 'Not a cursor' });
    return;
  }
  fail(fault, response, version === 'v1' ? numbered(found, page, size, log) : byCursor(found));
}

function fail(fault: LogFault | undefined, response: ServerResponse, body: unknown): void {
  switch (fault) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'limited':
      send(response, 429, { error: 'Slow down' }, { 'retry-after': '1' });
      return;
    case 'error':
      send(response, 500, { error: 'Broken' });
      return;
    case 'forbidden':
      send(response, 403, { error: 'Not yours' });
      return;
    case 'cut':
      cut(response, JSON.stringify(body));
      return;
    default:
      send(response, 200, body);
  }
}

function cut(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(text.length) });
  response.write(text.slice(0, text.length >> 1), () => response.socket?.destroy());
}

const numbered = ({ entries, total }: LogPage, page: string | null, size: number, log: FakeLog) => ({
  ...{ total, page: Number(page ?? 1), page_size: Math.min(size, log.maxPageSize), logs: entries },
});

const byCursor = ({ entries, next }: LogPage) => ({
  ...{ has_more: next !== null, next_cursor: next, prev_cursor: null, results: entries },
});

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
