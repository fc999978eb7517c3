import type { EntryData, ManifestData } from '../../provision/export.ts';

/** Words that read as a text in every version of YAML: a letter first, and nothing that ends or begins a value. */
const BARE = /^[A-Za-z](?:[A-Za-z0-9_./-]|:(?=[A-Za-z0-9/])| (?=[A-Za-z0-9(]))*$/;
/** Texts that some version of YAML reads as something else. */
const SPECIAL = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
const GROUP = /^[a-z_]+\.\*$/;
/** Beyond this a list goes on lines of its own. */
const MAX_LINE_CHARS = 96;

/** A manifest as lines of YAML, in plain ASCII: harmless for a terminal, and exact. */
export function manifestLines(manifest: ManifestData, schemaUrl: string): readonly string[] {
  const { version, defaults, webhooks } = manifest;
  return [
    `# yaml-language-server: $schema=${schemaUrl}`,
    `version: ${version}`,
    ...(defaults ? ['defaults:', `  url: ${scalar(defaults.url)}`] : []),
    webhooks.length === 0 ? 'webhooks: []' : 'webhooks:',
    ...webhooks.flatMap(entryLines),
  ];
}

function entryLines(entry: EntryData): readonly string[] {
  const fields = [
    ...(entry.event === undefined ? [] : [`event: ${word(entry.event)}`]),
    ...(entry.events === undefined ? [] : listLines('events', entry.events)),
    ...(entry.url === undefined ? [] : [`url: ${scalar(entry.url)}`]),
    ...(entry.description === undefined ? [] : [`description: ${scalar(entry.description)}`]),
    ...(entry.active === undefined ? [] : [`active: ${entry.active}`]),
    ...(entry.filters === undefined ? [] : [`filters: ${asciiJson(entry.filters)}`]),
  ];
  return fields.map((line, index) => (index === 0 ? `  - ${line}` : `    ${line}`));
}

function listLines(key: string, items: readonly string[]): readonly string[] {
  const words = items.map(word);
  const inline = `${key}: [${words.join(', ')}]`;
  return inline.length <= MAX_LINE_CHARS ? [inline] : [`${key}:`, ...words.map((item) => `  - ${item}`)];
}

/** An event: a group begins like an alias only where it stands alone. */
const word = (text: string): string => (GROUP.test(text) ? `"${text}"` : scalar(text));

function scalar(text: string): string {
  return BARE.test(text) && !SPECIAL.test(text) ? text : asciiJson(text);
}

/** JSON is YAML. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
