package dev.kiln.ops.model;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.function.Products;
import dev.kiln.ops.function.TokenEmbedding;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.nn.sequence.MultiHeadAttention;
import dev.kiln.ops.nn.sequence.NormParameters;
import dev.kiln.ops.nn.sequence.TransformerEncoder;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * An encoder that tells hidden tokens from what is on both sides of them (Devlin et al., "BERT",
 * 2019): learned positions, a norm, the encoder, and a head of a product, GELU, a norm and the
 * token embedding with a bias. {@code TokenMasking} hides tokens.
 *
 * <p>Parameters: {@code token_embedding}, {@code position_embedding}, {@code embedding_norm},
 * {@code encoder}, {@code transform}, {@code transform_norm} and {@code bias}.
 */
public final class MaskedLanguageModel extends Module implements Counted {
  private static final double DEVIATION = 0.02;

  private final MaskedLanguageOptions options;
  private final Tensor tokens;
  private final Tensor places;
  private final NormParameters embeddingNorm;
  private final TransformerEncoder encoder;
  private final Linear transform;
  private final NormParameters transformNorm;
  private final Tensor bias;

  public MaskedLanguageModel(Context context, MaskedLanguageOptions options) {
    super(context);
    this.options = options;
    long width = options.blocks().width();
    double eps = options.blocks().eps();
    Initialization normal = Initialization.normal(0, DEVIATION);
    tokens = parameter("token_embedding", normal.make(context, options.vocabulary(), width));
    places = parameter("position_embedding", normal.make(context, options.places(), width));
    embeddingNorm = child("embedding_norm", new NormParameters(context, width, eps));
    encoder = child("encoder", new TransformerEncoder(context, options.layers(), options.blocks()));
    transform =
        child(
            "transform",
            new Linear(
                context, width, width, Linear.Options.DEFAULT.withActivation(Activation.GELU)));
    transformNorm = child("transform_norm", new NormParameters(context, width, eps));
    bias = parameter("bias", context.zeros(DType.FP32, options.vocabulary()));
  }

  /**
   * The mean cross-entropy of hidden tokens.
   *
   * @param ids {@code batch x places} with tokens hidden, i32 or i64
   * @param lengths tokens of each sequence before its padding; null if there is none
   * @param targets likewise: the token where one was hidden, -100 elsewhere
   * @throws KilnException if the shapes do not fit
   */
  public Tensor loss(Tensor ids, int[] lengths, Tensor targets) {
    Tensor loss = frame(() -> CrossEntropies.linear(hidden(ids, lengths), tokens, bias, targets));
    applied(List.of(ids, targets), List.of(loss));
    return loss;
  }

  /**
   * The logits of the token at each place.
   *
   * @return {@code batch x places x vocabulary}
   */
  public Tensor logits(Tensor ids, int[] lengths) {
    Tensor logits = frame(() -> Products.linear(hidden(ids, lengths), tokens, bias));
    applied(List.of(ids), List.of(logits));
    return logits;
  }

  /**
   * What the encoder makes of each place, for other heads: {@code batch x places x width}.
   *
   * @param lengths tokens of each sequence before its padding; null if there is none
   */
  public Tensor features(Tensor ids, int[] lengths) {
    check(ids, lengths);
    return frame(
        () -> {
          Tensor x = embeddingNorm.apply(TokenEmbedding.of(ids, tokens, places, 0));
          Tensor mask =
              lengths == null
                  ? null
                  : MultiHeadAttention.padding(
                      context(), tokens.dtype(), lengths, Math.toIntExact(ids.dim(1)));
          return encoder.apply(x.dropout(options.blocks().dropout(), isTraining()), mask);
        });
  }

  /** The head. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.macs(inputs.getFirst().size() * tokens.size());
  }

  private Tensor hidden(Tensor ids, int[] lengths) {
    return transformNorm.apply(transform.apply(features(ids, lengths)));
  }

  private void check(Tensor ids, int[] lengths) {
    if (ids.rank() != 2 || ids.dtype().isFloat() || ids.dim(1) > options.places()) {
      throw new KilnException(
          "MaskedLanguageModel: tokens must be integers, batch x at most %d places, but are %s"
              .formatted(options.places(), ids));
    }
    if (lengths != null && lengths.length != ids.dim(0)) {
      throw new KilnException(
          "MaskedLanguageModel: %d lengths do not fit %s".formatted(lengths.length, ids));
    }
  }
}
