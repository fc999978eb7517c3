import { decodeBase64 } from './encoding.ts';

/** A usual alteration of bodies that are no JSON to it. Texts are bytes, read as Latin-1. */
export interface TextChange {
  readonly name: string;
  /** One sentence: what verifies, and what to change. */
  readonly hint: string;
  /** The body before the change; null where it cannot have happened. */
  readonly undo: (text: string) => string | null;
}

const BOM = '\u00ef\u00bb\u00bf';

const RAW = 'read and pass on the body as bytes, not as text';
const good = (condition: string, remedy: string): string => `The signature is good ${condition}: ${remedy}.`;

/** Percent signs, plus signs and what stands between them. */
const FORM = /^[\w.~*'()![\]%+&=;,:@/-]+$/;

export const TEXT_CHANGES: readonly TextChange[] = [
  {
    name: 'line-end-removed',
    hint: good(
      'with a line feed at the end',
      'something trims the body (curl needs --data-binary, shells strip it in $(…)), so pass it on whole',
    ),
    undo: (text) => `${text}\n`,
  },
  {
    name: 'crlf-removed',
    hint: good('with CR LF at the end', `something trims the body, so ${RAW}`),
    undo: (text) => `${text}\r\n`,
  },
  {
    name: 'line-end-added',
    hint: good(
      'without the line end behind the body',
      'an editor, echo or a template adds one (printf does not), so leave it out',
    ),
    undo: (text) => text.replace(/\r?\n$/, ''),
  },
  {
    name: 'space-added',
    hint: good('without the white space around the body', `something pads the body, so ${RAW}`),
    undo: (text) => text.trim(),
  },
  {
    name: 'crlf-to-lf',
    hint: good(
      'with CR LF instead of LF',
      `something changes line ends (a text mode, git's autocrlf), so ${RAW}`,
    ),
    undo: (text) => text.replaceAll(/\r?\n/g, '\r\n'),
  },
  {
    name: 'lf-to-crlf',
    hint: good(
      'with LF instead of CR LF',
      `something changes line ends (a text mode, git's autocrlf), so ${RAW}`,
    ),
    undo: (text) => text.replaceAll('\r\n', '\n'),
  },
  {
    name: 'bom-removed',
    hint: good('with a byte order mark in front', `something drops it while it decodes the body, so ${RAW}`),
    undo: (text) => `${BOM}${text}`,
  },
  {
    name: 'bom-added',
    hint: good('without the byte order mark in front', 'save and send the body as UTF-8 without BOM'),
    undo: (text) => (text.startsWith(BOM) ? text.slice(BOM.length) : null),
  },
  {
    name: 'latin1-to-utf8',
    hint: good(
      'once each character is one byte again',
      `something reads the body as Latin-1 and writes it as UTF-8, so ${RAW}`,
    ),
    undo: toLatin1,
  },
  {
    name: 'utf8-to-latin1',
    hint: good('in UTF-8 instead of Latin-1', `something converts the character set, so ${RAW}`),
    undo: (text) => Buffer.from(text, 'utf8').toString('latin1'),
  },
  {
    name: 'json-in-string',
    hint: good(
      'for the text inside the JSON string',
      'something stringifies the body a second time, so send it as it is',
    ),
    undo: insideString,
  },
  {
    name: 'base64',
    hint: good(
      'once the body is decoded from base64',
      'a gateway encodes it (isBase64Encoded at AWS), so decode it before you verify',
    ),
    undo: (text) => (text === '' ? null : (decodeBase64(text)?.toString('latin1') ?? null)),
  },
  {
    name: 'form-field',
    hint: good(
      'for the value of the form field alone',
      'something wraps the body in a form, or verify the field instead of the body',
    ),
    undo: onlyFieldOf,
  },
  {
    name: 'form-to-json',
    hint: good('for the body as a form', 'something turns the form into JSON, so verify before it is parsed'),
    undo: asForm,
  },
  {
    name: 'form-spaces-to-plus',
    hint: good(
      'with %20 instead of + in the form',
      'something decodes and encodes the form, so verify before it is parsed',
    ),
    undo: (text) => (FORM.test(text) ? text.replaceAll('+', '%20') : null),
  },
  {
    name: 'form-spaces-to-percent',
    hint: good(
      'with + instead of %20 in the form',
      'something decodes and encodes the form, so verify before it is parsed',
    ),
    undo: (text) => (FORM.test(text) ? text.replaceAll('%20', '+') : null),
  },
];

function toLatin1(text: string): string | null {
  const decoded = decode(text);
  return /[\u0100-\uffff]/.test(decoded) ? null : decoded;
}

function insideString(text: string): string | null {
  const value = text.startsWith('"') ? parse(decode(text)) : null;
  return typeof value === 'string' ? toBytes(value) : null;
}

function onlyFieldOf(text: string): string | null {
  const [field, ...others] = FORM.test(text) ? [...new URLSearchParams(text)] : [];
  return field && others.length === 0 && field[1] !== '' ? toBytes(field[1]) : null;
}

function asForm(text: string): string | null {
  const value = text.startsWith('{') ? parse(decode(text)) : null;
  if (typeof value !== 'object' || value === null) return null;
  const fields = Object.entries(value);
  if (fields.some(([, field]) => typeof field === 'object')) return null;
  const form = new URLSearchParams();
  for (const [key, field] of fields) form.append(key, String(field));
  return form.toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const decode = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
const toBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
