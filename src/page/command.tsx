import { Fragment, type JSX } from 'preact';
import { useModel } from './model.ts';

/** Text to be typed or pasted somewhere else; a click selects all of it. */
export function Command({ text }: { readonly text: string }): JSX.Element {
  const { browser, notices } = useModel();
  const copy = async (): Promise<void> => {
    try {
      await browser.copy(text);
      notices.succeed('Copied');
    } catch {
      notices.say('The browser keeps the clipboard to itself: select it and copy it by hand');
    }
  };
  return (
    <div class="command-line">
      <pre class="command">
        {text.split(' ').map((word, index) => (
          // A line ends between words, and not within `--to`.
          <Fragment key={index}>
            {index > 0 && ' '}
            <span class="word">{word}</span>
          </Fragment>
        ))}
      </pre>
      <button type="button" class="button" onClick={() => void copy()}>
        Copy<span class="for-ears"> {text}</span>
      </button>
    </div>
  );
}
