// What a test can have our people do: one function a deed, of (ctx, what), where
// what.as is the person. Each gives what the test may want to know of it.
import * as vocab from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

import { signed } from "./federation.js";
import { heard } from "./heard.js";
import { hire, notes, person, rotate } from "./people.js";

// sent are the activities of our people by their id, to take them back.
const sent = new Map();

const everybody = vocab.PUBLIC_COLLECTION;

export const deeds = {
  hire: (_, { as }) => hire(as),
  rotate: (_, { as }) => rotate(as),
  heard,
  followers: (_, { as }) => [...person(as).followers.keys()],

  // look finds something by its handle or its id.
  async look(ctx, { what, unsigned }) {
    const documentLoader = unsigned ? ctx.documentLoader : await signed(ctx);
    return (await ctx.lookupObject(what, { documentLoader }))?.toJsonLd(ctx) ?? null;
  },

  async follow(ctx, { as, whom }) {
    return tell(ctx, as, vocab.Follow, { object: new URL(whom), to: new URL(whom) });
  },

  // post says something to everybody, to whom it may be an answer.
  async post(ctx, { as, text, to, inReplyTo }) {
    const key = crypto.randomUUID();
    const note = new vocab.Note({
      id: ctx.getObjectUri(vocab.Note, { key }),
      attribution: ctx.getActorUri(as),
      content: `<p>${text}</p>`,
      published: Temporal.Now.instant(),
      to: everybody,
      ccs: [ctx.getFollowersUri(as), ...urls(to)],
      tags: urls(to).map((href) => new vocab.Mention({ href })),
      replyTarget: inReplyTo == null ? null : new URL(inReplyTo),
    });
    notes.set(key, note);
    await tell(ctx, as, vocab.Create, { object: note, to: everybody, ccs: note.ccIds });
    return note.id.href;
  },

  async edit(ctx, { as, id, text }) {
    const { key } = ctx.parseUri(new URL(id)).values;
    const note = notes.get(key).clone({ content: `<p>${text}</p>`, updated: Temporal.Now.instant() });
    notes.set(key, note);
    return tell(ctx, as, vocab.Update, { object: note, to: everybody, ccs: note.ccIds });
  },

  async remove(ctx, { as, id }) {
    const { key } = ctx.parseUri(new URL(id)).values;
    const { ccIds } = notes.get(key);
    notes.delete(key);
    return tell(ctx, as, vocab.Delete, { object: new vocab.Tombstone({ id: new URL(id) }), to: everybody, ccs: ccIds });
  },

  async like(ctx, { as, id, to }) {
    return tell(ctx, as, vocab.Like, { object: new URL(id), to: new URL(to) });
  },

  async boost(ctx, { as, id, to }) {
    const ccs = [ctx.getFollowersUri(as), new URL(to)];
    return tell(ctx, as, vocab.Announce, { object: new URL(id), to: everybody, ccs });
  },

  async undo(ctx, { as, id }) {
    const deed = sent.get(id);
    return tell(ctx, as, vocab.Undo, { object: deed, tos: deed.toIds, ccs: deed.ccIds });
  },
};

const urls = (texts) => (texts ?? []).map((text) => new URL(text));

// tell sends an activity of one of our people to all whom it names, and gives
// its id.
async function tell(ctx, as, Verb, values) {
  const activity = new Verb({
    id: new URL(`/activities/${crypto.randomUUID()}`, ctx.origin),
    actor: ctx.getActorUri(as),
    ...values,
  });
  sent.set(activity.id.href, activity);
  const named = [...activity.toIds, ...activity.ccIds].map((id) => id.href);
  const followers = named.includes(ctx.getFollowersUri(as).href) ? [...person(as).followers.keys()] : [];
  const ids = new Set([...named, ...followers]);
  ids.delete(everybody.href);
  ids.delete(ctx.getFollowersUri(as).href);
  await ctx.sendActivity({ identifier: as }, await actors(ctx, as, ids), activity);
  return activity.id.href;
}

async function actors(ctx, as, ids) {
  const documentLoader = await ctx.getDocumentLoader({ identifier: as });
  const found = await Promise.all([...ids].map((id) => ctx.lookupObject(id, { documentLoader })));
  const lost = [...ids].filter((_, at) => found[at] == null);
  if (lost.length > 0) throw new Error(`${as} does not reach ${lost}`);
  return found;
}
