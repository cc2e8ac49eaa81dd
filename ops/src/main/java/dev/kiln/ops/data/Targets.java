package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.List;

/** The targets of a batch, of one kind. */
public sealed interface Targets {
  /** How many examples the batch has. */
  int count();

  /**
   * One class each.
   *
   * @param indices {@code count} classes from 0 to {@code classes - 1}
   */
  record Classes(int[] indices, int classes) implements Targets {
    @Override
    public int count() {
      return indices.length;
    }

    /** The same as probabilities of 0 and 1. */
    public Probabilities probabilities() {
      float[] values = new float[indices.length * classes];
      for (int i = 0; i < indices.length; i++) {
        values[i * classes + indices[i]] = 1;
      }
      return new Probabilities(values, classes);
    }
  }

  /**
   * Numbers.
   *
   * @param values {@code count x width}
   */
  record Numbers(float[] values, int width) implements Targets {
    @Override
    public int count() {
      return values.length / width;
    }
  }

  /**
   * Probabilities of classes.
   *
   * @param values {@code count x classes}
   */
  record Probabilities(float[] values, int classes) implements Targets {
    @Override
    public int count() {
      return values.length / classes;
    }
  }

  /**
   * Puts the targets of examples together.
   *
   * @throws KilnException if there are none, or they are of several kinds or sizes
   */
  static Targets of(List<Target> targets) {
    if (targets.isEmpty()) {
      throw new KilnException("a batch needs at least one example");
    }
    return switch (targets.getFirst()) {
      case Target.OfClass first -> classes(targets, first.classes());
      case Target.OfNumbers first -> new Numbers(rows(targets, first), first.values().length);
      case Target.OfProbabilities first ->
          new Probabilities(rows(targets, first), first.probabilities().length);
    };
  }

  private static Classes classes(List<Target> targets, int classes) {
    int[] indices = new int[targets.size()];
    for (int i = 0; i < indices.length; i++) {
      if (!(targets.get(i) instanceof Target.OfClass target) || target.classes() != classes) {
        throw unlike(targets.getFirst(), targets.get(i));
      }
      indices[i] = target.index();
    }
    return new Classes(indices, classes);
  }

  private static float[] rows(List<Target> targets, Target first) {
    int width = numbers(first).length;
    float[] values = new float[targets.size() * width];
    for (int i = 0; i < targets.size(); i++) {
      Target target = targets.get(i);
      if (target.getClass() != first.getClass() || numbers(target).length != width) {
        throw unlike(first, target);
      }
      System.arraycopy(numbers(target), 0, values, i * width, width);
    }
    return values;
  }

  private static float[] numbers(Target target) {
    return switch (target) {
      case Target.OfClass t -> new float[0];
      case Target.OfNumbers t -> t.values();
      case Target.OfProbabilities t -> t.probabilities();
    };
  }

  private static KilnException unlike(Target first, Target other) {
    return new KilnException(
        "a batch must have targets of one kind, not %s and %s"
            .formatted(described(first), described(other)));
  }

  private static String described(Target target) {
    return switch (target) {
      case Target.OfClass t -> "one of " + t.classes() + " classes";
      case Target.OfNumbers t -> t.values().length + " numbers";
      case Target.OfProbabilities t -> "probabilities of " + t.probabilities().length + " classes";
    };
  }
}
