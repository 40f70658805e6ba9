// One request to NATS itself, as one of our services: what no client may do.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { within } from './wait.js';

function passwordOf(cluster, user) {
  const conf = fs.readFileSync(path.join(cluster.state, 'nats-1.conf'), 'utf8');
  return new RegExp(`user: "${user}", password: "([^"]*)"`).exec(conf)[1];
}

// The answer's JSON. NATS client protocol: docs.nats.io/reference/reference-protocols/nats-protocol
export function askNats(cluster, user, subject, body = '') {
  const { port } = cluster.row('nats-1');
  const inbox = `_INBOX_${user}.test`;
  const connect = JSON.stringify({ user, pass: passwordOf(cluster, user), verbose: false, pedantic: false });
  const socket = net.connect(port, '127.0.0.1');
  const answer = new Promise((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('data', (data) => {
      text += data;
      const error = /^-ERR .*$/m.exec(text);
      const message = /^MSG [^\r]*\r\n(.*)\r\n/m.exec(text);
      if (error) reject(new Error(error[0]));
      else if (message) resolve(JSON.parse(message[1]));
    });
    socket.write(`CONNECT ${connect}\r\nSUB ${inbox} 1\r\nPUB ${subject} ${inbox} ${Buffer.byteLength(body)}\r\n${body}\r\n`);
  });
  return within(answer, `NATS ${subject}`).finally(() => socket.destroy());
}
