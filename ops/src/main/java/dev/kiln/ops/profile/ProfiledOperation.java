package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A fused operation that can be profiled: an entry of {@link ProfiledOperations}. */
public interface ProfiledOperation {
  /** On the command line and in JSON: {@code layer-norm-backward}. */
  String name();

  Family family();

  /** One line. */
  String about();

  /** Names of its sizes: {@code m, n, k}. */
  List<String> axes();

  /** Shapes that are profiled unless others are asked for, from small to large. */
  List<Sizes> grid();

  /** A shape for tests and for simulated devices: tiny, and divided by no block size. */
  Sizes small();

  /** The dtypes that its launcher takes, out of fp32, fp16 and bf16. */
  List<DType> dtypes();

  /** What it writes: results, and inputs that it changes. The order is that of reports. */
  List<Output> outputs();

  /** What a call reads. The same numbers for the same seed. */
  CaseInputs inputs(OperationCase ofCase, long seed);

  /**
   * Bytes that a call moves at least: every input read once, every output written once, and nothing
   * in between.
   */
  double bytes(OperationCase ofCase);

  /**
   * Floating-point operations of a call, counted as in a plain loop; a multiply-add is two, a
   * function such as exp one.
   */
  double flops(OperationCase ofCase);

  /** Whether its operations are, but for few, those of products of matrices. */
  boolean isProduct();

  /**
   * Kiln's call on a device.
   *
   * @throws dev.kiln.runtime.KilnException if the launcher does not take the case
   */
  OperationRun prepare(Device device, CaseInputs inputs);

  /**
   * What the operation means, in plain Java on one thread.
   *
   * @param rounding of each arithmetic operation: none for double precision
   * @return the outputs by name, not rounded to their dtypes
   */
  Map<String, double[]> define(Rounding rounding, CaseInputs inputs);

  /**
   * An output.
   *
   * @param axes names of sizes, or numbers
   * @param dtype or {@code null} for the case's
   */
  record Output(String name, List<String> axes, DType dtype) {
    /** The dtype in a case. */
    public DType in(OperationCase ofCase) {
      return dtype == null ? ofCase.dtype() : dtype;
    }
  }

  /** What operations are sorted by. */
  enum Family {
    PRODUCTS,
    ATTENTION,
    CONVOLUTION,
    POOLING,
    NORMALIZATION,
    ELEMENTWISE,
    EMBEDDING,
    LOSSES,
    RECURRENT,
    REDUCTIONS,
    OPTIMIZERS,
    CLASSICAL;

    /** In tables and in JSON. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
