// Clients that are cut off and come back: each keeps the position of its last
// message and resumes from it, as a good client library does.

import WebSocket from 'ws';
import { forget, remember } from './opened.js';

export class ResumingClient {
  received = []; // the bodies, in order
  offsets = []; // of each of them
  cuts = 0;
  lost = 0; // times it was told recovered:false
  replays = []; // ms from subscribe to the last replayed message
  #position = null;
  #stopped = false;

  // plain: never resumes, as a client of a server without history
  constructor(url, channel, { plain = false } = {}) {
    Object.assign(this, { url, channel, plain });
    this.closed = Promise.resolve();
    remember(this);
  }

  // Resolves once subscribed.
  open() {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.url, { perMessageDeflate: false });
      this.socket = socket;
      this.closed = new Promise((closed) => socket.on('close', closed));
      socket.on('error', () => {});
      socket.on('message', (data) => this.#take(JSON.parse(data.toString()), resolve));
      socket.on('open', () => this.#subscribe());
      socket.on('close', () => {
        if (!this.#stopped && !this.offline) setTimeout(() => this.open().then(resolve), 50 + Math.random() * 200);
      });
    });
  }

  #subscribe() {
    const data = { channel: this.channel };
    if (this.#position && !this.plain) data.recover = this.#position;
    this.asked = Date.now();
    this.socket.send(JSON.stringify({ action: 'subscribe', data, ref: 1 }));
  }

  #take(frame, resolve) {
    if (frame.action === 'subscribed') {
      if (frame.recovered === false || !this.#position) {
        if (frame.recovered === false) this.lost++;
        this.#position = frame.position ? { ...frame.position } : null;
      }
      resolve();
    } else if (frame.action === 'gap') {
      this.lost++;
      this.#position = { ...frame.position };
    } else if (frame.action === 'error' && frame.ref === 1) {
      this.socket.terminate();
    } else if (frame.action === 'message') {
      if (this.asked) this.replays.push(Date.now() - this.asked);
      this.asked = 0;
      if (this.#position && frame.offset) this.#position.offset = frame.offset;
      this.received.push(frame.message);
      this.offsets.push(frame.offset);
    }
  }

  // The connection is gone without a close for offlineMs.
  async cut(offlineMs) {
    this.cuts++;
    this.offline = true;
    this.socket.terminate();
    await this.closed;
    await new Promise((resolve) => setTimeout(resolve, offlineMs));
    this.offline = false;
    await this.open();
  }

  terminate() {
    this.#stopped = true;
    forget(this);
    this.socket?.terminate();
    return this.closed;
  }
  close() {
    return this.terminate();
  }
}
