import type { Secret } from '../secret.ts';
import { logCalls } from './logs.ts';
import { type ApiOptions, createRequest } from './request.ts';
import { webhookCalls } from './webhooks.ts';
import type { LogEntry, NewWebhook, Webhook, WebhookPatch } from './wire.ts';

export interface CreatedWebhook {
  readonly id: string;
  readonly event_type: string;
  readonly webhook_url: string;
  readonly message: string | null;
  readonly secret: Secret;
}

export interface RotatedSecret {
  readonly secret: Secret;
  readonly message: string | null;
}

/** The outcome of a test delivery: a refusing or unreachable receiver is an outcome, not an error. */
export interface TestOutcome {
  readonly success: boolean;
  readonly http_status_code: number | null;
  readonly message: string | null;
}

/** One page of the delivery log, newest first. */
export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Hand it back for the next (older) page; null at the end. A cursor in v2; a page number where `total` is known. */
  readonly next: string | null;
  /** All entries there are; only v1 says. */
  readonly total: number | null;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The Webhooks API. Every method throws Failure or ApiFailure, and nothing else but the signal's reason. */
export interface Api {
  createWebhook(
    webhook: NewWebhook,
    options: CallOptions & { readonly idempotencyKey: string },
  ): Promise<CreatedWebhook>;
  listWebhooks(options?: CallOptions): Promise<readonly Webhook[]>;
  getWebhook(id: string, options?: CallOptions): Promise<Webhook>;
  updateWebhook(id: string, patch: WebhookPatch, options?: CallOptions): Promise<void>;
  deleteWebhook(id: string, options?: CallOptions): Promise<void>;
  testWebhook(webhookUrl: string, options?: CallOptions): Promise<TestOutcome>;
  rotateSecret(
    id: string,
    options: CallOptions & { readonly idempotencyKey: string },
  ): Promise<RotatedSecret>;
  logPage(
    options?: CallOptions & {
      readonly after?: string | null;
      readonly pageSize?: number;
      /** Told each time the API limits (429) and the call is about to wait. */
      readonly onLimited?: () => void;
    },
  ): Promise<LogPage>;
  retryDelivery(logId: string, options?: CallOptions): Promise<{ readonly message: string | null }>;
}

/** The API at one base URL, with one key. Throws Failure where the key may not be sent there. */
export function createApi(options: ApiOptions): Api {
  const request = createRequest(options);
  return { ...webhookCalls(request, options.version), ...logCalls(request, options.version) };
}
