package dev.kiln.references.torch;

import dev.kiln.runtime.NdArray;
import java.util.function.Supplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** Tensors of libtorch with the numbers of Kiln's arrays, or of Java's. */
public final class Torch {
  private static long given;

  private Torch() {}

  /** Bytes of all tensors that have been made here: inputs, and results where memory is given. */
  public static long givenBytes() {
    return given;
  }

  private static Tensor counted(Tensor tensor) {
    given += tensor.nbytes();
    return tensor;
  }

  /** Processors for libtorch's own threads; those of OpenBLAS are not concerned. */
  public static void threads(int count) {
    torch.set_num_threads(count);
  }

  /** A copy: contiguous, fp32. */
  public static Tensor copy(NdArray array) {
    return of(array.toFloats(), array.shape());
  }

  /** A copy: contiguous, fp32. */
  public static Tensor of(float[] values, long... shape) {
    try (var memory = new FloatPointer(values)) {
      return counted(torch.from_blob(memory, shape).clone());
    }
  }

  /** A copy: contiguous, 64-bit integers. */
  public static Tensor of(long[] values, long... shape) {
    try (var memory = new LongPointer(values);
        var options = new TensorOptions(torch.ScalarType.Long)) {
      return counted(torch.from_blob(memory, shape, options).clone());
    }
  }

  public static TensorOptional some(Tensor tensor) {
    return new TensorOptional(tensor);
  }

  public static TensorOptional none() {
    return new TensorOptional();
  }

  public static LongArrayRef sizes(long... sizes) {
    return new LongArrayRef(new LongPointer(sizes), sizes.length);
  }

  /** Its numbers in the order of its axes. */
  public static float[] floats(Tensor tensor) {
    try (var _ = new PointerScope()) {
      Tensor dense = tensor.detach().contiguous();
      float[] values = new float[Math.toIntExact(dense.numel())];
      dense.data_ptr_float().get(values);
      return values;
    }
  }

  /** Its numbers, of any dtype, in the order of its axes. */
  public static double[] doubles(Tensor tensor) {
    try (var _ = new PointerScope()) {
      Tensor dense = tensor.detach().to(torch.ScalarType.Double).contiguous();
      double[] values = new double[Math.toIntExact(dense.numel())];
      dense.data_ptr_double().get(values);
      return values;
    }
  }

  /** A program that computes a tensor and lets go of it and of all else that it made. */
  public static Runnable program(Supplier<Tensor> computation) {
    return () -> {
      try (var _ = new PointerScope()) {
        computation.get();
      }
    };
  }

  public static Supplier<float[]> result(Supplier<Tensor> computation) {
    return () -> {
      try (var _ = new PointerScope()) {
        return floats(computation.get());
      }
    };
  }
}
