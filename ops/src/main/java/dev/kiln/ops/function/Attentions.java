package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.Gradients;
import dev.kiln.kernels.attention.Inputs;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/**
 * Attention with its gradients, fused: scores are never stored (Dao et al., "FlashAttention",
 * 2022). Heads are an axis beside the places, as a product leaves them; nothing is transposed in
 * memory. Dropout takes its counters from {@link Context#random}: pass its part by {@link
 * #withDropout}.
 */
public final class Attentions {
  private static final String NAME = "attention";

  private Attentions() {}

  /**
   * {@code softmax(q k^T / (sqrt(d) T) + bias) v} for each head.
   *
   * @param q {@code batch x queries x heads x head size}
   * @param k {@code batch x keys x key heads x head size}; key heads divide heads, and neighbouring
   *     heads share one
   * @param v of the shape of {@code k}
   * @return of the shape of {@code q}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor attention(
      Tensor q, Tensor k, Tensor v, AttentionTerms terms, AttentionOptions options) {
    Context context = q.context();
    requireHeads("q", q);
    requireHeads("k", k);
    requireHeads("v", v);
    Tensor[] in = context.cast(NAME, q, k, v, terms.bias());
    var operation = Operation.of(NAME, in);
    for (int i = 0; i < 3; i++) {
      in[i] = dense(in[i]);
    }
    Tensor o = context.empty(in[0].dtype(), q.shape());
    Tensor lse = statistics(operation, o);
    launcher(context)
        .forward(
            inputs(in[0].array(), in[1].array(), in[2].array(), in[3], terms.slopes()),
            options,
            byHead(o.array()),
            lse == null ? null : lse.array());
    operation.save(in[0], in[1], in[2], in[3], terms.slopes(), o, lse);
    return operation.result(
        o,
        g -> {
          Tensor dq = g.context().empty(g.saved(0).dtype(), g.saved(0).shape());
          Tensor dk = g.context().empty(g.saved(1).dtype(), g.saved(1).shape());
          Tensor dv = g.context().empty(g.saved(2).dtype(), g.saved(2).shape());
          NdArray q0 = g.saved(0).array();
          Tensor bias = g.saved(3);
          Tensor dBias = bias == null || !g.needs(3) ? null : scores(g.context(), q0, g.saved(1));
          launcher(g.context())
              .backward(
                  inputs(q0, g.saved(1).array(), g.saved(2).array(), bias, g.saved(4)),
                  options,
                  byHead(g.saved(5).array()),
                  g.saved(6).array(),
                  byHead(dense(g.of()).array()),
                  new Gradients(
                      byHead(dq.array()),
                      byHead(dk.array()),
                      byHead(dv.array()),
                      dBias == null ? null : dBias.array()));
          g.give(0, dq);
          g.give(1, dk);
          g.give(2, dv);
          if (dBias != null) {
            g.give(3, dBias);
          }
        });
  }

  /** A gradient of each score. */
  private static Tensor scores(Context context, NdArray q, Tensor k) {
    return context.empty(q.dtype(), q.dim(0), q.dim(2), q.dim(1), k.dim(1));
  }

  /**
   * Self-attention on queries, keys and values that one product has made side by side. They are
   * read where they are, and their gradients are written side by side, too.
   *
   * @param qkv {@code batch x places x (heads + 2 keyHeads) head size}: all queries' heads, then
   *     those of keys, then those of values
   * @param rotation of queries and keys by their places; or null
   * @return {@code batch x places x heads head size}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor packed(
      Tensor qkv,
      int heads,
      int keyHeads,
      Rotation rotation,
      AttentionTerms terms,
      AttentionOptions options) {
    Packing packing = Packing.of(qkv, heads, keyHeads);
    Context context = qkv.context();
    Tensor[] in = context.cast(NAME, qkv, terms.bias());
    var operation = Operation.of(NAME, in);
    in[0] = in[0].contiguous();
    Tensor turned = rotation == null ? null : packing.turn(context, in[0], rotation);
    Tensor o = context.empty(in[0].dtype(), qkv.dim(0), qkv.dim(1), packing.width());
    NdArray oHeads = packing.result(o.array());
    Tensor lse =
        operation.isRecorded() ? context.empty(compute(o), qkv.dim(0), heads, qkv.dim(1)) : null;
    launcher(context)
        .forward(
            packing.inputs(in[0], turned, in[1], terms.slopes()),
            options,
            oHeads,
            lse == null ? null : lse.array());
    Tensor positions = rotation == null ? null : rotation.positions();
    Rotary.Options rotary = rotation == null ? null : rotation.options();
    operation.save(in[0], turned, in[1], terms.slopes(), o, lse, positions);
    return operation.result(
        o,
        g -> {
          Tensor dqkv = g.context().empty(g.saved(0).dtype(), g.saved(0).shape());
          NdArray grads = packing.heads(dqkv.array());
          Tensor bias = g.saved(2);
          Tensor dBias =
              bias == null || !g.needs(1)
                  ? null
                  : g.context().empty(dqkv.dtype(), packing.scores(dqkv));
          launcher(g.context())
              .backward(
                  packing.inputs(g.saved(0), g.saved(1), bias, g.saved(3)),
                  options,
                  packing.result(g.saved(4).array()),
                  g.saved(5).array(),
                  packing.result(g.of().contiguous().array()),
                  new Gradients(
                      packing.queries(grads),
                      packing.keys(grads),
                      packing.values(grads),
                      dBias == null ? null : dBias.array()));
          if (rotary != null) {
            NdArray turning = packing.turning(grads);
            RotaryEmbedding.backward(g.context(), turning, rotary, g.saved(6), turning);
          }
          g.give(0, dqkv);
          if (dBias != null) {
            g.give(1, dBias);
          }
        });
  }

  /** Where the heads of queries, keys and values lie side by side. */
  private record Packing(int heads, int keyHeads, long head) {
    static Packing of(Tensor qkv, int heads, int keyHeads) {
      long all = heads + 2L * keyHeads;
      if (heads < 1 || keyHeads < 1 || heads % keyHeads != 0) {
        throw new KilnException(
            "attention: %d key heads must divide %d heads".formatted(keyHeads, heads));
      }
      if (qkv.rank() != 3 || qkv.dim(2) % all != 0) {
        throw new KilnException(
            "attention: qkv must be batch x places x (%d + 2 * %d) head size, but is %s"
                .formatted(heads, keyHeads, qkv));
      }
      return new Packing(heads, keyHeads, qkv.dim(2) / all);
    }

