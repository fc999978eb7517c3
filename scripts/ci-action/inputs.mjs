/** Lines of the input `args`, and characters of one input: more is a mistake. */
const MAX_ARGS = 100;
const MAX_INPUT_CHARS = 16_384;

/** An input that cannot be meant so. */
export class InputError extends Error {}

/** What the inputs ask for, and the command line that does it: values stand behind `=`, so that none is a flag. */
export function readInputs(env) {
  const read = (name) => textOf(env, name);
  const check = flagOf('check', read('CHECK'));
  const command = read('COMMAND') || 'apply';
  if (command !== 'apply' && command !== 'diff')
    throw new InputError('The input "command" is neither apply nor diff.');
  const applies = command === 'apply' && !check;
  const argv = [
    ...['webhooks', applies ? 'apply' : 'diff', `--file=${read('FILE') || 'webhooks.yaml'}`, '--json'],
    ...(flagOf('prune', read('PRUNE')) ? ['--prune'] : []),
    ...(read('BASE_URL') ? [`--base-url=${read('BASE_URL')}`] : []),
    ...(read('API_VERSION') ? [`--api-version=${read('API_VERSION')}`] : []),
    ...(applies ? ['--yes', ...linesOf(read('ARGS'))] : []),
  ];
  return { check, applies, argv, tool: read('TOOL') };
}

function textOf(env, name) {
  const text = env[`ACTION_${name}`] ?? '';
  if (text.length > MAX_INPUT_CHARS)
    throw new InputError(`An input is longer than ${MAX_INPUT_CHARS} characters: ${name.toLowerCase()}.`);
  return text;
}

function flagOf(name, text) {
  if (text === 'true') return true;
  if (text === 'false' || text === '') return false;
  throw new InputError(`The input "${name}" is neither true nor false.`);
}

function linesOf(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length > MAX_ARGS) throw new InputError(`The input "args" has more than ${MAX_ARGS} lines.`);
  return lines.map((line) => line.trim());
}
