/** Golden scripts with words left out, swapped or replaced: planning gives a plan or errors in the text, never an exception. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { explainPlan } from "../../src/plan/explain.ts";
import { seededRandom } from "../engine/simulated-source.ts";
import { plan } from "./plan-text.ts";

const folder = new URL("../golden/plan/", import.meta.url);
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith(".sql"))
  .sort()
  .map((name) => readFileSync(new URL(name, folder), "utf8"));

/** Words, quoted text, signs and the space between them. */
function words(text: string): string[] {
  return text.match(/--[^\n]*|'(?:[^']|'')*'|`[^`]*`|\w+|\s+|[^\w\s]/g) ?? [];
}

function broken(text: string, random: () => number): string {
  const parts = words(text);
  const at = (): number => Math.floor(random() * parts.length);
  for (let change = 0; change <= random() * 4; change++) {
    const [i, j] = [at(), at()];
    const kind = random();
    if (kind < 0.3) parts.splice(i, 1);
    else if (kind < 0.7) parts[i] = parts[j] ?? "";
    else [parts[i], parts[j]] = [parts[j] ?? "", parts[i] ?? ""];
  }
  return parts.join("");
}

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

test(`plans or refuses broken scripts in good order (SEED=${seed})`, () => {
  const random = seededRandom(seed);
  for (let round = 0; round < 400; round++) {
    const text = broken(scripts[round % scripts.length] ?? "", random);
    const result = plan(text);
    expect([text, result.plan === null]).toEqual([text, result.errors.length > 0]);
    for (const { span, message, code } of result.errors) {
      expect([code, message, span.start >= 0 && span.start <= span.end && span.end <= text.length]).toEqual([
        code,
        message,
        true,
      ]);
      expect(message).not.toContain("undefined");
      expect(code).not.toBe("BUG");
    }
    if (result.plan !== null) expect(explainPlan(result.plan)).not.toContain("undefined");
  }
});
