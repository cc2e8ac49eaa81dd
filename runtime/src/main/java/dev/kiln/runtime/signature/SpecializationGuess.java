package dev.kiln.runtime.signature;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.compiler.syntax.Stmt;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelParameter;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Specialisations that a kernel's text suggests, so that it can be checked without a launch: arrays
 * of fp32, or of integers where what is loaded from them is used as an index; numbers of type i32
 * (fp32 where the name says so); constants from its first configuration or default, a text that it
 * is compared with, else 64 for sizes. Where that does not compile, a few other types of arrays are
 * tried.
 */
public final class SpecializationGuess {
  private static final long USUAL_SIZE = 64;

  /** Of loops that are written out, which take long to compile. */
  private static final long UNROLLED_SIZE = 4;

  private static final String FLOAT_NAMES =
      "eps|epsilon|.*scale|alpha|beta\\d?|lr|p|prob|dropout_p|momentum|.*_decay|value|threshold";
  private static final String INTEGER_ARRAY_NAMES =
      "(.*_)?(idx|indices|index|ids|positions|lens|lengths|seqlens|offsets|targets)"
          + "|cu_.*|(block|page)_tables?";

  private final Kernel kernel;
  private final ParameterUses uses;
  private final List<List<ArgumentSpec>> guesses;
  private List<ArgumentSpec> arguments;

  /** A way to take what the text does not decide. */
  private enum Leaning {
    LIKELY(DType.FP32, true, true, false),
    /** For what is only right of narrow floats, as rounding of casts. */
    NARROW(DType.FP16, true, true, false),
    WITHOUT_NAMES(DType.FP32, true, false, false),
    FLOATS(DType.FP32, false, false, false),
    /** For parameters that are arrays under a flag, and numbers without it. */
    WITH_FLAGS(DType.FP32, true, true, true);

    private final DType floats;
    private final boolean byUse;
    private final boolean byName;
    private final boolean flags;

    Leaning(DType floats, boolean byUse, boolean byName, boolean flags) {
      this.floats = floats;
      this.byUse = byUse;
      this.byName = byName;
      this.flags = flags;
    }
  }

  private SpecializationGuess(Kernel kernel) {
    this.kernel = kernel;
    Stmt.FunctionDef function = kernel.declaration().function();
    uses =
        ParameterUses.of(
            function, FileFunctions.of(kernel.module().file(), kernel.module().imports()));
    Map<String, ParameterRole> roles = ParameterRole.of(function, uses);
    Map<String, Object> configured =
        kernel
            .declaration()
            .autotune()
            .flatMap(tuned -> tuned.configs().stream().findFirst())
            .map(TritonConfig::kwargs)
            .orElse(Map.of());
    guesses =
        Stream.of(Leaning.values())
            .filter(leaning -> !leaning.flags || isArrayOrNumber(roles))
            .map(
                leaning ->
                    kernel.parameters().stream()
                        .map(
                            it ->
                                guess(
                                    it,
                                    roles.get(it.name()),
                                    Optional.ofNullable(configured.get(it.name())),
                                    leaning))
                        .toList())
            .distinct()
            .toList();
    arguments = guesses.getFirst();
  }

  private boolean isArrayOrNumber(Map<String, ParameterRole> roles) {
    return roles.entrySet().stream()
        .anyMatch(it -> it.getValue() == ParameterRole.ARRAY && uses.has(it.getKey(), Use.INTEGER));
  }

  public static SpecializationGuess of(Kernel kernel) {
    return new SpecializationGuess(kernel);
  }

  /** Whether the function returns values, so that it can only be called by kernels. */
  public boolean isHelper() {
    return ParameterRole.returnsValue(kernel.declaration().function().body());
  }

  /**
   * Whether a diagnostic does not depend on the guess: a name that does not exist is wrong for
   * every argument.
   */
  public boolean isCertain(Diagnostic diagnostic) {
    return diagnostic
        .message()
        .matches("(?s).*(is not defined|has no attribute|not supported yet).*");
  }

  public Specialization specialization() {
    return new Specialization(arguments, CompileOptions.DEFAULT);
  }

  /**
   * Compiles the kernel for the first guess that it is well formed for, which then is the guess.
   *
   * @throws CompilationException if it is so for none, what is wrong with the first
   */
  public CompiledKernel compile() {
    CompilationException first = null;
    for (List<ArgumentSpec> guess : guesses) {
      try {
        arguments = guess;
        return kernel.compile(specialization(), Target.CPU);
      } catch (CompilationException e) {
        first = first == null ? e : first;
        if (isCertain(e.diagnostics().getFirst())) {
          break;
        }
      }
    }
    arguments = guesses.getFirst();
    throw first;
  }

