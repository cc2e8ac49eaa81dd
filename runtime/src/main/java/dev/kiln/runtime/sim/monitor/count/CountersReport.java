package dev.kiln.runtime.sim.monitor.count;

import static dev.kiln.runtime.sim.monitor.count.Measure.CLUSTER_BYTES;
import static dev.kiln.runtime.sim.monitor.count.Measure.CLUSTER_REQUESTS;
import static dev.kiln.runtime.sim.monitor.count.Measure.CONSTANT_ADDRESSES;
import static dev.kiln.runtime.sim.monitor.count.Measure.CONSTANT_BYTES;
import static dev.kiln.runtime.sim.monitor.count.Measure.CONSTANT_REQUESTS;
import static dev.kiln.runtime.sim.monitor.count.Measure.DIVERGENT;
import static dev.kiln.runtime.sim.monitor.count.Measure.EXECUTIONS;
import static dev.kiln.runtime.sim.monitor.count.Measure.GLOBAL_BYTES;
import static dev.kiln.runtime.sim.monitor.count.Measure.GLOBAL_IDEAL_SECTORS;
import static dev.kiln.runtime.sim.monitor.count.Measure.GLOBAL_REQUESTS;
import static dev.kiln.runtime.sim.monitor.count.Measure.GLOBAL_SECTORS;
import static dev.kiln.runtime.sim.monitor.count.Measure.LANES;
import static dev.kiln.runtime.sim.monitor.count.Measure.LOCAL_BYTES;
import static dev.kiln.runtime.sim.monitor.count.Measure.LOCAL_IDEAL_SECTORS;
import static dev.kiln.runtime.sim.monitor.count.Measure.LOCAL_REQUESTS;
import static dev.kiln.runtime.sim.monitor.count.Measure.LOCAL_SECTORS;
import static dev.kiln.runtime.sim.monitor.count.Measure.MULTIPLY_ADDS;
import static dev.kiln.runtime.sim.monitor.count.Measure.PARAMETER_BYTES;
import static dev.kiln.runtime.sim.monitor.count.Measure.PARAMETER_REQUESTS;
import static dev.kiln.runtime.sim.monitor.count.Measure.PREDICATED_OFF;
import static dev.kiln.runtime.sim.monitor.count.Measure.PREDICATED_OFF_LANES;
import static dev.kiln.runtime.sim.monitor.count.Measure.SHARED_BYTES;
import static dev.kiln.runtime.sim.monitor.count.Measure.SHARED_IDEAL_WAVEFRONTS;
import static dev.kiln.runtime.sim.monitor.count.Measure.SHARED_REQUESTS;
import static dev.kiln.runtime.sim.monitor.count.Measure.SHARED_WAVEFRONTS;

import dev.kiln.runtime.sim.exec.LaunchShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Counters as text for people. JSON is made by {@link CountersJson}. */
public final class CountersReport {
  private final Counters counters;
  private final List<String> lines = new ArrayList<>();

  private CountersReport(Counters counters) {
    this.counters = counters;
  }

  /** Tables of the whole launch. */
  public static String table(Counters counters) {
    CountersReport report = new CountersReport(counters);
    report.launch();
    report.classes();
    report.sectors();
    report.banks();
    report.otherMemory();
    report.tensor();
    report.synchronisation();
    report.lines.addAll(Counters.NOTES);
    return String.join("\n", report.lines) + "\n";
  }

  /** A table of the source's lines, where {@code .loc} tells them; most executed first. */
  public static String sourceLines(Counters counters) {
    TextTable table = new TextTable();
    table.row("line", "executions", "lanes", "sectors", "wavefronts", "conflicts", "divergent");
    counters.sourceLines().entrySet().stream()
        .sorted(
            (one, other) ->
                Long.compare(other.getValue().get(EXECUTIONS), one.getValue().get(EXECUTIONS)))
        .forEach(
            entry -> {
              Measures m = entry.getValue();
              table.row(
                  entry.getKey().toString(),
                  m.get(EXECUTIONS),
                  m.get(LANES),
                  m.get(GLOBAL_SECTORS) + m.get(LOCAL_SECTORS),
                  m.get(SHARED_WAVEFRONTS),
                  m.bankConflicts(),
                  m.get(DIVERGENT));
            });
    return String.join("\n", table.lines()) + "\n";
  }

  private void launch() {
    Counters.Launch launch = counters.launch();
    LaunchShape shape = launch.shape();
    Measures total = counters.total();
    lines.add(
        "%s: %,d %s of %,d threads, %,d bytes of shared memory, about %d registers"
            .formatted(
                counters.kernel(),
                launch.blocks(),
                launch.blocks() == 1 ? "block" : "blocks",
                shape.threads(),
                launch.sharedBytes(),
                launch.registers()));
    lines.add("Instructions");
    add(
        new TextTable()
            .row("warp instructions", total.get(EXECUTIONS))
            .row("thread instructions", total.get(LANES))
            .row("average active lanes", counters.averageActiveLanes())
            .row("wholly predicated off", total.get(PREDICATED_OFF))
            .row("lanes predicated off", total.get(PREDICATED_OFF_LANES))
            .row("branches", counters.branches())
            .row("divergent branches", total.get(DIVERGENT)));
  }

