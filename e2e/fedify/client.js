// A person with a Mastodon client: masto.js, which Elk and Phanpy are made with.
//
//	node client.js URL CALLBACK
//
// It registers at the instance and prints the address where its person lets it in;
// the code that comes back to CALLBACK is the one line of its input. What it then
// sees is checked here, and the first thing that is wrong ends it.
import "./loopback.js";

import { createOAuthAPIClient, createRestAPIClient } from "masto";
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";

const [url, callback] = process.argv.slice(2);
const scopes = "read write follow";

const masto = createRestAPIClient({ url, accessToken: await signIn() });

const instance = await masto.v2.instance.fetch();
assert.equal(`http://${instance.domain}`, url);

const me = await masto.v1.accounts.verifyCredentials();
assert.equal((await masto.v1.accounts.lookup({ acct: me.acct })).id, me.id);

const posts = [];
for (const status of ["one", "two", "three"]) {
  posts.push(await masto.v1.statuses.create({ status, visibility: "public", language: "en" }));
}
const newest = posts.map((post) => post.id).reverse();
assert.deepEqual(await pages(masto.v1.timelines.home.list({ limit: 2 })), newest);
assert.deepEqual(await pages(masto.v1.accounts.$select(me.id).statuses.list({ limit: 1 })), newest);

const post = masto.v1.statuses.$select(newest[0]);
assert.equal((await post.favourite()).favouritesCount, 1);
assert.equal((await post.unfavourite()).favourited, false);
assert.equal((await post.reblog()).reblog.id, newest[0]);
assert.equal((await post.unreblog()).reblogged, false);
assert.equal((await post.update({ status: "four" })).content, "<p>four</p>");

const answer = await masto.v1.statuses.create({ status: "five", inReplyToId: newest[0] });
assert.deepEqual((await post.context.fetch()).descendants.map(({ id }) => id), [answer.id]);

await post.remove();
await assert.rejects(post.fetch(), { statusCode: 404 });

// signIn is a token, by RFC 6749 §4.1 with RFC 7636.
async function signIn() {
  const app = await createRestAPIClient({ url }).v1.apps.create({
    clientName: "masto.js",
    redirectUris: callback,
    scopes,
  });
  const verifier = randomBytes(32).toString("base64url");
  const asked = new URLSearchParams({
    response_type: "code",
    client_id: app.clientId,
    redirect_uri: callback,
    scope: scopes,
    code_challenge_method: "S256",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  });
  console.log(`${url}/oauth/authorize?${asked}`);
  const token = await createOAuthAPIClient({ url }).token.create({
    grantType: "authorization_code",
    code: (await text(process.stdin)).trim(),
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    redirectUri: callback,
    scope: scopes,
    codeVerifier: verifier,
  });
  return token.accessToken;
}

// pages are the ids of a whole list.
async function pages(list) {
  const ids = [];
  for await (const page of list) ids.push(...page.map(({ id }) => id));
  return ids;
}
