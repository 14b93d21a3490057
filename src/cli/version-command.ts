/** `version`: what this binary is, for bug reports. */
import type { Command } from "commander";
import { ExitCode } from "../core/error.ts";
import type { CliDependencies } from "./commands.ts";

export function addVersionCommand(
  program: Command,
  dependencies: CliDependencies,
  done: (code: ExitCode) => void,
): void {
  program
    .command("version")
    .description("print the version")
    .option("--json", "with the runtime and the platform, as JSON")
    .action((flags: { json?: boolean }) => {
      const { version, io } = dependencies;
      const about = { version, bun: Bun.version, platform: process.platform, arch: process.arch };
      io.stdout.write(flags.json ? `${JSON.stringify(about)}\n` : `millrace ${version}\n`);
      done(ExitCode.ok);
    });
}
