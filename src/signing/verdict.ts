/** Why a delivery did not verify, in the words that scripts compare. */
export type Reason =
  | 'missing_header'
  | 'malformed_header'
  | 'timestamp_too_old'
  | 'timestamp_in_future'
  | 'wrong_secret'
  | 'body_altered'
  | 'wrong_scheme';

export type SecretAge = 'current' | 'previous';

/** What was found about a delivery's signature; hints are one sentence that a person can act on. */
export type Verdict =
  | {
      readonly status: 'valid';
      readonly scheme: string;
      /** The subscription whose secret signed; null for a secret that belongs to none. */
      readonly webhookId: string | null;
      readonly secretAge: SecretAge;
    }
  | { readonly status: 'invalid'; readonly scheme: string; readonly reason: Reason; readonly hint: string }
  /** Nothing was checked, so nothing is known. */
  | { readonly status: 'unverified'; readonly hint: string };

/** Why a delivery is invalid, before the scheme is named. */
export interface Problem {
  readonly reason: Reason;
  readonly hint: string;
}
