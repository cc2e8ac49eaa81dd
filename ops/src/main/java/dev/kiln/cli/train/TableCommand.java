package dev.kiln.cli.train;

import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.Column;
import dev.kiln.ops.data.CsvFile;
import dev.kiln.ops.data.CsvFormat;
import dev.kiln.ops.data.Missing;
import dev.kiln.ops.data.Scaling;
import dev.kiln.ops.data.Split;
import dev.kiln.ops.data.Table;
import dev.kiln.ops.data.TableSchema;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.train.Trainer;
import dev.kiln.ops.train.TrainerOptions;
import dev.kiln.ops.train.recipe.Recipe;
import dev.kiln.ops.train.recipe.TableRecipe;
import dev.kiln.ops.train.recipe.TableRecipe.Prediction;
import dev.kiln.ops.train.recipe.TrainingRun;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Devices;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What {@code kiln train classify} and {@code regress} have in common. */
abstract class TableCommand extends WorkloadCommand<Batch> {
  private static final int VALIDATIONS = 10;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "A file of comma-separated values whose first line names the columns.")
  private Path data;

  @Option(names = "--target", paramLabel = "COLUMN", description = "The column to tell.")
  String target;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      split = ",",
      description = "Units of each of the MLP's hidden layers. Default: 64,64.")
  private List<Integer> hidden;

  @Option(
      names = "--dropout",
      paramLabel = "X",
      defaultValue = "0",
      description = "Part of the hidden units that is left out. Default: ${DEFAULT-VALUE}.")
  private double dropout;

  @Option(
      names = "--ordinal",
      paramLabel = "COLUMN=A<B<C",
      description = "A column whose texts have an order. May be repeated.")
  private List<String> ordinal = List.of();

  @Option(
      names = "--drop",
      paramLabel = "COLUMN",
      description = "A column that the model does not see. May be repeated.")
  private List<String> drop = List.of();

  @Option(
      names = "--missing",
      paramLabel = "M",
      defaultValue = "median",
      description =
          "What stands in for missing numbers: mean, median, frequent, a number; drop leaves the"
              + " row out, refuse ends. Default: ${DEFAULT-VALUE}.")
  private String missing;

  @Option(
      names = "--scale",
      paramLabel = "S",
      defaultValue = "zscore",
      description =
          "How numbers are scaled: zscore, minmax, mean, robust, none. Default: ${DEFAULT-VALUE}.")
  private String scale;

  @Option(
      names = "--validation",
      paramLabel = "X",
      defaultValue = "0.2",
      description = "Part of the rows that is held out. Default: ${DEFAULT-VALUE}.")
  private double validation;

  @Option(
      names = "--k-fold",
      paramLabel = "K",
      description = "Trains K models, each without one of K parts, and measures each on that part.")
  private Integer folds;

  /** Whether the model is one without hidden layers. */
  abstract boolean isLinear();

  /** Declares what is told. */
  abstract TableSchema declared(TableSchema schema, Table table);

  /** Parts of a table. */
  abstract List<Split> folds(Table table, int count);

  abstract Split split(Table table, double part);

  @Override
  CommonOptions.Defaults defaults() {
    return new CommonOptions.Defaults(60, 32, 1e-2, 0.01, 0.999, 0, 0);
  }

  private Table table() {
    if (data == null || target == null) {
      throw usage("Missing required option: " + (data == null ? "--data=FILE" : "--target=COLUMN"));
    }
    return CsvFile.read(data, CsvFormat.DETECTED);
  }

  private TableSchema schema(Table table) {
    table.column(target);
    TableSchema schema = TableSchema.infer(table);
    for (String name : drop) {
      table.column(name);
      schema = schema.without(name);
    }
    schema = declared(schema, table);
    schema = schema.scaled(scaling()).missingNumbers(missing());
    for (String text : ordinal) {
      int equals = text.indexOf('=');
      if (equals < 1) {
        throw usage("--ordinal takes COLUMN=A<B<C, got " + text);
      }
      String name = text.substring(0, equals);
      table.column(name);
      schema = schema.with(name, Column.ordinal(text.substring(equals + 1).split("<")));
    }
    return schema;
  }

  private Scaling scaling() {
    return switch (scale) {
      case "zscore" -> Scaling.STANDARD;
      case "minmax" -> Scaling.MIN_MAX;
      case "mean" -> Scaling.MEAN;
      case "robust" -> Scaling.ROBUST;
      case "none" -> Scaling.NONE;
      default ->
          throw usage(
              "there is no scaling '" + scale + "'; there are zscore, minmax, mean, robust, none");
    };
  }

  private Missing missing() {
    return switch (missing) {
      case "mean" -> Missing.MEAN;
      case "median" -> Missing.MEDIAN;
      case "frequent" -> Missing.MOST_FREQUENT;
      case "drop" -> Missing.ROW_DROPPED;
      case "refuse" -> Missing.REFUSED;
      default -> {
        try {
          Double.parseDouble(missing);
        } catch (NumberFormatException e) {
          throw usage(
              "--missing takes mean, median, frequent, drop, refuse or a number, got " + missing);
        }
        yield Missing.constant(missing);
      }
    };
  }

  private TableRecipe recipe(Context context, Table table, TableSchema schema, Split split) {
    List<Integer> units = hidden == null ? List.of(64, 64) : hidden;
    return new TableRecipe(
        context,
        table.subset(split.training()),
        table.subset(split.validation()),
        schema,
        new TableRecipe.Options(
            isLinear() ? List.of() : units,
            isLinear() ? 0 : dropout,
            common.batch(defaults()),
            common.seed));
  }

  @Override
  Recipe<Batch> recipe(Context context, Optional<RunFolder> folder) {
    Table table = table();
    TableRecipe recipe = recipe(context, table, schema(table), split(table, validation));
    folder.ifPresent(place -> write(place.encoder(), recipe.encoder().toJson()));
    return recipe;
  }

  @Override
  long usualInterval(Recipe<Batch> recipe, long steps) {
    return Math.max(1, (steps + VALIDATIONS - 1) / VALIDATIONS);
  }

  @Override
  void finish(Recipe<Batch> recipe, Optional<RunFolder> folder, Optional<ConsoleReport> report) {
    folder.ifPresent(
        place -> {
          writePredictions(place.predictions(), ((TableRecipe) recipe).predictions());
          report.ifPresent(some -> some.result("%s", place.predictions()));
        });
  }

  // Files

  private static void write(Path file, String text) {
    AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void writePredictions(Path file, List<Prediction> predictions) {
    AtomicFile.write(
        file,
        out -> {
          Writer text = new OutputStreamWriter(out, StandardCharsets.UTF_8);
          boolean isClass =
              predictions.stream().anyMatch(prediction -> !Double.isNaN(prediction.certainty()));
          text.append("line,target,predicted").append(isClass ? ",probability" : ",residual");
          text.append('\n');
          for (Prediction each : predictions) {
            double last =
                isClass
                    ? each.certainty()
                    : Double.parseDouble(each.target()) - Double.parseDouble(each.predicted());
            text.append(
                "%d,%s,%s,%s\n"
                    .formatted(
                        each.line(),
                        quoted(each.target()),
                        quoted(each.predicted()),
                        Float.toString((float) last)));
          }
          text.flush();
        });
  }

  private static String quoted(String cell) {
    boolean isPlain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return isPlain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }

  // Folds

  @Override
  boolean isOther(RunFolder folder) {
    if (folds == null) {
      return false;
    }
    if (folder != null || common.earlyStop != null) {
      throw usage("--k-fold trains several models: --resume and --early-stop do not go with it");
    }
    Table table = table();
    TableSchema schema = schema(table);
    common.settings(defaults(), 1);
    var told = new ArrayList<Prediction>();
    var figures = new ArrayList<Map<String, Double>>();
    var report =
        new ConsoleReport(
            spec.commandLine().getOut(), spec.commandLine().getErr(), common.json, "rows");
    for (Split split : folds(table, folds)) {
      figures.add(fold(table, schema, split, told));
      if (!common.json) {
        report.result("fold %d of %d: %s", figures.size(), folds, text(figures.getLast()));
      }
    }
    conclude(report, figures, told);
    return true;
  }

  private Map<String, Double> fold(
      Table table, TableSchema schema, Split split, List<Prediction> told) {
    try (var context = new Context(Devices.byName(common.device), common.seed)) {
      TableRecipe recipe = recipe(context, table, schema, split);
      long steps = steps(recipe, Optional.empty());
      try (var run = new TrainingRun<>(recipe, common.settings(defaults(), steps))) {
        var trainer = new Trainer(run.workload(), TrainerOptions.of(steps), List.of());
        var figures = new LinkedHashMap<String, Double>();
        trainer
            .run()
            .ifPresent(
                validation -> {
                  figures.put("loss", validation.loss());
                  figures.putAll(validation.metrics());
                });
        told.addAll(recipe.predictions());
        return figures;
      }
    }
  }

  private static String text(Map<String, Double> figures) {
    var parts = new ArrayList<String>();
    figures.forEach((name, value) -> parts.add(String.format(Locale.ROOT, "%s %.4f", name, value)));
    return String.join(", ", parts);
  }

  private void conclude(
      ConsoleReport report, List<Map<String, Double>> figures, List<Prediction> told) {
    var means = new LinkedHashMap<String, Double>();
    var deviations = new LinkedHashMap<String, Double>();
    for (String name : figures.getFirst().keySet()) {
      double mean = figures.stream().mapToDouble(f -> f.get(name)).average().orElseThrow();
      double squares = figures.stream().mapToDouble(f -> Math.pow(f.get(name) - mean, 2)).sum();
      means.put(name, mean);
      deviations.put(name, Math.sqrt(squares / (figures.size() - 1)));
    }
    if (common.json) {
      var document = new LinkedHashMap<String, Object>();
      document.put("workload", spec.name());
      document.put("folds", figures);
      document.put("means", means);
      document.put("deviations", deviations);
      report.document(document);
    } else {
      report.result("mean of %d folds: %s", figures.size(), text(means));
      report.result("standard deviation: %s", text(deviations));
    }
    if (common.out != null) {
      told.sort((a, b) -> Integer.compare(a.line(), b.line()));
      writePredictions(new RunFolder(common.out).predictions(), told);
    }
  }

  final CommandLine.ParameterException noModel(String model, String names) {
    return usage("there is no model '" + model + "'; there are " + names);
  }
}
