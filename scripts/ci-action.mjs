// What action.yml runs: kycgenie with the inputs, then annotations, a job summary and outputs from its JSON.
// It goes with the Node.js of the runner (20.19 or later) and needs no package.
import { appendFileSync } from 'node:fs';
import { addMask, annotationsOf, command, safeLine } from './ci-action/annotations.mjs';
import { InputError, readInputs } from './ci-action/inputs.mjs';
import { readOutcome } from './ci-action/outcome.mjs';
import { summaryOf } from './ci-action/summary.mjs';
import { runTool } from './ci-action/tool.mjs';

const PENDING = 10;
const FAILED = 1;
const USAGE = 2;

const { env, stdout } = process;
const say = (line) => stdout.write(`${line}\n`);

/** Lines of the tool's stderr as they come; of its commands to the runner only that which masks is passed on. */
function tell(line) {
  const mask = addMask(line);
  say(mask ?? safeLine(line));
}

function report(outcome, { code, wish }) {
  const { created, updated, deleted, failed } = outcome.counts;
  for (const line of annotationsOf(outcome, wish)) say(line);
  const changed = created + updated + deleted > 0;
  append('GITHUB_OUTPUT', [
    ...[`created=${created}`, `updated=${updated}`, `deleted=${deleted}`, `failed=${failed}`],
    ...[`changed=${changed}`, `exit-code=${code}`],
  ]);
  append('GITHUB_STEP_SUMMARY', summaryOf(outcome, wish));
}

function append(variable, lines) {
  if (env[variable]) appendFileSync(env[variable], `${lines.join('\n')}\n`);
}

async function main() {
  const wish = readInputs(env);
  const { code, result, error } = await runTool({ tool: wish.tool, argv: wish.argv, env, tell });
  const outcome = readOutcome(result);
  if (error !== null) say(command('error', 'kycgenie', error));
  if (outcome === null) {
    append('GITHUB_OUTPUT', [`exit-code=${code}`]);
    if (code !== 0 && code !== PENDING) return code;
    say(command('error', 'kycgenie', `It ended with ${code}, but its result could not be read.`));
    return FAILED;
  }
  report(outcome, { code, wish });
  return code === PENDING && !wish.check ? 0 : code;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  say(command('error', 'kycgenie', error.message));
  process.exitCode = USAGE;
}
