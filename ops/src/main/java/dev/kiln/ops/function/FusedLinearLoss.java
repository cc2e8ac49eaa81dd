package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.TernaryFunction;
import dev.kiln.kernels.loss.LinearCrossEntropy;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Gradients;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/**
 * A linear layer and its cross-entropy in one: no more logits exist at a time than a chunk of them.
 *
 * <p>If the losses are reduced, the forward pass computes all gradients while logits are at hand,
 * and the backward pass multiplies them by its number: logits are not computed twice. The gradient
 * of a row's logits, from -1 to 1, has no factor until then, so that 16 bits hold it as well as
 * with a loss scale. If each loss is wanted, its factor is not known before the backward pass,
 * which computes logits again.
 */
final class FusedLinearLoss {
  static final String NAME = "linear_cross_entropy";

  private static final int X = 0;
  private static final int WEIGHT = 1;
  private static final int BIAS = 2;
  private static final int ROW_WEIGHT = 3;
  private static final int TARGETS = 4;
  private static final int CLASS_WEIGHTS = 5;

  private final Context context;
  private final Tensor x;
  private final Tensor weight;
  private final Tensor bias;
  private final Tensor targets;
  private final CrossEntropies.Options options;
  private final RowReduction reduction;
  private final DType compute;
  private final Operation operation;

  /**
   * @param x rows row by row in memory, in the dtype of products
   * @param weight in the same dtype
   * @param parameter what {@code weight} was made of; its gradient is not rounded on the way
   */
  FusedLinearLoss(
      Tensor x,
      Tensor weight,
      Tensor parameter,
      Tensor bias,
      Tensor targets,
      CrossEntropies.Options options) {
    context = x.context();
    this.x = x;
    this.weight = weight;
    this.bias = bias;
    this.targets = targets;
    this.options = options;
    compute = RowLoss.compute(x);
    reduction = RowReduction.ofClasses(options.reduction(), targets.size());
    operation = Operation.of(NAME, x, parameter, bias);
  }

  static Tensor apply(
      Tensor x, Tensor weight, Tensor bias, Tensor targets, CrossEntropies.Options options) {
    check(x, weight, bias);
    Tensor[] in = x.context().cast(NAME, x, weight);
    if (in[0].dtype() != in[1].dtype()) {
      throw new KilnException(
          "%s: x and weight must have one dtype, but are %s and %s".formatted(NAME, in[0], in[1]));
    }
    Tensor goals = RowLoss.classes(NAME, targets, x);
    return new FusedLinearLoss(in[0].contiguous(), in[1], weight, bias, goals, options).run();
  }

  private static void check(Tensor x, Tensor weight, Tensor bias) {
    if (x.rank() < 1 || weight.rank() != 2 || x.dim(-1) != weight.dim(1)) {
      throw new KilnException(
          "%s: the last axis of %s must be the last axis of %s".formatted(NAME, x, weight));
    }
    if (bias != null && (bias.rank() != 1 || bias.dim(0) != weight.dim(0))) {
      throw new KilnException(
          "%s: the bias must have the shape [%d], but is %s".formatted(NAME, weight.dim(0), bias));
    }
  }

  private Tensor run() {
    Tensor classWeights = options.classWeights(compute);
    Tensor rowWeight = reduction.weight(targets, options.ignoredIndex(), classWeights, compute);
    Tensor losses = reduction.losses(context, compute, targets.shape());
    boolean now = !reduction.isNone();
    Tensor dx = now && operation.needs(X) ? context.empty(x.dtype(), x.shape()) : null;
    Tensor dw = now && operation.needs(WEIGHT) ? context.empty(compute, weight.shape()) : null;
    Tensor db = now && operation.needs(BIAS) ? context.empty(compute, bias.shape()) : null;
    kernel(context)
        .run(
            RowLoss.matrix(x),
            weight.array(),
            RowLoss.array(bias),
            RowLoss.vector(targets.array()),
            options.kernel(RowLoss.array(classWeights)),
            RowLoss.vector(losses.array()),
            null,
            new LinearCrossEntropy.Gradients(
                dx == null ? null : RowLoss.matrix(dx),
                RowLoss.array(dw),
                RowLoss.array(db),
                LossGradient.NONE));
    Tensor result = reduction.reduce(losses, rowWeight);
    return now ? scaled(result, dx, dw, db, rowWeight) : again(result, classWeights);
  }

  /** The backward pass of what was computed already. */
  private Tensor scaled(Tensor result, Tensor dx, Tensor dw, Tensor db, Tensor rowWeight) {
    RowReduction reduces = reduction;
    operation.save(dx, dw, db, rowWeight);
    return operation.result(
        result,
        g -> {
          NdArray factor = reduces.factor(g.of(), g.saved(ROW_WEIGHT)).array();
          for (int input = X; input <= BIAS; input++) {
            Tensor gradient = g.saved(input);
            if (gradient != null) {
              g.write(
                  input,
                  (target, add) -> multiply(g.context(), gradient.array(), factor, add, target));
            }
          }
        });
  }

  private static void multiply(
      Context context, NdArray gradient, NdArray factor, boolean add, NdArray target) {
    Pointwise pointwise = context.launcher(Pointwise.class, Pointwise::new);
    if (add) {
      pointwise.ternary(TernaryFunction.MULTIPLY_ADD, gradient, factor, target, target);
    } else {
      pointwise.binary(BinaryFunction.MUL, gradient, factor, target);
    }
  }

  /** The backward pass that starts from the inputs. */
  private Tensor again(Tensor result, Tensor classWeights) {
    RowReduction reduces = reduction;
    CrossEntropies.Options plain = options.withoutTensors();
    operation.save(x, weight, bias, null, targets, classWeights);
    return operation.result(result, g -> recompute(g, plain, reduces));
  }

  private static void recompute(Gradients g, CrossEntropies.Options options, RowReduction reduces) {
    Context context = g.context();
    DType compute = RowLoss.compute(g.saved(X));
    Tensor dx = g.needs(X) ? context.empty(g.saved(X).dtype(), g.shape(X)) : null;
    Tensor dw = g.needs(WEIGHT) ? context.empty(compute, g.shape(WEIGHT)) : null;
    Tensor db = g.needs(BIAS) ? context.empty(compute, g.shape(BIAS)) : null;
    kernel(context)
        .run(
            RowLoss.matrix(g.saved(X)),
            g.saved(WEIGHT).array(),
            RowLoss.array(g.saved(BIAS)),
            RowLoss.vector(g.saved(TARGETS).array()),
            options.kernel(RowLoss.array(g.saved(CLASS_WEIGHTS))),
            null,
            null,
            new LinearCrossEntropy.Gradients(
                dx == null ? null : RowLoss.matrix(dx),
                RowLoss.array(dw),
                RowLoss.array(db),
                reduces.gradient(null, g.of(), null)));
    giveIfMade(g, X, dx);
    giveIfMade(g, WEIGHT, dw);
    giveIfMade(g, BIAS, db);
  }

  private static void giveIfMade(Gradients g, int input, Tensor gradient) {
    if (gradient != null) {
      g.give(input, gradient);
    }
  }

  private static LinearCrossEntropy kernel(Context context) {
    return context.launcher(LinearCrossEntropy.class, LinearCrossEntropy::new);
  }
}
