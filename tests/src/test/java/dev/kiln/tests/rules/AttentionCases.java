package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.DecodeAttention;
import dev.kiln.kernels.attention.Gradients;
import dev.kiln.kernels.attention.Inputs;
import java.util.List;

/** Launches of the attention kernels. */
final class AttentionCases {
  private AttentionCases() {}

  static List<KernelCase> all() {
    return List.of(
        causal(),
        withEverything(),
        decode("DecodeAttention", 1),
        decode("DecodeAttention of groups", 4));
  }

  private static KernelCase causal() {
    return new KernelCase(
        "Attention",
        List.of(
            normal(DType.FP32, 1, 1, 2, 70, 40),
            normal(DType.FP32, 2, 1, 1, 90, 40),
            normal(DType.FP32, 3, 1, 1, 90, 40),
            normal(DType.FP32, 4, 1, 2, 70, 40),
            unwritten(1, 2, 70, 40),
            unwritten(1, 2, 70),
            unwritten(1, 2, 70, 40),
            unwritten(1, 1, 90, 40),
            unwritten(1, 1, 90, 40)),
        (device, a) -> {
          var attention = new Attention(device, new Attention.Blocks(32, 32, 32, 16));
          var in = Inputs.of(a.get(0), a.get(1), a.get(2));
          var grads = new Gradients(a.get(6), a.get(7), a.get(8));
          var options = AttentionOptions.CAUSAL;
          return () -> {
            attention.forward(in, options, a.get(4), a.get(5));
            attention.backward(in, options, a.get(4), a.get(5), a.get(3), grads);
          };
        });
  }

  private static KernelCase withEverything() {
    DType bf16 = DType.BF16;
    return new KernelCase(
        "Attention with bias, window, cap, dropout",
        List.of(
            normal(bf16, 5, 1, 2, 20, 24),
            normal(bf16, 6, 1, 2, 50, 24),
            normal(bf16, 7, 1, 2, 50, 24),
            normal(bf16, 8, 1, 2, 20, 24),
            unwritten(bf16, 1, 2, 20, 24),
            unwritten(1, 2, 20),
            unwritten(bf16, 1, 2, 20, 24),
            unwritten(bf16, 1, 2, 50, 24),
            unwritten(bf16, 1, 2, 50, 24),
            normal(bf16, 9, 1, 2, 20, 50),
            unwritten(bf16, 1, 2, 20, 50)),
        (device, a) -> {
          var attention = new Attention(device, new Attention.Blocks(16, 16, 16, 16));
          var in = Inputs.of(a.get(0), a.get(1), a.get(2)).withBias(a.get(9));
          var grads = new Gradients(a.get(6), a.get(7), a.get(8), a.get(10));
          var options =
              AttentionOptions.DEFAULT.withWindow(20, 5).withSoftCap(3).withDropout(0.25, 7, 99);
          return () -> {
            attention.forward(in, options, a.get(4), a.get(5));
            attention.backward(in, options, a.get(4), a.get(5), a.get(3), grads);
          };
        });
  }

  private static KernelCase decode(String name, int group) {
    return new KernelCase(
        name,
        List.of(
            normal(DType.FP32, 10, 2, group, 40),
            normal(DType.FP32, 11, 40, 1, 16, 40),
            normal(DType.FP32, 12, 40, 1, 16, 40),
            integers(DType.I32, 13, 200, 320, 2),
            integers(DType.I32, 14, 0, 40, 2, 20),
            unwritten(2, group, 40),
            unwritten(2, group)),
        (device, a) -> {
          var attention = new DecodeAttention(device);
          var cache = new DecodeAttention.Cache(a.get(1), a.get(2), a.get(3), a.get(4));
          var options = AttentionOptions.DEFAULT;
          return () -> attention.run(a.get(0), cache, options, null, a.get(5), a.get(6));
        });
  }
}
