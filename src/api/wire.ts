import type { API_VERSIONS } from '../api-versions.ts';

/** Shapes on the wire, in the API's own names. Source: the Webhooks API reference. */

export type ApiVersion = (typeof API_VERSIONS)[number];

export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'retrying';
export const DELIVERY_STATUSES: readonly DeliveryStatus[] = ['pending', 'delivered', 'failed', 'retrying'];

/** The documented bound of `page_size`; what happens beyond it is not known. */
export const MAX_PAGE_SIZE = 100;

export interface WebhookStats {
  readonly total_deliveries: number;
  readonly successful_deliveries: number;
  readonly failed_deliveries: number;
}

/** A subscription; the same for v1 and v2, null where the API said nothing. Times are ISO 8601 UTC with Z. */
export interface Webhook {
  readonly id: string;
  readonly event_type: string;
  readonly webhook_url: string;
  readonly is_active: boolean | null;
  readonly description: string | null;
  readonly filters: Readonly<Record<string, unknown>> | null;
  readonly created_at: string | null;
  readonly updated_at: string | null;
  readonly stats: WebhookStats | null;
  readonly last_triggered_at: string | null;
}

/** The body of a create call. */
export interface NewWebhook {
  readonly event_type: string;
  readonly webhook_url: string;
  readonly description?: string;
  readonly filters?: Readonly<Record<string, unknown>>;
}

/** The body of an update call: at least one field. */
export interface WebhookPatch {
  readonly webhook_url?: string;
  readonly is_active?: boolean;
  readonly description?: string;
  readonly filters?: Readonly<Record<string, unknown>>;
}

export interface LogEntry {
  readonly id: string;
  readonly event_type: string;
  readonly webhook_url: string;
  /** A DeliveryStatus, or a word the reference does not name. */
  readonly status: string;
  readonly http_status_code: number | null;
  readonly attempt_number: number | null;
  readonly error_message: string | null;
  readonly created_at: string;
  readonly next_retry_at: string | null;
}
