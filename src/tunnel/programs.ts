import { devNull } from 'node:os';
import { Failure } from '../errors.ts';
import { isRecord } from '../record.ts';
import type { TunnelChoice } from './choice.ts';

/** What each tunnel program is asked for, and what it says when it is ready. */

export interface Target {
  /** Of the receiver on this machine: `http://127.0.0.1:4242`. */
  readonly origin: URL;
  /** True where the user has said under which URL the tunnel is reached. */
  readonly isPublic: boolean;
}

/** That the tunnel stands: its public https URL, or where it ends on the server that the user knows. */
export type Ready =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'port'; readonly port: number };

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** Ends by itself once the input closes, as it does when this process is killed. */
  readonly readsInput: boolean;
  /** What one line of its output says of being ready; null: nothing. */
  readonly read: (line: string) => Ready | null;
  /** What a person can do where it is not installed. */
  readonly install: string;
  /** What a person can do where it does not come up. */
  readonly help: string;
}

/** A connection that went silent is noticed after three of these. */
const ALIVE_INTERVAL_S = 15;
const CONNECT_TIMEOUT_S = 20;
/** What the services that give out URLs listen on for http. */
const SERVICE_PORT = 80;

/** Throws Failure `usage` where the program cannot reach such a receiver. */
export function programOf(choice: TunnelChoice, target: Target): Program {
  if (choice.program === 'cloudflared') return cloudflared(target);
  return choice.program === 'ngrok' ? ngrok(target) : ssh(choice, target);
}

function cloudflared({ origin }: Target): Program {
  // A configuration of the user's own names other tunnels, and takes precedence over --url.
  const args = ['tunnel', '--config', devNull, '--no-autoupdate', '--url', origin.origin];
  return {
    file: 'cloudflared',
    args: origin.protocol === 'https:' ? [...args, '--no-tls-verify'] : args,
    readsInput: false,
    read: (line) => {
      const [url] = /https:\/\/(?!api\.)[a-z0-9-]+\.trycloudflare\.com/.exec(line) ?? [];
      return url === undefined ? null : { kind: 'url', url };
    },
    install:
      'brew install cloudflared, or https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/',
    help: 'See whether it works by hand: cloudflared tunnel --url <address of listen>',
  };
}

function ngrok({ origin }: Target): Program {
  return {
    file: 'ngrok',
    args: ['http', origin.origin, '--log=stdout', '--log-format=json'],
    readsInput: false,
    read: (line) => {
      const entry = parse(line);
      const url = isRecord(entry) && entry['msg'] === 'started tunnel' ? entry['url'] : null;
      return typeof url === 'string' ? readUrl(url) : null;
    },
    install: 'brew install ngrok, or https://ngrok.com/download',
    help: 'It needs an account: ngrok config add-authtoken. See whether it works by hand: ngrok http <port of listen>',
  };
}

type Ssh = Extract<TunnelChoice, { program: 'ssh' }>;

function ssh({ destination, sshPort, remotePort }: Ssh, { origin, isPublic }: Target): Program {
  if (!isPublic && origin.protocol === 'https:') {
    throw new Failure('usage', 'Services that give out URLs over ssh reach this machine by http only', {
      hint: 'Leave out --tls-cert, or give the --public-url of a server of your own.',
    });
  }
  const port = origin.port || (origin.protocol === 'https:' ? '443' : '80');
  const remote = remotePort ?? (isPublic ? 0 : SERVICE_PORT);
  const options = [
    'BatchMode=yes',
    'ExitOnForwardFailure=yes',
    `ServerAliveInterval=${ALIVE_INTERVAL_S}`,
    'ServerAliveCountMax=3',
    `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
    // A shared connection would outlive this one, and keep the port.
    'ControlPath=none',
    // Says when a port that was asked for is taken; what configurations may silence.
    `LogLevel=${isPublic ? 'DEBUG1' : 'INFO'}`,
  ];
  return {
    file: 'ssh',
    args: [
      // Services tell the URL in a session; a server of one's own may allow none.
      ...(isPublic ? ['-N'] : []),
      '-T',
      ...options.flatMap((option) => ['-o', option]),
      ...(sshPort === null ? [] : ['-p', String(sshPort)]),
      ...['-R', `${remote}:${origin.hostname}:${port}`, destination],
    ],
    readsInput: !isPublic,
    read: isPublic ? (line) => readPort(line, remote) : readAnnounced,
    install: 'It comes with the package openssh-client, or with "Optional features" on Windows.',
    help: isPublic
      ? `See whether it works by hand, without a password: ssh -N -R ${remote}:${origin.hostname}:${port} ${destination} (a port may still be held by the ssh of a run that was killed)`
      : `Only services such as localhost.run tell a URL; for a server of your own give --public-url, too. By hand: ssh -R ${SERVICE_PORT}:${origin.hostname}:${port} ${destination}`,
  };
}

function readPort(line: string, asked: number): Ready | null {
  const [, allocated] = /^Allocated port (\d{1,5}) for remote forward/.exec(line) ?? [];
  if (asked === 0) return allocated === undefined ? null : { kind: 'port', port: Number(allocated) };
  return /^debug1: remote forward success for: /.test(line) ? { kind: 'port', port: asked } : null;
}

/**
 * How the services name the URL, among others of their own: localhost.run after "tunneled with tls termination",
 * serveo after "Forwarding HTTP traffic from", sish and pinggy on a line of its own.
 */
const ANNOUNCED =
  /(?:tunneled with tls termination,\s*|Forwarding HTTP traffic from\s+|^(?:https:\s+)?)(https:\/\/[^\s/,]+)\/?\s*$/i;

function readAnnounced(line: string): Ready | null {
  const [, url] = ANNOUNCED.exec(line.trim()) ?? [];
  return url === undefined ? null : readUrl(url);
}

/** Only the origin: what follows would be taken for a part of the path. */
function readUrl(text: string): Ready | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.protocol === 'https:' && url.hostname !== '' ? { kind: 'url', url: url.origin } : null;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
