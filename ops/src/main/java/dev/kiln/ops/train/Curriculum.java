package dev.kiln.ops.train;

import dev.kiln.ops.data.BatchPlan;
import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * Stages of training, one after the other: short sequences before long ones, easy examples before
 * hard ones. A plan of batches itself, so that a position in it is a position in a stage, and a run
 * that was interrupted goes on in the right one. The last stage has no end.
 */
public final class Curriculum<B> implements BatchPlan<B> {
  private final List<Stage<B>> stages;

  /**
   * A part of the training.
   *
   * @param epochs passes over its data; of the last stage, no limit
   */
  public record Stage<B>(String name, BatchPlan<B> plan, int epochs) {
    public Stage {
      if (epochs < 1) {
        throw new KilnException("stage " + name + " must have at least one epoch, not " + epochs);
      }
    }
  }

  public Curriculum(List<Stage<B>> stages) {
    if (stages.isEmpty()) {
      throw new KilnException("a curriculum needs at least one stage");
    }
    this.stages = List.copyOf(stages);
  }

  /** The stage of an epoch. */
  public Stage<B> stage(int epoch) {
    return at(epoch).stage;
  }

  private record Place<B>(Stage<B> stage, int epoch) {}

  private Place<B> at(int epoch) {
    int left = epoch;
    for (Stage<B> stage : stages.subList(0, stages.size() - 1)) {
      if (left < stage.epochs) {
        return new Place<>(stage, left);
      }
      left -= stage.epochs;
    }
    return new Place<>(stages.getLast(), left);
  }

  @Override
  public int batches(int epoch) {
    Place<B> place = at(epoch);
    return place.stage.plan.batches(place.epoch);
  }

  @Override
  public B batch(int epoch, int batch) {
    Place<B> place = at(epoch);
    return place.stage.plan.batch(place.epoch, batch);
  }

  @Override
  public String fingerprint() {
    return String.join(
        "; ",
        stages.stream()
            .map(stage -> stage.name + " x" + stage.epochs + ": " + stage.plan.fingerprint())
            .toList());
  }
}
