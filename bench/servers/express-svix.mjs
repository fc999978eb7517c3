// A common receiver, of packages that are installed in the folder named by PEERS: npm install express svix.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env['PEERS'], 'index.js'));
const express = require('express');
const { Webhook } = require('svix');

const webhook = new Webhook(process.env['SIGNING']);
const app = express();
app.post(/.*/, express.raw({ type: '*/*', limit: '1mb' }), (request, response) => {
  const event = webhook.verify(request.body, {
    'svix-id': request.headers['webhook-id'],
    'svix-timestamp': request.headers['webhook-timestamp'],
    'svix-signature': request.headers['webhook-signature'],
  });
  console.log(JSON.stringify({ type: 'event', event }));
  response.json({ received: true });
});
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
