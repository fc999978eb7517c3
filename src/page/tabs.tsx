import type { JSX } from 'preact';

interface Props<Id extends string> {
  readonly label: string;
  /** Part of the `id` of each tab and of its panel. */
  readonly name: string;
  readonly tabs: readonly { readonly id: Id; readonly label: string }[];
  readonly chosen: Id;
  readonly onChoose: (id: Id) => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

export const tabId = (name: string, id: string): string => `${name}-tab-${id}`;
export const panelId = (name: string): string => `${name}-panel`;

/** One stop for the keyboard; arrows choose. */
export function Tabs<Id extends string>({ label, name, tabs, chosen, onChoose }: Props<Id>): JSX.Element {
  const choose = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = tabs.findIndex(({ id }) => id === chosen);
    const next = tabs.at((at + step) % tabs.length);
    if (next === undefined) return;
    onChoose(next.id);
    document.getElementById(tabId(name, next.id))?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={choose} tabIndex={-1}>
      {tabs.map(({ id, label: text }) => (
        <button
          key={id}
          type="button"
          role="tab"
          class="tab"
          id={tabId(name, id)}
          aria-selected={id === chosen}
          aria-controls={id === chosen ? panelId(name) : undefined}
          tabIndex={id === chosen ? 0 : -1}
          onClick={() => onChoose(id)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
