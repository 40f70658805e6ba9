// A native WebSocket client on the package `ws`: no code of Fanfare's own.

import WebSocket from 'ws';
import { Inbox } from './inbox.js';
import { forget, remember } from './opened.js';
import { within } from './wait.js';

export class Client {
  #inbox = new Inbox();
  #lastRef = 0;
  socket;
  welcome = null; // the welcome frame, once connected
  binary = []; // binary messages, as Buffers
  closed; // a promise of { code, reason }

  // options: token, query {}, headers {}, origin, protocols, ws {}
  constructor(url, options = {}) {
    const target = new URL(url);
    const query = { ...options.query };
    if (options.token) query.token = options.token;
    for (const [key, value] of Object.entries(query))
      target.searchParams.append(key, value);
    this.socket = new WebSocket(target, options.protocols ?? [], {
      headers: options.headers,
      origin: options.origin,
      perMessageDeflate: false,
      ...options.ws,
    });
    this.#listen();
    remember(this);
  }

  #listen() {
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.binary.push(data);
      else this.#inbox.push(JSON.parse(data.toString()));
    });
    // An error is always followed by a close.
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        forget(this);
        this.#inbox.end(
          `the connection was closed: ${code} ${reason} ${this.error ?? ''}`,
        );
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  // Waits for the welcome frame; fails with the HTTP status when refused.
  async open(deadline) {
    this.welcome = await this.next({ action: 'welcome' }, deadline);
    return this;
  }

  get frames() {
    return this.#inbox.all;
  }
  peek(pattern) {
    return this.#inbox.peek(pattern);
  }
  // The earliest frame not yet taken that matches a function or the members
  // of an object; it is taken.
  next(pattern, deadline) {
    return this.#inbox.next(pattern, deadline);
  }
  // The next delivery on a channel.
  message(channel, deadline) {
    return this.next({ action: 'message', channel }, deadline);
  }

  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }
  sendRaw(textOrBuffer) {
    this.socket.send(textOrBuffer);
  }

  // Sends an action with a fresh ref and resolves with the frame that echoes
  // it, an error frame included.
  request(action, data, deadline) {
    const ref = ++this.#lastRef;
    this.send({ action, data, ref });
    return this.next((frame) => frame.ref === ref, deadline);
  }

  // The same, but anything else than the wanted answer is a failure.
  async must(wanted, action, data, deadline) {
    const reply = await this.request(action, data, deadline);
    if (reply.action !== wanted)
      throw new Error(`${action}: ${JSON.stringify(reply)}`);
    return reply;
  }
  subscribe(channel, extra = {}) {
    return this.must('subscribed', 'subscribe', { channel, ...extra });
  }
  publish(channel, message, extra = {}) {
    return this.must('ack', 'message', { channel, message, ...extra });
  }
  // A round trip: all that the gateway did before is seen by now.
  ping() {
    return this.must('pong', 'ping');
  }

  // Closes the connection and waits until it is.
  async close(code = 1000) {
    if (this.socket.readyState === WebSocket.CONNECTING) this.socket.terminate();
    else this.socket.close(code);
    const timer = setTimeout(() => this.socket.terminate(), 2000);
    await this.closed;
    clearTimeout(timer);
  }
  // Gone without a word, as a phone in a tunnel.
  terminate() {
    this.socket.terminate();
    return within(this.closed, 'close');
  }
}
