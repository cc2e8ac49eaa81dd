package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Writes tile IR as text, which {@link Parser} reads back. The form is described in {@code
 * docs/tile-ir.md} and is stable: the same function gives the same text, whatever the JVM.
 *
 * <p>Values are named after their hints, made unique by a number ({@code %x}, {@code %x_1}); those
 * without a hint are numbered in order of definition.
 */
public final class Printer {
  private final StringBuilder out = new StringBuilder();
  private final ValueNames names;
  private final boolean withLocations;
  private Source functionSource;
  private int indent;

  private Printer(ValueNames names, boolean withLocations) {
    this.names = names;
    this.withLocations = withLocations;
  }

  /** The text of a function, without locations, ending in a line feed. */
  public static String print(TileFunction function) {
    return print(function, false);
  }

  /** The text of a function; with {@code loc(line:column)} behind each operation if asked. */
  public static String print(TileFunction function, boolean withLocations) {
    var printer = new Printer(ValueNames.of(function), withLocations);
    printer.function(function);
    return printer.out.toString();
  }

  /** The first line of an operation, without its nested blocks; for messages. */
  public static String head(Op op, ValueNames names) {
    var printer = new Printer(names, false);
    printer.head(op);
    return printer.out.toString().stripTrailing();
  }

  private void function(TileFunction function) {
    functionSource = function.loc().source();
    out.append("func @").append(function.name()).append('(');
    String separator = "";
    for (TileFunction.Param param : function.params()) {
      out.append(separator);
      param(param);
      separator = ", ";
    }
    out.append(')');
    if (withLocations && function.loc().isKnown()) {
      Location loc = function.loc();
      out.append(" loc(").append(quote(loc.source().name())).append(':');
      out.append(loc.line()).append(':').append(loc.column()).append(')');
    }
    out.append(" {\n");
    blockBody(function.body());
    out.append("}\n");
  }

  private void param(TileFunction.Param param) {
    String name = names.of(param.value());
    out.append(name).append(": ");
    out.append(param.value().type().isPointer() ? "*" : "").append(param.dtype().shortName());
    var attributes = new Attributes();
    attributes.add("name", quote(param.name()), !name.equals("%" + param.name()));
    attributes.add("divisibility", param.divisibility(), param.divisibility() != 1);
    attributes.flag("const", param.isConst());
    attributes.print();
  }

  private void blockBody(Block block) {
    indent++;
    for (Op op : block.ops()) {
      line(op);
    }
    indent--;
  }

  private void line(Op op) {
    out.repeat("  ", indent);
    head(op);
    List<Block> blocks = op.blocks();
    if (!blocks.isEmpty()) {
      out.append(" {\n");
      blockBody(blocks.getFirst());
      out.repeat("  ", indent).append('}');
    }
    if (blocks.size() == 2) {
      if (op instanceof ControlOp.While loop) {
        out.append(" do ");
        params(loop.body().params(), List.of());
      } else {
        out.append(" else");
      }
      out.append(" {\n");
      blockBody(blocks.getLast());
      out.repeat("  ", indent).append('}');
    }
    out.append('\n');
  }

  private void head(Op op) {
    List<Value> results = op.results();
    if (!results.isEmpty()) {
      values(results);
      out.append(" = ");
    }
    out.append(op.mnemonic());
    switch (op) {
      case ElementwiseOp elementwise -> elementwise(elementwise);
      case ShapeOp shape -> shape(shape);
      case MemoryOp memory -> memory(memory);
      case ComputeOp compute -> compute(compute);
      case ControlOp control -> control(control);
    }
    if (!results.isEmpty()) {
      String separator = " : ";
      for (Value result : results) {
        out.append(separator).append(result.type());
        separator = ", ";
      }
    }
    if (withLocations && op.loc().isKnown()) {
      out.append(" loc(");
      location(op.loc());
      out.append(')');
    }
  }

  private void location(Location loc) {
    if (loc.source() != functionSource) {
      out.append(quote(loc.source().name())).append(':');
    }
    out.append(loc.line()).append(':').append(loc.column());
    loc.callSite()
        .ifPresent(
            site -> {
              out.append(" from ");
              location(site);
            });
  }

  private void elementwise(ElementwiseOp op) {
    var attributes = new Attributes();
    switch (op) {
      case ElementwiseOp.Constant constant ->
          out.append(' ').append(literal(constant.result().type(), constant.value()));
      case ElementwiseOp.Compare compare ->
          operands(" " + compare.kind().mnemonic() + " ", compare.operands());
      case ElementwiseOp.Hint hint -> {
        operands(hint.operands());
        attributes.add(hint.kind().name().toLowerCase(Locale.ROOT), list(hint.values()), true);
      }
      case ElementwiseOp.ProgramId id -> attributes.add("axis", id.axis(), true);
      case ElementwiseOp.NumPrograms number -> attributes.add("axis", number.axis(), true);
      case ElementwiseOp.Unary o -> operands(o.operands());
      case ElementwiseOp.Binary o -> operands(o.operands());
      case ElementwiseOp.Fma o -> operands(o.operands());
      case ElementwiseOp.Select o -> operands(o.operands());
      case ElementwiseOp.Cast o -> operands(o.operands());
      case ElementwiseOp.AddPtr o -> operands(o.operands());
    }
    attributes.print();
  }

