import { describe, expect, test } from "bun:test";
import { MetricRegistry } from "../../src/metrics/metrics.ts";

describe("metrics", () => {
  test("a scrape is Prometheus text, families by name, labels escaped", () => {
    const metrics = new MetricRegistry();
    const rows = metrics.counter({
      name: "millrace_rows_total",
      help: "Rows\nread \\ seen.",
      unit: "rows",
      labels: ["source"],
    });
    rows.with({ source: 'a"b\\c\nd' }).add(3);
    rows.with({ source: "plain" }).setTotal(2 ** 53 - 1);
    metrics.gauge({ name: "millrace_lag", help: "Lag." }).with().set(Number.NaN);
    const delay = metrics.histogram({
      name: "millrace_delay_seconds",
      help: "Delay.",
      unit: "seconds",
      bounds: [0.1, 1],
    });
    for (const value of [0.1, 0.5, 7]) delay.with().observe(value);
    expect(metrics.scrape()).toBe(
      [
        "# HELP millrace_delay_seconds Delay.",
        "# TYPE millrace_delay_seconds histogram",
        'millrace_delay_seconds_bucket{le="0.1"} 1',
        'millrace_delay_seconds_bucket{le="1"} 2',
        'millrace_delay_seconds_bucket{le="+Inf"} 3',
        "millrace_delay_seconds_sum 7.6",
        "millrace_delay_seconds_count 3",
        "# HELP millrace_lag Lag.",
        "# TYPE millrace_lag gauge",
        "millrace_lag NaN",
        "# HELP millrace_rows_total Rows\\nread \\\\ seen.",
        "# TYPE millrace_rows_total counter",
        'millrace_rows_total{source="a\\"b\\\\c\\nd"} 3',
        'millrace_rows_total{source="plain"} 9007199254740991',
        "",
      ].join("\n"),
    );
  });

  test("names and labels that Prometheus' practice forbids are our bug, found at registration", () => {
    const metrics = new MetricRegistry();
    const help = "Help.";
    expect(() => metrics.counter({ name: "rows", help })).toThrow("ends in _total");
    expect(() => metrics.gauge({ name: "Rows-open", help })).toThrow("snake case");
    expect(() => metrics.gauge({ name: "rows_count", help })).toThrow("part of a histogram");
    expect(() => metrics.gauge({ name: "state", help, unit: "bytes" })).toThrow("ends in its unit, bytes");
    expect(() => metrics.gauge({ name: "state", help, labels: ["__name"] })).toThrow("snake case");
    expect(() => metrics.gauge({ name: "state", help: " " })).toThrow("help text");
    expect(() => metrics.histogram({ name: "d", help, bounds: [2, 1] })).toThrow("rising bounds");
    metrics.gauge({ name: "twice", help });
    expect(() => metrics.gauge({ name: "twice", help })).toThrow("registered once");
  });

  test("a series is asked for with exactly the labels of its family", () => {
    const family = new MetricRegistry().gauge({ name: "g", help: "Help.", labels: ["a", "b"] });
    expect(() => family.with({ a: "1" })).toThrow("the labels are a, b");
    expect(() => family.with({ a: "1", b: "2", c: "3" })).toThrow("the labels are a, b");
    expect(family.with({ a: "1", b: "2" })).toBe(family.with({ b: "2", a: "1" }));
  });

  test("counters never fall", () => {
    const counter = new MetricRegistry().counter({ name: "n_total", help: "Help." }).with();
    counter.add(5);
    expect(() => counter.add(-1)).toThrow("only goes up");
    expect(() => counter.setTotal(4)).toThrow("only goes up");
    expect(counter.value).toBe(5);
  });

  test("gauges are brought up to date by a scrape, and cleared series are gone", () => {
    const metrics = new MetricRegistry();
    const family = metrics.gauge({ name: "open_windows", help: "Help.", labels: ["query"] });
    let queries = ["a", "b"];
    metrics.onScrape(() => {
      family.clear();
      for (const query of queries) family.with({ query }).set(query.length);
    });
    expect(metrics.scrape()).toContain('open_windows{query="a"} 1\nopen_windows{query="b"} 1\n');
    queries = ["cc"];
    expect(metrics.scrape()).toEndWith('# TYPE open_windows gauge\nopen_windows{query="cc"} 2\n');
  });
});
