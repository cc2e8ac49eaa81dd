package dev.kiln.ops.nn.sequence;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.ops.function.AttentionTerms;
import dev.kiln.ops.function.Attentions;
import dev.kiln.ops.function.KeyValueCache;
import dev.kiln.ops.function.Products;
import dev.kiln.ops.function.RotaryEmbedding;
import dev.kiln.ops.function.Rotation;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;

/**
 * Attention with several heads (Vaswani et al., "Attention Is All You Need", 2017): of a sequence
 * over itself, or over another.
 *
 * <p>Parameters are those of PyTorch's {@code MultiheadAttention}: {@code in_proj_weight} of {@code
 * [(heads + 2 keyHeads) head, width]} with the rows of queries, keys and values, {@code
 * in_proj_bias}, {@code out_proj.weight}, {@code out_proj.bias}. Sequences are {@code batch x
 * places x width}.
 */
public final class MultiHeadAttention extends Module implements Counted {
  private final AttentionLayerOptions options;
  private final long head;
  private final Tensor weight;
  private final Tensor bias;
  private final Linear projection;
  private final Tensor slopes;

  /**
   * @param width of the sequences; the heads divide it
   */
  public MultiHeadAttention(Context context, long width, AttentionLayerOptions options) {
    super(context);
    this.options = options;
    if (width < 1 || width % options.heads() != 0) {
      throw new KilnException(
          "MultiHeadAttention: %d heads must divide the width %d"
              .formatted(options.heads(), width));
    }
    head = width / options.heads();
    if (options.rotary() != null && head % 2 != 0) {
      throw new KilnException(
          "MultiHeadAttention: heads of %d numbers cannot turn: it takes pairs".formatted(head));
    }
    long rows = (options.heads() + 2L * options.keyHeads()) * head;
    weight =
        parameter("in_proj_weight", Initialization.xavierUniform(1).make(context, rows, width));
    bias = options.hasBias() ? parameter("in_proj_bias", context.zeros(DType.FP32, rows)) : null;
    projection = child("out_proj", new Linear(context, width, width, options.hasBias()));
    if (options.hasBias()) {
      Initialization.zeros().fill(projection.bias());
    }
    slopes = options.isAlibi() ? buffer("slopes", slopes(context, options.heads())) : null;
  }

  /** Halves from head to head, more slowly the more heads there are; as in the paper's code. */
  private static Tensor slopes(Context context, int heads) {
    float[] slopes = new float[heads];
    int even = Integer.highestOneBit(heads);
    for (int i = 0; i < heads; i++) {
      double exponent = i < even ? 8.0 * (i + 1) / even : 4.0 * (2 * (i - even) + 1) / even;
      slopes[i] = (float) Math.pow(2, -exponent);
    }
    return context.of(slopes, heads);
  }

  public AttentionLayerOptions options() {
    return options;
  }

  /** Self-attention. */
  public Tensor apply(Tensor x) {
    return apply(x, (Tensor) null);
  }

  /**
   * Self-attention.
   *
   * @param mask added to the scores, {@code batch x heads x places x places} where each of the
   *     first three may be 1, as {@link #padding} makes one; or null
   */
  public Tensor apply(Tensor x, Tensor mask) {
    requireSequence("x", x);
    Tensor y =
        frame(
            () -> {
              Tensor qkv = Products.linear(x, weight, bias);
              Tensor o =
                  Attentions.packed(
                      qkv,
                      options.heads(),
                      options.keyHeads(),
                      rotary() == null ? null : Rotation.of(rotary()),
                      new AttentionTerms(mask, slopes),
                      weights(x.dim(0), x.dim(1), x.dim(1)));
              return projection.apply(o);
            });
    applied(List.of(x), List.of(y));
    return y;
  }

  /**
   * Attention of one sequence over another. Queries and keys turn by their places in both.
   *
   * @param x {@code batch x queries x width}
   * @param memory {@code batch x keys x width}
   * @param mask as for self-attention, {@code batch x heads x queries x keys}; or null
   */
  public Tensor apply(Tensor x, Tensor memory, Tensor mask) {
    requireSequence("x", x);
    requireSequence("memory", memory);
    Tensor y =
        frame(
            () -> {
              Tensor q = turned(queries(x));
              Tensor k = turned(part(memory, options.heads(), options.keyHeads()));
              Tensor v = part(memory, options.heads() + options.keyHeads(), options.keyHeads());
              Tensor o =
                  Attentions.attention(
                      q,
                      k,
                      v,
                      new AttentionTerms(mask, slopes),
                      weights(x.dim(0), x.dim(1), memory.dim(1)));
              return projection.apply(o.flatten(2, 3));
            });
    applied(List.of(x, memory), List.of(y));
    return y;
  }

