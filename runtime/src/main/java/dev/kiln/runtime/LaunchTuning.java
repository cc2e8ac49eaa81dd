package dev.kiln.runtime;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.python.KernelDeclaration.Autotune;
import dev.kiln.compiler.python.KernelDeclaration.Pruning;
import dev.kiln.compiler.python.PyDict;
import dev.kiln.compiler.python.PyList;
import dev.kiln.compiler.python.PythonOperators;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.tune.Trials;
import dev.kiln.runtime.tune.TuningChoice;
import dev.kiln.runtime.tune.TuningKey;
import dev.kiln.runtime.tune.TuningPolicy;
import dev.kiln.runtime.tune.TuningRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The configurations of one launch, and its choice among them. */
final class LaunchTuning implements TuningRequest {
  private final Launch launch;
  private final ArgumentBinder binder;
  private List<TritonConfig> configs;
  private List<String> names;

  /** Null until it is asked for or set: most kernels have nothing to choose from. */
  private TuningPolicy policy;

  private Optional<CompileOptions> options = Optional.empty();
  private TuningChoice choice;
  private TuningKey chosenFor;
  private TritonConfig applied;
  private boolean mayTry;

  LaunchTuning(Launch launch, ArgumentBinder binder) {
    this.launch = launch;
    this.binder = binder;
    this.configs = launch.kernel().facts().configs();
    this.names = launch.kernel().facts().tuningKey();
  }

  void policy(TuningPolicy newPolicy) {
    policy = newPolicy;
    choice = null;
  }

  private TuningPolicy policy() {
    if (policy == null) {
      policy = TuningPolicy.ofProcess();
    }
    return policy;
  }

  void configurations(List<TritonConfig> newConfigs) {
    for (TritonConfig config : newConfigs) {
      config.kwargs().keySet().forEach(launch.kernel()::parameterIndex);
    }
    configs = List.copyOf(newConfigs);
    choice = null;
  }

  void key(List<String> newNames) {
    newNames.forEach(launch.kernel()::parameterIndex);
    names = List.copyOf(newNames);
    choice = null;
  }

  void options(CompileOptions newOptions) {
    options = Optional.of(newOptions);
    choice = null;
  }

  /** The configuration until arguments say otherwise. */
  Optional<TritonConfig> first() {
    return configs.isEmpty() ? Optional.empty() : Optional.of(configs.getFirst());
  }

  /** What is known of the last choice; empty before one, or if there is nothing to choose. */
  Optional<TuningChoice> lastChoice() {
    return Optional.ofNullable(choice);
  }

  /** Whether each launch must ask. */
  boolean dependsOnArguments() {
    return configs.size() > 1 && policy().dependsOnArguments()
        || choice != null && choice.config().preHook().isPresent();
  }

  /**
   * The configuration for the present arguments, if there is one.
   *
   * @param tries whether configurations may be tried
   */
  Optional<TritonConfig> choose(boolean tries) {
    if (configs.isEmpty() && !(policy instanceof TuningPolicy.Fixed)) {
      return Optional.empty();
    }
    mayTry = tries;
    if (!policy().dependsOnArguments() || configs.size() == 1) {
      choice = choice == null ? policy().choose(this) : choice;
    } else {
      TuningKey key = key();
      if (choice == null || !choice.holds() || !key.equals(chosenFor)) {
        choice = policy().choose(this);
        chosenFor = key;
      }
    }
    apply(choice.config());
    return Optional.of(choice.config());
  }

  /** Constants that only the configuration before has set have no value any more. */
  private void apply(TritonConfig config) {
    if (applied != null && applied != config) {
      for (String name : applied.kwargs().keySet()) {
        if (!config.kwargs().containsKey(name)) {
          binder.forgetMeta(launch.index(name));
        }
      }
    }
    applied = config;
  }

  @Override
  public String kernel() {
    return launch.kernel().name();
  }

  @Override
  public Device device() {
    return launch.device();
  }

  @Override
  public List<TritonConfig> configurations() {
    return configs;
  }

  @Override
  public TuningKey key() {
    return launch.kernel().metaRules().tuningKey(binder, launch.device(), names, options);
  }

  @Override
  public boolean mayTry() {
    return mayTry;
  }

  @Override
  public Trials trials() {
    return new LaunchTrials(launch);
  }

  @Override
  public Trials trialsOn(Device other) {
    return new LaunchTrials(launch, other);
  }

  @Override
  public List<TritonConfig> pruned() {
    Optional<Pruning> pruning = launch.kernel().declaration().autotune().flatMap(Autotune::pruning);
    return pruning.isEmpty() ? configs : mostPromising(pruning.get(), early(pruning.get()));
  }

  private List<TritonConfig> early(Pruning pruning) {
    if (pruning.early().isEmpty()) {
      return configs;
    }
    HostFunctions functions = launch.hostFunctions();
    Object left =
        functions.call(
            "early_config_prune",
            pruning.early().get(),
            List.of(new PyList(configs), functions.arguments(HostFunctions.Which.RUN_TIME, false)),
            named(functions.arguments(HostFunctions.Which.CONSTANTS, false)));
    List<TritonConfig> kept = new ArrayList<>();
    for (Object item : PythonOperators.iterate(left)) {
      if (!(item instanceof TritonConfig config)) {
        throw fault("early_config_prune gave " + item + ", which is no triton.Config");
      }
      kept.add(config);
    }
    if (kept.isEmpty()) {
      throw fault("early_config_prune left no configuration");
    }
    return kept;
  }

  private List<TritonConfig> mostPromising(Pruning pruning, List<TritonConfig> all) {
    int most = topK(pruning.topK().orElse(1.0), all.size());
    if (pruning.perfModel().isEmpty() || most >= all.size()) {
      return all;
    }
    HostFunctions functions = launch.hostFunctions();
    Map<TritonConfig, Double> times = new HashMap<>();
    for (TritonConfig config : all) {
      PyDict arguments = functions.arguments(HostFunctions.Which.ALL, false);
      arguments.putAll(config.allKwargs());
      Object time =
          functions.call("perf_model", pruning.perfModel().get(), List.of(), named(arguments));
      if (!(time instanceof Number number)) {
        throw fault("perf_model gave " + time + ", which is no time");
      }
      times.put(config, number.doubleValue());
    }
    return all.stream().sorted(Comparator.comparingDouble(times::get)).limit(most).toList();
  }

  /** As in Triton: a fraction of all, at least one; or a number. */
  private int topK(Object topK, int all) {
    if (topK instanceof Double share && share <= 1) {
      return Math.max(1, (int) (all * share));
    }
    if (topK instanceof Long number && number >= 1) {
      return (int) Math.min(all, number);
    }
    throw fault("top_k must be a float of at most 1.0 or an int of at least 1, not " + topK);
  }

  private static Map<String, Object> named(PyDict dict) {
    Map<String, Object> named = new HashMap<>();
    dict.entries().forEach(entry -> named.put((String) entry.key(), entry.value()));
    return named;
  }

  private LaunchException fault(String message) {
    return new LaunchException(kernel(), message);
  }
}
