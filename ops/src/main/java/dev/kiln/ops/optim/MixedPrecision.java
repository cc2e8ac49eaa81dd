package dev.kiln.ops.optim;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.ops.tensor.AutocastPolicy;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.NonFiniteSearch;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A training step in a {@link Precision}, the same code for all of them:
 *
 * <pre>{@code
 * Tensor loss = precision.forward(() -> crossEntropy(model.apply(x), y));
 * precision.backward(loss);
 * boolean made = precision.step(optimizer, lr);
 * optimizer.zeroGrad();
 * }</pre>
 */
public final class MixedPrecision implements Stateful {
  private final Context context;
  private final Precision precision;
  private final AutocastPolicy policy;
  private final GradScaler scaler;
  private Pass last;

  /** A forward pass, and the random numbers that it began with. */
  private record Pass(Supplier<Tensor> body, long seed, long drawn) {}

  /** With the usual policy and loss scale. */
  public MixedPrecision(Context context, Precision precision) {
    this(context, precision, AutocastPolicy.DEFAULT, GradScaler.Options.DEFAULT);
  }

  /**
   * @param scale for a precision whose loss is scaled
   */
  public MixedPrecision(
      Context context, Precision precision, AutocastPolicy policy, GradScaler.Options scale) {
    this.context = context;
    this.precision = precision;
    this.policy = policy;
    scaler = precision.isScaled() ? new GradScaler(scale) : null;
  }

  public Precision precision() {
    return precision;
  }

  /** The loss scale, if there is one. */
  public Optional<GradScaler> scaler() {
    return Optional.ofNullable(scaler);
  }

  /** What the loss is multiplied by; 1 without a loss scale. */
  public double scale() {
    return scaler == null ? 1 : scaler.scale();
  }

  /** Steps skipped so far. */
  public long skipped() {
    return scaler == null ? 0 : scaler.skipped();
  }

  /** Runs a forward pass, of an evaluation too, with operations in their dtypes. */
  public Tensor forward(Supplier<Tensor> body) {
    if (precision.operations() == null) {
      return body.get();
    }
    if (scaler != null && context.isRecording()) {
      last = new Pass(body, context.random().seed(), context.random().offset());
    }
    return cast(body);
  }

  private Tensor cast(Supplier<Tensor> body) {
    try (Mode _ = context.autocast(precision.operations(), policy)) {
      return body.get();
    }
  }

  /** The backward pass. */
  public void backward(Tensor loss) {
    backward(loss, 1);
  }

  /**
   * The backward pass of a part of the loss, as when the gradients of several batches add up.
   *
   * @param loss one number
   * @param weight its share: 1 / n for each of n batches of one size
   */
  public void backward(Tensor loss, double weight) {
    if (scaler != null) {
      scaler.backward(loss, weight);
    } else if (weight == 1) {
      loss.backward();
    } else {
      GradScaler.backward(loss, weight, "backward");
    }
  }

  /**
   * A step, without the loss scale, which adapts. Waits for the device if there is a loss scale.
   *
   * @return whether the step was made; it is skipped if gradients overflow
   * @throws dev.kiln.runtime.KilnException if gradients overflow at the smallest scale
   */
  public boolean step(Optimizer optimizer, double lr) {
    if (scaler == null) {
      optimizer.step(lr);
      return true;
    }
    boolean made = scaler.step(optimizer, lr);
    scaler.withDiagnosis(() -> firstNonFinite(optimizer)).update();
    // It may hold a batch, and more.
    last = null;
    return made;
  }

  /** Goes through the last pass once more, with the same random numbers, to see where it began. */
  private String firstNonFinite(Optimizer optimizer) {
    List<String> names = optimizer.nonFiniteGradients();
    String seen = names.isEmpty() ? "" : "the gradient of '" + names.getFirst() + "' is not finite";
    if (last == null) {
      return seen;
    }
    optimizer.zeroGrad();
    var search = new NonFiniteSearch();
    context.random().restore(last.seed(), last.drawn());
    try (Mode _ = context.withGrad();
        Mode _ = context.listen(search);
        Scope _ = context.scope()) {
      scaler.backward(cast(last.body()));
    } catch (KilnException e) {
      // What the pass read may be gone by now.
      return seen;
    }
    return search.first().map(NonFiniteSearch.Found::message).orElse(seen);
  }

  @Override
  public void save(StateWriter out) {
    out.value("precision", precision.toString());
    if (scaler != null) {
      scaler.save(out.in("scaler"));
    }
  }

  /** Takes over the loss scale; a run may go on in another precision. */
  @Override
  public void load(StateReader in) {
    if (scaler != null && !in.in("scaler").isEmpty()) {
      scaler.load(in.in("scaler"));
    }
  }
}
