package dev.kiln.tests.cuda.binding;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.UnionLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A C source that compiles only if the binding agrees with the header: sizes and offsets of
 * structures, values of constants; of each function the number of parameters, and the width and
 * kind of each. A parameter's type is the header's own text, which the compiler judges.
 */
final class HeaderAssertions {
  private static final Pattern VERSION = Pattern.compile("#define CUDA_VERSION (\\d+)");

  private static final Pattern PROTOTYPE =
      Pattern.compile("\\bCUresult\\s+(\\w+)\\s*\\(([^)]*)\\)\\s*;");

  private final StringBuilder source = new StringBuilder();
  private final String prologue;
  private final Set<String> names;
  private final Map<String, String> prototypes;
  private final boolean sameVersion;

  /**
   * Assertions about a header.
   *
   * @param prologue lines that include it
   * @param header its text, preprocessed, with macros
   * @param binding that is asserted; of a header of another version, as far as it knows the names
   */
  HeaderAssertions(String prologue, String header, Binding binding) {
    this.prologue = prologue;
    this.names = new HashSet<>(List.of(header.split("\\W+")));
    this.prototypes =
        PROTOTYPE
            .matcher(header)
            .results()
            .collect(Collectors.toMap(r -> r.group(1), r -> r.group(2), (first, _) -> first));
    Matcher version = VERSION.matcher(header);
    this.sameVersion =
        version.find()
            && Long.parseLong(version.group(1)) == binding.constants().get("CUDA_VERSION");
    binding.constants().forEach(this::constant);
    binding.structures().forEach(this::structure);
    binding.functions().forEach(this::function);
  }

  String source() {
    return prologue + "\n#include <stddef.h>\n" + source;
  }

  private boolean knows(String name) {
    return sameVersion || names.contains(name);
  }

  private void constant(String name, long value) {
    if (knows(name) && (sameVersion || !name.equals("CUDA_VERSION"))) {
      check("(long)%s == %dL".formatted(name, value), "the value of " + name);
    }
  }

  private void structure(GroupLayout layout) {
    String name = layout.name().orElseThrow();
    String type = (layout instanceof UnionLayout ? "union " : "struct ") + name;
    if (sameVersion) {
      check("sizeof(%s) == %d".formatted(type, layout.byteSize()), "the size of " + name);
    }
    members(type, name, "", 0, layout);
  }

  private void members(String type, String name, String path, long base, GroupLayout group) {
    long offset = base;
    for (MemoryLayout member : group.memberLayouts()) {
      if (!(member instanceof PaddingLayout) && knows(member.name().orElseThrow())) {
        member(type, name, path + member.name().orElseThrow(), offset, member);
      }
      offset += group instanceof UnionLayout ? 0 : member.byteSize();
    }
  }

  private void member(String type, String name, String path, long offset, MemoryLayout layout) {
    String field = name + "." + path;
    check("offsetof(%s, %s) == %d".formatted(type, path, offset), "the offset of " + field);
    String expression = "((%s *)0)->%s".formatted(type, path);
    check("sizeof(%s) == %d".formatted(expression, layout.byteSize()), "the size of " + field);
    switch (layout) {
      case ValueLayout value -> kind(expression, value, field);
      case SequenceLayout sequence ->
          kind(expression + "[0]", (ValueLayout) sequence.elementLayout(), field);
      case GroupLayout group -> members(type, name, path + ".", offset, group);
      case PaddingLayout _ -> throw new AssertionError("padding has no name");
    }
  }

  private void function(String name, FunctionDescriptor descriptor) {
    if (!knows(name)) {
      return;
    }
    List<String> parameters = parameters(name);
    check(
        "%d == %d".formatted(parameters.size(), descriptor.argumentLayouts().size()),
        "the number of parameters of " + name);
    // A wrong reading of the header is a conflict of declarations.
    source.append("CUresult %s(%s);\n".formatted(name, declaration(parameters)));
    check(
        "sizeof(CUresult) == %d".formatted(descriptor.returnLayout().orElseThrow().byteSize()),
        "the result of " + name);
    for (int i = 0; i < Math.min(parameters.size(), descriptor.argumentLayouts().size()); i++) {
      parameter(name, i, parameters.get(i), (ValueLayout) descriptor.argumentLayouts().get(i));
    }
  }

  private void parameter(String function, int index, String declaration, ValueLayout layout) {
    String holder = "struct %s_%d".formatted(function, index);
    String pointer = declaration.replaceFirst("^(.*?)(\\w+)\\s*\\[\\w*\\]$", "$1*$2");
    String name = pointer.replaceFirst("^.*?(\\w+)$", "$1");
    source.append("%s { %s; };\n".formatted(holder, pointer));
    String expression = "((%s *)0)->%s".formatted(holder, name);
    String what = "parameter %d (%s) of %s".formatted(index, declaration, function);
    check("sizeof(%s) == %d".formatted(expression, layout.byteSize()), "the width of " + what);
    kind(expression, layout, what);
  }

  /** Pointer, number with a fraction, or integer. */
  private void kind(String expression, ValueLayout layout, String what) {
    int pointerClass = 5;
    int realClass = 8;
    String actual = "__builtin_classify_type(%s)".formatted(expression);
    check(
        switch (layout) {
          case AddressLayout _ -> "%s == %d".formatted(actual, pointerClass);
          case ValueLayout.OfFloat _, ValueLayout.OfDouble _ ->
              "%s == %d".formatted(actual, realClass);
          case ValueLayout.OfByte _,
              ValueLayout.OfShort _,
              ValueLayout.OfInt _,
              ValueLayout.OfLong _ ->
              "%s < %d".formatted(actual, pointerClass);
          case ValueLayout.OfBoolean _, ValueLayout.OfChar _ -> "0";
        },
        "the kind of " + what);
  }

  private List<String> parameters(String function) {
    String prototype = prototypes.get(function);
    if (prototype == null) {
      throw new AssertionError("the header declares no function " + function);
    }
    List<String> parameters = new ArrayList<>();
    for (String parameter : prototype.strip().split("\\s*,\\s*")) {
      if (!parameter.equals("void")) {
        parameters.add(parameter.replaceAll("\\s+", " "));
      }
    }
    return parameters;
  }

  private static String declaration(List<String> parameters) {
    return parameters.isEmpty() ? "void" : String.join(", ", parameters);
  }

  private void check(String condition, String what) {
    source.append("_Static_assert(%s, \"%s\");\n".formatted(condition, what));
  }
}
