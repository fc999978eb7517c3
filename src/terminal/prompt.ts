import { Failure } from '../errors.ts';
import { type Look, loadPaint, type Paint } from './style.ts';
import { plain } from './text.ts';
import { MARKS } from './view.ts';

interface PromptOptions {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Questions are talk: they never touch stdout. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** The look of stderr. */
  readonly look: Look;
  /** True: never ask (`--no-input`, KYCGENIE_NO_INPUT or CI). */
  readonly noInput: boolean;
  readonly signal: AbortSignal;
}

interface SearchChoice {
  readonly value: string;
  readonly description?: string;
}

/** How many choices are seen at once. */
const PAGE_ROWS = 10;

/** What a question needs of inquirer: its module, the streams, and a look that follows our own colour decision. */
interface Asking {
  readonly prompts: Pick<typeof import('@inquirer/prompts'), 'input' | 'password' | 'confirm' | 'search'>;
  readonly theme: Theme;
  readonly context: {
    readonly input: NodeJS.ReadableStream;
    readonly output: NodeJS.WritableStream;
    readonly signal: AbortSignal;
  };
}

type Put<T> = (message: string, asking: Asking) => Promise<T>;

/**
 * Questions to a person, on stderr. Each throws Failure `usage`, saying which flag answers it, where nobody can be
 * asked; `interrupted` on Ctrl-C and at the end of input; the signal's reason when it aborts.
 */
export function createQuestions(options: PromptOptions) {
  const ask = async <T>(question: string, insteadOf: string, put: Put<T>): Promise<T> => {
    refuseWhereImpossible(options, question, insteadOf);
    return converse(options, (asking) => put(plain(question), asking));
  };
  return {
    get possible(): boolean {
      return obstacleTo(options) === null;
    },
    text: (
      question: string,
      insteadOf: string,
      check: (answer: string) => string | true = () => true,
    ): Promise<string> =>
      ask(question, insteadOf, (message, { prompts, theme, context }) =>
        prompts.input({ message, theme, validate: check }, context),
      ),
    secret: (question: string, insteadOf: string): Promise<string> =>
      ask(question, insteadOf, (message, { prompts, theme, context }) =>
        prompts.password({ message, theme, mask: '*', toggleMask: false, validate: notEmpty }, context),
      ),
    confirm: (question: string, insteadOf: string): Promise<boolean> =>
      ask(question, insteadOf, (message, { prompts, theme, context }) =>
        prompts.confirm({ message, theme, default: false }, context),
      ),
    search: (question: string, insteadOf: string, choices: readonly SearchChoice[]): Promise<string> =>
      ask(question, insteadOf, (message, { prompts, theme, context }) =>
        prompts.search(
          { message, theme, pageSize: PAGE_ROWS, source: (term) => matching(choices, term ?? '') },
          context,
        ),
      ),
  };
}

function refuseWhereImpossible(options: PromptOptions, question: string, insteadOf: string): void {
  const obstacle = obstacleTo(options);
  if (obstacle === null) return;
  throw new Failure('usage', `Nobody can be asked "${question}": ${obstacle}`, {
    hint: `Give ${insteadOf}.`,
  });
}

function obstacleTo({ stdin, stderr, noInput }: PromptOptions): string | null {
  if (noInput) return 'prompts are switched off (--no-input, KYCGENIE_NO_INPUT or CI)';
  if (stdin.isTTY !== true) return 'standard input is not a terminal';
  return stderr.isTTY === true ? null : 'standard error is not a terminal';
}

const notEmpty = (answer: string): string | true => answer.trim() !== '' || 'Nothing was typed';

function matching(choices: readonly SearchChoice[], term: string) {
  const wanted = term.trim().toLowerCase();
  return choices
    .filter(({ value, description = '' }) => `${value}\n${description}`.toLowerCase().includes(wanted))
    .map(({ value, description }) => ({
      value,
      name: plain(value),
      ...(description === undefined ? {} : { description: plain(description) }),
    }));
}

async function converse<T>(options: PromptOptions, put: (asking: Asking) => Promise<T>): Promise<T> {
  const { stdin, stderr, look, signal } = options;
  // Picked one by one: the bundler leaves the rest out.
  const { input, password, confirm, search } = await import('@inquirer/prompts');
  const paint = await loadPaint(look.color);
  // Inquirer leaves a question open for ever when its input ends (Ctrl-D): it only pauses the stream.
  const inputEnd = new AbortController();
  const onPause = (): void =>
    inputEnd.abort(new Failure('interrupted', 'The input ended before the question was answered'));
  stdin.once('pause', onPause);
  try {
    const context = { input: stdin, output: stderr, signal: AbortSignal.any([signal, inputEnd.signal]) };
    return await put({
      prompts: { input, password, confirm, search },
      theme: createTheme(paint, look.unicode),
      context,
    });
  } catch (error) {
    throw reasonOf(error);
  } finally {
    stdin.removeListener('pause', onPause);
  }
}

function reasonOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'ExitPromptError') return new Failure('interrupted', 'Interrupted', { cause: error });
  return error.name === 'AbortPromptError' ? error.cause : error;
}

type Theme = ReturnType<typeof createTheme>;

/** Inquirer colours by itself, whatever --color and NO_COLOR say: every style is replaced. */
function createTheme(paint: Paint, unicode: boolean) {
  const form = (mark: { readonly text: string; readonly ascii: string }): string =>
    unicode ? mark.text : mark.ascii;
  const accent = (text: string): string => paint('accent', text);
  const dim = (text: string): string => paint('dim', text);
  return {
    prefix: { idle: accent('?'), done: paint('good', form(MARKS.ok)) },
    icon: { cursor: unicode ? '❯' : '>' },
    style: {
      answer: accent,
      message: (text: string): string => paint('strong', text),
      error: (text: string): string => paint('bad', `${form(MARKS.fail)} ${text}`),
      defaultAnswer: (text: string): string => dim(`(${text})`),
      help: dim,
      highlight: accent,
      key: (text: string): string => paint('strong', text),
      searchTerm: accent,
      description: dim,
      disabled: dim,
      confirmDefault: (text: string): string => text.toUpperCase(),
      keysHelpTip: (): string =>
        dim(unicode ? '↑↓ move  ⏎ choose  type to narrow' : 'up/down move, enter chooses, type to narrow'),
    },
  };
}
