/** One Flink a file. Without it the file says why it is left out; with MILLRACE_REQUIRE_FLINK=1 that is a failure. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { FlinkOracle, whyNoFlink } from "../../scripts/flink/oracle.ts";

const START_MS = 180_000;

/** `body` gets Flink, which is there once tests run. */
export function describeFlink(name: string, body: (flink: () => FlinkOracle) => void): void {
  const reason = whyNoFlink();
  if (reason !== null) {
    console.log(`skipped: ${name} (${reason})`);
    if (process.env.MILLRACE_REQUIRE_FLINK === "1") test(`${name}: Flink is there`, () => expect(reason).toBe(""));
    return;
  }
  describe(name, () => {
    let flink: FlinkOracle | null = null;
    beforeAll(async () => {
      flink = await FlinkOracle.start();
    }, START_MS);
    afterAll(() => flink?.stop(), START_MS);
    body(() => flink as FlinkOracle);
  });
}
