/**
 * Counters, gauges and histograms as plain numbers, and their Prometheus text exposition (format 0.0.4). One thread owns a
 * registry; updating a metric is an addition, all formatting happens on scrape. Names follow Prometheus' rules and its
 * naming practice and are checked once, at registration: a wrong name is our bug.
 */
import { assert } from "../core/error.ts";

export interface MetricOptions {
  /** Snake case with its unit last: `millrace_state_bytes`; a counter ends in `_total` after the unit. */
  readonly name: string;
  readonly help: string;
  /** Base unit that the name must carry: `seconds`, `bytes`, `rows`. */
  readonly unit?: string;
  readonly labels?: readonly string[];
}

export interface HistogramOptions extends MetricOptions {
  /** Upper bounds, inclusive, rising; +Inf is added. */
  readonly bounds: readonly number[];
}

export type LabelValues = Readonly<Record<string, string>>;
type Kind = "counter" | "gauge" | "histogram";

/** Only goes up. */
export class Counter {
  #value = 0;
  get value(): number {
    return this.#value;
  }
  add(amount = 1): void {
    assert(amount >= 0, "a counter only goes up");
    this.#value += amount;
  }
  /** Takes over a total counted elsewhere, which must not have fallen. */
  setTotal(total: number): void {
    assert(total >= this.#value, "a counter only goes up");
    this.#value = total;
  }
}

export class Gauge {
  value = 0;
  set(value: number): void {
    this.value = value;
  }
}

export class Histogram {
  readonly bounds: readonly number[];
  /** Per bucket, not cumulative; the last is +Inf. */
  readonly counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }
  get sum(): number {
    return this.#sum;
  }
  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.#sum += value;
  }
}

/** All series of one name: one metric per combination of label values. */
export class Family<M> {
  readonly #labels: readonly string[];
  readonly #make: () => M;
  readonly #series = new Map<string, { labels: LabelValues; metric: M }>();

  constructor(labels: readonly string[], make: () => M) {
    this.#labels = labels;
    this.#make = make;
  }

  /** The series of these label values, made on first use. Keep the result where it is updated often. */
  with(labels: LabelValues = {}): M {
    const values = this.#labels.map((label) => labels[label]);
    const complete = values.every((value) => value !== undefined) && Object.keys(labels).length === values.length;
    assert(complete, `the labels are ${this.#labels.join(", ") || "none"}`);
    const key = JSON.stringify(values);
    const known = this.#series.get(key);
    if (known !== undefined) return known.metric;
    const metric = this.#make();
    this.#series.set(key, { labels, metric });
    return metric;
  }

  remove(labels: LabelValues): void {
    this.#series.delete(JSON.stringify(this.#labels.map((label) => labels[label])));
  }

  /** Forgets every series: for gauges that are set anew on each scrape. */
  clear(): void {
    this.#series.clear();
  }

  series(): Iterable<{ readonly labels: LabelValues; readonly metric: M }> {
    return this.#series.values();
  }
}

interface Registered {
  readonly kind: Kind;
  readonly options: MetricOptions;
  readonly write: () => string;
}

const METRIC_NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const RESERVED_SUFFIX = /_(bucket|count|sum|info|created)$/;

export class MetricRegistry {
  readonly #families = new Map<string, Registered>();
  readonly #collectors: (() => void)[] = [];

  counter(options: MetricOptions): Family<Counter> {
    assert(options.name.endsWith("_total"), `counter "${options.name}" ends in _total`);
    return this.#register("counter", options, () => new Counter(), writeValue);
  }

  gauge(options: MetricOptions): Family<Gauge> {
    assert(!options.name.endsWith("_total"), `gauge "${options.name}" does not end in _total`);
    return this.#register("gauge", options, () => new Gauge(), writeValue);
  }

  histogram(options: HistogramOptions): Family<Histogram> {
    const { bounds, name } = options;
    const rising = bounds.every(
      (bound, at) => Number.isFinite(bound) && (at === 0 || bound > (bounds[at - 1] as number)),
    );
    assert(bounds.length > 0 && rising, `histogram "${name}" has finite, rising bounds`);
    assert(!(options.labels ?? []).includes("le"), `histogram "${name}" has no label of its own called le`);
    return this.#register("histogram", options, () => new Histogram(bounds), writeHistogram);
  }

  /** Called before every scrape, to bring gauges up to date. */
  onScrape(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** Prometheus text, families by name. Serve it as `prometheusContentType`. */
  scrape(): string {
    for (const collect of this.#collectors) collect();
    const names = [...this.#families.keys()].sort();
    return names.map((name) => writeFamily(this.#families.get(name) as Registered)).join("");
  }

  #register<M>(kind: Kind, options: MetricOptions, make: () => M, write: WriteSeries<M>): Family<M> {
    checkOptions(options);
    assert(!this.#families.has(options.name), `metric "${options.name}" is registered once`);
    const family = new Family(options.labels ?? [], make);
    const writeAll = (): string => {
      let text = "";
      for (const { labels, metric } of family.series()) text += write(options.name, labels, metric);
      return text;
    };
    this.#families.set(options.name, { kind, options, write: writeAll });
    return family;
  }
}

export const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

function checkOptions({ name, help, unit, labels = [] }: MetricOptions): void {
  assert(METRIC_NAME.test(name), `metric name "${name}" is snake case`);
  assert(!RESERVED_SUFFIX.test(name), `metric name "${name}" does not end like a part of a histogram`);
  assert(help.trim() !== "", `metric "${name}" has a help text`);
  const stem = name.replace(/_total$/, "");
  assert(unit === undefined || stem.endsWith(`_${unit}`), `metric name "${name}" ends in its unit, ${unit}`);
  assert(new Set(labels).size === labels.length, `the labels of "${name}" differ`);
  for (const label of labels) assert(METRIC_NAME.test(label), `label "${label}" of "${name}" is snake case`);
}

type WriteSeries<M> = (name: string, labels: LabelValues, metric: M) => string;

function writeFamily({ kind, options, write }: Registered): string {
  const help = options.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${options.name} ${help}\n# TYPE ${options.name} ${kind}\n${write()}`;
}

function writeValue(name: string, labels: LabelValues, metric: { readonly value: number }): string {
  return `${name}${labelText(labels)} ${numberText(metric.value)}\n`;
}

function writeHistogram(name: string, labels: LabelValues, histogram: Histogram): string {
  let text = "";
  let below = 0;
  histogram.counts.forEach((count, bucket) => {
    below += count;
    const le = numberText(histogram.bounds[bucket] ?? Number.POSITIVE_INFINITY);
    text += `${name}_bucket${labelText({ ...labels, le })} ${below}\n`;
  });
  text += `${name}_sum${labelText(labels)} ${numberText(histogram.sum)}\n`;
  return `${text}${name}_count${labelText(labels)} ${below}\n`;
}

function labelText(labels: LabelValues): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
