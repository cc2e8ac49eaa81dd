package dev.kiln.runtime;

import dev.kiln.compiler.python.KernelDeclaration;
import dev.kiln.compiler.python.KernelDeclaration.Heuristics;
import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PyDict;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.TritonConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a kernel's decorators set at a launch: the constants and options of
 * {@code @triton.autotune}'s configuration, the constants of {@code @triton.heuristics}, and
 * defaults. An argument that the caller set stays as it is.
 *
 * <p>The configuration is the first that is declared: measuring them is not there yet.
 */
final class MetaRules {
  private final Kernel kernel;
  private final boolean hasHeuristics;
  private final Optional<TritonConfig> configuration;

  MetaRules(Kernel kernel) {
    this.kernel = kernel;
    this.hasHeuristics = kernel.facts().hasHeuristics();
    this.configuration = kernel.facts().firstConfig();
  }

  /** Whether constants must be computed anew at each launch. */
  boolean dependOnArguments() {
    return hasHeuristics;
  }

  /** The configuration that launches use, if the kernel is autotuned. */
  Optional<TritonConfig> configuration() {
    return configuration;
  }

  void apply(ArgumentBinder binder) {
    applyHeuristics(binder, false);
    configuration()
        .ifPresent(
            config -> config.kwargs().forEach((name, value) -> setMeta(binder, name, value)));
    applyDefaults(binder);
    applyHeuristics(binder, true);
    reportUnknown(binder);
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
