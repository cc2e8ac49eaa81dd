package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.DecodeAttention;
import dev.kiln.kernels.attention.Gradients;
import dev.kiln.kernels.attention.Inputs;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import org.junit.jupiter.api.Test;

class AttentionArgumentsTest {
  private static final Device CPU = Cases.tested();
  private static final AttentionOptions PLAIN = AttentionOptions.DEFAULT;

  private final Attention attention = new Attention(CPU);
  private final DecodeAttention decode = new DecodeAttention(CPU);
  private final NdArray q = fp32(2, 4, 5, 8);
  private final NdArray k = fp32(2, 2, 6, 8);
  private final NdArray o = fp32(2, 4, 5, 8);
  private final NdArray lse = fp32(2, 4, 5);

  private static NdArray fp32(long... shape) {
    return NdArray.zeros(CPU, DType.FP32, shape);
  }

  private static NdArray i32(long... shape) {
    return NdArray.zeros(CPU, DType.I32, shape);
  }

  private void faults(Inputs in, String rule) {
    refused(() -> attention.forward(in, PLAIN, o, null), "Attention.forward: argument " + rule);
  }

  private void faults(AttentionOptions options, String rule) {
    refused(
        () -> attention.forward(Inputs.of(q, k, k), options, o, null),
        "Attention.forward: argument " + rule);
  }

  @Test
  void shapesOfInputs() {
    faults(
        Inputs.of(i32(2, 4, 5, 8), k, k),
        "'q' must be fp32, fp16 or bf16, but is " + i32(2, 4, 5, 8));
    faults(Inputs.of(fp32(4, 5, 8), k, k), "'q' must have 4 axes, but is " + fp32(4, 5, 8));
    NdArray columns = fp32(2, 4, 8, 5).permute(0, 1, 3, 2);
    faults(
        Inputs.of(columns, k, k), "'q' must have a head's numbers side by side, but is " + columns);
    NdArray wide = fp32(2, 4, 5, 257);
    faults(Inputs.of(wide, k, k), "'q' must have 1 to 256 numbers in a head, but is " + wide);
    NdArray half = NdArray.zeros(CPU, DType.FP16, 2, 2, 6, 8);
    faults(Inputs.of(q, half, k), "'k' must have the dtype of 'q', fp32, but is " + half);
    faults(Inputs.of(q, k, half), "'v' must have the dtype of 'q', fp32, but is " + half);
    NdArray longer = fp32(2, 2, 7, 8);
    faults(Inputs.of(q, k, longer), "'v' must have the shape of 'k', " + k + ", but is " + longer);
    NdArray other = fp32(2, 2, 6, 9);
    faults(Inputs.of(q, other, other), "'k' must have the head size of 'q', but is " + other);
    NdArray batch = fp32(1, 2, 6, 8);
    faults(Inputs.of(q, batch, batch), "'k' must have the batch of 'q', but is " + batch);
    NdArray three = fp32(2, 3, 6, 8);
    faults(
        Inputs.of(q, three, three),
        "'k' must have heads that divide those of 'q', but is " + three);
  }

  @Test
  void biasesAndSlopes() {
    NdArray bias = fp32(2, 4, 5, 7);
    String shape = "must be batch x heads x queries x keys, keys side by side, but is ";
    faults(Inputs.of(q, k, k).withBias(bias), "'bias' " + shape + bias);
    faults(
        Inputs.of(q, k, k).withSlopes(fp32(3)),
        "'slopes' must be a vector of 4, but is " + fp32(3));
    faults(Inputs.of(q, k, k).withSlopes(i32(4)), "'slopes' must be fp32, but is " + i32(4));
    Inputs in = Inputs.of(q, k, k);
    refused(
        () -> attention.backward(in, PLAIN, o, lse, o, new Gradients(q, k, k, bias)),
        "Attention.backward: argument 'grads.bias' must be null where there is no bias");
    Inputs with = in.withBias(fp32(1, 1, 5, 6));
    refused(
        () -> attention.backward(with, PLAIN, o, lse, o, new Gradients(q, k, k, bias)),
        "Attention.backward: argument 'grads.bias' " + shape + bias);
  }

