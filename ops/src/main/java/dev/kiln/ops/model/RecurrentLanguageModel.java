package dev.kiln.ops.model;

import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.function.Recurrences;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Embedding;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.nn.sequence.Recurrent;
import dev.kiln.ops.nn.sequence.RecurrentOptions;
import dev.kiln.ops.nn.sequence.RecurrentResult;
import dev.kiln.ops.nn.sequence.RecurrentState;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * A language model with a recurrent layer between the embedding of tokens and a linear head, of
 * characters for one. Trained by parts of a text: the state behind a part begins the next.
 */
public final class RecurrentLanguageModel extends Module implements Counted {
  private final long vocabulary;
  private final Embedding embedding;
  private final Recurrent recurrent;
  private final Linear head;

  /**
   * @param options their inputs are the width of the embedding; one direction
   */
  public RecurrentLanguageModel(
      Context context, Recurrences.Cell cell, long vocabulary, RecurrentOptions options) {
    super(context);
    if (options.isBidirectional()) {
      throw new KilnException(
          "RecurrentLanguageModel: a text is read in one direction, not in both");
    }
    this.vocabulary = vocabulary;
    embedding = child("embedding", new Embedding(context, vocabulary, options.inputs()));
    recurrent = child("recurrent", Recurrent.of(context, cell, options.batchFirst()));
    head = child("head", new Linear(context, options.hidden(), vocabulary));
  }

  /**
   * The loss of a part of a text.
   *
   * @param loss mean cross-entropy of the next tokens
   * @param state behind the part; {@linkplain RecurrentState#detach detach} it before the next
   */
  public record Part(Tensor loss, RecurrentState state) {}

  /**
   * @param ids {@code batch x places}, i32 or i64
   * @param targets likewise, the token behind each
   * @param before the state behind the part before; null at the start
   */
  public Part loss(Tensor ids, Tensor targets, RecurrentState before) {
    try (Scope frame = context().frame()) {
      RecurrentResult result = recurrent.apply(embedding.apply(ids), before, null);
      Tensor loss = CrossEntropies.linear(result.y(), head.weight(), head.bias(), targets);
      applied(List.of(ids, targets), List.of(loss));
      return new Part(frame.keep(loss), kept(frame, result.state()));
    }
  }

  /** The head of the loss; that of logits counts for itself. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.macs(inputs.getFirst().size() * head.weight().size());
  }

  /** The logits of the token behind each place: {@code batch x places x vocabulary}. */
  public Tensor logits(Tensor ids) {
    return frame(() -> head.apply(recurrent.apply(embedding.apply(ids)).y()));
  }

  private static RecurrentState kept(Scope frame, RecurrentState state) {
    frame.keep(state.hidden());
    if (state.cells() != null) {
      frame.keep(state.cells());
    }
    return state;
  }

  /**
   * Continues a text, token by token. The model should be {@linkplain #evaluate evaluating}.
   *
   * @param prompt at least one token
   * @param count how many tokens follow
   */
  public int[] generate(int[] prompt, int count, Sampling sampling) {
    if (prompt.length == 0) {
      throw new KilnException("RecurrentLanguageModel: a prompt needs at least one token");
    }
    for (int token : prompt) {
      if (token < 0 || token >= vocabulary) {
        throw new KilnException(
            "RecurrentLanguageModel: the prompt's %d is none of %d tokens"
                .formatted(token, vocabulary));
      }
    }
    int[] tokens = new int[count];
    Sampling.Sampler sampler = sampling.start();
    try (Mode _ = context().noGrad();
        Scope _ = context().scope()) {
      RecurrentState state = null;
      int[] next = prompt;
      for (int i = 0; i < count; i++) {
        try (Scope frame = context().frame()) {
          Tensor ids = context().of(next, 1, next.length);
          RecurrentResult result = recurrent.apply(embedding.apply(ids), state, null);
          state = kept(frame, result.state());
          Tensor last = result.y().slice(1, next.length - 1, next.length);
          tokens[i] = sampler.next(head.apply(last).toFloats());
          next = new int[] {tokens[i]};
        }
      }
    }
    return tokens;
  }
}
