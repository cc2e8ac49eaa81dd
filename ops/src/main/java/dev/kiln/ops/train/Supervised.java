package dev.kiln.ops.train;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.ops.data.BatchStream;
import dev.kiln.ops.data.Position;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.optim.WeightAverage;
import dev.kiln.ops.schedule.LearningRateScheduler;
import dev.kiln.ops.schedule.ScheduleState;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.NonFiniteSearch;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.profile.Profiler;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Training by the mean loss of batches: forward, backward, a step of the optimizer by a schedule;
 * with accumulation, mixed precision, a guard against spikes, and averages of the weights.
 *
 * @param <B> a batch in host memory
 */
public final class Supervised<B> implements Workload {
  /** A batch that takes more than this part of the fastest before is not faster. */
  private static final double STEADY = 0.9;

  private static final int STEADY_BATCHES = 3;

  private final Context context;
  private final Task<B> task;
  private final BatchStream<B> batches;
  private final Optimizer optimizer;
  private final LearningRateScheduler scheduler;
  private final SupervisedOptions options;
  private final GradientState gradients;
  private MixedPrecision precision;
  private Optional<Validator> validator = Optional.empty();
  private Optional<SpikeGuard> guard = Optional.empty();
  private Optional<WeightAverage> average = Optional.empty();
  private Optional<Profiler> profiler = Optional.empty();

  private long step;
  private int accumulated;
  private double lossSum;
  private long examples;
  private long stepStart;
  private double batchSeconds = Double.NaN;

  /**
   * @param batches is closed with this; model and optimizer are not
   */
  public Supervised(
      Task<B> task,
      BatchStream<B> batches,
      Optimizer optimizer,
      LearningRateScheduler scheduler,
      SupervisedOptions options) {
    this.context = task.model().context();
    this.task = task;
    this.batches = batches;
    this.optimizer = optimizer;
    this.scheduler = scheduler;
    this.options = options;
    this.gradients = new GradientState(optimizer);
    this.precision = new MixedPrecision(context, Precision.FP32);
    optimizer.afterStep(scheduler::optimizerStepped);
  }

  /** In other dtypes than the parameters'. */
  public Supervised<B> withPrecision(MixedPrecision newPrecision) {
    precision = newPrecision;
    return this;
  }

  public Supervised<B> withValidator(Validator newValidator) {
    validator = Optional.of(newValidator);
    return this;
  }

  public Supervised<B> withGuard(SpikeGuard newGuard) {
    guard = Optional.of(newGuard);
    return this;
  }

  /**
   * With an average of the weights, which is what validations measure and {@link #evaluated} gives.
   *
   * @param newAverage is closed with this
   */
  public Supervised<B> withAverage(WeightAverage newAverage) {
    average = Optional.of(newAverage);
    return this;
  }

  @Override
  public Module model() {
    return task.model();
  }

  @Override
  public long step() {
    return step;
  }

  @Override
  public double epoch() {
    Position position = batches.position();
    int inEpoch = batches.plan().batches(position.epoch());
    return position.epoch() + (double) position.batch() / inEpoch;
  }

  /** Batches that were left out because of their loss. */
  public long spikes() {
    return guard.map(SpikeGuard::spikes).orElse(0L);
  }

  // Steps

  /**
   * Tells a profiler of the parts of steps.
   *
   * @param newProfiler or {@code null} for none
   */
  public void recordBy(Profiler newProfiler) {
    profiler = Optional.ofNullable(newProfiler);
  }

  private Profiler.Span span(String name) {
    return profiler.map(p -> p.span(name)).orElse(Profiler.Span.NONE);
  }

  @Override
  public Optional<StepReport> advance() {
    if (accumulated == 0 && examples == 0) {
      stepStart = System.nanoTime();
    }
    B batch;
    try (var _ = span("batch")) {
      batch = batches.next();
    }
    examples += task.examples(batch);
    if (!gradientsOf(batch)) {
      return Optional.empty();
    }
    return ++accumulated < options.accumulation() ? Optional.empty() : Optional.of(finishStep());
  }

  /** Returns false if the batch is left out. */
  private boolean gradientsOf(B batch) {
    long drawn = context.random().offset();
    try (Scope _ = context.scope()) {
      Tensor loss;
      double value;
      try (var _ = span("forward")) {
        loss = precision.forward(() -> task.loss(batch));
        value = loss.item();
      }
      if (!Double.isFinite(value)) {
        throw notFinite(value, batch, drawn);
      }
      if (guard.isPresent() && guard.get().isSpike(value)) {
        return false;
      }
      lossSum += value;
      try (var _ = span("backward")) {
        precision.backward(loss, 1.0 / options.accumulation());
      }
      return true;
    }
  }

  /** Goes through the batch once more, with the same random numbers, to see where it began. */
  private KilnException notFinite(double loss, B batch, long drawn) {
    var search = new NonFiniteSearch();
    context.random().restore(context.random().seed(), drawn);
    try (Mode _ = context.noGrad();
        Mode _ = context.listen(search);
        Scope _ = context.scope()) {
      precision.forward(() -> task.loss(batch));
    }
    String cause = search.first().map(NonFiniteSearch.Found::message).orElse("the loss itself");
    return new KilnException(
        "step %d: the loss is %s: %s".formatted(step + 1, loss, cause)
            + "; a lower learning rate, a bounded gradient norm or another precision may help");
  }

