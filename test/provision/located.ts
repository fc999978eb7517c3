import { Failure } from '../../src/errors.ts';
import type { Reading } from '../../src/provision/manifest/fields.ts';
import { type Manifest, parseManifest } from '../../src/provision/manifest.ts';
import { readLocated } from '../../src/terminal/read-located.ts';

/** What a manifest of this text says. */
export async function manifestOf(text: string, env: Reading['env'] = {}): Promise<Manifest> {
  const urlProblem: Reading['urlProblem'] = (url) =>
    url.startsWith('https://') ? null : { message: 'A receiver URL must be https' };
  return parseManifest(await readLocated(text, 'w.yaml'), { source: 'w.yaml', env, urlProblem });
}

/** Message and hint of the refusal. */
export async function refusalOf(text: string, env: Reading['env'] = {}): Promise<string> {
  const error: unknown = await manifestOf(text, env).then(
    () => new Error('was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure) || error.kind !== 'usage') throw error;
  return `${error.message} | ${error.hint ?? ''}`;
}
