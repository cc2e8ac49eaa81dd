package dev.kiln.ops.optim;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.function.Supplier;

/**
 * A loss scale that finds its size (Micikevicius et al., "Mixed Precision Training", 2018): small
 * gradients of fp16 survive as the loss is multiplied by it, and the optimizer divides by it in
 * fp32. A step whose gradients are not finite is skipped and the scale goes down; after many good
 * steps it goes up.
 *
 * <pre>{@code
 * scaler.backward(loss);
 * scaler.step(optimizer, lr);
 * scaler.update();
 * }</pre>
 *
 * <p>The scale does not protect the forward pass: a loss that is not finite at any scale ends the
 * run with an error.
 */
public final class GradScaler implements Stateful {
  private final Options options;
  private double scale;
  private int goodSteps;
  private long skipped;
  private int skippedInARow;
  private boolean stepped;
  private boolean overflowed;
  private Supplier<String> diagnosis = () -> "";

  /**
   * @param initial the scale at first
   * @param growth factor after {@code interval} good steps in a row, above 1
   * @param backoff factor after an overflow, below 1
   * @param interval of growth, at least 1
   * @param least smallest scale, above 0
   * @param most largest scale
   */
  public record Options(
      double initial, double growth, double backoff, int interval, double least, double most) {
    /** PyTorch's, with limits. */
    public static final Options DEFAULT = new Options(65536, 2, 0.5, 2000, 1, 1 << 24);

    public Options {
      require(growth > 1 && Double.isFinite(growth), "growth", "must be above 1", growth);
      require(backoff > 0 && backoff < 1, "backoff", "must be above 0 and below 1", backoff);
      require(interval >= 1, "interval", "must be at least 1", interval);
      require(least > 0, "least", "must be above 0", least);
      require(most >= least && Double.isFinite(most), "most", "must be at least " + least, most);
      require(
          initial >= least && initial <= most,
          "initial",
          "must be from " + least + " to " + most,
          initial);
    }

    private static void require(boolean holds, String what, String rule, double value) {
      if (!holds) {
        throw new KilnException("loss scale: '%s' %s, but is %s".formatted(what, rule, value));
      }
    }

    public Options withInitial(double scale) {
      return new Options(scale, growth, backoff, interval, least, most);
    }

    public Options withInterval(int steps) {
      return new Options(initial, growth, backoff, steps, least, most);
    }

    public Options withLimits(double newLeast, double newMost) {
      return new Options(initial, growth, backoff, interval, newLeast, newMost);
    }
  }

  public GradScaler(Options options) {
    this.options = options;
    scale = options.initial();
  }

  /** What losses are multiplied by now. */
  public double scale() {
    return scale;
  }

  /** Steps that were skipped so far. */
  public long skipped() {
    return skipped;
  }

  /** Good steps since the scale changed last, or since an overflow. */
  public int goodSteps() {
    return goodSteps;
  }

  /** What is asked, when the run fails, for the tensor that became infinite or NaN first. */
  public GradScaler withDiagnosis(Supplier<String> newDiagnosis) {
    diagnosis = newDiagnosis;
    return this;
  }

  /** The backward pass of the scaled loss. */
  public void backward(Tensor loss) {
    backward(loss, 1);
  }

  /**
   * The backward pass of a part of a scaled loss.
   *
   * @param loss one number, fp32 or fp64
   * @param weight its share, 1 / n where the gradients of n batches add up
   */
  public void backward(Tensor loss, double weight) {
    backward(loss, weight * scale, "loss scale");
  }

  static void backward(Tensor loss, double factor, String what) {
    if (loss.size() != 1) {
      throw new KilnException("%s: the loss must be one number, but is %s".formatted(what, loss));
    }
    if (loss.dtype().bytes() < 4) {
      throw new KilnException(
          "%s: the loss must be fp32, which holds the scale, but is %s".formatted(what, loss));
    }
    Context context = loss.context();
    try (Scope _ = context.frame()) {
      loss.backward(context.full(loss.dtype(), factor, loss.shape()));
    }
  }

  /**
   * Undoes the scale and makes a step, unless a gradient is not finite. Several optimizers may step
   * before {@link #update}.
   *
   * @return whether the step was made
   */
  public boolean step(Optimizer optimizer, double lr) {
    boolean made = optimizer.step(lr, scale);
    stepped = true;
    if (!made) {
      overflowed = true;
      skipped++;
    }
    return made;
  }

  /**
   * Adapts the scale after the steps of one iteration.
   *
   * @throws KilnException if gradients overflow at the smallest scale
   */
  public void update() {
    if (!stepped) {
      throw new KilnException("loss scale: update() needs a step() since the last update()");
    }
    stepped = false;
    if (overflowed) {
      overflowed = false;
      goodSteps = 0;
      skippedInARow++;
      if (scale <= options.least()) {
        throw new KilnException(failure());
      }
      scale = Math.max(options.least(), scale * options.backoff());
    } else {
      skippedInARow = 0;
      goodSteps++;
      if (goodSteps == options.interval()) {
        goodSteps = 0;
        scale = Math.min(options.most(), scale * options.growth());
      }
    }
  }

  private String failure() {
    String first = diagnosis.get();
    return "loss scale: gradients are not finite at the smallest scale %s either, after %d skipped %s in a row%s"
        .formatted(
            scale,
            skippedInARow,
            skippedInARow == 1 ? "step" : "steps",
            first.isEmpty() ? "" : ": " + first);
  }

  @Override
  public void save(StateWriter out) {
    out.value("scale", scale);
    out.value("goodSteps", goodSteps);
    out.value("skipped", skipped);
    out.value("skippedInARow", skippedInARow);
  }

  @Override
  public void load(StateReader in) {
    scale = Math.clamp(in.value("scale", Double.class), options.least(), options.most());
    goodSteps = in.value("goodSteps", Integer.class);
    skipped = in.value("skipped", Long.class);
    skippedInARow = in.value("skippedInARow", Integer.class);
    stepped = false;
    overflowed = false;
  }
}
