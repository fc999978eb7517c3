import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeliveryRow } from '../inspector/protocol.ts';
import { useCell } from './cell.ts';
import { useModel } from './model.ts';
import { toggleCompare } from './moves.ts';
import { REPLAY_TARGET, replay } from './replay.ts';
import { fixturePath } from './server.ts';

interface Props {
  readonly row: DeliveryRow;
  readonly curl: string | null;
  /** The detail was read. */
  readonly isReady: boolean;
}

export function Actions({ row, curl, isReady }: Props): JSX.Element {
  const model = useModel();
  const isReplaying = useCell(model.isReplaying);
  const isComparing = useCell(model.base) !== null;
  return (
    <div class="actions">
      <div class="action-line">
        <button
          type="button"
          class="button is-main"
          disabled={isReplaying}
          onClick={() => void replay(model, false)}
        >
          Replay
        </button>
        <button type="button" class="button" disabled={isReplaying} onClick={() => void replay(model, true)}>
          Replay re-signed
        </button>
        <button
          type="button"
          class={`button${isComparing ? ' is-on' : ''}`}
          aria-pressed={isComparing}
          onClick={() => toggleCompare(model)}
        >
          Compare
        </button>
        <CopyButton curl={curl} isReady={isReady} />
        <a class="button" href={fixturePath(row.id)} download="">
          Save as fixture
        </a>
      </div>
      <Target row={row} />
    </div>
  );
}

function Target({ row }: { readonly row: DeliveryRow }): JSX.Element {
  const { replayTo, state } = useModel();
  const usual = row.forward?.url ?? state.forward_to;
  return (
    <label class="target">
      <span class="quiet">Replay to</span>
      <input
        id={REPLAY_TARGET}
        class="field mono"
        type="url"
        spellcheck={false}
        placeholder={usual ?? 'http://localhost:3000/webhooks'}
        value={useCell(replayTo)}
        onInput={(event) => replayTo.set(event.currentTarget.value)}
      />
    </label>
  );
}

/** To others its quotes mean nothing, and what a sender wrote between them would be commands. */
const SHELLS = 'bash, zsh or another POSIX shell: not for cmd or PowerShell';

function CopyButton({
  curl,
  isReady,
}: {
  readonly curl: string | null;
  readonly isReady: boolean;
}): JSX.Element {
  const { browser, notices } = useModel();
  const [byHand, setByHand] = useState<string | null>(null);
  const copy = async (command: string): Promise<void> => {
    try {
      await browser.copy(command);
      notices.say(`Copied, for ${SHELLS}`);
    } catch {
      // The browser keeps the clipboard to itself.
      setByHand(command);
    }
  };
  const isText = curl !== null || !isReady;
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={curl === null}
        title={isText ? `For ${SHELLS}` : 'The body is not text'}
        onClick={() => curl !== null && void copy(curl)}
      >
        Copy as curl
      </button>
      {byHand !== null && byHand === curl && (
        <textarea
          class="field mono by-hand"
          aria-label="The command, to be copied by hand"
          readOnly
          value={byHand}
        />
      )}
    </>
  );
}
