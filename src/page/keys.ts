import type { DeliveryRow } from '../inspector/protocol.ts';
import type { Model } from './model.ts';
import { close, LIST, move, open, toggleCompare } from './moves.ts';
import { replay } from './replay.ts';

type Rows = readonly DeliveryRow[];

interface Key {
  /** As `KeyboardEvent.key` has it. */
  readonly keys: readonly string[];
  readonly shown: string;
  readonly does: string;
  readonly act: (model: Model, rows: Rows) => void;
}

export const FILTER = 'filter';
/** Typed straight on, not on a button that has the focus. */
const CONTROLS = 'input, textarea, select, [contenteditable]';

/** What the keys do, in the order of the help. */
export const KEYS: readonly Key[] = [
  {
    keys: ['j', 'ArrowDown'],
    shown: 'j ↓',
    does: 'next delivery',
    act: (model, rows) => move(model, rows, 1),
  },
  {
    keys: ['k', 'ArrowUp'],
    shown: 'k ↑',
    does: 'the one before',
    act: (model, rows) => move(model, rows, -1),
  },
  {
    keys: [],
    shown: 'Home End',
    does: 'the first or the last, and by pages, where the list has the focus',
    act: () => undefined,
  },
  { keys: ['Enter'], shown: 'Enter', does: 'open it, where there is room for one only', act: open },
  { keys: ['/'], shown: '/', does: 'filter', act: () => document.getElementById(FILTER)?.focus() },
  { keys: ['p'], shown: 'p', does: 'pause, or go on', act: ({ deliveries }) => deliveries.togglePause() },
  { keys: ['r'], shown: 'r', does: 'replay', act: (model) => void replay(model, false) },
  { keys: ['R'], shown: 'R', does: 'replay with a new signature', act: (model) => void replay(model, true) },
  { keys: ['c'], shown: 'c', does: 'compare with another, or stop', act: toggleCompare },
  { keys: ['?'], shown: '?', does: 'this help', act: ({ isHelping }) => isHelping.set(true) },
  { keys: ['Escape'], shown: 'Esc', does: 'leave: the filter, the comparison, the detail', act: leave },
];

function leave(model: Model): void {
  if (model.base.get() !== null) model.base.set(null);
  else if (model.isOpened.get()) close(model);
  else if (model.filter.get() !== '') model.filter.set('');
  else document.querySelector<HTMLElement>(LIST)?.focus();
}

/** Hears the keys of the whole page; `rows` are those that are shown. */
export function hearKeys(model: Model, rows: () => Rows): () => void {
  const hear = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (model.tab.get() !== 'deliveries' || model.isHelping.get()) return;
    const { target } = event;
    if (target instanceof Element && isBusyWith(target, event.key)) return;
    const key = KEYS.find(({ keys }) => keys.includes(event.key));
    if (key === undefined) return;
    event.preventDefault();
    key.act(model, rows());
  };
  addEventListener('keydown', hear);
  return () => removeEventListener('keydown', hear);
}

/** What has the focus takes this key itself. */
function isBusyWith(target: Element, key: string): boolean {
  if (target.matches(CONTROLS)) return true;
  if (key === 'Enter') return target !== document.body;
  return key.startsWith('Arrow') && target.closest('[role=tree], [role=tablist], .scrolls') !== null;
}
