package dev.kiln.runtime.sim.ptx;

import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes trees as PTX text, of which {@link PtxParser} makes the same tree but for positions. */
public final class PtxPrinter {
  private final StringBuilder out = new StringBuilder();

  private PtxPrinter() {}

  /** The whole module. What the tree does not keep (attributes, debug sections) is not there. */
  public static String print(PtxFile file) {
    var printer = new PtxPrinter();
    printer.file(file);
    return printer.out.toString();
  }

  /** A single statement without indentation, on as many lines as it needs. */
  public static String print(Statement statement) {
    var printer = new PtxPrinter();
    printer.statement(statement, 0);
    return printer.out.toString().stripTrailing();
  }

  /** An operand as it stands in an instruction. */
  public static String print(Operand operand) {
    var printer = new PtxPrinter();
    printer.operand(operand);
    return printer.out.toString();
  }

  // ---- the module

  private void file(PtxFile file) {
    line(".version " + file.version());
    line(".target " + String.join(", ", file.targets()));
    line(".address_size " + file.addressSize());
    file.sourceFiles().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> line(".file " + entry.getKey() + " \"" + entry.getValue() + "\""));
    definitions(file);
    file.aliases().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> line(".alias " + entry.getKey() + ", " + entry.getValue() + ";"));
  }

  /** Variables and functions in the order in which they were written. */
  private void definitions(PtxFile file) {
    var variables = file.variables().iterator();
    var variable = variables.hasNext() ? variables.next() : null;
    for (Function function : file.functions()) {
      while (variable != null && variable.at().compareTo(function.at()) < 0) {
        variable(variable);
        out.append(";\n");
        variable = variables.hasNext() ? variables.next() : null;
      }
      function(function);
    }
    while (variable != null) {
      variable(variable);
      out.append(";\n");
      variable = variables.hasNext() ? variables.next() : null;
    }
  }

  private void function(Function function) {
    linkage(function.linkage());
    out.append(function.entry() ? ".entry " : ".func ");
    if (!function.results().isEmpty()) {
      parameters(function.results());
      out.append(' ');
    }
    out.append(function.name());
    parameters(function.parameters());
    function.directives().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry -> out.append("\n.").append(entry.getKey()).append(numbers(entry.getValue())));
    if (function.body().isEmpty()) {
      out.append(";\n");
      return;
    }
    out.append("\n{\n");
    function.body().get().forEach(statement -> statement(statement, 1));
    out.append("}\n");
  }

  private static String numbers(List<Integer> numbers) {
    return numbers.isEmpty()
        ? ""
        : " " + numbers.toString().substring(1, numbers.toString().length() - 1);
  }

  private void line(String text) {
    out.append(text).append('\n');
  }

  // ---- variables

  private void linkage(Linkage linkage) {
    if (linkage != Linkage.NONE) {
      out.append('.').append(word(linkage)).append(' ');
    }
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private void parameters(List<Variable> parameters) {
    out.append('(');
    String separator = "";
    for (Variable parameter : parameters) {
      out.append(separator);
      variable(parameter);
      separator = ", ";
    }
    out.append(')');
  }

  private void variable(Variable variable) {
    linkage(variable.linkage());
    out.append('.').append(word(variable.space())).append(' ');
    if (variable.alignment() != variable.type().bytes() * variable.vector()) {
      out.append(".align ").append(variable.alignment()).append(' ');
    }
    vector(variable.vector());
    out.append(variable.type()).append(' ');
    variable.pointee().ifPresent(this::pointee);
    out.append(variable.name());
    for (long dimension : variable.dimensions()) {
      out.append('[').append(dimension == 0 ? "" : dimension).append(']');
    }
    variable
        .initializer()
        .ifPresent(
            initializer -> {
              out.append(" = ");
              initializer(initializer);
            });
  }

  private void vector(int vector) {
    if (vector > 1) {
      out.append(".v").append(vector).append(' ');
    }
  }

  private void pointee(Variable.Pointee pointee) {
    out.append(".ptr ");
    if (pointee.space() != Space.GENERIC) {
      out.append('.').append(word(pointee.space())).append(' ');
    }
    out.append(".align ").append(pointee.alignment()).append(' ');
  }

  private void initializer(Variable.Initializer initializer) {
    switch (initializer) {
      case Variable.Initializer.Elements elements -> {
        out.append('{');
        String separator = "";
        for (Variable.Initializer element : elements.elements()) {
          out.append(separator);
          initializer(element);
          separator = ", ";
        }
        out.append('}');
      }
      case Variable.Initializer.Constant constant -> operand(constant.literal());
      case Variable.Initializer.AddressOf address -> address(address);
    }
  }

  private void address(Variable.Initializer.AddressOf address) {
    address.mask().ifPresent(mask -> out.append("0x%XU(".formatted(mask)));
    out.append(address.generic() ? "generic(" + address.symbol() + ")" : address.symbol());
    offset(address.offset());
    if (address.mask().isPresent()) {
      out.append(')');
    }
  }

  private void offset(long offset) {
    if (offset != 0) {
      out.append('+').append(offset);
    }
  }

  // ---- statements

  private void statement(Statement statement, int depth) {
    out.append("  ".repeat(depth));
    switch (statement) {
      case Statement.Label label -> out.append(label.name()).append(':');
      case Instruction instruction -> instruction(instruction);
      case Statement.Registers registers -> registers(registers);
      case Statement.Declaration declaration -> {
        variable(declaration.variable());
        out.append(';');
      }
      case Statement.Scope scope -> {
        out.append("{\n");
        scope.statements().forEach(inner -> statement(inner, depth + 1));
        out.append("  ".repeat(depth)).append('}');
      }
      case Statement.SourceLine source ->
          out.append(".loc %d %d %d".formatted(source.file(), source.line(), source.column()));
      case Statement.Pragma pragma -> out.append(".pragma \"").append(pragma.text()).append("\";");
      case Statement.BranchTargets targets ->
          listed(targets.name(), ".branchtargets", targets.labels());
      case Statement.CallTargets targets ->
          listed(targets.name(), ".calltargets", targets.functions());
      case Statement.CallPrototype prototype -> prototype(prototype);
    }
    out.append('\n');
  }

  private void listed(String name, String directive, List<String> words) {
    out.append(name).append(": ").append(directive).append(' ');
    out.append(String.join(", ", words)).append(';');
  }

  private void prototype(Statement.CallPrototype prototype) {
    out.append(prototype.name()).append(": .callprototype ");
    parameters(prototype.results());
    out.append(" _ ");
    parameters(prototype.parameters());
    out.append(';');
  }

  private void registers(Statement.Registers registers) {
    out.append(".reg ");
    vector(registers.vector());
    out.append(registers.type()).append(' ').append(registers.name());
    registers.count().ifPresent(count -> out.append('<').append(count).append('>'));
    out.append(';');
  }

  private void instruction(Instruction instruction) {
    instruction
        .guard()
        .ifPresent(
            guard ->
                out.append(guard.negated() ? "@!" : "@").append(guard.predicate()).append(' '));
    out.append(instruction.mnemonic());
    if (!instruction.operands().isEmpty()) {
      out.append(' ');
      operands(instruction.operands());
    }
    out.append(';');
  }

  // ---- operands

  private void operands(List<Operand> operands) {
    String separator = "";
    for (Operand operand : operands) {
      out.append(separator);
      operand(operand);
      separator = ", ";
    }
  }

  private void operand(Operand operand) {
    switch (operand) {
      case Operand.Name name -> {
        out.append(name.name());
        name.component().ifPresent(component -> out.append('.').append(component));
      }
      case Operand.Address address -> {
        operand(address.base());
        offset(address.offset());
      }
      case Operand.IntegerLiteral literal -> out.append(literal.value());
      case Operand.FloatLiteral literal ->
          out.append((literal.single() ? "0f%08X" : "0d%016X").formatted(literal.bits()));
      case Operand.Not not -> {
        out.append('!');
        operand(not.operand());
      }
      case Operand.Vector vector -> {
        out.append('{');
        operands(vector.elements());
        out.append('}');
      }
      case Operand.Memory memory -> memory(memory);
      case Operand.Pair pair -> {
        operand(pair.first());
        out.append('|');
        operand(pair.second());
      }
      case Operand.Sink sink -> out.append('_');
      case Operand.Group group -> {
        out.append('(');
        operands(group.elements());
        out.append(')');
      }
    }
  }

  private void memory(Operand.Memory memory) {
    out.append('[');
    operand(memory.base());
    offset(memory.offset());
    for (Operand rest : memory.rest()) {
      out.append(", ");
      operand(rest);
    }
    out.append(']');
  }
}
