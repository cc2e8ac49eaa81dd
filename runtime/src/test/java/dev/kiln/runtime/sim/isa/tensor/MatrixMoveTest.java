package dev.kiln.runtime.sim.isa.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixMoveTest {
  /** Rows of 16 bytes lie 48 bytes apart, the last first. */
  private static long address(int line) {
    return 48L * (31 - line);
  }

  private static long[] addresses() {
    long[] addresses = new long[32];
    Arrays.setAll(addresses, MatrixMoveTest::address);
    return addresses;
  }

  private static Block filled() {
    Block block = TensorBlock.shared(2048);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 2048; i++) {
      block.shared.bytes().set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    return block;
  }

  private static int half(Block block, int line, int i) {
    return block.shared.bytes().get(ValueLayout.JAVA_SHORT, address(line) + 2 * i) & 0xffff;
  }

  private static int byteAt(Block block, int line, int i) {
    return block.shared.bytes().get(ValueLayout.JAVA_BYTE, address(line) + i) & 0xff;
  }

  @ParameterizedTest
  @CsvSource({"1, false", "2, false", "4, false", "1, true", "2, true", "4, true"})
  void loadsRowsOrColumnsOfHalves(int count, boolean transposed) {
    Block block = filled();
    String mnemonic =
        "ldmatrix.sync.aligned.m8n8.x" + count + (transposed ? ".trans" : "") + ".shared.b16";
    long[] addresses = addresses();
    // Lanes that name no row may hold anything.
    Arrays.fill(addresses, 8 * count, 32, -1);
    SingleStep.Result result =
        SingleStep.of(mnemonic)
            .outMatrix(PtxType.B32, count)
            .memory(PtxType.B64, 0, addresses)
            .block(block)
            .run();
    for (int matrix = 0; matrix < count; matrix++) {
      for (int lane = 0; lane < 32; lane++) {
        for (int e = 0; e < 2; e++) {
          int row = transposed ? lane % 4 * 2 + e : lane / 4;
          int column = transposed ? lane / 4 : lane % 4 * 2 + e;
          assertThat(result.out(matrix)[lane] >>> 16 * e & 0xffff)
              .as("matrix %d, lane %d, element %d", matrix, lane, e)
              .isEqualTo(half(block, 8 * matrix + row, column));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, false", "2, false", "4, false", "1, true", "2, true", "4, true"})
  void storesRowsOrColumnsOfHalves(int count, boolean transposed) {
    Block block = filled();
    Block before = filled();
    SplittableRandom random = new SplittableRandom(5);
    long[][] registers = new long[count][32];
    for (long[] register : registers) {
      Arrays.setAll(register, i -> random.nextLong(1L << 32));
    }
    SingleStep.of(
            "stmatrix.sync.aligned.m8n8.x" + count + (transposed ? ".trans" : "") + ".shared.b16")
        .memory(
            PtxType.B32, 16, Arrays.stream(addresses()).map(a -> a - 16 & 0xffff_ffffL).toArray())
        .inMatrix(PtxType.B32, registers)
        .block(block)
        .run();
    for (int matrix = 0; matrix < count; matrix++) {
      for (int lane = 0; lane < 32; lane++) {
        for (int e = 0; e < 2; e++) {
          int row = transposed ? lane % 4 * 2 + e : lane / 4;
          int column = transposed ? lane / 4 : lane % 4 * 2 + e;
          assertThat((long) half(block, 8 * matrix + row, column))
              .isEqualTo(registers[matrix][lane] >>> 16 * e & 0xffff);
        }
      }
    }
    for (int line = 8 * count; line < 32; line++) {
      for (int i = 0; i < 8; i++) {
        assertThat(half(block, line, i)).isEqualTo(half(before, line, i));
      }
    }
  }

  @Test
  void loadsThroughGenericAddresses() {
    Block block = filled();
    long[] generic = Arrays.stream(addresses()).map(a -> a + AddressSpace.SHARED_BASE).toArray();
    SingleStep.Result result =
        SingleStep.of("ldmatrix.sync.aligned.x4.m8n8.b16")
            .outMatrix(PtxType.B32, 4)
            .memory(PtxType.B64, 0, generic)
            .block(block)
            .run();
    assertThat(result.out(3)[31] & 0xffff).isEqualTo(half(block, 31, 6));
  }

  @Test
  void faultsOutsideOfSharedMemory() {
    assertFault(load(address -> address + 4096), LaneFault.Kind.ILLEGAL_ADDRESS);
    assertFault(load(address -> address + 8), LaneFault.Kind.MISALIGNED_ADDRESS);
  }

  private static void assertFault(SingleStep step, LaneFault.Kind kind) {
    assertThatThrownBy(step::run)
        .isInstanceOfSatisfying(LaneFault.class, fault -> assertThat(fault.kind()).isEqualTo(kind));
  }

  private static SingleStep load(java.util.function.LongUnaryOperator change) {
    return SingleStep.of("ldmatrix.sync.aligned.m8n8.x4.shared.b16")
        .outMatrix(PtxType.B32, 4)
        .memory(PtxType.B64, 0, Arrays.stream(addresses()).map(change).toArray())
        .block(filled());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void loadsSquaresOfBytesTransposed(int count) {
    Block block = filled();
    SingleStep.Result result =
        SingleStep.of("ldmatrix.sync.aligned.m16n16.x" + count + ".trans.shared.b8")
            .outMatrix(PtxType.B32, 2 * count)
            .memory(PtxType.B64, 0, addresses())
            .block(block)
            .run();
    for (int register = 0; register < 2 * count; register++) {
      for (int lane = 0; lane < 32; lane++) {
        for (int e = 0; e < 4; e++) {
          int row = lane % 4 * 4 + e;
          int column = lane / 4 + register % 2 * 8;
          assertThat(result.out(register)[lane] >>> 8 * e & 0xff)
              .isEqualTo(byteAt(block, register / 2 * 16 + row, column));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"b6x16_p32, 6, 0", "b4x16_p64, 4, 2"})
  void widensNarrowElementsToBytes(String source, int bits, int shift) {
    Block block = filled();
    SingleStep.Result result =
        SingleStep.of("ldmatrix.sync.aligned.m8n16.x2.shared.b8x16." + source)
            .outMatrix(PtxType.B32, 2)
            .memory(PtxType.B64, 0, addresses())
            .block(block)
            .run();
    for (int register = 0; register < 2; register++) {
      for (int lane = 0; lane < 32; lane++) {
        for (int e = 0; e < 4; e++) {
          int element = 0;
          for (int bit = 0; bit < bits; bit++) {
            int at = (lane % 4 * 4 + e) * bits + bit;
            element |=
                (byteAt(block, register * 8 + lane / 4, at / 8) >> at % 8 & 1) << bit + shift;
          }
          assertThat(result.out(register)[lane] >>> 8 * e & 0xff).isEqualTo(element);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void storesBytesOfAccumulatorsInColumns(int count) {
    Block block = filled();
    SplittableRandom random = new SplittableRandom(5);
    long[][] registers = new long[count][32];
    for (long[] register : registers) {
      Arrays.setAll(register, i -> random.nextLong(1L << 32));
    }
    SingleStep.of("stmatrix.sync.aligned.m16n8.x" + count + ".trans.shared.b8")
        .memory(PtxType.B64, 0, addresses())
        .inMatrix(PtxType.B32, registers)
        .block(block)
        .run();
    for (int matrix = 0; matrix < count; matrix++) {
      for (int lane = 0; lane < 32; lane++) {
        for (int e = 0; e < 4; e++) {
          int row = lane / 4 + (e < 2 ? 0 : 8);
          int column = lane % 4 * 2 + e % 2;
          assertThat((long) byteAt(block, matrix * 8 + column, row))
              .isEqualTo(registers[matrix][lane] >>> 8 * e & 0xff);
        }
      }
    }
  }

  @Test
  void transposesAcrossLanes() {
    long[] from = new long[32];
    for (int lane = 0; lane < 32; lane++) {
      int row = lane / 4;
      int column = lane % 4 * 2;
      from[lane] = row * 16 + column | (row * 16 + column + 1L) << 16;
    }
    long[] to =
        SingleStep.of("movmatrix.sync.aligned.m8n8.trans.b16")
            .out(PtxType.B32)
            .in(PtxType.B32, from)
            .block(TensorBlock.shared(16))
            .run()
            .out(0);
    for (int lane = 0; lane < 32; lane++) {
      long row = lane % 4 * 2;
      long column = lane / 4;
      assertThat(to[lane]).isEqualTo(row * 16 + column | (row + 1) * 16 + column << 16);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ldmatrix.sync.aligned.m8n8.x1.b8",
        "ldmatrix.sync.aligned.m8n8.b16",
        "ldmatrix.aligned.m8n8.x1.b16",
        "ldmatrix.sync.aligned.m16n16.x1.b8",
        "ldmatrix.sync.aligned.m16n16.x4.trans.b8",
        "ldmatrix.sync.aligned.m8n16.x1.trans.b8x16.b4x16_p64",
        "ldmatrix.sync.aligned.m8n16.x1.b8"
      })
  void refusesWhatTheAssemblerRefuses(String mnemonic) {
    assertThatThrownBy(
            () ->
                SingleStep.of(mnemonic)
                    .outMatrix(PtxType.B32, 1)
                    .memory(PtxType.B64, 0, addresses())
                    .decode())
        .isInstanceOf(MalformedInstruction.class);
  }
}