  private void shape(ShapeOp op) {
    operands(op.operands());
    var attributes = new Attributes();
    switch (op) {
      case ShapeOp.MakeRange range -> attributes.add("start", range.start(), true);
      case ShapeOp.ExpandDims expand -> attributes.add("axis", expand.axis(), true);
      case ShapeOp.Permute permute -> attributes.add("order", list(permute.order()), true);
      case ShapeOp.Cat cat -> attributes.add("axis", cat.axis(), true);
      case ShapeOp.Gather gather -> attributes.add("axis", gather.axis(), true);
      case ShapeOp.Splat o -> {}
      case ShapeOp.Unsplat o -> {}
      case ShapeOp.Broadcast o -> {}
      case ShapeOp.Reshape o -> {}
      case ShapeOp.Join o -> {}
      case ShapeOp.Split o -> {}
    }
    attributes.print();
  }

  private void memory(MemoryOp op) {
    var attributes = new Attributes();
    switch (op) {
      case MemoryOp.Load load -> {
        operands(List.of(load.pointer()));
        keyword("mask", load.mask());
        keyword("other", load.other());
        block(load.block());
        cacheHints(attributes, load.hints());
      }
      case MemoryOp.Store store -> {
        operands(List.of(store.pointer(), store.value()));
        keyword("mask", store.mask());
        block(store.block());
        cacheHints(attributes, store.hints());
      }
      case MemoryOp.AtomicRmw atomic -> {
        operands(" " + atomic.kind().mnemonic() + " ", List.of(atomic.pointer(), atomic.value()));
        keyword("mask", atomic.mask());
        attributes.add("sem", quote(atomic.semantics()), true);
        attributes.add("scope", quote(atomic.scope()), true);
      }
      case MemoryOp.AtomicCas atomic -> {
        operands(atomic.operands());
        attributes.add("sem", quote(atomic.semantics()), true);
        attributes.add("scope", quote(atomic.scope()), true);
      }
      case MemoryOp.Barrier barrier -> {}
      case MemoryOp.Print print -> {
        operands(print.operands());
        attributes.add("prefix", quote(print.prefix()), true);
        attributes.flag("hex", print.hex());
        attributes.add("signed", list(print.signed()), true);
      }
      case MemoryOp.Assert check -> {
        operands(List.of(check.condition()));
        keyword("mask", check.mask());
        attributes.add("message", quote(check.message()), true);
      }
      case MemoryOp.Assume assume -> operands(assume.operands());
      case MemoryOp.ReadSpecial read -> attributes.add("register", quote(read.register()), true);
    }
    attributes.print();
  }

  private void block(Optional<BlockAccess> access) {
    access.ifPresent(
        block -> {
          out.append(" block ").append(block.isAligned() ? "aligned " : "");
          out.append(names.of(block.base()));
          group("extents", block.extents());
          group("strides", block.strides());
          group("at", block.offsets());
        });
  }

  private void group(String keyword, List<Value> values) {
    out.append(' ').append(keyword).append(" (");
    values(values);
    out.append(')');
  }

  private void cacheHints(Attributes attributes, MemoryOp.CacheHints hints) {
    attributes.add("cache", quote(hints.cacheModifier()), !hints.cacheModifier().isEmpty());
    attributes.add("evict", quote(hints.evictionPolicy()), !hints.evictionPolicy().isEmpty());
    attributes.flag("volatile", hints.isVolatile());
  }

  private void compute(ComputeOp op) {
    var attributes = new Attributes();
    switch (op) {
      case ComputeOp.Dot dot -> {
        operands(dot.operands());
        attributes.add("precision", dot.precision().mnemonic(), true);
        attributes.flag("signed_a", dot.signedA());
        attributes.flag("signed_b", dot.signedB());
      }
      case ComputeOp.Reduce reduce -> {
        operands(reduce.operands());
        attributes.add("axis", reduce.axis(), true);
      }
      case ComputeOp.Scan scan -> {
        operands(scan.operands());
        attributes.add("axis", scan.axis(), true);
        attributes.flag("reverse", scan.reverse());
      }
      case ComputeOp.MapElementwise map -> {
        operands(map.operands());
        attributes.add("pack", map.pack(), true);
      }
      case ComputeOp.InlineAsm asm -> {
        operands(asm.operands());
        attributes.add("asm", quote(asm.text()), true);
        attributes.add("constraints", quote(asm.constraints().text()), true);
        attributes.add("pack", asm.pack(), true);
        attributes.flag("pure", asm.isPure());
      }
      case ComputeOp.Histogram histogram -> {
        operands(List.of(histogram.operand()));
        keyword("mask", histogram.mask());
      }
    }
    attributes.print();
    if (!op.blocks().isEmpty()) {
      out.append(' ');
      params(op.blocks().getFirst().params(), List.of());
    }
  }

