package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Agent;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryOperand.Use;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.program.DecodeContext.AddressOperand;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.List;

/**
 * Reads a matrix that a descriptor places into the registers that a warp would hold it in. Every
 * matrix of {@code wgmma} has 32 bytes along k: two registers of four lanes.
 */
final class SharedMatrix {
  private static final int STEPS = 2;

  /** Chunks of rows, or of blocks of eight rows, that have the same place along m or n. */
  private static final int DEPTH_ACROSS = 16;

  private final Step step;
  private final MemoryOperand memory;

  /**
   * @param step on whose behalf
   */
  SharedMatrix(Step step) {
    this.step = step;
    this.memory =
        MemoryOperand.of(
                new AddressOperand(64, 0, 0, null, List.of()),
                Space.SHARED,
                MatrixDescriptor.CHUNK,
                Use.READ)
            .by(Agent.WGMMA);
  }

  /**
   * Reads some rows of A or columns of B.
   *
   * @param across whether the matrix is MN-major
   * @param first row or column
   * @param count of them, a multiple of 8
   * @param pairs whether two blocks of eight rows alternate in the registers, as they do in A
   * @param registers receives registers side by side, 32 lanes each
   */
  void read(
      Warp warp,
      MatrixDescriptor matrix,
      boolean across,
      int first,
      int count,
      boolean pairs,
      int[] registers) {
    int chunks = count * STEPS;
    long[] addresses = new long[32];
    for (int begin = 0; begin < chunks; begin += 32) {
      int batch = Math.min(32, chunks - begin);
      for (int i = 0; i < batch; i++) {
        int chunk = begin + i;
        addresses[i] =
            across
                ? matrix.acrossK(first / 8 + chunk / DEPTH_ACROSS, chunk % DEPTH_ACROSS)
                : matrix.alongK(first + chunk / STEPS, chunk % STEPS);
      }
      warp.port.resolveAt(step, memory, batch == 32 ? -1 : (1 << batch) - 1, addresses);
      for (int i = 0; i < batch; i++) {
        if (across) {
          spread(warp.port, i, begin + i, pairs, registers);
        } else {
          place(warp.port, i, begin + i, pairs, registers);
        }
      }
    }
  }

  /** Four words along k go to four lanes of a register. */
  private static void place(MemoryPort port, int lane, int chunk, boolean pairs, int[] registers) {
    int row = chunk / STEPS;
    int to = register(row / 8, chunk % STEPS, pairs) * 32 + row % 8 * 4;
    for (int word = 0; word < 4; word++) {
      registers[to + word] = port.readInt(lane, word * 4);
    }
  }

  /** Eight elements across k go to eight groups of lanes. */
  private static void spread(MemoryPort port, int lane, int chunk, boolean pairs, int[] registers) {
    int k = chunk % DEPTH_ACROSS;
    int to = register(chunk / DEPTH_ACROSS, k / 8, pairs) * 32 + k % 8 / 2;
    int shift = k % 2 * 16;
    for (int word = 0; word < 4; word++) {
      int two = port.readInt(lane, word * 4);
      insert(registers, to + word * 8, two & 0xffff, shift);
      insert(registers, to + word * 8 + 4, two >>> 16, shift);
    }
  }

  private static void insert(int[] registers, int to, int half, int shift) {
    registers[to] = shift == 0 ? half : registers[to] | half << 16;
  }

  private static int register(int block, int step, boolean pairs) {
    return pairs ? step * 2 + block : block * STEPS + step;
  }
}
