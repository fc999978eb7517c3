import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import { isLoopback } from '../../loopback.ts';
import type { TlsPair } from '../../serve/socket.ts';
import { DEFAULT_PORT, readRoute } from './options.ts';

/** What the inbox takes. */
const MAX_KEPT_BODY_BYTES = 64 * 1024 * 1024;

interface Given {
  readonly port?: number | undefined;
  readonly maxBody?: number | undefined;
  readonly verify: boolean;
  readonly requireSignature?: true | undefined;
  readonly save: boolean;
  readonly forwardTo?: URL | undefined;
  readonly route?: readonly string[] | undefined;
  readonly forwardHeader?: readonly string[] | undefined;
  readonly forwardInsecure?: true | undefined;
  readonly ack?: string | undefined;
  readonly respond?: readonly number[] | undefined;
  readonly delay?: number | undefined;
  readonly duration?: number | undefined;
  readonly expect?: readonly string[] | undefined;
  readonly timeout?: number | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

/** Options that make no sense together. Throws Failure `usage`. */
export function checkTogether(given: Given): void {
  const isForwarding = given.forwardTo !== undefined || given.route !== undefined;
  const needsApp = given.forwardHeader ?? given.forwardInsecure ?? given.ack;
  const answers = given.respond ?? given.delay;
  const problems: readonly (readonly [isWrong: boolean, problem: string])[] = [
    [
      given.requireSignature === true && !given.verify,
      '--require-signature and --no-verify exclude each other',
    ],
    [!isForwarding && needsApp !== undefined, '--ack and --forward-… need --forward-to or --route'],
    [
      isForwarding && answers !== undefined,
      "With --forward-to or --route your app's answer counts: leave --respond and --delay",
    ],
    [given.ack === 'on-receipt' && !given.save, '--ack on-receipt needs the inbox: leave --no-save'],
    [
      given.timeout !== undefined && given.expect === undefined,
      '--timeout is how long --expect waits: name what with --expect',
    ],
    [given.expect !== undefined && given.duration !== undefined, '--expect takes --timeout, not --duration'],
    [
      given.save && (given.maxBody ?? 0) > MAX_KEPT_BODY_BYTES,
      '--max-body above 64mb needs --no-save: the inbox takes no larger bodies',
    ],
    [
      [given.forwardTo, ...targetsOf(given.route)].some((url) => url && leadsHere(url, given)),
      'The receiver would forward to itself: give your app another port than --port',
    ],
    [(given.tlsCert === undefined) !== (given.tlsKey === undefined), '--tls-cert and --tls-key go together'],
  ];
  const [, problem] = problems.find(([isWrong]) => isWrong) ?? [];
  if (problem !== undefined) throw new Failure('usage', problem);
}

export async function tlsPair(
  context: Context,
  { tlsCert, tlsKey }: Pick<Given, 'tlsCert' | 'tlsKey'>,
): Promise<TlsPair | undefined> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return { cert: await context.readInput(tlsCert), key: await context.readInput(tlsKey) };
}

const targetsOf = (routes: readonly string[] = []): readonly URL[] =>
  routes.map((text) => readRoute(text).url);

const leadsHere = ({ hostname, port, protocol }: URL, given: Given): boolean =>
  isLoopback(hostname) && Number(port || (protocol === 'https:' ? 443 : 80)) === (given.port ?? DEFAULT_PORT);
