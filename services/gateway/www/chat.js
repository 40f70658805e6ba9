// The chat page: one channel, who is on it, who is typing.
import { Connection, gatewayUrl, myName, showState } from "/connection.js";
import { Members, People } from "/people.js";

const query = new URLSearchParams(location.search);
const channel = query.get("channel") ?? "history:lobby";
const at = (id) => document.getElementById(id);
const connection = new Connection(gatewayUrl());
const me = () => ({ name: at("name").value, status: at("status").value });
const signedIn = query.has("token");
const room = /^(presence-|room:)/.test(channel) ? channel : `room:${channel.split(":").pop()}`;
const people = signedIn ? new Members(connection, channel, room, me) : new People(connection, channel, me);

at("channel").textContent = channel;
at("name").value = myName();
showState(connection, at("state"), at("latency"));
connection.subscribe(channel);
if (signedIn && room !== channel) connection.subscribe(room);
at("name").readOnly = signedIn;

function line(kind, name, text, aside) {
  const item = document.createElement("li");
  item.className = kind;
  if (name) {
    const head = document.createElement("b");
    head.textContent = name;
    const small = document.createElement("small");
    small.textContent = aside;
    head.append(small);
    item.append(head);
  }
  item.append(text);
  const list = at("messages");
  const atEnd = list.scrollTop + list.clientHeight > list.scrollHeight - 60;
  list.append(item);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function showMessage(frame) {
  const body = frame.message ?? {};
  const text = typeof body === "string" ? body : body.text ?? JSON.stringify(body);
  const mine = body.from === connection.connectionId;
  const aside = mine && body.sent ? `${(Date.now() - body.sent).toFixed(0)} ms` : new Date(frame.timestamp).toLocaleTimeString();
  line(mine ? "mine" : "", body.name ?? frame.sender ?? "server", text, aside);
}

// What was said before this page came, once.
let introduced = false;
async function showHistory() {
  if (introduced) return;
  introduced = true;
  const answer = await connection.ask("history", { channel, limit: 30 }).catch(() => null);
  const known = new Set([...at("messages").children].map((item) => item.dataset.id));
  for (const frame of answer?.messages ?? []) if (!known.has(frame.id)) showMessage(frame);
}

connection.addEventListener("subscribed", showHistory, { once: true });
connection.addEventListener("message", ({ detail }) => {
  if (detail.channel === channel) showMessage(detail);
});
connection.addEventListener("broadcast", ({ detail }) => line("note", "", `${detail.event}: ${JSON.stringify(detail.message)}`));
connection.addEventListener("gap", () => line("note", "", "some messages were missed"));
connection.addEventListener("error", ({ detail }) => line("note", "", `${detail.code}: ${detail.message}`));

at("send").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text) return;
  const message = { text, name: at("name").value, from: connection.connectionId, sent: Date.now() };
  try {
    await connection.ask("message", { channel, message });
    at("text").value = "";
    people.sent();
  } catch (error) {
    line("note", "", `not sent: ${error.message}`);
  }
});

at("text").addEventListener("input", () => people.typing(at("text").value));
at("name").addEventListener("change", () => {
  sessionStorage.setItem("name", at("name").value);
  people.announce();
});
at("status").addEventListener("change", () => people.announce());

people.addEventListener("change", () => {
  const own = signedIn && people.list().find((person) => person.me);
  if (own) at("name").value = own.name;
  at("people").replaceChildren(
    ...people.list().map((person) => {
      const item = document.createElement("li");
      const name = document.createElement("span");
      const small = document.createElement("small");
      item.className = person.status;
      name.textContent = person.name;
      small.textContent = person.me ? "you" : person.activity || person.status;
      item.append(name, small);
      return item;
    }),
  );
  at("count").textContent = people.list().length;
});
people.addEventListener("typing", () => {
  const names = people.typingNames();
  at("typing").textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing …` : "";
});
