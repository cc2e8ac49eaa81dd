package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.DeviceActivity.Direction;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.TensorDescriptor;
import dev.kiln.runtime.cuda.CudaBuffer;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaEvent;
import dev.kiln.runtime.cuda.CudaFunction;
import dev.kiln.runtime.cuda.CudaLaunch;
import dev.kiln.runtime.cuda.CudaModule;
import dev.kiln.runtime.cuda.PinnedMemory;
import dev.kiln.runtime.cuda.Rectangles.Rows;
import dev.kiln.tests.cuda.driver.DriverSettings;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CudaDeviceTest extends CudaFixture {
  private static final String SCALE =
      """
      .version 7.0
      .target sm_80
      .address_size 64
      .visible .global .align 4 .f32 factor = 0f40000000;
      .visible .entry scale(.param .u64 x, .param .u32 n)
      {
        .reg .b32 %r<4>;
        .reg .b64 %rd<4>;
        .reg .f32 %f<4>;
        .reg .pred %p;
        ld.param.u64 %rd0, [x];
        ld.param.u32 %r0, [n];
        mov.u32 %r1, %tid.x;
        setp.ge.u32 %p, %r1, %r0;
        @%p bra done;
        mul.wide.u32 %rd1, %r1, 4;
        add.s64 %rd0, %rd0, %rd1;
        ld.global.f32 %f0, [%rd0];
        ld.global.f32 %f1, [factor];
        mul.f32 %f0, %f0, %f1;
        st.global.f32 [%rd0], %f0;
      done:
        ret;
      }
      """;

  private static float[] upTo(int n) {
    float[] values = new float[n];
    IntStream.range(0, n).forEach(i -> values[i] = i);
    return values;
  }

  @Test
  void aKernelComputes() {
    try (NdArray x = NdArray.of(device, upTo(100));
        NdArray y = NdArray.zeros(device, DType.FP32, 100)) {
      add().args(x, y, 100, 0.5).launch(2, 1, 1);
      assertThat(y.toFloats()).startsWith(0.5f, 1.5f).endsWith(99.5f);
    }
  }

  @Test
  void aKernelComputesByTensorMaps() {
    restart(DriverSettings.standard().withGpus(Target.SM_90A));
    try (NdArray x = NdArray.of(device, upTo(32 * 32), 32, 32);
        NdArray y = NdArray.zeros(device, DType.FP32, 32, 32)) {
      Launch launch = kernel("double");
      launch.arg("x_desc", new TensorDescriptor(x, List.of(32, 32), false));
      launch.arg("y_desc", new TensorDescriptor(y, List.of(32, 32), false));
      launch.arg("BLOCK", 32).launch(1, 1, 1);
      launch.launch(1, 1, 1);
      assertThat(y.toFloats()).startsWith(0, 2, 4).endsWith(2046);
    }
    long encoded =
        driver().injection().calls().stream().filter("cuTensorMapEncodeTiled"::equals).count();
    assertThat(encoded).as("maps made for two launches").isLessThanOrEqualTo(2);
  }

  @Test
  void copiesOfAnySizeKeepTheirBytesAndTheirOrder() {
    // More than the ring of pinned memory, in pieces that do not divide it.
    float[] values = upTo(2_500_003);
    try (NdArray x = NdArray.of(device, values)) {
      assertThat(x.toFloats()).isEqualTo(values);
      for (int i = 0; i < 500; i++) {
        x.buffer().copyFrom(MemorySegment.ofArray(new float[] {i, -i}), 4L * (i % 3));
      }
      assertThat(x.narrow(0, 0, 4).toFloats()).containsExactly(498, 499, -499, -497);
    }
  }

  @Test
  void aSourceMayChangeAfterTheCall() {
    float[] values = {1, 2};
    try (NdArray x = NdArray.of(device, values)) {
      values[0] = 5;
      assertThat(x.toFloats()).containsExactly(1, 2);
    }
  }

  @Test
  void buffersAreCheckedAndCounted() {
    Buffer buffer = device.allocate(100);
    assertThat(buffer.address() % 64).isZero();
    assertThat(device.memoryUse().current()).isEqualTo(100);
    buffer.fill((byte) 7);
    Buffer part = buffer.slice(10, 20);
    byte[] read = new byte[20];
    part.copyTo(MemorySegment.ofArray(read), 0);
    assertThat(read).containsOnly(7);
    assertThatThrownBy(() -> part.copyTo(MemorySegment.ofArray(read), 1))
        .isInstanceOf(DeviceMemoryException.class)
        .hasMessage("bytes 1 to 21 lie outside a buffer of 20 bytes");
    assertThatThrownBy(buffer::segment)
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("cannot be seen by the host");
    assertThatThrownBy(() -> device.allocate(-1)).isInstanceOf(DeviceMemoryException.class);
    buffer.close();
    buffer.close();
    assertThat(part.isClosed()).isTrue();
    assertThatThrownBy(() -> part.fill((byte) 0)).hasMessage("the buffer is closed");
    assertThat(device.memoryUse().current()).isZero();
    assertThat(device.memoryUse().peak()).isEqualTo(100);
  }

  @Test
  void aDeviceWithoutMemoryPoolsWorksToo() {
    restart(DriverSettings.standard().withoutPools());
    aKernelComputes();
    restart(DriverSettings.standard().withoutPools());
    buffersAreCheckedAndCounted();
  }

  @Test
  void nothingIsTakenForNoBytes() {
    try (NdArray none = NdArray.zeros(device, DType.FP32, 0)) {
      assertThat(none.toFloats()).isEmpty();
    }
  }

  @Test
  void pinnedMemoryIsCopiedWhileTheHostGoesOn() {
    try (PinnedMemory from = device.pinned(64);
        PinnedMemory to = device.pinned(64);
        CudaBuffer buffer = (CudaBuffer) device.allocate(64)) {
      from.segment().set(ValueLayout.JAVA_INT, 8, 42);
      try (CudaEvent in = buffer.copyFromAsync(from, 8, 0, 4);
          CudaEvent out = buffer.copyToAsync(to, 4, 0, 4)) {
        assertThat(in.isDone()).isFalse();
        out.synchronize();
        assertThat(in.isDone()).isTrue();
      }
      assertThat(to.segment().get(ValueLayout.JAVA_INT, 4)).isEqualTo(42);
      assertThatThrownBy(() -> buffer.copyToAsync(to, 62, 0, 4))
          .hasMessageContaining("outside pinned memory of 64 bytes");
    }
  }

  @Test
  void rectanglesAreCopied() {
    try (CudaBuffer source = bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        CudaBuffer target = bytes(new int[12]);
        PinnedMemory host = device.pinned(16)) {
      // The middle two of four columns, of three rows.
      target.copy2d(new Rows(0, 3), source, new Rows(1, 4), 2, 3);
      assertThat(bytes(target)).containsExactly(1, 2, 0, 5, 6, 0, 9, 10, 0, 0, 0, 0);
      source.copy2dTo(new Rows(0, 4), host, new Rows(1, 5), 1, 3);
      device.synchronize();
      assertThat(host.segment().get(ValueLayout.JAVA_BYTE, 11)).isEqualTo((byte) 8);
      target.copy2dFrom(new Rows(9, 1), host, new Rows(1, 5), 1, 3);
      assertThat(bytes(target)).endsWith(0, 4, 8);
      assertThatThrownBy(() -> target.copy2d(new Rows(0, 1), source, new Rows(0, 4), 2, 3))
          .hasMessage("a rectangle of 3 rows of 2 bytes cannot have a pitch of 1 bytes");
    }
  }

  private CudaBuffer bytes(int... values) {
    byte[] all = new byte[values.length];
    IntStream.range(0, all.length).forEach(i -> all[i] = (byte) values[i]);
    Buffer buffer = device.allocate(all.length);
    buffer.copyFrom(MemorySegment.ofArray(all), 0);
    return (CudaBuffer) buffer;
  }

  private static byte[] bytes(Buffer buffer) {
    byte[] all = new byte[(int) buffer.size()];
    buffer.copyTo(MemorySegment.ofArray(all), 0);
    return all;
  }

  @Test
  void twoGpusCopyToEachOther() {
    try (CudaDevice second = second();
        NdArray x = NdArray.of(device, upTo(10));
        NdArray y = NdArray.zeros(second, DType.FP32, 10)) {
      assertThat(second.name()).isEqualTo("cuda:1");
      y.buffer().copyFrom(x.buffer(), 0);
      x.buffer().fill((byte) 0);
      assertThat(y.toFloats()).isEqualTo(upTo(10));
      assertThat(x.toFloats()).containsOnly(0);
    }
  }

  @Test
  void codeOfOtherCompilersRuns() {
    try (CudaModule module = device.loadModule("scale.ptx", SCALE);
        NdArray x = NdArray.of(device, upTo(8))) {
      CudaFunction scale = module.function("scale");
      assertThat(module.function("scale")).isSameAs(scale);
      scale.launch(CudaLaunch.of(1, 32), x, 8);
      assertThat(x.toFloats()).containsExactly(0, 2, 4, 6, 8, 10, 12, 14);
      module.variable("factor").copyFrom(MemorySegment.ofArray(new float[] {0.5f}), 0);
      scale.launch(CudaLaunch.of(1, 32).asCooperative(), x.buffer(), 8);
      assertThat(x.toFloats()).isEqualTo(upTo(8));
      assertThat(scale.attributes().maxThreads()).isPositive();
      assertThat(scale.blocksPerMultiprocessor(32, 0)).isPositive();
      assertThatThrownBy(() -> module.function("shrink"))
          .hasMessageContaining("'scale.ptx' has no function 'shrink'")
          .hasMessageContaining("CUDA_ERROR_NOT_FOUND");
      assertThatThrownBy(() -> module.variable("shift"))
          .hasMessageContaining("has no variable 'shift'");
      assertThatThrownBy(() -> scale.launch(CudaLaunch.of(1, 32), x, "8"))
          .hasMessage("kernel 'scale': argument 1 cannot be a String");
    }
  }

  @Test
  void listenersHearWhatTheGpuDidWhenItIsWaitedFor() {
    List<DeviceActivity> heard = new ArrayList<>();
    try (NdArray x = NdArray.of(device, upTo(64));
        NdArray y = NdArray.zeros(device, DType.FP32, 64)) {
      device.listen(
          new LaunchListener() {
            @Override
            public void launched(String kernel, Grid grid, long nanos) {}

            @Override
            public void heard(DeviceActivity activity) {
              heard.add(activity);
            }
          });
      long before = System.nanoTime();
      Launch add = add().args(x, y, 64, 1);
      add.launch(1, 1, 1);
      assertThat(heard).isEmpty();
      y.toFloats();
      device.listen(null);
      add.launch(1, 1, 1);
      assertThat(heard).hasSize(2);
      assertThat(heard.getFirst())
          .isInstanceOfSatisfying(
              DeviceActivity.KernelRun.class,
              run -> {
                assertThat(run.kernel()).isEqualTo("add");
                assertThat(run.grid()).isEqualTo(Grid.of(1));
                assertThat(run.nanos()).isNotNegative();
                assertThat(run.start() - before).isBetween(-1_000_000_000L, 100_000_000_000L);
              });
      assertThat(heard.getLast())
          .isInstanceOfSatisfying(
              DeviceActivity.Copy.class,
              copy -> {
                assertThat(copy.direction()).isEqualTo(Direction.DEVICE_TO_HOST);
                assertThat(copy.bytes()).isEqualTo(256);
              });
    }
  }

  @Test
  void piecesOfWorkAreTimed() {
    try (DeviceTimer timer = device.timer();
        Buffer buffer = device.allocate(16)) {
      for (int i = 0; i < 3; i++) {
        timer.begin();
        buffer.fill((byte) i);
        timer.end();
      }
      assertThat(timer.read()).hasSize(3);
      assertThat(timer.read()).isEmpty();
    }
  }

  @Test
  void theProcesssDevicesAreOpenedAgainAfterTheyWereClosed() {
    driver();
    CudaDevice shared = Devices.cuda();
    assertThat(Devices.byName("cuda")).isSameAs(shared);
    assertThat(Devices.byName("cuda:1")).isSameAs(Devices.cuda(1)).isNotSameAs(shared);
    shared.close();
    shared.close();
    assertThatThrownBy(() -> shared.allocate(1)).hasMessage("the device 'cuda' is closed");
    CudaDevice again = Devices.cuda();
    assertThat(again).isNotSameAs(shared);
    again.close();
    Devices.cuda(1).close();
    assertThatThrownBy(() -> Devices.byName("cuda:2"))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("there is no GPU 2: this process sees 2, numbers 0 to 1");
  }

  @Test
  void aDeviceTellsWhatItIs() {
    driver();
    assertThat(device.name()).isEqualTo("cuda");
    assertThat(device.target()).isEqualTo(Target.SM_80);
    assertThat(device.model()).contains("compute capability 8.0", "multiprocessors", "GiB");
    assertThat(device.properties().uuid()).startsWith("GPU-").hasSize(40);
    assertThat(CudaDriver.load().versionText()).isEqualTo("13.0");
    assertThat(CudaDriver.load().devices()).hasSize(2);
  }

  @Test
  void closingADeviceGivesBackWhatIsLeft() {
    NdArray x = NdArray.of(device, upTo(100));
    device.pinned(10);
    device.newStream(-1);
    device.newEvent().record(device.ownStream());
    device.loadModule("scale.ptx", SCALE);
    add().args(x, x, 100, 1).launch(2, 1, 1);
    device.close();
    assertThat(x.buffer().isClosed()).isTrue();
    assertThatThrownBy(x::toFloats).hasMessage("the buffer is closed");
    x.close();
  }
}
