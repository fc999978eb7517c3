import type { Context } from '../../cli/context.ts';
import type { View } from '../../terminal/view.ts';
import type { Played, Playing, Stage } from './stage.ts';

/** What the demo says: steps with the command that a user would type, what it gave, and whether that was right. */
export type DemoLine =
  | { readonly type: 'chapter'; readonly title: string }
  | {
      readonly type: 'step';
      readonly command: string;
      readonly data: unknown;
      /** What had to come out, in words. */
      readonly expected: string;
      readonly ok: boolean;
      readonly view: () => View;
    }
  | {
      readonly type: 'summary';
      readonly steps: number;
      readonly failed: number;
      readonly duration_ms: number;
    };

/** Short, so that a failed delivery is tried again while one looks on. */
const RETRY_SCHEDULE = '600ms,600ms';

/** Plays the main job from beginning to end. */
export async function* playDemo(context: Context, stage: Stage): AsyncGenerator<DemoLine> {
  const startedAt = context.clock.now();
  let steps = 0;
  let failed = 0;
  for await (const line of play(stage)) {
    if (line.type === 'step') {
      steps += 1;
      failed += line.ok ? 0 : 1;
    }
    yield line;
  }
  yield { type: 'summary', steps, failed, duration_ms: context.clock.now() - startedAt };
}

async function* play(stage: Stage): AsyncGenerator<DemoLine> {
  const cast = yield* setUp(stage);
  yield* deliver(cast);
  yield* failFirst(stage, cast);
  const rotated = yield* rotate(stage, cast);
  yield* refuseForged(stage, cast, rotated);
  yield* cleanUp(stage, cast);
}

interface Cast {
  readonly fire: (eventType: string) => Promise<Step>;
  readonly good: Receiver;
  readonly flaky: Receiver;
  /** The ids of the subscriptions. */
  readonly screening: string;
  readonly opened: string;
}

async function* setUp(stage: Stage): AsyncGenerator<DemoLine, Cast> {
  yield chapter('An API and two receivers, all on this machine');
  const sandbox = await stage.open(['sandbox', '--port', '0', '--retry-schedule', RETRY_SCHEDULE]);
  const ready = await sandbox.next();
  yield step(`kycgenie sandbox --retry-schedule ${RETRY_SCHEDULE}`, ready, 'the API is ready', isReady);
  const { url: baseUrl, api_key: apiKey } = fields(ready.data);
  stage.export({ KYCGENIE_BASE_URL: String(baseUrl), KYCGENIE_API_KEY: String(apiKey) });
  const good = await receiver(stage, []);
  yield good.step;
  const flaky = await receiver(stage, ['--respond', '503,200']);
  yield flaky.step;

  yield chapter('Subscribe: the signing secrets are stored before anything is printed');
  const screening = await createAt(stage, 'screening.completed', good.url);
  yield screening.step;
  const opened = await createAt(stage, 'case.opened', flaky.url);
  yield opened.step;
  const fire = fireAt(stage, String(baseUrl), String(apiKey));
  return { fire, good, flaky, screening: screening.id, opened: opened.id };
}

async function* deliver({ fire, good }: Cast): AsyncGenerator<DemoLine> {
  yield chapter('An event: delivered, signed, verified');
  yield await fire('screening.completed');
  yield step('kycgenie listen', await good.playing.next(), 'its signature scheme is found', isScheme);
  yield step('kycgenie listen', await good.playing.next(), 'the signature is valid', isValid);
}

async function* failFirst(stage: Stage, { fire, flaky }: Cast): AsyncGenerator<DemoLine> {
  yield chapter('A receiver that fails first, and is tried again');
  yield await fire('case.opened');
  // It began before a scheme was known, too.
  await flaky.playing.next();
  yield step('kycgenie listen --respond 503,200', await flaky.playing.next(), 'answered 503', answered(503));
  yield await logsUntil(stage, 'case.opened', 'retrying');
  yield step('kycgenie listen --respond 503,200', await flaky.playing.next(), 'answered 200', answered(200));
  yield await logsUntil(stage, 'case.opened', 'delivered');
}

/** Returns the delivery that the new secret signed. */
async function* rotate(stage: Stage, { fire, good, screening }: Cast): AsyncGenerator<DemoLine, Played> {
  yield chapter('Rotate a secret: the receiver follows');
  const argv = ['webhooks', 'rotate', screening, '--yes'];
  yield step(line(argv), await stage.run(argv), 'a new secret is stored', isStored);
  yield await fire('screening.completed');
  const rotated = await good.playing.next();
  yield step('kycgenie listen', rotated, 'the signature is valid', isValid);
  return rotated;
}

async function* refuseForged(stage: Stage, { good }: Cast, genuine: Played): AsyncGenerator<DemoLine> {
  yield chapter('A forged delivery: refused, with the reason');
  yield await forge(stage, good.url, genuine);
  yield step('kycgenie listen', await good.playing.next(), 'refused as wrong_secret', isForged);
}

