package dev.kiln.compiler.python;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One {@code triton.Config} of an autotuned kernel. An option that it does not name is empty, and
 * the launch's or the device's own value holds.
 *
 * <pre>{@code
 * TritonConfig.EMPTY.with("BLOCK", 64).withNumWarps(4)
 * }</pre>
 *
 * @param kwargs the constants that it gives the kernel, by parameter
 * @param preHook a host function that takes a {@link PyDict} of the arguments and is run before
 *     each launch
 */
public record TritonConfig(
    Map<String, Object> kwargs,
    OptionalInt numWarps,
    OptionalInt numStages,
    OptionalInt numCtas,
    OptionalInt maxnreg,
    Optional<PyCallable> preHook)
    implements PyObject {
  /** Neither constants nor options. */
  public static final TritonConfig EMPTY =
      new TritonConfig(
          Map.of(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          Optional.empty());

  public TritonConfig {
    kwargs = Collections.unmodifiableMap(new LinkedHashMap<>(kwargs));
  }

  /**
   * The same with one more constant, or another value of it.
   *
   * @param value any Python value; an {@code Integer} is a {@code Long} there
   */
  public TritonConfig with(String constant, Object value) {
    var more = new LinkedHashMap<>(kwargs);
    more.put(constant, value instanceof Integer number ? (Object) number.longValue() : value);
    return new TritonConfig(more, numWarps, numStages, numCtas, maxnreg, preHook);
  }

  public TritonConfig withNumWarps(int warps) {
    return new TritonConfig(kwargs, OptionalInt.of(warps), numStages, numCtas, maxnreg, preHook);
  }

  public TritonConfig withNumStages(int stages) {
    return new TritonConfig(kwargs, numWarps, OptionalInt.of(stages), numCtas, maxnreg, preHook);
  }

  /** With a cluster of so many blocks for each program. */
  public TritonConfig withNumCtas(int ctas) {
    return new TritonConfig(kwargs, numWarps, numStages, OptionalInt.of(ctas), maxnreg, preHook);
  }

  /** With at most so many registers for each thread. */
  public TritonConfig withMaxRegisters(int registers) {
    return new TritonConfig(
        kwargs, numWarps, numStages, numCtas, OptionalInt.of(registers), preHook);
  }

  /** Constants and options as one dict, as {@code Config.all_kwargs()} gives them. */
  public PyDict allKwargs() {
    var all = new PyDict(kwargs);
    all.put("num_warps", value(numWarps, 4));
    all.put("num_ctas", value(numCtas, 1));
    all.put("num_stages", value(numStages, 3));
    maxnreg.ifPresent(registers -> all.put("maxnreg", (long) registers));
    return all;
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
    Object hook = arguments.optional("pre_hook", PyNone.NONE);
    if (arguments.optional("ir_override", PyNone.NONE) != PyNone.NONE) {
      throw PythonError.unsupported("not supported yet: ir_override of triton.Config");
    }
    // Other versions and other vendors have more options, which say nothing to Kiln.
    arguments.ignoreNamed();
    return new TritonConfig(kwargs, warps, stages, ctas, registers, callable(hook));
  }

  private static Optional<PyCallable> callable(Object hook) {
    if (hook == PyNone.NONE) {
      return Optional.empty();
    }
    if (!(hook instanceof PyCallable function)) {
      throw PythonError.type("the pre_hook of triton.Config must be a function");
    }
    return Optional.of(function);
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
      case "pre_hook" -> Optional.of(preHook.<Object>map(hook -> hook).orElse(PyNone.NONE));
      case "all_kwargs" -> Optional.of(PythonBuiltins.function(name, a -> allKwargs()));
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
    preHook.ifPresent(hook -> text.append(", pre_hook"));
    return text.append(')').toString();
  }
}
