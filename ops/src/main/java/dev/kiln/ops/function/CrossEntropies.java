package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.Distillation;
import dev.kiln.kernels.loss.NllLoss;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/**
 * Losses of rows of numbers, one for each class; classes are the <em>last</em> axis (in PyTorch
 * they are the second). Arithmetic, losses and sums are in fp32, of fp64 in fp64.
 *
 * <p>Targets are classes, of i32 or i64. They are read on the device: a row whose target is no
 * class has the loss and the gradient NaN. A row whose target is the ignored index has both 0.
 */
public final class CrossEntropies {
  private CrossEntropies() {}

  /**
   * Options of cross-entropy and negative log-likelihood.
   *
   * @param ignoredIndex the target of rows that do not count
   * @param labelSmoothing part of the target's probability that is spread evenly over all classes,
   *     0 to 1 (Szegedy et al., 2016)
   * @param classWeights a factor of the loss of each class; null for ones
   * @param zLoss factor of the square of {@code log(sum exp(x))}, which is added to the loss of
   *     each row (Chowdhery et al., "PaLM", 2022)
   * @param reduction the mean is over rows that count, each with the weight of its class, as in
   *     PyTorch; if none counts it is 0
   */
  public record Options(
      long ignoredIndex,
      double labelSmoothing,
      Tensor classWeights,
      double zLoss,
      Reduction reduction) {
    /** The mean, without smoothing and weights; rows of the target -100 do not count. */
    public static final Options DEFAULT =
        new Options(CrossEntropy.IGNORED, 0, null, 0, Reduction.MEAN);

    public Options withIgnoredIndex(long index) {
      return new Options(index, labelSmoothing, classWeights, zLoss, reduction);
    }

    public Options withLabelSmoothing(double part) {
      return new Options(ignoredIndex, part, classWeights, zLoss, reduction);
    }

    public Options withClassWeights(Tensor weights) {
      return new Options(ignoredIndex, labelSmoothing, weights, zLoss, reduction);
    }

    public Options withZLoss(double factor) {
      return new Options(ignoredIndex, labelSmoothing, classWeights, factor, reduction);
    }

    public Options withReduction(Reduction newReduction) {
      return new Options(ignoredIndex, labelSmoothing, classWeights, zLoss, newReduction);
    }

    /** What a backward pass may hold. */
    Options withoutTensors() {
      return withClassWeights(null);
    }

    Tensor classWeights(DType compute) {
      return classWeights == null ? null : classWeights.detach().to(compute).contiguous();
    }

    CrossEntropy.Options kernel(NdArray weights) {
      return new CrossEntropy.Options(ignoredIndex, labelSmoothing, weights, zLoss);
    }
  }

  /** The mean of {@code -log softmax(logits)[target]}. */
  public static Tensor crossEntropy(Tensor logits, Tensor targets) {
    return crossEntropy(logits, targets, Options.DEFAULT);
  }

  /**
   * Cross-entropy of {@code softmax(logits)} against classes or distributions.
   *
   * @param logits {@code ... x classes}
   * @param targets {@code ...} classes; or {@code ... x classes} probabilities, of floats, which
   *     get no gradient. With probabilities the mean is over all rows.
   * @return one number; with {@link Reduction#NONE} one for each row
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor crossEntropy(Tensor logits, Tensor targets, Options options) {
    String name = "cross_entropy";
    RowLoss.requireRows(name, logits);
    Tensor x = logits.context().cast(name, logits)[0].contiguous();
    boolean soft = targets.dtype().isFloat();
    Tensor goals =
        soft ? RowLoss.like(name, "probabilities", targets, x) : RowLoss.classes(name, targets, x);
    long rows = x.size() / x.dim(-1);
    var reduction =
        soft
            ? RowReduction.ofAll(options.reduction(), rows)
            : RowReduction.ofClasses(options.reduction(), rows);
    Tensor weights = options.classWeights(RowLoss.compute(x));
    Options plain = options.withoutTensors();
    return RowLoss.apply(
        name,
        x,
        reduction,
        reduction.weight(goals, options.ignoredIndex(), weights, RowLoss.compute(x)),
        (context, logs, others, losses, gradient) ->
            context
                .launcher(CrossEntropy.class, CrossEntropy::new)
                .run(
                    logs,
                    soft ? RowLoss.matrix(others[0], logs.dim(1)) : RowLoss.vector(others[0]),
                    plain.kernel(others[1]),
                    losses,
                    null,
                    gradient),
        goals,
        weights);
  }

  /** The mean cross-entropy of {@code x weight^T + bias}. */
  public static Tensor linear(Tensor x, Tensor weight, Tensor bias, Tensor targets) {
    return linear(x, weight, bias, targets, Options.DEFAULT);
  }

