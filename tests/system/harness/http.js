// Plain HTTP requests, one connection each.

import http from 'node:http';
import { within } from './wait.js';

// options: headers {}, body (a string or Buffer as it is, else made JSON)
// Resolves with { status, headers, text, body } where body is the JSON, if any.
export function request(method, url, { headers = {}, body, deadline } = {}) {
  const answer = new Promise((resolve, reject) => {
    const raw = typeof body === 'string' || Buffer.isBuffer(body);
    const payload = body === undefined || raw ? body : JSON.stringify(body);
    const all = { ...headers };
    if (payload !== undefined) {
      all['Content-Type'] ??= 'application/json';
      all['Content-Length'] ??= Buffer.byteLength(payload);
    }
    const req = http.request(url, { method, headers: all, agent: false });
    req.on('error', reject);
    req.on('response', (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: res.statusCode,
          headers: res.headers,
          text,
          body: parse(text),
        });
      });
    });
    req.end(payload);
  });
  return within(answer, `${method} ${url}`, deadline);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// The HTTP API of one ingress, with the development key unless told otherwise.
export class Api {
  constructor(url, key) {
    this.url = url;
    this.key = key;
  }

  // options: key, token (instead of a key), headers, body
  call(method, path, { key, token, headers = {}, ...rest } = {}) {
    const auth = token
      ? { Authorization: `Bearer ${token}` }
      : { 'X-API-Key': key ?? this.key };
    return request(method, this.url + path, {
      headers: { ...auth, ...headers },
      ...rest,
    });
  }
  get(path, options) {
    return this.call('GET', path, options);
  }
  post(path, body, options) {
    return this.call('POST', path, { body, ...options });
  }
  put(path, body, options) {
    return this.call('PUT', path, { body, ...options });
  }
  delete(path, options) {
    return this.call('DELETE', path, options);
  }

  // Anything but 2xx is a failure; resolves with the body.
  async must(method, path, options) {
    const answer = await this.call(method, path, options);
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }
  publish(channel, message, extra = {}) {
    const body = { channel, message, ...extra };
    return this.must('POST', '/v1/publish', { body });
  }
  // A token for a user: { user_id, role, channels, ttl }
  async token(claims) {
    return (await this.must('POST', '/v1/tokens', { body: claims })).token;
  }
}
