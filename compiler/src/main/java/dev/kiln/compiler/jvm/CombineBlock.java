package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.function.IntConsumer;

/** Emits a combine function: its parameters are first the left side, then the right one. */
final class CombineBlock {
  private final CodeWriter writer;
  private final ScalarBlocks blocks;
  private final Block combine;

  CombineBlock(CodeWriter writer, ScalarBlocks blocks, Block combine) {
    this.writer = writer;
    this.blocks = blocks;
    this.combine = combine;
  }

  /**
   * Computes the block's results.
   *
   * @param pushLeft pushes component i of the left side
   */
  void emit(IntConsumer pushLeft, IntConsumer pushRight) {
    List<Value> params = combine.params();
    int n = params.size() / 2;
    for (int i = 0; i < n; i++) {
      pushLeft.accept(i);
    }
    for (int i = 0; i < n; i++) {
      pushRight.accept(i);
    }
    for (int i = 2 * n - 1; i >= 0; i--) {
      writer.define(params.get(i));
    }
    blocks.body(combine);
  }

  Value result(int i) {
    return combine.terminator().operands().get(i);
  }
}
