// A server of other software for the tests: people on Fedify.
//
//   node main.js ORIGIN PORT CONTROL
//
// It is known as ORIGIN, as https://fedify.localhost:20001, and listens on PORT of
// this machine for other servers, behind somebody who speaks TLS, and on CONTROL
// for the test: POST /DEED with JSON in and out, see deeds.js. It lives while its
// input is open.
import "./loopback.js";

import { configure, getConsoleSink } from "@logtape/logtape";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

import { deeds } from "./deeds.js";
import { newFederation } from "./federation.js";
import { witness } from "./heard.js";
import { hire, instance } from "./people.js";

const [origin, port, control] = process.argv.slice(2);

await configure({
  sinks: { log: getConsoleSink() },
  loggers: [
    { category: "fedify", sinks: ["log"], lowestLevel: "info" },
    { category: ["logtape", "meta"], lowestLevel: "error" },
  ],
});

await hire(instance);
const federation = newFederation(origin);
const newContext = () => federation.createContext(new URL(origin));

// serve answers requests by a function of (Request) -> Response.
function serve(port, answer) {
  createServer(async (incoming, outgoing) => {
    const response = await respond(incoming, answer);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.bytes());
  }).listen(Number(port), "127.0.0.1");
}

async function respond(incoming, answer) {
  const { method, url, headers } = incoming;
  try {
    const body = method === "POST" ? await buffer(incoming) : undefined;
    return await answer(new Request(new URL(url, origin), { method, headers, body }));
  } catch (error) {
    console.error(error);
    return Response.json({ error: String(error) }, { status: 500 });
  }
}

serve(port, (request) => {
  const answer = (asked) => federation.fetch(asked, { contextData: undefined });
  return request.method === "POST" ? witness(newContext(), request, answer) : answer(request);
});

serve(control, async (request) => {
  const deed = deeds[new URL(request.url).pathname.slice(1)];
  if (deed == null) return new Response(null, { status: 404 });
  return Response.json((await deed(newContext(), await request.json())) ?? null);
});

process.stdin.on("end", () => process.exit()).resume();
