package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ptx.Operand;
import java.util.List;

/** A block of scalars that differ between threads: both ways of a branch are computed. */
final class InlineBlock {
  private final Emission emission;

  InlineBlock(Emission emission) {
    this.emission = emission;
  }

  /** What the block yields. */
  List<Operand> emit(Block block, List<Operand> arguments) {
    for (int i = 0; i < arguments.size(); i++) {
      emission.define(block.params().get(i), arguments.get(i));
    }
    block.body().forEach(this::emit);
    return block.terminator().operands().stream().map(emission::scalar).toList();
  }

  private void emit(Op op) {
    switch (op) {
      case ElementwiseOp elementwise ->
          emission.define(
              elementwise.result(),
              emission.element(
                  elementwise, elementwise.operands().stream().map(emission::scalar).toList()));
      case ControlOp.If branch -> select(branch);
      case MemoryOp.Assume assume -> {}
      case ComputeOp.InlineAsm asm -> new InlineAsmEmitter(emission).emitInBlock(asm);
      default ->
          throw CompilationException.at(
              op.loc(),
              "not supported yet: '"
                  + op.mnemonic()
                  + "' in a function that combines or maps elements, on GPUs");
    }
  }

  private void select(ControlOp.If branch) {
    Operand condition = emission.scalar(branch.condition());
    List<Operand> whenTrue = emit(branch.thenBlock(), List.of());
    List<Operand> whenFalse = emit(branch.elseBlock(), List.of());
    List<Value> results = branch.results();
    for (int i = 0; i < results.size(); i++) {
      emission.define(
          results.get(i),
          Selection.emit(emission.ptx(), condition, whenTrue.get(i), whenFalse.get(i)));
    }
  }
}
