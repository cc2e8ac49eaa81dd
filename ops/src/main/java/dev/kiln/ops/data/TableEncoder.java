package dev.kiln.ops.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Turns tables into numbers as it was fitted to a training part: what stands in for missing cells,
 * the categories, the scaling. Other tables may have their columns in another order, and more of
 * them. Immutable.
 */
public final class TableEncoder {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  /** What is written to JSON. */
  private record State(
      List<FittedColumn> inputs,
      List<String> targets,
      boolean classification,
      List<String> classes,
      List<Scaler> targetScalers) {}

  private final State state;

  private TableEncoder(State state) {
    this.state = state;
  }

  /**
   * Fits the rows of a training part.
   *
   * @throws KilnException if no target is declared, no input is left, or a cell is at fault; the
   *     message names file, line and column
   */
  public static TableEncoder fit(Table training, TableSchema schema) {
    if (schema.targets().isEmpty()) {
      throw new KilnException(
          "no target is declared: which of %s shall the model tell?"
              .formatted(String.join(", ", schema.inputs().keySet())));
    }
    var inputs = new ArrayList<FittedColumn>();

    schema
        .inputs()
        .forEach(
            (name, column) -> {
              if (column.kind() != Column.Kind.TEXT) {
                inputs.add(FittedColumn.fit(training, name, column));
              }
            });
    if (inputs.isEmpty()) {
      throw new KilnException(training.source() + ": no input column is left; all are text");
    }
    return new TableEncoder(
        new State(
            inputs,
            schema.targets(),
            schema.classes(),
            classes(training, schema),
            targetScalers(training, schema)));
  }

  private static List<String> classes(Table training, TableSchema schema) {
    if (!schema.classes()) {
      return List.of();
    }
    String name = schema.targets().getFirst();
    List<String> classes = schema.classOrder();
    if (classes.isEmpty()) {
      List<String> cells = training.cells(name).stream().filter(c -> !c.isEmpty()).toList();
      classes = FittedColumn.sorted(cells);
    }
    if (classes.size() < 2) {
      throw new KilnException(
          "%s: column \"%s\": has %d classes; there must be two or more"
              .formatted(training.source(), name, classes.size()));
    }
    return classes;
  }

  private static List<Scaler> targetScalers(Table training, TableSchema schema) {
    if (schema.classes()) {
      return List.of();
    }
    var scalers = new ArrayList<Scaler>();
    for (String name : schema.targets()) {
      int at = training.column(name);
      double[] values =
          IntStream.range(0, training.size())
              .mapToDouble(row -> targetNumber(training, row, name, at))
              .toArray();
      scalers.add(Scaler.fit(schema.targetScaling(), values));
    }
    return scalers;
  }

  /** Columns of the matrix. */
  public int width() {
    return state.inputs.stream().mapToInt(FittedColumn::width).sum();
  }

  /** Names of the matrix's columns: that of a number; {@code name=category} of a category. */
  public List<String> names() {
    return state.inputs.stream().flatMap(c -> c.names().stream()).toList();
  }

  /** Columns that hold the target. */
  public List<String> targets() {
    return state.targets;
  }

  /** The classes by name, in the order of their numbers; none in regression. */
  public List<String> classes() {
    return state.classes;
  }

  /** Turns a number of the model into the target's unit. */
  public double original(int target, double scaled) {
    return state.targetScalers.get(target).invert(scaled);
  }

  /**
   * Numbers and targets of a table's rows.
   *
   * @throws KilnException if a column is missing or a cell is at fault; the message names file,
   *     line and column
   */
  public EncodedTable encode(Table table) {
    int[] rows = keptRows(table);
    return new EncodedTable(values(table, rows), width(), names(), targets(table, rows), rows);
  }

  /**
   * Numbers of a table that may have no target, row by row, {@code rows x width}; of rows with
   * missing cells that are to be dropped, none.
   */
  public float[] encodeInputs(Table table) {
    return values(table, keptRows(table));
  }

  private int[] keptRows(Table table) {
    int[] columns = state.inputs.stream().mapToInt(c -> table.column(c.name())).toArray();
    int[] rows =
        IntStream.range(0, table.size())
            .filter(row -> !dropped(table.rows().get(row), columns))
            .toArray();
    if (rows.length == 0) {
      throw new KilnException(table.source() + ": no row is left; each has a missing cell");
    }
    return rows;
  }

  private boolean dropped(List<String> row, int[] columns) {
    for (int i = 0; i < columns.length; i++) {
      if (state.inputs.get(i).drops(row.get(columns[i]))) {
        return true;
      }
    }
    return false;
  }

  private float[] values(Table table, int[] rows) {
    int width = width();
    float[] values = new float[Math.multiplyExact(rows.length, width)];
    int to = 0;
    for (FittedColumn column : state.inputs) {
      int at = table.column(column.name());
      for (int i = 0; i < rows.length; i++) {
        column.encode(table, rows[i], at, values, i * width + to);
      }
      to += column.width();
    }
    return values;
  }

  private Targets targets(Table table, int[] rows) {
    if (state.classification) {
      String name = state.targets.getFirst();
      int at = table.column(name);
      int[] indices = Arrays.stream(rows).map(row -> classOf(table, row, name, at)).toArray();
      return new Targets.Classes(indices, state.classes.size());
    }
    int width = state.targets.size();
    float[] values = new float[rows.length * width];
    for (int t = 0; t < width; t++) {
      String name = state.targets.get(t);
      int at = table.column(name);
      for (int i = 0; i < rows.length; i++) {
        double value = targetNumber(table, rows[i], name, at);
        values[i * width + t] = (float) state.targetScalers.get(t).apply(value);
      }
    }
    return new Targets.Numbers(values, width);
  }

  private int classOf(Table table, int row, String name, int at) {
    String cell = table.rows().get(row).get(at);
    int index = state.classes.indexOf(cell);
    if (index < 0) {
      throw new KilnException(
          table.place(row, name)
              + (cell.isEmpty()
                  ? ": the class is missing"
                  : ": \"%s\" is none of the classes %s"
                      .formatted(cell, String.join(", ", state.classes))));
    }
    return index;
  }

  private static double targetNumber(Table table, int row, String name, int at) {
    String cell = table.rows().get(row).get(at);
    if (cell.isEmpty()) {
      throw new KilnException(table.place(row, name) + ": the number to tell is missing");
    }
    return FittedColumn.number(table, row, name, cell);
  }

  /** What {@link #fromJson} reads, for a checkpoint. */
  public String toJson() {
    try {
      ObjectNode root = JSON.valueToTree(state);
      root.put("kiln", "table");
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new KilnException("an encoder of tables cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * Reads {@link #toJson}.
   *
   * @param name what faults call it
   * @throws KilnException if it is none
   */
  public static TableEncoder fromJson(String json, String name) {
    try {
      JsonNode root = JSON.readTree(json);
      if (!(root instanceof ObjectNode document)
          || !Optional.ofNullable(document.remove("kiln"))
              .map(JsonNode::asText)
              .equals(Optional.of("table"))) {
        throw new KilnException(name + ": is no encoder of tables");
      }
      return new TableEncoder(JSON.treeToValue(document, State.class));
    } catch (JsonProcessingException e) {
      throw new KilnException(name + ": is no encoder of tables: " + e.getOriginalMessage(), e);
    }
  }
}
