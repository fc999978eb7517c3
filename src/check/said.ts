import { excerpt } from '../http/excerpt.ts';
import type { HttpResponse } from '../http.ts';

/** Longer addresses of redirects are cut off. */
const MAX_LOCATION_CHARS = 200;
const HTML = /^(?:\s|<!--.{0,500}?-->)*<(?:!doctype html|html)\b/is;

/** What an answer said beside its status. */
export interface Said {
  /** The first lines of the body, as they came; null where there is nothing to read. */
  readonly text: string | null;
  /** The body is a page, whatever its type is called: PHP calls everything HTML. */
  readonly isPage: boolean;
  /** Where a redirect leads to. */
  readonly location: string | null;
  /** The body was longer than what is read of it. */
  readonly isCut: boolean;
}

export function readSaid({ headers, body, isCut }: HttpResponse): Said {
  const text = excerpt(body, headers['content-encoding']);
  return {
    text,
    isPage: text !== null && HTML.test(text),
    location: headers['location']?.slice(0, MAX_LOCATION_CHARS) ?? null,
    isCut: isCut === true,
  };
}
