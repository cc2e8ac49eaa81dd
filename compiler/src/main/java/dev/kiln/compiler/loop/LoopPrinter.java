package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ir.ValueNames;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes a {@link LoopKernel} as text: the same kernel gives the same text. Scratch references show
 * as {@code scratch+256[64, 1]}, global ones as {@code [%p][%stride, 1]}, each with the type of an
 * element in front.
 */
public final class LoopPrinter {
  private final StringBuilder out = new StringBuilder();
  private final ValueNames names = ValueNames.empty();
  private int indent;

  private LoopPrinter() {}

  public static String print(LoopKernel kernel) {
    var printer = new LoopPrinter();
    printer.kernel(kernel);
    return printer.out.toString();
  }

  private void kernel(LoopKernel kernel) {
    String params = kernel.params().stream().map(this::param).collect(Collectors.joining(", "));
    line("kernel @%s(%s) scratch %d {", kernel.name(), params, kernel.scratchBytes());
    body(kernel.body());
    line("}");
  }

  private String param(TileFunction.Param param) {
    return names.of(param.value()) + ": " + param.value().type();
  }

  private void line(String format, Object... arguments) {
    out.repeat("  ", indent).append(String.format(format, arguments)).append('\n');
  }

  private void body(List<LoopStmt> body) {
    indent++;
    body.forEach(this::statement);
    indent--;
  }

  private String values(List<Value> values) {
    return values.stream().map(names::of).collect(Collectors.joining(", "));
  }

  private String defined(List<Value> results) {
    return results.isEmpty() ? "" : values(results) + " = ";
  }

  private void statement(LoopStmt statement) {
    switch (statement) {
      case LoopStmt.Scalar s -> line("%s", Printer.head(s.op(), names));
      case LoopStmt.ReadElement s -> line("%s = read %s", names.of(s.result()), ref(s.source()));
      case LoopStmt.WriteElement s -> line("write %s, %s", ref(s.target()), names.of(s.value()));
      case LoopStmt.For s -> loop(s);
      case LoopStmt.While s -> loop(s);
      case LoopStmt.If s -> branch(s);
      case LoopStmt.Nest s -> nest(s);
      case LoopStmt.Dot s -> dot(s);
      case LoopStmt.Scan s -> {
        line(
            "scan%s %s axis %d: %s -> %s {",
            s.reverse() ? " reverse" : "",
            s.shape(),
            s.axis(),
            refs(s.sources()),
            refs(s.targets()));
        block(s.combine());
      }
      case LoopStmt.MapElementwise s -> {
        line(
            "map %s pack %d: %s -> %s {",
            s.shape(), s.pack(), refs(s.sources()), refs(s.targets()));
        block(s.body());
      }
      case LoopStmt.Histogram s ->
          line(
              "histogram %d of %s%s -> %d at %s",
              s.size(),
              ref(s.source()),
              s.mask().map(m -> " where " + ref(m)).orElse(""),
              s.bins(),
              ref(s.target()));
      case LoopStmt.Print s ->
          line(
              "print \"%s\" %s",
              s.op().prefix(),
              s.operands().stream().map(this::operand).collect(Collectors.joining(", ")));
    }
  }

  private String operand(LoopStmt.PrintOperand operand) {
    return operand
        .scalar()
        .map(names::of)
        .orElseGet(() -> operand.shape() + " " + ref(operand.tile().orElseThrow()));
  }

  private void loop(LoopStmt.For s) {
    line(
        "%sfor%s %s = %s to %s step %s%s {",
        defined(s.results()),
        s.unsigned() ? " unsigned" : "",
        names.of(s.induction()),
        names.of(s.lower()),
        names.of(s.upper()),
        names.of(s.step()),
        carried(s.carried(), s.inits()));
    body(s.body());
    end(s.yields());
  }

