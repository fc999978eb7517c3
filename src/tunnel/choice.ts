import { Failure } from '../errors.ts';

/** A program that makes a port of this machine reachable from outside. */
export type TunnelChoice =
  | { readonly program: 'cloudflared' }
  | { readonly program: 'ngrok' }
  | {
      readonly program: 'ssh';
      /** `user@host` or `host`: nothing that ssh could take for an option. */
      readonly destination: string;
      /** Of the ssh server; null: as ssh itself is configured. */
      readonly sshPort: number | null;
      /** Where the server is to listen; null: where it likes. */
      readonly remotePort: number | null;
    };

const USER = '[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}';
const HOST = '[A-Za-z0-9][A-Za-z0-9.-]{0,252}';
const SSH = new RegExp(`^((?:${USER}@)?${HOST})(?::(\\d{1,5}))?(?:/(\\d{1,5}))?$`);
const MAX_PORT = 65_535;

/** Reads `cloudflared`, `ngrok` or `ssh:user@host[:port][/remote port]`. Throws Failure `usage`. */
export function parseTunnel(text: string): TunnelChoice {
  if (text === 'cloudflared' || text === 'ngrok') return { program: text };
  const [, destination, ssh, remote] = (text.startsWith('ssh:') && SSH.exec(text.slice(4))) || [];
  const [sshPort, remotePort] = [portOf(ssh), portOf(remote)];
  if (destination === undefined || sshPort === undefined || remotePort === undefined) {
    throw new Failure('usage', `--tunnel takes cloudflared, ngrok or ssh:<user@host>, not "${text}"`, {
      hint: 'Such as ssh:nokey@localhost.run, or ssh:me@example.com:2222/8080 with the ports of ssh and of the tunnel.',
    });
  }
  return { program: 'ssh', destination, sshPort, remotePort };
}

/** Undefined for what is no port. */
function portOf(digits: string | undefined): number | null | undefined {
  if (digits === undefined) return null;
  const port = Number(digits);
  return port >= 1 && port <= MAX_PORT ? port : undefined;
}
