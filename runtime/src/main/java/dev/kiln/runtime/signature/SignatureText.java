package dev.kiln.runtime.signature;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.runtime.KernelParameter;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The notation of Triton's ahead-of-time compiler for a specialisation: one entry for each
 * parameter, separated by commas.
 *
 * <p>{@code *fp32} is a pointer, {@code *fp32:16} one divisible by 16, {@code *kfp32} one to
 * constant data; {@code i32}, {@code i32:16} and {@code fp32} are numbers; anything else is the
 * value of a compile-time constant: {@code 1024}, {@code 0.5}, {@code True}, {@code None}, {@code
 * "relu"}, {@code tl.float32}. {@code NAME=entry} stands for a parameter wherever it is; parameters
 * with defaults may be left out.
 */
public final class SignatureText {
  private SignatureText() {}

  /**
   * Reads a signature for a kernel's parameters.
   *
   * @throws KilnException if an entry is malformed, names no parameter, or is missing
   */
  public static List<ArgumentSpec> parse(String text, List<KernelParameter> parameters) {
    ArgumentSpec[] specs = new ArgumentSpec[parameters.size()];
    int position = 0;
    for (String entry : split(text)) {
      int equals = nameEnd(entry);
      int index = equals < 0 ? position++ : indexOf(parameters, entry.substring(0, equals).strip());
      if (index >= specs.length) {
        throw new KilnException(
            "the signature has more entries than the kernel has parameters (" + specs.length + ")");
      }
      if (specs[index] != null) {
        throw new KilnException(
            "the signature describes '" + parameters.get(index).name() + "' twice");
      }
      specs[index] = entry(entry.substring(equals + 1).strip(), parameters.get(index));
    }
    List<ArgumentSpec> all = new ArrayList<>();
    for (int i = 0; i < specs.length; i++) {
      KernelParameter parameter = parameters.get(i);
      if (specs[i] == null && parameter.defaultValue().isEmpty()) {
        throw new KilnException("the signature has no entry for '" + parameter.name() + "'");
      }
      all.add(
          specs[i] != null
              ? specs[i]
              : new ArgumentSpec.Constant(parameter.defaultValue().orElseThrow()));
    }
    return all;
  }

  private static ArgumentSpec entry(String text, KernelParameter parameter) {
    String[] parts = text.split(":", 2);
    int divisibility = 1;
    if (parts.length == 2 && !isQuoted(text)) {
      if (parts[1].equals("1")) {
        return new ArgumentSpec.Constant(1L);
      }
      if (!parts[1].equals("16")) {
        throw new KilnException("'" + text + "': only divisibility by 16 can be stated");
      }
      divisibility = 16;
    }
    if (parts[0].startsWith("*")) {
      boolean isConst = parts[0].startsWith("*k");
      String pointee = parts[0].substring(isConst ? 2 : 1);
      DType dtype =
          DType.parse(pointee)
              .orElseThrow(
                  () -> new KilnException("'" + text + "': '" + pointee + "' is no data type"));
      return new ArgumentSpec.Pointer(dtype, isConst || parameter.isConst(), divisibility);
    }
    Optional<DType> dtype = DType.parse(parts[0]);
    if (dtype.isPresent()) {
      if (parameter.isConstant()) {
        throw new KilnException(
            "'"
                + parameter.name()
                + "' is tl.constexpr: the signature needs its value, not the type "
                + text
                + " (a type as the value is written tl."
                + dtype.get().languageName()
                + ")");
      }
      return new ArgumentSpec.Scalar(dtype.get(), divisibility);
    }
    return new ArgumentSpec.Constant(constant(text));
  }

  private static Object constant(String text) {
    switch (text) {
      case "True" -> {
        return true;
      }
      case "False" -> {
        return false;
      }
      case "None" -> {
        return PyNone.NONE;
      }
      default -> {}
    }
    if (isQuoted(text)) {
      return text.substring(1, text.length() - 1);
    }
    Optional<DType> dtype = DType.parseQualified(text);
    if (dtype.isPresent()) {
      return dtype.get();
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException notAnInteger) {
      try {
        return Double.parseDouble(text);
      } catch (NumberFormatException notANumber) {
        throw new KilnException(
            "'" + text + "' is neither a type nor a constant; texts stand in quotes");
      }
    }
  }

  private static boolean isQuoted(String text) {
    return text.length() >= 2
        && (text.charAt(0) == '"' || text.charAt(0) == '\'')
        && text.charAt(text.length() - 1) == text.charAt(0);
  }

  /** Where the name of {@code NAME=entry} ends, or -1. */
  private static int nameEnd(String entry) {
    int equals = entry.indexOf('=');
    return equals > 0 && entry.substring(0, equals).strip().matches("[A-Za-z_]\\w*") ? equals : -1;
  }

  private static int indexOf(List<KernelParameter> parameters, String name) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(name)) {
        return i;
      }
    }
    throw new KilnException("the kernel has no parameter '" + name + "'");
  }

  /** Entries between commas that stand outside quotes. */
  private static List<String> split(String text) {
    List<String> entries = new ArrayList<>();
    StringBuilder entry = new StringBuilder();
    char quote = 0;
    for (char c : text.toCharArray()) {
      if (c == ',' && quote == 0) {
        entries.add(entry.toString().strip());
        entry.setLength(0);
        continue;
      }
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      }
      entry.append(c);
    }
    String last = entry.toString().strip();
    if (!last.isEmpty()) {
      entries.add(last);
    }
    if (entries.stream().anyMatch(String::isEmpty)) {
      throw new KilnException("the signature has an empty entry");
    }
    return entries;
  }
}
