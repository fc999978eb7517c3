import type { Webhook } from '../../api/wire.ts';
import type { Lease } from '../../config/leases.ts';

/** Names the lease, by which the webhook is recognised where its id never came to be known. */
export const describeTemporary = ({ id }: Pick<Lease, 'id'>, hostname: string): string =>
  `Temporary, made by kycgenie listen on ${hostname}, which deletes it when it ends (${id})`;

const TEMPORARY =
  /^Temporary, made by kycgenie listen on .{0,255}, which deletes it when it ends \([0-9a-f-]{36}\)$/;

/** Those that are to stay: what a running `listen` subscribes, on any machine, is its own business. */
export const lasting = (webhooks: readonly Webhook[]): readonly Webhook[] =>
  webhooks.filter(({ description }) => !TEMPORARY.test(description ?? ''));