  @Test
  void packedBatches() {
    NdArray rows = fp32(4, 5, 8);
    Inputs in = Inputs.of(rows, rows, rows);
    faults(in.packed(i32(3), null, 5, 5), "'queryStarts' and 'keyStarts' must be given together");
    faults(in.packed(i32(3), i32(4), 5, 5), "'keyStarts' must be a vector of 3, but is " + i32(4));
    faults(in.packed(fp32(3), i32(3), 5, 5), "'queryStarts' must be i32, but is " + fp32(3));
    faults(in.packed(i32(0), i32(0), 5, 5), "'queryStarts' must hold one number more than batches");
    faults(
        in.packed(i32(3), i32(3), -1, 5), "'longestQueries' and 'longestKeys' must be at least 0");
    faults(
        in.withBias(fp32(1, 1, 5, 5)).packed(i32(3), i32(3), 5, 5),
        "'bias' must be null beside packed batches");
  }

  @Test
  void results() {
    Inputs in = Inputs.of(q, k, k);
    String forward = "Attention.forward: argument ";
    NdArray small = fp32(2, 4, 4, 8);
    refused(
        () -> attention.forward(in, PLAIN, small, null),
        forward + "'o' must have the shape of 'q', " + q + ", but is " + small);
    refused(
        () -> attention.forward(in, PLAIN, o, fp32(2, 4, 4)),
        forward
            + "'lse' must have a number for each row of 'q', side by side, but is "
            + fp32(2, 4, 4));
    refused(
        () -> attention.backward(in, PLAIN, o, lse, o, new Gradients(q, q, k)),
        "Attention.backward: argument 'grads.k' must have the shape of 'k', "
            + k
            + ", but is "
            + q);
  }

  @Test
  void options() {
    faults(PLAIN.withScale(-1), "'scale' must be at least 0");
    faults(PLAIN.withTemperature(0), "'temperature' must be positive");
    faults(PLAIN.withSoftCap(Double.NaN), "'softCap' must be at least 0");
    faults(PLAIN.withWindow(-2, 0), "'left' must be from -1 to 2147483647");
    faults(PLAIN.withWindow(0, 1L << 31), "'right' must be from -1 to 2147483647");
    faults(PLAIN.withDropout(1, 0, 0), "'dropout' must be at least 0 and less than 1");
  }

  @Test
  void decoding() {
    NdArray one = fp32(2, 4, 8);
    NdArray lengths = i32(2);
    var rows = new DecodeAttention.Cache(k, k, lengths);
    String name = "DecodeAttention: argument ";
    refused(
        () -> decode.run(one, rows, PLAIN.withDropout(0.5, 0, 0), one),
        name + "'dropout' must be 0");
    refused(
        () -> decode.run(q, rows, PLAIN, q),
        name + "'q' must be batch x heads x head size, a head's numbers side by side, but is " + q);
    refused(
        () -> decode.run(fp32(1, 4, 8), new DecodeAttention.Cache(k, k, i32(1)), PLAIN, one),
        name + "'k' must have the batch of 'q', but is " + k);
    refused(
        () -> decode.run(one, new DecodeAttention.Cache(k, k, lengths, i32(2, 3)), PLAIN, one),
        name + "'k' must have pages of a power of two of rows, but is " + k);
    refused(
        () -> decode.run(one, new DecodeAttention.Cache(k, k, fp32(2)), PLAIN, one),
        name + "'lengths' must be i32 or i64, but is " + fp32(2));
    NdArray table = i32(3, 2).permute(1, 0);
    NdArray pages = fp32(4, 2, 16, 8);
    refused(
        () -> decode.run(one, new DecodeAttention.Cache(pages, pages, lengths, table), PLAIN, one),
        name + "'table' must have the pages of a sequence side by side");
  }
}
