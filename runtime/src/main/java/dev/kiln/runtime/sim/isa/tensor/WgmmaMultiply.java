package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;
import java.util.Arrays;

/**
 * {@code wgmma.mma_async}. Each of the four warps computes 16 rows of D. Executing it only issues
 * the operation; {@link #multiply} is what happens later.
 */
final class WgmmaMultiply extends TensorStep {
  /**
   * Operands.
   *
   * @param d accumulators, slots of {@code words}
   * @param a slots of {@code words}; empty if A is in shared memory
   * @param descriptorOfA slot of {@code wides}; -1 if A is in registers
   */
  record Operands(int[] d, int[] a, int descriptorOfA, int descriptorOfB, Predicate adds) {}

  /**
   * What is done with the elements.
   *
   * @param negates whether the product is subtracted
   * @param acrossOfA whether A is M-major
   * @param acrossOfB whether B is N-major
   */
  record Options(boolean negates, boolean acrossOfA, boolean acrossOfB) {}

  private final Operands operands;
  private final Options options;
  private final Tiling tiling;
  private final FloatProduct floats;
  private final IntegerProduct integers;
  private final boolean halfD;
  private final int[] packedSlots;
  private final SharedMatrix shared;

  /**
   * @param floats the product of 16 rows, {@code null} for integers
   * @param integers {@code null} for floating-point numbers
   * @param halfD whether D is f16
   */
  WgmmaMultiply(
      String mnemonic,
      Operands operands,
      Options options,
      FloatProduct floats,
      IntegerProduct integers,
      boolean halfD) {
    super(mnemonic);
    this.operands = operands;
    this.options = options;
    this.floats = floats;
    this.integers = integers;
    this.tiling = floats != null ? floats.tiling : integers.tiling;
    this.halfD = halfD;
    this.packedSlots = new int[Math.max(tiling.registersOfA(), tiling.registersOfB())];
    Arrays.setAll(packedSlots, i -> i * 32);
    this.shared = new SharedMatrix(this);
  }

  int[] accumulators() {
    return operands.d();
  }

  /** Registers of A. */
  int[] sources() {
    return operands.a();
  }

  @Override
  void execute(Warp warp) {
    if ((warp.index | 3) >= warp.block.grid.shape.warps()) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_INSTRUCTION,
          0,
          mnemonic() + " needs four warps, from a multiple of four on; the block has fewer");
    }
    boolean adds = (operands.adds().lanes(warp) & 1) != 0;
    long descriptorOfA = operands.descriptorOfA() < 0 ? 0 : warp.wides[operands.descriptorOfA()];
    long descriptorOfB = warp.wides[operands.descriptorOfB()];
    var operation = new WgmmaOperation(warp, this, descriptorOfA, descriptorOfB, adds);
    warp.attached(WgmmaState.KEY).issue(operation);
  }

  /** Reads the matrices and writes the accumulators. */
  void multiply(Warp warp, WgmmaOperation operation) {
    Planes planes = warp.block.attached(Planes.KEY);
    planes.reservePacked(packedSlots.length * 32);
    if (floats != null) {
      multiplyFloats(warp, operation, planes);
    } else {
      multiplyIntegers(warp, operation, planes);
    }
  }

  private void multiplyFloats(Warp warp, WgmmaOperation operation, Planes planes) {
    floats.reserve(planes);
    if (operands.a().length > 0) {
      floats.loadA(warp.words, operands.a(), planes);
    } else {
      readA(warp, operation, planes);
      floats.loadA(planes.packed, packedSlots, planes);
    }
    if (options.negates()) {
      for (int i = 0; i < tiling.registersOfA() * tiling.packed() * 32; i++) {
        planes.a[i] = -planes.a[i];
      }
    }
    readB(warp, operation, planes);
    floats.loadB(planes.packed, packedSlots, planes);
    if (operation.adds) {
      floats.loadSums(warp.words, operands.d(), halfD, planes);
    } else {
      Arrays.fill(planes.sums, 0, tiling.accumulators() * 32, 0);
    }
    floats.multiply(planes, warp.block.grid.tensorMode);
    floats.storeSums(planes, warp.words, operands.d(), halfD);
  }

  private void multiplyIntegers(Warp warp, WgmmaOperation operation, Planes planes) {
    integers.reserve(planes);
    if (operands.a().length > 0) {
      integers.loadA(warp.words, operands.a(), planes);
    } else {
      readA(warp, operation, planes);
      integers.loadA(planes.packed, packedSlots, planes);
    }
    readB(warp, operation, planes);
    integers.loadB(planes.packed, packedSlots, planes);
    if (operation.adds) {
      integers.loadTotals(warp.words, operands.d(), planes);
    } else {
      Arrays.fill(planes.totals, 0, tiling.accumulators() * 32, 0);
    }
    integers.multiply(planes);
    integers.storeTotals(planes, warp.words, operands.d());
  }

  private void readA(Warp warp, WgmmaOperation operation, Planes planes) {
    MatrixDescriptor matrix = MatrixDescriptor.decode(operation.descriptorOfA);
    int firstRow = (warp.index & 3) * 16;
    shared.read(warp, matrix, options.acrossOfA(), firstRow, 16, true, planes.packed);
  }

  private void readB(Warp warp, WgmmaOperation operation, Planes planes) {
    MatrixDescriptor matrix = MatrixDescriptor.decode(operation.descriptorOfB);
    shared.read(warp, matrix, options.acrossOfB(), 0, tiling.n(), false, planes.packed);
  }
}
