// A text edited by several people: the document {lines:{…}} is changed line by line, so that two who write in different lines
// do not meet; whoever comes second in one line is told so and sees what the other wrote.
import { Connection, gatewayUrl, showState } from "/connection.js";

const channel = new URLSearchParams(location.search).get("channel") ?? "doc:notes";
const at = (id) => document.getElementById(id);
const editor = at("editor");
const connection = new Connection(gatewayUrl());
let lines = []; // as the server has them, at `version`
let version = -1;
let sending = null; // the changes under way, as text

at("channel").textContent = channel;
showState(connection, at("state"), at("latency"));

function log(text) {
  const item = document.createElement("li");
  item.textContent = text;
  at("log").prepend(item);
  while (at("log").children.length > 50) at("log").lastChild.remove();
}

// The lines that are new are put into the text; what is being written in other lines stays.
function show(next) {
  const typed = editor.value.split("\n");
  const shown = next.map((line, i) => (typed[i] !== undefined && typed[i] !== lines[i] && line === lines[i] ? typed[i] : line));
  const text = shown.join("\n");
  lines = next;
  at("version").textContent = version;
  if (text === editor.value) return;
  const cursor = editor.selectionStart;
  editor.value = text;
  if (document.activeElement === editor) editor.setSelectionRange(cursor, cursor);
}

function apply(change) {
  if (change.version <= version) return;
  if (change.version !== version + 1) return join();
  version = change.version;
  const next = [...lines];
  for (const { op, path, value } of change.changes ?? []) {
    if (path === "/lines") next.splice(0, Infinity, ...value);
    else if (path.startsWith("/lines/")) {
      const i = Number(path.slice(7));
      if (op === "add") next.splice(i, 0, value);
      else if (op === "remove") next.splice(i, 1);
      else next[i] = value;
    }
  }
  show(next);
}

// From the lines that the server has to those in the editor, as JSON Patch.
function difference(from, to) {
  let first = 0;
  while (first < from.length && first < to.length && from[first] === to[first]) first++;
  let end = 0;
  while (end < from.length - first && end < to.length - first && from.at(-1 - end) === to.at(-1 - end)) end++;
  const changes = [];
  const old = from.length - end;
  const now = to.length - end;
  for (let i = first; i < Math.min(old, now); i++) if (from[i] !== to[i]) changes.push({ op: "replace", path: `/lines/${i}`, value: to[i] });
  for (let i = old; i < now; i++) changes.push({ op: "add", path: `/lines/${i}`, value: to[i] });
  for (let i = old - 1; i >= now; i--) changes.push({ op: "remove", path: `/lines/${i}` });
  return changes;
}

async function send() {
  if (sending || version < 0) return;
  const wanted = editor.value.split("\n");
  let changes = difference(lines, wanted);
  if (!changes.length) return;
  if (!lines.length) changes = [{ op: "add", path: "/lines", value: wanted }];
  sending = JSON.stringify(changes);
  try {
    const answer = await connection.ask("update", { channel, base_version: version, changes });
    apply({ version: answer.version, changes });
    log(`you saved version ${answer.version}`);
  } catch (error) {
    if (error.code !== "conflict") log(`${error.code}: ${error.message}`);
    else if (error.missed) error.missed.forEach(apply);
    else await join();
  }
  sending = null;
  setTimeout(send, 50);
}

async function join() {
  const answer = await connection.ask("join", { channel });
  version = answer.version;
  show(answer.document.lines ?? []);
  editor.disabled = false;
}

connection.addEventListener("state", ({ detail }) => {
  if (detail.state === "connected") join().catch((error) => log(`${error.code}: ${error.message}`));
  else editor.disabled = true;
});
connection.addEventListener("message", ({ detail }) => {
  if (detail.channel !== channel || detail.event !== "document.change") return;
  const mine = JSON.stringify(detail.message.changes) === sending;
  if (detail.version > version && !mine) log(`version ${detail.version} by ${detail.sender ?? "somebody"}`);
  apply({ version: detail.version, ...detail.message });
});
connection.addEventListener("document.joined", ({ detail }) => log(`${detail.user_id ?? "somebody"} opened the document`));
editor.addEventListener("input", () => setTimeout(send, 150));
