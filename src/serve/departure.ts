import { Failure } from '../errors.ts';

/** Whether the client has gone before its answer; most handlers never ask, and a signal is dear. */
export class Departure {
  #gone = false;
  #controller: AbortController | undefined;

  happened(): void {
    this.#gone = true;
    this.#controller?.abort(clientGone());
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#gone) this.#controller.abort(clientGone());
    return this.#controller.signal;
  }
}

const clientGone = (): Failure => new Failure('network', 'The client went away');
