import { Failure } from '../errors.ts';
import { type ApiAnswer, readAs, readLoosely, unexpected } from './answer.ts';
import type { Api, LogPage } from './client.ts';
import { pathPart } from './inputs.ts';
import type { Request } from './request.ts';
import * as schemas from './schemas.ts';
import type { ApiVersion } from './wire.ts';

type LogCalls = Pick<Api, 'logPage' | 'retryDelivery'>;

/** The delivery log. Pages run by cursor in v2 and by number in v1; both come out as `next`. */
export const logCalls = (request: Request, version: ApiVersion): LogCalls => ({
  logPage: async ({ after = null, pageSize, signal, onLimited } = {}) => {
    const size = pageSize === undefined ? {} : { page_size: String(pageSize) };
    const paging = version === 'v1' ? numberedPages(after) : cursorPages(after);
    return request({
      method: 'GET',
      path: 'logs/',
      query: { ...paging.query, ...size },
      signal,
      onLimited,
      read: paging.read,
    });
  },

  retryDelivery: async (logId, options) =>
    request({
      method: 'POST',
      path: `logs/${pathPart(logId)}/retry/`,
      signal: options?.signal,
      read: (answer) => readAs(schemas.acknowledged, answer),
    }),
});

interface Paging {
  readonly query: Readonly<Record<string, string>>;
  read(answer: ApiAnswer): LogPage;
}

function cursorPages(after: string | null): Paging {
  return {
    query: after === null ? {} : { after },
    read(answer) {
      const { results, has_more, next_cursor } =
        readLoosely(schemas.wholeLogPageV2, answer) ?? readAs(schemas.logPageV2, answer);
      const next = has_more && next_cursor !== '' ? next_cursor : null;
      if (next !== null && next === after)
        throw unexpected(answer, 'the page that was asked for as its next page');
      return { entries: results, next, total: null };
    },
  };
}

function numberedPages(after: string | null): Paging {
  const page = after === null ? 1 : Number(after);
  if (!Number.isSafeInteger(page) || page < 1) {
    throw new Failure('usage', 'Pages of API v1 are numbers from 1', {
      hint: 'A cursor of v2 does not work with v1: start again without one.',
    });
  }
  return {
    query: { page: String(page) },
    read(answer) {
      const { logs, total, page_size } =
        readLoosely(schemas.wholeLogPageV1, answer) ?? readAs(schemas.logPageV1, answer);
      const perPage = page_size !== null && page_size > 0 ? page_size : logs.length;
      const isLast = logs.length === 0 || (total !== null && page * perPage >= total);
      return { entries: logs, next: isLast ? null : String(page + 1), total };
    },
  };
}
