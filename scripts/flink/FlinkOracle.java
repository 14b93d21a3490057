import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.HexFormat;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * Apache Flink that answers questions: a line of JSON in, {"declare": [DDL …], "query": SELECT}, a line out: {"types": …,
 * "rows": [[change, cell …] …]} or {"error": why}. Streaming mode, one subtask, zone UTC; one cluster serves all.
 */
public class FlinkOracle {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    System.setOut(System.err);
    try (MiniCluster cluster = startCluster()) {
      String address = cluster.getRestAddress().get().getHost();
      int port = cluster.getRestAddress().get().getPort();
      out.println("ready");
      out.flush();
      BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        out.println(answer(JSON.readTree(line), settings(address, port)));
        out.flush();
      }
    }
    System.exit(0);
  }

  private static MiniCluster startCluster() throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(RestOptions.PORT, 0);
    configuration.set(RestOptions.ADDRESS, "127.0.0.1");
    configuration.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    configuration.set(RestOptions.BIND_PORT, "0");
    configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(128));
    MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(4)
                .build());
    cluster.start();
    return cluster;
  }

  private static EnvironmentSettings settings(String address, int port) {
    Configuration configuration = new Configuration();
    configuration.setString("execution.target", "remote");
    configuration.setString("rest.address", address);
    configuration.setString("rest.port", Integer.toString(port));
    configuration.setString("rest.retry.delay", "20 ms");
    configuration.setString("parallelism.default", "1");
    configuration.setString("table.local-time-zone", "UTC");
    configuration.setString("pipeline.auto-watermark-interval", "1 ms");
    configuration.setString("restart-strategy.type", "none");
    return EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(configuration).build();
  }

  private static String answer(JsonNode question, EnvironmentSettings settings) throws Exception {
    ObjectNode answer = JSON.createObjectNode();
    try {
      TableEnvironment tables = TableEnvironment.create(settings);
      for (JsonNode ddl : question.get("declare")) tables.executeSql(ddl.asText());
      TableResult result = tables.executeSql(question.get("query").asText());
      ArrayNode types = answer.putArray("types");
      for (Column column : result.getResolvedSchema().getColumns())
        types.add(column.getDataType().getLogicalType().asSummaryString());
      ArrayNode rows = answer.putArray("rows");
      try (CloseableIterator<Row> iterator = result.collect()) {
        while (iterator.hasNext()) addRow(rows, iterator.next());
      }
    } catch (Throwable problem) {
      answer.removeAll();
      answer.put("error", reason(problem));
    }
    return JSON.writeValueAsString(answer);
  }

  private static void addRow(ArrayNode rows, Row row) {
    ArrayNode cells = rows.addArray();
    cells.add(row.getKind().shortString());
    for (int i = 0; i < row.getArity(); i++) cells.add(text(row.getField(i)));
  }

  /** Times as nanoseconds or milliseconds or days from the epoch, so that no format has to be agreed. */
  private static String text(Object cell) {
    if (cell == null) return null;
    if (cell instanceof BigDecimal) return ((BigDecimal) cell).toPlainString();
    if (cell instanceof byte[]) return HexFormat.of().withUpperCase().formatHex((byte[]) cell);
    if (cell instanceof Duration) return Long.toString(((Duration) cell).toMillis());
    if (cell instanceof Period) return Long.toString(((Period) cell).toTotalMonths());
    if (cell instanceof LocalDate) return Long.toString(((LocalDate) cell).toEpochDay());
    if (cell instanceof LocalTime) return Long.toString(((LocalTime) cell).toNanoOfDay() / 1_000_000);
    if (cell instanceof LocalDateTime) return nanoseconds(((LocalDateTime) cell).toInstant(ZoneOffset.UTC));
    if (cell instanceof Instant) return nanoseconds((Instant) cell);
    return cell.toString();
  }

  private static String nanoseconds(Instant at) {
    return BigInteger.valueOf(at.getEpochSecond())
        .multiply(BigInteger.valueOf(1_000_000_000))
        .add(BigInteger.valueOf(at.getNano()))
        .toString();
  }

  private static String reason(Throwable problem) {
    StringBuilder all = new StringBuilder();
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      if (cause.getMessage() == null) all.append(cause.getClass().getName()).append('\n');
      else all.append(cause.getMessage(), 0, Math.min(2000, cause.getMessage().length())).append('\n');
    }
    return all.toString();
  }
}
