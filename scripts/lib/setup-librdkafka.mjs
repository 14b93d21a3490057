/**
 * librdkafka as a static library, from the source that node-rdkafka carries: its own configure and make, in a copy under
 * build/. What it can do depends on the headers found; that is said, with the Debian package that brings what is missing. The
 * result stands in build/librdkafka-<hash>/, whole or not at all: archive, headers, and what to link with (link.json).
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { findProgram, run } from "./run.mjs";
import { buildFolder, hashOf, root } from "./stamp.mjs";

const vendored = join(root, "node_modules", "node-rdkafka");

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
export function findTools() {
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

export function librdkafkaHash() {
  const words = [
    process.platform,
    process.arch,
    findTools().missing ?? "tools",
    ...configureOptions,
    ...headersFound(),
  ];
  return hashOf({ paths: [join(vendored, "package.json")], words });
}

/** The folder with librdkafka.a, its headers and link.json; built when it is not there. Rejects with the step that failed. */
export async function buildLibrdkafka({ tools, log, progress }) {
  const folder = join(buildFolder, `librdkafka-${librdkafkaHash().slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const source = join(buildFolder, `librdkafka.${process.pid}.tmp`);
  try {
    cpSync(join(vendored, "deps", "librdkafka"), source, { recursive: true });
    const env = { ...process.env, CC: tools.compiler };
    const step = async (what, program, args) => {
      progress.detail(what);
      const onLine = (line) => progress.detail(`${what}: ${line}`);
      if ((await run(program, args, { cwd: source, log, onLine, env })) !== 0) throw new Error(what);
    };
    await step("configure of librdkafka", "./configure", configureOptions);
    const jobs = `-j${Math.max(2, availableParallelism())}`;
    await step("compilation of librdkafka", tools.make, [jobs, "-C", "src", "librdkafka.a"]);
    keepResult(source, folder);
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
  removeOthers(folder);
  return folder;
}

function keepResult(source, folder) {
  const settings = readFileSync(join(source, "Makefile.config"), "utf8");
  const wordsOf = (name) =>
    (new RegExp(`^${name}\\s*\\+?=\\s*(.*)$`, "m").exec(settings)?.[1] ?? "")
      .split(/\s+/)
      .filter((word) => word !== "");
  const kept = join(source, "kept");
  mkdirSync(kept);
  for (const name of ["librdkafka.a", "rdkafka.h"]) copyFileSync(join(source, "src", name), join(kept, name));
  const link = { libraries: wordsOf("LIBS"), ...describe(wordsOf("BUILT_WITH")) };
  writeFileSync(join(kept, "link.json"), `${JSON.stringify(link, null, 2)}\n`);
  try {
    renameSync(kept, folder);
  } catch (error) {
    // Another set-up was first, with the same input.
    if (!existsSync(folder)) throw error;
  }
}

function removeOthers(folder) {
  for (const name of readdirSync(buildFolder))
    if (/^librdkafka-[0-9a-f]+$/.test(name) && join(buildFolder, name) !== folder)
      rmSync(join(buildFolder, name), { recursive: true, force: true });
}

function describe(words) {
  const present = [...bundled, ...features.filter(({ word }) => words.includes(word)).map(({ name }) => name)];
  const missing = features.filter(({ word }) => !words.includes(word));
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  const without = missing.length === 0 ? "" : `; without ${missing.map(({ name }) => name).join(", ")}`;
  const remedy = packages.length === 0 ? "" : ` (Debian: apt-get install ${packages.join(" ")})`;
  return { features: present, text: `with ${present.join(", ")}${without}${remedy}` };
}
