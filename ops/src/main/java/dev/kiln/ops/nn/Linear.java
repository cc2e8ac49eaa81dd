package dev.kiln.ops.nn;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.function.Products;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * {@code y = activation(x weight^T + bias)}; weight {@code outputs x inputs}, as in PyTorch. In:
 * {@code ... x inputs}; out: {@code ... x outputs}.
 */
public final class Linear extends Layer implements Counted {
  private final Weight weight;
  private final Tensor bias;
  private final Options options;

  /**
   * @param activation applied in the same launch
   * @param form how the weight is made
   * @param initialization of the weight; the bias is even between plus and minus {@code
   *     1/sqrt(inputs)}, or 0 with {@link WeightForm#EQUALIZED_RATE}
   */
  public record Options(
      boolean hasBias, Activation activation, WeightForm form, Initialization initialization) {
    /** With a bias, PyTorch's first values. */
    public static final Options DEFAULT =
        new Options(true, Activation.NONE, WeightForm.PLAIN, Initialization.byFanIn());

    public Options withoutBias() {
      return new Options(false, activation, form, initialization);
    }

    public Options withActivation(Activation newActivation) {
      return new Options(hasBias, newActivation, form, initialization);
    }

    public Options withForm(WeightForm newForm) {
      return new Options(hasBias, activation, newForm, initialization);
    }

    public Options withInitialization(Initialization newInitialization) {
      return new Options(hasBias, activation, form, newInitialization);
    }
  }

  public Linear(Context context, long inputs, long outputs) {
    this(context, inputs, outputs, Options.DEFAULT);
  }

  public Linear(Context context, long inputs, long outputs, boolean hasBias) {
    this(context, inputs, outputs, hasBias ? Options.DEFAULT : Options.DEFAULT.withoutBias());
  }

  /**
   * @param inputs at least 1
   * @param outputs at least 1
   */
  public Linear(Context context, long inputs, long outputs, Options options) {
    super(context);
    if (inputs < 1 || outputs < 1) {
      throw new KilnException(
          "Linear: inputs and outputs must be at least 1, but are %d and %d"
              .formatted(inputs, outputs));
    }
    this.options = options;
    weight = new Weight(this, options.form(), options.initialization(), outputs, inputs);
    bias = options.hasBias() ? parameter("bias", bias(inputs, outputs)) : null;
  }

  private Linear(Tensor shared) {
    super(shared.context());
    options = Options.DEFAULT.withoutBias();
    weight = new Weight(this, shared);
    bias = null;
  }

  /**
   * A layer without a bias whose weight another module owns, such as an embedding's table: it is no
   * parameter of this layer, is saved with its owner, and gets the gradients of both.
   */
  public static Linear sharing(Tensor weight) {
    return new Linear(weight);
  }

  private Tensor bias(long inputs, long outputs) {
    double bound = options.form() == WeightForm.EQUALIZED_RATE ? 0 : 1 / Math.sqrt(inputs);
    return Initialization.uniform(-bound, bound).make(context(), outputs);
  }

  /** The parameter of the weight. */
  public Tensor weight() {
    return weight.parameter();
  }

  /** Null if there is none. */
  public Tensor bias() {
    return bias;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return Products.linear(x, weight.use(), bias, options.activation());
  }

  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    long activated = options.activation() == Activation.NONE ? 0 : outputs.getFirst().size();
    return Work.macs(outputs.getFirst().size() * weight().dim(1)).plus(Work.flops(activated));
  }

  @Override
  public String toString() {
    return "Linear(%d -> %d)".formatted(weight().dim(1), weight().dim(0));
  }
}
