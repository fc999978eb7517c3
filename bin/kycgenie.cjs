#!/usr/bin/env node
const [, , word, ...rest] = process.argv;
if (rest.length === 0 && (word === '--version' || word === '-V')) {
  // A reader that has gone is no error.
  process.stdout.on('error', () => {}).write(`${require('../package.json').version}\n`);
} else {
  require('../dist/main.cjs');
}
