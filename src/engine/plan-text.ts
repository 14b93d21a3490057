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
