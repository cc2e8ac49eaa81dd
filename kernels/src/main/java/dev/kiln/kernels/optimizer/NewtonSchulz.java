package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Five steps {@code x = a x + (b s + c s s) x}, {@code s = x x^T}, on a batch of matrices of norm
 * 1: singular values go near 1 and the matrices become nearly orthogonal (Jordan et al., 2024).
 *
 * <p>The factor {@code a} of each step is left out and made up for in the next one: with {@code y =
 * x / a^k} and {@code t = (b / a) s}, a step is {@code y += (t + (a c / b^2) t t) y}, three
 * products with nothing between them. So the result is a factor {@link #SCALE} too small.
 */
final class NewtonSchulz implements AutoCloseable {
  private static final double A = 3.4445;
  private static final double B = -4.7750;
  private static final double C = 2.0315;
  private static final int STEPS = 5;

  /** What the result is to be multiplied by. */
  static final double SCALE = Math.pow(A, STEPS);

  private final Matmul squares;
  private final Matmul polynomial;
  private final Matmul product;
  private final NdArray[] memory;
  private final NdArray[] wide;
  private final NdArray[] tall;
  private final NdArray square;
  private final NdArray factor;
  private final Epilogue[] ofSquares = new Epilogue[STEPS];
  private final Epilogue ofPolynomial;
  private final Epilogue[] ofProduct = new Epilogue[2];

  NewtonSchulz(Device device, DType dtype, long count, long rows, long columns) {
    squares = new Matmul(device);
    polynomial = new Matmul(device);
    product = new Matmul(device);
    memory =
        new NdArray[] {
          NdArray.zeros(device, dtype, count, rows, columns),
          NdArray.zeros(device, dtype, count, rows, columns)
        };
    wide = new NdArray[2];
    tall = new NdArray[2];
    for (int i = 0; i < 2; i++) {
      NdArray turned = memory[i].permute(0, 2, 1);
      // The square is that of the shorter side.
      wide[i] = rows <= columns ? memory[i] : turned;
      tall[i] = rows <= columns ? turned : memory[i];
      ofProduct[i] = Epilogue.NONE.withResidual(wide[i]);
    }
    long side = Math.min(rows, columns);
    square = NdArray.zeros(device, dtype, count, side, side);
    factor = NdArray.zeros(device, dtype, count, side, side);
    for (int step = 0; step < STEPS; step++) {
      ofSquares[step] = Epilogue.NONE.withAlpha(B / A * Math.pow(A, 2 * step));
    }
    ofPolynomial = Epilogue.NONE.withAlpha(A * C / (B * B)).withResidual(square);
  }

  /** A matrix of the batch that the steps start from. */
  NdArray input(int index) {
    return memory[0].narrow(0, index, index + 1);
  }

  /** The matrix that the steps make of it. */
  NdArray output(int index) {
    return memory[STEPS % 2].narrow(0, index, index + 1);
  }

  void run() {
    for (int step = 0; step < STEPS; step++) {
      int from = step % 2;
      squares.run(wide[from], tall[from], ofSquares[step], square);
      polynomial.run(square, square, ofPolynomial, factor);
      product.run(factor, wide[from], ofProduct[from], wide[1 - from]);
    }
  }

  @Override
  public void close() {
    for (NdArray array : new NdArray[] {memory[0], memory[1], square, factor}) {
      array.close();
    }
    squares.close();
    polynomial.close();
    product.close();
  }
}
