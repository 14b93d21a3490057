import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Plan } from "../../src/plan/plan.ts";
import { planFromJson, planToJson, planToPublicJson } from "../../src/plan/plan-json.ts";

function withSettings(settings: Readonly<Record<string, string>>): Plan {
  return { version: 1, queries: [], settings };
}

describe("a plan as JSON", () => {
  test("keeps every literal exactly", () => {
    const literal = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.bigInt(),
      fc.double(),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
      fc.string({ unit: "binary" }),
      fc.uint8Array(),
    );
    fc.assert(
      fc.property(fc.array(literal), (values) => {
        const columns = values.map((value) => ({ name: "x", expression: { kind: "literal", value } }));
        const plan = { ...withSettings({}), queries: [{ label: "q", columns }] } as unknown as Plan;
        expect(planFromJson(planToJson(plan))).toEqual(plan);
      }),
    );
  });

  test("keeps keys that look like its own wrapping, or like a prototype", () => {
    for (const settings of [
      { $bigint: "1" },
      { $$bigint: "1", $: "2" },
      { $number: "NaN" },
      Object.fromEntries([["__proto__", "x"]]),
      { constructor: "y" },
    ]) {
      const plan = withSettings(settings);
      expect(planToJson(planFromJson(planToJson(plan)))).toBe(planToJson(plan));
      expect(Object.entries(planFromJson(planToJson(plan)).settings)).toEqual(Object.entries(settings));
    }
  });

  test("has no secrets where others read it, and all it needs where it is run", () => {
    const options = { topic: "options", "properties.sasl.password": "hunter2", "properties.ssl.key.pem": "hunter2" };
    const target = { kind: "view", name: "v", options };
    const plan = { ...withSettings({ "x.token": "hunter2" }), queries: [{ label: "q", target }] } as unknown as Plan;
    const shown = planToPublicJson(plan);
    expect(shown).not.toContain("hunter2");
    expect(shown).toContain('"topic":"options","properties.sasl.password":"***"');
    expect(planFromJson(planToJson(plan))).toEqual(plan);
  });

  test("is refused when it is of another version or no plan", () => {
    for (const text of ["", "[]", "{}", '{"version":2,"queries":[],"settings":{}}', '{"version":1}', "null"]) {
      expect(() => planFromJson(text)).toThrow("the stored plan cannot be read");
    }
  });
});