  // Generation

  /** Self-attention of new places over those of the cache, to which they are added. */
  public Tensor apply(Tensor x, KeyValueCache cache) {
    requireSequence("x", x);
    return frame(
        () ->
            projection.apply(
                cache.attend(
                    Products.linear(x, weight, bias),
                    options.heads(),
                    options.keyHeads(),
                    rotary(),
                    slopes,
                    options.weights())));
  }

  /** The keys and values of another sequence, for {@link #applyTo}. */
  public KeyValueCache remember(Tensor memory) {
    requireSequence("memory", memory);
    var cache = new KeyValueCache(context(), memory.dim(1));
    try (var _ = context().frame()) {
      cache.append(
          turned(part(memory, options.heads(), options.keyHeads())),
          part(memory, options.heads() + options.keyHeads(), options.keyHeads()));
    }
    return cache;
  }

  /** Attention over what {@link #remember} gave, which stays as it is. */
  public Tensor applyTo(KeyValueCache memory, Tensor x) {
    if (rotary() != null) {
      throw new KilnException(
          "not supported yet: generation over another sequence by rotary positions");
    }
    return frame(
        () -> projection.apply(memory.attend(queries(x), slopes, options.weights()).flatten(2, 3)));
  }

  // Parts

  private Tensor queries(Tensor x) {
    return part(x, 0, options.heads());
  }

  /** Some of the heads that the first product makes: {@code batch x places x heads x head size}. */
  private Tensor part(Tensor x, int first, int heads) {
    long from = first * head;
    long to = from + heads * head;
    Tensor rows = weight.slice(0, from, to);
    return Products.linear(x, rows, bias == null ? null : bias.slice(0, from, to))
        .unflatten(2, heads, head);
  }

  private Tensor turned(Tensor heads) {
    return rotary() == null ? heads : RotaryEmbedding.rotate(heads, Rotation.of(rotary()));
  }

  private Rotary.Options rotary() {
    return options.rotary() == null
        ? null
        : Rotary.Options.of(options.rotary(), Math.toIntExact(head));
  }

  private AttentionOptions weights(long batch, long queries, long keys) {
    return Attentions.withDropout(
        options.weights(),
        isTraining() ? options.dropout() : 0,
        context(),
        batch * options.heads() * queries * keys);
  }

  private void requireSequence(String argument, Tensor x) {
    if (x.rank() != 3 || x.dim(2) != weight.dim(1)) {
      throw new KilnException(
          "MultiHeadAttention: %s must be batch x places x %d, but is %s"
              .formatted(argument, weight.dim(1), x));
    }
  }

  /**
   * A mask that hides keys beyond the length of their sequence.
   *
   * @param dtype of the attention
   * @param places of the longest sequence
   * @return {@code batch x 1 x 1 x places}: 0, or minus infinity
   * @throws KilnException if a length is negative or greater
   */
  public static Tensor padding(Context context, DType dtype, int[] lengths, int places) {
    if (places < 0) {
      throw new KilnException("padding: there cannot be %d places".formatted(places));
    }
    double[] mask = new double[Math.multiplyExact(lengths.length, places)];
    for (int b = 0; b < lengths.length; b++) {
      if (lengths[b] < 0 || lengths[b] > places) {
        throw new KilnException(
            "padding: lengths must be from 0 to %d, but are %s"
                .formatted(places, Arrays.toString(lengths)));
      }
      Arrays.fill(mask, b * places + lengths[b], (b + 1) * places, Double.NEGATIVE_INFINITY);
    }
    return context.of(dtype, mask, lengths.length, 1, 1, places);
  }

  /** The products of scores and values, and of the first layer. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    Tensor x = inputs.getFirst();
    Tensor memory = inputs.size() > 1 ? inputs.get(1) : x;
    long width = weight.dim(1);
    long rows = weight.dim(0);
    long products = x.size() * width + memory.size() * (rows - width);
    return Work.macs(products + 2 * x.size() * memory.dim(1));
  }
}
