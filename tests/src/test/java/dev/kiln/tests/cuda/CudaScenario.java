package dev.kiln.tests.cuda;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaBuffer;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaEvent;
import dev.kiln.runtime.cuda.CudaFunction;
import dev.kiln.runtime.cuda.CudaGraph;
import dev.kiln.runtime.cuda.CudaLaunch;
import dev.kiln.runtime.cuda.CudaModule;
import dev.kiln.runtime.cuda.CudaOptions;
import dev.kiln.runtime.cuda.CudaStream;
import dev.kiln.runtime.cuda.PinnedMemory;
import dev.kiln.runtime.cuda.Rectangles.Rows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A program that uses every part of the CUDA path, one after the other. */
final class CudaScenario {
  private static final int N = 16;
  private static final long BYTES = 4L * N;
  private static final CudaLaunch LAUNCH = CudaLaunch.of(1, 32);

  private final List<int[]> results = new ArrayList<>();
  private final List<DeviceActivity> activities = new ArrayList<>();

  /** Runs on the first two GPUs, or on the first alone where there is no other. */
  void run() {
    CudaDriver driver = CudaDriver.load();
    try (CudaDevice device = driver.open(0, new CudaOptions(false))) {
      copies(device);
      streams(device);
      module(device);
      compiled(device);
      graph(device);
      foreign(device);
      listened(device);
      if (driver.deviceCount() > 1) {
        try (CudaDevice other = driver.open(1, new CudaOptions(false))) {
          peers(device, other);
        }
      }
    }
  }

  /** What was read, in order. */
  List<int[]> results() {
    return results;
  }

  List<DeviceActivity> activities() {
    return activities;
  }

  private static MemorySegment same(int value) {
    int[] values = new int[N];
    Arrays.fill(values, value);
    return MemorySegment.ofArray(values);
  }

  private void read(Buffer buffer) {
    int[] values = new int[N];
    buffer.copyTo(MemorySegment.ofArray(values), 0);
    results.add(values);
  }

  private void copies(CudaDevice device) {
    try (Buffer first = device.allocate(BYTES);
        Buffer second = device.allocate(BYTES);
        PinnedMemory pinned = device.pinned(BYTES)) {
      first.copyFrom(same(1), 0);
      second.copyFrom(first, 0);
      read(second);
      first.fill((byte) 0);
      read(first);
      pinned.segment().copyFrom(same(2));
      CudaBuffer target = (CudaBuffer) first;
      try (CudaEvent event = target.copyFromAsync(pinned, 0, 0, BYTES)) {
        event.synchronize();
      }
      read(first);
      target.copy2d(new Rows(0, 16), (CudaBuffer) second, new Rows(4, 16), 8, 3);
      target.copy2dFrom(new Rows(0, 32), pinned, new Rows(0, 16), 16, 2);
      target.copy2dTo(new Rows(0, 16), pinned, new Rows(8, 16), 8, 2);
      read(first);
    }
  }

  private void streams(CudaDevice device) {
    try (CudaStream stream = device.newStream();
        Buffer buffer = device.allocate(BYTES)) {
      buffer.fill((byte) 1);
      stream.waitFor(device.stream());
      try (CudaEvent start = stream.record()) {
        try (CudaDevice.StreamUse _ = device.use(stream)) {
          buffer.fill((byte) 2);
        }
        try (CudaEvent end = stream.record()) {
          end.synchronize();
          end.nanosSince(start);
        }
      }
      stream.isIdle();
      device.stream().waitFor(stream);
      read(buffer);
      stream.synchronize();
    }
  }

  private void module(CudaDevice device) {
    try (CudaModule module = device.loadModule("add", AddKernel.PTX);
        Buffer buffer = device.allocate(BYTES)) {
      CudaFunction add = module.function("add");
      add.attributes();
      add.blocksPerMultiprocessor(32, 0);
      buffer.fill((byte) 0);
      add.launch(LAUNCH, buffer, 5, N);
      add.launch(LAUNCH.withShared(60_000), buffer, 5, N);
      add.launch(LAUNCH.asCooperative(), buffer, 5, N);
      read(buffer);
      int[] table = new int[4];
      module.variable("table").copyTo(MemorySegment.ofArray(table), 0);
      results.add(table);
    }
  }

  private void compiled(CudaDevice device) {
    KernelModule module = KernelModule.resource(CudaScenario.class, "scenario.py");
    try (NdArray x = NdArray.empty(device, DType.FP32, N);
        NdArray y = NdArray.empty(device, DType.FP32, N)) {
      x.buffer().copyFrom(MemorySegment.ofArray(new float[N]), 0);
      module.kernel("increment").on(device).args(x, y, N, 32).launch(1, 1, 1);
      float[] values = new float[N];
      y.buffer().copyTo(MemorySegment.ofArray(values), 0);
      results.add(new int[] {(int) values[0], (int) values[N - 1]});
    }
  }

  private void graph(CudaDevice device) {
    try (CudaModule module = device.loadModule("add", AddKernel.PTX);
        Buffer buffer = device.allocate(BYTES)) {
      CudaFunction add = module.function("add");
      buffer.fill((byte) 0);
      try (CudaGraph graph =
          CudaGraph.capture(
              device,
              () -> {
                try (Buffer inner = device.allocate(BYTES)) {
                  inner.fill((byte) 0);
                  add.launch(LAUNCH, inner, 1, N);
                  buffer.copyFrom(inner, 0);
                  add.launch(LAUNCH, buffer, 3, N);
                }
              })) {
        graph.replay();
        graph.replay();
        read(buffer);
      }
    }
  }

  private void foreign(CudaDevice device) {
    try (Arena arena = Arena.ofConfined();
        Buffer own = device.allocate(BYTES)) {
      MemorySegment host = arena.allocate(BYTES, 4096);
      host.copyFrom(same(9));
      try (Buffer lent = device.wrap(host);
          Buffer wrapped = device.wrap(own.address(), BYTES)) {
        wrapped.copyFrom(lent, 0);
        read(wrapped);
      }
      results.add(new int[] {host.get(ValueLayout.JAVA_INT, 0)});
    }
  }

  private void listened(CudaDevice device) {
    device.listen(
        new LaunchListener() {
          @Override
          public void launched(String kernel, Grid grid, long nanos) {}

          @Override
          public void heard(DeviceActivity activity) {
            activities.add(activity);
          }
        });
    try (Buffer buffer = device.allocate(BYTES)) {
      buffer.copyFrom(same(3), 0);
      read(buffer);
    }
    device.synchronize();
    device.listen(null);
  }

  private void peers(CudaDevice device, CudaDevice other) {
    try (Buffer here = device.allocate(BYTES);
        Buffer there = other.allocate(BYTES)) {
      here.copyFrom(same(4), 0);
      there.copyFrom(here, 0);
      read(there);
    }
  }
}
