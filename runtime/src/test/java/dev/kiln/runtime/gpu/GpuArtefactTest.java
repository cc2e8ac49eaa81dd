package dev.kiln.runtime.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.gpu.KernelAbi.Kind;
import dev.kiln.compiler.gpu.KernelAbi.Parameter;
import dev.kiln.compiler.gpu.KernelAbi.Source;
import dev.kiln.compiler.gpu.KernelAbi.TensorBox;
import dev.kiln.compiler.ir.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GpuArtefactTest {
  private static final GpuKernel KERNEL =
      new GpuKernel(
          ".version 8.0\n// µ\n",
          new KernelAbi(
              "f",
              List.of(
                  new Parameter("p0_x", Kind.POINTER, 0, 0, 8),
                  new Parameter("p1_n", Kind.SCALAR, 1, 8, 4),
                  new Parameter(
                      "map_0",
                      Kind.TENSOR_MAP,
                      0,
                      64,
                      128,
                      Optional.of(
                          new TensorBox(
                              DType.BF16,
                              List.of(64, 32),
                              64,
                              true,
                              List.of(
                                  Source.argument(3),
                                  Source.number(48),
                                  Source.number(1L << 40),
                                  Source.number(1))))),
                  new Parameter("scratch", Kind.SCRATCH, -1, 192, 8)),
              256,
              2,
              49_152,
              384));

  @Test
  void whatIsKeptIsFoundAgain() {
    assertThat(GpuArtefact.decode(GpuArtefact.encode(KERNEL))).contains(KERNEL);
  }

  @Test
  void bytesThatWereCutOrChangedAreNoArtefact() {
    byte[] bytes = GpuArtefact.encode(KERNEL);
    for (int length = 0; length < bytes.length; length++) {
      assertThat(GpuArtefact.decode(Arrays.copyOf(bytes, length))).isEmpty();
    }
    assertThat(GpuArtefact.decode(Arrays.copyOf(bytes, bytes.length + 1))).isEmpty();
    bytes[3]++;
    assertThat(GpuArtefact.decode(bytes)).isEmpty();
  }
}
