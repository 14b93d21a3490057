/**
 * The Kafka library: librdkafka, whose source node-rdkafka carries, and our C beside it, as one shared library that bun:ffi
 * opens. OpenSSL and zlib are linked in where their static libraries are there, and nothing of them is exported: the program
 * that loads the library may carry its own. What librdkafka can do depends on the headers found; that is said.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { findProgram, run, tailOf } from "./run.mjs";
import { buildFolder, hashOf, root } from "./stamp.mjs";

const output = join(buildFolder, "libmillrace-kafka.so");
const vendored = join(root, "node_modules", "node-rdkafka");
const native = join(root, "src", "connectors", "kafka", "native");
const log = join(buildFolder, "kafka.log");

/** What configure may find, its word in BUILT_WITH, and the Debian package that brings the header. */
const features = [
  { name: "gzip", word: "ZLIB", header: "zlib.h", debian: "zlib1g-dev" },
  { name: "zstd", word: "ZSTD", header: "zstd.h", debian: "libzstd-dev" },
  { name: "tls", word: "SSL", header: "openssl/ssl.h", debian: "libssl-dev" },
  { name: "sasl-scram", word: "SASL_SCRAM", header: "openssl/ssl.h", debian: "libssl-dev" },
];
const bundled = ["snappy", "lz4", "sasl-plain"];

const configureOptions = [
  "--enable-static",
  "--disable-gssapi",
  "--disable-curl",
  "--disable-syslog",
  "--disable-lz4-ext",
  "--disable-debug-symbols",
  "--no-download",
];

/** The compiler and what else a build needs, or the reason why there is none. */
function tools() {
  if (process.platform !== "linux") return { missing: `it is built on Linux only, this is ${process.platform}` };
  const compiler = findProgram([process.env.CC, "cc", "gcc", "clang"]);
  if (compiler === null) return { missing: "no C compiler (Debian: apt-get install build-essential)" };
  const make = findProgram(["make", "gmake"]);
  if (make === null) return { missing: "no make (Debian: apt-get install build-essential)" };
  if (findProgram(["bash"]) === null) return { missing: "no bash, which librdkafka's configure needs" };
  if (!existsSync(join(vendored, "deps", "librdkafka", "configure")))
    return { missing: "node-rdkafka is not installed (run npm install)" };
  return { missing: null, compiler, make };
}

/** Headers decide the features, so installing one is a change. */
function headersFound() {
  const own = [process.env.CPATH, process.env.C_INCLUDE_PATH].filter(Boolean).flatMap((path) => path.split(":"));
  const folders = [...own, "/usr/local/include", "/usr/include"];
  return features.filter(({ header }) => folders.some((folder) => existsSync(join(folder, header)))).map((f) => f.name);
}

function leftOut(reason) {
  return { failed: true, notice: `kafka connector left out: ${reason}; everything else works` };
}

async function compile({ folder, compiler, make, progress }) {
  const environment = { ...process.env, CC: compiler };
  const step = async (what, program, args) => {
    progress.detail(what);
    const onLine = (line) => progress.detail(`${what}: ${line}`);
    const code = await run(program, args, { cwd: folder, log, onLine, env: environment });
    if (code !== 0) throw new Error(what);
  };
  await step("configure", "./configure", configureOptions);
  const jobs = `-j${Math.max(2, availableParallelism())}`;
  await step("compile", make, [jobs, "-C", "src", "librdkafka.a"]);
  const settings = readFileSync(join(folder, "Makefile.config"), "utf8");
  const libraries =
    /^LIBS\+?=\s*(.*)$/m
      .exec(settings)?.[1]
      ?.split(/\s+/)
      .filter((word) => word !== "") ?? [];
  const sources = readdirSync(native)
    .filter((name) => name.endsWith(".c"))
    .sort();
  await step("link", compiler, [
    ...["-std=gnu11", "-O3", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-shared", "-s"],
    ...["-isystem", join(folder, "src"), "-o", join(folder, "libmillrace-kafka.so")],
    ...sources.map((name) => join(native, name)),
    ...["-Wl,--whole-archive", join(folder, "src", "librdkafka.a"), "-Wl,--no-whole-archive"],
    ...["-Wl,-Bsymbolic", `-Wl,--version-script=${join(native, "exports.map")}`],
    ...libraries,
    "-lpthread",
  ]);
  return /^BUILT_WITH\s*=\s*(.*)$/m.exec(settings)?.[1]?.split(/\s+/) ?? [];
}

function describe(words) {
  const present = [...bundled, ...features.filter(({ word }) => words.includes(word)).map(({ name }) => name)];
  const missing = features.filter(({ word }) => !words.includes(word));
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  const without = missing.length === 0 ? "" : `; without ${missing.map(({ name }) => name).join(", ")}`;
  const remedy = packages.length === 0 ? "" : ` (Debian: apt-get install ${packages.join(" ")})`;
  return { present, text: `built with ${present.join(", ")}${without}${remedy}` };
}

export const kafkaStep = {
  name: "kafka",
  hash: () =>
    hashOf({
      paths: [native, join(vendored, "package.json")],
      words: [process.platform, process.arch, tools().missing ?? "tools", ...configureOptions, ...headersFound()],
    }),
  isUsable: (stamp) => stamp.failed === true || existsSync(output),
  isRequired: () => process.env.MILLRACE_REQUIRE_KAFKA === "1",
  async run(progress) {
    const { missing, compiler, make } = tools();
    if (missing !== null) return leftOut(missing);
    const folder = join(buildFolder, `librdkafka.${process.pid}.tmp`);
    rmSync(log, { force: true });
    mkdirSync(buildFolder, { recursive: true });
    progress.start("kafka library (once, about half a minute)");
    try {
      cpSync(join(vendored, "deps", "librdkafka"), folder, { recursive: true });
      const { present, text } = describe(await compile({ folder, compiler, make, progress }));
      renameSync(join(folder, "libmillrace-kafka.so"), output);
      progress.done(text);
      return { notice: null, features: present };
    } catch (error) {
      progress.done("failed");
      return leftOut(`${error.message} failed (whole log: ${log})\n${tailOf(log)}\n`.trimEnd());
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
