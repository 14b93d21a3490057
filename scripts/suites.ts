/**
 * What is run, by whom and for how long. `npm test` runs the suites marked so; `.ci/run` runs all of them, the longer ones with
 * bigger counts from their `ciEnv`. Minutes are what a suite may take on two slow cores before it is ended and counted as failed.
 */

export interface Suite {
  readonly name: string;
  /** Folders and files for `bun test`, from the root of the repository; what another suite names too is the other's. */
  readonly paths: readonly string[];
  readonly minutes: number;
  readonly inNpmTest: boolean;
  readonly ciEnv: Readonly<Record<string, string>>;
  /** Without it the suite is left out, with the reason in one line. `MILLRACE_REQUIRE_…=1` makes that a failure. */
  readonly needs: Need | null;
}

export interface Need {
  /** Set to 1 where the suite must not be left out. */
  readonly requiredBy: string;
  /** Either every one of these programs … */
  readonly programs: readonly string[];
  /** … or this variable, if there is one. */
  readonly orVariable: string | null;
  /** What is not proven without it. */
  readonly leftOut: string;
}

const broker: Need = {
  requiredBy: "MILLRACE_REQUIRE_BROKER",
  programs: ["java", "mvn"],
  orVariable: "MILLRACE_KAFKA",
  leftOut: "tests against a real Kafka broker (install Java 17 and Maven, or name a broker in MILLRACE_KAFKA)",
};

const flink: Need = {
  requiredBy: "MILLRACE_REQUIRE_FLINK",
  programs: ["javac", "mvn"],
  orVariable: null,
  leftOut: "comparison with Apache Flink (install a JDK 17 and Maven)",
};

export const suites: readonly Suite[] = [
  {
    name: "quick",
    paths: ["test"],
    minutes: 36,
    inNpmTest: true,
    ciEnv: { MILLRACE_PROPERTY: "20", MILLRACE_FUZZ: "1000000" },
    needs: null,
  },
  {
    name: "broker",
    paths: ["test/broker"],
    minutes: 15,
    inNpmTest: true,
    ciEnv: {},
    needs: broker,
  },
  {
    // What a broker refuses, answers late or changes is waited for, some seconds each: too long for a first look.
    name: "broker-long",
    paths: ["kafka-faults", "log-changes", "security", "security-docs", "security-errors"].map(
      (name) => `test/broker/${name}.test.ts`,
    ),
    minutes: 10,
    inNpmTest: false,
    ciEnv: {},
    needs: broker,
  },
  {
    // Apache Flink runs the same queries over the same rows.
    name: "flink",
    paths: ["test/flink"],
    minutes: 6,
    inNpmTest: false,
    ciEnv: {},
    needs: flink,
  },
  {
    name: "binary",
    paths: ["test/binary"],
    minutes: 5,
    inNpmTest: false,
    ciEnv: {},
    needs: null,
  },
];

/** Folders and files below a suite's own that it leaves to other suites. */
export function pathsBeside(suite: Suite): readonly string[] {
  const others = suites.filter((other) => other !== suite).flatMap(({ paths }) => paths);
  return others.filter((path) => suite.paths.some((own) => path.startsWith(`${own}/`)));
}
