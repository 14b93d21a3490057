/** `run FILE|-` and the running of any script: check first, so that every error of the text shows at once, then start and stay. */
import { type Command, Option } from "commander";
import { EngineError, ExitCode } from "../core/error.ts";
import {
  ANALYZED_MS,
  type CliDependencies,
  collectName,
  collectSetting,
  printFailure,
  readScript,
  wholeNumber,
} from "./commands.ts";
import { type PrintFormat, type PrintTarget, printFormats, type StartJobOptions } from "./engine-port.ts";
import { followJob, formatSummary } from "./follow-job.ts";
import { usesColor } from "./io.ts";
import type { SourceText } from "./render.ts";
import { StatusLine } from "./status-line.ts";

export interface RunFlags {
  readonly state?: string;
  readonly allowStateLoss?: boolean;
  readonly port?: number;
  readonly host?: string;
  readonly allowHost?: readonly string[];
  readonly untilEnd?: boolean;
  readonly set?: Readonly<Record<string, string>>;
  readonly workers?: number;
  readonly format?: PrintFormat;
  readonly json?: boolean;
  readonly record?: string;
}

export const defaultPort = 8088;
export const defaultHost = "127.0.0.1";

/** Flags of everything that runs a job. */
export function addRunFlags(command: Command): Command {
  return command
    .option("--port <n>", "serve results over HTTP on this port; 0 takes a free one", wholeNumber(0, 65_535))
    .option("--host <address>", "address the HTTP server listens on; 127.0.0.1 unless given")
    .option("--allow-host <name>", "a host name it answers to besides its address; may be given again", collectName)
    .option("--until-end", "end when bounded inputs are used up")
    .option("--set <key=value>", "a setting, as SET in the script; may be given again", collectSetting)
    .option(
      "--workers <n>",
      "threads that read and aggregate, each some of the partitions; 1 unless given",
      wholeNumber(1, 64),
    )
    .addOption(new Option("--format <form>", "how rows of a SELECT are printed").choices([...printFormats]))
    .option("--record <file>", "write down what a replay has to give, for replay --verify")
    .option("--json", "rows, status and errors as JSON, for machines");
}

export function addRunCommand(program: Command, dependencies: CliDependencies, done: (code: ExitCode) => void): void {
  const command = program
    .command("run")
    .description("run every statement of a SQL script; a bare SELECT prints its rows")
    .argument("<file>", "a SQL script, or - for standard input")
    // Refused until they are there; known, so that they are refused by name.
    .addOption(new Option("--state <dir>", "keep state here, and resume from it").hideHelp())
    .addOption(new Option("--allow-state-loss", "go on where a query fits no longer to its state").hideHelp());
  addRunFlags(command).action(async (path: string, flags: RunFlags) => {
    refuseUnserved(flags);
    const source = await readScript(dependencies.io, path);
    done(await runScript(dependencies, source, flags));
  });
}

/** Errors are printed; the exit code says which kind. */
export async function runScript(dependencies: CliDependencies, source: SourceText, flags: RunFlags): Promise<ExitCode> {
  const { io } = dependencies;
  const json = flags.json ?? false;
  const line = new StatusLine(io.stderr, !json);
  const engine = await dependencies.engine();
  const script = { ...source, settings: flags.set ?? {} };
  const { errors, notices, queries, explained = 0 } = engine.checkScript({ ...script, workers: flags.workers ?? 1 });
  for (const notice of [...notices, ...hostNotices(flags)]) {
    io.stderr.write(json ? `${JSON.stringify({ notice })}\n` : `notice: ${notice}\n`);
  }
  for (const error of errors) printFailure(dependencies, { error, source, json });
  if (errors[0] !== undefined) return errors[0].exitCode;
  const startedAt = io.now();
  try {
    if (explained > 0) io.stdout.write(await engine.explainStatements({ ...script, forMs: ANALYZED_MS }));
    if (explained > 0 && queries === 0) return ExitCode.ok;
    const job = await engine.startJob({ ...script, ...jobOptions(flags, printTarget(dependencies, line)) });
    const begin = () => announce(dependencies, job.status(), flags);
    const { code, unread } = await followJob({ io, job, line, begin });
    reportEnd(dependencies, { progress: job.status(), elapsedMs: io.now() - startedAt, json, unread });
    return code;
  } catch (error) {
    printFailure(dependencies, { error, source, json });
    return error instanceof EngineError ? error.exitCode : ExitCode.bug;
  }
}

/** Flags that would do nothing promise something. */
function refuseUnserved(flags: RunFlags): void {
  if (flags.port !== undefined || (flags.host === undefined && flags.allowHost === undefined)) return;
  throw new EngineError(`"${flags.host === undefined ? "--allow-host" : "--host"}" is of no use without "--port"`, {
    domain: "user",
    code: "USAGE",
    exitCode: ExitCode.usage,
    hint: `add --port ${defaultPort}`,
  });
}

const loopback = /^(127\.\d+\.\d+\.\d+|\[?::1\]?|localhost|.*\.localhost)$/;

function hostNotices({ host }: RunFlags): string[] {
  if (host === undefined || loopback.test(host)) return [];
  return [`whoever reaches ${host} can read the views and stop the job: the server asks for no password`];
}

function jobOptions(flags: RunFlags, out: PrintTarget): Omit<StartJobOptions, "text" | "fileName" | "settings"> {
  return {
    stateDir: flags.state ?? null,
    allowStateLoss: flags.allowStateLoss ?? false,
    workers: flags.workers ?? null,
    format: flags.format ?? (flags.json ? "json" : "table"),
    untilEnd: flags.untilEnd ?? false,
    port: flags.port ?? null,
    host: flags.host ?? defaultHost,
    allowedHosts: flags.allowHost ?? [],
    out,
    record: flags.record ?? null,
  };
}

function printTarget({ io }: CliDependencies, line: StatusLine): PrintTarget {
  return {
    write: (text) => line.print(() => io.stdout.write(text)),
    get columns() {
      return io.stdout.isTerminal ? io.stdout.columns : null;
    },
    color: usesColor(io, io.stdout),
  };
}

type Progress = Parameters<typeof formatSummary>[0];

function announce({ io }: CliDependencies, progress: Progress, flags: RunFlags): void {
  if (progress.url === null) return;
  if (flags.json) io.stderr.write(`${JSON.stringify({ serving: progress.url, views: progress.views })}\n`);
  else io.stderr.write(`serving ${progress.url}\n`);
}

interface JobEnd {
  readonly progress: Progress;
  readonly elapsedMs: number;
  readonly json: boolean;
  /** Whoever read the rows had enough of them (`| head`), so what they leave unread is no news. */
  readonly unread: boolean;
}

function reportEnd({ io }: CliDependencies, end: JobEnd): void {
  if (end.json) io.stderr.write(`${JSON.stringify({ ended: { ...end.progress, elapsedMs: end.elapsedMs } })}\n`);
  else {
    if (!end.unread) io.stderr.write(openWindowsNotice(end.progress));
    if (io.stderr.isTerminal) io.stderr.write(formatSummary(end.progress, end.elapsedMs));
  }
}

/** State does not outlive the process yet: rows that were read into windows still open are told, not dropped in silence. */
function openWindowsNotice({ openWindows }: Progress): string {
  if (openWindows === 0) return "";
  const windows = openWindows === 1 ? "1 window was" : `${openWindows} windows were`;
  return `notice: ${windows} still open and gave no rows; open windows are not kept from one run to the next\n`;
}
