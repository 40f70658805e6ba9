// What no client should send: answered or closed with the right code, and the gateway stands.

import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import { useCluster, within } from './harness/index.js';

const HANDSHAKE = (extra = [], path = '/v1/ws', method = 'GET') =>
  [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', ...extra, '', ''].join('\r\n');

// A raw socket: sends, collects all until the other side closes (or stop says enough).
function raw(port, bytes, stop) {
  const talk = new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    let got = Buffer.alloc(0);
    const end = () => {
      socket.destroy();
      resolve(got);
    };
    socket.on('data', (data) => {
      got = Buffer.concat([got, data]);
      if (stop?.(got)) end();
    });
    socket.on('error', () => {});
    socket.on('close', end);
    socket.write(bytes);
  });
  return within(talk, 'an answer', 20000);
}

// A masked client frame.
function frame(first, payload, { length } = {}) {
  const head = [first];
  const n = length ?? payload.length;
  if (n < 126) head.push(0x80 | n);
  else if (n < 65536) head.push(0x80 | 126, n >> 8, n & 255);
  else {
    const b = Buffer.alloc(8);
    b.writeBigUInt64BE(BigInt(n));
    head.push(0x80 | 127, ...b);
  }
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

// The close code in what a server sent after its handshake.
function closeCode(got) {
  let at = got.indexOf('\r\n\r\n') + 4;
  while (at + 2 <= got.length) {
    const op = got[at] & 15;
    let n = got[at + 1] & 127;
    at += 2;
    if (n === 126) {
      n = got.readUInt16BE(at);
      at += 2;
    }
    if (op === 8) return n >= 2 ? got.readUInt16BE(at) : 1005;
    at += n;
  }
  return undefined;
}

describe('bad input', () => {
  const cluster = useCluster({ set: { 'gateway.handshake_timeout': 2, 'gateway.max_text_bytes': 65536 } });
  const port = () => cluster.gateway().port;
  const alive = async () => {
    const client = await cluster.connect();
    await client.ping();
    await client.close();
  };

  it('frames against RFC 6455 end the connection with 1002, 1007 or 1009', async () => {
    const rows = [
      ['reserved bit', frame(0xc1, Buffer.from('x')), [1002]],
      ['reserved opcode', frame(0x83, Buffer.from('x')), [1002]],
      ['long ping', frame(0x89, Buffer.alloc(126)), [1002, 1009]],
      ['fragmented ping', frame(0x09, Buffer.from('x')), [1002]],
      ['stray continuation', frame(0x80, Buffer.from('x')), [1002]],
      ['invalid UTF-8', frame(0x81, Buffer.from([0xc3, 0x28])), [1007]],
      ['close code 999', frame(0x88, Buffer.from([3, 231])), [1002, undefined]],
      ['2^52 bytes', frame(0x81, Buffer.from('x'), { length: 2 ** 52 }), [1009]],
    ];
    for (const [name, bytes, codes] of rows) {
      const got = await raw(port(), Buffer.concat([Buffer.from(HANDSHAKE()), bytes]), (b) => closeCode(b) !== undefined);
      assert.ok(codes.includes(closeCode(got)), `${name}: ${closeCode(got)}`);
    }
    await alive();
  });

  it('JSON that is none, deep, doubled or huge is answered with its code', async () => {
    const client = await cluster.connect();
    const rows = [
      ['', 'bad_json'],
      ['{', 'bad_json'],
      ['[]', 'bad_json'],
      ['"x"', 'bad_json'],
      ['{"action":"ping"} x', 'bad_json'],
      ['{"action":"ping","action":"ping"}', 'bad_json'],
      ['{"action":"ping","data":{"a":"\\u0000"}}', 'bad_json'],
      ['{"action":"ping","data":"\\ud800"}', 'bad_json'],
      ['{"action":"ping","data":1e999}', 'bad_json'],
      ['{"action":"ping","data":123456789012345678901234567890}', 'bad_json'],
      [`{"action":"ping","data":${'['.repeat(17)}${']'.repeat(17)}}`, 'bad_json'],
      ['['.repeat(60000), 'bad_json'],
      ['{"data":{}}', 'missing_field'],
      ['{"action":7}', 'invalid'],
      ['{"action":"subscribe","data":[]}', 'invalid'],
      [`{"action":"ping","ref":"${'x'.repeat(500)}"}`, 'invalid'],
      ['{"action":"ping","ref":{}}', 'invalid'],
      [`{${Array.from({ length: 4000 }, (_, i) => `"k${i}":1`).join(',')}}`, 'missing_field'],
    ];
    for (const [text, code] of rows) {
      client.sendRaw(text);
      const answer = await client.next({ action: 'error' });
      assert.equal(answer.code, code, `${text.slice(0, 60)}: ${JSON.stringify(answer)}`);
    }
    await client.ping();
    await client.close();
  });

  it('handshakes that are not quite one are refused', async () => {
    const rows = [
      ['version 8', HANDSHAKE().replace('Version: 13', 'Version: 8')],
      ['POST', HANDSHAKE([], '/v1/ws', 'POST')],
      ['h2c', HANDSHAKE().replace('Upgrade: websocket', 'Upgrade: h2c')],
      ['junk upgrade', HANDSHAKE().replace('Upgrade: websocket', 'Upgrade: junk')],
      ['no host', HANDSHAKE().replace('Host: localhost\r\n', '')],
      ['unknown path', HANDSHAKE([], '/v1/other')],
      ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'],
      ['garbage', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\r\n\r\n'],
    ];
    for (const [name, text] of rows) {
      const got = await raw(port(), text, (b) => b.includes('\r\n\r\n'));
      assert.ok(!got.toString().startsWith('HTTP/1.1 101'), `${name}: ${got.toString().slice(0, 80)}`);
    }
    await alive();
  });

  it('half a handshake is closed after the handshake timeout', async () => {
    const got = await raw(port(), 'GET /v1/ws HTTP/1.1\r\nHost: lo');
    assert.ok(!got.toString().includes('101'));
    await alive();
  });

  it('offers no compression, and works without', async () => {
    const got = await raw(port(), HANDSHAKE(['Sec-WebSocket-Extensions: permessage-deflate']), (b) => b.includes('welcome'));
    assert.match(got.toString(), /^HTTP\/1.1 101/);
    assert.doesNotMatch(got.toString(), /permessage-deflate/);
  });

  it('a client that offers a subprotocol of its own still connects', async () => {
    const client = await cluster.connect({ protocols: ['my-own'] }).catch((error) => error);
    if (client instanceof Error) assert.match(String(client), /subprotocol/i);
    else await client.close();
    await alive();
  });

  it('endless empty fragments are ended', async () => {
    const start = Buffer.concat([Buffer.from(HANDSHAKE()), frame(0x01, Buffer.from('{'))]);
    const empty = Buffer.concat(Array.from({ length: 20000 }, () => frame(0x00, Buffer.alloc(0))));
    const got = await raw(port(), Buffer.concat([start, empty]), (b) => closeCode(b) !== undefined);
    assert.ok([1009, 1002, 1008, undefined].includes(closeCode(got)));
    await alive();
  });
});

describe('HTTP that could be read in two ways', () => {
  const cluster = useCluster({});
  const start = 'POST /v1/publish HTTP/1.1\r\nX-API-Key: dev-key\r\n';
  const body = '{"channel":"a","message":1}';
  const rows = [
    ['two lengths', `${start}Host: x\r\nContent-Length: ${body.length}\r\nContent-Length: 5\r\n\r\n${body}`],
    ['two equal lengths', `${start}Host: x\r\nContent-Length: ${body.length}\r\nContent-Length: ${body.length}\r\n\r\n${body}`],
    ['length and chunked', `${start}Host: x\r\nContent-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['other coding', `${start}Host: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['no host', `${start}Content-Length: ${body.length}\r\n\r\n${body}`],
    ['two hosts', `${start}Host: x\r\nHost: y\r\nContent-Length: ${body.length}\r\n\r\n${body}`],
    ['space before colon', `${start}Host: x\r\nTransfer-Encoding : chunked\r\nContent-Length: ${body.length}\r\n\r\n${body}`],
    ['negative length', `${start}Host: x\r\nContent-Length: -1\r\n\r\n${body}`],
    ['plus length', `${start}Host: x\r\nContent-Length: +5\r\n\r\n${body}`],
    ['encoded slash', 'GET /v1/..%2f..%2fetc HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['encoded NUL', 'GET /v1/channels/a%00b HTTP/1.1\r\nHost: x\r\nX-API-Key: dev-key\r\n\r\n'],
    ['dot segments', 'GET /v1/../v1/client-config HTTP/1.1\r\nHost: x\r\n\r\n'],
  ];
  for (const [name, text] of rows) {
    it(`is refused: ${name}`, async () => {
      const got = (await raw(cluster.ingress().port, text, (b) => b.includes('\r\n\r\n'))).toString();
      assert.match(got, /^HTTP\/1.1 4\d\d/, got.slice(0, 100));
    });
  }
});
