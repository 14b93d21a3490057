/**
 * Why a broker's certificate is not trusted: librdkafka says only that it is not. One connection of our own, over which nothing
 * is sent, is made to look at it; whether it is trusted is decided by librdkafka alone.
 */
import { readFileSync } from "node:fs";
import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import type { Refusal } from "./refusals.ts";

/** What `ssl.ca.*` says; both null = the system's authorities. */
export interface Trust {
  readonly pem: string | null;
  readonly location: string | null;
}

const LOOK_MS = 3000;
/** Of text that the broker chose. */
const MOST_SHOWN = 120;

/** `said` begins with librdkafka's name of the connection. Null where nothing more is found out. */
export async function certificateRefusal(said: string, trust: Trust): Promise<Refusal | null> {
  const at = /^\w+:\/\/(?:\[([^\]]+)\]|([^/\s:]+)):(\d{1,5})\//.exec(said);
  const host = at?.[1] ?? at?.[2];
  if (at === null || host === undefined) return null;
  const socket = await look(host, Number(at[3]), trust);
  if (socket === null) return null;
  const reason = String(socket.authorizationError ?? "");
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return refusalFor(reason, host, certificate);
}

async function look(host: string, port: number, trust: Trust): Promise<TLSSocket | null> {
  try {
    const ca = trust.pem ?? (trust.location === null ? null : readFileSync(trust.location, "utf8"));
    return await new Promise((resolve) => {
      const how = { host, port, servername: /^[\d.]+$|:/.test(host) ? "" : host, rejectUnauthorized: false };
      const socket = connect({ ...how, ...(ca === null ? {} : { ca }) }, () => resolve(socket));
      socket.setTimeout(LOOK_MS, () => socket.destroy());
      socket.on("error", () => resolve(null));
      socket.on("close", () => resolve(null));
    });
  } catch {
    return null;
  }
}

function refusalFor(reason: string, host: string, certificate: PeerCertificate): Refusal | null {
  if (reason === "" || reason === "null") return null;
  const isLasting = true;
  if (reason.includes("ALTNAME")) {
    const hint =
      "name such a host in 'properties.bootstrap.servers' and in the broker's advertised.listeners; " +
      "'properties.ssl.endpoint.identification.algorithm' = '' does not look at the host";
    const hosts = shown(certificate.subjectaltname ?? certificate.subject?.CN);
    return { what: `shows a certificate that is not for "${host}" but for ${hosts}`, hint, isLasting };
  }
  if (/EXPIRED|NOT_YET_VALID/.test(reason)) {
    const time = `from ${shown(certificate.valid_from)} to ${shown(certificate.valid_to)}`;
    return { what: `shows a certificate that is good ${time}`, hint: "renew it, or set the clock", isLasting };
  }
  const signer = shown(certificate.issuer?.CN ?? certificate.issuer?.O);
  const hint =
    "put that authority's certificate into 'properties.ssl.truststore.certificates' (or the file " +
    "'properties.ssl.truststore.location'), type PEM";
  return {
    what: `shows a certificate signed by "${signer}", which is not trusted (${shown(reason)})`,
    hint,
    isLasting,
  };
}

function shown(text: string | readonly string[] | undefined): string {
  return String(text ?? "?")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, MOST_SHOWN);
}
