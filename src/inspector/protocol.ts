import type { EventLine, ForwardFields, SignatureFields } from '../listen/line.ts';

/**
 * What the local server and its page say to each other, as JSON. All paths are below that of the page, and need
 * the cookie; all that is not GET needs the `Origin` of the page and a JSON body. A refusal is
 * `{ "error": Problem }` with a status of 400 or above; 401 where the cookie is not that of this run.
 */

/** `GET /api/state`: what this page looks at. */
export interface State {
  readonly version: string;
  readonly profile: string;
  /** `listen`: deliveries come in while it is open. `inbox`: those that are kept, and those that others add. */
  readonly mode: 'listen' | 'inbox';
  /** Where deliveries are received; null for `inbox`. */
  readonly listening_url: string | null;
  /** Where they are forwarded; null when they are not. */
  readonly forward_to: string | null;
  /** True with an API key: the tab of the account is there. */
  readonly has_account: boolean;
  readonly base_url: string;
}

/** One delivery in the list: everything but its headers and body; what is very long is cut, and ends in `…`. */
export interface DeliveryRow {
  readonly id: string;
  readonly received_at: string;
  readonly event_type: string | null;
  readonly event_id: string | null;
  readonly duplicate_of: string | null;
  readonly signature: Pick<SignatureFields, 'status' | 'reason'>;
  readonly method: string;
  readonly path: string;
  readonly body_bytes: number;
  readonly response_status: number;
  readonly forward: Omit<ForwardFields, 'body'> | null;
}

/** `GET /api/deliveries?before=<id>&limit=<n>`: newest first, 500 at most; `before` continues behind a row. */
export interface DeliveryPage {
  readonly rows: readonly DeliveryRow[];
  readonly has_more: boolean;
}

/**
 * `GET /api/search?text=<text>`: ids of deliveries whose body, headers or answer of the app hold the text, newest
 * first, case ignored.
 */
export interface Found {
  readonly ids: readonly string[];
  /** False where the bound on time or number ended the search. */
  readonly is_complete: boolean;
}

/**
 * Server-sent events of `GET /api/deliveries/live`; the name of the event is `type`, its data the whole object. It
 * tells what comes from its opening on: rows that are asked for once it is open leave no gap, and may hold what it
 * tells, too.
 */
export type LiveLine =
  | { readonly type: 'delivery'; readonly row: DeliveryRow }
  /** Became known later: a forward that ended, a verdict that was explained. */
  | { readonly type: 'update'; readonly row: DeliveryRow }
  | { readonly type: 'problem'; readonly message: string }
  /** Lines were dropped for a page that lags: it has to load its rows again. */
  | { readonly type: 'lost' };

/** A piece of the string that is signed. */
export interface SignedPart {
  /** `literal` is punctuation of the scheme; the rest name where the piece comes from. */
  readonly from: 'literal' | 'id' | 'timestamp' | 'body' | 'url' | 'method' | 'header';
  /** As text; of a long body only the beginning, and `is_cut`. */
  readonly text: string;
  readonly is_cut: boolean;
  /** True where the verdict says that this part is what is wrong. */
  readonly is_suspect: boolean;
}

/** `GET /api/deliveries/<id>`. */
export interface DeliveryDetail {
  readonly event: EventLine;
  readonly row: DeliveryRow;
  /** Null where no scheme is known for it. */
  readonly signed: {
    /** The scheme in words. */
    readonly scheme: string;
    /** Names of the headers that the scheme reads, as they were sent. */
    readonly headers: readonly string[];
    /** Headers that the verdict complains of: as they were sent, or as the scheme names one that is not there. */
    readonly suspect_headers: readonly string[];
    readonly parts: readonly SignedPart[];
  } | null;
  /** True for a long body: `event` has the first 2 MiB as `body_base64`, and null as `body`. */
  readonly is_body_cut: boolean;
  /** A command for a shell that sends the same request again; null where it is not plain text, or too long for one. */
  readonly curl: string | null;
  /** Why there is none; null where there is one. */
  readonly curl_problem: 'too_long' | 'not_text' | null;
  /** Where a replay goes that names no address, without its query, which may hold a token; null: nowhere. */
  readonly replay_to: string | null;
}

/** `POST /api/deliveries/<id>/replay`. */
export interface ReplayRequest {
  /** Where to; null sends it to where it was forwarded, or would have been. */
  readonly to: string | null;
  /** Sign anew, under the same event id. */
  readonly resign: boolean;
}

/** What became of a replay or of a retry. */
export interface ReplayOutcome {
  readonly url: string;
  readonly status: number | null;
  readonly duration_ms: number;
  readonly error: string | null;
  /** First lines of an answer that is not 2xx. */
  readonly body: string | null;
}

/** `GET /api/deliveries/<id>/fixture`: a file for tests, told to the browser as a download. */
export interface Fixture {
  readonly event_type: string | null;
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly headers: EventLine['request']['headers'];
  readonly body_base64: string;
}

/** An entry of the account's delivery log, as `logs list --json` has it. */
export interface LogRow {
  readonly id: string;
  readonly event_type: string | null;
  readonly webhook_url: string | null;
  readonly status: string;
  readonly http_status_code: number | null;
  readonly attempt_number: number | null;
  readonly error_message: string | null;
  readonly created_at: string;
  readonly next_retry_at: string | null;
}

/** Server-sent events of `GET /api/logs/live`: the newest entries, oldest of them first, then what changes. */
export type LogLine =
  | { readonly type: 'entry'; readonly entry: LogRow }
  | { readonly type: 'update'; readonly entry: LogRow }
  | { readonly type: 'problem'; readonly message: string }
  | { readonly type: 'recovered' }
  /** As in LiveLine: entries were dropped for a page that lags; it opens the stream again. */
  | { readonly type: 'lost' };

/** `POST /api/logs/<id>/retry`, with the body `{}`. */
export interface RetryOutcome {
  readonly id: string;
  readonly message: string;
}

/** `GET /api/webhooks`: the subscriptions of the account. */
export interface Subscription {
  readonly id: string;
  readonly event_type: string;
  readonly webhook_url: string;
  /** Null where the API said nothing. */
  readonly is_active: boolean | null;
  readonly description: string | null;
  readonly total_deliveries: number | null;
  readonly successful_deliveries: number | null;
  readonly failed_deliveries: number | null;
  readonly last_triggered_at: string | null;
  readonly has_secret: boolean;
}

/** A refusal or a failure, for people. */
export interface Problem {
  readonly message: string;
  readonly hint: string | null;
}
