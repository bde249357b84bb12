// What other servers see of this one. All of it is Fedify's: who signs, who
// verifies, what is sent how often.
import { createFederation, InProcessMessageQueue, MemoryKvStore } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";

import { instance, notes, person } from "./people.js";

// newFederation is a server at an origin, as https://host:port.
export function newFederation(origin) {
  const federation = createFederation({
    origin,
    kv: new MemoryKvStore(),
    queue: new InProcessMessageQueue({ pollInterval: { milliseconds: 20 } }),
    allowPrivateAddress: true, // the others are on this machine
    userAgent: { software: "Fedify-peer/1.0" },
  });
  serveActors(federation);
  serveNotes(federation);
  listen(federation);
  return federation;
}

// signed loads documents in the name of the instance: partners give nothing away
// unsigned.
export const signed = (ctx) => ctx.getDocumentLoader({ identifier: instance });

// mayRead lets in whoever signs the request; the instance's own key is for
// everybody, or two servers that both ask for signatures would never meet.
async function mayRead(ctx, { identifier }) {
  if (identifier === instance) return true;
  return (await ctx.getSignedKeyOwner({ documentLoader: await signed(ctx) })) != null;
}

function serveActors(federation) {
  federation
    .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
      if (person(identifier) == null) return null;
      const keys = await ctx.getActorKeyPairs(identifier);
      const kind = identifier === instance ? vocab.Application : vocab.Person;
      return new kind({
        id: ctx.getActorUri(identifier),
        preferredUsername: identifier,
        inbox: ctx.getInboxUri(identifier),
        outbox: ctx.getOutboxUri(identifier),
        followers: ctx.getFollowersUri(identifier),
        endpoints: new vocab.Endpoints({ sharedInbox: ctx.getInboxUri() }),
        publicKey: keys[0].cryptographicKey,
        assertionMethods: keys.map((pair) => pair.multikey),
      });
    })
    .setKeyPairsDispatcher((_, identifier) => person(identifier)?.keys ?? [])
    .authorize((ctx, identifier) => mayRead(ctx, { identifier }));
  federation
    .setFollowersDispatcher("/users/{identifier}/followers", (_, identifier) => ({
      items: [...person(identifier).followers.values()],
    }))
    .authorize((ctx, identifier) => mayRead(ctx, { identifier }));
  federation
    .setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }))
    .authorize((ctx, identifier) => mayRead(ctx, { identifier }));
}

function serveNotes(federation) {
  federation
    .setObjectDispatcher(vocab.Note, "/notes/{key}", (_, { key }) => notes.get(key) ?? null)
    .authorize((ctx) => mayRead(ctx, {}));
}

function listen(federation) {
  federation
    .setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .setSharedKeyDispatcher(() => ({ identifier: instance }))
    .on(vocab.Follow, welcome)
    .on(vocab.Undo, letGo)
    .on(vocab.Create, passOn);
}

// welcome accepts everybody who follows one of our people.
async function welcome(ctx, follow) {
  const name = ctx.parseUri(follow.objectId)?.identifier;
  const follower = await follow.getActor(ctx);
  if (person(name) == null || follower == null) return;
  person(name).followers.set(follower.id.href, follower);
  const accept = new vocab.Accept({
    id: new URL(`/accepts/${crypto.randomUUID()}`, ctx.origin),
    actor: follow.objectId,
    to: follower.id,
    object: follow,
  });
  await ctx.sendActivity({ identifier: name }, follower, accept);
}

async function letGo(ctx, undo) {
  const follow = await undo.getObject(ctx);
  if (!(follow instanceof vocab.Follow)) return;
  person(ctx.parseUri(follow.objectId)?.identifier)?.followers.delete(undo.actorId.href);
}

// passOn forwards an answer to one of our notes to those who follow its author
// (ActivityPub §7.1.2), as it came: its own proof speaks for it.
async function passOn(ctx, create) {
  const answer = await create.getObject(ctx);
  const note = ctx.parseUri(answer?.replyTargetId ?? null);
  if (note?.type !== "object") return;
  const author = ctx.parseUri(notes.get(note.values.key)?.attributionId ?? null);
  if (author?.type !== "actor") return;
  await ctx.forwardActivity({ identifier: author.identifier }, "followers", {
    preferSharedInbox: true,
    excludeBaseUris: [create.actorId], // its own server knows
  });
}
