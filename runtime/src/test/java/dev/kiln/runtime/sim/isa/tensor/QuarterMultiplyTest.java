package dev.kiln.runtime.sim.isa.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.TensorMode;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code mma.m8n8k4} with f16, by the formulas of PTX ISA 9.7.14.5.1. */
class QuarterMultiplyTest {
  @ParameterizedTest
  @CsvSource({
    "row, col, f32, f32", "row, row, f32, f32", "col, col, f32, f32", "col, row, f32, f32",
    "row, col, f16, f16", "col, row, f16, f16", "row, row, f32, f16", "col, col, f32, f16"
  })
  void multipliesFourPairsOfMatrices(String layoutOfA, String layoutOfB, String d, String c) {
    SplittableRandom random = new SplittableRandom(23);
    long[][][] matrixA = new long[4][][];
    long[][][] matrixB = new long[4][][];
    long[][][] matrixC = new long[4][][];
    for (int i = 0; i < 4; i++) {
      matrixA[i] = MmaTest.random(8, 4, "f16", random);
      matrixB[i] = MmaTest.random(4, 8, "f16", random);
      matrixC[i] = MmaTest.random(8, 8, c, random);
    }
    long[][] a = new long[2][32];
    long[][] b = new long[2][32];
    long[][] inC = new long[c.equals("f16") ? 4 : 8][32];
    for (int lane = 0; lane < 32; lane++) {
      int computation = lane % 16 / 4;
      int high = lane < 16 ? 0 : 4;
      for (int i = 0; i < 4; i++) {
        boolean rowsOfA = layoutOfA.equals("row");
        int row = rowsOfA ? lane % 4 + high : i % 4 + high;
        int column = rowsOfA ? i : lane % 4;
        a[i / 2][lane] |= matrixA[computation][row][column] << i % 2 * 16;
        boolean rowsOfB = layoutOfB.equals("row");
        int rowOfB = rowsOfB ? lane % 4 : i;
        int columnOfB = rowsOfB ? i + high : lane % 4 + high;
        b[i / 2][lane] |= matrixB[computation][rowOfB][columnOfB] << i % 2 * 16;
      }
      for (int i = 0; i < 8; i++) {
        long value = matrixC[computation][row(c, lane, i)][column(c, lane, i)];
        if (c.equals("f16")) {
          inC[i / 2][lane] |= value << i % 2 * 16;
        } else {
          inC[i][lane] = value;
        }
      }
    }
    for (TensorMode mode : TensorMode.values()) {
      SingleStep.Result result =
          SingleStep.of(
                  "mma.sync.aligned.m8n8k4."
                      + String.join(".", layoutOfA, layoutOfB, d, "f16", "f16", c))
              .outMatrix(PtxType.B32, d.equals("f16") ? 4 : 8)
              .inMatrix(PtxType.B32, a)
              .inMatrix(PtxType.B32, b)
              .inMatrix(PtxType.B32, inC)
              .block(TensorBlock.with(mode))
              .run();
      for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < 8; i++) {
          int computation = lane % 16 / 4;
          int row = row(d, lane, i);
          int column = column(d, lane, i);
          BigDecimal sum = Matrices.value(c, matrixC[computation][row][column]);
          for (int k = 0; k < 4; k++) {
            sum =
                sum.add(
                    Matrices.value("f16", matrixA[computation][row][k])
                        .multiply(Matrices.value("f16", matrixB[computation][k][column])));
          }
          long word =
              d.equals("f16")
                  ? result.out(i / 2)[lane] >>> i % 2 * 16 & 0xffff
                  : result.out(i)[lane];
          assertThat(Matrices.value(d, word)).isEqualByComparingTo(sum);
        }
      }
    }
  }

  private static int row(String type, int lane, int i) {
    int high = lane < 16 ? 0 : 4;
    return type.equals("f16") ? lane % 4 + high : (lane & 1) + (i & 2) + high;
  }

  private static int column(String type, int lane, int i) {
    return type.equals("f16") ? i : (i & 4) + (lane & 2) + (i & 1);
  }

  @Test
  void refusesSumsThatGetNarrower() {
    assertThatThrownBy(
            () ->
                SingleStep.of("mma.sync.aligned.m8n8k4.row.col.f16.f16.f16.f32")
                    .outMatrix(PtxType.B32, 4)
                    .inMatrix(PtxType.B32, new long[2][32])
                    .inMatrix(PtxType.B32, new long[2][32])
                    .inMatrix(PtxType.B32, new long[8][32])
                    .decode())
        .isInstanceOf(MalformedInstruction.class);
  }
}
