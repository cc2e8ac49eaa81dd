package dev.kiln.ops.tensor;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.ActivationFunction;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.elementwise.Dropout;
import dev.kiln.kernels.elementwise.GatedUnits;
import dev.kiln.kernels.elementwise.LearnableActivation;
import dev.kiln.kernels.normalization.Softmax;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** Activations, gated units, softmax and dropout with their gradients. */
final class Activating {
  private Activating() {}

  static Tensor activate(ActivationFunction function, Tensor input) {
    if (function.activation() == Activation.NONE) {
      return input;
    }
    String name = function.activation().kernelName();
    Context context = input.context();
    Tensor[] in = context.cast(name, input);
    Elementwise.requireFloats(name, in[0]);
    var operation = Operation.of(name, in);
    Tensor x = Views.dense(in[0]);
    Tensor y = context.empty(x.dtype(), x.shape());
    activations(context).forward(function, x.array(), y.array());
    return operation
        .save(x)
        .result(
            y,
            g -> {
              Tensor dx = g.emptyLike(0);
              NdArray dy = Views.dense(g.of()).array();
              activations(context).backward(function, g.saved(0).array(), dy, dx.array());
              g.give(0, dx);
            });
  }

  private static Activations activations(Context context) {
    return context.launcher(Activations.class, Activations::new);
  }

  static Tensor learnable(LearnableActivation.Function f, Tensor input, Tensor number) {
    String name = "learnable_" + f.name().toLowerCase(java.util.Locale.ROOT);
    Context context = input.context();
    Tensor[] in = context.cast(name, input, number);
    int axis = Math.min(1, input.rank() - 1);
    boolean fits = number.rank() == 1 && axis >= 0;
    if (!fits || number.dim(0) != 1 && number.dim(0) != input.dim(axis)) {
      throw new KilnException(
          "%s: %s must be a vector of one number, or of one for each channel of %s"
              .formatted(name, number, input));
    }
    Elementwise.requireFloats(name, in[0]);
    Elementwise.requireSameDType(name, in);
    var operation = Operation.of(name, in);
    Tensor x = Views.dense(in[0]);
    Tensor a = Views.dense(in[1]);
    Tensor y = context.empty(x.dtype(), x.shape());
    learnable(context).forward(f, x.array(), axis, a.array(), y.array());
    return operation
        .save(x, a)
        .result(
            y,
            g -> {
              Tensor dx = context.empty(g.of().dtype(), g.of().shape());
              Tensor da = context.empty(g.of().dtype(), g.saved(1).shape());
              NdArray dy = Views.dense(g.of()).array();
              learnable(context)
                  .backward(
                      f, g.saved(0).array(), axis, g.saved(1).array(), dy, dx.array(), da.array());
              g.give(0, dx);
              g.give(1, da);
            });
  }

  private static LearnableActivation learnable(Context context) {
    return context.launcher(LearnableActivation.class, LearnableActivation::new);
  }

  static Tensor gated(ActivationFunction function, Tensor x) {
    if (x.rank() < 1 || x.dim(-1) % 2 != 0) {
      throw new KilnException("gated: the last axis must be of even length, but is " + x);
    }
    var halves = x.chunk(2, -1);
    return gate(function, halves.getFirst(), halves.getLast());
  }

  static Tensor gate(ActivationFunction function, Tensor gate, Tensor value) {
    Context context = gate.context();
    Tensor[] in = context.cast("gate", gate, value);
    Axes.requireShape("gate", value, gate);
    Elementwise.requireSameDType("gate", in);
    Elementwise.requireFloats("gate", in[0]);
    var operation = Operation.of("gate", in).save(in);
    Tensor y = context.empty(in[0].dtype(), gate.shape());
    gates(context).forward(function, rows(in[0]), rows(in[1]), rows(y));
    return operation.result(
        y,
        g -> {
          Tensor a = g.saved(0);
          Tensor b = g.saved(1);
          Tensor da = context.empty(a.dtype(), a.shape());
          Tensor db = context.empty(a.dtype(), a.shape());
          gates(context).backward(function, rows(a), rows(b), rows(g.of()), rows(da), rows(db));
          g.give(0, da);
          g.give(1, db);
        });
  }

  private static GatedUnits gates(Context context) {
    return context.launcher(GatedUnits.class, GatedUnits::new);
  }

  /** As a matrix with dense rows; a view wherever there is one. */
  private static NdArray rows(Tensor x) {
    long columns = x.rank() == 0 ? 1 : x.dim(-1);
    long[] shape = {columns == 0 ? 0 : x.size() / columns, columns};
    NdArray view = Strides.view(x.array(), shape);
    boolean isDense = view != null && (view.stride(1) == 1 || columns <= 1);
    return isDense ? view : Views.dense(x).array().reshape(shape);
  }

  static Tensor softmax(Tensor input, int axis, boolean isLog) {
    String name = isLog ? "log_softmax" : "softmax";
    int last = input.rank() - 1;
    int at = Axes.index(name, axis, input.rank());
    if (at != last) {
      return softmax(input.transpose(at, last), last, isLog).transpose(at, last);
    }
    Context context = input.context();
    Tensor[] in = context.cast(name, input);
    Elementwise.requireFloats(name, in[0]);
    var operation = Operation.of(name, in);
    Tensor x = Views.dense(in[0]);
    Tensor y = context.empty(x.dtype(), x.shape());
    Softmax.Options options = isLog ? Softmax.Options.LOG_SOFTMAX : Softmax.Options.SOFTMAX;
    softmax(context).forward(x.array(), options, y.array());
    return operation
        .save(y)
        .result(
            y,
            g -> {
              Tensor dx = context.empty(g.of().dtype(), g.of().shape());
              NdArray dy = Views.dense(g.of()).array();
              softmax(context).backward(g.saved(0).array(), dy, options, dx.array());
              g.give(0, dx);
            });
  }

  private static Softmax softmax(Context context) {
    return context.launcher(Softmax.class, Softmax::new);
  }

  static Tensor dropout(Tensor x, double p, boolean isTraining) {
    if (!(p >= 0 && p < 1)) {
      throw new KilnException("dropout: p must be at least 0 and less than 1, but is " + p);
    }
    Elementwise.requireFloats("dropout", x);
    if (!isTraining || p == 0) {
      return x;
    }
    Context context = x.context();
    var operation = Operation.of("dropout", x);
    long seed = context.random().seed();
    long offset = context.random().take(x.size());
    Tensor y = context.empty(x.dtype(), x.shape());
    dropout(context).run(Views.dense(x).array(), p, seed, offset, y.array());
    return operation.result(
        y,
        g -> {
          Tensor dx = g.emptyLike(0);
          dropout(context).run(Views.dense(g.of()).array(), p, seed, offset, dx.array());
          g.give(0, dx);
        });
  }

  private static Dropout dropout(Context context) {
    return context.launcher(Dropout.class, Dropout::new);
  }
}