async function* cleanUp(stage: Stage, { screening, opened }: Cast): AsyncGenerator<DemoLine> {
  yield chapter('What the account says now');
  const list = ['webhooks', 'list'];
  yield step(
    line(list),
    await stage.run(list),
    'two subscriptions',
    (data) => Array.isArray(data) && data.length === 2,
  );
  const remove = ['webhooks', 'delete', screening, opened, '--yes'];
  yield step(line(remove), await stage.run(remove), 'both are deleted', areDeleted);
}

type Step = Extract<DemoLine, { type: 'step' }>;
type Fields = Readonly<Record<string, unknown>>;
type Check = (data: unknown) => boolean;

const chapter = (title: string): DemoLine => ({ type: 'chapter', title });

const line = (argv: readonly string[]): string => ['kycgenie', ...argv].join(' ');

const fields = (data: unknown): Fields => (typeof data === 'object' && data !== null ? { ...data } : {});

function step(command: string, { data, view }: Played, expected: string, check: Check): Step {
  return { type: 'step', command, data, expected, ok: check(data), view };
}

const isReady: Check = (data) => fields(data).type === 'ready';
const isStored: Check = (data) => fields(data)['secret_stored'] === true;
const isValid: Check = (data) => fields(fields(data).signature).status === 'valid';
const isScheme: Check = (data) => fields(data).type === 'scheme';
const isForged: Check = (data) =>
  fields(fields(data).signature).reason === 'wrong_secret' && answered(401)(data);
const areDeleted: Check = (data) =>
  Array.isArray(data) && data.every((item) => fields(item).status === 'deleted');

function answered(status: number): Check {
  return (data) => fields(fields(data).response).status === status;
}

interface Receiver {
  readonly playing: Playing;
  readonly url: string;
  readonly step: Step;
}

async function receiver(stage: Stage, options: readonly string[]): Promise<Receiver> {
  const playing = await stage.open(['listen', '--port', '0', ...options]);
  const ready = await playing.next();
  return {
    playing,
    url: `${String(fields(ready.data).url)}/kyc`,
    step: step(line(['listen', '--port', '0', ...options]), ready, 'the receiver is ready', isReady),
  };
}

async function createAt(
  stage: Stage,
  eventType: string,
  url: string,
): Promise<{ readonly id: string; readonly step: Step }> {
  const argv = ['webhooks', 'create', '--event', eventType, '--url', url];
  const played = await stage.run(argv);
  const { id, secret_stored: stored } = fields(played.data);
  return { id: String(id), step: step(line(argv), played, 'its secret is stored', () => stored === true) };
}

/** No command, but a request: the sandbox fires the event at its subscribers. */
function fireAt(stage: Stage, baseUrl: string, apiKey: string): (eventType: string) => Promise<Step> {
  return async (eventType) => {
    const body = JSON.stringify({ event_type: eventType });
    const url = new URL('/sandbox/events', baseUrl);
    const answer = await stage.post(url, [['authorization', `Bearer ${apiKey}`]], body);
    const data: unknown = JSON.parse(Buffer.from(answer.body).toString('utf8'));
    const { id, deliveries } = fields(data);
    const view: View = { kind: 'lines', lines: [`${String(id)}: ${String(deliveries)} delivery on its way`] };
    return step(
      `POST ${url.pathname} ${body}`,
      { data, view: () => view },
      'one delivery',
      () => deliveries === 1,
    );
  };
}

/** The log may lag behind the delivery by a moment: asked again a few times. */
async function logsUntil(stage: Stage, eventType: string, status: string): Promise<Step> {
  const argv = ['logs', 'list', '--event', eventType];
  const isThere: Check = (data) => Array.isArray(data) && fields(data[0]).status === status;
  let played = await stage.run(argv);
  for (let tries = 0; tries < 20 && !isThere(played.data); tries += 1) {
    await stage.pause();
    played = await stage.run(argv);
  }
  return step(line(argv), played, `its status is ${status}`, isThere);
}

/** The last good delivery with other contents and the same signature. */
async function forge(stage: Stage, url: string, genuine: Played): Promise<Step> {
  const { headers } = fields(fields(genuine.data).request);
  const pairs: readonly (readonly [string, string])[] = Array.isArray(headers) ? headers : [];
  const signed = pairs.filter(([name]) => name.toLowerCase().startsWith('webhook-'));
  const body = '{"event_type":"screening.completed","data":{"screening_status":"CLEAR"}}';
  const answer = await stage.post(new URL(url), signed, body);
  const data = { status: answer.status, body: Buffer.from(answer.body).toString('utf8') };
  const view: View = { kind: 'lines', lines: [`${data.status} ${data.body}`] };
  return step(
    `POST ${new URL(url).pathname} ${body}`,
    { data, view: () => view },
    'answered 401',
    () => answer.status === 401,
  );
}
