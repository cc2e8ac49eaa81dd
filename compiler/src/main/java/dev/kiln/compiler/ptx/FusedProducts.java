package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A product of integers that is only added to something: one instruction for both. */
final class FusedProducts {
  private static final Map<String, String> FUSED =
      Map.of("mul.lo.s32", "add.s32", "mul.wide.s32", "add.s64");

  private final Uses uses;
  private final Set<Instruction> gone = Collections.newSetFromMap(new IdentityHashMap<>());

  private FusedProducts(Uses uses) {
    this.uses = uses;
  }

  static PtxFunction fuse(PtxFunction function) {
    var pass = new FusedProducts(Uses.of(function.body()));
    List<Node> body = Trees.mapInstructions(function.body(), pass::fuse);
    return function.withBody(Trees.without(body, pass.gone::contains));
  }

  private Instruction fuse(Instruction sum) {
    if (!sum.opcode().startsWith("add.s") || sum.operands().size() != 2) {
      return sum;
    }
    Instruction fused = fuse(sum, sum.operands().get(0), sum.operands().get(1));
    return fused != null ? fused : or(fuse(sum, sum.operands().get(1), sum.operands().get(0)), sum);
  }

  private static Instruction or(Instruction first, Instruction second) {
    return first != null ? first : second;
  }

  private Instruction fuse(Instruction sum, Operand left, Operand right) {
    Instruction product = uses.writer(left);
    if (product == null
        || product.effect() != Effect.PURE
        || product.guard() != null
        || !sum.opcode().equals(FUSED.get(product.opcode()))
        || uses.count((Register) left) != 1
        || Rewriting.isNumber(right)) {
      return null;
    }
    gone.add(product);
    return new Instruction(
        product.opcode().replace("mul", "mad"),
        sum.results(),
        List.of(product.operands().get(0), product.operands().get(1), right),
        sum.guard(),
        sum.otherwise(),
        sum.effect(),
        sum.access(),
        sum.loc());
  }
}
