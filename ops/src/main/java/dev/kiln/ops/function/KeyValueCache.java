package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.DecodeAttention;
import dev.kiln.kernels.attention.Inputs;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * Keys and values of a layer's places so far, for generation: each new place is computed once. The
 * sequences of a batch are equally long. Without gradients. Lives until it is closed.
 */
public final class KeyValueCache implements AutoCloseable {
  private final Context context;
  private final long capacity;
  private Tensor keys;
  private Tensor values;
  private Tensor lengths;
  private long length;

  /**
   * Takes memory with the first places, in their dtype.
   *
   * @param capacity most places, at least 0
   */
  public KeyValueCache(Context context, long capacity) {
    if (capacity < 0) {
      throw new KilnException("cache: the capacity must not be negative, but is " + capacity);
    }
    this.context = context;
    this.capacity = capacity;
  }

  /** Places so far. */
  public long length() {
    return length;
  }

  public long capacity() {
    return capacity;
  }

  /** Forgets all places. */
  public void clear() {
    length = 0;
  }

  /**
   * Adds places.
   *
   * @param k {@code batch x places x heads x head size}
   * @param v of the shape of {@code k}
   * @throws KilnException if the shapes do not fit, or the cache is full
   */
  public void append(Tensor k, Tensor v) {
    append(k.array(), v.array());
  }

  void append(NdArray k, NdArray v) {
    requireFitting(k, v);
    requireRoom(k.dim(1));
    if (keys == null) {
      keys = context.empty(k.dtype(), k.dim(0), capacity, k.dim(2), k.dim(3)).persist();
      values = context.empty(k.dtype(), keys.shape()).persist();
      lengths = context.empty(DType.I32, k.dim(0)).persist();
    }
    long to = length + k.dim(1);
    Pointwise pointwise = context.launcher(Pointwise.class, Pointwise::new);
    pointwise.copy(k, keys.array().narrow(1, length, to));
    pointwise.copy(v, values.array().narrow(1, length, to));
    length = to;
  }

  private void requireRoom(long places) {
    if (length + places > capacity) {
      throw new KilnException(
          "cache: %d places more than %d do not fit its %d".formatted(places, length, capacity));
    }
  }

  private void requireFitting(NdArray k, NdArray v) {
    boolean fits = k.rank() == 4 && Arrays.equals(k.shape(), v.shape());
    for (int axis = 0; keys != null && fits && axis < 4; axis++) {
      fits = axis == 1 || k.dim(axis) == keys.dim(axis);
    }
    if (!fits) {
      throw new KilnException(
          "cache: keys %s and values %s must be batch x places x heads x head size%s"
              .formatted(k, v, keys == null ? "" : " as in " + keys));
    }
  }

  /**
   * Attention of the last places over all.
   *
   * @param q {@code batch x queries x heads x head size}: the last query's own key is the last key
   * @param slopes as in {@link AttentionTerms}; or null
   * @param options without dropout
   * @return of the shape of {@code q}
   * @throws KilnException if there are no places yet, or the shapes do not fit
   */
  public Tensor attend(Tensor q, Tensor slopes, AttentionOptions options) {
    if (keys == null || length == 0) {
      throw new KilnException("cache: there are no places yet; append some");
    }
    try (Mode _ = context.noGrad()) {
      Tensor o = context.empty(q.dtype(), q.shape());
      attend(q.array(), slopes, options, o.array());
      return o;
    }
  }

  /**
   * Adds the places of a product that holds queries, keys and values side by side, and lets their
   * queries see all that is before them.
   *
   * @param qkv {@code batch x places x (heads + 2 keyHeads) head size}, contiguous; its queries and
   *     keys are turned in place if there is a rotation
   * @param rotary of queries and keys, or null; places count on from those before
   * @param slopes as in {@link AttentionTerms}; or null
   * @param options without dropout
   * @return {@code batch x places x heads head size}
   * @throws KilnException if the shapes do not fit, or the cache is full
   */
  public Tensor attend(
      Tensor qkv,
      int heads,
      int keyHeads,
      Rotary.Options rotary,
      Tensor slopes,
      AttentionOptions options) {
    long head = qkv.dim(2) / (heads + 2L * keyHeads);
    requireRoom(qkv.dim(1));
    NdArray all = qkv.array().reshape(qkv.dim(0), qkv.dim(1), heads + 2L * keyHeads, head);
    int keysEnd = heads + keyHeads;
    if (rotary != null) {
      var here =
          new Rotary.Options(
              rotary.form(), rotary.dimensions(), rotary.base(), rotary.offset() + length);
      NdArray turning = all.narrow(2, 0, keysEnd);
      RotaryEmbedding.forward(context, turning, here, null, turning);
      qkv.changedInPlace();
    }
    append(all.narrow(2, heads, keysEnd), all.narrow(2, keysEnd, keysEnd + (long) keyHeads));
    Tensor o = context.empty(qkv.dtype(), qkv.dim(0), qkv.dim(1), heads * head);
    attend(
        all.narrow(2, 0, heads),
        slopes,
        options,
        o.array().reshape(qkv.dim(0), qkv.dim(1), heads, head));
    return o;
  }

  void attend(NdArray q, Tensor slopes, AttentionOptions options, NdArray o) {
    NdArray slope = slopes == null ? null : slopes.array();
    if (q.dim(1) == 1 && length > 0) {
      decode(q, slope, options, o);
      return;
    }
    var inputs = Inputs.of(byHead(q), byHead(part(keys)), byHead(part(values))).withSlopes(slope);
    context
        .launcher(Attention.class, Attention::new)
        .forward(inputs, options.withAlignment(AttentionOptions.Alignment.LAST), byHead(o), null);
  }

  private void decode(NdArray q, NdArray slopes, AttentionOptions options, NdArray o) {
    double[] all = new double[Math.toIntExact(lengths.size())];
    Arrays.fill(all, length);
    lengths.set(all);
    context
        .launcher(DecodeAttention.class, DecodeAttention::new)
        .run(
            q.squeeze(1),
            new DecodeAttention.Cache(
                byHead(keys.array()), byHead(values.array()), lengths.array()),
            options,
            slopes,
            o.squeeze(1),
            null);
  }

  private NdArray part(Tensor all) {
    return all.array().narrow(1, 0, length);
  }

  private static NdArray byHead(NdArray x) {
    return x.permute(0, 2, 1, 3);
  }

  @Override
  public void close() {
    if (keys != null) {
      keys.close();
      values.close();
      lengths.close();
    }
  }
}
