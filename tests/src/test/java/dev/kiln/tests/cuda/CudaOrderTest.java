package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaFunction;
import dev.kiln.runtime.cuda.CudaGraph;
import dev.kiln.runtime.cuda.CudaLaunch;
import dev.kiln.runtime.cuda.CudaModule;
import dev.kiln.runtime.cuda.CudaOptions;
import dev.kiln.runtime.cuda.CudaStream;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Order that Kiln keeps though nobody asks for it. */
@CudaTest
class CudaOrderTest {
  private static final int N = 16;
  private static final long BYTES = 4L * N;

  private static byte[] read(Buffer buffer) {
    byte[] bytes = new byte[(int) BYTES];
    buffer.copyTo(MemorySegment.ofArray(bytes), 0);
    return bytes;
  }

  @Test
  void theSourceOfACopyToAnotherGpuMayChangeAfterwards(CudaDevice device) {
    CudaDriver driver = CudaDriver.load();
    Assumptions.assumeTrue(driver.deviceCount() > 1, "there is one GPU");
    try (CudaDevice other = driver.open(1, new CudaOptions(false));
        Buffer here = device.allocate(BYTES);
        Buffer there = other.allocate(BYTES)) {
      here.fill((byte) 1);
      there.copyFrom(here, 0);
      here.fill((byte) 2);
      assertThat(read(here)).containsOnly(2);
      assertThat(read(there)).containsOnly(1);
    }
  }

  @Test
  void memoryOfAGraphIsFreedBehindAllStreamsThatUseIt(CudaDevice device) {
    try (CudaModule module = device.loadModule("add", AddKernel.PTX);
        CudaStream other = device.newStream();
        Buffer result = device.allocate(BYTES)) {
      CudaFunction add = module.function("add");
      try (CudaGraph graph =
          CudaGraph.capture(
              device,
              () -> {
                Buffer inner = device.allocate(BYTES);
                inner.fill((byte) 0);
                other.waitFor(device.stream());
                try (CudaDevice.StreamUse _ = device.use(other)) {
                  add.launch(CudaLaunch.of(1, 32), inner, 0x03030303, N);
                  result.copyFrom(inner, 0);
                }
                inner.close();
                device.stream().waitFor(other);
              })) {
        graph.replay();
        graph.replay();
        assertThat(read(result)).containsOnly(3);
      }
    }
  }
}
