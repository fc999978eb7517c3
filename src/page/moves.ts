import type { DeliveryRow } from '../inspector/protocol.ts';
import type { Model } from './model.ts';

/** Below it the detail takes the place of the list. The same width is in the style sheet. */
const NARROW = '(max-width: 47.5rem)';

export const LIST = '.rows';
export const DETAIL_TITLE = 'detail-title';

export function select({ selected, notices }: Model, id: string): void {
  if (selected.get() !== id) notices.closeAll();
  selected.set(id);
  history.replaceState(history.state, '', `#${encodeURIComponent(id)}`);
}

/** The delivery so many rows further down; from nowhere, the first. */
export function move(model: Model, rows: readonly DeliveryRow[], step: number): void {
  const at = rows.findIndex(({ id }) => id === model.selected.get());
  const to = at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step));
  const row = rows[to];
  if (row) select(model, row.id);
}

const isNarrow = (): boolean => matchMedia(NARROW).matches;

/** Shows the detail where it is not beside the list; the browser's way back leads to the list again. */
export function open({ isOpened, selected }: Model): void {
  if (!isNarrow() || isOpened.get() || selected.get() === null) return;
  history.pushState({ isOpened: true }, '', location.hash);
  isOpened.set(true);
}

/** Back to the list. */
export function close({ isOpened }: Model): void {
  if (isOpened.get()) history.back();
}

/** Keeps what is shown in step with the browser's history. */
export function followHistory({ isOpened, selected }: Model): void {
  addEventListener('popstate', () => isOpened.set(history.state?.isOpened === true));
  if (location.hash.length > 1) selected.set(idInAddress());
  isOpened.set(history.state?.isOpened === true && isNarrow());
}

function idInAddress(): string | null {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return null;
  }
}

/** Marks the selected delivery as the one to compare with; once more takes it back. */
export function toggleCompare({ base, selected, notices, isOpened }: Model): void {
  const chosen = selected.get();
  const isStarting = base.get() === null;
  base.set(isStarting ? chosen : null);
  if (!isStarting) return;
  if (chosen === null) notices.say('Choose a delivery first');
  if (isNarrow() && isOpened.get()) history.back();
}
