/**
 * Where JSON.parse of Node 20 refuses a text, in bytes: asked of a node process, since the engine that runs these tests reports
 * no positions. Where V8 names no position ("… is not valid JSON") it is found by asking for ever shorter beginnings of the text.
 */

const script = `
const position = (text) => {
  const failure = (length) => {
    try { JSON.parse(text.slice(0, length)); return null; } catch (error) { return error.message; }
  };
  const message = failure(text.length);
  if (message === null) return -1;
  const named = / in JSON at position (\\d+)| after JSON at position (\\d+)/.exec(message);
  const at = named !== null ? Number(named[1] ?? named[2]) : message.startsWith("Unexpected end") ? text.length : search(failure, text.length);
  return Buffer.byteLength(text.slice(0, at));
};
const search = (failure, length) => {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (failure(middle)?.endsWith(" is not valid JSON")) high = middle;
    else low = middle + 1;
  }
  return low - 1;
};
const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map(position)));
`;

/** Of `node --version`, null where there is no node or another one: other versions word their errors otherwise. */
export function nodeOfPositions(): string | null {
  const node = Bun.which("node");
  if (node === null) return null;
  const version = Bun.spawnSync([node, "--version"]).stdout.toString().trim();
  return version.startsWith("v20.") ? node : null;
}

/** Byte of each text's first fault, −1 where it is JSON. */
export function nodePositions(node: string, texts: readonly string[]): number[] {
  const asked = Bun.spawnSync([node, "-e", script], { stdin: Buffer.from(JSON.stringify(texts)) });
  if (asked.exitCode !== 0) throw new Error(asked.stderr.toString());
  return JSON.parse(asked.stdout.toString()) as number[];
}