  private void control(ControlOp op) {
    switch (op) {
      case ControlOp.For loop -> forLoop(loop);
      case ControlOp.While loop -> {
        out.append(' ');
        params(loop.before().params(), loop.inits());
      }
      case ControlOp.If branch -> operands(branch.operands());
      case ControlOp.Yield yield -> operands(yield.operands());
      case ControlOp.Condition condition -> operands(condition.operands());
      case ControlOp.Return ret -> {}
    }
  }

  private void forLoop(ControlOp.For loop) {
    Value induction = loop.induction();
    out.append(' ').append(names.of(induction)).append(": ").append(induction.type());
    out.append(" = ").append(names.of(loop.lower()));
    out.append(" to ").append(names.of(loop.upper()));
    out.append(" step ").append(names.of(loop.step()));
    if (!loop.inits().isEmpty() || !loop.carried().isEmpty()) {
      out.append(" carry ");
      params(loop.carried(), loop.inits());
    }
    var attributes = new Attributes();
    attributes.flag("unsigned", loop.unsigned());
    ControlOp.LoopHints hints = loop.hints();
    hints.numStages().ifPresent(n -> attributes.add("num_stages", n, true));
    hints.unrollFactor().ifPresent(n -> attributes.add("unroll", n, true));
    attributes.flag("flatten", hints.flatten());
    attributes.flag("warp_specialize", hints.warpSpecialize());
    attributes.flag("disable_licm", hints.disableLicm());
    attributes.print();
  }

  private void params(List<Value> params, List<Value> inits) {
    out.append('(');
    for (int i = 0; i < params.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      out.append(names.of(params.get(i))).append(": ").append(params.get(i).type());
      if (i < inits.size()) {
        out.append(" = ").append(names.of(inits.get(i)));
      }
    }
    out.append(')');
  }

  private void operands(List<Value> operands) {
    operands(" ", operands);
  }

  private void operands(String before, List<Value> operands) {
    if (!operands.isEmpty()) {
      out.append(before);
      values(operands);
    }
  }

  private void values(List<Value> values) {
    for (int i = 0; i < values.size(); i++) {
      out.append(i == 0 ? "" : ", ").append(names.of(values.get(i)));
    }
  }

  private void keyword(String keyword, Optional<Value> operand) {
    operand.ifPresent(v -> out.append(' ').append(keyword).append(' ').append(names.of(v)));
  }

  /**
   * A number so that {@link Parser} gets the same one: integers in decimal, {@code i1} as {@code
   * true} and {@code false}, floats by the shortest decimal that their type tells apart ({@code
   * fp32}, {@code fp64}) or exactly (narrower types), and {@code inf}, {@code -inf}, {@code nan}; a
   * NaN with another payload shows the bits of its double.
   */
  static String literal(Type type, Number value) {
    if (value instanceof Double number) {
      return floatLiteral(type.dtype(), number);
    }
    if (type.dtype() == DType.I1 && (value.longValue() & ~1L) == 0) {
      return value.longValue() == 1 ? "true" : "false";
    }
    return value.toString();
  }

  private static String floatLiteral(DType dtype, double value) {
    if (Double.isNaN(value)) {
      long bits = Double.doubleToRawLongBits(value);
      return bits == Double.doubleToLongBits(Double.NaN)
          ? "nan"
          : "nan(0x" + Long.toHexString(bits) + ")";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    boolean isFloat = dtype == DType.FP32 && (double) (float) value == value;
    return isFloat ? Float.toString((float) value) : Double.toString(value);
  }

  private static String list(List<?> items) {
    var text = new StringBuilder("(");
    for (int i = 0; i < items.size(); i++) {
      text.append(i == 0 ? "" : ", ").append(items.get(i));
    }
    return text.append(')').toString();
  }

  static String quote(String text) {
    var quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\t' -> quoted.append("\\t");
        default -> {
          if (c < ' ' || c > '~') {
            quoted.append(String.format("\\u%04x", (int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  /** Collects {@code [name = value, flag]}. */
  private final class Attributes {
    private final List<String> items = new ArrayList<>();

    void add(String name, Object value, boolean present) {
      if (present) {
        items.add(name + " = " + value);
      }
    }

    void flag(String name, boolean present) {
      if (present) {
        items.add(name);
      }
    }

    void print() {
      if (!items.isEmpty()) {
        out.append(" [").append(String.join(", ", items)).append(']');
      }
    }
  }
}