  private void add(TextTable table) {
    lines.addAll(table.lines());
  }

  private void classes() {
    lines.add("Instructions by class");
    TextTable table = new TextTable().row("", "warp", "thread", "share");
    long all = counters.total().get(EXECUTIONS);
    for (InstructionClass kind : InstructionClass.values()) {
      Measures measures = counters.of(kind);
      long count = measures.get(EXECUTIONS);
      if (count != 0) {
        table.row(kind.title(), count, measures.get(LANES), percent(count, all));
      }
    }
    add(table);
  }

  private void sectors() {
    TextTable global = sectors(GLOBAL_REQUESTS, GLOBAL_BYTES, GLOBAL_SECTORS, GLOBAL_IDEAL_SECTORS);
    if (!global.isEmpty()) {
      lines.add("Global memory, sectors of 32 bytes");
      add(global);
      add(
          new TextTable()
              .row("distinct sectors read", counters.unique().read())
              .row("distinct sectors written", counters.unique().written()));
    }
    TextTable local = sectors(LOCAL_REQUESTS, LOCAL_BYTES, LOCAL_SECTORS, LOCAL_IDEAL_SECTORS);
    if (!local.isEmpty()) {
      lines.add("Local memory, sectors of 32 bytes");
      add(local);
    }
  }

  private TextTable sectors(Measure requests, Measure bytes, Measure touched, Measure ideal) {
    TextTable table =
        new TextTable().row("", "requests", "bytes", "sectors", "ideal", "sectors/request");
    for (Direction direction : Direction.values()) {
      Measures m = counters.of(direction);
      long count = m.get(requests);
      if (count != 0) {
        double each = (double) m.get(touched) / count;
        table.row(title(direction), count, m.get(bytes), m.get(touched), m.get(ideal), each);
      }
    }
    return table;
  }

  private void banks() {
    TextTable table =
        new TextTable().row("", "requests", "bytes", "wavefronts", "ideal", "bank conflicts");
    for (Direction direction : Direction.values()) {
      Measures m = counters.of(direction);
      if (m.get(SHARED_REQUESTS) != 0) {
        table.row(
            title(direction),
            m.get(SHARED_REQUESTS),
            m.get(SHARED_BYTES),
            m.get(SHARED_WAVEFRONTS),
            m.get(SHARED_IDEAL_WAVEFRONTS),
            m.bankConflicts());
      }
    }
    if (!table.isEmpty()) {
      lines.add("Shared memory, wavefronts of 32 banks");
      add(table);
    }
  }

  private void otherMemory() {
    Measures total = counters.total();
    TextTable table = new TextTable().row("", "requests", "bytes", "distinct addresses");
    if (total.get(CONSTANT_REQUESTS) != 0) {
      table.row(
          "constants",
          total.get(CONSTANT_REQUESTS),
          total.get(CONSTANT_BYTES),
          total.get(CONSTANT_ADDRESSES));
    }
    if (total.get(PARAMETER_REQUESTS) != 0) {
      table.row("parameters", total.get(PARAMETER_REQUESTS), total.get(PARAMETER_BYTES));
    }
    if (total.get(CLUSTER_REQUESTS) + total.get(CLUSTER_BYTES) != 0) {
      table.row("other blocks' shared", total.get(CLUSTER_REQUESTS), total.get(CLUSTER_BYTES));
    }
    if (!table.isEmpty()) {
      lines.add("Other memory");
      add(table);
    }
  }

  private void tensor() {
    TextTable table = new TextTable().row("", "warp instructions", "multiply-adds");
    counters
        .tensor()
        .forEach(
            (name, product) ->
                table.row(
                    name,
                    product.measures().get(EXECUTIONS),
                    product.measures().get(MULTIPLY_ADDS)));
    if (!table.isEmpty()) {
      lines.add("Tensor products");
      add(table);
    }
  }

  private void synchronisation() {
    Counters.Synchronisation sync = counters.synchronisation();
    TextTable table =
        new TextTable()
            .row("block barriers completed", sync.barriersCompleted())
            .row("cluster barriers completed", sync.clusterBarriersCompleted())
            .row("asynchronous groups", counters.asyncGroups());
    sync.mbarrierEvents()
        .forEach((event, count) -> table.row("mbarrier " + CountersJson.words(event), count));
    lines.add("Synchronisation");
    add(table);
  }

  private static String title(Direction direction) {
    return switch (direction) {
      case LOADS -> "loads";
      case STORES -> "stores";
      case ATOMICS -> "atomics";
      case REDUCTIONS -> "reductions";
      case COPIES -> "async copies";
      case BULK_LOADS -> "bulk loads";
      case BULK_STORES -> "bulk stores";
      case BULK_REDUCTIONS -> "bulk reductions";
    };
  }

  static String percent(long part, long whole) {
    return String.format(Locale.ROOT, "%.1f %%", whole == 0 ? 0 : 100.0 * part / whole);
  }
}
