/**
 * One set-up at a time: a file with the owner's process id. A lock whose owner is gone is taken over. It only saves double
 * work: outputs are renamed into place, so even two owners at once would not harm each other.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const WAIT_MS = 200;
const GIVE_UP_MS = 10 * 60_000;

export async function withLock({ folder, progress }, action) {
  const path = join(folder, "setup.lock");
  await acquire(path, progress);
  const release = () => {
    if (ownerOf(path) === process.pid) rmSync(path, { force: true });
  };
  process.once("exit", release);
  try {
    return await action();
  } finally {
    process.off("exit", release);
    release();
  }
}

async function acquire(path, progress) {
  const deadline = performance.now() + GIVE_UP_MS;
  let said = false;
  for (;;) {
    try {
      writeFileSync(path, `${process.pid}\n`, { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const owner = ownerOf(path);
    if (performance.now() > deadline) return; // the process id may be somebody else's by now
    if (owner !== null && !isAlive(owner)) {
      takeAway(path);
      continue;
    }
    if (!said) progress.say(`set-up: waiting for another one${owner === null ? "" : ` (process ${owner})`}`);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
}

/** Moves a dead owner's lock aside; one that somebody has just taken over himself goes back. */
function takeAway(path) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another was faster
  }
  const owner = ownerOf(aside);
  if (owner !== null && isAlive(owner)) {
    try {
      linkSync(aside, path);
    } catch {}
  }
  rmSync(aside, { force: true });
}

function ownerOf(path) {
  try {
    const owner = Number(readFileSync(path, "utf8"));
    return Number.isInteger(owner) && owner > 0 ? owner : null;
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
