/**
 * The command line: commands, flags, help, and the promise that every way out has its exit code. Nothing here touches the
 * process; `main.ts` hands it in.
 */
import { Command, CommanderError } from "commander";
import { EngineError, ExitCode } from "../core/error.ts";
import { addCheckCommand } from "./check-command.ts";
import { type CliDependencies, printFailure } from "./commands.ts";
import { addDemoCommand } from "./demo-command.ts";
import { addExplainCommand } from "./explain-command.ts";
import { addProduceCommand } from "./produce-command.ts";
import { addReplayCommand } from "./replay-command.ts";
import { addRunCommand } from "./run-command.ts";
import { addVersionCommand } from "./version-command.ts";

/** `args` without the program's name. Settles with the exit code; never rejects. */
export async function runCli(args: readonly string[], dependencies: CliDependencies): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok;
  const program = buildProgram(dependencies, (code) => {
    exitCode = code;
  });
  try {
    if (args.length === 0) {
      dependencies.io.stderr.write(program.helpInformation());
      return ExitCode.usage;
    }
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.ok;
    const failure = error instanceof CommanderError ? usageError(error, args) : error;
    printFailure(dependencies, { error: failure, source: null, json: args.includes("--json") });
    return failure instanceof EngineError ? failure.exitCode : ExitCode.bug;
  }
}

/** The commands and flags; the tests compare their names with the documentation. */
export function buildProgram(dependencies: CliDependencies, done: (code: ExitCode) => void): Command {
  const { io } = dependencies;
  const program = new Command("millrace")
    .description("Real-time analytics on Kafka with Flink SQL, in one binary.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Errors come back as exceptions and are printed in our own form.
      writeErr: () => {},
      getOutHelpWidth: () => io.stdout.columns,
    })
    .showSuggestionAfterError()
    .version(dependencies.version, "-V, --version", "print the version");
  for (const add of [
    addRunCommand,
    addCheckCommand,
    addExplainCommand,
    addDemoCommand,
    addProduceCommand,
    addReplayCommand,
    addVersionCommand,
  ]) {
    add(program, dependencies, done);
  }
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

/** `error: unknown option '--fromat'\n(Did you mean --format?)` becomes our form, suggestion in the hint. */
function usageError(error: CommanderError, args: readonly string[]): EngineError {
  const [first = "", suggestion] = error.message.split("\n");
  const message = first
    .replace(/^error: /, "")
    .replace(/^option ('.*?') argument ('.*') is invalid\. (.*)$/s, "$1 does not take $2: $3")
    .replace("Allowed choices are", "the choices are")
    .replace(". Expected ", ": expected ")
    .replace(/\.$/, "")
    .replaceAll("'", '"');
  const meant = suggestion?.replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1?");
  const command = args.find((arg) => !arg.startsWith("-"));
  const help = error.code === "commander.unknownCommand" ? "millrace --help" : `millrace ${command ?? ""} --help`;
  return new EngineError(message, {
    domain: "user",
    code: "USAGE",
    exitCode: ExitCode.usage,
    hint: meant ?? `see ${help.replace("  ", " ")}`,
    cause: error,
  });
}
