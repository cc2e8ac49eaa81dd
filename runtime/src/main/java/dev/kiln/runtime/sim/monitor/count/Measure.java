package dev.kiln.runtime.sim.monitor.count;

/** What is counted for each instruction. */
public enum Measure {
  /** Times that a warp issued it. */
  EXECUTIONS("executions"),
  /** Lanes that executed it, over all executions. Those of a branch count whether taken or not. */
  LANES("lanes"),
  /** Lanes that its guard held back. */
  PREDICATED_OFF_LANES("predicatedOffLanes"),
  /** Executions for which the guard held all lanes back. */
  PREDICATED_OFF("predicatedOff"),
  /** Executions that sent some lanes another way than the others. */
  DIVERGENT("divergent"),

  GLOBAL_REQUESTS("globalRequests"),
  GLOBAL_BYTES("globalBytes"),
  /** 32-byte sectors touched, each counted once for a request. */
  GLOBAL_SECTORS("globalSectors"),
  /** Sectors if the bytes lay side by side. */
  GLOBAL_IDEAL_SECTORS("globalIdealSectors"),

  SHARED_REQUESTS("sharedRequests"),
  SHARED_BYTES("sharedBytes"),
  SHARED_WAVEFRONTS("sharedWavefronts"),
  /** Wavefronts if no two words fell into the same bank. */
  SHARED_IDEAL_WAVEFRONTS("sharedIdealWavefronts"),

  LOCAL_REQUESTS("localRequests"),
  LOCAL_BYTES("localBytes"),
  LOCAL_SECTORS("localSectors"),
  LOCAL_IDEAL_SECTORS("localIdealSectors"),

  CONSTANT_REQUESTS("constantRequests"),
  CONSTANT_BYTES("constantBytes"),
  /** Distinct addresses, each counted once for a request. */
  CONSTANT_ADDRESSES("constantAddresses"),

  PARAMETER_REQUESTS("parameterRequests"),
  PARAMETER_BYTES("parameterBytes"),

  /** Of the shared memory of another block of the cluster. */
  CLUSTER_REQUESTS("clusterRequests"),
  CLUSTER_BYTES("clusterBytes"),

  /** Products of elements of matrices, each added to a sum. */
  MULTIPLY_ADDS("multiplyAdds"),
  /** Bytes of shared memory that tensor cores read by themselves (wgmma). */
  TENSOR_SHARED_BYTES("tensorSharedBytes");

  private final String key;

  Measure(String key) {
    this.key = key;
  }

  /** The name in JSON. */
  public String key() {
    return key;
  }
}
