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
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelParameter;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A specialisation that a kernel's text suggests, so that it can be checked without a launch:
 * arrays of fp32, numbers of type i32 (fp32 where the name says so), constants from its first
 * configuration or default, else 64 for sizes.
 */
public final class SpecializationGuess {
  private static final long USUAL_SIZE = 64;
  private static final String FLOAT_NAMES =
      "eps|epsilon|.*scale|alpha|beta\\d?|lr|p|prob|dropout_p|momentum|.*_decay|value|threshold";

  private final Kernel kernel;
  private final List<ArgumentSpec> arguments = new ArrayList<>();

  private SpecializationGuess(Kernel kernel) {
    this.kernel = kernel;
    Map<String, ParameterRole> roles = ParameterRole.of(kernel.declaration().function());
    Map<String, Object> configured =
        kernel
            .declaration()
            .autotune()
            .flatMap(tuned -> tuned.configs().stream().findFirst())
            .map(TritonConfig::kwargs)
            .orElse(Map.of());
    for (KernelParameter parameter : kernel.parameters()) {
      arguments.add(
          guess(
              parameter,
              roles.get(parameter.name()),
              Optional.ofNullable(configured.get(parameter.name()))));
    }
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
   * Compiles the kernel for it.
   *
   * @throws CompilationException if it is not well formed for this specialisation
   */
  public CompiledKernel compile() {
    return kernel.compile(specialization(), Target.CPU);
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

  private static ArgumentSpec guess(
      KernelParameter parameter, ParameterRole role, Optional<Object> configured) {
    if (configured.isPresent()) {
      return new ArgumentSpec.Constant(configured.get());
    }
    if (parameter.isConstant()) {
      return new ArgumentSpec.Constant(
          parameter.defaultValue().orElseGet(() -> constant(parameter.name(), role)));
    }
    if (parameter.defaultValue().filter(PyNone.NONE::equals).isPresent()) {
      return new ArgumentSpec.Constant(PyNone.NONE);
    }
    return switch (role) {
      case ARRAY -> new ArgumentSpec.Pointer(DType.FP32, parameter.isConst(), 16);
      case FLOAT -> new ArgumentSpec.Scalar(parameter.dtype().orElse(DType.FP32), 1);
      case INTEGER -> new ArgumentSpec.Scalar(parameter.dtype().orElse(DType.I32), 1);
      case NUMBER, FLAG, TEXT, DTYPE, INTEGER_CONSTANT, CONSTANT ->
          new ArgumentSpec.Scalar(
              parameter.name().toLowerCase(Locale.ROOT).matches(FLOAT_NAMES)
                  ? DType.FP32
                  : DType.I32,
              1);
    };
  }

  private static Object constant(String name, ParameterRole role) {
    return switch (role) {
      case FLAG -> false;
      case TEXT -> "";
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
        yield lower.matches("(is|has|use|with|do)_.*") ? (Object) false : (Object) USUAL_SIZE;
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
