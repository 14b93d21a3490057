/**
 * Errors as people see them: `error[CODE]: message`, the place in the source text where there is one, then `hint:`. With
 * `--json` one object an error, for machines. Secret options of the script are covered in all of it.
 */
import { createColors } from "picocolors";
import { EngineError, ExitCode, type Span } from "../core/error.ts";
import { coverSecrets, withoutSecrets } from "../core/secret.ts";

/** A source text an error's span points into. */
export interface SourceText {
  readonly text: string;
  readonly fileName: string;
}

/** Draws an error with its line and caret. Handed in: SQL knows how to count its lines. */
export type RenderSpan = (input: SpanToRender) => string;

export interface SpanToRender extends SourceText {
  readonly error: EngineError;
  readonly span: Span;
  readonly color: boolean;
}

export interface RenderStyle {
  readonly color: boolean;
  readonly json: boolean;
  readonly renderSpan: RenderSpan;
}

/** Text that ends with a newline. */
export function renderFailure(error: unknown, source: SourceText | null, style: RenderStyle): string {
  const known = withoutScriptSecrets(toEngineError(error), source);
  if (style.json) return `${JSON.stringify({ error: describeFailure(known, source) })}\n`;
  const { span } = known;
  const { color } = style;
  const text =
    source === null || span === undefined
      ? withoutSecrets(plain(known), source?.text ?? "")
      : style.renderSpan({ ...source, text: coverSecrets(source.text), error: known, span, color });
  return paint(ensureNewline(text), color);
}

/** The shape of `--json` errors: stable names. */
export function describeFailure(error: EngineError, source: SourceText | null): Record<string, unknown> {
  const { code, message, hint, exitCode, span } = withoutScriptSecrets(error, source);
  const at =
    source !== null && span !== undefined ? { file: source.fileName, ...lineAndColumn(source.text, span.start) } : {};
  return { code, message, ...(hint === undefined ? {} : { hint }), exitCode, ...at };
}

/** Anything that was thrown; what is no EngineError is our bug (exit code 70). */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError(message, { domain: "internal", code: "BUG", exitCode: ExitCode.bug, cause: error });
}

function withoutScriptSecrets(error: EngineError, source: SourceText | null): EngineError {
  if (source === null) return error;
  const message = withoutSecrets(error.message, source.text);
  const hint = error.hint === undefined ? undefined : withoutSecrets(error.hint, source.text);
  if (message === error.message && hint === error.hint) return error;
  const { domain, code, exitCode, span, retryable } = error;
  const more = { ...(hint === undefined ? {} : { hint }), ...(span === undefined ? {} : { span }) };
  return new EngineError(message, { domain, code, exitCode, retryable, ...more });
}

/** Both from 1; the column counts characters, as in the text form of an error. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: [...before.slice(lineStart)].length + 1 };
}

function plain(error: EngineError): string {
  const lines = [`error[${error.code}]: ${error.message}`];
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  if (error.domain === "internal") {
    lines.push("hint: this is a bug in millrace, not in your script; please report it with the lines below");
    lines.push(stackOf(error));
  }
  return lines.join("\n");
}

function stackOf(error: EngineError): string {
  const { cause } = error;
  if (cause instanceof Error && cause.stack !== undefined) return cause.stack;
  return typeof cause === "string" ? cause : (error.stack ?? "");
}

function ensureNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

function paint(text: string, color: boolean): string {
  if (!color) return text;
  const colors = createColors(true);
  return text
    .replace(/^error\[[^\]]*\]:/gm, (label) => colors.red(colors.bold(label)))
    .replace(/^hint:/gm, (label) => colors.cyan(label));
}
