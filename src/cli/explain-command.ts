/** `explain FILE|-`: the plan as text; with `--watermark` who sets it and who may hold it back, or does in a running engine. */
import { type Command, Option } from "commander";
import { EngineError, ExitCode } from "../core/error.ts";
import type { ExplainMode } from "../plan/plan-script.ts";
import {
  ANALYZED_MS,
  type CliDependencies,
  collectSetting,
  duration,
  noQueryNotice,
  printFailure,
  readScript,
} from "./commands.ts";
import { isEngineAddress, runningWatermarks } from "./running-watermarks.ts";

interface ExplainFlags {
  readonly set?: Readonly<Record<string, string>>;
  readonly watermark?: boolean;
  readonly analyze?: boolean;
  readonly for?: number;
}

export function addExplainCommand(
  program: Command,
  dependencies: CliDependencies,
  done: (code: ExitCode) => void,
): void {
  program
    .command("explain")
    .description("print what a script would do, operator by operator")
    .argument("<file>", "a SQL script, or - for standard input; with --watermark also the address of a running engine")
    .option("--set <key=value>", "a setting, as SET in the script; may be given again", collectSetting)
    .addOption(new Option("--watermark", "where event time comes from and what may hold it back").conflicts("analyze"))
    .option("--analyze", "run it without its sinks, and print rows, time and state beside each operator")
    .option("--for <duration>", "how long what is analyzed runs at most; 10 s unless given", duration)
    .action(async (path: string, flags: ExplainFlags) => done(await explain(dependencies, path, flags)));
}

async function explain(dependencies: CliDependencies, path: string, flags: ExplainFlags): Promise<ExitCode> {
  if (flags.watermark === true && isEngineAddress(path)) return explainRunning(dependencies, path);
  const source = await readScript(dependencies.io, path);
  const engine = await dependencies.engine();
  const script = { ...source, settings: flags.set ?? {} };
  const { errors, notices, queries, explained = 0 } = engine.checkScript(script);
  for (const notice of notices) dependencies.io.stderr.write(`notice: ${notice}\n`);
  for (const error of errors) printFailure(dependencies, { error, source });
  if (errors.length > 0) return ExitCode.checkFailed;
  const mode: ExplainMode = flags.watermark ? "watermark" : flags.analyze ? "analyze" : "plan";
  try {
    if (queries + explained === 0) dependencies.io.stderr.write(`notice: ${noQueryNotice}\n`);
    const text = await engine.explainScript({ ...script, mode, forMs: flags.for ?? ANALYZED_MS });
    dependencies.io.stdout.write(text === "" || text.endsWith("\n") ? text : `${text}\n`);
    return ExitCode.ok;
  } catch (error) {
    printFailure(dependencies, { error, source });
    return error instanceof EngineError ? error.exitCode : ExitCode.bug;
  }
}

async function explainRunning(dependencies: CliDependencies, address: string): Promise<ExitCode> {
  try {
    dependencies.io.stdout.write(await runningWatermarks(address));
    return ExitCode.ok;
  } catch (error) {
    printFailure(dependencies, { error, source: null });
    return error instanceof EngineError ? error.exitCode : ExitCode.bug;
  }
}
