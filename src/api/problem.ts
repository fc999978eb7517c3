import { ApiFailure, type ApiProblem, type FailureKind } from '../errors.ts';
import { withoutText } from '../redact.ts';
import { type ApiAnswer, bareProblem, label, notJson, unexpected } from './answer.ts';
import { isShallow } from './schemas.ts';

/**
 * Error answers. Two envelopes are known: `{error: text, code, request_id, errors, details}` and
 * `{error: code, message, details}`; an older page shows `{error, detail}`. No field is relied on.
 */

const MAX_TEXT_CHARS = 500;
const MAX_CODE_CHARS = 100;
const MAX_FIELDS = 50;
const MAX_FIELDS_SHOWN = 5;

type Fields = Readonly<Record<string, unknown>>;

const KINDS: Readonly<Record<number, FailureKind>> = {
  401: 'not_logged_in',
  403: 'not_logged_in',
  404: 'not_found',
  429: 'rate_limited',
};

const HINTS: Readonly<Record<number, string>> = {
  401: 'Check the key with `kycgenie whoami`, or store another with `kycgenie login`.',
  403: 'Check what the key may do: scope, IP allow list and expiry are set where it was made.',
  404: 'Check the id, and that profile and base URL are the ones it belongs to: `kycgenie whoami` shows them.',
  429: 'Wait a little, or lower the rate and the concurrency.',
};

const LATER_HINT =
  'Try again later. If it stays, tell the support of the API the request id, where one is given.';

const FIRST_SERVER_ERROR = 500;

/** The failure that a status of 400 and above stands for. */
export function refusal(answer: ApiAnswer): ApiFailure {
  const { status, question } = answer;
  const kind = KINDS[status] ?? (status >= FIRST_SERVER_ERROR ? 'api_unavailable' : 'rejected');
  const fields = fieldsOf(scrubbed(answer));
  const { problem, message } = fields ? explained(answer, fields) : unexplained(answer);
  return new ApiFailure(kind, message, problem, {
    hint: hintFor(status, fields !== null, question.url.origin),
    // Any failure of a server may come after the deed: a gateway says 503, too, when it loses the answer.
    mayHaveHappened: status >= FIRST_SERVER_ERROR && question.method !== 'GET',
  });
}

function hintFor(status: number, isExplained: boolean, origin: string): string | undefined {
  if (status >= FIRST_SERVER_ERROR) return LATER_HINT;
  return (
    HINTS[status] ??
    (isExplained ? undefined : `Is ${origin} the base URL of the API? \`--base-url\` sets it.`)
  );
}

/** A redirect is not followed: the key belongs to one origin. */
export function redirection(answer: ApiAnswer): ApiFailure {
  const { question, headers, status } = answer;
  const target = locate(headers['location'], question.url);
  const where = target === null ? 'somewhere it does not name' : placeOf(target, question.url);
  const message = `${label(question)} was redirected to ${where} (HTTP ${status}); the key is not sent there`;
  const hint =
    target === null || target.origin === question.url.origin
      ? `Is ${question.url.origin} the base URL of the API? \`--base-url\` sets it.`
      : `If that is where the API lives now: --base-url ${target.origin}`;
  return new ApiFailure('api_unavailable', message, bareProblem(answer), { hint });
}

function locate(location: string | undefined, base: URL): URL | null {
  if (location === undefined || !URL.canParse(location, base.href)) return null;
  const target = new URL(location, base);
  return /^https?:$/.test(target.protocol) ? target : null;
}

const placeOf = (target: URL, asked: URL): string =>
  target.origin === asked.origin ? 'another path of the same server' : target.origin;

/** A careless server repeats the key in its complaint. */
function scrubbed({ text, question }: ApiAnswer): unknown {
  const key = question.key.reveal();
  const hide = (value: string): string => withoutText(value, key, '[API key]');
  try {
    return JSON.parse(hide(text), (_, value: unknown) => (typeof value === 'string' ? hide(value) : value));
  } catch {
    return undefined;
  }
}

function explained(answer: ApiAnswer, fields: Fields): { problem: ApiProblem; message: string } {
  const bare = bareProblem(answer);
  const code = codeIn(fields);
  const errors = complaintsIn(fields['errors']);
  const said = textIn(fields);
  const details = fields['details'];
  const problem: ApiProblem = {
    ...bare,
    code,
    requestId: shortText(fields['request_id'], MAX_CODE_CHARS) ?? bare.requestId,
    errors,
    details: details === null || !isShallow(details) ? undefined : details,
  };
  const sentence = said ?? `The API refused ${label(answer.question)}`;
  const text = errors ? `${sentence.replace(/\.$/, '')}: ${compact(errors)}` : sentence;
  return { problem, message: `${text} (HTTP ${answer.status}${code === undefined ? '' : `, ${code}`})` };
}

/** Not the API's own way to say no: a gateway, a login page, another server. */
function unexplained(answer: ApiAnswer): { problem: ApiProblem; message: string } {
  if (answer.text === '') {
    return {
      problem: bareProblem(answer),
      message: `${label(answer.question)} was answered with HTTP ${answer.status}`,
    };
  }
  return answer.json === undefined ? notJson(answer) : unexpected(answer, 'JSON that explains no error');
}

function fieldsOf(json: unknown): Fields | null {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? Object.fromEntries(Object.entries(json))
    : null;
}

/** Lower case words joined by underscores or dots: `validation_error`. */
const isCode = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= MAX_CODE_CHARS &&
  /^[a-z][a-z0-9]*([._-][a-z0-9]+)*$/.test(value);

function codeIn({ code, error }: Fields): string | undefined {
  return [code, error].find(isCode);
}

function textIn({ error, message, detail }: Fields): string | undefined {
  const texts = isCode(error) ? [message, detail] : [error, message, detail];
  for (const text of texts) {
    const short = shortText(text, MAX_TEXT_CHARS);
    if (short !== undefined) return short;
  }
  return undefined;
}

function shortText(value: unknown, maxChars: number): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const text = value.trim();
  return text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
}

/** Field name to complaints; what is neither a text nor a list of texts is left out. */
function complaintsIn(errors: unknown): ApiProblem['errors'] {
  const complaints = Object.entries(fieldsOf(errors) ?? {})
    .slice(0, MAX_FIELDS)
    .map(([field, said]) => [field.slice(0, MAX_CODE_CHARS), textsIn(said)] as const)
    .filter(([, texts]) => texts.length > 0);
  return complaints.length > 0 ? Object.fromEntries(complaints) : undefined;
}

const textsIn = (said: unknown): readonly string[] =>
  [said]
    .flat()
    .slice(0, MAX_FIELDS)
    .flatMap((text) => shortText(text, MAX_TEXT_CHARS) ?? []);

function compact(errors: NonNullable<ApiProblem['errors']>): string {
  const all = Object.entries(errors);
  const shown = all.slice(0, MAX_FIELDS_SHOWN).map(([field, texts]) => `${field}: ${texts.join(' ')}`);
  const hidden = all.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join('; ');
}
