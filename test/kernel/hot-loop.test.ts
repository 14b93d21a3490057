/**
 * The kernel's text as asc prints it: loops over rows call nothing but the slow paths named here. A helper that stops being
 * inlined, or a new call in a loop, shows up as a name that is not in the list.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";

/** Loop in (module path under assembly/) → what it may call: misses, growth, one call a column, a run or a slice. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "aggregate/update/updateAggregates": [
    "aggregate/update/addDistinct",
    "aggregate/update/distinctValues",
    "aggregate/update/addValues",
    "aggregate/update/maskRows",
    "aggregate/update/update",
    "aggregate/update/updateExtreme",
    "aggregate/update/addToSketches",
    "aggregate/distinct/addDistinctBytes",
    "aggregate/distinct/addDistinctLongs",
    "aggregate/shared-distinct/addShared",
  ],
  "aggregate/shared-distinct/addShared": ["aggregate/shared-distinct/enterShared"],
  "aggregate/update/addDistinct": ["aggregate/distinct/enterLong", "aggregate/distinct/enterBytes"],
  "aggregate/update/addToSketches": ["sketch/hll/addCoupon", "sketch/coupon/couponOfBytes"],
  // Of FIRST_VALUE, LAST_VALUE, LISTAGG and HLL_UNION, whose loops are inlined here.
  "aggregate/update/update": ["aggregate/list/append", "aggregate/extreme/keepString", "sketch/read-image/uniteImage"],
  "aggregate/update/updateExtreme": [
    "aggregate/extreme/compareBytes",
    "aggregate/extreme/offerString",
    "memory/heap/allocate",
    "memory/heap/release",
  ],
  "aggregate/merge/mergeRows": [
    "aggregate/merge/mergeColumn",
    "aggregate/merge-distinct/mergeSets",
    "aggregate/merge-distinct/add",
    "aggregate/merge-distinct/enter",
    "aggregate/shared-distinct/enterShared",
    // Of groups whose distinct count has turned into a sketch.
    "aggregate/auto/turn",
    "sketch/merge/mergeSketch",
  ],
  "decode/column/fillColumn": ["decode/column/fillSlowly"],
  "decode/column/fillTimestamps": ["decode/column/fillSlowly", "decode/time/readDay"],
  "table/probe/probe": ["table/probe/findOrMake", "table/probe/probeLanes"],
  "window/watermark/refuseTimeless": ["bad-rows/keep"],
};

/** Functions whose loops run once a row of every vector; each must be there, by itself or inlined into its caller. */
const hot = [
  "aggregate/update/maskRows",
  "aggregate/update/updateSum",
  "decode/layout/fitLayout",
  "decode/scan/scanChunk",
  "window/runs/sortRuns",
  "window/assign/assignVector",
  "window/assign-shared/assignShared",
  "select/gather",
  ...Object.keys(allowed),
];

async function kernelText(): Promise<string> {
  const files = new Map<string, string>();
  const { error, stderr } = await asc.main(
    ["assembly/index.ts", "--target", "release", "--textFile", "kernel.wat", "--outFile", "kernel.wasm"],
    {
      readFile: (name: string) => readOrNull(name),
      writeFile: (name: string, contents: Uint8Array | string) => {
        files.set(name, typeof contents === "string" ? contents : new TextDecoder().decode(contents));
      },
      listFiles: () => [],
    },
  );
  if (error !== null) throw new Error(stderr.toString(), { cause: error });
  for (const [name, text] of files) if (name.endsWith(".wat")) return text;
  throw new Error("asc wrote no text");
}

function readOrNull(name: string): string | null {
  try {
    return readFileSync(name, "utf8");
  } catch {
    return null;
  }
}

/** Function → names called inside its loops. */
function callsInLoops(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const body of text.split("\n (func $").slice(1)) {
    const name = (body.split(/[\s)]/, 1)[0] as string).replace("assembly/", "");
    const calls = new Set<string>();
    const loops: number[] = [];
    for (const line of body.split("\n")) {
      const indent = line.length - line.trimStart().length;
      while (loops.length > 0 && indent <= (loops.at(-1) as number)) loops.pop();
      if (line.trimStart().startsWith("(loop") || line.trimStart().startsWith("loop")) loops.push(indent);
      const call = /\bcall \$([^\s)]+)/.exec(line);
      if (call !== null && loops.length > 0) calls.add((call[1] as string).replace("assembly/", ""));
    }
    found.set(name, calls);
  }
  return found;
}

describe("hot loops", () => {
  test("call nothing but their slow paths", async () => {
    const calls = callsInLoops(await kernelText());
    const present = hot.filter((name) => calls.has(name));
    // Inlined functions are judged in their callers; that all vanished would mean the names have changed.
    expect(present.length).toBeGreaterThanOrEqual(6);
    const strangers = present.flatMap((name) =>
      [...(calls.get(name) as Set<string>)]
        .filter((call) => !(allowed[name] ?? []).includes(call))
        .map((call) => `${name} → ${call}`),
    );
    expect(strangers).toEqual([]);
  }, 120_000);
});
