package dev.kiln.tests.kernels;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.DecodeAttention;
import dev.kiln.kernels.reference.AttentionReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DecodeAttentionTest {
  private static final AttentionOptions PLAIN = AttentionOptions.DEFAULT;

  static Stream<Arguments> problems() {
    return Cases.eachFloat(
        (device, dtype) ->
            steps(dtype, Cases.isTested(device)).stream()
                .map(step -> Arguments.of(Cases.name(device), step)));
  }

  private static List<Step> steps(DType dtype, boolean large) {
    List<Step> steps =
        List.of(
            new Step(dtype, PLAIN, 1, 1, 3, 20, 0, false, 5, 0, 20),
            new Step(dtype, PLAIN.withWindow(6, -1).withSoftCap(2), 5, 1, 8, 40, 8, true, 37, 1));
    return large
        ? Stream.concat(
                steps.stream(),
                Stream.of(
                    new Step(dtype, PLAIN, 2, 2, 64, 3000, 0, false, 3000, 17, 1025),
                    new Step(dtype, PLAIN, 8, 1, 40, 1024, 16, false, 1000, 513)))
            .toList()
        : steps;
  }

  @ParameterizedTest
  @MethodSource("problems")
  void outputIsWithinTheErrorRule(String device, Step step) {
    step.check(Cases.device(device));
  }

  @Test
  void emptyBatchesDoNothing() {
    for (Device device : Cases.devices()) {
      NdArray cache = NdArray.zeros(device, DType.FP32, 0, 2, 4, 8);
      NdArray q = NdArray.zeros(device, DType.FP32, 0, 2, 8);
      NdArray lengths = NdArray.zeros(device, DType.I32, 0);
      new DecodeAttention(device)
          .run(q, new DecodeAttention.Cache(cache, cache, lengths), PLAIN, q);
    }
  }

  /** A step of decoding; a page size of 0 stands for a cache in rows. */
  private record Step(
      DType dtype,
      AttentionOptions options,
      int group,
      int keyHeads,
      int head,
      int capacity,
      int page,
      boolean hasSlopes,
      int... lengths) {

    int heads() {
      return group * keyHeads;
    }

    void check(Device device) {
      int batch = lengths.length;
      double[] q = Cases.normal(dtype, 1, batch * heads() * head);
      double[] k = Cases.normal(dtype, 2, batch * keyHeads * capacity * head);
      double[] v = Cases.normal(dtype, 3, batch * keyHeads * capacity * head);
      DType compute = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
      NdArray o = Cases.unset(device, dtype, batch, heads(), head);
      NdArray lse = Cases.unset(device, compute, batch, heads());
      NdArray slopes = hasSlopes ? NdArray.of(device, compute, slopes(), heads()) : null;
      new DecodeAttention(device)
          .run(
              NdArray.of(device, dtype, q, batch, heads(), head),
              page == 0 ? rows(device, k, v) : pages(device, k, v),
              options,
              slopes,
              o,
              lse);
      for (int b = 0; b < batch; b++) {
        var exact = sequence(Rounding.EXACT, b, q, k, v).forward();
        var plain = sequence(Rounding.FP32, b, q, k, v).forward();
        same("o", b, dtype, o, plain.o(), exact.o());
        same("lse", b, compute, lse, plain.lse(), exact.lse());
      }
    }

    private double[] slopes() {
      return IntStream.range(0, heads()).mapToDouble(h -> Math.scalb(1.0, -1 - h)).toArray();
    }

    private void same(String what, int b, DType type, NdArray all, double[] plain, double[] exact) {
      double[] actual = all.narrow(0, b, b + 1).toDoubles();
      String name = what + " of sequence " + b;
      if (type == DType.FP64) {
        ErrorRule.checkFp64(name, actual, exact, head + lengths[b]);
      } else {
        ErrorRule.check(name, type, actual, Rounding.to(type).of(plain), exact);
      }
    }

    private AttentionReference sequence(Rounding r, int b, double[] q, double[] k, double[] v) {
      int n = lengths[b];
      return new AttentionReference(
          r,
          options,
          1,
          heads(),
          keyHeads,
          1,
          n,
          head,
          Arrays.copyOfRange(q, b * heads() * head, (b + 1) * heads() * head),
          first(k, b),
          first(v, b),
          null,
          hasSlopes ? slopes() : null,
          1,
          n);
    }

    /** The keys of a sequence. */
    private double[] first(double[] all, int b) {
      int n = lengths[b];
      double[] some = new double[keyHeads * n * head];
      for (int h = 0; h < keyHeads; h++) {
        System.arraycopy(all, (b * keyHeads + h) * capacity * head, some, h * n * head, n * head);
      }
      return some;
    }

    private DecodeAttention.Cache rows(Device device, double[] k, double[] v) {
      int batch = lengths.length;
      return new DecodeAttention.Cache(
          NdArray.of(device, dtype, k, batch, keyHeads, capacity, head),
          NdArray.of(device, dtype, v, batch, keyHeads, capacity, head),
          NdArray.of(device, lengths));
    }

    /** The same cache in shuffled pages of page x heads x head size, the numbers beyond it NaN. */
    private DecodeAttention.Cache pages(Device device, double[] k, double[] v) {
      int each = capacity / page;
      List<Integer> order =
          new java.util.ArrayList<>(IntStream.range(0, lengths.length * each).boxed().toList());
      Collections.shuffle(order, new Random(1));
      int[] table = order.stream().mapToInt(i -> i).toArray();
      long[] starts = Arrays.stream(lengths).asLongStream().toArray();
      return new DecodeAttention.Cache(
          inPages(device, k, table),
          inPages(device, v, table),
          NdArray.of(device, starts),
          NdArray.of(device, table, lengths.length, each));
    }

    private NdArray inPages(Device device, double[] all, int[] table) {
      double[] paged = new double[table.length * page * keyHeads * head];
      Arrays.fill(paged, Double.NaN);
      for (int b = 0; b < lengths.length; b++) {
        for (int j = 0; j < lengths[b]; j++) {
          int row = table[b * (capacity / page) + j / page] * page + j % page;
          for (int h = 0; h < keyHeads; h++) {
            int from = ((b * keyHeads + h) * capacity + j) * head;
            System.arraycopy(all, from, paged, (row * keyHeads + h) * head, head);
          }
        }
      }
      return NdArray.of(device, dtype, paged, table.length, page, keyHeads, head)
          .permute(0, 2, 1, 3);
    }
  }
}
