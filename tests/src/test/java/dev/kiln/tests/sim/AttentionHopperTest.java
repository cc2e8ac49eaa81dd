package dev.kiln.tests.sim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Way.class)
class AttentionHopperTest {
  @RegisterExtension final CudaKernels cuda;

  AttentionHopperTest(Way way) {
    cuda = new CudaKernels("attention_hopper", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 64, false", "1, 64, true", "2, 192, false", "1, 256, true"})
  void wgmmaComputesScoresAndOutputs(int heads, int length, boolean causal) {
    Attention attention = Attention.random(DType.BF16, heads, length, 64, causal);
    NdArray out = cuda.empty(DType.BF16, attention.q().length);
    cuda.launch(
        "attention_wgmma",
        SimLaunch.of(Grid.of(length / 64, heads), Grid.of(128)),
        length,
        causal ? 1 : 0,
        attention.scale(),
        tiles(attention.q()),
        tiles(attention.k()),
        tiles(attention.v()),
        out);
    attention.check(out.toDoubles());
  }

  private TensorMap tiles(double[] values) {
    NdArray rows = cuda.array(DType.BF16, values);
    return TensorMap.tiled(DataType.BFLOAT16, rows.address(), 64, values.length / 64)
        .box(64, 64)
        .swizzle(Swizzle.BYTES_128)
        .build();
  }
}
