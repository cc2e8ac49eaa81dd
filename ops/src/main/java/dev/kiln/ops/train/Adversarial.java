package dev.kiln.ops.train;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.BatchStream;
import dev.kiln.ops.data.Position;
import dev.kiln.ops.model.AdversarialNetworks;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Training of two networks against each other, by an optimizer for each: some steps of the critic,
 * then one of the generator, which is what counts as a step. Each step of the critic takes a batch.
 *
 * <p>Reports have the generator's loss and gradient norm; beside it the means of the critic's
 * {@value #CRITIC_LOSS} and of its numbers, {@value #REAL} and {@value #FAKE}. Of a Wasserstein
 * critic the difference of these is its estimate of the distance.
 */
public final class Adversarial implements Workload {
  /** A curve. */
  public static final String CRITIC_LOSS = "loss/critic";

  /** A curve: what the critic says of real samples. */
  public static final String REAL = "critic/real";

  /** A curve: what the critic says of made samples. */
  public static final String FAKE = "critic/fake";

  private final Context context;
  private final AdversarialNetworks networks;
  private final BatchStream<Batch> batches;
  private final Optimizer generatorOptimizer;
  private final Optimizer criticOptimizer;
  private final AdversarialOptions options;
  private Optional<Validator> validator = Optional.empty();

  private long step;
  private int criticSteps;
  private double[] sums = new double[3];
  private long examples;
  private long stepStart;

  /**
   * @param batches of real samples; closed with this, unlike networks and optimizers
   * @param generatorOptimizer of the generator's parameters alone
   * @param criticOptimizer of the critic's parameters alone
   */
  public Adversarial(
      AdversarialNetworks networks,
      BatchStream<Batch> batches,
      Optimizer generatorOptimizer,
      Optimizer criticOptimizer,
      AdversarialOptions options) {
    this.context = networks.context();
    this.networks = networks;
    this.batches = batches;
    this.generatorOptimizer = generatorOptimizer;
    this.criticOptimizer = criticOptimizer;
    this.options = options;
  }

  public Adversarial withValidator(Validator newValidator) {
    validator = Optional.of(newValidator);
    return this;
  }

  @Override
  public Module model() {
    return networks;
  }

  @Override
  public long step() {
    return step;
  }

  @Override
  public double epoch() {
    Position position = batches.position();
    return position.epoch() + (double) position.batch() / batches.plan().batches(position.epoch());
  }

  @Override
  public Optional<StepReport> advance() {
    if (criticSteps == 0) {
      stepStart = System.nanoTime();
    }
    Batch batch = batches.next();
    stepOfCritic(batch);
    examples += batch.count();
    return ++criticSteps < options.criticSteps()
        ? Optional.empty()
        : Optional.of(stepOfGenerator(batch.count()));
  }

  private void stepOfCritic(Batch batch) {
    try (Scope _ = context.scope()) {
      Tensor made;
      try (Mode _ = context.noGrad()) {
        made = networks.sample(batch.count());
      }
      long[] shape = Arrays.stream(batch.shape()).mapToLong(i -> i).toArray();
      Tensor real = networks.critic().apply(context.of(batch.values(), shape));
      Tensor fake = networks.critic().apply(made);
      Tensor loss = options.objective().ofCritic(real, fake);
      double[] numbers = {finite("critic", loss), real.mean().item(), fake.mean().item()};
      Arrays.setAll(sums, i -> sums[i] + numbers[i]);
      loss.backward();
      criticOptimizer.step(options.criticRate());
      criticOptimizer.zeroGrad();
    }
    bound();
  }

  private void bound() {
    double clip = options.clip();
    if (clip == 0) {
      return;
    }
    try (Mode _ = context.noGrad();
        Scope _ = context.frame()) {
      for (Map<String, Tensor> some :
          List.of(criticOptimizer.weights(), criticOptimizer.parameters())) {
        some.values().forEach(weight -> weight.copyFrom(weight.clamp(-clip, clip)));
      }
    }
  }

  private StepReport stepOfGenerator(long count) {
    double loss;
    double norm;
    try (Mode _ = still(networks.critic());
        Scope _ = context.scope()) {
      Tensor value =
          options.objective().ofGenerator(networks.critic().apply(networks.sample(count)));
      loss = finite("generator", value);
      value.backward();
      generatorOptimizer.step(options.generatorRate());
      norm = generatorOptimizer.gradientNorm();
      generatorOptimizer.zeroGrad();
    }
    step++;
    var others = new LinkedHashMap<String, Double>();
    List<String> names = List.of(CRITIC_LOSS, REAL, FAKE);
    for (int i = 0; i < sums.length; i++) {
      others.put(names.get(i), sums[i] / criticSteps);
    }
    var report =
        new StepReport(
            step,
            epoch(),
            loss,
            options.generatorRate(),
            norm,
            1,
            false,
            examples,
            (System.nanoTime() - stepStart) * 1e-9,
            Map.of(),
            others);
    criticSteps = 0;
    sums = new double[sums.length];
    examples = 0;
    return report;
  }

  /** Leaves out the gradients of parameters that have some, until it is closed. */
  private static Mode still(Module module) {
    List<Tensor> trained =
        module.parameters().values().stream().filter(Tensor::requiresGrad).toList();
    trained.forEach(parameter -> parameter.requireGrad(false));
    return () -> trained.forEach(parameter -> parameter.requireGrad(true));
  }

  private double finite(String network, Tensor loss) {
    double value = loss.item();
    if (!Double.isFinite(value)) {
      throw new KilnException(
          "step %d: the loss of the %s is %s; a lower learning rate may help"
              .formatted(step + 1, network, value));
    }
    return value;
  }

  @Override
  public Optional<Validation> validate() {
    if (validator.isEmpty()) {
      return Optional.empty();
    }
    boolean wasTraining = networks.isTraining();
    networks.evaluate();
    try (Mode _ = context.noGrad();
        Scope _ = context.scope()) {
      var precision = new MixedPrecision(context, Precision.FP32);
      return Optional.of(validator.get().validate(step, precision));
    } finally {
      networks.train(wasTraining);
    }
  }

  // State

  @Override
  public void save(StateWriter out) {
    StateWriter model = out.in("model");
    networks.state().forEach((name, tensor) -> model.array(name, tensor.array()));
    generatorOptimizer.save(out.in("generatorOptimizer"));
    criticOptimizer.save(out.in("criticOptimizer"));
    out.value("position", batches.position());
    out.value("data", batches.plan().fingerprint());
    out.value("seed", context.random().seed());
    out.value("drawn", context.random().offset());
    out.value("step", step);
    out.value("criticSteps", criticSteps);
    out.value("sums", sums);
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
    networks.state().forEach((name, tensor) -> model.array(name, tensor.changedInPlace().array()));
    generatorOptimizer.load(in.in("generatorOptimizer"));
    criticOptimizer.load(in.in("criticOptimizer"));
    batches.restore(in.value("position", Position.class));
    context.random().restore(in.value("seed", Long.class), in.value("drawn", Long.class));
    step = in.value("step", Long.class);
    criticSteps = in.value("criticSteps", Integer.class);
    sums = in.value("sums", double[].class);
    examples = in.value("examples", Long.class);
    stepStart = System.nanoTime();
  }

  @Override
  public void close() {
    batches.close();
  }
}
