package dev.kiln.ops.optim;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.kiln.kernels.optimizer.GlobalNorm;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Listeners;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Changes parameters by their gradients: {@code loss.backward(); optimizer.step(lr);
 * optimizer.zeroGrad()}. One launch updates all parameters of the same dtypes and rule.
 *
 * <p>As in PyTorch, a parameter without a gradient since the last {@link #zeroGrad} is left alone,
 * by momentum and decay too, and its steps are counted apart; so is a frozen one. Parameters of
 * fp16 and bf16 get fp32 master weights at their first step, which the rule changes and the model's
 * are rounded from.
 *
 * <p>A step allocates nothing, while the same parameters have gradients, and does not wait for the
 * device. Not thread-safe.
 */
public final class Optimizer implements Stateful, AutoCloseable {
  private static final String STEPS = "steps";
  private static final String RULES = "rules";
  private static final String MASTER = "master";

  private final Context context;
  private final Map<String, Slot> slots = new LinkedHashMap<>();
  private final List<Cohort> cohorts = new ArrayList<>();
  private final Listeners<Runnable> listeners = new Listeners<>();
  private Clipping clipping = Clipping.NONE;
  private StepPlan plan;
  private double inverseScale = 1;
  private boolean hasNorm;
  private long steps;

  /** With the {@linkplain ParameterGroups#usual usual} groups: no decay of biases and norms. */
  public Optimizer(Context context, UpdateRule rule, Map<String, Tensor> parameters) {
    this(context, rule, ParameterGroups.usual(parameters));
  }

  /**
   * @param rule of groups that have none of their own
   * @throws KilnException if a name or a tensor is in two groups, or one is no parameter
   */
  public Optimizer(Context context, UpdateRule rule, List<ParameterGroup> groups) {
    this.context = context;
    var seen = new IdentityHashMap<Tensor, String>();
    for (ParameterGroup group : groups) {
      UpdateRule used = group.rule() == null ? rule : group.rule();
      group
          .parameters()
          .forEach(
              (name, tensor) -> {
                String before = seen.put(tensor, name);
                if (before != null || slots.containsKey(name)) {
                  throw new KilnException(
                      "optimizer: '%s' is given twice%s"
                          .formatted(name, before == null ? "" : ", first as '" + before + "'"));
                }
                slots.put(
                    name, new Slot(name, tensor, used, group.rateScale(), group.decayScale()));
              });
    }
  }

  /** Bounds gradients of the steps to come. */
  public Optimizer clip(Clipping newClipping) {
    clipping = newClipping;
    return this;
  }

  /** Steps so far; those that were skipped do not count. */
  public long steps() {
    return steps;
  }

  /** The parameters by name. */
  public Map<String, Tensor> parameters() {
    var all = new LinkedHashMap<String, Tensor>();
    slots.forEach((name, slot) -> all.put(name, slot.tensor));
    return all;
  }

  /** What the rules change, by name: master weights where there are some, else the parameters. */
  public Map<String, Tensor> weights() {
    var all = new LinkedHashMap<String, Tensor>();
    slots.forEach((name, slot) -> all.put(name, slot.master == null ? slot.tensor : slot.master));
    return all;
  }

  /** The fp32 master weights of a parameter, if it has some by now. */
  public Optional<Tensor> master(String name) {
    return Optional.ofNullable(slot(name).master);
  }

  private Slot slot(String name) {
    Slot slot = slots.get(name);
    if (slot == null) {
      throw new KilnException(
          "optimizer: there is no parameter '%s' among %s".formatted(name, slots.keySet()));
    }
    return slot;
  }

  /** Takes master weights from the model's, whose values somebody else has changed. */
  public void refreshMasters() {
    slots.values().forEach(slot -> slot.refreshMaster(context));
  }

  /**
   * Is called after each step, skipped ones included: for schedules, masks of pruned weights,
   * averages.
   *
   * @return ends it
   */
  public Mode afterStep(Runnable listener) {
    return listeners.add(listener);
  }

  // Steps

  /**
   * A step with the gradients as they are.
   *
   * @param lr learning rate, from 0 on
   */
  public void step(double lr) {
    requireRate(lr);
    prepare(1);
    if (clipping.hasNorm() && !plan.slots().isEmpty()) {
      norm();
    }
    run(lr, stepScaling());
  }

  /**
   * A step with gradients of a scaled loss, unless one of them is not finite. Waits for the device.
   *
   * @param lossScale what the loss was multiplied by
   * @return whether the step was made; if not, nothing has changed
   */
  public boolean step(double lr, double lossScale) {
    requireRate(lr);
    prepare(1 / lossScale);
    boolean isFinite = plan.slots().isEmpty() || norm().foundInf().toDoubles()[0] == 0;
    if (isFinite) {
      run(lr, stepScaling());
    } else {
      listeners.now().forEach(Runnable::run);
    }
    return isFinite;
  }

  private static void requireRate(double lr) {
    if (!(lr >= 0 && lr < Double.POSITIVE_INFINITY)) {
      throw new KilnException(
          "optimizer: the learning rate must be a number from 0 on, but is " + lr);
    }
  }

  /**
   * What happens to gradients; the norm is known if it clips. Without a flag for infinities: where
   * no scale can go down, a NaN must be seen in the weights and not be passed over.
   */
  private GradientScaling stepScaling() {
    boolean clips = clipping.hasNorm() && !plan.slots().isEmpty();
    return new GradientScaling(
        inverseScale, clipping.value(), clips ? plan.norm().factor() : null, null);
  }

  /**
   * Makes and warms the kernels of a step with the gradients that are there, and puts everything
   * back: before the first step only, else does nothing.
   */
  public void warmUp() {
    if (!cohorts.isEmpty()) {
      return;
    }
    var before = new LinkedHashMap<Tensor, Tensor>();
    try (Scope _ = context.frame();
        Mode _ = context.noGrad()) {
      for (Slot slot : slots.values()) {
        if (slot.isActive()) {
          before.put(slot.tensor, slot.tensor.copy());
        }
      }
      prepare(1);
      if (!plan.slots().isEmpty()) {
        norm();
        plan.run(0, stepScaling());
      }
      before.forEach(Tensor::copyFrom);
    }
    hasNorm = false;
    reset();
  }

  private void run(double lr, GradientScaling scaling) {
    plan.run(lr, scaling);
    steps++;
    listeners.now().forEach(Runnable::run);
  }

  /** Forgets the gradients of all parameters; their memory is kept. */
  public void zeroGrad() {
    slots.values().forEach(slot -> slot.tensor.zeroGrad());
    hasNorm = false;
  }

  private void prepare(double newInverseScale) {
    inverseScale = newInverseScale;
    hasNorm = false;
    if (plan != null && isCurrent(plan)) {
      return;
    }
    List<Slot> active = slots.values().stream().filter(Slot::isActive).toList();
    join(active.stream().filter(slot -> slot.cohort == null).toList());
    StepPlan next = new StepPlan(context, active);
    if (plan != null) {
      plan.close();
    }
    plan = next;
  }

  private boolean isCurrent(StepPlan before) {
    int next = 0;
    for (Slot slot : slots.values()) {
      if (slot.isActive()) {
        if (next == before.slots().size() || before.slots().get(next) != slot) {
          return false;
        }
        slot.requireSame();
        next++;
      }
    }
    return next == before.slots().size();
  }

  /** Gives parameters a state. */
  private void join(List<Slot> fresh) {
    var byRule = new LinkedHashMap<UpdateRule, List<Slot>>();
    fresh.forEach(slot -> byRule.computeIfAbsent(slot.rule, r -> new ArrayList<>()).add(slot));
    byRule.forEach((rule, some) -> cohorts.add(new Cohort(context, rule, some)));
  }

  // Norms

  /** Computes the norm of all gradients, without the loss scale. */
  private GlobalNorm norm() {
    GlobalNorm norm = plan.norm();
    norm.run(clipping.norm(), inverseScale);
    hasNorm = true;
    return norm;
  }

  /**
   * The norm of the gradients of the last step, without the loss scale and before clipping. Waits
   * for the device.
   *
   * @throws KilnException if there was no step since the last {@link #zeroGrad}
   */
  public double gradientNorm() {
    requireStep("gradientNorm");
    return plan.slots().isEmpty() ? 0 : (hasNorm ? plan.norm() : norm()).norm().toDoubles()[0];
  }

  /** Likewise the norm of each parameter's gradient, by name. */
  public Map<String, Double> gradientNorms() {
    requireStep("gradientNorms");
    var norms = new LinkedHashMap<String, Double>();
    try (Scope _ = context.frame();
        Mode _ = context.noGrad();
        Mode _ = context.withoutAutocast()) {
      var each = new LinkedHashMap<String, Tensor>();
      for (Slot slot : plan.slots()) {
        Tensor gradient = slot.tensor.grad();
        each.put(slot.name, gradient.to(slot.cohort.compute(slot)).norm());
      }
      each.forEach((name, norm) -> norms.put(name, norm.item() * inverseScale));
    }
    return norms;
  }

  /** Names of parameters whose gradient holds an infinity or a NaN. Waits for the device. */
  public List<String> nonFiniteGradients() {
    try (Scope _ = context.frame();
        Mode _ = context.noGrad()) {
      return slots.values().stream()
          .filter(slot -> slot.isActive() && slot.tensor.grad().isFinite().all().item() == 0)
          .map(slot -> slot.name)
          .toList();
    }
  }

  private void requireStep(String operation) {
    if (plan == null || !plan.slots().stream().allMatch(Slot::isActive)) {
      throw new KilnException(
          operation + ": there was no step since the last zeroGrad; ask between the two");
    }
  }

  // State

  /** Writes state as {@code <parameter>.<state>}, and steps and rules by parameter. */
  @Override
  public void save(StateWriter out) {
    var stepsByName = new LinkedHashMap<String, Long>();
    var rules = new LinkedHashMap<String, String>();
    for (Slot slot : slots.values()) {
      if (slot.cohort != null) {
        stepsByName.put(slot.name, slot.steps);
        rules.put(slot.name, slot.rule.name());
        StateWriter part = out.in(slot.name);
        for (String state : slot.cohort.stateNames()) {
          part.array(state, slot.cohort.state(slot, state));
        }
        if (slot.master != null) {
          part.array(MASTER, slot.master.array());
        }
      }
    }
    out.value("step", steps);
    out.value(STEPS, stepsByName);
    out.value(RULES, rules);
  }

  /**
   * @throws KilnException if a parameter is unknown, or was changed by another rule
   */
  @Override
  public void load(StateReader in) {
    Map<String, Long> stepsByName = in.value(STEPS, new TypeReference<Map<String, Long>>() {});
    Map<String, String> rules = in.value(RULES, new TypeReference<Map<String, String>>() {});
    List<String> unknown =
        stepsByName.keySet().stream().filter(name -> !slots.containsKey(name)).toList();
    if (!unknown.isEmpty()) {
      throw new KilnException(
          "optimizer: the state is of parameters %s, which are not among %s"
              .formatted(unknown, slots.keySet()));
    }
    rules.forEach(this::requireRule);
    reset();
    List<Slot> known =
        slots.values().stream().filter(slot -> stepsByName.containsKey(slot.name)).toList();
    join(known);
    for (Slot slot : known) {
      slot.steps = stepsByName.get(slot.name);
      StateReader part = in.in(slot.name);
      for (String state : slot.cohort.stateNames()) {
        part.array(state, slot.cohort.state(slot, state));
      }
      if (slot.master != null) {
        part.array(MASTER, slot.master.array());
      }
    }
    steps = in.value("step", Long.class);
  }

  private void requireRule(String name, String rule) {
    String here = slot(name).rule.name();
    if (!here.equals(rule)) {
      throw new KilnException(
          "optimizer: '%s' was changed by %s before and would be by %s now"
              .formatted(name, rule, here));
    }
  }

  /** Forgets all state. */
  private void reset() {
    if (plan != null) {
      plan.close();
      plan = null;
    }
    cohorts.forEach(Cohort::close);
    cohorts.clear();
    slots.values().forEach(Slot::reset);
  }

  /** Frees state and master weights; the parameters stay. */
  @Override
  public void close() {
    reset();
  }
}
