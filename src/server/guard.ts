/**
 * Who may speak to the server. It has no passwords of its own, so a page in somebody's browser must not reach it by a name
 * of its own making (DNS rebinding): the Host header must be the address listened on, a loopback name, or one that was
 * allowed. A request that changes something is refused when a browser says that another site sent it.
 */
import { Problem } from "./problem.ts";

export interface HostRule {
  readonly host: string;
  readonly allowedHosts: readonly string[];
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const WILDCARD = new Set(["0.0.0.0", "::", "[::]"]);

/** Throws Problem 421 for a host that is not ours. */
export function checkHost(header: string | null, rule: HostRule): void {
  const name = hostName(header);
  if (name !== null && isOurs(name, rule)) return;
  throw new Problem({
    status: 421,
    code: "unknown-host",
    title: "Not the host asked for",
    detail: `this server does not answer for the host "${(header ?? "").slice(0, 100)}"`,
    hint: "use the address it listens on, or start it with --allow-host and the name",
  });
}

function isOurs(name: string, { host, allowedHosts }: HostRule): boolean {
  if (LOOPBACK.has(name) || name.endsWith(".localhost")) return true;
  const listening = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host.toLowerCase();
  if (name === listening || allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return true;
  // An address is no name that a stranger's DNS could point here.
  return WILDCARD.has(host) && (/^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.startsWith("["));
}

/** Without the port, lower case; null when the header is none. */
function hostName(header: string | null): string | null {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/.exec(header ?? "");
  return parts?.[1]?.toLowerCase().replace(/\.$/, "") ?? null;
}

/** Throws Problem 403 when a browser sends a change for another site. */
export function checkOrigin(headers: Headers): void {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const foreignSite = site !== null && site !== "same-origin" && site !== "none";
  const foreignOrigin = origin !== null && hostOfOrigin(origin) !== headers.get("host");
  if (!foreignSite && !foreignOrigin) return;
  throw new Problem({
    status: 403,
    code: "cross-site",
    title: "Another site sent this",
    detail: "a page of another site may not change anything here",
  });
}

function hostOfOrigin(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

/** Largest request body that is taken, in bytes: nothing here needs more. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Throws Problem 413 by the length announced. */
export function checkBody(headers: Headers): void {
  const length = Number(headers.get("content-length") ?? 0);
  if (length <= MAX_BODY_BYTES) return;
  throw new Problem({
    status: 413,
    code: "body-too-large",
    title: "The body is too large",
    detail: `a body of ${length} bytes is more than the ${MAX_BODY_BYTES} that are taken`,
  });
}
