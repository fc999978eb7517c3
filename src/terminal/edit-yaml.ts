import type { Document } from 'yaml';
import { Failure } from '../errors.ts';
import { parseYaml } from './read-yaml.ts';

/** Ten thousand entries of a hundred characters each. */
const MAX_CHARS = 1024 * 1024;

type Path = readonly (string | number)[];

export type YamlEdit =
  | { readonly kind: 'set'; readonly path: Path; readonly value: unknown }
  | { readonly kind: 'remove'; readonly path: Path }
  | { readonly kind: 'append'; readonly path: Path; readonly value: unknown };

/**
 * A YAML (or JSON) text with the edits made one after the other, and its comments kept. Throws Failure `usage` where
 * the text is no YAML, or where what is to be changed is behind an alias.
 */
export async function editYaml(text: string, source: string, edits: readonly YamlEdit[]): Promise<string> {
  const document = await parseYaml(text, source, { maxChars: MAX_CHARS });
  if (edits.length === 0) return text;
  try {
    for (const edit of edits) await make(document, edit);
    return write(document, text);
  } catch (cause) {
    throw new Failure(
      'usage',
      `${source} cannot be changed in its place: it uses aliases where it would be`,
      {
        hint: 'Write it anew with --file.',
        cause,
      },
    );
  }
}

/** Whether brackets and braces have a space inside, as yaml writes them by itself. */
const isPadded = (text: string): boolean => /(?:^|[\s[{])[[{] +[^\s\]}]/m.test(text);

/** What is behind an alias must not go: writing throws then. */
function write(document: Document, before: string): string {
  const isJson = /^\s*\{/.test(before);
  return document.toString({
    lineWidth: 0,
    flowCollectionPadding: isPadded(before),
    ...(isJson && { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE' }),
  });
}

async function make(document: Document, edit: YamlEdit): Promise<void> {
  const { isSeq } = await import('yaml');
  switch (edit.kind) {
    case 'set':
      return document.setIn(edit.path, document.createNode(edit.value));
    case 'remove':
      return void document.deleteIn(edit.path);
    case 'append': {
      const list: unknown = document.getIn(edit.path);
      // What was empty had to be in brackets.
      if (isSeq(list) && list.items.length === 0) list.flow = isInBrackets(document);
      return document.addIn(edit.path, document.createNode(edit.value));
    }
  }
}

const isInBrackets = ({ contents }: Document): boolean =>
  typeof contents === 'object' && contents !== null && 'flow' in contents && contents.flow === true;
