// A person with a Mastodon client: masto.js, which Elk and Phanpy are made with.
//
//	node client.js URL CALLBACK POLL
//
// POLL is the id of a colleague's post with a poll of three options.
// It registers at the instance and prints the address where its person lets it in;
// the code that comes back to CALLBACK is the one line of its input. What it then
// sees is checked here, and the first thing that is wrong ends it.
import "./loopback.js";

import { createOAuthAPIClient, createRestAPIClient } from "masto";
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";

const [url, callback, theirs] = process.argv.slice(2);
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

const asked = await masto.v1.statuses.create({
  status: "when?",
  poll: { options: ["today", "tomorrow"], expiresIn: 3600, multiple: true },
});
assert.deepEqual(asked.poll.options.map(({ title, votesCount }) => [title, votesCount]), [["today", 0], ["tomorrow", 0]]);
assert.equal(asked.poll.multiple, true);

const { poll } = await masto.v1.statuses.$select(theirs).fetch();
const voted = await masto.v1.polls.$select(poll.id).votes.create({ choices: [1] });
assert.deepEqual(voted.ownVotes, [1]);
const tally = await masto.v1.polls.$select(poll.id).fetch();
assert.deepEqual(tally.options.map(({ votesCount }) => votesCount), [0, 1, 0]);
assert.equal(tally.votesCount, 1);
assert.equal(tally.voted, true);
await assert.rejects(masto.v1.polls.$select(poll.id).votes.create({ choices: [2] }), { statusCode: 409 });

const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const file = new Blob([Buffer.from(dot, "base64")], { type: "image/png" });
const picture = await masto.v2.media.create({ file, description: "a dot" });
await masto.v1.media.$select(picture.id).update({ description: "a small dot" });
const seen = await masto.v1.statuses.create({ status: "look", mediaIds: [picture.id] });
assert.deepEqual(seen.mediaAttachments.map(({ type, description }) => [type, description]), [["image", "a small dot"]]);
const shown = await fetch(seen.mediaAttachments[0].url);
assert.deepEqual([shown.status, shown.headers.get("content-type")], [200, "image/png"]);

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
  const consent = new URLSearchParams({
    response_type: "code",
    client_id: app.clientId,
    redirect_uri: callback,
    scope: scopes,
    code_challenge_method: "S256",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  });
  console.log(`${url}/oauth/authorize?${consent}`);
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
