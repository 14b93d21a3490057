/** SQL text → checked plan, with everything the engine knows plugged in: connectors and settings. Pure. */
import { checkSetting, settingNames } from "../config/options.ts";
import { EngineError, ExitCode } from "../core/error.ts";
import { type PlannedScript, planScript } from "../plan/plan-script.ts";
import { parse } from "../sql/parse.ts";
import type { SqlError } from "../sql/tree.ts";
import { connectorCatalog } from "./registry.ts";

export interface ScriptText {
  readonly text: string;
  readonly settings: Readonly<Record<string, string>>;
}

export function planText({ text, settings }: ScriptText): PlannedScript {
  return planScript({
    statements: parse(text),
    text,
    connectors: connectorCatalog,
    settings: { catalog: { check: checkSetting, names: settingNames }, initial: settings },
  });
}

/** Settings from outside a script (`--set`): they have no place in its text, so they are looked at before it. */
export function checkSettings(settings: ScriptText["settings"]): {
  readonly errors: readonly EngineError[];
  readonly notices: readonly string[];
} {
  const errors: EngineError[] = [];
  const notices: string[] = [];
  for (const [key, value] of Object.entries(settings)) {
    const check = checkSetting(key, value);
    if (check.kind === "notice") notices.push(check.message);
    if (check.kind !== "error") continue;
    const code = check.on === "key" ? "UNKNOWN-SETTING" : "SETTING-VALUE";
    const hint = check.hint === null ? {} : { hint: check.hint };
    errors.push(new EngineError(check.message, { domain: "user", code, exitCode: ExitCode.usage, ...hint }));
  }
  return { errors, notices };
}

/** An error of a script as the command line shows it: with its place in the text. */
export function scriptError(error: SqlError): EngineError {
  const { message, code, span, hint } = error;
  return new EngineError(message, {
    domain: "user",
    code,
    span,
    exitCode: ExitCode.checkFailed,
    ...(hint === null ? {} : { hint }),
  });
}
