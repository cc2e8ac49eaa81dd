package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.DecodeAttention;
import dev.kiln.kernels.attention.Gradients;
import dev.kiln.kernels.attention.Inputs;
import dev.kiln.kernels.reference.AttentionReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Attention. */
final class AttentionEntries {
  private static final String[] ROWS = {"batch", "heads", "length", "head"};
  private static final String[] STATISTICS = {"batch", "heads", "length"};

  private AttentionEntries() {}

  static List<Entry> all() {
    AttentionOptions plain = AttentionOptions.DEFAULT;
    AttentionOptions causal = AttentionOptions.CAUSAL;
    return List.of(
        forward("attention", plain, 1),
        forward("attention-causal", causal, 0.5),
        backward("attention-backward", plain, 1),
        backward("attention-causal-backward", causal, 0.5),
        decode());
  }

  private static Entry entry(String name, String about) {
    return Entry.of(name, Family.ATTENTION, about, "batch", "heads", "length", "head")
        .shapes("1x2x37x16", "1x8x256x64", "2x8x512x64", "1x16x1024x64")
        .reads("q", ROWS)
        .reads("k", ROWS)
        .reads("v", ROWS);
  }

  /** Operations of so many products of scores with heads; seen is the part that is not masked. */
  private static ToDoubleFunction<Sizes> products(int count, double seen) {
    return s -> 2.0 * count * seen * s.product(ROWS) * s.of("length");
  }

  private static AttentionReference reference(Rounding r, CaseInputs in, AttentionOptions options) {
    int length = in.size("length");
    return new AttentionReference(
        r,
        options,
        in.size("batch"),
        in.size("heads"),
        in.size("heads"),
        length,
        length,
        in.size("head"),
        in.values("q"),
        in.values("k"),
        in.values("v"),
        null,
        null,
        length,
        length);
  }

  private static Entry forward(String name, AttentionOptions options, double seen) {
    return entry(name, "softmax(q k^T / sqrt(head)) v, all in one kernel")
        .writes("o", ROWS)
        .writesStatistics("lse", STATISTICS)
        .productFlops(products(2, seen))
        .runs(
            (device, a) -> {
              Inputs inputs = Inputs.of(a.apply("q"), a.apply("k"), a.apply("v"));
              return Call.of(
                  new Attention(device),
                  k -> k.forward(inputs, options, a.apply("o"), a.apply("lse")));
            })
        .means(
            (r, in) -> {
              var out = reference(r, in, options).forward();
              return Map.of("o", out.o(), "lse", out.lse());
            });
  }

  private static Entry backward(String name, AttentionOptions options, double seen) {
    return entry(name, "gradients of q, k and v, with scores computed again")
        .reads(
            null, Fill.from(in -> reference(Rounding.EXACT, in, options).forward().o()), "o", ROWS)
        .readsStatistics(
            Fill.from(in -> reference(Rounding.EXACT, in, options).forward().lse()),
            "lse",
            STATISTICS)
        .reads("do", ROWS)
        .writes("dq", ROWS)
        .writes("dk", ROWS)
        .writes("dv", ROWS)
        .productFlops(products(5, seen))
        .runs(
            (device, a) -> {
              Inputs inputs = Inputs.of(a.apply("q"), a.apply("k"), a.apply("v"));
              var gradients = new Gradients(a.apply("dq"), a.apply("dk"), a.apply("dv"));
              return Call.of(
                  new Attention(device),
                  k ->
                      k.backward(
                          inputs, options, a.apply("o"), a.apply("lse"), a.apply("do"), gradients));
            })
        .means(
            (r, in) -> {
              var grads = reference(r, in, options).backward(in.values("do"));
              return Map.of("dq", grads.q(), "dk", grads.k(), "dv", grads.v());
            });
  }

  /** One query for each head against a full cache. */
  private static Entry decode() {
    String[] cache = {"batch", "heads", "length", "head"};
    return Entry.of(
            "attention-decode",
            Family.ATTENTION,
            "one query of each sequence against its cache",
            "batch",
            "heads",
            "length",
            "head")
        .shapes("2x3x37x16", "4x8x1024x64", "8x8x2048x64")
        .reads("q", "batch", "heads", "head")
        .reads("k", cache)
        .reads("v", cache)
        .reads(
            DType.I32,
            Fill.from(in -> filled(in.size("batch"), in.size("length"))),
            "lengths",
            "batch")
        .writes("o", "batch", "heads", "head")
        .productFlops(s -> 4.0 * s.product(cache))
        .runs(
            (device, a) -> {
              var kept = new DecodeAttention.Cache(a.apply("k"), a.apply("v"), a.apply("lengths"));
              return Call.of(
                  new DecodeAttention(device),
                  k -> k.run(a.apply("q"), kept, AttentionOptions.DEFAULT, a.apply("o")));
            })
        .yields(
            "o",
            (r, in) ->
                new AttentionReference(
                        r,
                        AttentionOptions.DEFAULT,
                        in.size("batch"),
                        in.size("heads"),
                        in.size("heads"),
                        1,
                        in.size("length"),
                        in.size("head"),
                        in.values("q"),
                        in.values("k"),
                        in.values("v"),
                        null,
                        null,
                        1,
                        in.size("length"))
                    .forward()
                    .o());
  }

  private static double[] filled(int count, double value) {
    double[] values = new double[count];
    Arrays.fill(values, value);
    return values;
  }
}
