/**
 * Where binding puts its errors. Nothing throws on user text: a part that is wrong is reported once, becomes `null`
 * ("poisoned"), and everything around it is still checked. What is planned twice (a WITH table, the base of LIKE) says its errors once.
 */
import type { Span } from "../core/error.ts";
import { nearest } from "../sql/suggest.ts";
import type { SqlError } from "../sql/tree.ts";

export interface Complaint {
  /** Stable, upper-case, dash-separated. */
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly hint?: string | null;
}

export class Reporter {
  readonly #errors: SqlError[] = [];
  readonly #seen = new Set<string>();
  readonly notices: string[] = [];

  get errors(): readonly SqlError[] {
    return this.#errors;
  }

  /** Returns null so that a binder can `return report.error(…)`. */
  error(complaint: Complaint): null {
    const key = `${complaint.code} ${complaint.span.start} ${complaint.span.end} ${complaint.message}`;
    if (this.#seen.has(key)) return null;
    this.#seen.add(key);
    this.#errors.push({
      code: complaint.code,
      message: complaint.message,
      span: complaint.span,
      hint: complaint.hint ?? null,
    });
    return null;
  }

  addAll(errors: readonly SqlError[]): void {
    for (const error of errors) this.error(error);
  }

  notice(text: string): void {
    if (!this.notices.includes(text)) this.notices.push(text);
  }

  /** Something Flink has and this release does not do; the hint says the way round, where there is one. */
  unsupported(what: string, span: Span, hint: string | null = null): null {
    return this.error({ code: "NOT-SUPPORTED", message: `${what} is not part of this release`, span, hint });
  }
}

/** Longer lists help nobody. */
const MAX_LISTED = 40;

/** `did you mean "x"?`, or what could have stood there, or null when nothing could. */
export function suggest(word: string, candidates: readonly string[], what: string): string | null {
  const close = nearest(word, candidates);
  if (close !== null && close !== undefined) return `did you mean "${close}"?`;
  if (candidates.length === 0 || candidates.length > MAX_LISTED) return null;
  return `${what}: ${candidates.join(", ")}`;
}
