package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cuda.driver.CUlaunchAttributeValue_union;
import dev.kiln.runtime.cuda.driver.CUlaunchAttribute_st;
import dev.kiln.runtime.cuda.driver.CUlaunchConfig_st;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The structure of {@code cuLaunchKernelEx}, for launches by clusters and cooperative ones. */
final class LaunchConfig {
  private static final int MOST_ATTRIBUTES = 2;

  private final MemorySegment config;
  private final MemorySegment attributes;
  private int count;

  LaunchConfig(Arena arena) {
    this.config = CUlaunchConfig_st.allocate(arena);
    this.attributes = CUlaunchAttribute_st.allocateArray(MOST_ATTRIBUTES, arena);
    CUlaunchConfig_st.attrs(config, attributes);
  }

  /** Fails where the driver is too old for such launches. */
  static void require(CudaDevice device, String what) {
    if (!device.driver().library().has("cuLaunchKernelEx")) {
      throw new KilnException(
          "%s need a driver of CUDA 11.8 or later; %s is of CUDA %s"
              .formatted(what, device.driver().file(), device.driver().versionText()));
    }
  }

  LaunchConfig cluster(Grid blocks) {
    MemorySegment size =
        CUlaunchAttributeValue_union.clusterDim(attribute(CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION()));
    CUlaunchAttributeValue_union.clusterDim.x(size, blocks.x());
    CUlaunchAttributeValue_union.clusterDim.y(size, blocks.y());
    CUlaunchAttributeValue_union.clusterDim.z(size, blocks.z());
    return this;
  }

  LaunchConfig cooperative() {
    CUlaunchAttributeValue_union.cooperative(attribute(CU_LAUNCH_ATTRIBUTE_COOPERATIVE()), 1);
    return this;
  }

  private MemorySegment attribute(int id) {
    MemorySegment attribute = CUlaunchAttribute_st.asSlice(attributes, count++);
    CUlaunchAttribute_st.id(attribute, id);
    CUlaunchConfig_st.numAttrs(config, count);
    return CUlaunchAttribute_st.value(attribute);
  }

  LaunchConfig block(int x, int y, int z, int sharedBytes) {
    CUlaunchConfig_st.blockDimX(config, x);
    CUlaunchConfig_st.blockDimY(config, y);
    CUlaunchConfig_st.blockDimZ(config, z);
    CUlaunchConfig_st.sharedMemBytes(config, sharedBytes);
    return this;
  }

  /** Launches; gives the status. */
  int launch(
      MemorySegment function, int x, int y, int z, CudaStream stream, MemorySegment parameters) {
    CUlaunchConfig_st.gridDimX(config, x);
    CUlaunchConfig_st.gridDimY(config, y);
    CUlaunchConfig_st.gridDimZ(config, z);
    CUlaunchConfig_st.hStream(config, stream.handle);
    return cuLaunchKernelEx(config, function, parameters, MemorySegment.NULL);
  }
}
