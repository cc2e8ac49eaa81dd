package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.ptx.Space;

/** A step whose lanes, from the first on, each name a row of a matrix in shared memory. */
abstract class MatrixMemoryStep extends TensorStep {
  private final MemoryOperand rows;
  private final int mask;

  /**
   * @param rowCount how many lanes name one
   */
  MatrixMemoryStep(String mnemonic, MemoryOperand rows, int rowCount) {
    super(mnemonic);
    this.rows = rows;
    this.mask = rowCount == 32 ? -1 : (1 << rowCount) - 1;
  }

  /** Looks the rows up. After this, the port reads and writes them. */
  final void resolve(Warp warp) {
    warp.port.resolve(this, rows, mask);
    if (rows.space == Space.GENERIC) {
      requireShared(warp);
    }
  }

  private void requireShared(Warp warp) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (warp.port.space(lane) != Space.SHARED) {
        throw new LaneFault(
            LaneFault.Kind.ILLEGAL_ADDRESS,
            lane,
            mnemonic() + " needs an address in the shared memory of its block");
      }
    }
  }
}
