/** `demo`: the clickstream example, from generated clicks to a table in the terminal and a page in the browser. */
import type { Command } from "commander";
import type { ExitCode } from "../core/error.ts";
import type { CliDependencies } from "./commands.ts";
import { addRunFlags, defaultPort, type RunFlags, runScript } from "./run-command.ts";

export function addDemoCommand(program: Command, dependencies: CliDependencies, done: (code: ExitCode) => void): void {
  const command = program
    .command("demo")
    .description("run the built-in example: generated clicks, one-minute windows, results here and in the browser");
  addRunFlags(command).action(async (flags: RunFlags) => {
    const { io } = dependencies;
    const port = flags.port ?? defaultPort;
    const text = await dependencies.demoScript();
    if (!flags.json) io.stderr.write(header(flags.host, port));
    done(await runScript(dependencies, { text, fileName: "examples/clickstream.sql" }, { ...flags, port }));
  });
}

function header(host: string, port: number): string {
  const where = port === 0 ? "" : `, and all pages live at http://${host}:${port}`;
  return (
    `60,000 generated clicks a second, in windows of one minute of event time: the busiest pages below${where}\n` +
    "(a minute of event time passes each second; examples/clickstream.sql; Ctrl-C stops)\n\n"
  );
}
