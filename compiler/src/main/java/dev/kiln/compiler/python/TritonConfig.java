package dev.kiln.compiler.python;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One {@code triton.Config} of an autotuned kernel. An option that it does not name is empty, and
 * the launch's or the device's own value holds.
 *
 * @param kwargs the constants that it gives the kernel, by parameter
 * @param hasPreHook whether it wants a host function to run before each launch, which Kiln does not
 *     do
 */
public record TritonConfig(
    Map<String, Object> kwargs,
    OptionalInt numWarps,
    OptionalInt numStages,
    OptionalInt numCtas,
    OptionalInt maxnreg,
    boolean hasPreHook)
    implements PyObject {
  public TritonConfig {
    kwargs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(kwargs));
  }

  static Object of(Arguments arguments) {
    var kwargs = new LinkedHashMap<String, Object>();
    if (!(arguments.required("kwargs") instanceof PyDict dict)) {
      throw PythonError.type("the first argument of triton.Config must be a dict");
    }
    dict.entries().forEach(entry -> kwargs.put(PythonText.str(entry.key()), entry.value()));
    var warps = option(arguments, "num_warps");
    var stages = option(arguments, "num_stages");
    var ctas = option(arguments, "num_ctas");
    var registers = option(arguments, "maxnreg");
    boolean hook = arguments.optional("pre_hook", PyNone.NONE) != PyNone.NONE;
    arguments.optional("ir_override");
    // Other versions and other vendors have more options, which say nothing to Kiln.
    arguments.ignoreNamed();
    return new TritonConfig(kwargs, warps, stages, ctas, registers, hook);
  }

  private static OptionalInt option(Arguments arguments, String name) {
    var value = arguments.optional(name).filter(given -> given != PyNone.NONE);
    return value.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(
            Math.toIntExact(PythonNumbers.index(value.get(), name + " must be an int")));
  }

  @Override
  public String typeName() {
    return "Config";
  }

  @Override
  public Optional<Object> attribute(String name) {
    return switch (name) {
      case "kwargs" -> Optional.of(new PyDict(kwargs));
      case "num_warps" -> Optional.of(value(numWarps, 4));
      case "num_stages" -> Optional.of(value(numStages, 3));
      case "num_ctas" -> Optional.of(value(numCtas, 1));
      case "maxnreg" ->
          maxnreg.isPresent() ? Optional.of((long) maxnreg.getAsInt()) : Optional.of(PyNone.NONE);
      case "all_kwargs" ->
          Optional.of(
              PythonBuiltins.function(
                  name,
                  a -> {
                    var all = new PyDict(kwargs);
                    all.put("num_warps", value(numWarps, 4));
                    all.put("num_ctas", value(numCtas, 1));
                    all.put("num_stages", value(numStages, 3));
                    return all;
                  }));
      default -> Optional.empty();
    };
  }

  private static long value(OptionalInt option, long otherwise) {
    return option.isPresent() ? option.getAsInt() : otherwise;
  }

  /** As it is written in a file. */
  @Override
  public String toString() {
    var text = new StringBuilder("Config(").append(PythonText.repr(new PyDict(kwargs)));
    numWarps.ifPresent(value -> text.append(", num_warps=").append(value));
    numStages.ifPresent(value -> text.append(", num_stages=").append(value));
    numCtas.ifPresent(value -> text.append(", num_ctas=").append(value));
    maxnreg.ifPresent(value -> text.append(", maxnreg=").append(value));
    return text.append(')').toString();
  }
}
