// Every name under localhost is this machine (RFC 6761 §6.3), as browsers have
// it; resolvers may not know.
import dns from "node:dns";

const ask = dns.lookup;

dns.lookup = (name, options, callback) =>
  ask(name.endsWith(".localhost") ? "localhost" : name, options, callback);
