import { describe, expect, test } from "bun:test";
import { checkSetting, settingChoice, settingMs, settings, settingText } from "../../src/config/options.ts";

describe("settings", () => {
  test("every default passes its own check", () => {
    for (const { name, default: value } of settings) {
      if (value !== null) expect([name, checkSetting(name, value)]).toEqual([name, { kind: "ok" }]);
    }
  });

  test("takes lengths of time in Flink's spellings", () => {
    for (const value of ["5 s", "5s", "1 min", "250 ms", "250", "2 hours", "1d"]) {
      expect([value, checkSetting("table.exec.source.idle-timeout", value).kind]).toEqual([value, "ok"]);
    }
  });

  test("says what a value should have been", () => {
    expect(checkSetting("table.exec.source.idle-timeout", "soon")).toEqual({
      kind: "error",
      on: "value",
      message: '"table.exec.source.idle-timeout" is "soon"',
      hint: "it takes a length of time: 500 ms, 10 s, 5 min",
    });
    expect(checkSetting("execution.checkpointing.interval", "0 s").kind).toBe("error");
    expect(checkSetting("table.exec.source.rowtime-null-handling", "IGNORE")).toMatchObject({
      on: "value",
      hint: "it takes one of FAIL, DROP, SKIP_WATERMARK",
    });
  });

  test("refuses by name what this release does not have", () => {
    expect(checkSetting("distinct.mode", "rough")).toMatchObject({ kind: "error", on: "value" });
    for (const limit of ["0", "1000001", "1.5", "many"]) {
      expect(checkSetting("distinct.exact-limit", limit)).toMatchObject({
        hint: "it takes a whole number from 1 to 1,000,000",
      });
    }
    expect(checkSetting("table.exec.emit.late-fire.enabled", "TRUE")).toMatchObject({ kind: "error", on: "value" });
    expect(checkSetting("table.local-time-zone", "Europe/Berlin")).toMatchObject({ kind: "error", on: "value" });
    expect(checkSetting("table.local-time-zone", "utc")).toEqual({ kind: "ok" });
  });

  test("takes Flink's other keys with a notice", () => {
    for (const key of [
      "parallelism.default",
      "table.exec.mini-batch.enabled",
      "state.backend.type",
      "table.exec.state.ttl",
    ]) {
      expect(checkSetting(key, "1")).toEqual({ kind: "notice", message: `setting "${key}" has no effect here` });
    }
  });

  test("names the nearest setting for a slip, under a Flink prefix too", () => {
    expect(checkSetting("distict.mode", "exact")).toMatchObject({ on: "key", hint: 'did you mean "distinct.mode"?' });
    expect(checkSetting("table.exec.source.idle-timout", "1 s")).toMatchObject({
      on: "key",
      hint: 'did you mean "table.exec.source.idle-timeout"?',
    });
    expect(checkSetting("nonsense", "1")).toMatchObject({ kind: "error", on: "key" });
  });

  test("reads the value in force, and its default", () => {
    expect(settingMs({}, "table.exec.source.idle-timeout")).toBe(60_000);
    expect(settingMs({ "table.exec.source.idle-timeout": "2 s" }, "table.exec.source.idle-timeout")).toBe(2000);
    expect(settingChoice({ "distinct.mode": "APPROX" }, "distinct.mode")).toBe("approx");
    expect(settingText({}, "pipeline.name")).toBeNull();
    expect(settingText(Object.create({ "pipeline.name": "inherited" }), "pipeline.name")).toBeNull();
  });
});
