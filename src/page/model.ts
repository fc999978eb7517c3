import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ReplayOutcome, State } from '../inspector/protocol.ts';
import { type AccountLog, createAccountLog } from './account.ts';
import type { Browser } from './browser.ts';
import { type Cell, createCell } from './cell.ts';
import { type Connection, Deliveries } from './deliveries.ts';
import { tellNews } from './news.ts';
import { createNotices, type Notices } from './notices.ts';
import { TextSearch } from './search.ts';
import { createServer, type Server } from './server.ts';

/** A replay from this page. */
export interface Replayed {
  readonly outcome: ReplayOutcome;
  readonly isResigned: boolean;
}

export interface ReplayTarget {
  /** Of the delivery. */
  readonly id: string;
  /** Where it was forwarded, or would have been; null: nowhere. */
  readonly usual: string | null;
  /** Null: nothing was. */
  readonly typed: string | null;
}

export type BodyShape = 'tree' | 'raw' | 'hex';

/** Everything that the page knows and can do. */
export interface Model {
  readonly browser: Browser;
  readonly server: Server;
  readonly state: State;
  readonly deliveries: Deliveries;
  readonly search: TextSearch;
  readonly account: AccountLog;
  readonly notices: Notices;
  readonly connection: Cell<Connection>;
  readonly tab: Cell<'deliveries' | 'account'>;
  /** As typed. */
  readonly filter: Cell<string>;
  readonly selected: Cell<string | null>;
  /** On a narrow screen: the detail is shown in place of the list. */
  readonly isOpened: Cell<boolean>;
  /** The delivery that the selected one is compared with. */
  readonly base: Cell<string | null>;
  readonly isHelping: Cell<boolean>;
  /** Where a replay of one delivery goes. */
  readonly replayTo: Cell<ReplayTarget | null>;
  /** How bodies are shown, where somebody chose it. */
  readonly bodyShape: Cell<BodyShape | null>;
  /** By delivery, newest last. */
  readonly replays: Cell<ReadonlyMap<string, readonly Replayed[]>>;
  readonly isReplaying: Cell<boolean>;
}

export function createModel(browser: Browser, state: State): Model {
  const server = createServer(browser);
  const connection = createCell<Connection>('live');
  const notices = createNotices(browser, () => connection.set('renewed'));
  const deliveries = new Deliveries(browser, server, {
    connection,
    onArrived: notices.arrived,
    onProblem: notices.fail,
  });
  tellNews(browser, server, deliveries.rows);
  return {
    ...{ browser, server, state, connection, notices, deliveries },
    search: new TextSearch(browser, server, notices.fail),
    account: createAccountLog(browser),
    tab: recalled(browser, 'tab', (text) => (text === 'account' ? 'account' : 'deliveries')),
    filter: recalled(browser, 'filter', (text) => text),
    selected: createCell<string | null>(null),
    isOpened: createCell(false),
    base: createCell<string | null>(null),
    isHelping: createCell(false),
    replayTo: createCell<ReplayTarget | null>(null),
    bodyShape: createCell<BodyShape | null>(null),
    replays: createCell<ReadonlyMap<string, readonly Replayed[]>>(new Map()),
    isReplaying: createCell(false),
  };
}

/** A cell whose text outlives a reload of the page. */
function recalled<T extends string>(browser: Browser, name: string, read: (text: string) => T): Cell<T> {
  const cell = createCell(read(browser.recall(name)));
  cell.watch(() => browser.remember(name, cell.get()));
  return cell;
}

export const ModelContext = createContext<Model | null>(null);

export function useModel(): Model {
  const model = useContext(ModelContext);
  if (model === null) throw new Error('outside the page');
  return model;
}
