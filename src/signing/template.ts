import { createHmac, type KeyObject } from 'node:crypto';
import type { Hash } from './scheme.ts';

/** A template taken apart, once for all deliveries. */
export interface Template {
  readonly text: string;
  readonly segments: readonly string[];
  readonly namesId: boolean;
  readonly namesTimestamp: boolean;
}

/** What a template is filled with; header texts exactly as they came. */
export interface Parts {
  readonly id: string | null;
  readonly timestamp: string | null;
  readonly body: Uint8Array;
}

export function parseTemplate(template: string): Template {
  const segments = template.split(/(\{id\}|\{timestamp\}|\{body\})/).filter((segment) => segment !== '');
  return {
    text: template,
    segments,
    namesId: segments.includes('{id}'),
    namesTimestamp: segments.includes('{timestamp}'),
  };
}

/** The HMAC over the filled template; the body's bytes go in as they are, never through a string. */
export function computeDigest(hash: Hash, key: KeyObject, template: Template, parts: Parts): Buffer {
  const hmac = createHmac(hash, key);
  let text = '';
  for (const segment of template.segments) {
    if (segment !== '{body}') {
      text += fillText(segment, parts);
      continue;
    }
    // Header values are bytes read as Latin-1: written back the same way they are the bytes that were sent.
    if (text !== '') hmac.update(text, 'latin1');
    hmac.update(parts.body);
    text = '';
  }
  if (text !== '') hmac.update(text, 'latin1');
  return hmac.digest();
}

/** One segment but `{body}`. */
export function fillText(segment: string, parts: Parts): string {
  if (segment === '{id}') return parts.id ?? '';
  if (segment === '{timestamp}') return parts.timestamp ?? '';
  return segment;
}
