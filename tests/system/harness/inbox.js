// What a client has received, and waiting for what is yet to come. Every item
// is taken once: next() looks for the earliest one that nobody has taken.

import { isDeepStrictEqual } from 'node:util';
import { within } from './wait.js';

// A pattern is a function, or an object whose members must all be equal.
export function matches(pattern, item) {
  if (typeof pattern === 'function') return Boolean(pattern(item));
  return Object.entries(pattern).every(([key, value]) =>
    isDeepStrictEqual(item?.[key], value),
  );
}

export class Inbox {
  all = []; // everything, taken or not
  #fresh = [];
  #waiting = [];
  #ended = null;

  push(item) {
    this.all.push(item);
    const i = this.#waiting.findIndex((w) => matches(w.pattern, item));
    if (i < 0) this.#fresh.push(item);
    else this.#waiting.splice(i, 1)[0].resolve(item);
  }

  // Nothing more will come.
  end(reason) {
    this.#ended ??= new Error(reason);
    for (const w of this.#waiting.splice(0)) w.reject(this.#ended);
  }

  // Not yet taken ones that match, without taking them.
  peek(pattern = () => true) {
    return this.#fresh.filter((item) => matches(pattern, item));
  }

  next(pattern = () => true, deadline) {
    const i = this.#fresh.findIndex((item) => matches(pattern, item));
    if (i >= 0) return Promise.resolve(this.#fresh.splice(i, 1)[0]);
    if (this.#ended) return Promise.reject(this.#ended);
    const waiting = { pattern };
    const found = new Promise((resolve, reject) => {
      Object.assign(waiting, { resolve, reject });
      this.#waiting.push(waiting);
    });
    return within(found, this.#describe(pattern), deadline).finally(() => {
      this.#waiting = this.#waiting.filter((w) => w !== waiting);
    });
  }

  #describe(pattern) {
    const text =
      typeof pattern === 'function' ? String(pattern) : JSON.stringify(pattern);
    const seen = this.all.slice(-5).map((x) => JSON.stringify(x).slice(0, 300));
    return `${text}; received so far ${this.all.length}, last: ${seen.join(' ')}`;
  }
}
