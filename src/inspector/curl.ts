import { forwardedHeaders } from '../listen/forward/headers.ts';
import type { KeptDelivery } from '../listen/kept.ts';

/** Linux takes no longer argument: 128 KiB with the zero byte at its end. */
const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;
/** As it is pasted, where a quote takes four bytes. macOS takes 1 MiB of arguments together. */
const MAX_COMMAND_BYTES = 512 * 1024;
/** What curl adds by itself where a request has none. */
const ADDED_BY_CURL = ['User-Agent', 'Accept', 'Content-Type'];

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A terminal may act upon the others when they are pasted, whatever the shell makes of them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is about them
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** With a path, so that nothing of it becomes a part of the host. */
const WIRE_URL = /^https?:\/\/[^/?#@\\\s]+(?:\/[\u{21}-\u{7e}]*)?$/u;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type Sent = Pick<KeptDelivery, 'method' | 'headers' | 'body'>;

/**
 * A command for a POSIX shell that sends the same request to `url`; null where it would not be the same: bytes that
 * are no plain text, or too many.
 */
export function curlOf({ method, headers, body }: Sent, url: string): string | null {
  if (!NAME.test(method) || !WIRE_URL.test(url)) return null;
  const text = textOf(body);
  const flags = headerFlags(forwardedHeaders(headers, []), body.byteLength > 0);
  if (text === null || flags === null) return null;
  const words = [
    'curl --globoff --path-as-is',
    `-X ${quoted(method)}`,
    `--url ${quoted(url)}`,
    ...flags.map((flag) => `-H ${quoted(flag)}`),
    // Not --data-binary, to which a body that begins with @ names a file.
    ...(text === '' ? [] : [`--data-raw ${quoted(text)}`]),
  ];
  const command = words.join(' \\\n  ');
  return Buffer.byteLength(command) > MAX_COMMAND_BYTES ? null : command;
}

function headerFlags(headers: KeptDelivery['headers'], hasBody: boolean): readonly string[] | null {
  const flags: string[] = [];
  for (const [name, value] of headers) {
    // Header values are bytes read as Latin-1.
    const text = textOf(Buffer.from(value, 'latin1'));
    if (!NAME.test(name) || text === null || text.includes('\n')) return null;
    flags.push(text === '' ? `${name};` : `${name}: ${text}`);
  }
  const sent = new Set(headers.map(([name]) => name.toLowerCase()));
  const unwanted = ADDED_BY_CURL.filter(
    (name) => !sent.has(name.toLowerCase()) && (hasBody || name !== 'Content-Type'),
  );
  return [...flags, ...unwanted.map((name) => `${name}:`)];
}

/** Of a request that there is no command for: whether a shorter one would have one. */
export function isTooLong({ body }: Sent): boolean {
  return body.byteLength > MAX_ARGUMENT_BYTES;
}

function textOf(bytes: Uint8Array): string | null {
  if (bytes.byteLength > MAX_ARGUMENT_BYTES) return null;
  try {
    const text = utf8.decode(bytes);
    return CONTROL.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** Nothing within means anything to the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
