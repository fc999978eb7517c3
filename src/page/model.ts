import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ReplayOutcome, State } from '../inspector/protocol.ts';
import { type AccountLog, createAccountLog } from './account.ts';
import type { Browser } from './browser.ts';
import { type Cell, createCell } from './cell.ts';
import { Deliveries } from './deliveries.ts';
import { createNotices, type Notices } from './notices.ts';
import { BodySearch } from './search.ts';
import { createServer, type Server } from './server.ts';

/** A replay from this page. */
export interface Replayed {
  readonly outcome: ReplayOutcome;
  readonly isResigned: boolean;
}

/** Everything that the page knows and can do. */
export interface Model {
  readonly browser: Browser;
  readonly server: Server;
  readonly state: State;
  readonly deliveries: Deliveries;
  readonly search: BodySearch;
  readonly account: AccountLog;
  readonly notices: Notices;
  readonly tab: Cell<'deliveries' | 'account'>;
  /** As typed. */
  readonly filter: Cell<string>;
  readonly selected: Cell<string | null>;
  /** On a narrow screen: the detail is shown in place of the list. */
  readonly isOpened: Cell<boolean>;
  /** The delivery that the selected one is compared with. */
  readonly base: Cell<string | null>;
  readonly isHelping: Cell<boolean>;
  /** Where replays go, as typed; empty: where the delivery was forwarded. */
  readonly replayTo: Cell<string>;
  /** By delivery, newest last. */
  readonly replays: Cell<ReadonlyMap<string, readonly Replayed[]>>;
  readonly isReplaying: Cell<boolean>;
}

export function createModel(browser: Browser, state: State): Model {
  const server = createServer(browser);
  const notices = createNotices(browser);
  const deliveries = new Deliveries(browser, server, {
    onArrived: notices.arrived,
    onProblem: notices.fail,
  });
  return {
    ...{ browser, server, state, notices, deliveries },
    search: new BodySearch(browser, server, notices.fail),
    account: createAccountLog(browser),
    tab: createCell<'deliveries' | 'account'>('deliveries'),
    filter: createCell(''),
    selected: createCell<string | null>(null),
    isOpened: createCell(false),
    base: createCell<string | null>(null),
    isHelping: createCell(false),
    replayTo: createCell(''),
    replays: createCell<ReadonlyMap<string, readonly Replayed[]>>(new Map()),
    isReplaying: createCell(false),
  };
}

export const ModelContext = createContext<Model | null>(null);

export function useModel(): Model {
  const model = useContext(ModelContext);
  if (model === null) throw new Error('outside the page');
  return model;
}
