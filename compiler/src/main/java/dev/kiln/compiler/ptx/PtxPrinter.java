package dev.kiln.compiler.ptx;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.PtxFunction.Param;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A kernel's text: a module with one entry, as {@code ptxas} and the driver take it.
 *
 * <p>Sources: PTX ISA, sections "Directives" and "State Spaces, Types, and Variables".
 */
public final class PtxPrinter {
  /** The symbol of the block's shared memory. */
  public static final String SHARED_SYMBOL = "kiln_smem";

  /** Kernels with more need all registers that there are. */
  private static final int MANY_INSTRUCTIONS = 400;

  private final PtxFunction function;
  private final boolean lines;
  private final Map<String, Integer> files = new LinkedHashMap<>();

  private PtxPrinter(PtxFunction function, boolean lines) {
    this.function = function;
    this.lines = lines;
  }

  /** The text, with {@code .loc} lines for instructions that have a source line. */
  public static String print(PtxFunction function) {
    return print(function, true);
  }

  /**
   * The text.
   *
   * @param lines whether {@code .loc} lines name the source
   */
  public static String print(PtxFunction function, boolean lines) {
    return new PtxPrinter(function, lines).module();
  }

  private String module() {
    PtxFunction legal = ImmediateOperands.legalize(function);
    var names = new RegisterNames(RegisterHomes.of(legal.body()));
    var body = new BodyText(names, lines ? this::fileNumber : location -> 0);
    body.write(legal.body());
    var text = new StringBuilder();
    text.append(".version ").append(function.version()).append('\n');
    text.append(".target ").append(function.target()).append('\n');
    text.append(".address_size 64\n\n");
    function.helpers().forEach(helper -> text.append(helper.stripTrailing()).append("\n\n"));
    if (usesShared(legal.body())) {
      text.append(".extern .shared .align 1024 .b8 ").append(SHARED_SYMBOL).append("[];\n\n");
    }
    entry(text, names, body.text());
    files.forEach(
        (name, number) -> text.append(".file ").append(number).append(' ').append(quote(name)));
    return text.toString();
  }

  private void entry(StringBuilder text, RegisterNames names, CharSequence body) {
    text.append(".visible .entry ").append(function.name());
    text.append(
        function.params().stream()
            .map(PtxPrinter::parameter)
            .collect(Collectors.joining(",\n    ", "(\n    ", ")\n")));
    text.append(".reqntid ").append(function.threads()).append(", 1, 1\n");
    if (function.maxRegisters() > 0) {
      text.append(".maxnreg ").append(function.maxRegisters()).append('\n');
    } else if (PtxFunction.instructions(function.body()) > MANY_INSTRUCTIONS) {
      // Without it ptxas rather spills a little than has one block less on a multiprocessor.
      text.append(".minnctapersm 1\n");
    }
    text.append("{\n");
    names.declare(text);
    text.append('\n').append(body).append("  ret;\n}\n");
  }

  private static String parameter(Param param) {
    String aligned = param.alignment() > 0 ? ".align " + param.alignment() + " " : "";
    String array = param.count() > 0 ? "[" + param.count() + "]" : "";
    return ".param " + aligned + "." + param.type() + " " + param.name() + array;
  }

  private static String quote(String name) {
    return '"' + name.replace('\\', '/').replace('"', '\'') + "\"\n";
  }

  private int fileNumber(Location location) {
    return files.computeIfAbsent(location.source().name(), name -> files.size() + 1);
  }

  private static boolean usesShared(List<Node> nodes) {
    return Nodes.operands(nodes)
        .anyMatch(operand -> operand instanceof Name name && name.text().equals(SHARED_SYMBOL));
  }
}