  /**
   * Cross-entropy of the logits {@code x weight^T + bias} without ever holding all of them: the
   * last layer of a language model (Hsu et al., "Liger Kernel", 2024). If the result is one number,
   * all gradients are computed in the forward pass.
   *
   * @param x {@code ... x features}
   * @param weight {@code classes x features}
   * @param bias {@code classes}, or null
   * @param targets {@code ...} classes
   * @return one number; with {@link Reduction#NONE} one for each row
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor linear(
      Tensor x, Tensor weight, Tensor bias, Tensor targets, Options options) {
    return FusedLinearLoss.apply(x, weight, bias, targets, options);
  }

  /** The mean of {@code -logs[target]}. */
  public static Tensor nll(Tensor logs, Tensor targets) {
    return nll(logs, targets, Options.DEFAULT);
  }

  /**
   * Negative log-likelihood.
   *
   * @param logs {@code ... x classes} logarithms of probabilities, as {@code logSoftmax} gives
   * @param targets {@code ...} classes
   * @param options without label smoothing and z-loss
   * @return one number; with {@link Reduction#NONE} one for each row
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor nll(Tensor logs, Tensor targets, Options options) {
    String name = "nll";
    if (options.labelSmoothing() != 0 || options.zLoss() != 0) {
      throw new KilnException("nll: label smoothing and z-loss are of cross_entropy alone");
    }
    RowLoss.requireRows(name, logs);
    Tensor x = logs.context().cast(name, logs)[0].contiguous();
    Tensor goals = RowLoss.classes(name, targets, x);
    var reduction = RowReduction.ofClasses(options.reduction(), x.size() / x.dim(-1));
    Tensor weights = options.classWeights(RowLoss.compute(x));
    long ignored = options.ignoredIndex();
    return RowLoss.apply(
        name,
        x,
        reduction,
        reduction.weight(goals, ignored, weights, RowLoss.compute(x)),
        (context, rows, others, losses, gradient) ->
            context
                .launcher(NllLoss.class, NllLoss::new)
                .run(rows, RowLoss.vector(others[0]), ignored, others[1], losses, gradient),
        goals,
        weights);
  }

  /**
   * Distillation (Hinton, Vinyals and Dean, 2015): the mean of {@code a T^2 KL(teacher_T ||
   * student_T) + (1 - a) CE(student, target)}, the index being the temperature of the softmax. No
   * gradient reaches the teacher.
   *
   * @param student {@code ... x classes} logits
   * @param teacher likewise
   * @param targets {@code ...} classes; null leaves the second term out
   * @param temperature {@code T}, above 0
   * @param softPart {@code a}, 0 to 1
   * @throws KilnException if the shapes do not fit or a number is outside its range
   */
  public static Tensor distillation(
      Tensor student, Tensor teacher, Tensor targets, double temperature, double softPart) {
    String name = "distillation";
    RowLoss.requireRows(name, student);
    Tensor x = student.context().cast(name, student)[0].contiguous();
    Tensor guide = RowLoss.like(name, "the teacher's logits", teacher, x);
    Tensor goals = targets == null ? null : RowLoss.classes(name, targets, x);
    long rows = x.size() / x.dim(-1);
    var reduction =
        goals == null
            ? RowReduction.ofAll(Reduction.MEAN, rows)
            : RowReduction.ofClasses(Reduction.MEAN, rows);
    var options = new Distillation.Options(temperature, softPart);
    return RowLoss.apply(
        name,
        x,
        reduction,
        reduction.weight(goals, options.ignoredIndex(), null, RowLoss.compute(x)),
        (context, logits, others, losses, gradient) ->
            context
                .launcher(Distillation.class, Distillation::new)
                .run(
                    logits,
                    RowLoss.matrix(others[0], logits.dim(1)),
                    others[1] == null ? null : RowLoss.vector(others[1]),
                    options,
                    losses,
                    null,
                    gradient),
        guide,
        goals);
  }
}
