/** `explain FILE|-`: the plan as text; with `--watermark` who sets it and who may hold it back. */
import { type Command, Option } from "commander";
import { EngineError, ExitCode } from "../core/error.ts";
import { type CliDependencies, collectSetting, printFailure, readScript } from "./commands.ts";
import type { ExplainMode } from "./engine-port.ts";

interface ExplainFlags {
  readonly set: Readonly<Record<string, string>>;
  readonly watermark?: boolean;
  readonly analyze?: boolean;
}

export function addExplainCommand(
  program: Command,
  dependencies: CliDependencies,
  done: (code: ExitCode) => void,
): void {
  program
    .command("explain")
    .description("print what a script would do, operator by operator")
    .argument("<file>", "a SQL script, or - for standard input")
    .option("--set <key=value>", "a setting, as SET in the script; may be given again", collectSetting, {})
    .addOption(new Option("--watermark", "where event time comes from and what may hold it back").conflicts("analyze"))
    .option("--analyze", "run it, and print rows and time beside each operator")
    .action(async (path: string, flags: ExplainFlags) => done(await explain(dependencies, path, flags)));
}

async function explain(dependencies: CliDependencies, path: string, flags: ExplainFlags): Promise<ExitCode> {
  const source = await readScript(dependencies.io, path);
  const engine = await dependencies.engine();
  const script = { ...source, settings: flags.set };
  const { errors } = engine.checkScript(script);
  for (const error of errors) printFailure(dependencies, { error, source });
  if (errors.length > 0) return ExitCode.checkFailed;
  const mode: ExplainMode = flags.watermark ? "watermark" : flags.analyze ? "analyze" : "plan";
  try {
    const text = await engine.explainScript({ ...script, mode });
    dependencies.io.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    return ExitCode.ok;
  } catch (error) {
    printFailure(dependencies, { error, source });
    return error instanceof EngineError ? error.exitCode : ExitCode.bug;
  }
}
