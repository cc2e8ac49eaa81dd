package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.Environment;
import dev.kiln.compiler.python.PySymbol;
import dev.kiln.compiler.python.PythonEvaluator;
import dev.kiln.compiler.syntax.KernelFileParser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Arguments of a kernel as tests write them: {@code x=*fp32:16, n=i32, BLOCK=128}. A pointer starts
 * with a star ({@code *k} for const), a number 16 after a colon says that it divides the argument;
 * parentheses make a tuple, {@code desc<fp16, 64, 32>} a descriptor; anything else is a constant.
 */
final class SignatureText {
  private SignatureText() {}

  static List<ArgumentSpec> parse(String text) {
    return parts(text).stream()
        .map(part -> part.substring(part.indexOf('=') + 1).strip())
        .map(SignatureText::argument)
        .toList();
  }

  private static List<String> parts(String text) {
    var parts = new ArrayList<String>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? ',' : text.charAt(i);
      depth += c == '(' || c == '<' || c == '[' ? 1 : c == ')' || c == '>' || c == ']' ? -1 : 0;
      if (c == ',' && (depth == 0 || i == text.length())) {
        parts.add(text.substring(start, i).strip());
        start = i + 1;
      }
    }
    parts.removeIf(String::isEmpty);
    return parts;
  }

  private static ArgumentSpec argument(String text) {
    if (text.startsWith("(")) {
      return new ArgumentSpec.Tuple(
          parts(text.substring(1, text.length() - 1)).stream()
              .map(SignatureText::argument)
              .toList(),
          Optional.empty());
    }
    if (text.startsWith("desc<")) {
      List<String> parts = parts(text.substring("desc<".length(), text.length() - 1));
      return new ArgumentSpec.Descriptor(
          DType.parse(parts.getFirst()).orElseThrow(),
          parts.subList(1, parts.size()).stream()
              .map(Integer::valueOf)
              .collect(Collectors.toList()),
          false);
    }
    String[] halves = text.split(":");
    int divisibility = halves.length > 1 ? Integer.parseInt(halves[1]) : 1;
    boolean isConst = halves[0].startsWith("*k");
    if (halves[0].startsWith("*")) {
      return new ArgumentSpec.Pointer(
          DType.parse(halves[0].substring(isConst ? 2 : 1)).orElseThrow(), isConst, divisibility);
    }
    return DType.parse(halves[0])
        .<ArgumentSpec>map(dtype -> new ArgumentSpec.Scalar(dtype, divisibility))
        .orElseGet(() -> new ArgumentSpec.Constant(constant(text)));
  }

  private static Object constant(String text) {
    Map<String, DType> types =
        Arrays.stream(DType.values())
            .collect(Collectors.toMap(dtype -> "tl_" + dtype.languageName(), dtype -> dtype));
    Environment symbols = name -> Optional.of(new PySymbol(name));
    return new PythonEvaluator(Environment.of(types).within(symbols))
        .evaluate(KernelFileParser.parseExpression(new Source("signature", text)));
  }
}
