/** `replay --verify RECORDING FILE|-`: runs a script again, without its sinks, and says whether its windows are those that were recorded. */
import { type Command, Option } from "commander";
import { EngineError, ExitCode } from "../core/error.ts";
import type { Divergence } from "../engine/replay.ts";
import { type CliDependencies, collectSetting, printFailure, readScript, wholeNumber } from "./commands.ts";
import type { ReplayReport } from "./engine-port.ts";

interface ReplayFlags {
  readonly verify: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly workers?: number;
  readonly json?: boolean;
}

/** Divergences that are named one by one. */
const MOST_NAMED = 10;

export function addReplayCommand(
  program: Command,
  dependencies: CliDependencies,
  done: (code: ExitCode) => void,
): void {
  program
    .command("replay")
    .description("run a script again and compare its windows with a recorded run's")
    .argument("<file>", "the SQL script, or - for standard input")
    .addOption(new Option("--verify <recording>", "what run --record has written").makeOptionMandatory())
    .option("--set <key=value>", "a setting, as SET in the script; may be given again", collectSetting)
    .option("--workers <n>", "threads that read and aggregate; 1 unless given", wholeNumber(1, 64))
    .option("--json", "the report as JSON, for machines")
    .action(async (path: string, flags: ReplayFlags) => done(await replay(dependencies, path, flags)));
}

async function replay(dependencies: CliDependencies, path: string, flags: ReplayFlags): Promise<ExitCode> {
  const { io } = dependencies;
  const source = await readScript(io, path);
  const recording = await readScript(io, flags.verify);
  const engine = await dependencies.engine();
  const script = { ...source, settings: flags.set ?? {} };
  const { errors, notices } = engine.checkScript(script);
  for (const notice of notices) io.stderr.write(`notice: ${notice}\n`);
  for (const error of errors) printFailure(dependencies, { error, source });
  if (errors[0] !== undefined) return errors[0].exitCode;
  try {
    const report = await engine.verifyReplay({ ...script, recording, workers: flags.workers ?? 1 });
    for (const notice of report.notices) io.stderr.write(`notice: ${notice}\n`);
    io.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
    return report.divergences.length === 0 ? ExitCode.ok : ExitCode.checkFailed;
  } catch (error) {
    printFailure(dependencies, { error, source });
    return error instanceof EngineError ? error.exitCode : ExitCode.bug;
  }
}

function reportText({ queries, windows, rows, divergences }: ReplayReport): string {
  const whole = `${count(queries, "query", "queries")}, ${count(windows, "window")}, ${count(rows, "row")}`;
  if (divergences.length === 0) return `verified: ${whole}: as recorded\n`;
  const named = divergences
    .slice(0, MOST_NAMED)
    .map((one, index) => `${index === 0 ? "first: " : "       "}${lineOf(one)}`);
  const more = divergences.length - named.length;
  const head = `${count(divergences.length, "window is another", "windows are others")}, of ${whole}`;
  return [head, ...named, ...(more > 0 ? [`       and ${more.toLocaleString("en-US")} more`] : []), ""].join("\n");
}

function lineOf({ query, window, what }: Divergence): string {
  return `query "${query}"${window === "" ? "" : `, window ${window}`}: ${what}`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;
}
