package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaFunction;
import dev.kiln.runtime.cuda.CudaLaunch;
import dev.kiln.runtime.cuda.CudaModule;
import dev.kiln.runtime.cuda.CudaStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Several threads use one device, each with buffers and a stream of its own. */
@CudaTest
class CudaThreadsTest {
  private static final int THREADS = 4;
  private static final int ROUNDS = 20;
  private static final int N = 16;

  @Test
  void threadsDoNotDisturbEachOther(CudaDevice device) throws Exception {
    try (CudaModule module = device.loadModule("add", AddKernel.PTX);
        var pool = Executors.newFixedThreadPool(THREADS)) {
      CudaFunction add = module.function("add");
      List<Callable<int[]>> tasks = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int value = i + 1;
        tasks.add(() -> sum(device, add, value));
      }
      int thread = 0;
      for (Future<int[]> result : pool.invokeAll(tasks)) {
        assertThat(result.get()).as("thread %d", thread).containsOnly(ROUNDS * ++thread);
      }
    }
    assertThat(device.memoryUse().current()).isZero();
  }

  private static int[] sum(CudaDevice device, CudaFunction add, int value) {
    int[] numbers = new int[N];
    try (CudaStream stream = device.newStream()) {
      try (CudaDevice.StreamUse _ = device.use(stream);
          Buffer sum = device.allocate(4L * N)) {
        sum.fill((byte) 0);
        for (int i = 0; i < ROUNDS; i++) {
          try (Buffer next = device.allocate(4L * N)) {
            next.copyFrom(sum, 0);
            add.launch(CudaLaunch.of(1, 32), next, value, N);
            sum.copyFrom(next, 0);
          }
        }
        sum.copyTo(MemorySegment.ofArray(numbers), 0);
      }
    }
    return numbers;
  }
}
