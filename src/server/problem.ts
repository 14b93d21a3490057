/** Errors as RFC 9457 problem details. `type` is a stable URN; `hint` and `nearest` are extension members. */
import { EngineError } from "../core/error.ts";
import { nearestName } from "../core/nearest.ts";

export interface ProblemOptions {
  readonly status: number;
  /** Lower case, dash-separated: the end of the problem's URN. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint?: string;
  readonly nearest?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Problem extends Error {
  readonly options: ProblemOptions;

  constructor(options: ProblemOptions) {
    super(options.detail);
    this.name = "Problem";
    this.options = options;
  }
}

export function problemResponse(options: ProblemOptions, instance: string): Response {
  const { status, code, title, detail, hint, nearest, headers } = options;
  const body = { type: `urn:millrace:problem:${code}`, title, status, detail, instance, hint, nearest };
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}

/** What went wrong, as far as the asker may know it: our own faults say nothing of the inside. */
export function problemOf(error: unknown): ProblemOptions {
  if (error instanceof Problem) return error.options;
  if (error instanceof EngineError && error.domain === "user") {
    const code = error.code.toLowerCase();
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return { status: 400, code, title: "The request was not understood", detail: error.message, ...hint };
  }
  if (error instanceof EngineError && error.domain === "external") {
    return {
      status: 503,
      code: error.code.toLowerCase(),
      title: "A service this needs is away",
      detail: error.message,
    };
  }
  return {
    status: 500,
    code: "internal",
    title: "The server made a mistake",
    detail: "this request met a fault of the server; its log has the details",
  };
}

export function badRequest(code: string, detail: string, hint?: string): Problem {
  const title = "The request was not understood";
  return new Problem({ status: 400, code, title, detail, ...(hint === undefined ? {} : { hint }) });
}

/** 404 for a named thing, with the nearest name that there is. */
export function notFound(kind: string, name: string, known: readonly string[]): Problem {
  const nearest = nearestName(name, known);
  const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  const list = known.length === 0 ? `there is no ${kind} yet` : `there is ${known.slice(0, 20).join(", ")}`;
  return new Problem({
    status: 404,
    code: `unknown-${kind}`,
    title: `No such ${kind}`,
    detail: `there is no ${kind} "${shown}"`,
    hint: nearest === null ? list : `did you mean "${nearest}"?`,
    ...(nearest === null ? {} : { nearest }),
  });
}
