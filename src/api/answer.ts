import * as v from 'valibot';
import { ApiFailure, type ApiProblem } from '../errors.ts';
import type { HttpResponse } from '../http.ts';
import { redact } from '../redact.ts';
import type { Secret } from '../secret.ts';

/** How much of an unexpected answer a message shows. */
const MAX_SHOWN_CHARS = 80;
/** Cleaned at most, to show those. */
const MAX_CLEANED_CHARS = 4_000;
const MAX_REQUEST_ID_CHARS = 200;

/** Below it an answer is a good one. */
export const FIRST_REDIRECT = 300;

/** What was asked, as far as reading the answer needs it. */
export interface Question {
  readonly method: string;
  readonly url: URL;
  readonly key: Secret;
  /** A good answer carries a one-time secret: no part of it may be shown. */
  readonly carriesSecret: boolean;
}

/** An answer of the API, read as far as it goes. */
export interface ApiAnswer {
  readonly question: Question;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The parsed body; undefined where it is not JSON. */
  readonly json: unknown;
}

export function readAnswer(response: HttpResponse, question: Question): ApiAnswer {
  const text = new TextDecoder().decode(response.body);
  return { question, status: response.status, headers: response.headers, text, json: parseJson(text) };
}

/** No JSON, and only the end of the connection says that it is whole: the rest may have been lost on the way. */
export const mayBeCut = ({ headers, json }: ApiAnswer): boolean =>
  json === undefined && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;

/** No cause is kept: V8 quotes the text around a syntax error, and there may be a secret in it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The answer in its documented shape; ApiFailure `api_unavailable` that names what came instead. */
export function readAs<S extends v.GenericSchema>(schema: S, answer: ApiAnswer): v.InferOutput<S> {
  if (answer.json === undefined) throw notJson(answer);
  const result = v.safeParse(schema, answer.json, { abortEarly: true });
  if (result.success) return result.output;
  throw unexpected(answer, `JSON of another shape (${complaint(result.issues[0])})`);
}

/** The answer in its shape, or null. */
export function readLoosely<S extends v.GenericSchema>(
  schema: S,
  answer: ApiAnswer,
): v.InferOutput<S> | null {
  const result = v.safeParse(schema, answer.json, { abortEarly: true });
  return result.success ? result.output : null;
}

/** Names the place and what belongs there, never the value found. */
function complaint(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const place = path === null ? 'it' : clean(path);
  if (issue.received === 'undefined') return `${place} is missing`;
  return `${place} should be ${issue.expected ?? 'another value'}`;
}

export const notJson = (answer: ApiAnswer): ApiFailure =>
  unexpected(answer, `${contentType(answer)} instead of JSON`);

/** An answer that the API would not give: most often something else lives at the base URL. */
export function unexpected(answer: ApiAnswer, what: string): ApiFailure {
  const { question, status } = answer;
  const shown = question.carriesSecret && status < FIRST_REDIRECT ? '' : beginning(answer);
  const message = `${label(question)} was answered with ${what} (HTTP ${status})${shown}`;
  return new ApiFailure('api_unavailable', message, bareProblem(answer), {
    hint: `Is ${question.url.origin} the base URL of the API? \`--base-url\` sets it.`,
    mayHaveHappened: question.method !== 'GET',
  });
}

/** `GET /api/v2/webhooks/`: no query, it may hold more than people expect in a message. */
export const label = ({ method, url }: Question): string => `${method} ${url.pathname}`;

/** What an answer says of itself without its body. */
export function bareProblem({ status, headers, question }: ApiAnswer): ApiProblem {
  const id = headers['x-request-id'];
  const requestId = id === undefined ? undefined : redact(id, [question.key]).slice(0, MAX_REQUEST_ID_CHARS);
  return { httpStatus: status, code: undefined, requestId, errors: undefined, details: undefined };
}

function contentType({ headers, text }: ApiAnswer): string {
  if (text === '') return 'an empty body';
  return (
    /^[\w.+-]{1,40}\/[\w.+-]{1,40}/.exec(headers['content-type'] ?? '')?.[0] ?? 'an unnamed kind of content'
  );
}

function beginning({ text, question }: ApiAnswer): string {
  const shown = clean(redact(text.slice(0, MAX_CLEANED_CHARS), [question.key]));
  return shown === '' ? '' : `: ${shown}`;
}

/** One short line without control or invisible characters. */
function clean(text: string): string {
  // Not a literal, which would be compiled at every start.
  const line = text.replace(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > MAX_SHOWN_CHARS ? `${line.slice(0, MAX_SHOWN_CHARS - 1)}…` : line;
}
