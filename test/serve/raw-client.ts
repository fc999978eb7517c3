import { connect, type Socket } from 'node:net';

/** A TCP client that keeps what it hears: for requests no HTTP library would send. */
export interface RawClient {
  readonly socket: Socket;
  send(text: string | Buffer): void;
  /** Everything heard so far, once `done` says it is enough or the other side has closed. */
  until(done: (heard: string) => boolean): Promise<string>;
  /** Everything heard until the other side closed or reset. */
  closed(): Promise<string>;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1' });
  let heard = '';
  let over = false;
  const listeners = new Set<() => void>();
  const poke = (): void => {
    for (const listener of listeners) listener();
  };
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    heard += String(text);
    poke();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    over = true;
    poke();
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  const until = (done: (heard: string) => boolean): Promise<string> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!done(heard) && !over) return;
        listeners.delete(check);
        resolve(heard);
      };
      listeners.add(check);
      check();
    });
  return { socket, send: (text) => void socket.write(text), until, closed: () => until(() => false) };
}