  private String carried(List<Value> params, List<Value> inits) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < params.size(); i++) {
      text.append(i == 0 ? " carrying " : ", ");
      text.append(names.of(params.get(i))).append(" = ").append(names.of(inits.get(i)));
    }
    return text.toString();
  }

  private void end(List<Value> yields) {
    if (!yields.isEmpty()) {
      line("  yield %s", values(yields));
    }
    line("}");
  }

  private void loop(LoopStmt.While s) {
    line("%swhile%s {", defined(s.results()), carried(s.carried(), s.inits()));
    body(s.before());
    line("  if %s forward (%s)", names.of(s.condition()), values(s.forwarded()));
    line("} do (%s) {", values(s.bodyParams()));
    body(s.body());
    end(s.yields());
  }

  private void branch(LoopStmt.If s) {
    line("%sif %s {", defined(s.results()), names.of(s.condition()));
    body(s.thenBody());
    if (!s.thenYields().isEmpty()) {
      line("  yield %s", values(s.thenYields()));
    }
    if (!s.elseBody().isEmpty() || !s.elseYields().isEmpty()) {
      line("} else {");
      body(s.elseBody());
    }
    end(s.elseYields());
  }

  private void dot(LoopStmt.Dot s) {
    line(
        "dot %s%dx%dx%d%s: %s %s %s * %s",
        s.batch() == 1 ? "" : s.batch() + "x",
        s.m(),
        s.n(),
        s.k(),
        s.repeats().map(r -> "*" + names.of(r)).orElse(""),
        ref(s.acc()),
        s.accumulates() ? "+=" : "=",
        factor(s.a()),
        factor(s.b()));
  }

  private String factor(LoopStmt.Factor factor) {
    boolean isUnsigned = factor.ref().dtype().isInteger() && !factor.signed();
    return (isUnsigned ? "unsigned " : "")
        + ref(factor.ref())
        + bounds(factor.bounds())
        + factor.steady().map(s -> " steady if " + names.of(s)).orElse("");
  }

  private void nest(LoopStmt.Nest nest) {
    line("nest %s {", nest.shape());
    indent++;
    nest.body().forEach(this::lane);
    indent--;
    line("}");
  }

  private void lane(LaneStmt statement) {
    switch (statement) {
      case LaneStmt.Compute s -> line("%s", Printer.head(s.op(), names));
      case LaneStmt.Index s -> line("%s = index %d", names.of(s.result()), s.axis());
      case LaneStmt.Load s ->
          line(
              "%s = load %s%s%s",
              names.of(s.result()), ref(s.source()), mask(s.mask()), other(s.other()));
      case LaneStmt.GatherLoad s ->
          line(
              "%s = gather %s%s%s",
              names.of(s.result()), names.of(s.address()), mask(s.mask()), other(s.other()));
      case LaneStmt.GatherTile s ->
          line("%s = gather %s at %s", names.of(s.result()), ref(s.source()), names.of(s.offset()));
      case LaneStmt.Store s ->
          line("store %s, %s%s", ref(s.target()), names.of(s.value()), mask(s.mask()));
      case LaneStmt.ScatterStore s ->
          line("scatter %s, %s%s", names.of(s.address()), names.of(s.value()), mask(s.mask()));
      case LaneStmt.AtomicRmw s ->
          line(
              "%s = atomic %s %s, %s%s",
              names.of(s.result()),
              s.kind().mnemonic(),
              names.of(s.address()),
              names.of(s.value()),
              mask(s.mask()));
      case LaneStmt.AtomicCas s ->
          line(
              "%s = atomic cas %s, %s, %s",
              names.of(s.result()),
              names.of(s.address()),
              names.of(s.expected()),
              names.of(s.value()));
      case LaneStmt.Assert s ->
          line("assert %s \"%s\"%s", names.of(s.condition()), s.message(), mask(s.mask()));
      case LaneStmt.Reduce s -> {
        line("reduce axis %d: %s -> %s {", s.axis(), values(s.inputs()), refs(s.results()));
        block(s.combine());
      }
    }
  }

  private void block(Block block) {
    indent++;
    line("(%s)", values(block.params()));
    ops(block);
    indent--;
    line("}");
  }

  private void ops(Block block) {
    for (Op op : block.ops()) {
      line("%s", Printer.head(op, names));
      for (Block nested : op.blocks()) {
        line("{");
        indent++;
        ops(nested);
        indent--;
        line("}");
      }
    }
  }

  private String other(Optional<Value> other) {
    return other.map(v -> " else " + names.of(v)).orElse("");
  }

  private String mask(LaneStmt.Mask mask) {
    return bounds(mask.bounds()) + mask.lane().map(v -> " where " + names.of(v)).orElse("");
  }

  private String bounds(List<LoopStmt.Bound> bounds) {
    return bounds.stream().map(this::bound).collect(Collectors.joining());
  }

  private String bound(LoopStmt.Bound bound) {
    return String.format(
        " within %d: [%s, %s)",
        bound.axis(),
        bound.lower().map(names::of).orElse(""),
        bound.upper().map(names::of).orElse(""));
  }

  private String refs(List<TileRef> refs) {
    return refs.stream().map(this::ref).collect(Collectors.joining(", "));
  }

  private String ref(TileRef ref) {
    String base =
        switch (ref.base()) {
          case TileRef.Scratch s -> "scratch+" + s.offset();
          case TileRef.Global g -> "[" + names.of(g.pointer()) + "]";
        };
    DType dtype = ref.dtype();
    return dtype.shortName()
        + " "
        + base
        + ref.strides().stream().map(this::stride).collect(Collectors.joining(", ", "[", "]"));
  }

  private String stride(TileRef.Stride stride) {
    return switch (stride) {
      case TileRef.Fixed f -> Long.toString(f.elements());
      case TileRef.Dynamic d -> names.of(d.elements());
      case TileRef.Indexed i -> "rows scratch+" + i.offset();
    };
  }
}
