package dev.kiln.ops.optim;

import dev.kiln.kernels.optimizer.GlobalNorm;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.ops.tensor.Context;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The launches of a step for the parameters that have a gradient. Made anew when these change. */
final class StepPlan implements AutoCloseable {
  private final Context context;
  private final List<Slot> slots;
  private final List<Cohort.Launch> launches = new ArrayList<>();
  private GlobalNorm norm;

  /**
   * @param slots all of a cohort
   */
  StepPlan(Context context, List<Slot> slots) {
    record Key(Cohort cohort, long steps) {}

    this.context = context;
    this.slots = List.copyOf(slots);
    Map<Key, List<Slot>> groups = new LinkedHashMap<>();
    for (Slot slot : slots) {
      groups.computeIfAbsent(new Key(slot.cohort, slot.steps), k -> new ArrayList<>()).add(slot);
    }
    groups.forEach((key, group) -> launches.add(key.cohort().launch(group)));
  }

  /** The parameters, in the order of the optimizer. */
  List<Slot> slots() {
    return slots;
  }

  /** The norm of all gradients, not yet computed. */
  GlobalNorm norm() {
    if (norm == null) {
      var parameters = slots.stream().map(slot -> slot.cohort.parameter(slot)).toList();
      norm = new GlobalNorm(context.device(), parameters);
    }
    return norm;
  }

  void run(double lr, GradientScaling scaling) {
    for (int i = 0; i < launches.size(); i++) {
      launches.get(i).run(lr, scaling);
    }
    for (int i = 0; i < slots.size(); i++) {
      slots.get(i).stepped();
    }
  }

  @Override
  public void close() {
    launches.forEach(launch -> launch.free().run());
    if (norm != null) {
      norm.close();
    }
  }
}
