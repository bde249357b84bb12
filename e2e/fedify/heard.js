// What was delivered here: each request with how it was signed, and whether
// Fedify finds that the signature and the proof are good.
import { verifyObject, verifyRequest } from "@fedify/fedify";
import { Activity } from "@fedify/vocab";

import { signed } from "./federation.js";

const all = [];

// heard is everything that was delivered since the start.
export const heard = () => all;

// witness answers a delivery as answer does, and remembers it.
export async function witness(ctx, request, answer) {
  const copy = request.clone();
  const response = await answer(request);
  const activity = await copy.clone().json().catch(() => null);
  all.push({
    inbox: new URL(request.url).pathname,
    dialect: dialect(request.headers),
    status: response.status,
    signer: await signer(ctx, copy),
    prover: await prover(ctx, activity),
    activity,
  });
  return response;
}

function dialect(headers) {
  if (headers.has("Signature-Input")) return "rfc9421";
  return headers.has("Signature") ? "cavage" : "";
}

// signer is the key that a request is well signed with, else "".
async function signer(ctx, request) {
  const options = { contextLoader: ctx.contextLoader, documentLoader: await signed(ctx) };
  return (await verifyRequest(request, options))?.id.href ?? "";
}

// prover is the actor that an activity's good proof speaks for, else "".
async function prover(ctx, activity) {
  if (activity?.proof == null) return "";
  const options = { contextLoader: ctx.contextLoader, documentLoader: await signed(ctx) };
  return (await verifyObject(Activity, activity, options))?.actorId.href ?? "";
}
