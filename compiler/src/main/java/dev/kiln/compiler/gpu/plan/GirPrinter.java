package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ir.ValueNames;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes tile IR with what a plan decides: behind each operation the layouts of its tiles ({@code
 * any} for tiles that are computed where they are needed), how a product is computed, which loops
 * run ahead, and which operands change threads. The layouts, numbered, stand at the end.
 *
 * <p>For people and tests; nothing reads it back.
 */
public final class GirPrinter {
  private static final int COMMENT_COLUMN = 72;

  private final KernelPlan plan;
  private final ValueNames names;
  private final PlannedConversions conversions;
  private final Map<LinearLayout, String> layouts = new LinkedHashMap<>();
  private final StringBuilder out = new StringBuilder();

  private GirPrinter(TileFunction function, KernelPlan plan) {
    this.plan = plan;
    this.names = ValueNames.of(function);
    this.conversions = PlannedConversions.of(function, plan);
  }

  /** The text, ending in a line feed. */
  public static String print(TileFunction function, KernelPlan plan) {
    var printer = new GirPrinter(function, plan);
    printer.out.append("func @").append(function.name()).append(" {\n");
    printer.block(function.body(), 1);
    printer.out.append("}\n");
    printer.layouts.forEach(
        (layout, name) -> printer.out.append(name).append(" = ").append(layout).append('\n'));
    return printer.out.toString();
  }

  private void block(Block block, int indent) {
    for (Op op : block.ops()) {
      List<String> notes = notes(op);
      String head = "  ".repeat(indent) + Printer.head(op, names);
      out.append(head);
      if (!op.blocks().isEmpty()) {
        out.append(" {");
      }
      if (!notes.isEmpty()) {
        out.repeat(' ', Math.max(1, COMMENT_COLUMN - head.length()));
        out.append("// ").append(String.join("; ", notes));
      }
      out.append('\n');
      for (int i = 0; i < op.blocks().size(); i++) {
        if (i > 0) {
          out.repeat("  ", indent).append("} then {\n");
        }
        block(op.blocks().get(i), indent + 1);
      }
      if (!op.blocks().isEmpty()) {
        out.repeat("  ", indent).append("}\n");
      }
    }
  }

  private List<String> notes(Op op) {
    var notes = new ArrayList<String>();
    for (Value result : op.results()) {
      if (result.type().isTile()) {
        notes.add(plan.isRecomputed(result) ? "any" : name(plan.layout(result)));
      }
    }
    if (op instanceof MemoryOp.Store store && store.value().type().isTile()) {
      notes.add(name(plan.layout(store)));
    }
    if (op instanceof ComputeOp.Dot dot) {
      notes.add(form(plan.form(dot)));
    }
    if (op instanceof ControlOp.For loop) {
      plan.pipeline(loop)
          .ifPresent(
              ahead -> notes.add(ahead.stages() + " stages of " + ahead.loads().size() + " loads"));
    }
    for (PlannedConversions.Conversion conversion : conversions.of(op)) {
      notes.add(
          "converts "
              + names.of(conversion.tile())
              + " "
              + name(plan.layout(conversion.tile()))
              + " -> "
              + name(conversion.to()));
    }
    return notes;
  }

  private static String form(DotForm form) {
    return switch (form) {
      case DotForm.Multiply multiply -> "multiply-adds";
      case DotForm.Mma mma -> "mma " + mma.shape().text();
      case DotForm.Wgmma wgmma -> "wgmma n" + wgmma.n();
    };
  }

  private String name(LinearLayout layout) {
    return layouts.computeIfAbsent(layout, l -> "#" + layouts.size());
  }
}
