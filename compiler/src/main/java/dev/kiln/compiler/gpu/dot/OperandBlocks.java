package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.ptx.Operand;
import java.util.List;

/**
 * An operand of {@code mma.sync}, read in blocks: two groups of eight rows (of the left operand's M
 * or of the right one's N) by the depth of an instruction. Both operands look the same from here:
 * lane {@code l} has row {@code l / 4} and, along K, the {@code l % 4}th word.
 */
interface OperandBlocks {
  /**
   * Four words: low half of the depth of both groups of rows, then the high half of both, which is
   * the order of the left operand's registers; the right operand's are words 0 and 2 for the first
   * group, 1 and 3 for the second. For fp64, where one word is the whole depth, two.
   *
   * @param first the row-major index of the first group's first element, as far as registers give
   *     it
   * @param second of the second group; equal to the first where there is but one group
   */
  List<Operand> block(int first, int second);

  /** Blocks of which this is equal are read through one register; they are best read in a row. */
  default int address(int first) {
    return 0;
  }
}
