import type { JSX } from 'preact';
import type { Problem } from '../inspector/protocol.ts';
import { Foreign } from './foreign.tsx';

interface Props {
  readonly problem: Problem;
  readonly onClose?: () => void;
}

/** What went wrong, and what to do next. */
export function Trouble({ problem: { message, hint }, onClose }: Props): JSX.Element {
  return (
    <div class="trouble">
      <div>
        <p>
          <Foreign text={message} />
        </p>
        {hint !== null && (
          <p class="quiet">
            <Foreign text={hint} />
          </p>
        )}
      </div>
      {onClose && (
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      )}
    </div>
  );
}
