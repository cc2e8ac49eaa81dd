package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.Quantity;
import java.util.HashMap;
import java.util.Map;

/** What a GPU tells of itself. */
final class GpuAttributes {
  /** Numbers of attributes lie below this. */
  static final int END = 200;

  /** Shared memory of a block unless a function asks for more. */
  static final int SHARED_BYTES = 48 << 10;

  private static final int CLUSTERS_FROM = 90;
  private static final int MOST_THREADS = 1024;
  private static final int L2_BYTES = 40 << 20;

  private GpuAttributes() {}

  /** An attribute; 0 for what the stand-in does not know. */
  static int of(SimulatedGpu gpu, int attribute, DriverSettings settings) {
    return all(gpu, settings).getOrDefault(attribute, 0);
  }

  private static Map<Integer, Integer> all(SimulatedGpu gpu, DriverSettings settings) {
    Map<Integer, Integer> all = new HashMap<>();
    addNumbers(all, gpu);
    int modern = gpu.capability() >= CLUSTERS_FROM ? 1 : 0;
    all.put(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED(), settings.pools() ? 1 : 0);
    all.put(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH(), modern);
    all.put(CU_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED(), modern);
    all.put(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH(), 1);
    all.put(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING(), 1);
    all.put(CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED(), 1);
    all.put(CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY(), 1);
    all.put(CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED(), 1);
    all.put(CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS(), 1);
    all.put(CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT(), 2);
    return all;
  }

  private static void addNumbers(Map<Integer, Integer> all, SimulatedGpu gpu) {
    GpuModel model = gpu.model();
    all.put(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR(), gpu.capability() / 10);
    all.put(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR(), gpu.capability() % 10);
    all.put(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT(), (int) model.get(Quantity.SMS));
    all.put(CU_DEVICE_ATTRIBUTE_WARP_SIZE(), 32);
    all.put(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK(), MOST_THREADS);
    all.put(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X(), MOST_THREADS);
    all.put(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y(), MOST_THREADS);
    all.put(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z(), 64);
    all.put(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X(), Integer.MAX_VALUE);
    all.put(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y(), 65_535);
    all.put(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z(), 65_535);
    all.put(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK(), SHARED_BYTES);
    all.put(
        CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN(),
        (int) model.get(Quantity.SHARED_PER_BLOCK));
    all.put(
        CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR(),
        (int) model.get(Quantity.SHARED_PER_SM));
    all.put(
        CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK(),
        (int) model.get(Quantity.SHARED_RESERVED));
    all.put(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK(), (int) model.get(Quantity.REGISTERS));
    all.put(
        CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR(),
        (int) model.get(Quantity.REGISTERS));
    all.put(
        CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR(), (int) model.get(Quantity.THREADS));
    all.put(CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR(), (int) model.get(Quantity.BLOCKS));
    all.put(CU_DEVICE_ATTRIBUTE_CLOCK_RATE(), 1000 * (int) model.get(Quantity.CLOCK_MHZ));
    all.put(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE(), 1_593_000);
    all.put(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH(), 5120);
    all.put(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE(), L2_BYTES);
    all.put(CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY(), 64 << 10);
    all.put(CU_DEVICE_ATTRIBUTE_PCI_BUS_ID(), gpu.ordinal() + 1);
  }
}
