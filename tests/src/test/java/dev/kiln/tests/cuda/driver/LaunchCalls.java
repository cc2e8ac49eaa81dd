package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DeviceCalls.require;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.kiln.runtime.Grid;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.program.Program.Parameter;
import dev.kiln.runtime.sim.roofline.Occupancy;
import dev.kiln.runtime.sim.roofline.Quantity;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Functions and their launches. A launch takes its parameters at the call. */
final class LaunchCalls {
  private static final int MOST_THREADS = 1024;
  private static final int MOST_YZ = 65_535;
  private static final int PORTABLE_CLUSTER = 8;
  private static final int MOST_CLUSTER = 16;
  private static final int CLUSTERS_FROM = 90;

  private final SimulatedDriver driver;

  /**
   * A launch.
   *
   * @param cluster empty if the call asks for none
   */
  private record Shape(
      Grid grid, Grid block, long shared, Optional<Grid> cluster, boolean cooperative) {
    int threads() {
      return Math.multiplyExact(Math.multiplyExact(block.x(), block.y()), block.z());
    }
  }

  LaunchCalls(SimulatedDriver driver) {
    this.driver = driver;
  }

  void addTo(FunctionTable table) {
    table.inContext("cuLaunchKernel", (c, v) -> launch(c, v, shape(v, Optional.empty(), false)));
    table.inContext(
        "cuLaunchCooperativeKernel", (c, v) -> launch(c, v, shape(v, Optional.empty(), true)));
    table.inContext("cuLaunchKernelEx", (c, v) -> launch(c, v, withAttributes(v)));
    table.inContext("cuFuncGetAttribute", this::getAttribute);
    table.inContext("cuFuncSetAttribute", this::setAttribute);
    table.inContext(
        "cuOccupancyMaxActiveBlocksPerMultiprocessor",
        (c, v) -> {
          LoadedFunction function = function(v.at(1));
          require(v.number(2) > 0, "no threads");
          v.putInt(0, blocks(function, v.number(2), v.at(3)));
        });
  }

  private LoadedFunction function(long handle) {
    return driver.handles().get(handle, LoadedFunction.class);
  }

  private static Shape shape(CallValues v, Optional<Grid> cluster, boolean cooperative) {
    for (int i = 1; i <= 6; i++) {
      require(v.at(i) > 0 && v.at(i) <= Integer.MAX_VALUE, "an extent of " + v.at(i));
    }
    require(v.at(2) <= MOST_YZ && v.at(3) <= MOST_YZ, "a grid too large along y or z");
    require(v.at(4) * v.at(5) * v.at(6) <= MOST_THREADS && v.at(6) <= 64, "too many threads");
    return new Shape(
        Grid.of(v.number(1), v.number(2), v.number(3)),
        Grid.of(v.number(4), v.number(5), v.number(6)),
        v.at(7),
        cluster,
        cooperative);
  }

  private static Shape withAttributes(CallValues values) {
    Optional<Grid> cluster = Optional.empty();
    boolean cooperative = false;
    for (int i = 0; i < values.at(12); i++) {
      int at = 13 + 4 * i;
      int attribute = values.number(at);
      if (attribute == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION()) {
        cluster =
            Optional.of(
                Grid.of(values.number(at + 1), values.number(at + 2), values.number(at + 3)));
      } else if (attribute == CU_LAUNCH_ATTRIBUTE_COOPERATIVE()) {
        cooperative = values.at(at + 1) != 0;
      } else {
        require(attribute == CU_LAUNCH_ATTRIBUTE_IGNORE(), "launch attribute " + attribute);
      }
    }
    return shape(values, cluster, cooperative);
  }

  private void launch(DriverContext context, CallValues values, Shape shape) {
    LoadedFunction function = function(values.at(0));
    if (function.context() != context) {
      throw new DriverError(CUDA_ERROR_INVALID_HANDLE(), "a function of another context");
    }
    check(function, shape);
    MemorySegment parameters = parameters(function, values);
    SimLaunch launch = SimLaunch.of(shape.grid(), shape.block()).withShared(shape.shared());
    SimLaunch whole = shape.cluster().map(launch::withCluster).orElse(launch);
    driver.submit(
        driver.stream(context, values.at(8)),
        "the kernel " + function.kernel().name(),
        () -> function.kernel().launchRaw(whole, parameters));
  }

  private static void check(LoadedFunction function, Shape shape) {
    require(
        shape.threads() <= function.directive("maxntid", MOST_THREADS),
        "more threads than the function allows");
    int required = function.directive("reqntid", shape.threads());
    require(shape.threads() == required, "not the threads that the function requires");
    require(
        shape.shared() <= dynamicShared(function),
        "%,d bytes of dynamic shared memory; the attribute of the function allows %,d"
            .formatted(shape.shared(), dynamicShared(function)));
    checkCluster(function, shape);
    int most = blocks(function, shape.threads(), shape.shared());
    if (most == 0) {
      throw new DriverError(
          CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES(), "not even one block fits on a multiprocessor");
    }
    long sms = (long) function.context().gpu().model().get(Quantity.SMS);
    if (shape.cooperative() && shape.grid().size() > most * sms) {
      throw new DriverError(
          CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE(),
          "%,d blocks; %,d run at a time".formatted(shape.grid().size(), most * sms));
    }
  }

