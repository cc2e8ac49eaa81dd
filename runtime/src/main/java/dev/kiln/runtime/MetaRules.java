package dev.kiln.runtime;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.KernelDeclaration;
import dev.kiln.compiler.python.KernelDeclaration.Heuristics;
import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PyDict;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.tune.TuningKey;
import dev.kiln.runtime.tune.TuningPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a kernel's decorators set at a launch: the constants and options of
 * {@code @triton.autotune}'s configuration, the constants of {@code @triton.heuristics}, and
 * defaults. An argument that the caller set stays as it is.
 *
 * <p>Of several configurations the launch's {@link TuningPolicy} takes one.
 */
final class MetaRules {
  private final Kernel kernel;
  private final boolean hasHeuristics;
  private final List<TritonConfig> configs;

  MetaRules(Kernel kernel) {
    this.kernel = kernel;
    this.hasHeuristics = kernel.facts().hasHeuristics();
    this.configs = kernel.facts().configs();
  }

  /** Whether constants must be computed anew at each launch. */
  boolean dependOnArguments(TuningPolicy policy) {
    return hasHeuristics || configs.size() > 1 && policy.dependsOnArguments();
  }

  /** The configuration until arguments say otherwise. */
  Optional<TritonConfig> firstConfiguration() {
    return configs.isEmpty() ? Optional.empty() : Optional.of(configs.getFirst());
  }

  /**
   * Sets what the caller has not set.
   *
   * @return the configuration that the launch uses, if the kernel is autotuned
   */
  Optional<TritonConfig> apply(ArgumentBinder binder, Device device, TuningPolicy policy) {
    applyHeuristics(binder, false);
    Optional<TritonConfig> config = Optional.empty();
    if (!configs.isEmpty()) {
      config = Optional.of(policy.choose(configs, () -> tuningKey(binder, device)));
      config.get().kwargs().forEach((name, value) -> setMeta(binder, name, value));
    }
    applyDefaults(binder);
    applyHeuristics(binder, true);
    reportUnknown(binder);
    return config;
  }

  /** What the choice of a configuration is made for. */
  TuningKey tuningKey(ArgumentBinder binder, Device device) {
    List<Object> values = new ArrayList<>();
    for (String name : kernel.facts().tuningKey()) {
      int index = kernel.parameterIndex(name);
      values.add(binder.isSet(index) ? binder.value(index) : PyNone.NONE);
    }
    List<Optional<DType>> dtypes = new ArrayList<>();
    for (int i = 0; i < kernel.parameters().size(); i++) {
      dtypes.add(binder.dtype(i));
    }
    return new TuningKey(kernel.facts(), device.model(), values, dtypes);
  }

  private void applyDefaults(ArgumentBinder binder) {
    List<KernelParameter> parameters = kernel.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      if (!binder.isSet(i) && parameters.get(i).defaultValue().isPresent()) {
        binder.setMeta(i, parameters.get(i).defaultValue().get());
      }
    }
  }

  private void applyHeuristics(ArgumentBinder binder, boolean withinAutotune) {
    if (!hasHeuristics) {
      return;
    }
    for (Heuristics heuristics : kernel.declaration().heuristics()) {
      if (heuristics.withinAutotune() == withinAutotune) {
        for (Map.Entry<String, PyCallable> rule : heuristics.values().entrySet()) {
          setMeta(
              binder, rule.getKey(), evaluate(rule.getKey(), rule.getValue(), arguments(binder)));
        }
      }
    }
  }

  private Object evaluate(String name, PyCallable rule, PyDict arguments) {
    try {
      return rule.call(List.of(arguments), Map.of());
    } catch (PythonError e) {
      throw new LaunchException(
          kernel.name(), "the heuristic for '%s' failed: %s".formatted(name, e.getMessage()));
    }
  }

  /** The arguments that have a value, by name. */
  PyDict arguments(ArgumentBinder binder) {
    var arguments = new PyDict();
    List<KernelParameter> parameters = kernel.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      if (binder.isSet(i)) {
        arguments.put(parameters.get(i).name(), binder.value(i));
      }
    }
    return arguments;
  }

  private void setMeta(ArgumentBinder binder, String name, Object value) {
    int index = kernel.parameterIndex(name);
    if (!binder.isExplicit(index)) {
      binder.setMeta(index, value);
    }
  }

  private void reportUnknown(ArgumentBinder binder) {
    for (int i = 0; i < kernel.parameters().size(); i++) {
      if (binder.isSet(i)) {
        continue;
      }
      String name = kernel.parameters().get(i).name();
      KernelDeclaration declaration = kernel.declaration();
      Optional<String> reason =
          declaration
              .autotune()
              .flatMap(KernelDeclaration.Autotune::unknown)
              .or(
                  () ->
                      declaration.heuristics().stream()
                          .flatMap(h -> h.unknown().stream())
                          .findFirst());
      if (reason.isPresent()) {
        throw new LaunchException(
            kernel.name(),
            "argument '%s' has no value, and the decorators could not be evaluated: %s"
                .formatted(name, reason.get()));
      }
    }
  }
}
