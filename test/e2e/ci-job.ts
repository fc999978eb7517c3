import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { parse } from 'yaml';
import { type Ran, shell, toolForShell } from './tool.ts';

const ROOT = join(import.meta.dirname, '..', '..');

type Words = Readonly<Record<string, string>>;

export interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Words;
  readonly env?: Words;
}

export interface Job {
  readonly steps: readonly Step[];
  readonly env?: Words;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

/** What is not run here, for it comes from elsewhere. */
const ELSEWHERE = /^actions\/(?:checkout|setup-node)@v\d+$/;
const THIS_ACTION = 'OWNER/kycgenie-cli@REF';

export const ACTION: Action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'));

/** The fenced blocks of docs/ci.md by their labels. */
export function blocks(): ReadonlyMap<string, string> {
  const text = readFileSync(join(ROOT, 'docs', 'ci.md'), 'utf8');
  const found = [...text.matchAll(/^```(?:(?:yaml|sh) )?(\S*)\n(.*?)^```$/gms)];
  return new Map(found.map(([, label = '', block = '']) => [label, block]));
}

/** A checkout with programs that stand in for those that are not here, on a machine with this environment. */
export function checkout(folder: string, env: Words) {
  const bin = join(folder, 'bin');
  const handed = join(folder, 'handed');
  for (const made of [bin, handed]) mkdirSync(made, { recursive: true });
  const program = (name: string, script: string) =>
    writeFileSync(join(bin, name), `#!/bin/bash\nset -euo pipefail\n${script}\n`, { mode: 0o755 });
  const keep = `file=$(printf %s "$*" | tr -c 'A-Za-z0-9._=-' _); cat > "${handed}/$file"`;
  program('gh', keep);
  program('vault', keep);
  program('kycgenie', `exec ${toolForShell()} "$@"`);
  program('npm', npmScript(join(folder, 'npm.txt')));
  const files = { GITHUB_OUTPUT: 'output', GITHUB_PATH: 'path', GITHUB_STEP_SUMMARY: 'summary.md' };
  const machine = {
    ...{ ...env, CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'me/here', RUNNER_TEMP: folder },
    ...{ GITHUB_ACTION_PATH: ROOT, PATH: `${bin}:${process.env['PATH']}`, WORK: folder },
    ...Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(folder, file)])),
  };
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  /** Runs shell code as GitHub and GitLab do: the first command that fails ends it. */
  const run = (script: string, more: Words = {}): Promise<Ran> =>
    shell(`unset -f kycgenie; set -e; cd "$WORK"\n${script}`, { ...machine, ...more });
  return {
    folder,
    handed,
    run,
    read,
    write: (name: string, text: string) => writeFileSync(join(folder, name), text),
  };
}

export type Checkout = ReturnType<typeof checkout>;

/** Installs the packed tool wherever it is asked to. */
function npmScript(log: string): string {
  const root = dirname(dirname(inject('bin')));
  return `printf '%s\\n' "$*" >> "${log}"
[ "$1" = install ]
if [ "$2" = --prefix ]; then
  mkdir -p "$3/node_modules/.bin"
  ln -s "${root}" "$3/node_modules/kycgenie-cli"
  ln -s ../kycgenie-cli/bin/kycgenie.cjs "$3/node_modules/.bin/kycgenie"
fi`;
}

interface Ended extends Ran {
  readonly outputs: Words;
  readonly summary: string;
}

/** Runs the steps of action.yml with these inputs; the output and the code are those of the step that ended it. */
export async function runAction(place: Checkout, inputs: Words, env: Words = {}): Promise<Ended> {
  for (const name of Object.keys(inputs)) if (!(name in ACTION.inputs)) throw new Error(`no input ${name}`);
  const values = new Map(
    Object.entries(ACTION.inputs).map(([name, input]) => [`inputs.${name}`, input.default]),
  );
  for (const [name, value] of Object.entries(inputs)) values.set(`inputs.${name}`, value);
  place.write('summary.md', '');
  const ran = await runSteps(place, ACTION.runs.steps, { values, env });
  const outputs = Object.entries(ACTION.outputs).map(([name, { value }]) => [name, filled(value, values)]);
  return { ...ran, outputs: Object.fromEntries(outputs), summary: place.read('summary.md') };
}

interface Around {
  /** What `${{ name }}` stands for. */
  readonly values: Map<string, string>;
  readonly env: Words;
}

export async function runSteps(
  place: Checkout,
  steps: readonly Step[],
  { values, env }: Around,
): Promise<Ran> {
  let text = { stdout: '', stderr: '' };
  for (const step of steps) {
    if (step.if !== undefined && !holds(step.if, values)) continue;
    const ran = await runStep(place, step, { values, env });
    text = { stdout: text.stdout + ran.stdout, stderr: text.stderr + ran.stderr };
    if (ran.code !== 0) return { ...ran, ...text };
  }
  return { code: 0, signal: null, ...text };
}

async function runStep(place: Checkout, step: Step, { values, env }: Around): Promise<Ran> {
  const own = { ...env, ...filledAll(step.env ?? {}, values) };
  if (step.uses === THIS_ACTION) {
    const ended = await runAction(place, step.with ?? {}, own);
    for (const [name, value] of Object.entries(ended.outputs))
      values.set(`steps.${step.id}.outputs.${name}`, value);
    return ended;
  }
  if (step.uses !== undefined) {
    if (!ELSEWHERE.test(step.uses)) throw new Error(`nobody knows ${step.uses}`);
    return { code: 0, signal: null, stdout: '', stderr: '' };
  }
  place.write('output', '');
  place.write('path', '');
  const ran = await place.run(step.run ?? '', own);
  for (const [, name, value = ''] of place.read('output').matchAll(/^([\w-]+)=(.*)$/gm)) {
    values.set(`steps.${step.id}.outputs.${name}`, value);
  }
  return ran;
}

/** `a == 'b'` and `a != 'b'`. */
function holds(condition: string, values: Around['values']): boolean {
  const [, name = '', operator, wanted] = /^([\w.-]+) ([!=]=) '(.*)'$/.exec(condition) ?? [];
  if (operator === undefined) throw new Error(`nobody can read ${condition}`);
  return ((values.get(name) ?? '') === wanted) === (operator === '==');
}

const filledAll = (texts: Words, values: Around['values']): Words =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, filled(text, values)]));

const filled = (text: string, values: Around['values']): string =>
  text.replace(/\$\{\{ (\S+) \}\}/g, (_all, name: string) => values.get(name) ?? '');