    long width() {
      return heads * head;
    }

    long[] scores(Tensor qkv) {
      return new long[] {qkv.dim(0), heads, qkv.dim(1), qkv.dim(1)};
    }

    /** {@code batch x places x all heads x head size}. */
    NdArray heads(NdArray qkv) {
      return qkv.reshape(qkv.dim(0), qkv.dim(1), heads + 2L * keyHeads, head);
    }

    NdArray turning(NdArray all) {
      return all.narrow(2, 0, heads + (long) keyHeads);
    }

    NdArray queries(NdArray all) {
      return byHead(all.narrow(2, 0, heads));
    }

    NdArray keys(NdArray all) {
      return byHead(all.narrow(2, heads, heads + (long) keyHeads));
    }

    NdArray values(NdArray all) {
      return byHead(all.narrow(2, heads + (long) keyHeads, heads + 2L * keyHeads));
    }

    NdArray result(NdArray o) {
      return byHead(o.reshape(o.dim(0), o.dim(1), heads, head));
    }

    Tensor turn(Context context, Tensor qkv, Rotation rotation) {
      Tensor turned =
          context.empty(qkv.dtype(), qkv.dim(0), qkv.dim(1), heads + (long) keyHeads, head);
      RotaryEmbedding.forward(
          context,
          turning(heads(qkv.array())),
          rotation.options(),
          rotation.positions(),
          turned.array());
      return turned;
    }

    Inputs inputs(Tensor qkv, Tensor turned, Tensor bias, Tensor slopes) {
      NdArray all = heads(qkv.array());
      NdArray first = turned == null ? all : turned.array();
      return new Inputs(
          queries(first), keys(first), values(all), orNull(bias), orNull(slopes), null, null, 0, 0);
    }
  }

  /** With a part of the weights dropped, by the context's random numbers. */
  public static AttentionOptions withDropout(
      AttentionOptions options, double part, Context context, long scores) {
    return part == 0
        ? options
        : options.withDropout(part, context.random().seed(), context.random().take(scores));
  }

  private static void requireHeads(String argument, Tensor x) {
    if (x.rank() != 4) {
      throw new KilnException(
          "attention: %s must be batch x places x heads x head size, but is %s"
              .formatted(argument, x));
    }
  }

  /** A head's numbers side by side. */
  private static Tensor dense(Tensor x) {
    return x.dim(3) == 1 || x.stride(3) == 1 ? x : x.contiguous();
  }

  private static Tensor statistics(Operation operation, Tensor o) {
    return operation.isRecorded()
        ? o.context().empty(compute(o), o.dim(0), o.dim(2), o.dim(1))
        : null;
  }

  private static DType compute(Tensor x) {
    return x.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  private static Inputs inputs(NdArray q, NdArray k, NdArray v, Tensor bias, Tensor slopes) {
    return new Inputs(
        byHead(q), byHead(k), byHead(v), orNull(bias), orNull(slopes), null, null, 0, 0);
  }

  private static NdArray orNull(Tensor tensor) {
    return tensor == null ? null : tensor.array();
  }

  private static NdArray byHead(NdArray x) {
    return x.permute(0, 2, 1, 3);
  }

  private static Attention launcher(Context context) {
    return context.launcher(Attention.class, Attention::new);
  }
}
