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

/** Sequences of varying lengths, one behind the other, compared with each on its own. */
record PackedAttention(Device device, AttentionOptions options) {
  private static final int HEADS = 2;
  private static final int KEY_HEADS = 1;
  private static final int HEAD = 8;
  private static final int[] QUERY_STARTS = {0, 5, 5, 22, 25};
  private static final int[] KEY_STARTS = {0, 7, 11, 31, 31};
  private static final int LONGEST_QUERIES = 17;
  private static final int LONGEST_KEYS = 21;

  void check() {
    NdArray o = unset(HEADS, 25);
    NdArray lse = Cases.unset(device, DType.FP32, HEADS, 25);
    var grads = new Gradients(unset(HEADS, 25), unset(KEY_HEADS, 31), unset(KEY_HEADS, 31));
    Inputs in =
        Inputs.of(rows(q(), HEADS, 25), rows(k(), KEY_HEADS, 31), rows(v(), KEY_HEADS, 31))
            .packed(
                NdArray.of(device, QUERY_STARTS),
                NdArray.of(device, KEY_STARTS),
                LONGEST_QUERIES,
                LONGEST_KEYS);
    var attention = new Attention(device);
    attention.forward(in, options, o, lse);
    attention.backward(in, options, o, lse, rows(dO(), HEADS, 25), grads);
    for (int b = 0; b < QUERY_STARTS.length - 1; b++) {
      var exact = sequence(b, Rounding.EXACT).forward();
      var plain = sequence(b, Rounding.FP32).forward();
      queries("o", b, o, plain.o(), exact.o());
      NdArray some = lse.narrow(1, QUERY_STARTS[b], QUERY_STARTS[b + 1]);
      ErrorRule.check("lse", DType.FP32, some.toDoubles(), plain.lse(), exact.lse());
      double[] dOs = part(dO(), HEADS, QUERY_STARTS, b);
      var exactGrads = sequence(b, Rounding.EXACT).backward(dOs);
      var plainGrads = sequence(b, Rounding.FP32).backward(dOs);
      queries("dq", b, grads.q(), plainGrads.q(), exactGrads.q());
      keys("dk", b, grads.k(), plainGrads.k(), exactGrads.k());
      keys("dv", b, grads.v(), plainGrads.v(), exactGrads.v());
    }
  }

  private static double[] q() {
    return Cases.normal(DType.FP32, 1, 25 * HEADS * HEAD);
  }

  private static double[] k() {
    return Cases.normal(DType.FP32, 2, 31 * KEY_HEADS * HEAD);
  }

  private static double[] v() {
    return Cases.normal(DType.FP32, 3, 31 * KEY_HEADS * HEAD);
  }

  private static double[] dO() {
    return Cases.normal(DType.FP32, 4, 25 * HEADS * HEAD);
  }

  /** The numbers of rows x heads x head size as heads x rows x head size. */
  private NdArray rows(double[] values, int heads, int rows) {
    return NdArray.of(device, DType.FP32, values, rows, heads, HEAD).permute(1, 0, 2);
  }

  private NdArray unset(int heads, int rows) {
    return Cases.unset(device, DType.FP32, rows, heads, HEAD).permute(1, 0, 2);
  }

  private AttentionReference sequence(int b, Rounding r) {
    long first = options.offset() + (long) b * HEADS * LONGEST_QUERIES * LONGEST_KEYS;
    return new AttentionReference(
        r,
        options.withDropout(options.dropout(), options.seed(), first),
        1,
        HEADS,
        KEY_HEADS,
        QUERY_STARTS[b + 1] - QUERY_STARTS[b],
        KEY_STARTS[b + 1] - KEY_STARTS[b],
        HEAD,
        part(q(), HEADS, QUERY_STARTS, b),
        part(k(), KEY_HEADS, KEY_STARTS, b),
        part(v(), KEY_HEADS, KEY_STARTS, b),
        null,
        null,
        LONGEST_QUERIES,
        LONGEST_KEYS);
  }

  /** One sequence of rows x heads x head size, as heads x rows x head size. */
  private static double[] part(double[] all, int heads, int[] starts, int b) {
    int rows = starts[b + 1] - starts[b];
    double[] part = new double[heads * rows * HEAD];
    for (int h = 0; h < heads; h++) {
      for (int i = 0; i < rows; i++) {
        System.arraycopy(
            all, ((starts[b] + i) * heads + h) * HEAD, part, (h * rows + i) * HEAD, HEAD);
      }
    }
    return part;
  }

  private void queries(String what, int b, NdArray actual, double[] plain, double[] exact) {
    check(what, actual.narrow(1, QUERY_STARTS[b], QUERY_STARTS[b + 1]), plain, exact);
  }

  private void keys(String what, int b, NdArray actual, double[] plain, double[] exact) {
    check(what, actual.narrow(1, KEY_STARTS[b], KEY_STARTS[b + 1]), plain, exact);
  }

  private static void check(String what, NdArray actual, double[] plain, double[] exact) {
    ErrorRule.check(what, DType.FP32, actual.toDoubles(), plain, exact);
  }
}
