package dev.kiln.ops.model;

import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Embedding;
import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.nn.sequence.MultiHeadAttention;
import dev.kiln.ops.nn.sequence.SinusoidalPositions;
import dev.kiln.ops.nn.sequence.TransformerDecoder;
import dev.kiln.ops.nn.sequence.TransformerDecoderBlock;
import dev.kiln.ops.nn.sequence.TransformerEncoder;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;

/**
 * The Transformer that reads one sequence and writes another (Vaswani et al., "Attention Is All You
 * Need", 2017): embeddings times {@code sqrt(width)}, sinusoidal positions, an encoder, a decoder,
 * and a linear head. Trained with the right tokens before each place.
 */
public final class Seq2SeqTransformer extends Module implements Counted {
  private final Seq2SeqOptions options;
  private final Embedding sourceEmbedding;
  private final Embedding targetEmbedding;
  private final SinusoidalPositions positions;
  private final TransformerEncoder encoder;
  private final TransformerDecoder decoder;
  private final Linear head;

  public Seq2SeqTransformer(Context context, Seq2SeqOptions options) {
    super(context);
    this.options = options;
    long width = options.blocks().width();
    sourceEmbedding =
        child("source_embedding", embedding(context, options.sourceVocabulary(), width));
    targetEmbedding =
        child("target_embedding", embedding(context, options.targetVocabulary(), width));
    positions =
        child(
            "positions",
            new SinusoidalPositions(context, options.places(), Math.toIntExact(width)));
    encoder = child("encoder", new TransformerEncoder(context, options.layers(), options.blocks()));
    decoder = child("decoder", new TransformerDecoder(context, options.layers(), options.blocks()));
    head = child("head", new Linear(context, width, options.targetVocabulary()));
  }

  private static Embedding embedding(Context context, int vocabulary, long width) {
    return new Embedding(
        context,
        vocabulary,
        width,
        Embedding.Options.DEFAULT
            .withScale(Math.sqrt(width))
            .withInitialization(Initialization.normal(0, 1 / Math.sqrt(width))));
  }

  /**
   * The mean cross-entropy of a batch of targets; padding does not count.
   *
   * @param source {@code batch x places} tokens, i32 or i64
   * @param sourceLengths tokens of each source before its padding; null if there is none
   * @param target {@code batch x places}: a token that begins, the sequence, a token that ends it,
   *     padding
   * @throws KilnException if the shapes do not fit
   */
  public Tensor loss(Tensor source, int[] sourceLengths, Tensor target) {
    requireTokens("target", target);
    if (target.dim(1) < 2) {
      throw new KilnException(
          "Seq2SeqTransformer: a target needs a token that begins and one more, but is " + target);
    }
    Tensor loss =
        frame(
            () -> {
              long last = target.dim(1) - 1;
              Tensor hidden = hidden(source, sourceLengths, target.slice(1, 0, last));
              return CrossEntropies.linear(
                  hidden,
                  head.weight(),
                  head.bias(),
                  target.slice(1, 1, last + 1).contiguous(),
                  CrossEntropies.Options.DEFAULT.withIgnoredIndex(options.padding()));
            });
    applied(List.of(source, target), List.of(loss));
    return loss;
  }

  /** The head of the loss; that of logits counts for itself. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.macs(inputs.get(1).dim(0) * (inputs.get(1).dim(1) - 1) * head.weight().size());
  }

  /**
   * The logits of the token behind each place of the target.
   *
   * @return {@code batch x places x vocabulary}
   */
  public Tensor logits(Tensor source, int[] sourceLengths, Tensor target) {
    return frame(() -> head.apply(hidden(source, sourceLengths, target)));
  }

  private Tensor hidden(Tensor source, int[] lengths, Tensor target) {
    requireTokens("source", source);
    requireTokens("target", target);
    if (source.dim(0) != target.dim(0)) {
      throw new KilnException(
          "Seq2SeqTransformer: sources and targets must be as many, but are %s and %s"
              .formatted(source, target));
    }
    Tensor mask = mask(source, lengths);
    Tensor memory = encoder.apply(embedded(sourceEmbedding, source, 0), mask);
    return decoder.apply(embedded(targetEmbedding, target, 0), memory, null, mask);
  }

  private Tensor mask(Tensor source, int[] lengths) {
    if (lengths == null) {
      return null;
    }
    if (lengths.length != source.dim(0)) {
      throw new KilnException(
          "Seq2SeqTransformer: %d lengths do not fit %s".formatted(lengths.length, source));
    }
    return MultiHeadAttention.padding(
        context(), sourceEmbedding.weight().dtype(), lengths, Math.toIntExact(source.dim(1)));
  }

  private Tensor embedded(Embedding embedding, Tensor tokens, long first) {
    Tensor x = positions.from(embedding.apply(tokens.contiguous()), first);
    return x.dropout(options.blocks().dropout(), isTraining());
  }

  private void requireTokens(String argument, Tensor tokens) {
    if (tokens.rank() != 2 || tokens.dtype().isFloat() || tokens.dim(1) > options.places()) {
      throw new KilnException(
          "Seq2SeqTransformer: %s must be tokens, batch x at most %d places, but is %s"
              .formatted(argument, options.places(), tokens));
    }
  }

  // Generation

  /**
   * Writes the most probable token each time. Each place is computed once. The model should be
   * {@linkplain #evaluate evaluating}.
   *
   * @param source at least one token
   * @param begin the token before the first
   * @param end the token behind the last
   * @param most how many tokens at most
   * @return the tokens without {@code begin} and {@code end}
   */
  public int[] translate(int[] source, int begin, int end, int most) {
    return translate(source, begin, end, most, true);
  }

  /** The same, with all places computed anew for each token: slow, to compare with. */
  public int[] translateWithoutCache(int[] source, int begin, int end, int most) {
    return translate(source, begin, end, most, false);
  }

  private int[] translate(int[] source, int begin, int end, int most, boolean isCached) {
    if (source.length == 0) {
      throw new KilnException("Seq2SeqTransformer: a source needs at least one token");
    }
    int[] all = new int[Math.min(most, options.places() - 1) + 1];
    all[0] = begin;
    int length = 1;
    try (Mode _ = context().noGrad();
        Scope _ = context().scope()) {
      Tensor tokens = context().of(source, 1, source.length);
      requireTokens("source", tokens);
      Tensor memory = encoder.apply(embedded(sourceEmbedding, tokens, 0), null);
      List<TransformerDecoderBlock.Cache> caches =
          isCached ? decoder.caches(memory, options.places()) : null;
      try {
        while (length < all.length) {
          int next = next(Arrays.copyOf(all, length), memory, caches);
          if (next == end) {
            break;
          }
          all[length++] = next;
        }
      } finally {
        if (caches != null) {
          caches.forEach(TransformerDecoderBlock.Cache::close);
        }
      }
    }
    return Arrays.copyOfRange(all, 1, length);
  }

  private int next(int[] target, Tensor memory, List<TransformerDecoderBlock.Cache> caches) {
    try (Scope _ = context().scope()) {
      int first = caches == null ? 0 : target.length - 1;
      int[] fresh = Arrays.copyOfRange(target, first, target.length);
      Tensor x = embedded(targetEmbedding, context().of(fresh, 1, fresh.length), first);
      Tensor y = caches == null ? decoder.apply(x, memory, null, null) : decoder.apply(x, caches);
      float[] logits = head.apply(y.slice(1, fresh.length - 1, fresh.length)).toFloats();
      return Sampling.GREEDY.start().next(logits);
    }
  }
}
