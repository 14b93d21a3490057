/**
 * Makes a fresh checkout runnable: Bun's binary, the WebAssembly kernel, the Kafka library. Called at the head of every npm
 * script (install scripts of packages are off), so a second call costs only the comparison of content hashes. Plain Node 20.
 *
 * A step's outcome is kept in `build/<step>.stamp.json` with the hash of all that went into it; outputs are made beside their
 * place and renamed, so what stands in build/ is whole. The kernel is needed and its failure ends set-up with exit code 1;
 * without the Kafka library everything but the kafka connector works, so its absence is one line, and exit code 0
 * (`MILLRACE_REQUIRE_KAFKA=1` makes it 1).
 */
import { mkdirSync } from "node:fs";
import { withLock } from "./lib/lock.mjs";
import { createProgress } from "./lib/progress.mjs";
import { bunStep } from "./lib/setup-bun.mjs";
import { kafkaStep } from "./lib/setup-kafka.mjs";
import { kernelStep } from "./lib/setup-kernel.mjs";
import { buildFolder, readStamp, writeStamp } from "./lib/stamp.mjs";

const steps = [bunStep, kernelStep, kafkaStep];

/** `npm run setup` itself tries again what failed. */
const isAsked = process.env.npm_lifecycle_event === "setup";

/** A step that is done, or was tried in vain with the same input, needs no second run. */
function isFresh(step) {
  const stamp = readStamp(step.name);
  if (isAsked && stamp?.failed === true) return false;
  return stamp !== null && stamp.hash === step.hash() && step.isUsable(stamp);
}

function report(step, progress) {
  const stamp = readStamp(step.name);
  if (stamp?.notice) progress.say(stamp.notice.trimEnd());
  return stamp?.failed === true && step.isRequired() ? 1 : 0;
}

async function main() {
  mkdirSync(buildFolder, { recursive: true });
  const progress = createProgress(process.stderr);
  if (!steps.every(isFresh)) {
    await withLock({ folder: buildFolder, progress }, async () => {
      for (const step of steps) {
        if (isFresh(step)) continue; // another set-up has done it while we waited
        const hash = step.hash();
        writeStamp(step.name, { ...(await step.run(progress)), hash });
      }
    });
  }
  let code = 0;
  for (const step of steps) code = Math.max(code, report(step, progress));
  progress.close();
  process.exitCode = code;
}

await main();
