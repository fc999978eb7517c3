import { parseTemplate, type Template } from './template.ts';

/**
 * What senders put between the parts that they sign; the empty one puts them side by side. A line feed behind the
 * body would be part of the body just as well, so it is tried in front of bodies only.
 */
const SEPARATORS = ['.', '', ':', '|', '-', '_', ',', '\n'] as const;

const ORDERS = {
  timed: [
    ['{timestamp}', '{body}'],
    ['{body}', '{timestamp}'],
  ],
  named: [
    ['{id}', '{body}'],
    ['{body}', '{id}'],
  ],
  both: [
    ['{id}', '{timestamp}', '{body}'],
    ['{timestamp}', '{id}', '{body}'],
    ['{body}', '{timestamp}', '{id}'],
    ['{body}', '{id}', '{timestamp}'],
  ],
} as const;
type Family = keyof typeof ORDERS | 'body';

/** The version labels that stand before what is signed, as Slack has it. */
const LABELS = ['v0', 'v1'] as const;

const FAMILIES: Readonly<Record<Family, readonly Template[]>> = {
  body: [parseTemplate('{body}')],
  timed: [...spread('timed'), ...LABELS.map((label) => parseTemplate(`${label}:{timestamp}:{body}`))],
  named: spread('named'),
  both: spread('both'),
};

/** Those that are met in the wild; the others are tried after all of these. */
const LIKELY: ReadonlySet<string> = new Set([
  '{body}',
  '{timestamp}.{body}',
  '{timestamp}{body}',
  '{timestamp}:{body}',
  '{body}{timestamp}',
  '{body}.{timestamp}',
  'v0:{timestamp}:{body}',
  'v1:{timestamp}:{body}',
  '{id}.{timestamp}.{body}',
  '{id}{timestamp}{body}',
  '{timestamp}.{id}.{body}',
  '{id}.{body}',
]);

/** The templates over just these parts and the body: those that are met often, or the others. */
export function guessTemplates(
  scope: { readonly timed: boolean; readonly named: boolean },
  often: boolean,
): readonly Template[] {
  const family = scope.named ? (scope.timed ? 'both' : 'named') : scope.timed ? 'timed' : 'body';
  return FAMILIES[family].filter(({ text }) => LIKELY.has(text) === often);
}

function spread(family: keyof typeof ORDERS): readonly Template[] {
  return ORDERS[family].flatMap((order) =>
    SEPARATORS.filter((separator) => separator !== '\n' || order[0] !== '{body}').map((separator) =>
      parseTemplate(order.join(separator)),
    ),
  );
}
