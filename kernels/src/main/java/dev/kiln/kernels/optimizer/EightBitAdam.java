package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import java.util.List;

/**
 * Adam with its averages in 8 bits each (Dettmers et al., "8-bit Optimizers via Block-wise
 * Quantization", 2022). A block of {@value #BLOCK} numbers shares its largest magnitude in fp32;
 * the numbers relative to it are rounded to {@link DynamicMap}. The step itself computes in fp32,
 * with averages as they are before they are rounded. States: {@code mean} and {@code square}, u8;
 * {@code meanScale} and {@code squareScale}, one for each block.
 */
public final class EightBitAdam extends ElementwiseOptimizer {
  /** Elements that share a scale. */
  public static final int BLOCK = 256;

  private static final String NAME = "EightBitAdam";

  private final Adam.Options options;

  /**
   * @param options without AMSGrad
   */
  public EightBitAdam(Device device, List<Parameter> parameters, Adam.Options options) {
    super(NAME, "eight_bit_adam.py", "eight_bit_adam_kernel", device, parameters, states());
    if (options.amsgrad()) {
      throw Check.fault(NAME, "amsgrad", "must be false");
    }
    this.options = options;
  }

  private static List<State> states() {
    return List.of(
        new State("mean", ParameterTable.STATE_A, DType.U8, DynamicMap.SIGNED.zeroCode(), 1),
        new State("square", ParameterTable.STATE_B, DType.U8, DynamicMap.UNSIGNED.zeroCode(), 1),
        new State("meanScale", ParameterTable.STATE_C, DType.FP32, 0, BLOCK),
        new State("squareScale", ParameterTable.STATE_D, DType.FP32, 0, BLOCK));
  }

  @Override
  int block(int usual) {
    return Math.max(usual, BLOCK);
  }

  @Override
  void numbers(GroupLaunch launch, double lr, long step) {
    options.numbers(launch, lr, step);
  }

  @Override
  void constants(GroupLaunch launch) {
    launch.constant(options.decoupled()).constant(BLOCK);
  }
}
