import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useCell } from './cell.ts';
import { KEYS } from './keys.ts';
import { useModel } from './model.ts';

/** Keys that do the same, each as one. */
export function Strokes({ shown }: { readonly shown: string }): JSX.Element {
  return (
    <>
      {shown.split(' ').map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </>
  );
}

export function Help(): JSX.Element {
  const { isHelping } = useModel();
  const isOpen = useCell(isHelping);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => isHelping.set(false)}>
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(({ shown, does }) => (
          <div key={shown}>
            <dt>
              <Strokes shown={shown} />
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <h2>Filter</h2>
      <dl class="words">
        {WORDS.map(([word, meaning]) => (
          <div key={word}>
            <dt>
              <code>{word}</code>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" class="button is-main">
          Close
        </button>
      </form>
    </dialog>
  );
}

const WORDS = [
  ['type:screening.*', 'the event type; without a star, a part of it'],
  ['status:invalid', 'the verdict: valid, invalid or unverified, or its reason'],
  ['status:4xx', "the app's answer, or ours where it was not forwarded: as 404 or 4xx"],
  ['status:failed', "the app's answer: not 2xx, or none; status:ok is 2xx, status:none no answer"],
  ['status:duplicate', 'delivered again'],
  ['anna', "anything else: in all fields, headers, bodies and the app's answers, whatever its case"],
  ['-type:case.*', 'a minus leaves out what fits: -status:valid, -anna'],
] as const;
