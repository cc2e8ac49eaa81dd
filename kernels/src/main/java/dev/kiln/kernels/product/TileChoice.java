package dev.kiln.kernels.product;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;

/**
 * The tiles of a launcher: given, or chosen for the problem, which mostly is the last one again.
 */
final class TileChoice {
  private final Device device;
  private final MatmulTiles fixed;
  private MatmulTiles last;
  private DType dtype;
  private long batch;
  private long m;
  private long n;
  private long k;
  private int changes;

  /**
   * @param fixed tiles for all problems, or null
   */
  TileChoice(Device device, MatmulTiles fixed) {
    this.device = device;
    this.fixed = fixed;
  }

  /** Whether nobody asked for certain tiles. */
  boolean isFree() {
    return fixed == null;
  }

  /** How often the problem was another than before. */
  int changes() {
    return changes;
  }

  MatmulTiles tiles(DType newDType, long newBatch, long newM, long newN, long newK) {
    if (fixed != null) {
      return fixed;
    }
    boolean same = newDType == dtype && newBatch == batch && newM == m && newN == n && newK == k;
    if (!same) {
      dtype = newDType;
      batch = newBatch;
      m = newM;
      n = newN;
      k = newK;
      changes++;
      last = MatmulTiles.choose(device, dtype, batch, m, n, k);
    }
    return last;
  }
}
