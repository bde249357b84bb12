// The people of this server, with their keys, and all that they have written.
import { generateCryptoKeyPair } from "@fedify/fedify";

// instance is the actor that signs what nobody in particular asks for.
export const instance = "instance";

const people = new Map();

// notes are what our people have written, by the last part of its id.
export const notes = new Map();

// hire makes a person.
export async function hire(name) {
  people.set(name, { name, keys: await newKeys(), followers: new Map() });
}

// person is somebody of ours, undefined when there is nobody of that name.
export const person = (name) => people.get(name);

// rotate gives somebody new keys, under the names of the old ones.
export async function rotate(name) {
  person(name).keys = await newKeys();
}

// newKeys are one pair for requests, which all software knows, and one for proofs.
const newKeys = () => Promise.all([newRSA(), generateCryptoKeyPair("Ed25519")]);

// newRSA makes a shorter key than Fedify does, in a tenth of the time.
const newRSA = () =>
  crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  );
