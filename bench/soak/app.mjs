// The flaky app of the soak: notes the id of what it takes before it answers 200, and takes not everything.
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , port, path] = process.argv;
const notes = openSync(path, 'a');
const REFUSED_SHARE = 0.08;
const RESET_SHARE = 0.04;

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const chance = Math.random();
    if (chance < RESET_SHARE) {
      request.socket.destroy();
      return;
    }
    if (chance < RESET_SHARE + REFUSED_SHARE) {
      response.writeHead(503).end();
      return;
    }
    writeSync(notes, `${request.url.split('/')[1]} ${request.headers['webhook-id']}\n`);
    response.writeHead(200).end();
  });
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ type: 'ready', port: server.address().port })}\n`);
});
