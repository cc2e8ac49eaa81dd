package dev.kiln.tests.kernels;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.Gradients;
import dev.kiln.kernels.attention.Inputs;
import dev.kiln.kernels.reference.AttentionReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/** An attention with random operands, and what it should give. */
record AttentionProblem(
    DType dtype,
    AttentionOptions options,
    int batch,
    int heads,
    int keyHeads,
    int queries,
    int keys,
    int head,
    boolean hasBias,
    boolean hasSlopes) {

  static AttentionProblem of(DType dtype, AttentionOptions options, int... s) {
    return new AttentionProblem(dtype, options, s[0], s[1], s[2], s[3], s[4], s[5], false, false);
  }

  AttentionProblem withBias() {
    return new AttentionProblem(
        dtype, options, batch, heads, keyHeads, queries, keys, head, true, hasSlopes);
  }

  AttentionProblem withSlopes() {
    return new AttentionProblem(
        dtype, options, batch, heads, keyHeads, queries, keys, head, hasBias, true);
  }

  DType compute() {
    return dtype == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  private double[] numbers(long seed, int n) {
    return Cases.normal(dtype, seed, n);
  }

  double[] q() {
    return numbers(1, batch * heads * queries * head);
  }

  double[] k() {
    return numbers(2, batch * keyHeads * keys * head);
  }

  double[] v() {
    return numbers(3, batch * keyHeads * keys * head);
  }

  double[] dO() {
    return numbers(5, batch * heads * queries * head);
  }

  double[] bias() {
    return hasBias ? numbers(4, batch * heads * queries * keys) : null;
  }

  double[] slopes() {
    if (!hasSlopes) {
      return null;
    }
    double[] slopes = new double[heads];
    for (int h = 0; h < heads; h++) {
      slopes[h] = Math.scalb(1.0, -1 - h);
    }
    return slopes;
  }

  NdArray queryArray(Device device, double[] values) {
    return NdArray.of(device, dtype, values, batch, heads, queries, head);
  }

  NdArray keyArray(Device device, double[] values) {
    return NdArray.of(device, dtype, values, batch, keyHeads, keys, head);
  }

  NdArray statistics(Device device) {
    return Cases.unset(device, compute(), batch, heads, queries);
  }

  Inputs inputs(Device device) {
    Inputs in = Inputs.of(queryArray(device, q()), keyArray(device, k()), keyArray(device, v()));
    if (hasBias) {
      in = in.withBias(NdArray.of(device, dtype, bias(), batch, heads, queries, keys));
    }
    return hasSlopes ? in.withSlopes(NdArray.of(device, compute(), slopes(), heads)) : in;
  }

  AttentionReference reference(Rounding r) {
    return new AttentionReference(
        r, options, batch, heads, keyHeads, queries, keys, head, q(), k(), v(), bias(), slopes(),
        queries, keys);
  }

  /** A result by the error rule. */
  void check(String what, DType type, NdArray actual, double[] plain, double[] exact) {
    if (type == DType.FP64) {
      ErrorRule.checkFp64(what, actual.toDoubles(), exact, head + keys);
    } else {
      ErrorRule.check(what, type, actual.toDoubles(), Rounding.to(type).of(plain), exact);
    }
  }

  void checkForward(Device device, Attention attention) {
    NdArray o = Cases.unset(device, dtype, batch, heads, queries, head);
    NdArray lse = statistics(device);
    attention.forward(inputs(device), options, o, lse);
    var exact = reference(Rounding.EXACT).forward();
    var plain = reference(Rounding.FP32).forward();
    check("o", dtype, o, plain.o(), exact.o());
    check("lse", compute(), lse, plain.lse(), exact.lse());
  }

  void checkBackward(Device device, Attention attention) {
    Inputs in = inputs(device);
    NdArray o = Cases.unset(device, dtype, batch, heads, queries, head);
    NdArray lse = statistics(device);
    var grads =
        new Gradients(
            Cases.unset(device, dtype, batch, heads, queries, head),
            Cases.unset(device, dtype, batch, keyHeads, keys, head),
            Cases.unset(device, dtype, batch, keyHeads, keys, head),
            hasBias ? Cases.unset(device, dtype, batch, heads, queries, keys) : null);
    attention.forward(in, options, o, lse);
    attention.backward(in, options, o, lse, queryArray(device, dO()), grads);
    var exact = reference(Rounding.EXACT).backward(dO());
    var plain = reference(Rounding.FP32).backward(dO());
    check("dq", dtype, grads.q(), plain.q(), exact.q());
    check("dk", dtype, grads.k(), plain.k(), exact.k());
    check("dv", dtype, grads.v(), plain.v(), exact.v());
    if (hasBias) {
      check("dbias", dtype, grads.bias(), plain.bias(), exact.bias());
    }
  }
}
