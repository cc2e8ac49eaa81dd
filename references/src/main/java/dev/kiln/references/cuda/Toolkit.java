package dev.kiln.references.cuda;

/** What to do where a library of NVIDIA's is missing. */
final class Toolkit {
  static final String ADVICE =
      "install it with the CUDA toolkit 13, and name its folder in LD_LIBRARY_PATH";
  static final String CUDNN_ADVICE =
      "install cuDNN 9 for CUDA 13, and name its folder in LD_LIBRARY_PATH";
  static final String NCCL_ADVICE =
      "install NCCL 2 for CUDA 13, and name its folder in LD_LIBRARY_PATH";
  static final String DRIVER_ADVICE = "it comes with NVIDIA's driver";

  private Toolkit() {}
}
