/** `check FILE|-`: every error of a script in one pass, exit code 1 where there is one. */
import type { Command } from "commander";
import { ExitCode } from "../core/error.ts";
import { type CliDependencies, collectSetting, noQueryNotice, printFailure, readScript } from "./commands.ts";
import { describeFailure } from "./render.ts";

interface CheckFlags {
  readonly set?: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

export function addCheckCommand(program: Command, dependencies: CliDependencies, done: (code: ExitCode) => void): void {
  program
    .command("check")
    .description("parse and bind a script, and print every error with its place")
    .argument("<file>", "a SQL script, or - for standard input")
    .option("--set <key=value>", "a setting, as SET in the script; may be given again", collectSetting)
    .option("--json", "one object with all errors and notices, on standard output")
    .action(async (path: string, flags: CheckFlags) => done(await check(dependencies, path, flags)));
}

async function check(dependencies: CliDependencies, path: string, flags: CheckFlags): Promise<ExitCode> {
  const { io } = dependencies;
  const source = await readScript(io, path);
  const engine = await dependencies.engine();
  const { errors, notices: given, queries } = engine.checkScript({ ...source, settings: flags.set ?? {} });
  const notices = errors.length === 0 && queries === 0 ? [...given, noQueryNotice] : given;
  const code = errors.length === 0 ? ExitCode.ok : ExitCode.checkFailed;
  if (flags.json) {
    const described = errors.map((error) => describeFailure(error, source));
    io.stdout.write(`${JSON.stringify({ file: source.fileName, errors: described, notices })}\n`);
    return code;
  }
  for (const notice of notices) io.stderr.write(`notice: ${notice}\n`);
  errors.forEach((error, index) => {
    if (index > 0) io.stderr.write("\n");
    printFailure(dependencies, { error, source });
  });
  if (errors.length === 0) io.stdout.write(`${source.fileName}: no errors\n`);
  else io.stderr.write(`\n${source.fileName}: ${errors.length === 1 ? "1 error" : `${errors.length} errors`}\n`);
  return code;
}
