/** The console's files as the server sends them. All of it comes from here: the policy lets the page load nothing else. */
import { bundleConsole } from "./bundle.ts" with { type: "macro" };

export interface Asset {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const bundle = bundleConsole();

/** By path. */
export function consoleAssets(): Readonly<Record<string, Asset>> {
  return {
    "/": asset(bundle.html, "text/html; charset=utf-8"),
    "/console/main.js": asset(bundle.script, "text/javascript; charset=utf-8"),
    "/console/style.css": asset(bundle.style, "text/css; charset=utf-8"),
  };
}

function asset(body: string, type: string): Asset {
  return {
    body,
    headers: {
      "content-type": type,
      "cache-control": "no-cache",
      "content-security-policy": POLICY,
      "referrer-policy": "no-referrer",
    },
  };
}
