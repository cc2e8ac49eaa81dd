package dev.kiln.tests.gpu;

import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThinSliceTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 1024, 4096, 5008})
  void vectorAdd(int n) {
    GpuTrial.of(
            """
            import triton
            import triton.language as tl

            @triton.jit
            def add(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
                offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
                mask = offsets < n
                x = tl.load(x_ptr + offsets, mask=mask)
                y = tl.load(y_ptr + offsets, mask=mask)
                tl.store(out_ptr + offsets, x + y, mask=mask)
            """,
            Grid.of(Grid.cdiv(n, 1024)))
        .check(HostArray.normal(1, n), HostArray.normal(2, n), HostArray.unwritten(n), n, 1024);
  }
}
