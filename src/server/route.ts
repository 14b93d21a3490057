/** A route as a value: one table of them makes the app, the 405 answers and the OpenAPI document. */
import type { Context } from "hono";
import type { ServerParts } from "./parts.ts";
import type { StreamHub } from "./stream.ts";

export interface RouteParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  /** JSON Schema. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly repeated?: boolean;
}

export interface RouteAnswer {
  readonly status: number;
  readonly description: string;
  /** Media type → name of a component schema, or null for one without. */
  readonly content: Readonly<Record<string, string | null>>;
}

/** What Hono carries along with a request. */
export interface Env {
  Bindings: {
    /** The body is not sent: what costs need not be done. */
    readonly headOnly: boolean;
  };
  Variables: { route: string };
}

export interface RouteInput {
  readonly context: Context<Env>;
  readonly parts: ServerParts;
  readonly streams: StreamHub;
  /** Of the URL. */
  readonly query: URLSearchParams;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** Hono's form: `/v1/views/:view`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: "views" | "jobs" | "operations";
  readonly parameters: readonly RouteParameter[];
  readonly answers: readonly RouteAnswer[];
  handle(input: RouteInput): Response | Promise<Response>;
}

export const text = { type: "string" } as const;
export const count = { type: "integer", minimum: 0 } as const;

export function jsonResponse(body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${body}\n`, {
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}
