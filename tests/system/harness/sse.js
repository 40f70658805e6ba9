// A Server-Sent Events client that shows everything that comes: events, ids,
// retry and comments. (For a real EventSource use the package `eventsource`.)

import http from 'node:http';
import { Inbox } from './inbox.js';
import { forget, remember } from './opened.js';

export class EventStream {
  #inbox = new Inbox();
  #text = '';
  comments = [];
  retry = null;
  status = 0;
  headers = {};
  closed; // a promise

  // options: channels [], token, query {}, headers {}, lastEventId
  constructor(url, options = {}) {
    const target = new URL(url);
    for (const channel of options.channels ?? [])
      target.searchParams.append('channel', channel);
    if (options.token) target.searchParams.append('token', options.token);
    for (const [key, value] of Object.entries(options.query ?? {}))
      target.searchParams.append(key, value);
    const headers = { Accept: 'text/event-stream', ...options.headers };
    if (options.lastEventId) headers['Last-Event-ID'] = options.lastEventId;
    this.request = http.get(target, { headers, agent: false });
    this.closed = new Promise((resolve) => {
      this.request.on('close', () => {
        forget(this);
        this.#inbox.end(`the stream ended (status ${this.status})`);
        resolve();
      });
    });
    remember(this);
  }

  // Resolves when the response began; body holds an error's text.
  open() {
    return new Promise((resolve, reject) => {
      this.request.on('error', reject);
      this.request.on('response', (response) => {
        this.status = response.statusCode;
        this.headers = response.headers;
        response.setEncoding('utf8');
        response.on('data', (text) => this.#feed(text));
        response.on('error', () => {});
        if (this.status === 200) resolve(this);
        else response.on('end', () => resolve(this));
      });
    });
  }

  // What is left unparsed: the whole body of an error.
  get body() {
    return this.#text;
  }
  get events() {
    return this.#inbox.all;
  }
  peek(pattern) {
    return this.#inbox.peek(pattern);
  }
  // The next event { event, id, data } that matches; data is parsed JSON where
  // it is JSON.
  next(pattern, deadline) {
    return this.#inbox.next(pattern, deadline);
  }
  async close() {
    this.request.destroy();
    await this.closed;
  }

  #feed(text) {
    this.#text += text;
    if (this.status !== 200) return;
    const blocks = this.#text.split(/\r?\n\r?\n/);
    this.#text = blocks.pop();
    for (const block of blocks) this.#block(block.split(/\r?\n/));
  }

  #block(lines) {
    const event = { event: 'message', id: null, data: [] };
    for (const line of lines) {
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (field === '') this.comments.push(value);
      else if (field === 'data') event.data.push(value);
      else if (field === 'retry') this.retry = Number(value);
      else event[field] = value;
    }
    if (event.data.length === 0) return;
    event.data = parse(event.data.join('\n'));
    this.#inbox.push(event);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