  private StepReport finishStep() {
    double rate = scheduler.rate();
    double scale = precision.scale();
    boolean isMade;
    try (var _ = span("update")) {
      isMade = precision.step(optimizer, rate);
      if (isMade) {
        average.ifPresent(WeightAverage::update);
      }
    }
    double norm = options.reportNorm() ? optimizer.gradientNorm() : Double.NaN;
    step++;
    boolean isDetailed = options.layerNormsEvery() > 0 && step % options.layerNormsEvery() == 0;
    Map<String, Double> layers = isDetailed ? optimizer.gradientNorms() : Map.of();
    optimizer.zeroGrad();
    if (scheduler.per() == LearningRateScheduler.Per.STEP || batches.position().batch() == 0) {
      scheduler.step();
    }
    double seconds = seconds(stepStart);
    var report =
        new StepReport(
            step,
            epoch(),
            lossSum / options.accumulation(),
            rate,
            norm,
            scale,
            !isMade,
            examples,
            seconds,
            layers,
            Map.of());
    accumulated = 0;
    lossSum = 0;
    examples = 0;
    return report;
  }

  @Override
  public Optional<Validation> validate() {
    if (validator.isEmpty()) {
      return Optional.empty();
    }
    boolean wasTraining = model().isTraining();
    model().evaluate();
    try (Mode _ = evaluated();
        Mode _ = context.noGrad();
        Scope _ = context.scope()) {
      Validation validation = validator.get().validate(step, precision);
      scheduler.measure(validation.loss());
      return Optional.of(validation);
    } finally {
      model().train(wasTraining);
    }
  }

  @Override
  public Mode evaluated() {
    return average.map(WeightAverage::applied).orElse(() -> {});
  }

  /**
   * Runs a batch forward and backward until that does not become faster any more, and puts
   * everything back.
   */
  @Override
  public double warmUp(Duration most) {
    long start = System.nanoTime();
    if (accumulated > 0) {
      return 0;
    }
    B batch = batches.plan().batch(batches.position().epoch(), batches.position().batch());
    double fastest = rehearse(batch);
    int steady = 0;
    while (steady < STEADY_BATCHES && seconds(start) + fastest < most.toMillis() * 1e-3) {
      double last = rehearse(batch);
      steady = last > STEADY * fastest ? steady + 1 : 0;
      fastest = Math.min(fastest, last);
    }
    batchSeconds = fastest;
    return seconds(start);
  }

  /** Seconds that a batch takes, forward and backward; measured by {@link #warmUp}. */
  public double batchSeconds() {
    return batchSeconds;
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  private double rehearse(B batch) {
    long start = System.nanoTime();
    long seed = context.random().seed();
    long offset = context.random().offset();
    try (Scope _ = context.scope()) {
      var buffers = BufferSnapshot.of(model());
      Tensor loss = precision.forward(() -> task.loss(batch));
      precision.backward(loss);
      buffers.restore();
    }
    optimizer.warmUp();
    optimizer.zeroGrad();
    context.random().restore(seed, offset);
    return seconds(start);
  }

  // State

  @Override
  public void save(StateWriter out) {
    StateWriter model = out.in("model");
    model().state().forEach((name, tensor) -> model.array(name, tensor.array()));
    optimizer.save(out.in("optimizer"));
    gradients.save(out.in("gradients"));
    precision.save(out.in("precision"));
    guard.ifPresent(some -> some.save(out.in("guard")));
    average.ifPresent(some -> some.save(out.in("average")));
    out.value("schedule", scheduler.state());
    out.value("position", batches.position());
    out.value("data", batches.plan().fingerprint());
    out.value("seed", context.random().seed());
    out.value("drawn", context.random().offset());
    out.value("step", step);
    out.value("accumulated", accumulated);
    out.value("lossSum", lossSum);
    out.value("examples", examples);
  }

  @Override
  public void load(StateReader in) {
    String data = in.value("data", String.class);
    if (!data.equals(batches.plan().fingerprint())) {
      throw new KilnException(
          "the run was made with other data or batches: %s; now %s"
              .formatted(data, batches.plan().fingerprint()));
    }
    StateReader model = in.in("model");
    model().state().forEach((name, tensor) -> model.array(name, tensor.changedInPlace().array()));
    optimizer.load(in.in("optimizer"));
    gradients.load(in.in("gradients"));
    precision.load(in.in("precision"));
    guard.ifPresent(some -> loadIfSaved(some, in.in("guard")));
    average.ifPresent(some -> loadIfSaved(some, in.in("average")));
    scheduler.restore(in.value("schedule", ScheduleState.class));
    batches.restore(in.value("position", Position.class));
    context.random().restore(in.value("seed", Long.class), in.value("drawn", Long.class));
    step = in.value("step", Long.class);
    accumulated = in.value("accumulated", Integer.class);
    lossSum = in.value("lossSum", Double.class);
    examples = in.value("examples", Long.class);
    stepStart = System.nanoTime();
  }

  /** A guard or an average may be added on resumption. */
  private static void loadIfSaved(Stateful state, StateReader in) {
    if (!in.isEmpty()) {
      state.load(in);
    }
  }

  @Override
  public void close() {
    average.ifPresent(WeightAverage::close);
    batches.close();
  }
}
