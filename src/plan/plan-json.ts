/**
 * A plan as JSON text and back, exactly: bigint, bytes, and the doubles that JSON has no words for are wrapped in objects
 * of one key that starts with `$`; keys of the plan's own that start so (an option may) get a second `$`.
 */
import { EngineError, ExitCode } from "../core/error.ts";
import { isSecretOption } from "../core/secret.ts";
import { type Plan, planVersion } from "./plan.ts";

export function planToJson(plan: Plan): string {
  return JSON.stringify(wrap(plan));
}

/** For people and other programs: secret options and settings are `***`. It is not read back. */
export function planToPublicJson(plan: Plan): string {
  return JSON.stringify(wrap(plan), (key, value) =>
    (key === "options" || key === "settings") && typeof value === "object" ? coverValues(value) : value,
  );
}

function coverValues(values: object): object {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, isSecretOption(key) ? "***" : value]));
}

/** Throws EngineError when the text is no plan of this version. Its shape below the top is trusted: it is our own text. */
export function planFromJson(text: string): Plan {
  let value: unknown;
  try {
    value = unwrap(JSON.parse(text));
  } catch (cause) {
    throw refuse("the text is not JSON", cause);
  }
  if (typeof value !== "object" || value === null || !("version" in value)) throw refuse("it has no version");
  if (value.version !== planVersion) {
    throw refuse(`it is of version "${String(value.version)}", this program reads ${planVersion}`);
  }
  const candidate = value as unknown as Plan;
  const settings: unknown = candidate.settings;
  if (!Array.isArray(candidate.queries) || typeof settings !== "object" || settings === null) {
    throw refuse("it lacks queries or settings");
  }
  return candidate;
}

function refuse(reason: string, cause?: unknown): EngineError {
  return new EngineError(`the stored plan cannot be read: ${reason}`, {
    domain: "external",
    code: "PLAN-FORMAT",
    exitCode: ExitCode.stateCorrupt,
    ...(cause === undefined ? {} : { cause }),
  });
}

function wrap(value: unknown): unknown {
  if (typeof value === "bigint") return { $bigint: value.toString() };
  if (typeof value === "number")
    return isPlain(value) ? value : { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (value instanceof Uint8Array) return { $bytes: value.toHex() };
  if (Array.isArray(value)) return value.map(wrap);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.startsWith("$") ? `$${key}` : key, wrap(inner)]),
  );
}

function isPlain(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && typeof first[1] === "string") {
    if (first[0] === "$bigint") return BigInt(first[1]);
    if (first[0] === "$number") return Number(first[1]);
    if (first[0] === "$bytes") return Uint8Array.fromHex(first[1]);
  }
  return Object.fromEntries(entries.map(([key, inner]) => [key.startsWith("$$") ? key.slice(1) : key, unwrap(inner)]));
}
