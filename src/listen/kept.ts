import type { ForwardFields, RequestFields, SignatureFields } from './line.ts';

/** A delivery as it was taken in, and as the inbox keeps it. */
export interface KeptDelivery {
  /** Ours: a UUID. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly receivedMs: number;
  readonly method: string;
  /** As sent, undecoded. */
  readonly path: string;
  /** Without the question mark, undecoded; null where there is none. */
  readonly query: string | null;
  readonly headers: RequestFields['headers'];
  /** The exact bytes. */
  readonly body: Uint8Array;
  readonly signature: SignatureFields;
  /** False for a delivery that was refused: it may be forged. */
  readonly accepted: boolean;
  /** Of the answer. */
  readonly status: number;
  readonly forward: ForwardFields | null;
  /** The address that it is still to be forwarded to; null when nothing is owed. */
  readonly owedTo: string | null;
  /** The address that it was forwarded to, or is to be; null when that is none. See `addressOf` for what is in both. */
  readonly sentTo: string | null;
}

/** What becomes known of a delivery after it was kept. */
export type Amendment = Partial<Pick<KeptDelivery, 'signature' | 'status' | 'forward' | 'owedTo' | 'sentTo'>>;
