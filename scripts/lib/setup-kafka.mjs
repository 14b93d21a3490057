/**
 * The Kafka library: librdkafka and our C beside it as one shared library that bun:ffi opens. OpenSSL and zlib are linked in
 * where their static libraries are there, and nothing of them is exported: the program that loads the library carries its own.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, tailOf } from "./run.mjs";
import { buildLibrdkafka, findTools, librdkafkaHash } from "./setup-librdkafka.mjs";
import { buildFolder, hashOf, root } from "./stamp.mjs";

const output = join(buildFolder, "libmillrace-kafka.so");
const native = join(root, "src", "connectors", "kafka", "native");
const log = join(buildFolder, "kafka.log");

function leftOut(reason) {
  return { failed: true, notice: `kafka connector left out: ${reason}; everything else works` };
}

async function link({ folder, compiler, libraries, made }) {
  const sources = readdirSync(native).filter((name) => name.endsWith(".c"));
  const args = [
    ...["-std=gnu11", "-O3", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-shared", "-s"],
    ...["-isystem", folder, "-o", made],
    ...sources.sort().map((name) => join(native, name)),
    ...["-Wl,--whole-archive", join(folder, "librdkafka.a"), "-Wl,--no-whole-archive"],
    ...["-Wl,-Bsymbolic", `-Wl,--version-script=${join(native, "exports.map")}`],
    ...libraries,
    "-lpthread",
  ];
  if ((await run(compiler, args, { cwd: root, log })) !== 0)
    throw new Error("compilation of src/connectors/kafka/native");
}

export const kafkaStep = {
  name: "kafka",
  hash: () => hashOf({ paths: [native], words: [librdkafkaHash()] }),
  isUsable: (stamp) => stamp.failed === true || existsSync(output),
  isRequired: () => process.env.MILLRACE_REQUIRE_KAFKA === "1",
  async run(progress) {
    const tools = findTools();
    if (tools.missing !== null) return leftOut(tools.missing);
    rmSync(log, { force: true });
    progress.start("kafka library (about half a minute, once)");
    const made = join(buildFolder, `kafka.${process.pid}.so`);
    try {
      const folder = await buildLibrdkafka({ tools, log, progress });
      const { libraries, text } = JSON.parse(readFileSync(join(folder, "link.json"), "utf8"));
      await link({ folder, compiler: tools.compiler, libraries, made });
      renameSync(made, output);
      progress.done(`built ${text}`);
      return { notice: null };
    } catch (error) {
      rmSync(made, { force: true });
      progress.done("failed");
      return leftOut(`${error.message} failed (whole log: ${log})\n${tailOf(log)}\n`);
    }
  },
};
