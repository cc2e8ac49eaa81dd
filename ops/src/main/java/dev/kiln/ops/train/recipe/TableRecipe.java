package dev.kiln.ops.train.recipe;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.data.EncodedTable;
import dev.kiln.ops.data.ExamplePlan;
import dev.kiln.ops.data.Table;
import dev.kiln.ops.data.TableEncoder;
import dev.kiln.ops.data.TableSchema;
import dev.kiln.ops.model.MultilayerPerceptron;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Summary;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.train.Task;
import dev.kiln.ops.train.Validator;
import java.util.ArrayList;
import java.util.List;

/** A class or a number told from the other columns of a table. */
public final class TableRecipe implements Recipe<Batch> {
  private static final int MEASURED_BATCH = 256;
  private static final int FORWARD_AND_BACKWARD = 3;

  private final Options options;
  private final TableEncoder encoder;
  private final Table validation;
  private final EncodedTable measured;
  private final int trained;
  private final Layer model;
  private final BatchPlan<Batch> plan;
  private final BatchPlan<Batch> tests;
  private final double flops;

  /**
   * What is trained.
   *
   * @param hidden units of each hidden layer; none for a linear or logistic regression
   * @param dropout part of the hidden units that is left out
   * @param batch rows of a batch; fewer where the table has fewer
   * @param seed of the order of rows
   */
  public record Options(List<Integer> hidden, double dropout, int batch, long seed) {
    public Options {
      hidden = List.copyOf(hidden);
    }
  }

  /**
   * What the model tells of a row.
   *
   * @param line of the file
   * @param target what stands there
   * @param predicted the class, or the number
   * @param certainty the probability of the predicted class; NaN of a number
   */
  public record Prediction(int line, String target, String predicted, double certainty) {}

  /**
   * Fits the encoder to the training part, and makes the model.
   *
   * @throws dev.kiln.runtime.KilnException if a column is missing or a cell is at fault
   */
  public TableRecipe(
      Context context, Table training, Table validation, TableSchema schema, Options options) {
    this.options = options;
    this.validation = validation;
    encoder = TableEncoder.fit(training, schema);
    EncodedTable rows = encoder.encode(training);
    measured = encoder.encode(validation);
    trained = rows.size();
    var content = new ContentSum().add(rows.values()).add(measured.values());
    content.add(training.cells(encoder.targets().getFirst()).toString());
    plan =
        new FingerprintedPlan<>(
            ExamplePlan.of(rows, Math.min(options.batch(), rows.size()))
                .shuffled(options.seed())
                .dropLast(),
            content.toString());
    tests = ExamplePlan.of(measured, MEASURED_BATCH);
    int outputs = isClassifier() ? encoder.classes().size() : 1;
    model =
        new MultilayerPerceptron(
            context,
            new MultilayerPerceptron.Options(
                encoder.width(), options.hidden(), outputs, Activation.RELU, options.dropout()));
    flops = FORWARD_AND_BACKWARD * (double) Summary.flops(model, 1, encoder.width());
  }

  /** Whether the target is a class. */
  public boolean isClassifier() {
    return !encoder.classes().isEmpty();
  }

  public Layer model() {
    return model;
  }

  /** How cells become numbers, for later rows. */
  public TableEncoder encoder() {
    return encoder;
  }

  @Override
  public Task<Batch> task() {
    return isClassifier() ? new ClassTask(model, 0) : new NumberTask(model);
  }

  @Override
  public BatchPlan<Batch> plan() {
    return plan;
  }

  @Override
  public Validator validator() {
    return isClassifier()
        ? new ClassValidator(new ClassTask(model, 0), tests, encoder.classes())
        : new NumberValidator(
            new NumberTask(model),
            tests,
            scaled -> encoder.original(0, scaled),
            encoder.targets().getFirst());
  }

  @Override
  public String unit() {
    return "rows";
  }

  @Override
  public double flopsPerExample() {
    return flops;
  }

  @Override
  public Goal goal() {
    return Goal.LOSS;
  }

  @Override
  public String about() {
    return "%s of \"%s\" from %d numbers with %,d parameters; %,d rows to train with, %,d held out"
        .formatted(
            kind(),
            encoder.targets().getFirst(),
            encoder.width(),
            model.parameterCount(),
            trained,
            measured.size());
  }

  private String kind() {
    if (!options.hidden().isEmpty()) {
      return isClassifier() ? "MLP classification" : "MLP regression";
    }
    return isClassifier() ? "logistic regression" : "linear regression";
  }

  /** What the model tells of the rows that are held out. */
  public List<Prediction> predictions() {
    var told = new ArrayList<Prediction>(measured.size());
    int target = validation.column(encoder.targets().getFirst());
    boolean wasTraining = model.isTraining();
    model.evaluate();
    try (Mode _ = model.context().noGrad()) {
      for (Batch batch : tests.epoch(0)) {
        try (Scope _ = model.context().scope()) {
          float[] out = model.apply(ClassTask.inputs(model.context(), batch)).toFloats();
          int width = out.length / batch.count();
          for (int row = 0; row < batch.count(); row++) {
            int at = measured.rows()[told.size()];
            told.add(
                prediction(
                    validation.lines()[at],
                    validation.rows().get(at).get(target),
                    out,
                    row * width,
                    width));
          }
        }
      }
    } finally {
      model.train(wasTraining);
    }
    return told;
  }

  private Prediction prediction(int line, String target, float[] out, int from, int width) {
    if (!isClassifier()) {
      String number = Float.toString((float) encoder.original(0, out[from]));
      return new Prediction(line, target, number, Double.NaN);
    }
    int best = DigitRecipe.best(out, from, width);
    double sum = 0;
    for (int i = 0; i < width; i++) {
      sum += StrictMath.exp((double) out[from + i] - out[from + best]);
    }
    return new Prediction(line, target, encoder.classes().get(best), 1 / sum);
  }

  @Override
  public void close() {
    model.close();
  }
}
