package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.normalization.SpectralNorm;
import dev.kiln.kernels.normalization.WeightNorm;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** Weights that are made of others before a layer uses them. */
public final class WeightNorms {
  private WeightNorms() {}

  /**
   * {@code w = g v / |v|}, the norm of what belongs to each index of the first axis (Salimans and
   * Kingma, 2016).
   *
   * @param v weights, {@code outputs x ...}
   * @param g a number for each output, {@code outputs x 1 x ...}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor weightNorm(Tensor v, Tensor g) {
    if (v.rank() < 2 || g.size() != v.dim(0) || g.dim(0) != v.dim(0)) {
      throw new KilnException(
          "weight_norm: %s must have a number for each output of %s".formatted(g, v));
    }
    Context context = v.context();
    var operation = Operation.of("weight_norm", v, g);
    Tensor dense = v.contiguous();
    Tensor length = g.contiguous();
    Tensor w = context.empty(v.dtype(), v.shape());
    Tensor norms = operation.isRecorded() ? context.empty(compute(v), v.dim(0)) : null;
    WeightNorm launcher = context.launcher(WeightNorm.class, WeightNorm::new);
    launcher.forward(
        matrix(dense.array()),
        vector(length.array()),
        matrix(w.array()),
        norms == null ? null : norms.array());
    return operation
        .save(dense, length, norms)
        .result(
            w,
            back -> {
              Tensor dw = back.of().contiguous();
              Tensor dv = context.empty(dw.dtype(), dw.shape());
              Tensor dg = context.empty(back.saved(1).dtype(), back.saved(1).shape());
              launcher.backward(
                  matrix(dw.array()),
                  matrix(back.saved(0).array()),
                  vector(back.saved(1).array()),
                  back.saved(2).array(),
                  matrix(dv.array()),
                  vector(dg.array()));
              back.give(0, dv);
              back.give(1, dg);
            });
  }

  /**
   * {@code w / sigma}, the largest singular value by power iteration (Miyato et al., 2018). Its
   * gradient holds {@code u} and {@code v} fixed.
   *
   * @param w weights, {@code outputs x ...}, seen as a matrix
   * @param u a number for each output; moved on by the iterations
   * @param v a number for each other element of a row; likewise
   * @param iterations 0 in evaluation
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor spectralNorm(Tensor w, Tensor u, Tensor v, int iterations, double eps) {
    if (w.rank() < 2 || u.size() != w.dim(0) || u.size() * v.size() != w.size()) {
      throw new KilnException(
          "spectral_norm: %s and %s do not fit the matrix of %s".formatted(u, v, w));
    }
    Context context = w.context();
    var operation = Operation.of("spectral_norm", w);
    Tensor dense = w.contiguous();
    Tensor y = context.empty(w.dtype(), w.shape());
    Tensor sigma = context.empty(compute(w), 1);
    SpectralNorm launcher = context.launcher(SpectralNorm.class, SpectralNorm::new);
    launcher.forward(
        matrix(dense.array()),
        iterations,
        eps,
        u.array(),
        v.array(),
        sigma.array(),
        matrix(y.array()));
    if (iterations > 0) {
      u.changedInPlace();
      v.changedInPlace();
    }
    if (!operation.isRecorded()) {
      return operation.result(y, back -> {});
    }
    // A second pass may move both on before the backward pass of this one.
    Tensor leftSide = context.empty(u.dtype(), u.shape()).copyFrom(u);
    Tensor rightSide = context.empty(v.dtype(), v.shape()).copyFrom(v);
    return operation
        .save(dense, leftSide, rightSide, sigma)
        .result(
            y,
            back -> {
              Tensor dy = back.of().contiguous();
              back.overwrite(
                  0,
                  dw ->
                      launcher.backward(
                          matrix(dy.array()),
                          matrix(back.saved(0).array()),
                          back.saved(1).array(),
                          back.saved(2).array(),
                          back.saved(3).array(),
                          matrix(dw)));
            });
  }

  private static DType compute(Tensor x) {
    return x.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  private static NdArray matrix(NdArray weights) {
    return weights.reshape(weights.dim(0), weights.size() / weights.dim(0));
  }

  private static NdArray vector(NdArray numbers) {
    return numbers.reshape(numbers.size());
  }
}