  private static void checkCluster(LoadedFunction function, Shape shape) {
    if (shape.cluster().isEmpty()) {
      return;
    }
    Grid cluster = shape.cluster().get();
    int size = cluster.size();
    boolean wide =
        function.attributes().getOrDefault(CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED(), 0)
            != 0;
    boolean divides =
        size > 0
            && shape.grid().x() % cluster.x() == 0
            && shape.grid().y() % cluster.y() == 0
            && shape.grid().z() % cluster.z() == 0;
    boolean known = function.context().gpu().capability() >= CLUSTERS_FROM || size == 1;
    if (!divides || !known || size > (wide ? MOST_CLUSTER : PORTABLE_CLUSTER)) {
      throw new DriverError(
          CUDA_ERROR_INVALID_CLUSTER_SIZE(),
          "a cluster of %s in a grid of %s".formatted(cluster, shape.grid()));
    }
  }

  private static int dynamicShared(LoadedFunction function) {
    return function
        .attributes()
        .getOrDefault(
            CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES(),
            GpuAttributes.SHARED_BYTES - staticShared(function));
  }

  private static int staticShared(LoadedFunction function) {
    return (int) function.kernel().program().staticShared();
  }

  private static int blocks(LoadedFunction function, int threads, long dynamic) {
    return Occupancy.of(
            function.context().gpu().model(),
            threads,
            registers(function, threads),
            staticShared(function) + dynamic)
        .blocks();
  }

  /** The simulator allocates none: as many as let the block run. */
  private static int registers(LoadedFunction function, int threads) {
    int most = 65_536 / Math.max(32, threads) / 8 * 8;
    return Math.min(Math.min(255, most), 16 + function.kernel().program().words() / 4);
  }

  private static MemorySegment parameters(LoadedFunction function, CallValues values) {
    Program program = function.kernel().program();
    MemorySegment block = MemorySegment.ofArray(new byte[program.parameterBytes()]);
    List<Parameter> declared = program.parameters();
    if (values.at(10) != 0) {
      require(values.at(11) == block.byteSize(), "not the size of the parameters");
      block.copyFrom(CallValues.memory(values.at(10), values.at(11)));
    } else if (!declared.isEmpty()) {
      MemorySegment pointers = CallValues.memory(values.at(9), (long) Long.BYTES * declared.size());
      for (int i = 0; i < declared.size(); i++) {
        Parameter parameter = declared.get(i);
        long from = pointers.getAtIndex(JAVA_LONG_UNALIGNED, i);
        MemorySegment.copy(
            CallValues.memory(from, parameter.size()),
            0,
            block,
            parameter.offset(),
            parameter.size());
      }
    }
    return block;
  }

  private void getAttribute(DriverContext context, CallValues values) {
    LoadedFunction function = function(values.at(2));
    int attribute = values.number(1);
    values.putInt(0, attribute(function, attribute));
  }

  private static int attribute(LoadedFunction function, int attribute) {
    Program program = function.kernel().program();
    if (attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK()) {
      return function.directive("maxntid", function.directive("reqntid", MOST_THREADS));
    } else if (attribute == CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES()) {
      return staticShared(function);
    } else if (attribute == CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES()) {
      return 0;
    } else if (attribute == CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES()) {
      return (int) program.localBytes();
    } else if (attribute == CU_FUNC_ATTRIBUTE_NUM_REGS()) {
      return registers(function, attribute(function, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK()));
    } else if (attribute == CU_FUNC_ATTRIBUTE_BINARY_VERSION()) {
      return function.context().gpu().capability();
    } else if (attribute == CU_FUNC_ATTRIBUTE_PTX_VERSION()) {
      return function.context().gpu().capability();
    } else if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES()) {
      return dynamicShared(function);
    }
    require(
        attribute > 0 && attribute <= CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE(),
        "attribute " + attribute);
    return function.attributes().getOrDefault(attribute, 0);
  }

  private void setAttribute(DriverContext context, CallValues values) {
    LoadedFunction function = function(values.at(0));
    int attribute = values.number(1);
    int value = values.number(2);
    if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES()) {
      int most = (int) function.context().gpu().model().get(Quantity.SHARED_PER_BLOCK);
      require(
          value >= 0 && value + staticShared(function) <= most,
          "%,d bytes of shared memory; the GPU has %,d for a block".formatted(value, most));
    } else {
      require(
          attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT()
              || attribute == CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED(),
          "an attribute that cannot be set");
    }
    function.attributes().put(attribute, value);
  }
}