  /** The guess in the notation of {@link SignatureText}, each entry with its parameter's name. */
  public String signature() {
    return kernel.parameters().stream()
        .map(
            parameter ->
                parameter.name()
                    + "="
                    + text(arguments.get(kernel.parameterIndex(parameter.name()))))
        .collect(Collectors.joining(", "));
  }

  private ArgumentSpec guess(
      KernelParameter parameter, ParameterRole role, Optional<Object> configured, Leaning leaning) {
    if (configured.isPresent()) {
      return new ArgumentSpec.Constant(configured.get());
    }
    if (parameter.isConstant()) {
      return new ArgumentSpec.Constant(
          parameter.defaultValue().orElseGet(() -> constant(parameter.name(), role, leaning)));
    }
    if (parameter.defaultValue().filter(PyNone.NONE::equals).isPresent()) {
      return new ArgumentSpec.Constant(PyNone.NONE);
    }
    return switch (role) {
      case ARRAY ->
          new ArgumentSpec.Pointer(element(parameter.name(), leaning), parameter.isConst(), 16);
      case FLOAT -> new ArgumentSpec.Scalar(parameter.dtype().orElse(DType.FP32), 1);
      case INTEGER -> new ArgumentSpec.Scalar(parameter.dtype().orElse(DType.I32), 1);
      case NUMBER, FLAG, TEXT, DTYPE, INTEGER_CONSTANT, CONSTANT ->
          new ArgumentSpec.Scalar(
              parameter.name().toLowerCase(Locale.ROOT).matches(FLOAT_NAMES)
                      && !uses.hasAny(parameter.name(), Use.INTEGER, Use.LONG)
                  ? DType.FP32
                  : DType.I32,
              1);
    };
  }

  private DType element(String name, Leaning leaning) {
    if (leaning.byUse) {
      if (uses.has(name, Use.POINTER_TO_LONGS)) {
        return DType.I64;
      }
      if (uses.has(name, Use.POINTER_TO_INTEGERS)) {
        return DType.I32;
      }
      if (uses.has(name, Use.POINTER_TO_BYTES)) {
        return DType.I8;
      }
      if (uses.has(name, Use.POINTER_TO_TRUTHS)) {
        return DType.I1;
      }
    }
    String plain = name.toLowerCase(Locale.ROOT).replaceFirst("_?ptrs?$", "");
    return leaning.byName && plain.matches(INTEGER_ARRAY_NAMES) ? DType.I32 : leaning.floats;
  }

  private Object constant(String name, ParameterRole role, Leaning leaning) {
    return switch (role) {
      case FLAG -> leaning.flags;
      case TEXT -> uses.texts(name).isEmpty() ? "" : uses.texts(name).getFirst();
      case DTYPE -> DType.FP32;
      case ARRAY, NUMBER, INTEGER, FLOAT, INTEGER_CONSTANT, CONSTANT -> {
        String lower = name.toLowerCase(Locale.ROOT);
        // Handed on to helpers only, so that nothing but the name tells.
        if (lower.matches(".*dtype.*|acc|compute|operand")) {
          yield DType.FP32;
        }
        if (lower.equals("input_precision")) {
          yield "ieee";
        }
        yield lower.matches("(is|has|use|with|do)_.*")
            ? (Object) leaning.flags
            : (Object) (uses.has(name, Use.UNROLLED) ? UNROLLED_SIZE : USUAL_SIZE);
      }
    };
  }

  private static String text(ArgumentSpec spec) {
    return switch (spec) {
      case ArgumentSpec.Pointer it ->
          "*" + (it.isConst() ? "k" : "") + it.pointee() + (it.divisibility() == 16 ? ":16" : "");
      case ArgumentSpec.Scalar it -> it.dtype() + (it.divisibility() == 16 ? ":16" : "");
      case ArgumentSpec.Constant it -> constantText(it.value());
      case ArgumentSpec.Tuple it ->
          "("
              + it.elements().stream()
                  .map(SpecializationGuess::text)
                  .collect(Collectors.joining(", "))
              + ")";
      case ArgumentSpec.Descriptor it -> "tensordesc<" + it.dtype() + it.blockShape() + ">";
    };
  }

  private static String constantText(Object value) {
    return switch (value) {
      case Boolean flag -> flag ? "True" : "False";
      case String text -> "\"" + text + "\"";
      case Long number -> number.toString();
      case BigInteger number -> number.toString();
      case DType dtype -> "tl." + dtype.languageName();
      default -> value == PyNone.NONE ? "None" : value.toString();
    };
  }
}
