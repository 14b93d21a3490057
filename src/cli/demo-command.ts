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
    if (!flags.json) io.stderr.write(header);
    done(await runScript(dependencies, { text, fileName: "examples/clickstream.sql" }, { ...flags, port }));
  });
}

const header =
  "60,000 generated clicks a second, counted by page in windows of one minute of event time (examples/clickstream.sql).\n" +
  "A minute of event time passes each second. The busiest pages are below; the page shows all. Ctrl-C stops.\n\n";
