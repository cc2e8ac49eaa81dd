package dev.kiln.kernels.product;

/** How products of fp32 numbers are computed; other dtypes take no notice. */
public enum Precision {
  /** In fp32. */
  IEEE("ieee"),
  /** With operands of 11 significant bits, where the device has such units; else in fp32. */
  TF32("tf32"),
  /** Three products of such operands, about as exact as fp32; where the device has such units. */
  TF32X3("tf32x3");

  private final String kernelName;

  Precision(String kernelName) {
    this.kernelName = kernelName;
  }

  /** The constant that kernels know it by. */
  String kernelName() {
    return kernelName;
  }
}
