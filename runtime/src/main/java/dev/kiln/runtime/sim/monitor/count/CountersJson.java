package dev.kiln.runtime.sim.monitor.count;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.monitor.Monitor.MbarrierEvent;
import java.util.Locale;

/**
 * Counters as JSON. Names of fields are stable: they are {@link Measure#key}, {@link
 * InstructionClass#key}, {@link Direction#key} and those below. Values that are 0 stand there too,
 * but in {@code lines}, where an instruction has only what it did.
 */
public final class CountersJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private CountersJson() {}

  /** All but the lines. */
  public static ObjectNode of(Counters counters) {
    ObjectNode root = NODES.objectNode();
    root.put("kernel", counters.kernel());
    root.set("launch", launch(counters.launch()));
    root.set("total", measures(counters.total(), false));
    root.put("averageActiveLanes", counters.averageActiveLanes());
    root.put("branches", counters.branches());
    root.put("bankConflicts", counters.total().bankConflicts());
    ObjectNode classes = root.putObject("classes");
    for (InstructionClass kind : InstructionClass.values()) {
      Measures measures = counters.of(kind);
      classes
          .putObject(kind.key())
          .put("warpInstructions", measures.get(Measure.EXECUTIONS))
          .put("threadInstructions", measures.get(Measure.LANES));
    }
    ObjectNode memory = root.putObject("memory");
    for (Direction direction : Direction.values()) {
      memory.set(direction.key(), memory(counters.of(direction)));
    }
    ObjectNode unique = root.putObject("distinctSectors");
    unique.put("read", counters.unique().read());
    unique.put("written", counters.unique().written());
    root.set("tensor", tensor(counters));
    root.set("synchronisation", synchronisation(counters));
    ArrayNode notes = root.putArray("notes");
    Counters.NOTES.forEach(notes::add);
    return root;
  }

  /** With {@code lines}, one for each instruction, and {@code sourceLines}. */
  public static ObjectNode withLines(Counters counters) {
    ObjectNode root = of(counters);
    ArrayNode lines = root.putArray("lines");
    for (Counters.Line line : counters.lines()) {
      ObjectNode node = lines.addObject();
      node.put("line", line.line());
      node.put("function", line.function());
      node.put("instruction", line.mnemonic());
      line.source().ifPresent(place -> node.put("source", place.toString()));
      node.put("class", line.kind().key());
      node.setAll(measures(line.measures(), true));
    }
    ArrayNode sources = root.putArray("sourceLines");
    counters
        .sourceLines()
        .forEach(
            (place, measures) -> {
              ObjectNode node = sources.addObject();
              node.put("file", place.file());
              node.put("line", place.line());
              node.setAll(measures(measures, true));
            });
    return root;
  }

  private static ObjectNode launch(Counters.Launch launch) {
    LaunchShape shape = launch.shape();
    ObjectNode node = NODES.objectNode();
    node.putArray("grid").add(shape.gridX()).add(shape.gridY()).add(shape.gridZ());
    node.putArray("block").add(shape.blockX()).add(shape.blockY()).add(shape.blockZ());
    node.putArray("cluster").add(shape.clusterX()).add(shape.clusterY()).add(shape.clusterZ());
    node.put("blocksRun", launch.blocks());
    node.put("sharedBytes", launch.sharedBytes());
    node.put("registersEstimate", launch.registers());
    return node;
  }

  private static ObjectNode measures(Measures measures, boolean sparse) {
    ObjectNode node = NODES.objectNode();
    for (Measure measure : Measure.values()) {
      long value = measures.get(measure);
      if (value != 0 || !sparse) {
        node.put(measure.key(), value);
      }
    }
    return node;
  }

  /** Those of memory alone. */
  private static ObjectNode memory(Measures measures) {
    ObjectNode node = NODES.objectNode();
    for (Measure measure : Measure.values()) {
      boolean first = measure.ordinal() < Measure.GLOBAL_REQUESTS.ordinal();
      if (!first && measure.ordinal() < Measure.MULTIPLY_ADDS.ordinal()) {
        node.put(measure.key(), measures.get(measure));
      }
    }
    node.put("bankConflicts", measures.bankConflicts());
    return node;
  }

  private static ArrayNode tensor(Counters counters) {
    ArrayNode products = NODES.arrayNode();
    for (Counters.Tensor product : counters.tensor().values()) {
      TensorWork work = product.work();
      products
          .addObject()
          .put("family", work.family())
          .put("shape", work.shape())
          .put("sum", work.sum().word())
          .put("a", work.a().word())
          .put("b", work.b().word())
          .put("warpInstructions", product.measures().get(Measure.EXECUTIONS))
          .put("multiplyAdds", product.measures().get(Measure.MULTIPLY_ADDS));
    }
    return products;
  }

  private static ObjectNode synchronisation(Counters counters) {
    Counters.Synchronisation sync = counters.synchronisation();
    ObjectNode node = NODES.objectNode();
    node.put("barriersCompleted", sync.barriersCompleted());
    node.put("clusterBarriersCompleted", sync.clusterBarriersCompleted());
    node.put("asyncGroups", counters.asyncGroups());
    ObjectNode events = node.putObject("mbarrierEvents");
    for (MbarrierEvent event : MbarrierEvent.values()) {
      events.put(key(event), sync.mbarrierEvents().getOrDefault(event, 0L));
    }
    return node;
  }

  /** "phase completes". */
  static String words(MbarrierEvent event) {
    return event.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** "phaseCompletes". */
  private static String key(MbarrierEvent event) {
    String words = words(event);
    int space = words.indexOf(' ');
    return space < 0
        ? words
        : words.substring(0, space)
            + Character.toUpperCase(words.charAt(space + 1))
            + words.substring(space + 2);
  }
}
