package dev.kiln.ops.model;

import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.function.Recurrences;
import dev.kiln.ops.nn.Embedding;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.sequence.Recurrent;
import dev.kiln.ops.nn.sequence.RecurrentOptions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/**
 * Classes of sequences: a recurrent layer, and a linear head on the last states of its last layer,
 * those of both directions side by side.
 */
public final class RecurrentClassifier extends Module {
  private final Embedding embedding;
  private final Recurrent recurrent;
  private final Linear head;

  private RecurrentClassifier(
      Context context,
      Recurrences.Cell cell,
      long vocabulary,
      RecurrentOptions options,
      long classes) {
    super(context);
    embedding =
        vocabulary == 0
            ? null
            : child("embedding", new Embedding(context, vocabulary, options.inputs()));
    recurrent = child("recurrent", Recurrent.of(context, cell, options.batchFirst()));
    head = child("head", new Linear(context, options.directions() * options.hidden(), classes));
  }

  /** Of sequences of numbers, {@code batch x steps x inputs}. */
  public static RecurrentClassifier ofNumbers(
      Context context, Recurrences.Cell cell, RecurrentOptions options, long classes) {
    return new RecurrentClassifier(context, cell, 0, options, classes);
  }

  /** Of sequences of tokens, {@code batch x steps}; each becomes a vector of the inputs. */
  public static RecurrentClassifier ofTokens(
      Context context,
      Recurrences.Cell cell,
      long vocabulary,
      RecurrentOptions options,
      long classes) {
    return new RecurrentClassifier(context, cell, vocabulary, options, classes);
  }

  /**
   * @param lengths of the sequences; null if all are as long
   * @return {@code batch x classes}
   */
  public Tensor logits(Tensor x, int[] lengths) {
    Tensor logits =
        frame(
            () -> {
              Tensor numbers = embedding == null ? x : embedding.apply(x);
              Tensor states = recurrent.apply(numbers, null, lengths).state().hidden();
              long all = states.dim(0);
              int directions = recurrent.options().directions();
              // directions x batch x hidden, to batch x (directions hidden)
              Tensor last = states.slice(0, all - directions, all).transpose(0, 1).contiguous();
              return head.apply(last.flatten(1, 2));
            });
    applied(List.of(x), List.of(logits));
    return logits;
  }

  /**
   * The mean cross-entropy.
   *
   * @param targets {@code batch} classes, i32 or i64
   */
  public Tensor loss(Tensor x, int[] lengths, Tensor targets) {
    return frame(() -> CrossEntropies.crossEntropy(logits(x, lengths), targets));
  }
}
