import { ASSUMED_CODES } from './assumptions.ts';

/** Field name to complaints. */
export type FieldErrors = Readonly<Partial<Record<string, readonly string[]>>>;

interface RefusalParts {
  readonly errors?: FieldErrors;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** Ends a call with an error answer in the documented envelope. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly parts: RefusalParts;

  constructor(status: number, code: string, message: string, parts: RefusalParts = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.parts = parts;
  }

  /** The body of the answer. */
  envelope(requestId: string): unknown {
    const { errors, details } = this.parts;
    return {
      error: this.message,
      code: this.code,
      request_id: requestId,
      ...(errors && { errors }),
      ...(details && { details }),
    };
  }
}

export const invalidRequest = (message: string): Refusal => new Refusal(400, 'invalid_request', message);

export const validationError = (errors: FieldErrors): Refusal =>
  new Refusal(400, 'validation_error', 'The request is not valid.', { errors });

export const conflict = (message: string, details?: Readonly<Record<string, unknown>>): Refusal =>
  new Refusal(409, 'conflict', message, details ? { details } : {});

/** A refusal with a code that is the sandbox's own. */
export const refuse = (
  status: keyof typeof ASSUMED_CODES,
  message: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
): Refusal => new Refusal(status, ASSUMED_CODES[status], message, { headers });
