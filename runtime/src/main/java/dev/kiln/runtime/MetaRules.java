package dev.kiln.runtime;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.KernelDeclaration;
import dev.kiln.compiler.python.KernelDeclaration.Heuristics;
import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PyDict;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.tune.TuningKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a kernel's decorators set at a launch: the constants and options of
 * {@code @triton.autotune}'s configuration, the constants of {@code @triton.heuristics}, and
 * defaults. An argument that the caller set stays as it is.
 */
final class MetaRules {
  private final Kernel kernel;
  private final boolean hasHeuristics;

  MetaRules(Kernel kernel) {
    this.kernel = kernel;
    this.hasHeuristics = kernel.facts().hasHeuristics();
  }

  /** Whether there are constants that are computed from arguments at each launch. */
  boolean hasHeuristics() {
    return hasHeuristics;
  }

  /**
   * Sets what the caller has not set.
   *
   * @param tuning chooses a configuration, when all that does not depend on it is set
   * @param tries whether configurations may be tried
   * @return the configuration that the launch uses, if the kernel is autotuned
   */
  Optional<TritonConfig> apply(ArgumentBinder binder, LaunchTuning tuning, boolean tries) {
    applyHeuristics(binder, false);
    Optional<TritonConfig> config = tuning.choose(tries);
    if (config.isPresent()) {
      config.get().kwargs().forEach((name, value) -> setMeta(binder, name, value));
    }
    applyDefaults(binder);
    applyHeuristics(binder, true);
    reportUnknown(binder);
    return config;
  }

  /**
   * What the choice of a configuration is made for.
   *
   * @param names of the parameters whose values count
   * @param options that the launch has set
   */
  TuningKey tuningKey(
      ArgumentBinder binder, Device device, List<String> names, Optional<CompileOptions> options) {
    List<Object> values = new ArrayList<>();
    for (String name : names) {
      int index = kernel.parameterIndex(name);
      values.add(binder.isSet(index) ? binder.value(index) : PyNone.NONE);
    }
    List<Optional<DType>> dtypes = new ArrayList<>();
    for (int i = 0; i < kernel.parameters().size(); i++) {
      dtypes.add(binder.dtype(i));
    }
    return new TuningKey(kernel.facts(), device.model(), values, dtypes, options);
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
              binder,
              rule.getKey(),
              evaluate(
                  rule.getKey(),
                  rule.getValue(),
                  new MetaParameters(kernel.parameters(), binder).toDict()));
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
