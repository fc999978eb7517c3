#!/usr/bin/env node
const [, , word, ...rest] = process.argv;
if (rest.length === 0 && (word === '--version' || word === '-V')) {
  const text = `${require('../package.json').version}\n`;
  try {
    // Making process.stdout costs a tenth of an empty process.
    require('node:fs').writeSync(1, text);
  } catch {
    // A pipe may be full for now, which the stream waits for; a reader that has gone is no error.
    process.stdout.on('error', () => {}).write(text);
  }
} else {
  require('../dist/main.cjs');
}
