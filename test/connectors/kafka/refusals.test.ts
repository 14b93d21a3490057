import { expect, test } from "bun:test";
import { wasCutOff } from "../../../src/connectors/kafka/refusals.ts";

test("a connection that the broker ends while it is written to is told from one that nobody takes", () => {
  expect(wasCutOff("127.0.0.1:39419/bootstrap: Send failed: Broken pipe (after 0ms in state UP)")).toBe(true);
  expect(wasCutOff("127.0.0.1:9/bootstrap: Receive failed: Connection reset by peer (after 1ms in state UP)")).toBe(
    true,
  );
  expect(wasCutOff("127.0.0.1:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused")).toBe(false);
});
