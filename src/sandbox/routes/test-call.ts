import type { ApiVersion } from '../../api/wire.ts';
import { parseFields, testBody } from '../body.ts';
import { type Call, json, onlyMethods, type Rooms, type Router } from '../exchange.ts';

/** The test call: a real delivery of a `test` event, whose outcome is the answer. */
export function addTestRoute(router: Router, version: ApiVersion, rooms: Rooms): void {
  const path = `/api/${version}/webhooks/test/`;
  router.post(path, (call) => deliverTest(call, rooms));
  onlyMethods(router, path, 'POST');
}

async function deliverTest(call: Call, { dispatcher }: Rooms): Promise<Response> {
  const { received } = call.env;
  const { webhook_url } = parseFields(testBody, received.body);
  const { delivered, httpStatusCode, errorMessage } = await dispatcher.test(webhook_url, received.signal);
  if (delivered)
    return json(200, {
      success: true,
      message: 'Test webhook delivered successfully',
      http_status_code: httpStatusCode,
    });
  const message =
    httpStatusCode === null ? `Webhook endpoint could not be reached: ${errorMessage}` : errorMessage;
  const details = httpStatusCode === null ? {} : { http_status_code: httpStatusCode };
  // Here the reference has the code in `error` and the text in `message`.
  return json(502, { error: 'server_error', message, details });
}
